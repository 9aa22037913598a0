"""What the OpenTelemetry SDK for Python exports over HTTP is read back as it was measured."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from tests.call import Api
from tests.served_api import served_api

HOST = {"host": "web-1", "service.name": "shop"}
FOREVER_MS = 1e9


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip], ids=["plain", "gzip"])
def test_counters_gauges_and_histograms_are_read_back(api: Api, compression: Compression) -> None:
    with served_api() as url:
        exporter = OTLPMetricExporter(
            f"{url}/otlp/v1/metrics", headers={"Authorization": f"Bearer {api.token}"}, compression=compression
        )
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=FOREVER_MS)
        provider = MeterProvider(
            [reader],
            Resource({"host.name": "web-1", "service.name": "shop"}),
            views=[View(instrument_name="size", aggregation=ExponentialBucketHistogramAggregation())],
        )
        measure(provider, export=provider.force_flush)
        provider.shutdown()

    assert live(api, "orders") == [({**HOST, "route": "/pay"}, 3), ({**HOST, "route": "/pay"}, 8)]
    assert live(api, "in.flight") == [(HOST, -1), (HOST, -1)]
    assert {value for _, value in live(api, "temperature")} == {21.5}
    assert live(api, "took_count") == [(HOST, 100), (HOST, 200)]
    assert percentile(api, "took", "p50") == pytest.approx(50, abs=25)
    assert percentile(api, "size", "p50") == pytest.approx(50, rel=0.05)
    assert percentile(api, "size", "p99") == pytest.approx(99, rel=0.05)


def measure(provider: MeterProvider, export: Callable[[], bool]) -> None:
    """The same program with each kind of instrument, exporting twice."""

    def temperature(_: CallbackOptions) -> list[Observation]:
        return [Observation(21.5)]

    meter = provider.get_meter("test")
    orders, in_flight = meter.create_counter("orders"), meter.create_up_down_counter("in.flight")
    meter.create_observable_gauge("temperature", [temperature], unit="Cel")
    took, size = meter.create_histogram("took", unit="ms"), meter.create_histogram("size", unit="By")
    orders.add(3, {"route": "/pay"})
    in_flight.add(-1)
    for value in range(1, 101):
        took.record(value)
        size.record(value)
    assert export()
    orders.add(5, {"route": "/pay"})
    for value in range(1, 101):
        took.record(value)
        size.record(value)
    assert export()


def live(api: Api, name: str) -> list[tuple[dict[str, str], float]]:
    """Tags and values of all that came, in the order of time, each once."""
    points = sorted(
        api.get("/monitoring/metrics/realtime", types=name).body[name], key=lambda point: str(point["timestamp"])
    )
    told = {point["timestamp"]: (point["tags"], point["value"]) for point in points}
    return [*told.values()][:2]


def percentile(api: Api, name: str, aggregation: str) -> float:
    """A percentile over all steps of the last minutes that counted something."""
    now = time.time_ns() // 1_000_000
    asked = {"from_": str(now - 120_000), "to": "now", "step": "1h", "aggregation": aggregation}
    (series,) = api.get("/monitoring/metrics/query", metricType=name, **asked).body["series"]
    return float(series["points"][-1][1])
