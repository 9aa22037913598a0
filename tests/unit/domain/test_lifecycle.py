"""Acknowledging and resolving."""

from __future__ import annotations

import pytest

from chalicelib.domain.alerts import Alert, ResolvedReason, State
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.lifecycle import (
    Acknowledgement,
    acknowledge,
    check_resolvable,
    check_version,
    is_acknowledged,
)

PENDING = Alert("a", State.PENDING, 0)
FIRING = Alert("a", State.FIRING, 0, 0)
RESOLVED = Alert("a", State.RESOLVED, 0, 0, resolved_at=60_000, resolved_reason=ResolvedReason.RECOVERED)


@pytest.mark.parametrize("alert", [PENDING, FIRING])
def test_an_alert_that_is_not_over_may_be_acknowledged(alert: Alert) -> None:
    taken = acknowledge(alert, None, by="ann", comment="on it", expires_at=None, now=5)
    assert taken == Acknowledgement("ann", 5, "on it", None)
    assert is_acknowledged(taken, 10**15)


def test_twice_is_fine_and_has_the_same_answer() -> None:
    first = acknowledge(FIRING, None, by="ann", comment="on it", expires_at=None, now=5)
    assert acknowledge(FIRING, first, by="bob", comment="me too", expires_at=None, now=6) is first


def test_an_acknowledgement_expires_and_may_be_renewed() -> None:
    first = acknowledge(FIRING, None, by="ann", comment="", expires_at=100, now=5)
    assert [is_acknowledged(first, now) for now in (99, 100)] == [True, False]
    assert acknowledge(FIRING, first, by="bob", comment="", expires_at=None, now=100).by == "bob"
    assert not is_acknowledged(None, 0)


def test_a_resolved_alert_can_be_neither_acknowledged_nor_resolved() -> None:
    with pytest.raises(Conflict, match="resolved since 1970-01-01T00:01:00"):
        acknowledge(RESOLVED, None, by="ann", comment="", expires_at=None, now=5)
    with pytest.raises(Conflict, match="recovered"):
        check_resolvable(RESOLVED)
    check_resolvable(FIRING)
    check_resolvable(PENDING)


def test_an_expiry_in_the_past_is_refused() -> None:
    with pytest.raises(InvalidInput, match="expiresAt") as refused:
        acknowledge(FIRING, None, by="ann", comment="", expires_at=5, now=5)
    assert refused.value.field == "expiresAt"


def test_who_comes_second_is_told() -> None:
    check_version(None, 7)
    check_version(7, 7)
    with pytest.raises(Conflict, match="version 7, not 6"):
        check_version(6, 7)
