"""Containers in both versions of control groups, and what they are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from perfmon_agent.probes.cgroups import Cgroups
from perfmon_agent.probes.container_names import ContainerNames
from perfmon_agent.probes.containers import LOOK_AGAIN_SECONDS, MOST_CONTAINERS, ContainersProbe

WEB, POD, PAUSE = "a1" * 32, "b2" * 32, "c3" * 32
BURST = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice"


def write(folder: Path, **files: object) -> Path:
    """A folder with files; `__` in a name is a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")
    return folder


def version_2(root: Path, group: str, *, cpu: int, periods: int = 0, throttled: int = 0, limit: object = "max") -> None:
    """One container's group."""
    stat = f"usage_usec {cpu}\nuser_usec 1\nnr_periods {periods}\nnr_throttled {throttled}\nthrottled_usec 7"
    memory = {"memory__current": 5000, "memory__stat": "anon 1\ninactive_file 1000", "memory__max": limit}
    write(root / group, cpu__stat=stat, **memory)
    write(root, cgroup__controllers="cpu memory")


def told(probe: ContainersProbe, now: float) -> dict[tuple[str, ...], float]:
    """The probe's figures by name and container."""
    return {(each.name, each.tags["container"]): each.value for each in probe.read(now)}


def test_containers_of_version_2_have_cpu_throttling_and_memory(tmp_path: Path) -> None:
    group = f"system.slice/docker-{WEB}.scope"
    version_2(tmp_path, group, cpu=1_000_000, periods=100, throttled=10, limit=8000)
    version_2(tmp_path, f"machine.slice/libpod-{POD}.scope", cpu=0)
    write(tmp_path / f"machine.slice/crio-conmon-{PAUSE}.scope")
    probe = ContainersProbe(Cgroups(tmp_path), ContainerNames(tmp_path))
    list(probe.read(0.0))
    version_2(tmp_path, group, cpu=16_000_000, periods=200, throttled=35, limit=8000)

    assert told(probe, 10.0) == {
        ("container_cpu_usage", WEB[:12]): 150,
        ("container_cpu_throttled", WEB[:12]): 25,
        ("container_memory", WEB[:12]): 4000,
        ("container_memory_usage", WEB[:12]): 50,
        ("container_cpu_usage", POD[:12]): 0,
        ("container_memory", POD[:12]): 4000,
    }


def test_containers_of_version_1_have_the_same(tmp_path: Path) -> None:
    group = Path("docker") / WEB
    write(tmp_path / "cpuacct" / group, cpuacct__usage=0)
    write(tmp_path / "cpu" / group, cpu__stat="nr_periods 0\nnr_throttled 0\nthrottled_time 0")
    memory = {"memory__usage_in_bytes": 9000, "memory__stat": "cache 1\ntotal_inactive_file 1000"}
    write(tmp_path / "memory" / group, **memory, memory__limit_in_bytes=9223372036854771712)
    probe = ContainersProbe(Cgroups(tmp_path), ContainerNames(tmp_path))
    list(probe.read(0.0))
    write(tmp_path / "cpuacct" / group, cpuacct__usage=5_000_000_000)
    write(tmp_path / "cpu" / group, cpu__stat="nr_periods 10\nnr_throttled 10\nthrottled_time 5")

    assert told(probe, 10.0) == {
        ("container_cpu_usage", WEB[:12]): 50,
        ("container_cpu_throttled", WEB[:12]): 100,
        ("container_memory", WEB[:12]): 8000,
    }


def test_names_are_those_of_docker_and_of_kubernetes_and_a_pods_empty_container_is_left_out(tmp_path: Path) -> None:
    cgroup = tmp_path / "cgroup"
    version_2(cgroup, f"system.slice/docker-{WEB}.scope", cpu=1)
    version_2(cgroup, f"{BURST}/cri-containerd-{POD}.scope", cpu=1)
    version_2(cgroup, f"{BURST}/cri-containerd-{PAUSE}.scope", cpu=1)
    write(tmp_path / "var/lib/docker/containers" / WEB, config__v2__json=json.dumps({"Name": "/web"}))
    logs = write(tmp_path / "var/log/containers")
    (logs / f"shop-7d9f_prod_cart-api-{POD}.log").write_text("")
    (logs / "something else").write_text("")

    tags = [each.tags for each in ContainersProbe(Cgroups(cgroup), ContainerNames(tmp_path)).read(0.0)]
    assert tags == [{"container": "web"}, {"container": "cart-api", "pod": "shop-7d9f", "namespace": "prod"}]


def test_a_container_whose_log_comes_after_it_is_found_with_the_next_look(tmp_path: Path) -> None:
    cgroup = tmp_path / "cgroup"
    version_2(cgroup, f"{BURST}/cri-containerd-{POD}.scope", cpu=1)
    logs = write(tmp_path / "var/log/containers")
    (logs / f"shop-7d9f_prod_other-{WEB}.log").write_text("")
    probe = ContainersProbe(Cgroups(cgroup), ContainerNames(tmp_path))
    assert told(probe, 0.0) == {}
    (logs / f"shop-7d9f_prod_cart-api-{POD}.log").write_text("")
    assert told(probe, LOOK_AGAIN_SECONDS) == {("container_memory", "cart-api"): 4000}


def test_a_damaged_description_of_docker_costs_only_the_name(tmp_path: Path) -> None:
    version_2(tmp_path / "cgroup", f"docker/{WEB}", cpu=1)
    write(tmp_path / "var/lib/docker/containers" / WEB, config__v2__json="[not json")
    found = list(ContainersProbe(Cgroups(tmp_path / "cgroup"), ContainerNames(tmp_path)).read(0.0))
    assert [each.tags for each in found] == [{"container": WEB[:12]}]


def test_a_container_that_is_gone_is_silent_and_a_new_one_is_found(tmp_path: Path) -> None:
    group = tmp_path / "docker" / WEB
    version_2(tmp_path, f"docker/{WEB}", cpu=1)
    probe = ContainersProbe(Cgroups(tmp_path), ContainerNames(tmp_path))
    assert told(probe, 0.0)
    for file in group.iterdir():
        file.unlink()
    group.rmdir()
    version_2(tmp_path, f"docker/{POD}", cpu=1)
    assert told(probe, 10.0) == {}
    assert told(probe, LOOK_AGAIN_SECONDS) == {("container_memory", POD[:12]): 4000}


def test_there_are_not_more_than_can_be_afforded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(MOST_CONTAINERS + 5):
        version_2(tmp_path, f"docker/{number:064x}", cpu=1)
    probe = ContainersProbe(Cgroups(tmp_path), ContainerNames(tmp_path))
    list(probe.read(0.0))
    assert len(list(probe.read(60.0))) == 2 * MOST_CONTAINERS
    assert caplog.text.count("there are 205 containers; 200 of them are read") == 1


def test_a_machine_without_control_groups_has_no_containers(tmp_path: Path) -> None:
    assert list(ContainersProbe(Cgroups(tmp_path / "none"), ContainerNames(tmp_path)).read(0.0)) == []
