"""CPU of other protocols' bodies beside the snapshot form's: from the body to the packed frame, in one run.

`python -m benchmarks.protocols`. The samples of each form are the same: 100 hosts of 50 metrics, a body is one instant
of ten hosts (500 samples, a Prometheus' and a collector's usual batch) with the tags that a scraped node_exporter has.
HTTP, authentication and Valkey cost every form the same and are left out; decompression is in.
"""

from __future__ import annotations

import gc
import gzip
import json
import time
from collections.abc import Callable, Sequence

import cramjam

from benchmarks import cpu
from chalicelib.api.body import inflate
from chalicelib.api.schemas.otlp import read_otlp
from chalicelib.api.schemas.remote_write import read_remote_write
from chalicelib.api.schemas.samples import read_batch
from chalicelib.domain.series import TagPolicy
from chalicelib.services.incoming import Batch
from chalicelib.services.ingest import Ingest
from chalicelib.services.rows import Rows
from chalicelib.tsdb.frame import FrameBuilder
from tests.otlp import double_gauge, resource_metrics
from tests.remote_write import series, write_request

HOSTS, METRICS, STEPS, ROUNDS = 100, 50, 10, 7
START = 1_800_000_000_000


class Anything:
    """Admits every metric type and packs every frame, and keeps none."""

    definitions_lost_at = 0
    samples = 0

    def admit(self, metric_type: str) -> bool:
        """Yes."""
        return True

    def append(
        self,
        frame: FrameBuilder,
        *,
        now: int,
        distinct: Sequence[tuple[str, str]] = (),
        once: tuple[str, str, bytes] | None = None,
    ) -> None:
        """Pack it, as the stream does."""
        frame.pack(1, 0)
        self.samples += frame.samples


def value(host: int, metric: int, step: int) -> float:
    """A third of all are zero, as it is with real exporters."""
    return 0.0 if metric % 3 == 0 else host * 1000 + metric + step / 7


def tags(host: int) -> dict[str, str]:
    """What Prometheus adds, and two more."""
    return {"instance": f"web-{host:03}.example.com:9100", "job": "node", "env": "production", "region": "eu-west-1"}


def as_snapshots(hosts: range, step: int) -> bytes:
    """Our own form."""
    return json.dumps(
        {
            "snapshots": [
                {
                    "tags": tags(host),
                    "timestamp": START + step * 10_000 + host,
                    "metrics": {f"node_metric_{each}_total": value(host, each, step) for each in range(METRICS)},
                }
                for host in hosts
            ]
        }
    ).encode()


def as_remote_write(hosts: range, step: int) -> bytes:
    """Prometheus' form: one series a sample, snappy around it."""
    body = write_request(
        *(
            series(
                {"__name__": f"node_metric_{each}_total", **tags(host)},
                [(START + step * 10_000 + host, value(host, each, step))],
                leaves_zero_out=True,
            )
            for host in hosts
            for each in range(METRICS)
        )
    )
    return bytes(cramjam.snappy.compress_raw(body))


def as_otlp(hosts: range, step: int) -> bytes:
    """OpenTelemetry's form: a resource a host, a metric a name, one point each."""
    return b"".join(
        resource_metrics(
            [
                double_gauge(
                    f"node_metric_{each}_total",
                    value(host, each, step),
                    (START + step * 10_000 + host) * 1_000_000,
                    tags(host),
                )
                for each in range(METRICS)
            ],
            {"host.name": f"web-{host:03}"},
        )
        for host in hosts
    )


FORMS: dict[str, tuple[Callable[[range, int], bytes], Callable[[bytes], Batch]]] = {
    "snapshots": (as_snapshots, read_batch),
    "snapshots, gzip": (
        lambda hosts, step: gzip.compress(as_snapshots(hosts, step)),
        lambda body: read_batch(inflate(body, "gzip")),
    ),
    "remote write": (as_remote_write, read_remote_write),
    "OTLP": (as_otlp, read_otlp),
    "OTLP, gzip": (
        lambda hosts, step: gzip.compress(as_otlp(hosts, step)),
        lambda body: read_otlp(inflate(body, "gzip")),
    ),
}


def main() -> None:
    """Measure and print a table."""
    print(f"{cpu.machine()}; {time.strftime('%Y-%m-%d')}; microseconds of CPU a sample, the median of {ROUNDS} rounds")
    groups = [range(first, first + 10) for first in range(0, HOSTS, 10)]
    sink = Anything()
    ingest = Ingest(Rows(TagPolicy(frozenset({"userId"}), frozenset({"endpoint"})), sink), sink, max_age_days=10)
    bodies = {
        form: ([write(hosts, step) for step in range(STEPS) for hosts in groups], read)
        for form, (write, read) in FORMS.items()
    }
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)  # as in app.py
    figures: dict[str, list[float]] = {}
    for _ in range(ROUNDS + 1):
        for form, (texts, read) in bodies.items():
            sink.samples = 0
            before = time.process_time()
            for text in texts:
                ingest.record(read(text), now=START, once=lambda: None)
            figures.setdefault(form, []).append((time.process_time() - before) / sink.samples * 1e6)
            assert sink.samples == HOSTS * METRICS * STEPS
    floor = cpu.median(figures["snapshots"][1:])
    print(f"{'':20}{'µs':>8}{'x snapshots':>13}{'first time':>12}{'bytes':>8}")
    for form, all_rounds in figures.items():
        median = cpu.median(all_rounds[1:])
        size = len(bodies[form][0][0]) / 10 / METRICS
        print(f"{form:20}{median:8.2f}{median / floor:13.1f}{all_rounds[0]:12.2f}{size:8.1f}")


if __name__ == "__main__":
    main()
