"""What reports ask the database beside figures: alerts in numbers, what is recorded and watched, what is business."""

from __future__ import annotations

from chalicelib.domain.instants import to_datetime
from chalicelib.domain.names import DEFAULT_UNITS
from chalicelib.domain.noise import suggest_fix
from chalicelib.domain.reports import AlertStatistics, RuleNoise, Setup
from chalicelib.storage.postgres.alerts import SECONDS_TO_ACKNOWLEDGE
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.rules import TELLING

MOST_NOISY = 5
_TOTALS = f"""
SELECT count(*), count(acknowledged_at), count(resolved_at),
  {SECONDS_TO_ACKNOWLEDGE},
  extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY resolved_at - fired_at))::float8
FROM alerts WHERE fired_at >= %s AND fired_at < %s
"""  # noqa: S608 -- constants both
# How long each breach went on after it fired; what did not recover by itself has not ended.
_BY_RULE = """
SELECT a.rule_id, max(a.rule_name), count(*), count(a.acknowledged_at),
  count(*) FILTER (WHERE a.resolved_at - a.fired_at < interval '5 minutes'),
  array_agg(CASE WHEN a.resolved_reason = 'recovered' THEN extract(epoch FROM a.resolved_at - a.fired_at)::float8
    - coalesce((r.document ->> 'keepFiringFor')::float8, 0) END),
  max((r.document ->> 'duration')::integer)
FROM alerts a LEFT JOIN rules r ON r.id = a.rule_id
WHERE a.fired_at >= %s AND a.fired_at < %s GROUP BY a.rule_id ORDER BY 3 DESC, 1 LIMIT %s
"""
_SETUP = f"""
SELECT (SELECT coalesce(array_agg(name), '{{}}') FROM metric_types),
  (SELECT coalesce(array_agg(DISTINCT metric #>> '{{}}'), '{{}}') FROM rules,
     jsonb_path_query(document, '$.**.metricType') AS metric WHERE enabled),
  (SELECT count(*) FROM rules WHERE enabled),
  ({TELLING})
"""  # noqa: S608 -- constants both
_BUSINESS = """
SELECT m.name FROM metric_types m JOIN series_catalogue s ON s.metric = m.number
WHERE m.name <> ALL (%s) GROUP BY m.name
HAVING bool_or(s.tags ->> 'kind' = 'business') OR (bool_and(s.unit = 'count') AND NOT bool_or(s.tags ? 'host'))
ORDER BY coalesce(bool_or(s.tags ->> 'kind' = 'business'), false) DESC, m.name LIMIT %s
"""


class PostgresReportFacts:
    """Answers what reports ask."""

    def __init__(self, database: Database, *, tells_by_default: bool) -> None:
        """`tells_by_default`: alerts of rules that name nobody have recipients."""
        self._database = database
        self._tells_by_default = tells_by_default

    def alert_statistics(self, start: int, end: int) -> AlertStatistics:
        """What the alerts did that fired in [start, end). Raises Unavailable."""
        within = (to_datetime(start), to_datetime(end))
        with self._database.transaction(snapshot=True) as connection:
            totals = connection.execute(_TOTALS, within).fetchone()
            rules = connection.execute(_BY_RULE, (*within, MOST_NOISY)).fetchall()
        assert totals is not None
        noisiest = tuple(
            RuleNoise(rule_id, name, fired, acknowledged, short, suggest_fix(lasted, duration or 0))
            for rule_id, name, fired, acknowledged, short, lasted, duration in rules
        )
        fired, acknowledged, resolved, to_acknowledge, to_resolve = totals
        return AlertStatistics(fired, acknowledged, resolved, to_acknowledge, to_resolve, noisiest)

    def setup(self) -> Setup:
        """How the service is set up. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(_SETUP, {"tells_by_default": self._tells_by_default}).fetchone()
        assert row is not None
        recorded, watched, enabled, telling = row
        return Setup(frozenset(recorded), frozenset(watched), enabled, telling)

    def business_metrics(self, limit: int) -> list[str]:
        """Up to `limit` metric types that count business, the marked ones first: a tag `kind: business` marks a metric.

        Unmarked, it is what counts in unit `count` and belongs to no host. Raises Unavailable.
        """
        with self._database.transaction() as connection:
            return [name for (name,) in connection.execute(_BUSINESS, (list(DEFAULT_UNITS), limit))]
