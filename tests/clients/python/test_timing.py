"""Blocks and functions of either kind are timed, and go on as they would without."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from perfmon_client import AsyncPerformanceMonitoringService, PerformanceMonitoringService

from tests.clients.python.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A service with memory."""
    with receiving() as receiver:
        yield receiver


def test_blocks_functions_and_coroutines_are_timed_failures_with_their_error(receiver: Receiver) -> None:
    with PerformanceMonitoringService(receiver.url, "pm_secret") as monitoring:

        @monitoring.timed("parse", {"kind": "csv"})
        def parse(text: str) -> int:
            """Parse."""
            return int(text)

        @monitoring.timed("fetch")
        async def fetch() -> str:
            await asyncio.sleep(0.01)
            return "fetched"

        assert parse("3") == 3
        assert parse.__doc__ == "Parse."
        with pytest.raises(ValueError, match="invalid literal"):
            parse("three")
        assert asyncio.run(fetch()) == "fetched"
        with monitoring.timed("block"):
            pass

    told = [(each["metricType"], each["unit"], each["tags"]) for each in receiver.samples]
    assert told == [
        ("parse", "ms", {"kind": "csv"}),
        ("parse", "ms", {"kind": "csv", "error": "ValueError"}),
        ("fetch", "ms", {}),
        ("block", "ms", {}),
    ]
    assert receiver.values()[2] >= 10


def test_a_generator_is_not_timed_by_its_call(receiver: Receiver) -> None:
    def pieces() -> Iterator[int]:
        yield 1

    with (
        PerformanceMonitoringService(receiver.url, "pm_secret") as monitoring,
        pytest.raises(TypeError, match="inside"),
    ):
        monitoring.timed("pieces")(pieces)


def test_the_client_for_asyncio_has_the_same_names_awaited(receiver: Receiver) -> None:
    receiver.pages = {
        "GET /monitoring/health/system": {"status": "healthy", "checks": []},
        "GET /monitoring/alerts/active": {"alerts": [{"id": "a"}], "next": None},
    }
    told: list[float] = []

    async def program() -> None:
        async with AsyncPerformanceMonitoringService(receiver.url, "pm_secret", buffer_size=1) as monitoring:
            arrived = asyncio.Event()

            async def listener(sample: dict[str, float]) -> None:
                told.append(sample["value"])
                arrived.set()

            monitoring.on("metricRecorded", listener)
            assert await monitoring.record_metric("orders", 1)
            await asyncio.wait_for(arrived.wait(), 30)
            monitoring.off("metricRecorded", listener)
            assert await monitoring.record_metric("orders", 2)
            assert await monitoring.flush(30)
            assert (await monitoring.get_system_health())["status"] == "healthy"
            assert await monitoring.get_active_alerts() == [{"id": "a"}]

    asyncio.run(program())
    assert told == [1]
    assert receiver.values() == [1, 2]


def test_both_clients_have_the_same_methods() -> None:
    def names(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert names(AsyncPerformanceMonitoringService) - {"recorder"} == names(PerformanceMonitoringService)
