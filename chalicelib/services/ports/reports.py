"""What reports need of the world beside queries: alerts, the set-up, distinct users."""

from __future__ import annotations

from typing import Protocol

from chalicelib.domain.alert_form import AlertFilter
from chalicelib.domain.episodes import Episode
from chalicelib.domain.reports import AlertStatistics, Setup


class AlertPages(Protocol):
    """The history of alerts."""

    def page(self, wanted: AlertFilter, after: tuple[int, str] | None, limit: int) -> list[Episode]:
        """Alerts, those pending last first. Raises Unavailable."""
        ...


class ReportFacts(Protocol):
    """What the database knows beside figures."""

    def alert_statistics(self, start: int, end: int) -> AlertStatistics:
        """What the alerts did that fired in [start, end). Raises Unavailable."""
        ...

    def setup(self) -> Setup:
        """How the service is set up. Raises Unavailable."""
        ...

    def business_metrics(self, limit: int) -> list[str]:
        """Up to `limit` metric types that count business, marked ones first. Raises Unavailable."""
        ...


class ActiveUsers(Protocol):
    """Counts distinct users."""

    def active_users(self, start: int, end: int, now: int) -> int | None:
        """How many different users there were in [start, end), epoch ms; None = not known. Raises Unavailable."""
        ...
