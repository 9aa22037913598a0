"""InfluxDB 1, as Debian packages it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.peers import wire
from benchmarks.peers.http import Client
from benchmarks.peers.peer import (
    HOST,
    MEAN,
    MEAN_STEPS,
    METRIC,
    ONE_SERIES,
    QUANTILE,
    QUANTILE_STEPS,
    Query,
    Snapshot,
    Window,
)
from benchmarks.peers.process import Server, directory_bytes, free_port, until, until_quiet

_CONFIGURATION = """\
reporting-disabled = true
bind-address = "127.0.0.1:{internal}"
[meta]
dir = "{data}/meta"
[data]
dir = "{data}/data"
wal-dir = "{data}/wal"
index-version = "tsi1"
query-log-enabled = false
cache-snapshot-write-cold-duration = "10s"
compact-full-write-cold-duration = "10s"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
[logging]
level = "error"
"""


class InfluxDb:
    """A measurement whose fields are the metrics; the waits before it compacts are made short."""

    name = "InfluxDB"
    protocols = ("line protocol",)

    def missing(self) -> str | None:
        """What to install, if it is not there."""
        return None if shutil.which("influxd") else "apt-get install influxdb"

    def start(self, directory: Path) -> None:
        """Run it with an empty database."""
        port = free_port()
        self._data = directory / "data"
        configuration = directory / "influxdb.conf"
        configuration.write_text(_CONFIGURATION.format(data=self._data, port=port, internal=free_port()))
        self._server = Server(["influxd", "-config", str(configuration)], directory)
        self._client = Client(port)
        self._server.wait_until(lambda: self._client.answers("/ping"))
        self._ask("CREATE DATABASE fleet", "POST")

    def stop(self) -> None:
        """End it."""
        self._client.close()
        self._server.stop()

    def encode(self, protocol: str, snapshots: list[Snapshot]) -> bytes:
        """The client's part of a request."""
        return wire.as_lines(snapshots)

    def send(self, protocol: str, body: bytes) -> None:
        """One request."""
        self._client.ask("POST", "/write?db=fleet&precision=ms", body)

    def stepped(self, step: int, at: int) -> None:
        """It writes when it likes."""

    def settle(self) -> None:
        """Its log is in files of its own form, and those are compacted."""
        until(lambda: directory_bytes(self._data / "wal") < 10_000, 180)
        until_quiet(self.cpu)

    def cpu(self) -> float:
        """CPU seconds."""
        return self._server.cpu()

    def memory(self) -> int:
        """Peak of the resident memory."""
        return self._server.memory()

    def sizes(self, samples: int) -> dict[str, float]:
        """Its files with their index of series, and all it has."""
        tsm = sum(each.stat().st_size for each in self._data.rglob("*.tsm"))
        return {"samples": tsm / samples, "everything": directory_bytes(self._data) / samples}

    def queries(self, window: Window) -> dict[str, Query]:
        """In InfluxQL."""
        during = f"time >= {window.begin}ms AND time < {window.end}ms"
        source = f"FROM fleet WHERE {during}"
        return {
            ONE_SERIES: self._query(f"SELECT {METRIC} {source} AND host = '{HOST}'", 1, 360),
            MEAN: self._query(f"SELECT mean({METRIC}) {source} GROUP BY host", 200, 1),
            QUANTILE: self._query(f"SELECT percentile({METRIC}, 95) {source} GROUP BY host", 200, 1),
            MEAN_STEPS: self._query(f"SELECT mean({METRIC}) {source} GROUP BY time(10s), host", 200, 360),
            QUANTILE_STEPS: self._query(f"SELECT percentile({METRIC}, 95) {source} GROUP BY time(1m), host", 200, 60),
        }

    def week(self, window: Window) -> Query | None:
        """In InfluxQL."""
        during = f"time >= {window.begin}ms AND time < {window.end}ms"
        return self._query(f"SELECT mean({METRIC}) FROM fleet WHERE {during} GROUP BY time(1h), host", 200, 168)

    def _query(self, text: str, series: int, points: int) -> Query:
        found = json.loads(self._ask(text))["results"][0].get("series", [])
        counts = {len(each["values"]) for each in found}
        if len(found) != series or counts != {points}:
            raise RuntimeError(f"{text}: {len(found)} series of {counts} points, not {series} of {points}")
        return lambda: self._ask(text)

    def _ask(self, text: str, method: str = "GET") -> bytes:
        return self._client.ask(method, f"/query?{urlencode({'db': 'fleet', 'epoch': 'ms', 'q': text})}")
