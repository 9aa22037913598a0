"""What can go wrong when talking to the service. No message holds a token.

PerfmonError
├── Unreachable   no answer, also after retries
└── ApiError      the service said no; `status`, `detail`, `field`, `errors`, `request_id` say why
"""

from __future__ import annotations

from typing import Any


class PerfmonError(Exception):
    """Anything that went wrong."""


class Unreachable(PerfmonError):
    """The service cannot be reached, also after retries."""


class ApiError(PerfmonError):
    """The service said no."""

    def __init__(
        self,
        status: int,
        detail: str,
        field: str | None = None,
        *,
        errors: list[dict[str, Any]] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.errors = errors or []
        self.request_id = request_id

    def about(self, what: str) -> ApiError:
        """The same refusal, saying what it is about: one of several things that were sent."""
        return ApiError(
            self.status, f"{what}: {self.detail}", self.field, errors=self.errors, request_id=self.request_id
        )

    def lines(self) -> list[str]:
        """All that is wrong, the detail first: it tells the first of `errors`."""
        return [self.detail, *(f"{each.get('field')}: {each.get('reason')}" for each in self.errors[1:])]
