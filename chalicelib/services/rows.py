"""From metric names and tags to series ids: a bounded cache of whole rows, so a known snapshot costs one look-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from struct import Struct

import msgspec

from chalicelib.domain.errors import FieldError
from chalicelib.domain.series import (
    Definition,
    InvalidSample,
    Kind,
    TagPolicy,
    check_metric_type,
    check_tags,
    check_unit,
)
from chalicelib.services.incoming import Series
from chalicelib.services.ports.ingest import MetricTypes

ANNOUNCE_EVERY_MS = 240_000
_ID = Struct("<q")
_NEVER = -(10**15)


class Row:
    """The series of one snapshot, or of one sample: ids as packed i64, and all that a frame must say of them.

    `distinct` holds the high-cardinality tags that stayed out of the series. `announced` is when the definitions last
    reached the stream, in epoch ms: a frame carries them again if they were lost since, or after ANNOUNCE_EVERY_MS.
    """

    __slots__ = ("announced", "definitions", "distinct", "ids", "length")

    def __init__(self, definitions: list[Definition], distinct: tuple[tuple[str, str], ...]) -> None:
        self.ids = b"".join(_ID.pack(definition.series_id) for definition in definitions)
        self.length = len(definitions)
        self.definitions = msgspec.msgpack.encode(
            [(each.metric_type, each.unit, int(each.kind), each.tags) for each in definitions]
        )
        self.distinct = distinct
        self.announced = _NEVER


class Rows:
    """Resolves tags and metric names to rows; bounded: the oldest row gives way to a new one."""

    def __init__(self, policy: TagPolicy, metric_types: MetricTypes, *, max_series: int = 200_000) -> None:
        self._policy = policy
        self._metric_types = metric_types
        self._known_types: set[str] = set()
        self._rows: dict[object, Row] = {}
        self._series = 0
        self._max_series = max_series

    def cached(self, key: object) -> Row | None:
        """The row last built under a key."""
        return self._rows.get(key)

    def of_series(self, keys: Sequence[object]) -> list[Row | None]:
        """The row last built under each key."""
        return [*map(self._rows.get, keys)]

    def sample_row(self, key: object, metric_type: str, unit: str | None, tags: Mapping[str, str]) -> Row:
        """The row of one event sample. Raises InvalidSample."""
        definition = self._define(metric_type, unit, Kind.EVENT, check_tags(tags, self._policy))
        return self._keep(key, Row([definition], self._distinct(tags)))

    def series_row(self, series: Series) -> Row:
        """The row of one series, remembered under it as the others are under their keys. Raises InvalidSample."""
        tags = check_tags(series.tags, self._policy)
        definition = self._define(series.metric_type, series.unit, series.kind, tags)
        return self._keep(series, Row([definition], self._distinct(series.tags)))

    def row_together(self, key: object, series: Sequence[Series]) -> Row:
        """The row of sampled series that come together. Raises InvalidSample when one of them is wrong."""
        definitions = []
        distinct: dict[tuple[str, str], None] = {}
        for each in series:
            tags = check_tags(each.tags, self._policy)
            definitions.append(self._define(each.metric_type, each.unit, Kind.SAMPLED, tags))
            distinct |= dict.fromkeys(self._distinct(each.tags))
        return self._keep(key, Row(definitions, tuple(distinct)))

    def snapshot_row(
        self, key: object, tags: Mapping[str, str], metrics: Iterable[str], units: Mapping[str, str]
    ) -> tuple[Row, list[FieldError]]:
        """The row of a snapshot's good metrics, and what is wrong with the others; cached if nothing is.

        Raises InvalidSample when the shared tags are wrong.
        """
        shared = check_tags(tags, self._policy)
        definitions, errors = [], []
        for name in metrics:
            try:
                definitions.append(self._define(name, units.get(name), Kind.SAMPLED, shared))
            except InvalidSample as error:
                where = f"units.{name}" if error.field == "unit" else f"metrics.{name}"
                errors.append(FieldError(None, where, error.reason))
        row = Row(definitions, self._distinct(tags))
        return (row if errors else self._keep(key, row)), errors

    def _define(self, metric_type: str, unit: str | None, kind: Kind, tags: tuple[tuple[str, str], ...]) -> Definition:
        check_metric_type(metric_type)
        unit = check_unit(metric_type, unit)
        if metric_type not in self._known_types:
            if not self._metric_types.admit(metric_type):
                raise InvalidSample(
                    "metricType", "is new, and there are as many metric types as MAX_METRIC_TYPES allows"
                )
            self._known_types.add(metric_type)
        return Definition(metric_type, unit, kind, tags)

    def _distinct(self, tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        return tuple((key, value) for key, value in tags.items() if key in self._policy.high_cardinality)

    def _keep(self, key: object, row: Row) -> Row:
        if len(row.distinct) > 0:
            return row  # one row a user or request would push every useful one out
        while self._series + row.length > self._max_series and self._rows:
            self._series -= self._rows.pop(next(iter(self._rows))).length
        self._rows[key] = row
        self._series += row.length
        return row
