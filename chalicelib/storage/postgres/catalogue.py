"""The catalogue: which series there are and what their ids stand for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.domain.series import NO_TAGS, Definition, Kind
from chalicelib.domain.series_limits import Defined, Refusal, SeriesLimits, admit
from chalicelib.storage.postgres.arrays import take_arrays
from chalicelib.storage.postgres.connection import Database
from chalicelib.tsdb.wire_arrays import LongArray

if TYPE_CHECKING:
    from psycopg import Connection

_SERIES = (
    "SELECT s.id, m.name, s.unit, s.kind, s.tags::text FROM series_catalogue s"
    " JOIN metric_types m ON m.number = s.metric"
)
_KINDS = {kind.value: kind for kind in Kind}  # asking the enum takes as long as making the definition
_log = logging.getLogger(__name__)


def define_series(
    connection: Connection, definitions: Mapping[int, Definition], now: datetime, limits: SeriesLimits
) -> tuple[Defined, int]:
    """Add the series that are new, as far as the limits go; and how many collided with another of their id.

    A collision is neither defined nor refused: it is logged with both series.
    """
    known = series_by_id(connection, list(definitions))
    numbers = _number_types(connection, {each.metric_type for each in definitions.values()}, now)
    defined: dict[int, int] = {}
    collisions = 0
    fresh = {}
    for series_id, definition in definitions.items():
        number = numbers[definition.metric_type]
        if series_id not in known:
            fresh[series_id] = number
        elif known[series_id] != definition:
            collisions += 1
            _log.error("two series have one id", extra={"series": series_id, "refused": repr(definition)[:500]})
            continue
        defined[series_id] = number
    refused = _refused(connection, fresh, now, limits) if fresh else {}
    taken = [
        (definitions[series_id], series_id, number) for series_id, number in fresh.items() if series_id not in refused
    ]
    if taken:
        rows = [
            {"id": series_id, "metric": number, "unit": each.unit, "kind": int(each.kind), "tags": dict(each.tags)}
            for each, series_id, number in taken
        ]
        connection.execute(  # one document: psycopg would look at each of thousands of parameters
            "INSERT INTO series_catalogue (id, metric, unit, kind, tags, first_seen)"
            " SELECT id, metric, unit, kind, tags, %s FROM json_to_recordset(%s::json)"
            " AS new (id bigint, metric integer, unit text, kind smallint, tags jsonb) ON CONFLICT (id) DO NOTHING",
            (now, json.dumps(rows)),
        )
    return Defined({each: number for each, number in defined.items() if each not in refused}, refused), collisions


def _refused(
    connection: Connection, fresh: Mapping[int, int], now: datetime, limits: SeriesLimits
) -> dict[int, tuple[int, Refusal]]:
    counts = connection.execute(
        "SELECT metric, count(*) FROM series_catalogue WHERE metric = ANY (%s) GROUP BY metric",
        (list(set(fresh.values())),),
    )
    new = connection.execute(
        "SELECT count(*) FROM series_catalogue WHERE first_seen >= date_trunc('hour', %s::timestamptz)", (now,)
    ).fetchone()
    assert new is not None
    return admit(fresh.items(), dict(counts.fetchall()), new[0], limits)


def series_by_id(connection: Connection, series_ids: Sequence[int]) -> dict[int, Definition]:
    """What these ids stand for, of those in the catalogue."""
    take_arrays(connection)
    return _definitions(connection.execute(f"{_SERIES} WHERE s.id = ANY (%s)", (LongArray.of(series_ids),)))


def series_of(
    connection: Connection, metric_types: Sequence[str], tags: Mapping[str, str] = NO_TAGS
) -> dict[int, Definition]:
    """Every series of these metric types that carries these tags, by id."""
    if not tags:
        return _definitions(connection.execute(f"{_SERIES} WHERE m.name = ANY (%s)", (metric_types,)))
    found = connection.execute(
        f"{_SERIES} WHERE m.name = ANY (%s) AND s.tags @> %s::jsonb", (metric_types, json.dumps(dict(tags)))
    )
    return _definitions(found)


def series_tagged(connection: Connection, key: str, value: str, limit: int) -> dict[int, Definition]:
    """Up to `limit` series that carry a tag, by id."""
    return _definitions(connection.execute(f"{_SERIES} WHERE s.tags ->> %s = %s LIMIT %s", (key, value, limit)))


def metrics_of(connection: Connection, series_ids: Sequence[int]) -> dict[int, int]:
    """Series id -> metric type number of those in the catalogue."""
    take_arrays(connection)
    asked = LongArray.of(series_ids)
    rows = connection.execute("SELECT id, metric FROM series_catalogue WHERE id = ANY (%s)", (asked,))
    return dict(rows.fetchall())


class PostgresCatalogue:
    """The catalogue outside of the drain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def series_of(self, metric_types: Sequence[str]) -> dict[int, Definition]:
        """Every series of these metric types, by id. Raises Unavailable."""
        with self._database.transaction() as connection:
            return series_of(connection, metric_types)

    def metric_types(self) -> list[str]:
        """The names of all metric types. Raises Unavailable."""
        with self._database.transaction() as connection:
            return [name for (name,) in connection.execute("SELECT name FROM metric_types")]


def _definitions(rows: Iterable[tuple[Any, ...]]) -> dict[int, Definition]:
    return {series_id: Definition(name, unit, _KINDS[kind], _tags(tags)) for series_id, name, unit, kind, tags in rows}


@lru_cache(maxsize=100_000)
def _tags(text: str) -> tuple[tuple[str, str], ...]:
    """Tags as a definition has them. The metrics of one host share theirs, and every query reads them again."""
    return tuple(sorted(json.loads(text).items()))


def _number_types(connection: Connection, names: set[str], now: datetime) -> dict[str, int]:
    """The numbers of metric types; new ones get the next. Numbers stay small: only missing names are inserted."""
    find = "SELECT name, number FROM metric_types WHERE name = ANY (%s)"
    numbers: dict[str, int] = dict(connection.execute(find, (list(names),)).fetchall())
    if missing := sorted(names - set(numbers)):
        numbers |= connection.execute(
            "INSERT INTO metric_types (name, first_seen) SELECT name, %s FROM unnest(%s::text[]) AS new (name)"
            " RETURNING name, number",
            (now, missing),
        ).fetchall()
    return numbers
