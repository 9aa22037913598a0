"""Active users are counted by hour, kept beyond Valkey's memory, and merged: a loss of Valkey makes nobody vanish."""

from __future__ import annotations

import time

from chalicelib import wiring
from tests.call import Api

HOUR = 3_600_000


def record(api: Api, *users: str) -> None:
    """A request of each user."""
    samples = [{"metricType": "response_time", "value": 5, "tags": {"userId": user}} for user in users]
    assert api.post("/monitoring/metrics", samples).status == 202


def test_users_are_counted_once_over_hours_and_losses(api: Api) -> None:
    now = time.time_ns() // 1_000_000
    users = wiring.active_users()
    record(api, "ann", "bob", "ann")
    assert users.active_users(now - HOUR, now + HOUR, now) == 2

    users.run(now)
    wiring.valkey().run(("FLUSHALL",))
    record(api, "bob", "cem")
    users.run(now)
    assert users.active_users(now - HOUR, now + HOUR, now) == 3
    assert users.active_users(now - 30 * HOUR, now - 2 * HOUR, now) is None
    # Nothing is left behind by counting.
    assert list(wiring.valkey().value("KEYS", "sketch:*")) == []


def test_a_report_shows_the_users_that_were_counted(api: Api) -> None:
    from chalicelib.wiring import reports

    now = time.time_ns() // 1_000_000
    record(api, *(f"user-{number}" for number in range(50)))
    counted = reports.reporting()._users.active_users(now - HOUR, now, now)
    assert counted is not None
    assert abs(counted - 50) <= 1


def test_sketches_go_when_they_have_been_kept_for_long_enough(api: Api) -> None:
    now = time.time_ns() // 1_000_000
    record(api, "ann")
    users = wiring.active_users()
    users.run(now)
    users.run(now + 456 * 24 * HOUR)
    assert users.active_users(now - HOUR, now + HOUR, now + 456 * 24 * HOUR) is None
