"""What people do to alerts, acknowledge and resolve: what is allowed, and what the present state forbids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.domain.alerts import Alert, State
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.instants import to_iso

Current = Callable[[], Mapping[str, object]]  # what a conflict shows as the state that is


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has seen an alert, and until when that counts (None = for the rest of the episode); epoch ms."""

    by: str
    at: int
    comment: str = ""
    expires_at: int | None = None

    def holds(self, now: int) -> bool:
        """Whether it still counts."""
        return self.expires_at is None or now < self.expires_at


def acknowledge(
    alert: Alert,
    present: Acknowledgement | None,
    *,
    by: str,
    comment: str,
    expires_at: int | None,
    now: int,
    current: Current | None = None,
) -> Acknowledgement:
    """The acknowledgement that counts from now on: the one there is, if it still holds, else a new one.

    Twice is fine and has the same answer. Raises Conflict for a resolved alert and InvalidInput for an `expires_at`
    that has passed.
    """
    if alert.state is State.RESOLVED:
        raise Conflict(
            f"The alert is resolved since {_since(alert)}; there is nothing left to acknowledge.",
            current=_show(current),
        )
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("expiresAt: must lie in the future.", field="expiresAt")
    if present is not None and present.holds(now):
        return present
    return Acknowledgement(by, now, comment, expires_at)


def is_acknowledged(present: Acknowledgement | None, now: int) -> bool:
    """Whether somebody has it in hand."""
    return present is not None and present.holds(now)


def check_resolvable(alert: Alert, *, current: Current | None = None) -> None:
    """Nothing, or Conflict if the alert is resolved already."""
    if alert.state is State.RESOLVED:
        raise Conflict(
            f"The alert is resolved since {_since(alert)} ({alert.resolved_reason}).", current=_show(current)
        )


def check_version(expected: int | None, present: int, current: Current | None = None) -> None:
    """Nothing, or Conflict if somebody else was faster; None = the caller does not mind."""
    if expected is not None and expected != present:
        raise Conflict(
            f"Somebody else changed it meanwhile: version {present}, not {expected}. Look again, then retry.",
            current=_show(current),
        )


def _since(alert: Alert) -> str:
    return "an unknown time" if alert.resolved_at is None else to_iso(alert.resolved_at)


def _show(current: Current | None) -> Mapping[str, object] | None:
    return None if current is None else current()
