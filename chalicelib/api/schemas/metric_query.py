"""A metric query's parameters, checked and with their defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import InvalidInstant, parse_moment
from chalicelib.domain.selectors import parse_selection
from chalicelib.domain.series import InvalidSample, check_metric_type
from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.query import automatic_step
from chalicelib.tsdb.aggregate import AGGREGATIONS, is_aggregation
from chalicelib.tsdb.points import FILLS

MAX_GROUP_TAGS = 5
_STEP = re.compile(r"(\d{1,7})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_query(given: Mapping[str, str | None], now: int) -> MetricQuery:
    """The query that the parameters describe; `from` defaults to an hour ago, `to` to now. Raises InvalidInput."""
    metric_type = given["metricType"]
    if not metric_type:
        raise InvalidInput("metricType: is missing.", field="metricType")
    try:
        check_metric_type(metric_type)
    except InvalidSample as error:
        raise InvalidInput(f"metricType: {error.reason}.", field="metricType") from None
    aggregation = given["aggregation"] or "avg"
    if not is_aggregation(aggregation):
        raise InvalidInput(
            f"aggregation: must be one of {', '.join(AGGREGATIONS)} or a percentile like p95.", field="aggregation"
        )
    start, end = _moment("from", given["from"] or "-1h", now), _moment("to", given["to"] or "now", now)
    if end == now:
        end += 1  # the end is exclusive, but what has just been recorded is meant
    group_by = tuple(dict.fromkeys(filter(None, (given["groupBy"] or "").split(","))))
    if len(group_by) > MAX_GROUP_TAGS:
        raise InvalidInput(f"groupBy: at most {MAX_GROUP_TAGS} tags.", field="groupBy")
    return MetricQuery(
        metric_type,
        start,
        end,
        _step(given["step"], start, end),
        aggregation,
        given["unit"],
        parse_selection(given["tags"] or ""),
        group_by,
        _fill(given["fill"]),
        _topk(given["topk"]),
    )


def _moment(name: str, text: str, now: int) -> int:
    try:
        return parse_moment(text, now)
    except InvalidInstant as error:
        raise InvalidInput(f"{name}: {error}.", field=name) from None


def _fill(text: str | None) -> str:
    if text is None:
        return "none"
    if text not in FILLS:
        raise InvalidInput(f"fill: must be one of {', '.join(FILLS)}.", field="fill")
    return text


def _topk(text: str | None) -> int:
    if text is None:
        return 0
    if not re.fullmatch(r"[1-9]\d{0,3}", text):
        raise InvalidInput("topk: must be a whole number from 1 to 9999.", field="topk")
    return int(text)


def _step(text: str | None, start: int, end: int) -> int:
    if text is None or text == "auto":
        return automatic_step(start, end)
    found = _STEP.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise InvalidInput("step: must be seconds, or like 30s, 5m, 1h, or auto.", field="step")
    return int(found[1]) * _SECONDS[found[2]] * 1000
