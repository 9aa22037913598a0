"""The collector on the real program: `python -m benchmarks.collecting [seconds]`.

The service as `make run` starts it, and fifty targets pulled every ten seconds, five of which never answer. Two others
are a real node_exporter (Debian's prometheus-node-exporter) and our agent, behind a relay that keeps the pages. In
the end: how punctually the 45 were pulled, and whether what was stored of these two is what was handed on.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import requests
from prometheus_client.parser import text_string_to_metric_families

from chalicelib.domain.instants import parse_instant

SECONDS = 90  # of longer runs the live view does not show all values
MINUTE = 60  # until all are planned
TARGETS, HANGING, INTERVAL = 50, 5, 10
READY = re.compile(r"ready: (http://127\.0\.0\.1:\d+) token: (\S+)\n")
NODE_EXPORTER = "prometheus-node-exporter"
Series = tuple[str, tuple[tuple[str, str], ...]]


class Relay:
    """Is every target: some paths hand on somebody's page, `/hang…` never answers, all others say one sample."""

    def __init__(self, behind: dict[str, str]) -> None:
        asked: dict[str, list[float]] = defaultdict(list)
        pages: dict[str, list[str]] = {path: [] for path in behind}
        ended = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked[self.path].append(time.time())
                if self.path.startswith("/hang"):
                    ended.wait()
                    return
                body = b"a_sample 1\n"
                if self.path in behind:
                    page = requests.get(behind[self.path], timeout=10).text
                    body = page.encode()
                    pages[self.path].append(page)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
                """Silent."""

        self.asked, self.pages, self.ended = asked, pages, ended
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Service:
    """The running program."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/api/monitoring"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def add(self, name: str, url: str) -> None:
        """A target."""
        body = {"name": name, "type": "prometheus", "url": url, "interval": INTERVAL}
        self._session.post(f"{self._url}/targets", json=body, timeout=30).raise_for_status()

    def states(self) -> dict[str, tuple[str, str | None]]:
        """By target: its state, and what went wrong with it last."""
        found = self._session.get(f"{self._url}/targets", timeout=30).json()["targets"]
        return {each["name"]: (each["state"], (each["lastScrape"] or {}).get("error")) for each in found}

    def stored(self, name: str, job: str) -> dict[Series, list[float]]:
        """What arrived of a target's metric in the last minutes: each series' values in order of time."""
        given = {"types": name, "tags": f"job:{job}", "windowSeconds": "300"}
        points = self._session.get(f"{self._url}/metrics/realtime", params=given, timeout=30).json().get(name, [])
        found: dict[Series, list[tuple[int, float]]] = defaultdict(list)
        for point in points:
            tags = {key: value for key, value in point["tags"].items() if key not in ("job", "instance")}
            found[name, tuple(sorted(tags.items()))].append((parse_instant(point["timestamp"]), point["value"]))
        return {series: [value for _, value in sorted(values)] for series, values in found.items()}


def exposed(pages: list[str]) -> dict[Series, list[float]]:
    """Each series' values over all pages, under the names on the page."""
    found: dict[Series, list[float]] = defaultdict(list)
    for page in pages:
        plain = "\n".join(line for line in page.splitlines() if not line.startswith("#"))
        for family in text_string_to_metric_families(plain + "\n"):
            for sample in family.samples:
                if math.isfinite(sample.value):
                    tags = tuple(sorted((key, value) for key, value in sample.labels.items() if value))
                    found[sample.name, tags].append(float(sample.value))
    return found


def compare(service: Service, job: str, pages: list[str]) -> None:
    """Print how many series are the same on the pages and in the service."""
    handed_on = exposed(pages)
    stored: dict[Series, list[float]] = {}
    for name in {name for name, _ in handed_on}:
        stored |= service.stored(name, job)
    different = [series for series, values in handed_on.items() if stored.get(series, [])[: len(values)] != values]
    values = sum(map(len, handed_on.values()))
    print(f"{job}: {len(pages)} pages, {len(handed_on)} series, {values} values; not the same: {len(different)}")
    for series in different[:5]:
        print("  ", series, handed_on[series], stored.get(series))


def punctuality(asked: dict[str, list[float]], begin: float) -> None:
    """Print how far the good targets' scrapes since `begin` were from one every ten seconds."""
    good = {
        path: [each for each in times if each >= begin] for path, times in asked.items() if not path.startswith("/hang")
    }
    off = [abs(b - a - INTERVAL) for times in good.values() for a, b in pairwise(times)]
    missed = sum(round((b - a) / INTERVAL) - 1 for times in good.values() for a, b in pairwise(times))
    count = sum(map(len, good.values()))
    print(
        f"{len(good)} targets that answer: {count} scrapes, {missed} missed; from one every {INTERVAL} s they were"
        f" off by {statistics.median(off):.2f} s (median), {max(off):.2f} s (worst)"
    )


@contextmanager
def page_of(program: str, *arguments: str, address: str) -> Iterator[str]:
    """A program that shows a page, for the length of a block; where the page is. `address` is the option for that."""
    found = shutil.which(program)
    if found is None:
        raise SystemExit(f"{program} is not installed: apt-get install {program}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [found, *arguments, f"{address}=127.0.0.1:{port}"]
    running = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "agent/src"}, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        running.terminate()
        running.wait()


def main() -> None:
    """Start everything, let it run, look, stop it."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with (
        tempfile.TemporaryDirectory() as directory,
        page_of(NODE_EXPORTER, address="--web.listen-address") as node,
        page_of(sys.executable, "-m", "perfmon_agent", "serve", address="--serve-address") as agent,
    ):
        environment = {**os.environ, "PORT": "0", "AGENT": "0", "LOCAL_DIR": directory}
        program = subprocess.Popen(
            [sys.executable, "-m", "infra.local"], env=environment, stdout=subprocess.PIPE, text=True
        )
        relay = Relay({"/node": node, "/agent": agent})
        try:
            assert program.stdout is not None
            ready = next(found for line in program.stdout if (found := READY.match(line)))
            service = Service(ready[1], ready[2])
            for name in ("node", "agent"):
                service.add(name, f"{relay.url}/{name}")
            for number in range(TARGETS - HANGING - 2):
                service.add(f"good {number}", f"{relay.url}/good{number}")
            for number in range(HANGING):
                service.add(f"hanging {number}", f"{relay.url}/hang{number}")
            give_up = time.monotonic() + 120
            while len(relay.asked) < TARGETS and time.monotonic() < give_up:
                time.sleep(1)
            time.sleep(MINUTE)
            begin = time.time()
            time.sleep(seconds)
            asked = {path: list(times) for path, times in relay.asked.items()}
            for name in ("node", "agent"):
                compare(service, name, list(relay.pages[f"/{name}"]))
            punctuality(asked, begin)
            states = service.states()
            print("up:", sum(state == "up" for state, _ in states.values()))
            print("down:", sorted({str(error) for state, error in states.values() if state == "down"}))
        finally:
            relay.ended.set()
            program.send_signal(signal.SIGINT)
            program.wait(timeout=60)


if __name__ == "__main__":
    main()
