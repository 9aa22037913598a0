"""What the probes make of what the system says."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest
from perfmon_agent.probes.cpu import CpuProbe
from perfmon_agent.probes.disks import DisksProbe
from perfmon_agent.probes.memory import MemoryProbe
from perfmon_agent.probes.network import NetworkProbe
from perfmon_agent.probes.process_table import Process, clean, linux_processes, processes
from perfmon_agent.probes.processes import ProcessesProbe
from perfmon_agent.probes.system import SystemProbe
from perfmon_agent.reading import Probe, Reading

Times = namedtuple("Times", "user idle")


def second(probe: Probe) -> dict[tuple[str, ...], float]:
    """The values of a probe's second reading, ten seconds after the first, by name and tags."""
    list(probe.read(100.0))
    return values(probe.read(110.0))


def values(readings: Iterable[Reading]) -> dict[tuple[str, ...], float]:
    """Readings by name and values of their tags."""
    return {(each.name, *each.tags.values()): each.value for each in readings}


def test_every_core_has_a_share_of_its_own() -> None:
    cores = iter([[Times(0, 0), Times(0, 0)], [Times(10, 0), Times(1, 9)]])
    found = second(CpuProbe(lambda: Times(0, 0), lambda: next(cores)))
    assert found == {("cpu_core_usage", "0"): 100, ("cpu_core_usage", "1"): 10}


def test_latency_is_the_time_of_one_operation_and_is_left_out_when_there_was_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts = namedtuple("counts", "read_bytes write_bytes read_count write_count read_time write_time busy_time")
    readings = iter([counts(0, 0, 0, 0, 0, 0, 0), counts(4096, 0, 20, 0, 50, 0, 2500)])
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: [])
    monkeypatch.setattr(psutil, "disk_io_counters", lambda perdisk: {"sda": (same := next(readings)), "sda1": same})
    found = second(DisksProbe())
    assert found["disk_read_latency", "sda"] == 2.5
    assert found["disk_busy", "sda"] == 25
    assert found["disk_reads", "sda"] == 2
    assert ("disk_write_latency", "sda") not in found
    assert not [key for key in found if key[1] == "sda1"]


def test_a_file_system_that_cannot_be_asked_is_told_once_and_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    part = namedtuple("part", "device mountpoint fstype")
    parts = [
        part("/dev/a", str(tmp_path / "gone"), "ext4"),
        part("/dev/b", "/var/lib/kubelet/pods/1", "ext4"),
        part("/dev/b", "/", "ext4"),
        part("/dev/b", "/mnt", "ext4"),
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: parts)
    found = second(DisksProbe())
    assert ("disk_usage", "/") in found
    assert 0 <= found["disk_inodes_usage", "/"] <= 100
    assert {mount for name, mount in found if name == "disk_usage"} == {"/"}
    assert caplog.text.count("gone is left out") == 1


def test_swap_is_told_where_there_is_some(monkeypatch: pytest.MonkeyPatch) -> None:
    swap = namedtuple("swap", "total used percent sin sout")
    readings = iter([swap(100, 50, 50.0, 0, 0), swap(100, 50, 50.0, 4096, 8192), swap(0, 0, 0.0, 0, 0)])
    monkeypatch.setattr(psutil, "swap_memory", lambda: next(readings))
    probe = MemoryProbe()
    found = second(probe)
    assert (found["swap_used",], found["swap_in",], found["swap_out",]) == (50, 409.6, 819.2)
    assert not [name for (name, *_) in values(probe.read(120.0)) if name.startswith("swap")]


