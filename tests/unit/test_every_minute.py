"""The run of every minute: ordering ticks, the tick, and what was lost do not wait for each other's success."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

import app
from chalicelib import wiring
from chalicelib.wiring import notifications, ticking
from infra.local.function_events import scheduled_event

STEPS = ("ordered", "ticked", "queued again")


@pytest.mark.parametrize("broken", [("ordered",), ("ticked",), ("queued again",), STEPS], ids=" ".join)
def test_each_step_is_done_whatever_becomes_of_the_others_and_the_run_fails(
    broken: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def step(name: str) -> list[int]:
        begun.append(name)
        if name in broken:
            raise RuntimeError(name)
        return []

    monkeypatch.setattr(wiring, "schedule_ticks", lambda: SimpleNamespace(run=lambda now: step("ordered")))
    monkeypatch.setattr(ticking, "run", lambda instant, clock: step("ticked"))
    monkeypatch.setattr(
        notifications, "dispatch", lambda: SimpleNamespace(requeue_lost=lambda now: step("queued again"))
    )
    with pytest.raises(RuntimeError, match=broken[-1]):
        app.schedule_ticks(scheduled_event("rule", datetime(2026, 1, 15, tzinfo=UTC), "id"), None)
    assert begun == list(STEPS)
