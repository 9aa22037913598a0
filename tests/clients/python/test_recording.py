"""Recording never raises and never waits; what fits the buffer arrives once, whatever the service does meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from perfmon_client import Figures, PerformanceMonitoringService, sender

from tests.clients.python.receiver import LOSE, Receiver, receiving, until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A service with memory."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once."""
    monkeypatch.setattr(sender, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(sender, "LONGEST_WAIT", 0.05)


def client(receiver: Receiver, **options: Any) -> PerformanceMonitoringService:
    """A client that sends every 10 ms, unless told otherwise."""
    return PerformanceMonitoringService(receiver.url, "pm_secret", **{"flush_interval": 0.01, **options})


def test_a_sample_arrives_in_the_words_of_the_api(receiver: Receiver) -> None:
    at = datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))
    with client(receiver, tags={"service": "shop", "method": "any"}) as monitoring:
        assert monitoring.record_metric("response_time", 245, "ms", {"method": "GET", "none": None, "n": 1}, at)

    assert receiver.samples == [
        {
            "metricType": "response_time",
            "value": 245.0,
            "tags": {"service": "shop", "method": "GET", "n": "1"},
            "timestamp": 1704106800000,
            "unit": "ms",
        }
    ]
    assert monitoring.figures() == Figures(sent=1, waiting=0, dropped=0)


