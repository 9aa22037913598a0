"""Samples in, points out, and the catalogue of what there is."""

from __future__ import annotations

from chalicelib.api.openapi.schema import (
    Operation,
    Schema,
    any_of,
    array,
    body,
    flag,
    instant,
    mapping,
    moment,
    number,
    one_of,
    or_null,
    page,
    record,
    ref,
    text,
    whole,
)
from chalicelib.api.openapi.shared import METRIC_TYPE, TAGS
from chalicelib.domain.series import MAX_UNIT
from chalicelib.domain.series_limits import Refusal

_UNIT = text("Left out = the metric's usual one", maxLength=MAX_UNIT)
_SAMPLE = body(
    {"metricType": METRIC_TYPE, "value": number()},
    {"unit": _UNIT, "tags": TAGS, "timestamp": moment("When; now if left out")},
    "An event: every one counts",
)
_SNAPSHOT = body(
    {"metrics": mapping(number(), "Values by metric type")},
    {"tags": TAGS, "timestamp": moment("When; now if left out"), "units": mapping(text(maxLength=MAX_UNIT))},
    "What a host or service saw at one time: of a series one value a time is kept, the one written last",
)
_GROUPS = any_of(text("Tags, separated by commas"), array(text(), maxItems=5))
_QUERY = body(
    {"metricType": METRIC_TYPE},
    {
        "from": any_of(text(), number()),
        "to": any_of(text(), number()),
        "step": any_of(text("Seconds, or like 30s, 5m, 1h"), number()),
        "aggregation": text("avg, min, max, sum, count, last, stddev, rate, increase, or a percentile like p99.9"),
        "groupBy": _GROUPS,
        "tags": any_of(text(), TAGS),
        "unit": text("Convert into this one", maxLength=MAX_UNIT),
        "fill": one_of(("none", "null", "previous", "zero")),
        "topk": any_of(text(), number()),
    },
)
_QUERY_PARAMETERS = {
    "step": text("Seconds, or like 30s, 5m, 1h; left out = chosen"),
    "aggregation": text("avg, min, max, sum, count, last, stddev, rate, increase, or a percentile like p99.9"),
    "groupBy": text("Up to five tags, separated by commas"),
    "unit": text("Convert into this one"),
    "fill": one_of(("none", "null", "previous", "zero"), "What stands where there was no sample"),
    "topk": text("Keep the groups with the highest averages"),
}
_POINTS = {"text/csv": text("A row a point: time, the tags grouped by, value")}
_TYPES = text("Metric types, separated by commas")

SCHEMAS: dict[str, Schema] = {
    "Sample": _SAMPLE,
    "Snapshot": _SNAPSHOT,
    "Samples": any_of(
        ref("Sample"),
        array(ref("Sample")),
        body({"metrics": array(ref("Sample"))}),
        body({"snapshots": array(ref("Snapshot"))}),
    ),
    "Accepted": record(
        {"accepted": whole(), "rejected": whole()},
        {"errors": array(record({"index": or_null(whole()), "field": text(), "reason": text()}), maxItems=50)},
    ),
    "LivePoint": record(
        {"metricType": text(), "value": number(), "unit": text(), "timestamp": instant(), "tags": TAGS}
    ),
    "MetricQuery": _QUERY,
    "MetricPoints": record(
        {
            "metricType": text(),
            "unit": text(),
            "aggregation": text(),
            "from": instant(),
            "to": instant(),
            "step": whole("Seconds"),
            "tier": one_of(("raw", "5m", "1h"), "What was read: samples or rollups"),
            "series": array(
                record(
                    {
                        "tags": TAGS,
                        "points": array(
                            array(or_null(number()), minItems=2, maxItems=2), "[epoch ms, value or null] each"
                        ),
                    }
                )
            ),
        }
    ),
    "MetricEntry": record(
        {
            "metricType": text(),
            "units": array(text()),
            "kinds": array(one_of(("sampled", "event"))),
            "series": whole(),
            "firstSeen": instant(),
            "lastHour": or_null(instant("The newest hour with samples")),
            "looksLike": array(text(), "Others that differ in case, dashes, dots or a plural only"),
            "retention": record(
                {
                    "rawHours": whole("How long samples are kept"),
                    "fiveMinuteDays": whole("How long their rollups of five minutes are"),
                    "hourDays": whole("How long those of an hour are"),
                }
            ),
        }
    ),
}

