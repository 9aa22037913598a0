"""Prometheus that is written to, as Debian packages it."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.peers import promql, wire
from benchmarks.peers.http import Client
from benchmarks.peers.peer import Query, Snapshot, Window
from benchmarks.peers.process import Server, directory_bytes, free_port, until_quiet

_HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}


class Prometheus:
    """Holds the last hours in memory and in a log, then writes blocks; a snapshot has it do so at once."""

    name = "Prometheus"
    protocols = ("remote write",)

    def missing(self) -> str | None:
        """What to install, if it is not there."""
        return None if shutil.which("prometheus") else "apt-get install prometheus"

    def start(self, directory: Path) -> None:
        """Run it with nothing to scrape."""
        port = free_port()
        self._data = directory / "data"
        (directory / "prometheus.yml").write_text("{}")
        command = [
            "prometheus",
            f"--config.file={directory}/prometheus.yml",
            f"--storage.tsdb.path={self._data}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-remote-write-receiver",
            "--web.enable-admin-api",
            "--log.level=warn",
        ]
        self._server = Server(command, directory)
        self._client = Client(port)
        self._server.wait_until(lambda: self._client.answers("/-/ready"))

    def stop(self) -> None:
        """End it."""
        self._client.close()
        self._server.stop()

    def encode(self, protocol: str, snapshots: list[Snapshot]) -> bytes:
        """The client's part of a request."""
        return wire.as_remote_write(snapshots)

    def send(self, protocol: str, body: bytes) -> None:
        """One request."""
        self._client.ask("POST", "/api/v1/write", body, _HEADERS)

    def stepped(self, step: int, at: int) -> None:
        """It writes when it likes."""

    def settle(self) -> None:
        """The head as a block: what it would do by itself some two hours later."""
        self._client.ask("POST", "/api/v1/admin/tsdb/snapshot")
        until_quiet(self.cpu)

    def cpu(self) -> float:
        """CPU seconds."""
        return self._server.cpu()

    def memory(self) -> int:
        """Peak of the resident memory."""
        return self._server.memory()

    def sizes(self, samples: int) -> dict[str, float]:
        """The block; its log, which it lets go after some hours, is left out."""
        blocks = self._data / "snapshots"
        chunks = sum(directory_bytes(each) for each in blocks.glob("*/*/chunks"))
        return {"samples": chunks / samples, "everything": directory_bytes(blocks) / samples}

    def queries(self, window: Window) -> dict[str, Query]:
        """From its memory, where the last two hours always are."""
        return promql.queries(self._client, window)

    def week(self, window: Window) -> Query | None:
        """From its blocks, and the last hours from memory."""
        return promql.week(self._client, window)
