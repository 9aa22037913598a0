"""The catalogue as people browse it: metric types, their tags, their series."""

from __future__ import annotations

from chalicelib.domain.browsing import Cardinality, MetricEntry, MetricSize, TagEntry, TagKeySize
from chalicelib.domain.series import Kind
from chalicelib.domain.series_limits import Refusal, RefusedSamples
from chalicelib.storage.postgres.connection import Database


class PostgresBrowse:
    """Reads the catalogue a page at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def metrics(self, after: str, limit: int) -> list[MetricEntry]:
        """Up to `limit` metric types in the order of their names, from behind the name `after`. Raises Unavailable."""
        with self._database.transaction(snapshot=True) as connection:
            rows = connection.execute(
                "WITH page AS"
                " (SELECT number, name, first_seen FROM metric_types WHERE name > %s ORDER BY name LIMIT %s),"
                " newest AS (SELECT metric, max(hour) AS hour FROM heads, unnest(metrics) AS metric GROUP BY metric)"
                " SELECT p.name, array_agg(DISTINCT s.unit ORDER BY s.unit), array_agg(DISTINCT s.kind), count(*),"
                " p.first_seen, greatest(max(n.hour), (SELECT max(hour) FROM blocks WHERE metric = p.number))"
                " FROM page p JOIN series_catalogue s ON s.metric = p.number LEFT JOIN newest n ON n.metric = p.number"
                " GROUP BY p.number, p.name, p.first_seen ORDER BY p.name",
                (after, limit),
            ).fetchall()
        return [
            MetricEntry(name, units, [Kind(kind) for kind in kinds], count, first, last)
            for name, units, kinds, count, first, last in rows
        ]

    def names(self) -> list[str]:
        """The names of all metric types. Raises Unavailable."""
        with self._database.transaction() as connection:
            return [name for (name,) in connection.execute("SELECT name FROM metric_types")]

    def tags(self, metric_type: str | None, limit: int) -> list[TagEntry]:
        """Up to `limit` tags (key and value) of one metric type or of all, with how many series carry each."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT tag.key, tag.value, count(*) FROM series_catalogue s"
                " JOIN metric_types m ON m.number = s.metric, jsonb_each_text(s.tags) AS tag"
                " WHERE %s::text IS NULL OR m.name = %s GROUP BY tag.key, tag.value ORDER BY 1, 3 DESC, 2 LIMIT %s",
                (metric_type, metric_type, limit),
            ).fetchall()
        return [TagEntry(*row) for row in rows]

    def cardinality(self, limit: int) -> Cardinality:
        """The size of it all, with up to `limit` metric types and as many tag keys. Raises Unavailable.

        The length of a payload is known without reading it. What is not compacted yet is not counted.
        """
        with self._database.transaction(snapshot=True) as connection:
            metrics = connection.execute(
                "WITH largest AS (SELECT metric, count(*) AS series FROM series_catalogue GROUP BY metric"
                " ORDER BY 2 DESC, 1 LIMIT %s)"
                " SELECT m.name, l.series, coalesce(sum(b.samples), 0)::bigint,"
                " coalesce(sum(octet_length(b.payload)), 0)::bigint, m.queried_on"
                " FROM largest l JOIN metric_types m ON m.number = l.metric LEFT JOIN blocks b ON b.metric = l.metric"
                " GROUP BY m.name, l.series, m.queried_on ORDER BY l.series DESC, m.name",
                (limit,),
            ).fetchall()
            tags = connection.execute(
                "SELECT tag.key, count(DISTINCT tag.value), count(*)"
                " FROM series_catalogue s, jsonb_each_text(s.tags) AS tag GROUP BY tag.key ORDER BY 2 DESC, 1 LIMIT %s",
                (limit,),
            ).fetchall()
            refused = connection.execute(
                "SELECT m.name, r.reason, sum(r.samples)::bigint, max(r.hour) FROM refused_samples r"
                " JOIN metric_types m ON m.number = r.metric WHERE r.hour > now() - interval '1 day'"
                " GROUP BY m.name, r.reason ORDER BY 3 DESC, 1, 2 LIMIT %s",
                (limit,),
            ).fetchall()
            row = connection.execute("SELECT count(*) FROM series_catalogue").fetchone()
        assert row is not None
        return Cardinality(
            row[0],
            [MetricSize(*each) for each in metrics],
            [TagKeySize(*each) for each in tags],
            [RefusedSamples(name, Refusal(reason), samples, hour) for name, reason, samples, hour in refused],
        )
