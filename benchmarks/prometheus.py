"""A real Prometheus writes its scrapes of a real node_exporter to the service; then both say what they hold.

`python -m benchmarks.prometheus [SECONDS]`, with Debian's prometheus and prometheus-node-exporter installed. Every raw
sample of some 50 series is read from either side; it fails if one is missing, doubled or another on ours.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks import cpu
from chalicelib.domain.instants import parse_instant

SERIES, PATIENCE = 50, 60.0
READY = re.compile(r"ready: (http://127\.0\.0\.1:\d+) token: (\S+)\n")
Key = tuple[str, frozenset[tuple[str, str]]]
Samples = dict[int, float]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A program, for the length of a block."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if "infra.local" in command else subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def configuration(exporter: int, itself: int, service: str, token: str) -> str:
    """Scrape both every five seconds, write everything (JSON is YAML, too)."""
    ports = {"node": exporter, "prometheus": itself}
    scrapes = [{"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for job, port in ports.items()]
    write = {"url": f"{service}/api/prometheus/api/v1/write", "authorization": {"credentials": token}}
    every = {"scrape_interval": "5s", "external_labels": {"cluster": "here"}}
    return json.dumps({"global": every, "scrape_configs": scrapes, "remote_write": [write]})


class Both:
    """Prometheus and the service."""

    def __init__(self, prometheus: str, service: str, token: str) -> None:
        self.prometheus, self.service = prometheus, service
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, path: str, **parameters: str) -> Any:
        """Prometheus' answer."""
        answer = requests.get(f"{self.prometheus}/api/v1/{path}", params=parameters, timeout=30)
        answer.raise_for_status()
        return answer.json()["data"]

    def names(self) -> list[str]:
        """Metrics of few series, evenly chosen: those that come first would all be about Go."""
        counted = self.ask("query", query="count by (__name__) ({job='node'})")["result"]
        few = sorted(each["metric"]["__name__"] for each in counted if int(each["value"][1]) <= 5)
        return few[:: max(1, len(few) // SERIES)]

    def scraped(self, names: list[str], end: float, seconds: int) -> dict[Key, Samples]:
        """What Prometheus holds."""
        found: dict[Key, Samples] = {}
        for name in names:
            for each in self.ask("query", query=f"{name}{{job='node'}}[{seconds}s]", time=f"{end:.3f}")["result"]:
                labels = {**each["metric"], "cluster": "here"}
                key = (labels.pop("__name__"), frozenset(labels.items()))
                found[key] = {round(at * 1000): float(value) for at, value in each["values"]}
        return found

    def written(self, names: list[str], end: float, seconds: int) -> tuple[dict[Key, Samples], int]:
        """What the service holds, and how many samples it told."""
        found: dict[Key, Samples] = {}
        told = 0
        for name in names:
            answer = self.session.get(
                f"{self.service}/api/monitoring/metrics/realtime",
                params={"types": name, "tags": "job:node", "windowSeconds": str(seconds + 180)},
                timeout=30,
            )
            answer.raise_for_status()
            assert answer.headers.get("X-Truncated") != "true", name
            for each in answer.json()[name]:
                at = parse_instant(each["timestamp"])
                if (end - seconds) * 1000 <= at <= end * 1000:
                    found.setdefault((name, frozenset(each["tags"].items())), {})[at] = each["value"]
                    told += 1
        return found, told


def compare(both: Both, seconds: int) -> None:
    """Wait until all is written, then demand that both sides say the same."""
    end = round(time.time(), 3)
    names = both.names()
    scraped = both.scraped(names, end, seconds)
    samples = sum(map(len, scraped.values()))
    give_up = time.monotonic() + PATIENCE
    while True:
        written, told = both.written(names, end, seconds)
        if written == scraped or time.monotonic() > give_up:
            break
        time.sleep(1)
    missing = sum(len(of.keys() - written.get(key, {}).keys()) for key, of in scraped.items())
    print(f"{len(scraped)} series, {samples} samples in {seconds} s; told {told}, missing {missing}")
    if written != scraped or told != samples or len(scraped) < SERIES:
        raise SystemExit("The two sides differ.")
    print("Both sides are equal, sample by sample.")
    for name in ("samples_total", "samples_failed_total", "samples_retried_total", "samples_dropped_total"):
        found = both.ask("query", query=f"prometheus_remote_storage_{name}")["result"]
        print(f"  prometheus_remote_storage_{name}: {sum(float(each['value'][1]) for each in found):.0f}")


def main() -> None:
    """Start everything, wait, compare, stop."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 180
    exporter, port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as directory:
        ours = {"LOCAL_DIR": f"{directory}/service", "PORT": "0", "AGENT": "0", "REALTIME_WINDOW_SECONDS": "3600"}
        with running(sys.executable, "-m", "infra.local", **ours) as service:
            assert service.stdout is not None
            found = READY.fullmatch(service.stdout.readline())
            if found is None:
                raise SystemExit("The service did not start.")
            Path(directory, "prometheus.yml").write_text(configuration(exporter, port, found[1], found[2]))
            with (
                running("prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{exporter}"),
                running(
                    "prometheus",
                    f"--config.file={directory}/prometheus.yml",
                    f"--storage.tsdb.path={directory}/prometheus",
                    f"--web.listen-address=127.0.0.1:{port}",
                ),
            ):
                print(f"{cpu.machine()}; {time.strftime('%Y-%m-%d')}; writing for {seconds} s")
                time.sleep(seconds)
                compare(Both(f"http://127.0.0.1:{port}", found[1], found[2]), seconds)


if __name__ == "__main__":
    main()
