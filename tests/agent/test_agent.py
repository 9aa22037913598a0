"""The agent reads on aligned instants, keeps what it cannot send, and stops when it must."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import namedtuple
from collections.abc import Iterable
from pathlib import Path

import pytest
from perfmon_agent import configuration
from perfmon_agent.backoff import Backoff
from perfmon_agent.probes import probes_of
from perfmon_agent.probes.cpu import CpuProbe
from perfmon_agent.rates import Rates
from perfmon_agent.reading import Reading, snapshots
from perfmon_agent.readings import Readings
from perfmon_agent.sender import Refused

from tests.agent.given import OneReading, agent
from tests.scripted_api import Answer, scripted_api


class Broken:
    """A probe that does not work here."""

    def read(self, now: float) -> Iterable[Reading]:
        raise OSError("no such device")


def test_samples_are_stamped_on_multiples_of_the_interval_and_sent_as_snapshots() -> None:
    with scripted_api() as api:
        stop = threading.Event()
        thread = threading.Thread(target=agent(api.url).run, args=(stop,))
        thread.start()
        assert api.came.acquire(timeout=20)
        stop.set()
        thread.join()

    (snapshot,) = api.bodies[0]["snapshots"]
    assert snapshot["tags"] == {"host": "a"}
    assert snapshot["timestamp"] % 1000 == 0
    assert snapshot["metrics"] == {"cpu_usage": 12.5}
    assert snapshot["units"] == {"cpu_usage": "percent"}
    assert api.headers[0]["Authorization"] == "Bearer pm_x"


def test_a_refused_token_ends_the_agent() -> None:
    expired = Answer(401, {"detail": "The token has expired."})
    with scripted_api(expired) as api, pytest.raises(Refused, match=r"The token has expired\."):
        agent(api.url).run(threading.Event())


def test_a_clock_that_jumps_makes_no_sample_of_another_time() -> None:
    stop = threading.Event()
    # asked for: the next multiple, how long until then, whether it is about then, and what the multiple is now
    instants = iter([999.5, 999.99, 1000.0, 1000.5, 1001.0, 5003.0, 5003.5])
    readings = Readings([OneReading()], wall=lambda: next(instants))
    every = readings.every(1, stop)
    assert [next(every)[0] for _ in range(2)] == [1000_000, 5003_000]


def test_a_clock_that_is_set_back_tells_of_no_instant_twice() -> None:
    stop = threading.Event()
    # after the first multiple, the clock says 0.3 s less than it should when the wait for the next one is over
    instants = iter([999.5, 999.99, 1000.0, 1000.99, 1000.99, 1000.7, 1000.99, 1000.99, 1001.0])
    every = Readings([OneReading()], wall=lambda: next(instants)).every(1, stop)
    assert [next(every)[0] for _ in range(2)] == [1000_000, 1001_000]


def test_readings_with_the_same_tags_share_a_snapshot() -> None:
    readings = [Reading("a", 1, "B"), Reading("b", 2, "B", {"disk": "x"}), Reading("c", 3, "B")]
    shared, tagged = snapshots(readings, {"host": "h", "region": "eu"}, 5)
    assert shared["metrics"] == {"a": 1, "c": 3}
    assert tagged["tags"] == {"host": "h", "region": "eu", "disk": "x"}


def test_a_broken_probe_does_not_silence_the_others(caplog: pytest.LogCaptureFixture) -> None:
    readings = Readings([Broken(), OneReading()])
    names = [each.name for _ in range(3) for each in readings.collect()]
    assert names == ["cpu_usage"] * 3
    assert caplog.text.count("Broken does not work here") == 1


def test_what_is_no_number_is_left_out() -> None:
    class Odd:
        def read(self, now: float) -> Iterable[Reading]:
            return [Reading("a", float("nan"), ""), Reading("b", float("inf"), ""), Reading("c", 1, "")]

    assert [each.name for each in Readings([Odd()]).collect()] == ["c"]


def test_a_counter_that_fell_has_no_rate_and_never_a_negative_one() -> None:
    rates = Rates()
    found = [rates.per_second("x", value, now) for value, now in ((100, 1), (300, 2), (50, 3), (70, 5))]
    assert found == [None, 200, None, 10]


def test_cpu_usage_is_what_is_neither_idle_nor_waiting() -> None:
    times = namedtuple("times", "user system idle iowait steal")
    readings = iter([times(0, 0, 0, 0, 0), times(30, 10, 40, 10, 10)])
    probe = CpuProbe(lambda: next(readings))
    assert list(probe.read(0)) == []
    assert {each.name: each.value for each in probe.read(1)} == {"cpu_usage": 50, "cpu_iowait": 10, "cpu_steal": 10}


def test_every_probe_of_this_machine_reads_finite_numbers_with_names_the_api_takes() -> None:
    probes = probes_of(configuration.read(["check"], {}, Path("/does/not/exist")))
    readings = [reading for probe in probes for at in (0.0, 1.0) for reading in probe.read(at)]
    assert {"memory_usage", "system_load", "uptime", "process_count"} <= {reading.name for reading in readings}
    for reading in readings:
        assert reading.name.replace("_", "a").isalnum()
        assert reading.value == reading.value
        assert json.dumps(reading.value)
        assert all(0 < len(value) <= 256 for value in reading.tags.values())


def test_waiting_grows_is_jittered_and_is_never_shorter_than_asked() -> None:
    longest = Backoff(uniform=lambda low, high: high)
    assert [longest.failure() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert longest.failure(asked=30) == 90
    longest.success()
    assert longest.failure() == 1


def test_the_command_sends_and_on_sigterm_sends_what_is_left(project: Path, tmp_path: Path) -> None:
    with scripted_api() as api:
        process = subprocess.Popen(
            [sys.executable, "-m", "perfmon_agent", "--interval", "1", "--host", "h"],
            env={
                "PYTHONPATH": str(project / "agent" / "src"),
                "PERFMON_URL": api.url,
                "PERFMON_TOKEN": "pm_secret",
                "PERFMON_SPOOL_DIRECTORY": str(tmp_path),
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        assert api.came.acquire(timeout=30)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "pm_secret" not in errors
    names = {name for body in api.bodies for snapshot in body["snapshots"] for name in snapshot["metrics"]}
    assert {"cpu_usage", "memory_usage", "system_load", "agent_samples_waiting"} <= names
    assert not list(tmp_path.glob("*.spool"))
