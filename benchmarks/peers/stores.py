"""All stores that are measured, by the name on the command line."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.peers.graphite import Graphite
from benchmarks.peers.influxdb import InfluxDb
from benchmarks.peers.ours import AtTheHandler, OverHttp
from benchmarks.peers.peer import Peer
from benchmarks.peers.prometheus import Prometheus
from benchmarks.peers.victoria_metrics import VictoriaMetrics

STORES: dict[str, Callable[[], Peer]] = {
    "handler": AtTheHandler,
    "http": OverHttp,
    "victoria-metrics": VictoriaMetrics,
    "prometheus": Prometheus,
    "influxdb": InfluxDb,
    "graphite": Graphite,
}
