"""The protocols people already use: metrics come in as others send them."""

from __future__ import annotations

from chalicelib import wiring
from chalicelib.api.endpoint import Answer, Request, Resource
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.scopes import Scope

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
