"""Which metric types somebody asks for: what nobody has asked for in months, and no rule reads, may be let go of."""

from __future__ import annotations

import logging

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.instants import to_datetime
from chalicelib.domain.readings import source_types
from chalicelib.services.ports.reading import QueryNotes

_log = logging.getLogger(__name__)


class QueryUsage:
    """Notes the day of the last query of each metric type, once a day."""

    def __init__(self, notes: QueryNotes) -> None:
        self._notes = notes
        self._day = to_datetime(0).date()
        self._noted: set[str] = set()

    def note(self, metric_type: str, now: int) -> None:
        """Somebody asked for it at `now` (epoch ms). No query fails because this could not be noted."""
        day = to_datetime(now).date()
        if day != self._day:
            self._day, self._noted = day, set()
        if metric_type in self._noted:
            return
        try:
            # The percentile of a histogram is read from its buckets.
            if self._notes.queried({*source_types(metric_type), f"{metric_type}_bucket"}, day):
                self._noted.add(metric_type)
        except Unavailable:
            _log.warning("could not note that a metric type was asked for", extra={"metric": metric_type})
