"""What is asked of CloudWatch: the form of a target's queries, the names its values get, and the range of time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.fields import Fields

DEFAULT_PERIOD = 60
DEFAULT_DELAY = 300
DEFAULT_INTERVAL = 300
MIN_INTERVAL = 60
MAX_QUERIES = 500  # what one request may ask for
MAX_CATCH_UP_MS = 3 * 3_600_000  # times 500 queries is what one request may answer
MAX_SIZE = 100_000  # what a message to the puller has room for
_MAX_DIMENSIONS = 10
_MAX_TEXT = 255
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
_STATISTIC = re.compile(r"Average|Sum|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d{1,2})?")
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One metric with its dimensions, and one statistic of it."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str

    @property
    def name(self) -> str:
        """The metric's type here, as exporters of CloudWatch have it: `aws_rds_free_storage_space_average`."""
        return "_".join(map(snake, (self.namespace, self.metric, self.statistic)))

    @property
    def tags(self) -> dict[str, str]:
        """Its dimensions as tags."""
        return {snake(key): value for key, value in self.dimensions}


def snake(text: str) -> str:
    """`AWS/RDS` is `aws_rds`, `DBInstanceIdentifier` is `dbinstance_identifier`."""
    return _NOT_IN_A_NAME.sub("_", _WORD_BEGINS.sub("_", text).lower())


def read_cloudwatch(fields: Fields) -> Mapping[str, Any]:
    """What only a target of CloudWatch has; what is wrong is noted in `fields`."""
    region = fields.text("region", most=30)
    if region and not _REGION.fullmatch(region):
        fields.refuse("region", "must be a region of AWS like eu-central-1")
    period = fields.whole("period", default=DEFAULT_PERIOD, low=60, high=86_400)
    if period % 60:
        fields.refuse("period", "must be a multiple of 60 seconds")
    delay = fields.whole("delay", default=DEFAULT_DELAY, low=0, high=3600)
    if not fields.has("queries"):
        fields.refuse("queries", "is missing")
    queries = list(fields.objects("queries", most=MAX_QUERIES, read=_read_query))
    if sum(len(each["metrics"]) * len(each["statistics"]) for each in queries) > MAX_QUERIES:
        fields.refuse("queries", f"must ask for at most {MAX_QUERIES} statistics of metrics in all")
    elif len(json.dumps(queries)) > MAX_SIZE:
        fields.refuse("queries", f"must be at most {MAX_SIZE} characters in all: share them out over several targets")
    return {"region": region, "period": period, "delay": delay, "queries": queries}


def _read_query(fields: Fields) -> dict[str, Any]:
    metrics = fields.texts("metrics", most=MAX_QUERIES, check=_wrong_length)
    if not metrics and not fields.errors:
        fields.refuse("metrics", "must name at least one metric")
    statistics = fields.texts("statistics", most=20, check=_wrong_statistic) or ("Average",)
    given = fields.raw("dimensions")
    dimensions: dict[str, str] = {}
    if isinstance(given, Mapping) and len(given) <= _MAX_DIMENSIONS:
        dimensions = {str(key): value for key, value in given.items() if isinstance(value, str) and value}
    if given is not None and (not isinstance(given, Mapping) or len(dimensions) != len(given)):
        fields.refuse("dimensions", f"must be an object of at most {_MAX_DIMENSIONS} texts that are not empty")
    for key, value in dimensions.items():
        if wrong := _wrong_length(key) or _wrong_length(value):
            fields.refuse(f"dimensions.{key[:_MAX_TEXT]}", wrong)
    return {
        "namespace": fields.text("namespace", most=_MAX_TEXT),
        "metrics": list(metrics),
        "dimensions": dimensions,
        "statistics": list(statistics),
    }


def queries_of(config: Mapping[str, Any]) -> Iterator[MetricQuery]:
    """The single queries of a target's config, in its order."""
    for each in config["queries"]:
        dimensions = tuple(sorted(each["dimensions"].items()))
        for metric in each["metrics"]:
            for statistic in each["statistics"]:
                yield MetricQuery(each["namespace"], metric, dimensions, statistic)


def range_at(config: Mapping[str, Any], interval: int, now: int, collected_until: int | None) -> range:
    """What to ask for at `now`, in epoch ms: whole periods only, none twice, none that CloudWatch may not know yet.

    It goes on where it ended last, for up to three hours; a first time reaches back one interval.
    """
    period = config["period"] * 1000
    end = (now - config["delay"] * 1000) // period * period
    first_time = end - max(period, interval * 1000 // period * period)
    begin = first_time if collected_until is None else max(collected_until, end - MAX_CATCH_UP_MS)
    # The period may have been changed meanwhile: a whole one that was begun is not asked for twice.
    begin = -(-begin // period) * period
    return range(min(begin, end), end, period)


def _wrong_length(text: str) -> str | None:
    return None if 1 <= len(text) <= _MAX_TEXT else f"must be 1 to {_MAX_TEXT} characters long"


def _wrong_statistic(text: str) -> str | None:
    return None if _STATISTIC.fullmatch(text) else "must be Average, Sum, Minimum, Maximum, SampleCount or like p99"