OPERATIONS: dict[str, Operation] = {
    "POST /monitoring/metrics": Operation({202: ref("Accepted")}, ref("Samples"), errors=(422, 429)),
    "GET /monitoring/metrics/realtime": Operation(
        {200: mapping(array(ref("LivePoint")), "By metric type, the newest first")},
        parameters={"types": _TYPES, "windowSeconds": whole(least=1)},
        required=("types",),
    ),
    "GET /monitoring/metrics/query": Operation(
        {200: ref("MetricPoints")}, parameters=_QUERY_PARAMETERS, required=("metricType",), answer_media=_POINTS
    ),
    "POST /monitoring/metrics/query": Operation({200: ref("MetricPoints")}, ref("MetricQuery"), answer_media=_POINTS),
    "GET /monitoring/metrics/catalog": Operation({200: page("metrics", ref("MetricEntry"))}),
    "GET /monitoring/metrics/tags": Operation(
        {
            200: record(
                {
                    "tags": array(
                        record(
                            {"key": text(), "values": array(record({"value": text(), "series": whole()}))},
                        )
                    ),
                    "truncated": flag(),
                }
            )
        }
    ),
    "GET /monitoring/metrics/series": Operation(
        {
            200: record(
                {
                    "series": array(
                        record(
                            {
                                "metricType": text(),
                                "unit": text(),
                                "kind": one_of(("sampled", "event")),
                                "tags": TAGS,
                            }
                        )
                    )
                }
            )
        },
        required=("metricType",),
    ),
    "DELETE /monitoring/metrics/series": Operation(
        {
            200: record(
                {
                    "dryRun": flag(),
                    "metricType": text(),
                    "series": whole(),
                    "samples": whole(),
                    "readByRules": array(text()),
                }
            )
        },
        required=("metricType",),
        errors=(404,),
    ),
    "GET /monitoring/metrics/cardinality": Operation(
        {
            200: record(
                {
                    "series": whole(),
                    "metrics": array(
                        record(
                            {
                                "metricType": text(),
                                "series": whole(),
                                "samples": whole(),
                                "bytes": whole(),
                                "readByRules": array(text(), "Enabled rules that read it; empty: no rule needs it"),
                                "lastQueried": or_null(
                                    text("The day, in UTC, of the last query of it; null: nobody asked", format="date")
                                ),
                            }
                        )
                    ),
                    "tags": array(record({"key": text(), "values": whole(), "series": whole()})),
                    "refused": array(
                        record(
                            {"metricType": text(), "reason": one_of(Refusal), "samples": whole(), "lastHour": instant()}
                        )
                    ),
                }
            )
        }
    ),
    "POST /prometheus/api/v1/write": Operation(
        {204: None},
        body_media={"application/x-protobuf": text("Prometheus remote write 1.0, snappy", format="binary")},
        errors=(429,),
    ),
    "POST /otlp/v1/metrics": Operation(
        {200: mapping({}, "ExportMetricsServiceResponse")},
        mapping({}, "ExportMetricsServiceRequest as JSON"),
        body_media={"application/x-protobuf": text("ExportMetricsServiceRequest", format="binary")},
        answer_media={"application/x-protobuf": text("ExportMetricsServiceResponse", format="binary")},
        errors=(429,),
        error_media={
            "application/json": mapping({}, "google.rpc.Status"),
            "application/x-protobuf": text("google.rpc.Status", format="binary"),
        },
        notes="Errors are a google.rpc.Status in the form of the request.",
    ),
}