def test_a_full_batch_goes_at_once_and_a_part_of_one_after_the_interval(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRIC_BUFFER_SIZE", "5")
    with client(receiver, flush_interval=3600) as monitoring:
        for value in range(5):
            monitoring.record_metric("orders", value)
        until(lambda: len(receiver.samples) == 5)
    with client(receiver) as monitoring:
        monitoring.record_metric("orders", 5)
        until(lambda: len(receiver.samples) == 6)


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        (("1st", 1), "metric_type"),
        (("orders", float("nan")), "value"),
        (("orders", "3"), "value"),
        (("orders", 10**400), "value"),
        (("orders", 1, "u" * 33), "unit"),
        (("orders", 1, None, {"k": "v" * 257}), "tags"),
        (("orders", 1, None, {f"k{each}": "v" for each in range(21)}), "tags"),
        (("orders", 1, None, 7), "recorded"),
        (("orders", 1, None, None, datetime(2024, 1, 1)), "timestamp"),  # noqa: DTZ001 -- that it has no zone is meant
        (("orders", 1, None, None, "yesterday"), "timestamp"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_no_sample_is_refused_in_the_log_and_never_raised(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, sample: tuple[Any, ...], said: str
) -> None:
    with client(receiver) as monitoring:
        assert monitoring.record_metric(*sample) is False
    (line,) = caplog.messages
    assert said in line
    assert receiver.requests == []


def test_trouble_is_logged_once_a_minute_and_never_with_the_token(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.stop()
    with client(receiver, close_timeout=0.2) as monitoring:
        for each in range(50):
            monitoring.record_metric("orders", each)
            monitoring.record_metric("", each)
    warned = [record for record in caplog.records if record.levelno >= logging.WARNING and "perfmon" in record.name]
    assert len(warned) == 1
    assert "pm_secret" not in caplog.text


@pytest.mark.parametrize("trouble", [500, 503, 429, 408, LOSE])
def test_a_batch_is_sent_again_as_it_is_until_it_is_taken_and_counts_once(receiver: Receiver, trouble: int) -> None:
    receiver.told = [trouble, trouble]
    with client(receiver) as monitoring:
        monitoring.record_metric("orders", 1)
        until(lambda: monitoring.figures().sent == 1)

    assert receiver.values() == [1]
    (first, second, third) = receiver.requests
    assert first == second == third
    assert first[1] is not None


def test_the_service_says_how_long_to_wait(receiver: Receiver) -> None:
    receiver.told = [(429, {"Retry-After": "1"})]
    with client(receiver) as monitoring:
        begun = time.monotonic()
        monitoring.record_metric("orders", 1)
        until(lambda: monitoring.figures().sent == 1)
    assert time.monotonic() - begun >= 1


def test_what_the_service_refuses_for_good_is_dropped_and_counted(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.told = [400]
    with client(receiver) as monitoring:
        monitoring.record_metric("orders", 1)
        until(lambda: monitoring.figures().dropped == 1)
        monitoring.record_metric("orders", 2)
    assert receiver.values() == [2]
    assert "refused: told to answer 400" in caplog.text


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_stops_recording_with_one_clear_line(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    receiver.told = [status]
    with client(receiver) as monitoring:
        assert monitoring.record_metric("orders", 1)
        until(lambda: monitoring.figures().dropped == 1)
        assert monitoring.record_metric("orders", 2) is False
        assert monitoring.flush()
    assert len(receiver.requests) == 1
    (line,) = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert "recording stops" in line
    assert f"({status})" in line


def test_a_full_buffer_drops_the_oldest_and_counts_them(receiver: Receiver) -> None:
    receiver.stop()
    monitoring = client(receiver, max_buffered=10, flush_interval=3600)
    for value in range(25):
        assert monitoring.record_metric("orders", value)
    assert monitoring.figures() == Figures(sent=0, waiting=10, dropped=15)
    receiver.start()
    monitoring.close()
    assert receiver.values() == list(range(15, 25))


def arrived(receiver: Receiver, count: int) -> bool:
    """Whether so many samples have."""
    return len(receiver.samples) >= count


def test_what_fits_the_buffer_arrives_once_though_the_service_is_killed_again_and_again(receiver: Receiver) -> None:
    def record(monitoring: PerformanceMonitoringService, worker: int) -> None:
        for each in range(1000):
            monitoring.record_metric("orders", worker * 1000 + each)

    with client(receiver, buffer_size=20, close_timeout=30) as monitoring:
        threads = [threading.Thread(target=record, args=(monitoring, worker)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for taken in (500, 1500, 2500):
            until(partial(arrived, receiver, taken))
            receiver.told = [LOSE]
            receiver.stop()
            receiver.start()
        for thread in threads:
            thread.join()

    assert sorted(receiver.values()) == list(range(4000))
    assert monitoring.figures() == Figures(sent=4000, waiting=0, dropped=0)


def test_recorded_metrics_are_told_when_the_service_has_them(receiver: Receiver) -> None:
    told: list[dict[str, Any]] = []

    def fails(_: dict[str, Any]) -> None:
        raise RuntimeError("a listener's own trouble")

    with client(receiver) as monitoring:
        monitoring.on("metricRecorded", fails).on("metricRecorded", told.append)
        monitoring.record_metric("orders", 1, timestamp="2024-01-01T00:00:00Z")
        until(lambda: told)
    assert told == [{"metricType": "orders", "value": 1.0, "tags": {}, "timestamp": "2024-01-01T00:00:00.000Z"}]


def test_an_answer_of_something_else_is_not_taken_for_the_services(receiver: Receiver) -> None:
    receiver.told = [200]
    with client(receiver) as monitoring:
        monitoring.record_metric("orders", 1)
        until(lambda: monitoring.figures().sent == 1)
    assert receiver.values() == [1]


def test_text_that_is_no_text_does_not_keep_others_from_arriving(receiver: Receiver) -> None:
    with client(receiver) as monitoring:
        monitoring.record_metric("orders", 1, tags={"file": "\udcff"})
        monitoring.record_metric("orders", 2)
    assert [(each["value"], each["tags"]) for each in receiver.samples] == [(1, {"file": "?"}), (2, {})]


def test_a_closed_client_takes_nothing_and_closes_twice(receiver: Receiver) -> None:
    monitoring = client(receiver)
    monitoring.close()
    monitoring.close()
    assert monitoring.record_metric("orders", 1) is False
