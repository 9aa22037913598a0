"""The two stores, asked directly: works while the API is down. Needs psycopg and redis beside this package."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from perfmon_client.doctor.finding import Finding, fail, ok, skipped, warn
from perfmon_client.doctor.service import ticks

SECONDS = 5
LATE_DRAIN = timedelta(minutes=1)
STREAM = "frames"
LATE_COMPACTION = timedelta(hours=2)
LONG_RETENTION = timedelta(days=31)
FULL, NEARLY_FULL = 0.95, 0.75
_STATE = """
SELECT (SELECT nullif(last, '-infinity') FROM tick),
    (SELECT min(arrived_at) FROM heads), (SELECT count(*) FROM hours WHERE kept_until < current_date),
    (SELECT max(kept_until - arrived_at) FROM heads), pg_database_size(current_database())
"""


def database(url: str, now: datetime) -> Iterator[Finding]:
    """Can PostgreSQL be reached, is the schema there, is it tidied up, and how large has it become?"""
    try:
        import psycopg
    except ImportError:
        yield skipped("database", "it cannot be asked directly", "pip install 'psycopg[binary]'")
        return
    where = address(url)
    try:
        with psycopg.connect(url, connect_timeout=SECONDS, autocommit=True) as connection:
            connection.execute(f"SET statement_timeout = '{SECONDS}s'")
            yield ok("database", f"{where} can be reached")
            if connection.execute("SELECT to_regclass('migrations')").fetchone() == (None,):
                remedy = "Start the service (make run), or deploy it: the schema is made then."
                yield fail("schema", "the service's tables are not there: it was never initialized", remedy)
                return
            (count,) = connection.execute("SELECT count(*) FROM migrations").fetchone() or (0,)
            yield ok("schema", f"{count} migrations are applied")
            state = connection.execute(_STATE).fetchone()
    except psycopg.OperationalError as error:
        yield fail("database", f"{where}: {_reason(error)}", "Is PostgreSQL running, and is DATABASE_URL right?")
        return
    assert state is not None
    yield from _state(state, now)


def _state(state: tuple[Any, ...], now: datetime) -> Iterator[Finding]:
    tick, oldest, expired, kept, size = state
    yield from ticks(tick.isoformat() if tick else None, now)
    if oldest is not None and now - oldest > LATE_COMPACTION:
        says = f"samples of {oldest:%Y-%m-%d %H:%M} UTC are still not packed"
        yield fail("cleanup", says, "Look into the log of compact: unpacked samples take ten times the room.")
    elif expired:
        says = f"{expired} hours are past their retention and still there"
        yield fail("cleanup", says, "Look into the log of tick, which drops what has expired.")
    else:
        yield ok("cleanup", "samples are packed, and dropped when they have expired")
    gigabytes = f"{size / 1e9:.1f} GB"
    if kept is not None and kept > LONG_RETENTION:
        says = f"raw samples are kept for {kept.days} days; the database has {gigabytes}"
        yield warn(
            "retention", says, "Lower METRIC_RETENTION_HOURS: rollups stay, and are what long ranges are read from."
        )
    else:
        yield ok("retention", f"the database has {gigabytes}")


def valkey(url: str) -> Iterator[Finding]:
    """Can Valkey be reached, and how full is it?"""
    try:
        import redis
    except ImportError:
        yield skipped("valkey", "it cannot be asked directly", "pip install redis")
        return
    where = address(url)
    try:
        with redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
            memory: Any = client.info("memory")
    except redis.AuthenticationError:
        yield fail("valkey", f"{where} refuses the password", "Correct REDIS_URL: redis://user:password@host:6379")
        return
    except (redis.RedisError, OSError) as error:
        yield fail("valkey", f"{where}: {_reason(error)}", "Is Valkey running, and is REDIS_URL right?")
        return
    yield ok("valkey", f"{where} can be reached")
    most, used = int(memory.get("maxmemory") or 0), int(memory["used_memory"])
    says = f"{used / 1e6:.0f} of {most / 1e6:.0f} MB are used"
    if most and used > FULL * most:
        yield fail("buffer", f"Valkey is full: {says}; recording is refused", "See drain; then a larger Valkey.")
    elif most and used > NEARLY_FULL * most:
        yield warn("buffer", says, "See drain; then lower REALTIME_WINDOW_SECONDS or take a larger Valkey.")
    else:
        yield ok("buffer", says if most else f"{used / 1e6:.0f} MB are used")
    if memory.get("maxmemory_policy", "noeviction") != "noeviction":
        says = f"maxmemory-policy is {memory['maxmemory_policy']}: a full Valkey drops accepted samples"
        yield fail("buffer", says, "Set it to noeviction.")


def backlog(database_url: str, valkey_url: str, now: datetime) -> Iterator[Finding]:
    """Is what waits in Valkey drained into PostgreSQL?"""
    import psycopg
    import redis

    try:
        with psycopg.connect(database_url, connect_timeout=SECONDS) as connection:
            (entry,) = connection.execute("SELECT entry_id FROM drain").fetchone() or ("0-0",)
        with redis.Redis.from_url(valkey_url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
            waiting: Any = client.xrange(STREAM, min=f"({entry}", count=1)
    except (psycopg.Error, redis.RedisError, OSError):
        yield skipped("drain", "it takes both stores to see", "See database and valkey.")
        return
    since = None
    if waiting:
        since = datetime.fromtimestamp(int(waiting[0][0].partition(b"-")[0]) / 1000, timezone.utc)
    if since is not None and now - since > LATE_DRAIN:
        says = f"samples have waited in Valkey since {since:%Y-%m-%d %H:%M:%S} UTC"
        yield fail("drain", says, "They fill its memory: look into the log of tick.")
    else:
        yield ok("drain", "what is sent is drained")


def address(url: str) -> str:
    """A store's address without its password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or parts.path


def _reason(error: BaseException) -> str:
    """The first line of what a driver says, which is the cause."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip()


def now() -> datetime:
    """Now, in UTC."""
    return datetime.now(timezone.utc)
