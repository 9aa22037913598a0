"""Browse the catalogue: which metrics there are, how they are tagged, and which look like mistakes."""

from __future__ import annotations

from itertools import groupby

from chalicelib.domain.browsing import Cardinality, MetricEntry, TagEntry
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.lookalikes import lookalikes
from chalicelib.domain.selectors import Selection, selects
from chalicelib.domain.series import Definition
from chalicelib.services.ports.reading import Catalogue, CatalogueBrowser

PAGE = 200
MAX_TAGS = 5_000
MAX_SERIES = 1_000


class Browse:
    """Reads the catalogue as people want to see it."""

    def __init__(self, browser: CatalogueBrowser, catalogue: Catalogue) -> None:
        self._browser = browser
        self._catalogue = catalogue

    def metrics(self, after: str | None) -> tuple[list[tuple[MetricEntry, list[str]]], str | None]:
        """A page of metric types, each with the names that look like it, and the cursor of the next page or None."""
        found = self._browser.metrics(after or "", PAGE + 1)
        alike = lookalikes(self._browser.names())
        page = [(entry, alike.get(entry.name, [])) for entry in found[:PAGE]]
        return page, page[-1][0].name if len(found) > PAGE else None

    def tags(self, metric_type: str | None) -> tuple[dict[str, list[TagEntry]], bool]:
        """The values by key, those that most series carry first; and whether there are more than fit."""
        found = self._browser.tags(metric_type, MAX_TAGS + 1)
        by_key = {key: list(values) for key, values in groupby(found[:MAX_TAGS], key=lambda entry: entry.key)}
        return by_key, len(found) > MAX_TAGS

    def cardinality(self, limit: int) -> Cardinality:
        """The metric types and the tag keys that make most series, up to `limit` of each. Raises Unavailable."""
        return self._browser.cardinality(limit)

    def series(self, metric_type: str, selection: Selection) -> list[Definition]:
        """The series of a metric type that match, by their tags. Raises InvalidInput when they are too many."""
        found = [
            each for each in self._catalogue.series_of([metric_type]).values() if selects(selection, dict(each.tags))
        ]
        if len(found) > MAX_SERIES:
            raise InvalidInput(f"{len(found)} series match, {MAX_SERIES} are shown: narrow them by tags.", field="tags")
        return sorted(found, key=lambda each: (each.tags, each.unit))
