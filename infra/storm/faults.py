"""What goes wrong: each fault is caused, lasts for a while, and is taken back."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import psycopg
import redis

from infra.storm.disks import full
from infra.storm.queues import messages_twice
from infra.storm.service import Service


@dataclass(frozen=True, slots=True)
class Fault:
    """`cause` breaks something and mends it at its end; `shows`: readiness must say so while it lasts.

    `disk` names the part whose directory must lie in a small file system.
    """

    name: str
    cause: Callable[[Service], AbstractContextManager[None]]
    seconds: float
    shows: bool
    disk: str = ""


def killed(part: str) -> Callable[[Service], AbstractContextManager[None]]:
    """kill -9; the supervisor starts it again."""

    @contextlib.contextmanager
    def cause(service: Service) -> Iterator[None]:
        os.kill(service.pid(part), signal.SIGKILL)
        yield

    return cause


def frozen(part: str) -> Callable[[Service], AbstractContextManager[None]]:
    """It stands still, as behind a network that swallows everything."""

    @contextlib.contextmanager
    def cause(service: Service) -> Iterator[None]:
        pid = service.pid(part)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    return cause


@contextlib.contextmanager
def out_of_memory(service: Service) -> Iterator[None]:
    """Valkey takes no more writes."""
    with redis.Redis.from_url(service.valkey_url) as valkey:
        before = valkey.config_get("maxmemory")["maxmemory"]
        valkey.config_set("maxmemory", 1)
        try:
            yield
        finally:
            valkey.config_set("maxmemory", before)


@contextlib.contextmanager
def bad_network(service: Service) -> Iterator[None]:
    """Clients hear late of what became of their requests, or never: they send them again."""
    service.wire.is_bad = True
    try:
        yield
    finally:
        service.wire.is_bad = False
        print(f"answers lost: {service.wire.lost}")


@contextlib.contextmanager
def no_connections(service: Service) -> Iterator[None]:
    """Others hold every connection that PostgreSQL has, and those of the service are cut."""
    held: list[psycopg.Connection] = []
    try:
        held.append(psycopg.connect(service.postgres_url, autocommit=True))
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up and len(held) < 200:
            held[0].execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'perfmon' AND pid <> pg_backend_pid()"
            )
            with contextlib.suppress(psycopg.OperationalError):
                held += [psycopg.connect(service.postgres_url) for _ in range(5)]
        yield
    finally:
        for connection in held:
            connection.close()


@contextlib.contextmanager
def postgres_disk_full(service: Service) -> Iterator[None]:
    """PostgreSQL has no room for its log of writes either: it stops, and cannot start."""
    with full("postgres")(service):
        with contextlib.suppress(psycopg.Error), psycopg.connect(service.postgres_url, autocommit=True) as connection:
            for _ in range(600):  # what it has room for is set aside beforehand, and must be used up
                connection.execute("SELECT pg_logical_emit_message(true, 'storm', repeat('x', 1000000))")
        yield


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("valkey killed", killed("valkey"), 3, shows=False),
        Fault("postgres killed", killed("postgres"), 3, shows=False),
        Fault("api killed", killed("api"), 3, shows=False),
        Fault("functions killed", killed("functions"), 3, shows=False),
        Fault("mail killed", killed("mail"), 2, shows=False),
        Fault("agent killed", killed("agent"), 2, shows=False),
        Fault("valkey out of memory", out_of_memory, 8, shows=True),
        Fault("postgres without connections", no_connections, 10, shows=True),
        Fault("valkey frozen", frozen("valkey"), 20, shows=True),
        Fault("queues frozen", frozen("aws"), 8, shows=False),
        Fault("network slow", bad_network, 20, shows=False),
        Fault("messages twice", messages_twice, 30, shows=False),
        Fault("postgres disk full", postgres_disk_full, 10, shows=True, disk="postgres"),
        Fault("valkey disk full", full("valkey"), 10, shows=True, disk="valkey"),
    )
}
