"""What a check found, and how one check's failure leaves the others running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """From good to bad; SKIPPED = could not be looked at, and why is said."""

    OK = "ok"
    SKIPPED = "skipped"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One check: what it found, and for anything but OK what to do about it."""

    check: str
    status: Status
    says: str
    remedy: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Status.OK, says)


def skipped(check: str, says: str, remedy: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(check, Status.SKIPPED, says, remedy)


def warn(check: str, says: str, remedy: str) -> Finding:
    """It works, and will not for long, or not as somebody may expect."""
    return Finding(check, Status.WARN, says, remedy)


def fail(check: str, says: str, remedy: str) -> Finding:
    """This is what is the matter."""
    return Finding(check, Status.FAIL, says, remedy)


Check = Callable[[], Iterator[Finding]]


def guarded(name: str, check: Check) -> list[Finding]:
    """A check's findings; a fault of the check itself is one, so that the others still run."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except Exception as error:  # noqa: BLE001 -- whatever it is, the other checks may know more
        says = f"this check itself failed: {type(error).__name__}"
        found.append(skipped(name, says, "Look at the other findings first."))
    return found
