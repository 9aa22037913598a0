"""The protocols people already use: metrics come in as others send them."""

from __future__ import annotations

from chalicelib import wiring
from chalicelib.api.body import inflate
from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.otlp_answers import JSON, PROTOBUF, form_of, refusal, success
from chalicelib.api.request import Request
from chalicelib.domain.errors import InvalidInput, UnsupportedMediaType
from chalicelib.domain.scopes import Scope

WRITE_REQUEST = "prometheus.WriteRequest"  # what remote write 1.0 sends; the default where nothing is said
protocols = Resource(__name__)


@protocols.endpoint("POST", "/prometheus/api/v1/write", scope=Scope.INGEST, query=None)
def remote_write(request: Request) -> Answer:
    """Record what Prometheus writes (remote write 1.0): good samples are kept, a bad one makes it 400 all the same."""
    from chalicelib.api.schemas.remote_write import read_remote_write

    # Read as 1.0, a request of 2.0 holds nothing: it would be answered as if all of it were kept.
    if (sent := message_of(request.header("content-type"))) != WRITE_REQUEST:
        raise UnsupportedMediaType(f"{sent[:80]!r} is not taken here; send remote write 1.0, {WRITE_REQUEST}.")
    batch = read_remote_write(request.raw_body())
    recorded = wiring.ingest().record(batch, now=request.now, once=lambda: None)
    if recorded.rejected:
        first = recorded.errors[0]
        detail = f"{recorded.accepted} samples were kept, {recorded.rejected} not. {first.field}: {first.reason}"
        raise InvalidInput(f"{detail} (time series {first.index}).", field=first.field, errors=recorded.errors)
    return Answer(None, 204)


def message_of(content_type: str) -> str:
    """The protobuf message that a Content-Type names by its parameter `proto`."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "proto":
            return value.strip().strip('"')
    return WRITE_REQUEST


@protocols.endpoint("POST", "/otlp/v1/metrics", scope=Scope.INGEST, query=None, refusal=refusal)
def otlp_metrics(request: Request) -> Answer:
    """Record an OTLP/HTTP export in protobuf or JSON; what was not taken is told as partial success."""
    form = form_of(request.header("content-type"))
    if form not in (PROTOBUF, JSON):
        raise UnsupportedMediaType(f"Content-Type {form[:80]!r} is not taken here; export as {PROTOBUF} or {JSON}.")
    body = inflate(request.raw_body(), request.header("content-encoding"))
    if form == JSON:
        from chalicelib.api.schemas.otlp_json import read_otlp_json

        batch = read_otlp_json(body)
    else:
        from chalicelib.api.schemas.otlp import read_otlp

        batch = read_otlp(body)
    recorded = wiring.ingest().record(batch, now=request.now, once=lambda: None)
    return Answer(success(recorded, form), headers={"Content-Type": form})
