"""This service: at the Lambda boundary, and over HTTP as it is when it hosts itself.

Drain and compaction run in the measuring process, the one every ten seconds of the fleet's time, the other every five
minutes of it and at the end. PostgreSQL with fsync, Valkey with appendfsync everysec.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import psutil
import psycopg

from benchmarks import cpu
from benchmarks.ingest import event
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
from benchmarks.peers.process import peak_memory
from infra.local import parts, ports
from infra.local.postgres import Postgres
from infra.local.program import REPOSITORY, Program
from infra.local.valkey import Valkey

_COMPACT_EVERY = 30  # steps of ten seconds
_AT_REST_MS = 600_000  # no head is left alone for being young
_PATH = "/monitoring/metrics"
_FORMS = {"snapshots": wire.as_snapshots, "flat list": wire.as_flat}
T = TypeVar("T")


class Store:
    """What both have in common: everything but how a request gets to the handler."""

    protocols = tuple(_FORMS)

    def missing(self) -> str | None:
        """It is here."""
        return None

    def start(self, directory: Path) -> None:
        """Run PostgreSQL and Valkey; the service works in this process."""
        self._postgres = Postgres(directory / "postgres")
        self._valkey = Valkey(directory / "valkey", appendfsync="everysec")
        self._postgres.start()
        self._valkey.start()
        os.environ |= {
            "DATABASE_URL": self._postgres.url,
            "REDIS_URL": self._valkey.url,
            "LOG_LEVEL": "error",
            "METRIC_RETENTION_HOURS": "240",
        }
        import app

        app.migrate({}, None)
        self._token = app.mint_token({"scopes": ["admin"]}, None)["token"]
        self._used = 0.0  # CPU seconds of this process that are the service's
        self._empty = self._database_bytes()

    def stop(self) -> None:
        """End the servers."""
        self._valkey.stop()
        self._postgres.stop()

    def encode(self, protocol: str, snapshots: list[Snapshot]) -> bytes:
        """The client's part of a request."""
        return _FORMS[protocol](snapshots)

    def stepped(self, step: int, at: int) -> None:
        """Drain; compact when it is time."""
        from chalicelib import wiring

        self._count(lambda: wiring.drain().run(at))
        if step % _COMPACT_EVERY == _COMPACT_EVERY - 1:
            self._count(lambda: wiring.compact().run(at))

    def settle(self) -> None:
        """Everything drained and compacted; PostgreSQL's next checkpoint is not waited for."""
        from chalicelib import wiring

        now = time.time_ns() // 1_000_000
        self._count(lambda: wiring.drain().run(now))
        while self._count(lambda: wiring.compact().run(now + _AT_REST_MS)).behind:
            pass

    def cpu(self) -> float:
        """CPU seconds of the service's work in this process and of both servers."""
        return self._used + sum(cpu.of(pid) for pid in self._pids())

    def memory(self) -> int:
        """Peak of this process, the fleet and its requests included, and of the servers."""
        return peak_memory(psutil.Process().pid)

    def sizes(self, samples: int) -> dict[str, float]:
        """The blocks' tables and indexes without air, and the whole database as it stands after a plain VACUUM."""
        with self._connection() as connection:
            connection.execute("VACUUM")
            everything = self._database_bytes() - self._empty
            connection.execute("VACUUM FULL blocks")
            row = connection.execute(
                "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('blocks')"
            ).fetchone()
        assert row is not None
        return {"samples": float(row[0]) / samples, "everything": everything / samples}

    def queries(self, window: Window) -> dict[str, Query]:
        """By the query API."""
        by_host = {"groupBy": "host"}
        return {
            ONE_SERIES: self._query(window, 1, 360, tags=f"host:{HOST}", step="10"),
            MEAN: self._query(window, 200, 1, **by_host, step="3600"),
            QUANTILE: self._query(window, 200, 1, **by_host, step="3600", aggregation="p95"),
            MEAN_STEPS: self._query(window, 200, 360, **by_host, step="10"),
            QUANTILE_STEPS: self._query(window, 200, 60, **by_host, step="60", aggregation="p95"),
        }

    def week(self, window: Window) -> Query | None:
        """By the query API."""
        return self._query(window, 200, 168, groupBy="host", step="3600")

    def ask(self, parameters: dict[str, str]) -> str | bytes:
        """One query."""
        raise NotImplementedError

    def _query(self, window: Window, series: int, points: int, **parameters: str) -> Query:
        asked = {"metricType": METRIC, "from": str(window.begin), "to": str(window.end), **parameters}
        found = json.loads(self.ask(asked))["series"]
        counts = {sum(value is not None for _, value in each["points"]) for each in found}
        if len(found) != series or counts != {points}:
            raise RuntimeError(f"{asked}: {len(found)} series of {counts} points, not {series} of {points}")
        gc.freeze()
        return lambda: self.ask(asked)

    def _count(self, work: Callable[[], T]) -> T:
        before = cpu.own()
        result = work()
        self._used += cpu.own() - before
        return result

    def _pids(self) -> list[int]:
        assert self._postgres.pid is not None
        assert self._valkey.pid is not None
        return [self._postgres.pid, self._valkey.pid]

    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._postgres.url, autocommit=True)

    def _database_bytes(self) -> int:
        with self._connection() as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return int(row[0])


class AtTheHandler(Store):
    """Events as API Gateway hands them over, with authentication; no HTTP."""

    name = "this service, handler"

    def send(self, protocol: str, body: bytes) -> None:
        """One invocation."""
        handed = event(body.decode(), self._token)
        self._expect(handed, 202)

    def ask(self, parameters: dict[str, str]) -> str | bytes:
        """One query."""
        asked = event("", self._token) | {"multiValueQueryStringParameters": {k: [v] for k, v in parameters.items()}}
        resource = {"resourcePath": f"{_PATH}/query", "httpMethod": "GET"}
        asked["requestContext"] = asked["requestContext"] | resource
        return self._expect(asked, 200)

    def _expect(self, handed: dict[str, Any], status: int) -> str:
        import app

        reply: dict[str, Any] = self._count(lambda: app.app(handed, None))
        if reply["statusCode"] != status:
            raise RuntimeError(reply["body"][:500])
        return str(reply["body"])


class OverHttp(Store):
    """The gateway and its containers that `make run` starts, and a client that keeps its connection."""

    name = "this service, own HTTP server"

    def start(self, directory: Path) -> None:
        """Run the API's program beside the rest."""
        super().start(directory)
        logs = directory / "logs"
        logs.mkdir()
        self._listener = ports.listening(0)
        environment = {**os.environ, "PUBLIC_URL": "http://127.0.0.1/api"}
        part = parts.api(self._listener, REPOSITORY, environment, logs)
        self._api: Program = part.launch()
        part.wait_until_ready()
        self._client = Client(self._listener.getsockname()[1], {"Authorization": f"Bearer {self._token}"})

    def stop(self) -> None:
        """End the API, then the rest."""
        self._client.close()
        self._api.stop(seconds=5)
        self._listener.close()
        super().stop()

    def send(self, protocol: str, body: bytes) -> None:
        """One request."""
        self._client.ask("POST", f"/api{_PATH}", body, {"Content-Type": "application/json"})

    def ask(self, parameters: dict[str, str]) -> str | bytes:
        """One query."""
        return self._client.ask("GET", f"/api{_PATH}/query?{urlencode(parameters)}")

    def _pids(self) -> list[int]:
        assert self._api.pid is not None
        return [*super()._pids(), self._api.pid]
