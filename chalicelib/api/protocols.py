"""The protocols people already use: metrics come in as others send them."""

from __future__ import annotations

from chalicelib import wiring
from chalicelib.api.body import inflate
from chalicelib.api.endpoint import Answer, Request, Resource
from chalicelib.api.schemas.protobuf import to_varint
from chalicelib.domain.errors import InvalidInput, UnsupportedMediaType
from chalicelib.domain.scopes import Scope

PROTOBUF = "application/x-protobuf"
protocols = Resource(__name__)


@protocols.endpoint("POST", "/prometheus/api/v1/write", scope=Scope.INGEST)
def remote_write(request: Request) -> Answer:
    """Record what Prometheus writes (remote write 1.0): good samples are kept, a bad one makes it 400 all the same."""
    from chalicelib.api.schemas.remote_write import read_remote_write

    batch = read_remote_write(request.raw_body())
    recorded = wiring.ingest().record(batch, now=request.now, once=lambda: None)
    if recorded.rejected:
        first = recorded.errors[0]
        detail = f"{recorded.accepted} samples were kept, {recorded.rejected} not. {first.field}: {first.reason}"
        raise InvalidInput(f"{detail} (time series {first.index}).", field=first.field, errors=recorded.errors)
    return Answer(None, 204)


@protocols.endpoint("POST", "/otlp/v1/metrics", scope=Scope.INGEST)
def otlp_metrics(request: Request) -> Answer:
    """Record an OTLP/HTTP export in protobuf; what was not taken is told as partial success."""
    from chalicelib.api.schemas.otlp import read_otlp

    given = request.header("content-type").partition(";")[0].strip().lower()
    if given not in ("", PROTOBUF):
        raise UnsupportedMediaType(f"Content-Type {given[:80]!r} is not taken here; export OTLP as {PROTOBUF}.")
    batch = read_otlp(inflate(request.raw_body(), request.header("content-encoding")))
    recorded = wiring.ingest().record(batch, now=request.now, once=lambda: None)
    request.take_any_answer()
    if not recorded.rejected:
        return Answer(b"", headers={"Content-Type": PROTOBUF})
    first = recorded.errors[0]
    said = f"{first.field}: {first.reason} (metric {first.index})".encode()
    partial = b"\x08" + to_varint(recorded.rejected) + b"\x12" + to_varint(len(said)) + said
    return Answer(b"\x0a" + to_varint(len(partial)) + partial, headers={"Content-Type": PROTOBUF})
