"""The metrics API: record, read live, query."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from chalicelib import settings, wiring
from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.problem import field_error
from chalicelib.api.request import Request
from chalicelib.api.schemas.samples import read_batch
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import to_iso
from chalicelib.domain.scopes import Scope
from chalicelib.domain.selectors import parse_selection

if TYPE_CHECKING:
    from chalicelib.services.realtime import LivePoint

MAX_IDEMPOTENCY_KEY = 255
MAX_TYPES = 50
QUERY_FIELDS = ("metricType", "from", "to", "step", "aggregation", "groupBy", "tags", "unit", "fill", "topk")
metrics = Resource(__name__)


@metrics.endpoint("POST", "/monitoring/metrics", scope=Scope.INGEST)
def record(request: Request) -> Answer:
    """Record one metric, an array of them, {"metrics": […]} or {"snapshots": […]}."""
    body = request.json_body()
    agent = request.header("user-agent")
    key = request.header("idempotency-key")
    if len(key) > MAX_IDEMPOTENCY_KEY:
        raise InvalidInput(
            f"Idempotency-Key: must be at most {MAX_IDEMPOTENCY_KEY} characters.", field="Idempotency-Key"
        )

    def once() -> tuple[str, str, bytes] | None:
        return (request.grant.token_id, key, hashlib.sha256(body).digest()) if key else None

    batch = read_batch(body)
    recorded = wiring.ingest().record(batch, now=request.now, once=once)
    if recorded.errors and not recorded.accepted:
        first = recorded.errors[0]
        where = "" if first.index is None else f" (element {first.index})"
        detail = f"{first.field}: {first.reason}{where}."
        raise InvalidInput(detail, field=first.field, errors=() if first.index is None else recorded.errors)
    wiring.hear_agents().hear(agent, batch, request.now)
    answer = {"accepted": recorded.accepted, "rejected": recorded.rejected}
    if recorded.errors:
        return Answer(answer | {"errors": [field_error(error) for error in recorded.errors]}, 202)
    return Answer(answer, 202)


@metrics.endpoint("GET", "/monitoring/metrics/realtime", scope=Scope.READ, query=("types", "windowSeconds", "tags"))
def realtime(request: Request) -> Answer:
    """What arrived in the last minutes, by metric type, newest first."""
    types = [name for name in dict.fromkeys((request.query("types") or "").split(",")) if name]
    if not 1 <= len(types) <= MAX_TYPES:
        raise InvalidInput(
            f"types: name 1 to {MAX_TYPES} metric types, like types=response_time,error_rate.", field="types"
        )
    longest = settings.current().realtime_window_seconds
    window = request.whole_number("windowSeconds", default=min(300, longest), least=1, most=longest)
    selection = parse_selection(request.query("tags") or "")
    found = wiring.realtime().read(types, window * 1000, selection, now=request.now)
    body = {name: [_point(point) for point in points] for name, points in found.by_type.items()}
    return Answer(body, headers={"X-Truncated": "true"} if found.truncated else {})


@metrics.endpoint("GET", "/monitoring/metrics/query", scope=Scope.READ, query=QUERY_FIELDS)
def query(request: Request) -> Answer:
    """Points of a metric at a step, grouped by tags."""
    return _answer_query(request, {name: request.query(name) for name in QUERY_FIELDS})


@metrics.endpoint("POST", "/monitoring/metrics/query", scope=Scope.READ)
def query_by_body(request: Request) -> Answer:
    """The same, asked by a JSON body: for queries that are too long for an address."""
    from chalicelib.api.schemas.metric_query_body import parameters_of

    return _answer_query(request, parameters_of(request.json(), QUERY_FIELDS))


def _answer_query(request: Request, given: dict[str, str | None]) -> Answer:
    """The points as JSON, or as CSV where Accept names text/csv."""
    from chalicelib.api.schemas.metric_query import read_query

    asked = read_query(given, request.now)
    found = wiring.query().run(asked)
    wiring.query_usage().note(asked.metric_type, request.now)
    if "text/csv" in request.header("accept"):
        from chalicelib.rendering.metric_csv import metric_csv

        text = metric_csv(asked.group_by, [(each.tags, each.points) for each in found.series])
        return Answer(text, headers={"Content-Type": "text/csv; charset=utf-8", "Vary": "Accept"})
    from chalicelib.tsdb.points import write_points

    written = zip(found.series, write_points(found.series), strict=True)
    return Answer(
        {
            "metricType": asked.metric_type,
            "unit": found.unit,
            "aggregation": asked.aggregation,
            "from": to_iso(asked.start),
            "to": to_iso(asked.end),
            "step": asked.step // 1000,
            "tier": found.tier,
            "series": [{"tags": each.tags, "points": msgspec.Raw(points)} for each, points in written],
        },
        headers={"Vary": "Accept"},
    )


def _plain(value: float) -> float | int:
    """250.0 is written 250, as it was sent; JSON makes no difference between them."""
    return int(value) if value.is_integer() and abs(value) < 1 << 53 else value


def _point(point: LivePoint) -> dict[str, Any]:
    return {
        "metricType": point.definition.metric_type,
        "value": _plain(point.value),
        "unit": point.definition.unit,
        "timestamp": to_iso(point.time),
        "tags": dict(point.definition.tags),
    }
