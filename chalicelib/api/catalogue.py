"""The catalogue API: metric types, tags, series."""

from __future__ import annotations

from chalicelib import settings, wiring
from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import from_datetime
from chalicelib.domain.retention import Retention
from chalicelib.domain.scopes import Scope
from chalicelib.domain.selectors import parse_selection
from chalicelib.wiring import alerting

catalogue = Resource(__name__)


@catalogue.endpoint("GET", "/monitoring/metrics/catalog", scope=Scope.READ, query=("after",))
def list_metrics(request: Request) -> Answer:
    """List metric types with their units, series, and when they were seen."""
    page, following = wiring.browse().metrics(request.query("after"))
    retentions = settings.retentions(settings.current())
    metrics = [
        {
            "metricType": entry.name,
            "units": entry.units,
            "kinds": [kind.name.lower() for kind in entry.kinds],
            "series": entry.series,
            "firstSeen": from_datetime(entry.first_seen),
            "lastHour": from_datetime(entry.last_hour),
            "looksLike": alike,
            "retention": _retention(retentions.of(entry.name)),
        }
        for entry, alike in page
    ]
    return Answer({"metrics": metrics, "next": following})


@catalogue.endpoint("GET", "/monitoring/metrics/tags", scope=Scope.READ, query=("metricType",))
def list_tags(request: Request) -> Answer:
    """List tag keys and their values, of one metric type or of all."""
    by_key, truncated = wiring.browse().tags(request.query("metricType"))
    tags = [
        {"key": key, "values": [{"value": each.value, "series": each.series} for each in values]}
        for key, values in by_key.items()
    ]
    return Answer({"tags": tags, "truncated": truncated})


@catalogue.endpoint("GET", "/monitoring/metrics/cardinality", scope=Scope.READ, query=("limit",))
def show_cardinality(request: Request) -> Answer:
    """Show which metric types and tag keys make most series, and which samples were refused within a day."""
    found = wiring.browse().cardinality(request.whole_number("limit", default=20, least=1, most=200))
    readers = alerting.readers().of(each.name for each in found.metrics)
    metrics = [
        {
            "metricType": each.name,
            "series": each.series,
            "samples": each.samples,
            "bytes": each.bytes,
            "readByRules": list(readers[each.name]),
            "lastQueried": None if each.queried_on is None else each.queried_on.isoformat(),
        }
        for each in found.metrics
    ]
    tags = [{"key": each.key, "values": each.values, "series": each.series} for each in found.tags]
    refused = [
        {
            "metricType": each.metric_type,
            "reason": str(each.reason),
            "samples": each.samples,
            "lastHour": from_datetime(each.last_hour),
        }
        for each in found.refused
    ]
    return Answer({"series": found.series, "metrics": metrics, "tags": tags, "refused": refused})


@catalogue.endpoint("GET", "/monitoring/metrics/series", scope=Scope.READ, query=("metricType", "tags"))
def list_series(request: Request) -> Answer:
    """List the series of a metric type that match the tags."""
    metric_type = request.query("metricType")
    if not metric_type:
        raise InvalidInput("metricType: is missing.", field="metricType")
    found = wiring.browse().series(metric_type, parse_selection(request.query("tags") or ""))
    series = [
        {"metricType": each.metric_type, "unit": each.unit, "kind": each.kind.name.lower(), "tags": dict(each.tags)}
        for each in found
    ]
    return Answer({"series": series})


@catalogue.endpoint("DELETE", "/monitoring/metrics/series", scope=Scope.ADMIN, query=("metricType", "tags", "dryRun"))
def delete_series(request: Request) -> Answer:
    """Delete the series of a metric type that match the tags; a dry run unless it says `dryRun=false`."""
    metric_type = request.query("metricType")
    if not metric_type:
        raise InvalidInput("metricType: is missing.", field="metricType")
    dry_run = request.query("dryRun") or "true"
    if dry_run not in ("true", "false"):
        raise InvalidInput("dryRun: must be true or false.", field="dryRun")
    tags = request.query("tags") or ""
    actor = alerting.actor(request.grant.token_id)
    selection = parse_selection(tags)
    found = alerting.delete_series().run(
        metric_type, selection, tags, dry_run=dry_run == "true", actor=actor, now=request.now
    )
    return Answer(
        {
            "dryRun": dry_run == "true",
            "metricType": found.metric_type,
            "series": found.series,
            "samples": found.samples,
            "readByRules": list(found.rules),
        }
    )


def _retention(kept: Retention) -> dict[str, int]:
    return {"rawHours": kept.raw_hours, "fiveMinuteDays": kept.five_minute_days, "hourDays": kept.hour_days}
