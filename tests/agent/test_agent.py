"""The agent reads on aligned instants, keeps what it cannot send, and stops when it must."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterable
from pathlib import Path

import pytest
from perfmon_agent import configuration
from perfmon_agent.agent import Agent
from perfmon_agent.backoff import Backoff
from perfmon_agent.buffer import Buffer
from perfmon_agent.configuration import ConfigurationError
from perfmon_agent.probes import all_probes
from perfmon_agent.probes.cpu import CpuProbe
from perfmon_agent.rates import Rates
from perfmon_agent.reading import Probe, Reading, snapshots
from perfmon_agent.sender import Refused, Sender

from tests.scripted_api import Answer, scripted_api

BATCH = [{"tags": {"host": "a"}, "timestamp": 1, "metrics": {"cpu_usage": 1.0}, "units": {"cpu_usage": "percent"}}]


class OneReading:
    """A probe that always reads the same."""

    def read(self, now: float) -> Iterable[Reading]:
        yield Reading("cpu_usage", 12.5, "percent")


class Broken:
    """A probe that does not work here."""

    def read(self, now: float) -> Iterable[Reading]:
        raise OSError("no such device")


def agent(url: str, *probes: Probe, buffer: Buffer | None = None, interval: int = 1) -> Agent:
    """An agent that sends to a scripted API."""
    return Agent(probes or [OneReading()], Sender(url, "pm_x", "test"), buffer or Buffer(1000), "a", interval)


def test_samples_are_stamped_on_multiples_of_the_interval_and_sent_as_snapshots() -> None:
    with scripted_api() as api:
        stop = threading.Event()
        thread = threading.Thread(target=agent(api.url).run, args=(stop,))
        thread.start()
        assert api.came.acquire(timeout=10)
        stop.set()
        thread.join()

    (snapshot,) = api.bodies[0]["snapshots"]
    assert snapshot["tags"] == {"host": "a"}
    assert snapshot["timestamp"] % 1000 == 0
    assert snapshot["metrics"]["cpu_usage"] == 12.5
    assert snapshot["units"]["cpu_usage"] == "percent"
    assert snapshot["metrics"]["agent_memory"] > 0
    assert api.headers[0]["Authorization"] == "Bearer pm_x"


def test_readings_with_the_same_tags_share_a_snapshot() -> None:
    readings = [Reading("a", 1, "B"), Reading("b", 2, "B", {"disk": "x"}), Reading("c", 3, "B")]
    shared, tagged = snapshots(readings, "h", 5)
    assert shared["metrics"] == {"a": 1, "c": 3}
    assert tagged["tags"] == {"host": "h", "disk": "x"}


@pytest.mark.parametrize("answer", [Answer(503), Answer(500), Answer(429), Answer(0)], ids=lambda a: str(a.status))
def test_what_the_api_could_not_take_is_sent_again(answer: Answer) -> None:
    with scripted_api(answer) as api:
        buffer = Buffer(1000)
        sending = agent(api.url, buffer=buffer)
        buffer.add(BATCH)
        sending.flush(time.monotonic() + 5)
        waiting = buffer.samples
        sending._not_before = 0
        sending.flush(time.monotonic() + 5)
    assert (waiting, buffer.samples) == (1, 0)
    assert [body["snapshots"] for body in api.bodies] == [BATCH, BATCH]


def test_the_api_is_left_alone_for_as_long_as_it_asks() -> None:
    with scripted_api(Answer(503, headers={"Retry-After": "40"})) as api:
        sending = agent(api.url)
        sending._buffer.add(BATCH)
        sending.flush(time.monotonic() + 5)
        sending.flush(time.monotonic() + 5)
    assert len(api.bodies) == 1
    assert sending._not_before > time.monotonic() + 39


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_ends_the_agent_with_a_reason(status: int) -> None:
    with scripted_api(Answer(status, {"detail": "The token has expired."})) as api:
        sending = agent(api.url)
        sending._buffer.add(BATCH)
        with pytest.raises(Refused, match=r"The token has expired\."):
            sending.flush(time.monotonic() + 5)


def test_bad_samples_are_left_out_and_the_rest_goes_on() -> None:
    with scripted_api(Answer(400, {"detail": "bad"})) as api:
        sending = agent(api.url)
        sending._buffer.add(BATCH)
        sending.flush(time.monotonic() + 5)
        sending._buffer.add(BATCH)
        sending.flush(time.monotonic() + 5)
    assert len(api.bodies) == 2
    assert sending._buffer.samples == 0


def test_a_request_that_is_too_large_is_halved() -> None:
    with scripted_api(Answer(413), Answer(413)) as api:
        sending = agent(api.url)
        sending._batch = 8
        sending._buffer.add(BATCH * 8)
        sending.flush(time.monotonic() + 5)
    assert [len(body["snapshots"]) for body in api.bodies] == [8, 4, 2, 2, 2, 2]


def test_large_bodies_are_compressed() -> None:
    with scripted_api() as api:
        sender = Sender(api.url, "pm_x", "test")
        sender.send(BATCH * 100)
        sender.send(BATCH)
        sender.close()
    assert [headers.get("Content-Encoding") for headers in api.headers] == ["gzip", None]
    assert len(api.bodies[0]["snapshots"]) == 100


def test_a_full_buffer_drops_the_oldest_and_counts_them() -> None:
    buffer = Buffer(max_samples=10)
    for number in range(15):
        buffer.add([{"metrics": {"n": number}}])
    assert [snapshot["metrics"]["n"] for snapshot in buffer.oldest(100)] == list(range(5, 15))
    assert (buffer.samples, buffer.dropped) == (10, 5)


def test_a_broken_probe_does_not_silence_the_others(caplog: pytest.LogCaptureFixture) -> None:
    reading = agent("http://127.0.0.1:1/api", Broken(), OneReading())
    names = [each.name for _ in range(3) for each in reading.collect()]
    assert names.count("cpu_usage") == 3
    assert caplog.text.count("Broken does not work here") == 1


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
    readings = [reading for probe in all_probes() for at in (0.0, 1.0) for reading in probe.read(at)]
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


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ([], {}, "There is no token"),
        (["--token-file", "/does/not/exist"], {}, "cannot be read"),
        (["--interval", "0"], {"PERFMON_TOKEN": "x"}, "--interval"),
        (["--url", "ftp://x"], {"PERFMON_TOKEN": "x"}, "--url"),
        (["--host", ""], {"PERFMON_TOKEN": "x", "PERFMON_HOST": ""}, "--host"),
    ],
)
def test_a_wrong_configuration_is_one_sentence(arguments: list[str], environment: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        configuration.read(arguments, environment)


def test_the_command_sends_and_on_sigterm_sends_what_is_left(project: Path) -> None:
    with scripted_api() as api:
        process = subprocess.Popen(
            [sys.executable, "-m", "perfmon_agent", "--interval", "1", "--host", "h"],
            env={"PYTHONPATH": str(project / "agent" / "src"), "PERFMON_URL": api.url, "PERFMON_TOKEN": "pm_secret"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert api.came.acquire(timeout=20)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "pm_secret" not in errors
    names = {name for body in api.bodies for snapshot in body["snapshots"] for name in snapshot["metrics"]}
    assert {"cpu_usage", "memory_usage", "system_load"} <= names
