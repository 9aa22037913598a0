"""What was told of alerts, and was not, and why: the ledger; and having something sent again that did not arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.ledger import LedgerFilter, show_recorded
from chalicelib.services.ports.notifying import Ledger

PAGE = 100


class Told:
    """Reads the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def page(self, wanted: LedgerFilter, before: int | None) -> tuple[list[dict[str, Any]], str | None]:
        """Up to 100 entries, the newest first, and the cursor of the next page or None."""
        found = self._ledger.page(wanted, before, PAGE + 1)
        return [show_recorded(each) for each in found[:PAGE]], str(found[PAGE - 1].seq) if len(found) > PAGE else None

    def get(self, notification_id: str) -> dict[str, Any]:
        """One entry. Raises NotFound."""
        found = self._ledger.get(notification_id)
        if found is None:
            raise NotFound(f"There is no notification {notification_id[:64]!r}.")
        return show_recorded(found)

    def of_alert(self, alert_id: str) -> Sequence[Mapping[str, Any]]:
        """All that was decided about one alert, in order."""
        return [show_recorded(each) for each in self._ledger.of_alert(alert_id)]

    def retry(self, notification_id: str, *, now: int) -> dict[str, Any]:
        """Have an entry sent again that has failed, is dead or uncertain. Raises NotFound, Conflict."""
        before = self.get(notification_id)
        if not self._ledger.retry(notification_id, now):
            raise Conflict(
                f"It is {before['state']}; only what failed, is dead or uncertain is sent again.", current=before
            )
        return self.get(notification_id)
