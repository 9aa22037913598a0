"""VictoriaMetrics, single node, as Debian packages it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from benchmarks.peers import promql, wire
from benchmarks.peers.http import Client
from benchmarks.peers.peer import Query, Snapshot, Window
from benchmarks.peers.process import Server, directory_bytes, free_port, until_quiet

_FORMS = {
    "line protocol": (wire.as_lines, "/write?precision=ms", {}),
    "remote write": (
        wire.as_remote_write,
        "/api/v1/write",
        {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"},
    ),
    "JSON": (wire.as_json_lines, "/api/v1/import", {}),
}


class VictoriaMetrics:
    """Takes everybody's protocols; the line protocol says the tags once for all fields of a host."""

    name = "VictoriaMetrics"
    protocols = tuple(_FORMS)

    def missing(self) -> str | None:
        """What to install, if it is not there."""
        return None if shutil.which("victoria-metrics") else "apt-get install victoria-metrics"

    def start(self, directory: Path) -> None:
        """Run it, with a year's retention as it does not take older samples."""
        port = free_port()
        self._data = directory / "data"
        command = [
            "victoria-metrics",
            f"-storageDataPath={self._data}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=1y",
            "-influxSkipMeasurement",
        ]
        self._server = Server(command, directory)
        self._client = Client(port)
        self._server.wait_until(lambda: self._client.answers("/health"))

    def stop(self) -> None:
        """End it."""
        self._client.close()
        self._server.stop()

    def encode(self, protocol: str, snapshots: list[Snapshot]) -> bytes:
        """The client's part of a request."""
        return _FORMS[protocol][0](snapshots)

    def send(self, protocol: str, body: bytes) -> None:
        """One request."""
        _, path, headers = _FORMS[protocol]
        self._client.ask("POST", path, body, headers)

    def stepped(self, step: int, at: int) -> None:
        """It writes when it likes."""

    def settle(self) -> None:
        """All samples in parts on disk, and what it merges of its own accord merged."""
        self._client.ask("GET", "/internal/force_flush")
        until_quiet(self.cpu)

    def cpu(self) -> float:
        """CPU seconds."""
        return self._server.cpu()

    def memory(self) -> int:
        """Peak of the resident memory."""
        return self._server.memory()

    def sizes(self, samples: int) -> dict[str, float]:
        """After a final merge, whose CPU is not counted: sooner or later it would have made it, or not."""
        self._client.ask("GET", "/internal/force_merge")
        time.sleep(1)
        until_quiet(self.cpu)
        data = directory_bytes(self._data / "data")
        return {"samples": data / samples, "everything": directory_bytes(self._data) / samples}

    def queries(self, window: Window) -> dict[str, Query]:
        """Without its cache of answers."""
        return promql.queries(self._client, window, nocache="1")

    def week(self, window: Window) -> Query | None:
        """Without its cache of answers."""
        return promql.week(self._client, window, nocache="1")
