"""At the end of a program what is buffered is sent; a fork sends what is its own, and nothing twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.python.receiver import Receiver, receiving

SOURCE = Path(__file__).parents[3] / "clients" / "python" / "src"
BEGIN = """
import os, sys, threading
from perfmon_client import PerformanceMonitoringService
monitoring = PerformanceMonitoringService(sys.argv[1], "pm_secret", flush_interval=3600)
monitoring.record_metric("orders", 1)
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A service with memory."""
    with receiving() as receiver:
        yield receiver


def run(program: str, receiver: Receiver) -> str:
    """What a program says, which must end well."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGIN + program, receiver.url],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_what_is_buffered_is_sent_at_the_end_of_the_program(receiver: Receiver) -> None:
    assert run("", receiver) == ""
    assert receiver.values() == [1]


def test_a_program_whose_service_is_away_ends_all_the_same_and_says_what_is_lost(receiver: Receiver) -> None:
    receiver.stop()
    said = run("monitoring.recorder._close_timeout = 0.1", receiver)
    assert "1 samples wait" in said


def test_a_sample_of_an_exit_handler_arrives_too(receiver: Receiver) -> None:
    run("import atexit; atexit.register(monitoring.record_metric, 'orders', 2)", receiver)
    assert receiver.values() == [1, 2]


def test_a_forked_child_sends_its_own_samples_and_not_its_parents(receiver: Receiver) -> None:
    run(
        """
if os.fork() == 0:
    assert monitoring.figures().waiting == 0
    monitoring.record_metric("orders", 2)
    sys.exit()
os.wait()
assert monitoring.figures().waiting == 1
""",
        receiver,
    )
    assert receiver.values() == [2, 1]


def test_a_fork_in_the_middle_of_sending_leaves_the_child_able_to_send(receiver: Receiver) -> None:
    run(
        """
import time
monitoring = PerformanceMonitoringService(sys.argv[1], "pm_secret", buffer_size=10, flush_interval=0.001)
children = []
for each in range(10):
    for _ in range(50):
        monitoring.record_metric("parents", each)
    child = os.fork()
    if child == 0:
        monitoring.record_metric("childrens", each)
        monitoring.close()
        os._exit(0)
    children.append(child)
for child in children:
    assert os.waitpid(child, 0)[1] == 0
""",
        receiver,
    )
    sent = [sample["metricType"] for sample in receiver.samples]
    assert {name: sent.count(name) for name in sent} == {"orders": 1, "parents": 500, "childrens": 10}


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_multiprocessing_send_before_they_end(receiver: Receiver, method: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import multiprocessing, sys
from perfmon_client import PerformanceMonitoringService
monitoring = PerformanceMonitoringService(sys.argv[1], "pm_secret", flush_interval=3600)

def work(value):
    monitoring.record_metric("orders", value)

if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    workers = [context.Process(target=work, args=(value,)) for value in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
"""
    )
    done = subprocess.run(
        [sys.executable, program, receiver.url], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(receiver.values()) == [1, 2]


def test_recording_in_a_signal_handler_does_not_lock_the_program_up(receiver: Receiver) -> None:
    run(
        """
import signal
monitoring = PerformanceMonitoringService(sys.argv[1], "pm_secret", flush_interval=3600, max_buffered=100)
signal.signal(signal.SIGALRM, lambda *_: monitoring.record_metric("interrupting", 1))
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for each in range(50_000):
    monitoring.record_metric("orders", each)
signal.setitimer(signal.ITIMER_REAL, 0)
monitoring.record_metric("orders", each)
figures = monitoring.figures()
assert figures.sent + figures.dropped + figures.waiting > 50_001, figures
monitoring.close()
""",
        receiver,
    )
    assert 49_999 in receiver.values()  # the newest are what is left


def test_a_child_of_a_program_that_listens_closes_its_client_without_the_parents_threads(receiver: Receiver) -> None:
    receiver.pages = {"GET /monitoring/events?limit=100": {"events": [], "next": "1"}}
    said = run(
        """
monitoring.on("alertTriggered", print)
if os.fork() == 0:
    monitoring.record_metric("orders", 2)
    monitoring.close()
    assert not [each for each in threading.enumerate() if each.name == "perfmon-events"]
    sys.exit()
assert os.wait()[1] == 0
assert [each for each in threading.enumerate() if each.name == "perfmon-events"]
""",
        receiver,
    )
    assert said == ""
    assert receiver.values() == [2, 1]
