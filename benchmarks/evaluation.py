"""One evaluation of 1,000 rules over 10,000 live series. `python -m benchmarks.evaluation [hosts] [metrics]`.

1,000 metrics of 10 hosts, a sample every ten seconds, a rule a metric: the last value of a minute above a threshold, by
host. Every tick 100 alerts change. Measured is the CPU of this process and of PostgreSQL for one evaluation:
reading what the drain has just written, judging, stepping, writing alerts with their evidence. Prometheus, where it is
installed, scrapes the same values and evaluates the same rules; measured is its CPU with the rules less that without.
"""

from __future__ import annotations

import http.server
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks import cpu
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey

HOSTS, METRICS, TICKS, CHANGING = 10, 1_000, 12, 100
TICK_MS = 10_000


def value(metric: int, tick: int) -> float:
    """High every other minute for the first hundred metrics' first host: their alerts come and go."""
    return 99.0 if metric < CHANGING and tick % 2 else 10.0 + metric % 50


def ours(postgres: Postgres, hosts: int, metrics: int, *, shared: bool) -> None:
    """Measure this service; `shared`: all rules read one metric type of all hosts, with other thresholds."""
    import app
    from chalicelib import wiring
    from chalicelib.domain.conditions import Condition, Operator
    from chalicelib.domain.rule_records import RuleRecord
    from chalicelib.domain.rules import Rule
    from chalicelib.services.incoming import Batch, Snapshot
    from chalicelib.wiring import alerting

    app.migrate({}, None)
    book = alerting.rule_book()
    for record in book.page("", 100, metric_type=None, enabled=None):
        book.remove(record.rule.id)
    for number in range(metrics):
        read = "metric_0" if shared else f"metric_{number}"
        # Where all read the same, the alerts of a hundred of them come and go.
        threshold = 90.0 if number < CHANGING or not shared else 200.0
        condition = Condition(read, Operator.GREATER_THAN, threshold, aggregation="last")
        book.add(RuleRecord(Rule(f"rule-{number}", f"rule {number}", (condition,), group_by=("host",)), 1, 0, 0))
    start = time.time_ns() // 1_000_000 // 60_000 * 60_000 - TICKS * TICK_MS - 60_000
    spent, database, changes = [], [], []
    for tick in range(TICKS):
        now = start + tick * TICK_MS
        snapshots = [
            Snapshot(
                {f"metric_{number}": value(number, tick) if host == 0 else 10.0 for number in range(metrics)},
                {"host": f"web-{host}"},
                now,
            )
            for host in range(hosts)
        ]
        wiring.ingest().record(Batch(snapshots=list(enumerate(snapshots))), now=now, once=lambda: None)
        wiring.drain().run(now)
        assert postgres.pid is not None
        before, before_database = cpu.own(), cpu.of(postgres.pid)
        done = alerting.evaluate().run(now, healthy=True)
        spent.append((cpu.own() - before) * 1000)
        database.append((cpu.of(postgres.pid) - before_database) * 1000)
        changes.append(done.changes)
    # The first ticks learn the series and compile the plan.
    name = "rules that share one metric" if shared else "each rule its own metric"
    print(
        f"  {metrics} rules, {hosts * metrics} series, {name}: {statistics.median(spent[4:]):.0f} ms here"
        f" + {statistics.mean(database[4:]):.0f} ms PostgreSQL; first {spent[0]:.0f} ms; {max(changes)} changes a tick"
    )


class _Target(http.server.BaseHTTPRequestHandler):
    """Ten hosts' metrics, changing every ten seconds."""

    def do_GET(self) -> None:
        host = int(self.path.rpartition("/")[2])
        tick = int(time.time() // (TICK_MS / 1000))
        text = "".join(f"metric_{number} {value(number, tick) if host == 0 else 10.0}\n" for number in range(METRICS))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def prometheus(seconds: int) -> None:
    """Measure Prometheus with and without the rules, for some time each."""
    binary = shutil.which("prometheus")
    if binary is None:
        print("  Prometheus is not installed")
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    spent = {}
    for with_rules in (False, True):
        with tempfile.TemporaryDirectory() as directory:
            spent[with_rules] = _run_prometheus(binary, Path(directory), server.server_port, seconds, rules=with_rules)
    server.shutdown()
    evaluations = seconds / (TICK_MS / 1000)
    print(
        f"  Prometheus: {(spent[True] - spent[False]) * 1000 / evaluations:.0f} ms an evaluation"
        f" ({spent[True]:.2f} s of CPU in {seconds} s with the rules, {spent[False]:.2f} s without)"
    )


def _run_prometheus(binary: str, directory: Path, port: int, seconds: int, *, rules: bool) -> float:
    lines = [
        "global: {scrape_interval: 10s, evaluation_interval: 10s}",
        "scrape_configs:",
        *(
            f"- {{job_name: h{host}, metrics_path: /{host}, static_configs: [{{targets: ['127.0.0.1:{port}'],"
            f" labels: {{host: web-{host}}}}}]}}"
            for host in range(HOSTS)
        ),
    ]
    if rules:
        lines.append("rule_files: [rules.yml]")
        written = ["groups:", "- name: g", "  rules:"]
        for number in range(METRICS):
            expression = f"last_over_time(metric_{number}[1m]) > {90 + number / METRICS}"
            written.append(f"  - {{alert: rule{number}, expr: '{expression}'}}")
        (directory / "rules.yml").write_text("\n".join(written))
    (directory / "prometheus.yml").write_text("\n".join(lines))
    with socket_free() as address:
        process = subprocess.Popen(
            [
                *(binary, f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data"),
                f"--web.listen-address={address}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    try:
        time.sleep(30)  # the first scrapes make the series
        before = cpu.of(process.pid)
        time.sleep(seconds)
        return cpu.of(process.pid) - before
    finally:
        process.terminate()
        process.wait()


class socket_free:  # noqa: N801 -- reads as a statement
    """An address that nobody listens at when the block ends."""

    def __enter__(self) -> str:
        import socket

        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        host, port = self._socket.getsockname()
        self._socket.close()
        return f"{host}:{port}"

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""


def main(hosts: int = HOSTS, metrics: int = METRICS) -> None:
    """Both, in one run."""
    print(f"evaluation ({cpu.machine()}):")
    for shared in (False, True):
        with tempfile.TemporaryDirectory() as directory:
            postgres, valkey = Postgres(Path(directory) / "postgres"), Valkey(Path(directory) / "valkey")
            postgres.start()
            valkey.start()
            os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "LOG_LEVEL": "error"}
            os.environ |= {"MAX_METRIC_TYPES": "65000", "MAX_ALERTS_PER_RULE": "100000"}
            _forget()
            ours(postgres, hosts, metrics, shared=shared)
            _forget()
            valkey.stop()
            postgres.stop()
    if (hosts, metrics) == (HOSTS, METRICS):
        prometheus(60)


def _forget() -> None:
    from tests.conftest import forget_wiring

    forget_wiring()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
