"""How soon somebody hears of an alert on the real program: `python -m benchmarks.telling`.

The service as `make run` starts it, judging every second, a webhook channel whose receiver is this program. Samples
cross a threshold for one host after the other; then for many at once, which is what a bad night looks like. Latency is
from the transition (`firedAt`, an instant of the grid) to the receiver.
"""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

import requests

from chalicelib.domain.instants import parse_instant

ONE_BY_ONE = 30
AT_ONCE = 300
PATIENCE = 120.0
READY = re.compile(r"ready: (http://127\.0\.0\.1:\d+) token: (\S+)\n")


class Hooks:
    """Receives webhooks; keeps when each came and what it says."""

    def __init__(self) -> None:
        heard: Queue[tuple[float, dict[str, Any]]] = Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                heard.put((time.time(), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name in the base class
                """Silent."""

        self.heard = heard
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def firing(self, count: int) -> list[tuple[float, dict[str, Any]]]:
        """The next messages about firing alerts, so many."""
        found: list[tuple[float, dict[str, Any]]] = []
        give_up = time.monotonic() + PATIENCE
        while len(found) < count:
            try:
                at, body = self.heard.get(timeout=max(0.0, give_up - time.monotonic()))
            except Empty:
                raise SystemExit(f"Only {len(found)} of {count} notifications came in {PATIENCE:.0f} s.") from None
            if body["type"] == "alert.firing":
                found.append((at, body))
        return found


def delay_of(at: float, body: dict[str, Any]) -> float:
    """Seconds from the transition to the receiver."""
    return at - parse_instant(body["alert"]["firedAt"]) / 1000


def percentile(values: list[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(url: str, token: str, hooks: Hooks) -> None:
    """Drive the running service and print."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"

    def call(method: str, path: str, body: Any) -> Any:
        answer = session.request(method, f"{url}/api/monitoring{path}", json=body, timeout=30)
        if not answer.ok:
            raise SystemExit(answer.text)
        return answer.json()

    channel = call("POST", "/channels", {"name": "here", "type": "webhook", "config": {"url": hooks.url}})
    rule = {
        "name": "queue too long",
        "metricType": "queue_length",
        "condition": "greater_than",
        "threshold": 10,
        "aggregation": "last",
        "duration": 0,
        "groupBy": ["host"],
        "channels": [channel["id"]],
    }
    call("POST", "/alerts/rules", rule)

    def send(value: float, hosts: range) -> None:
        snapshots = [{"tags": {"host": f"web-{host}"}, "metrics": {"queue_length": value}} for host in hosts]
        call("POST", "/metrics", {"snapshots": snapshots})

    alone, crossed = [], []
    for host in range(ONE_BY_ONE):
        time.sleep(host * 0.37 % 1)  # anywhere between two ticks
        send(40, range(host, host + 1))
        sent = time.time()
        ((at, body),) = hooks.firing(1)
        alone.append(delay_of(at, body))
        crossed.append(at - alone[-1] - sent)
    print(
        f"{ONE_BY_ONE} crossings: from the 202 to the transition {statistics.median(crossed):.2f} s,"
        f" worst {max(crossed):.2f} s, judged every second"
    )
    print(
        f"{ONE_BY_ONE} alerts one by one: transition to receiver {statistics.median(alone):.2f} s,"
        f" p95 {percentile(alone, 0.95):.2f} s, worst {max(alone):.2f} s"
    )
    send(40, range(1000, 1000 + AT_ONCE))
    heard = hooks.firing(AT_ONCE)
    first, last = heard[0][0], heard[-1][0]
    together = [delay_of(*each) for each in heard]
    print(
        f"{AT_ONCE} alerts at once: {AT_ONCE / (last - first):.0f} a second,"
        f" half within {statistics.median(together):.1f} s, all within {max(together):.1f} s"
    )


def main() -> None:
    """Start the service, measure, stop it."""
    hooks = Hooks()
    with tempfile.TemporaryDirectory() as directory:
        settings = {"LOCAL_DIR": directory, "PORT": "0", "AGENT": "0", "TICK_SECONDS": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local"],
            env={**os.environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        try:
            found = READY.fullmatch(process.stdout.readline())
            if found is None:
                raise SystemExit(process.stdout.read())
            measure(found[1], found[2], hooks)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


if __name__ == "__main__":
    main()
