"""Delete series: their samples, rollups and catalogue entries go, in one transaction beside which nobody writes.

What of them is still on its way to the store comes back as new series, and so does what is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.selectors import Selection, selects
from chalicelib.services.ports.alerting import AuditBook
from chalicelib.services.ports.deletion import SeriesStore
from chalicelib.services.readers import Readers

MOST_SAMPLES = 20_000_000  # that can be read and written again within a request


@dataclass(frozen=True, slots=True)
class Deletion:
    """What goes, or would: series, stored samples; and the names of enabled rules that read the metric type."""

    metric_type: str
    series: int
    samples: int
    rules: tuple[str, ...]


class DeleteSeries:
    """Deletes series."""

    def __init__(self, store: SeriesStore, readers: Readers, audit: AuditBook) -> None:
        self._store = store
        self._readers = readers
        self._audit = audit

    def run(
        self, metric_type: str, selection: Selection, tags: str, *, dry_run: bool, actor: str, now: int
    ) -> Deletion:
        """Delete the series of a metric type that match, or only say what would go; `tags` as they were written.

        Raises NotFound when there are none, or InvalidInput when they are too many to be picked out.
        """
        with self._store.step(metric_type) as step:
            known = step.series()
            chosen = {series for series, each in known.items() if selects(selection, dict(each.tags))}
            if not chosen:
                raise NotFound(f"There is no series of {metric_type[:64]!r} with these tags.")
            is_all = len(chosen) == len(known)
            if not is_all and step.stored() > MOST_SAMPLES:
                raise InvalidInput(
                    f"tags: to pick them out, more than {MOST_SAMPLES} samples would have to be read; delete the whole"
                    " metric type, or wait until its samples have expired.",
                    field="tags",
                )
            found = Deletion(metric_type, len(chosen), step.count(chosen), self._readers.of([metric_type])[metric_type])
            if not dry_run:
                step.delete(chosen, all_of_them=is_all)
                before = {"tags": tags, "series": found.series, "samples": found.samples}
                self._audit.record(AuditEntry(now, actor, "deleted", "series", metric_type, before, None))
        return found
