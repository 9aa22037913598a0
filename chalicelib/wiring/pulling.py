"""Builds the puller. It runs outside of the VPC: no database, no Valkey; SQS, targets and the public API only."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.domain.targets import TargetType

if TYPE_CHECKING:
    from chalicelib.services.ports.collecting import Source
    from chalicelib.services.pull import PullTargets


def source(target_type: TargetType) -> Source:
    """What fetches targets of a type, built when it is first needed."""
    build = {TargetType.PROMETHEUS: _prometheus, TargetType.CLOUDWATCH: _cloudwatch}[target_type]
    return build()


@cache
def pull() -> PullTargets:
    """Pulls targets."""
    import time

    from chalicelib.channels.addresses import Guard
    from chalicelib.channels.http import Http
    from chalicelib.collectors.ingest_api import IngestApi
    from chalicelib.queues import SqsScrapeQueue
    from chalicelib.sealing import BoxUnsealer
    from chalicelib.services.pull import PullTargets

    given = settings.current()
    # Where the API is, whoever runs the service says: no guard is to keep it from being reached.
    own = Http(Guard(allow_private=True, allow_loopback=True))
    return PullTargets(
        source,
        BoxUnsealer(given.notifier_private_key),
        IngestApi(own, given.collector_ingest_url or given.public_url),
        SqsScrapeQueue(given.scrape_queue),
        clock=lambda: time.time_ns() // 1_000_000,
    )


@cache
def _prometheus() -> Source:
    from ipaddress import ip_network

    from chalicelib.channels.addresses import Guard
    from chalicelib.channels.http import Http
    from chalicelib.collectors.prometheus import PrometheusSource

    allowed = settings.names(settings.current().collector_allowed_networks)
    networks = tuple(ip_network(each, strict=False) for each in sorted(allowed))
    return PrometheusSource(Http(Guard(networks=networks, way_out="unless COLLECTOR_ALLOWED_NETWORKS has them")))


@cache
def _cloudwatch() -> Source:
    import time

    from chalicelib.collectors.cloudwatch import CloudWatchRegion, CloudWatchSource

    return CloudWatchSource(lambda: time.time_ns() // 1_000_000, CloudWatchRegion)
