"""Graphite's carbon-cache and whisper, as Debian packages them."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from benchmarks.peers import wire
from benchmarks.peers.peer import Query, Snapshot, Window
from benchmarks.peers.process import Server, directory_bytes, free_port, until_quiet

_HOUR, _KEPT = 360, 6 * 360  # slots of ten seconds
_CONFIGURATION = """\
[cache]
STORAGE_DIR = {directory}/
CONF_DIR = {directory}/
LOG_DIR = {directory}/
PID_DIR = {directory}/
LOCAL_DATA_DIR = {directory}/whisper/
USER =
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {line}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = {pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = {query}
CARBON_METRIC_INTERVAL = 0
LOG_UPDATES = False
LOG_CREATES = False
LOG_CACHE_HITS = False
ENABLE_TAGS = False
WHISPER_AUTOFLUSH = False
"""


class Graphite:
    """Has no answers to what is sent, and asks are a matter of another program: neither is measured."""

    name = "Graphite"
    protocols = ("pickle",)

    def missing(self) -> str | None:
        """What to install, if it is not there."""
        return None if shutil.which("carbon-cache") else "apt-get install graphite-carbon"

    def start(self, directory: Path) -> None:
        """Run it; a file holds six hours, because a slot that is too old when it is sent is not written."""
        port = free_port()
        ports = {"pickle": port, "line": free_port(), "query": free_port()}
        (directory / "carbon.conf").write_text(_CONFIGURATION.format(directory=directory, **ports))
        (directory / "storage-schemas.conf").write_text("[all]\npattern = .*\nretentions = 10s:6h\n")
        self._files = directory / "whisper"
        self._files.mkdir()
        command = ["carbon-cache", f"--config={directory}/carbon.conf", "--nodaemon", "start"]
        self._server = Server(command, directory)

        def connects() -> bool:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
            except ConnectionRefusedError:
                return False
            return True

        self._server.wait_until(connects)

    def stop(self) -> None:
        """End it."""
        self._socket.close()
        self._server.stop()

    def encode(self, protocol: str, snapshots: list[Snapshot]) -> bytes:
        """The client's part of a request."""
        return wire.as_pickle(snapshots)

    def send(self, protocol: str, body: bytes) -> None:
        """One message; there is no answer to wait for."""
        self._socket.sendall(body)

    def stepped(self, step: int, at: int) -> None:
        """It writes when it likes."""

    def settle(self) -> None:
        """All of its cache written."""
        until_quiet(self.cpu)

    def cpu(self) -> float:
        """CPU seconds."""
        return self._server.cpu()

    def memory(self) -> int:
        """Peak of the resident memory."""
        return self._server.memory()

    def sizes(self, samples: int) -> dict[str, float]:
        """Its files are of one length from the beginning: the bytes of a slot."""
        slots = directory_bytes(self._files) * _HOUR / _KEPT
        return {"samples": slots / samples, "everything": slots / samples}

    def queries(self, window: Window) -> dict[str, Query]:
        """None."""
        return {}

    def week(self, window: Window) -> Query | None:
        """None."""
        return None