def test_the_ends_of_containers_cables_are_not_interfaces_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = namedtuple("counts", "bytes_recv bytes_sent packets_recv packets_sent errin errout dropin dropout")
    state = namedtuple("state", "isup")
    names = ("eth0", "lo", "veth12ab", "cali99", "eth1")
    monkeypatch.setattr(psutil, "net_if_stats", lambda: {name: state(name != "eth1") for name in names})
    readings = iter([counts(*[0] * 8), counts(1000, 2000, 10, 20, 1, 2, 3, 4)])
    monkeypatch.setattr(psutil, "net_io_counters", lambda pernic: dict.fromkeys(names, next(readings)))
    assert second(NetworkProbe()) == {
        ("network_received_bytes", "eth0"): 100,
        ("network_sent_bytes", "eth0"): 200,
        ("network_received_packets", "eth0"): 1,
        ("network_sent_packets", "eth0"): 2,
        ("network_errors", "eth0"): 0.3,
        ("network_drops", "eth0"): 0.7,
    }


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("900\t100\t1600\n", {"file_handles": 800, "file_handles_usage": 50}),
        ("5 0 9223372036854775807", {"file_handles": 5}),
    ],
    ids=["bounded", "unbounded"],
)
def test_open_files_are_a_share_of_the_systems_limit_if_it_has_one(
    tmp_path: Path, said: str, wanted: dict[str, float]
) -> None:
    (tmp_path / "file-nr").write_text(said)
    found = values(SystemProbe(tmp_path / "file-nr").read(0.0))
    assert {name: value for (name,), value in found.items() if name.startswith("file")} == wanted


class Table:
    """Processes as a test writes them."""

    def __init__(self) -> None:
        self.rows: list[Process] = []

    def __call__(self) -> list[Process]:
        return self.rows


def test_processes_of_one_name_count_together_and_only_the_first_are_told() -> None:
    table = Table()
    probe = ProcessesProbe(2, 100, [], table)
    table.rows = [
        Process((1, 0), "web", "S", 5, 10),
        Process((2, 0), "web", "S", 5, 10),
        Process((3, 0), "db", "S", 9, 50),
    ]
    list(probe.read(100.0))
    table.rows = [
        Process((1, 0), "web", "S", 6, 10),
        Process((2, 0), "web", "S", 6, 15),
        Process((3, 0), "db", "S", 14, 50),
        Process((3, 7), "new", "R", 1, 1),  # its number was another's before
        Process((4, 0), "dead", "Z", 0, 0),
    ]
    assert values(probe.read(110.0)) == {
        ("process_zombies",): 1,
        ("process_cpu_usage", "db"): 50,
        ("process_cpu_usage", "web"): 20,
        ("process_memory", "db"): 50,
        ("process_memory", "web"): 25,
    }


def test_names_are_bounded_over_the_agents_life() -> None:
    table = Table()
    probe = ProcessesProbe(3, 4, [], table)
    told = set()
    for round_ in range(20):
        table.rows = [Process((round_, each), f"job-{round_}-{each}", "S", 1, 10) for each in range(3)]
        told |= {each.tags["process"] for each in probe.read(float(round_)) if "process" in each.tags}
    assert len(told) == 5
    assert "other" in told


def test_a_watched_name_is_up_or_down_and_may_be_longer_than_the_system_keeps() -> None:
    table = Table()
    probe = ProcessesProbe(0, 10, ["nginx", "prometheus-node-exporter"], table)
    table.rows = [Process((each, 0), "prometheus-node", "S", 1, 1) for each in (1, 2)]
    assert values(probe.read(1.0)) == {
        ("process_zombies",): 0,
        ("process_up", "nginx"): 0,
        ("process_instances", "nginx"): 0,
        ("process_up", "prometheus-node-exporter"): 1,
        ("process_instances", "prometheus-node-exporter"): 2,
    }


def test_a_process_may_call_itself_anything(tmp_path: Path) -> None:
    tail = "S 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 777 1000 3 0"
    for pid, name in ((1, "a) R (b"), (2, "kworker/0:1-events"), (3, ""), (4, "x\n\x1b[31m")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} ({name}) {tail}\n")
    (tmp_path / "5").mkdir()
    (tmp_path / "6").mkdir()
    (tmp_path / "6" / "stat").write_text("6 (cut")
    (tmp_path / "self").mkdir()
    found = {each.identity[0]: each for each in linux_processes(tmp_path)}
    assert {pid: each.name for pid, each in found.items()} == {1: "a) R (b", 2: "kworker", 3: "unnamed", 4: "x[31m"}
    assert (found[1].state, found[1].identity[1], found[1].cpu) == ("S", 777, 2.0)
    assert len(clean("n" * 1000)) == 64


def test_the_table_of_this_machine_has_this_process() -> None:
    own = psutil.Process()
    mine = next(each for each in processes() if each.identity[0] == own.pid)
    assert mine.memory > 1_000_000
    assert abs(mine.cpu - sum(own.cpu_times()[:2])) < 5
