"""Everything that can be refused, as one small tree; `api/problem.py` maps it to HTTP statuses.

ServiceError
├── InvalidInput          a field is wrong; says which and why            400
├── Unauthenticated       no token, or one that is unknown or expired     401
├── Forbidden             the token lacks the scope                       403
├── NotFound              nothing by that id                              404
├── Conflict              not possible in the present state               409
├── TooLarge              a body over its limit                           413
├── UnsupportedMediaType  a body in a form nobody here reads              415
├── Unprocessable         understood, yet contradictory                   422
├── TooManyRequests       come back after `retry_after` seconds           429
└── Unavailable           a dependency is down or full; nothing was kept  503
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one element of a request: its position (None outside of lists), its field, and why."""

    index: int | None
    field: str
    reason: str


class ServiceError(Exception):
    """What went wrong, in a sentence that may be shown to the caller: it holds no secret."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(ServiceError):
    """A field is wrong; `errors` lists more of them where a list was sent."""

    def __init__(self, message: str, *, field: str | None = None, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message, field=field)
        self.errors = tuple(errors)


class Unauthenticated(ServiceError):
    """No token, or one that is unknown or expired."""


class Forbidden(ServiceError):
    """The token lacks the scope that the route asks for."""


class NotFound(ServiceError):
    """Nothing exists by that id."""


class Conflict(ServiceError):
    """Not possible in the present state; `current` shows that state where it helps to decide what to do next."""

    def __init__(self, message: str, *, current: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.current = current


class TooLarge(ServiceError):
    """A body over its limit."""


class UnsupportedMediaType(ServiceError):
    """A body in a form nobody here reads."""


class Unprocessable(ServiceError):
    """Understood, yet contradictory: the same Idempotency-Key with another body."""


class TooManyRequests(ServiceError):
    """The caller should come back after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """A dependency is down or full: nothing was kept; send it again after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int = 2) -> None:
        super().__init__(message)
        self.retry_after = retry_after
