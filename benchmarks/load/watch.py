"""What the service does meanwhile: memory and CPU of its parts, lateness of its ticks, what waits, what is stored."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass

import psutil
import psycopg
import redis

from infra.storm.service import Service

TICK_MS = 10_000


@dataclass(frozen=True, slots=True)
class Moment:
    """Memory in MB (shared pages once) and CPU seconds, both by part; frames and heads there are; MB on disk."""

    memory: dict[str, float]
    cpu: dict[str, float]
    frames: int
    heads: int
    waiting: int
    database: float

    def all_memory(self) -> float:
        """Of all parts."""
        return sum(self.memory.values())

    def memory_by_part(self) -> str:
        """Each part with its own, the largest first."""
        parts = sorted(self.memory.items(), key=lambda part: -part[1])
        return ", ".join(f"{name} {mb:.0f}" for name, mb in parts)

    def all_cpu(self) -> float:
        """Of all parts."""
        return sum(self.cpu.values())


def look(service: Service) -> Moment:
    """The service as it is now."""
    memory, cpu = {}, {}
    for entry in json.loads((service.directory / "processes.json").read_text()):
        memory[entry["name"]], cpu[entry["name"]] = _weigh(entry["pid"])
    with redis.from_url(service.valkey_url) as valkey:
        frames = int(valkey.xlen("frames"))
    with psycopg.connect(service.postgres_url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM heads), (SELECT count(*) FROM waiting_samples),"
            " pg_database_size(current_database())"
        ).fetchone()
    assert row is not None
    return Moment(memory, cpu, frames, row[0], row[1], row[2] / 1e6)


def is_drained(service: Service) -> bool:
    """Whether everything that was accepted is in PostgreSQL."""
    with redis.from_url(service.valkey_url) as valkey, psycopg.connect(service.postgres_url) as connection:
        newest = valkey.xinfo_stream("frames")["last-generated-id"].decode()
        row = connection.execute("SELECT entry_id FROM drain").fetchone()
    assert row is not None
    return bool(row[0] == newest)


def _weigh(pid: int) -> tuple[float, float]:
    memory = cpu = 0.0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0, 0.0
    for each in family:
        try:
            memory += each.memory_full_info().pss / 1e6
            times = each.cpu_times()
            cpu += times.user + times.system
            if each is root:
                cpu += times.children_user + times.children_system
        except psutil.NoSuchProcess:
            continue
    return memory, cpu


class TickWatch:
    """Notes when each instant of the grid has been judged."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopping = threading.Event()
        self.late: list[float] = []  # seconds behind the instant
        self.took: list[float] = []  # ms
        self.missed = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        last = 0
        with psycopg.connect(self._service.postgres_url, autocommit=True) as connection:
            while not self._stopping.wait(0.1):
                row = connection.execute(
                    "SELECT (extract(epoch FROM last) * 1000)::bigint, took_ms FROM evaluation WHERE last > '-infinity'"
                ).fetchone()
                if row is None or row[0] <= last:
                    continue
                if last:
                    self.late.append(time.time() - row[0] / 1000)
                    self.took.append(row[1] or 0.0)
                    self.missed += (row[0] - last) // TICK_MS - 1
                last = row[0]
