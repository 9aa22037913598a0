"""What a store of metrics must offer to be measured beside the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Snapshot = dict[str, Any]  # as benchmarks.fleet makes them
Query = Callable[[], object]  # asks once and reads the whole answer; raises what is wrong with it

ONE_SERIES = "one metric, one host, 1 h at 10 s"
MEAN = "avg by host, 200 hosts, 1 h: one value each"
QUANTILE = "p95 by host, 200 hosts, 1 h: one value each"
MEAN_STEPS = "avg by host, 200 hosts, 1 h at 10 s (72,000 points)"
QUANTILE_STEPS = "p95 by host, 200 hosts, 1 h at 60 s (12,000 points)"
WEEK = "7 days of one metric, 200 hosts, hourly (33,600 points)"
METRIC, HOST = "gauge_0_usage", "web-007.eu-west-1"


@dataclass(frozen=True, slots=True)
class Window:
    """What a query is about; epoch ms, `begin` included and `end` not."""

    begin: int
    end: int


class Peer(Protocol):
    """A store of metrics. CPU and memory are of its own processes; the client's are left out wherever it has any."""

    @property
    def name(self) -> str:
        """How it is called in the table."""

    @property
    def protocols(self) -> tuple[str, ...]:
        """Ways to send it samples, of which the cheapest counts."""

    def missing(self) -> str | None:
        """What to install, if it is not there."""

    def start(self, directory: Path) -> None:
        """Run it with its data in an empty directory, on free ports of 127.0.0.1."""

    def stop(self) -> None:
        """End it."""

    def encode(self, protocol: str, snapshots: list[Snapshot]) -> bytes:
        """The client's part of a request."""

    def send(self, protocol: str, body: bytes) -> None:
        """One request, until it is answered. Raises if it was refused."""

    def stepped(self, step: int, at: int) -> None:
        """All samples of an instant are sent."""

    def settle(self) -> None:
        """Wait until nothing is left to be written."""

    def cpu(self) -> float:
        """CPU seconds of all its processes since the start."""

    def memory(self) -> int:
        """The most bytes its processes held."""

    def sizes(self, samples: int) -> dict[str, float]:
        """Bytes a sample at rest, by what is counted."""

    def queries(self, window: Window) -> dict[str, Query]:
        """What is asked, by the names above."""

    def week(self, window: Window) -> Query | None:
        """One metric of all hosts, hourly means."""
