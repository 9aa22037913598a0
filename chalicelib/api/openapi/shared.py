"""What many operations share: tags, severities, error bodies, the usual query parameters."""

from __future__ import annotations

from chalicelib.api.openapi.schema import Schema, array, flag, mapping, one_of, record, text, whole
from chalicelib.domain.rules import Severity
from chalicelib.domain.series import MAX_METRIC_TYPE, MAX_TAGS

TAGS = mapping(text(), "Tags by key")
METRIC_TYPE = text("Letters, digits and `_ . : -`; begins with a letter or underscore", maxLength=MAX_METRIC_TYPE)
SELECTION = mapping(
    text(maxLength=4_000),
    'Tags and what each must be: "prod", "!prod", "~web-.*", "!~web-.*"',
    maxProperties=MAX_TAGS,
)
SEVERITY = one_of(Severity)
SEVERITIES = array(one_of(Severity), "Only these; left out = all", maxItems=len(Severity))
CHANNELS = array(text(maxLength=128), "Channels by id or name", maxItems=20)
COMMENT = text(maxLength=1000)
ZONE = text("An IANA time zone, like Europe/Berlin", maxLength=64)

SCHEMAS: dict[str, Schema] = {
    "Problem": record(
        {"type": text(), "title": text(), "status": whole(), "detail": text("What is wrong and the way out")},
        {
            "requestId": text("Finds the request in the log"),
            "field": text("The field that is wrong"),
            "errors": array(
                record({"field": text(), "reason": text()}, {"index": whole("The element of the list that was sent")}),
                "Everything that is wrong",
            ),
            "current": mapping({}, "After 409: the thing as it is now"),
        },
        "RFC 9457, application/problem+json",
    ),
}

_RANGE = "ISO 8601 with a zone, epoch milliseconds, `now`, or relative like `-1h`"
PARAMETERS: dict[str, Schema] = {
    "after": text("`next` of the page before"),
    "from": text(f"Begin, included: {_RANGE}"),
    "to": text(f"End, excluded: {_RANGE}"),
    "tags": text("`key:value`, several by commas, or a JSON object"),
    "metricType": text(),
    "limit": whole(least=1),
    "dryRun": flag("Only say what would happen"),
    "ended": flag("Those that are over as well"),
}
