"""The composition root: builds every adapter and service, once per container, when it is first asked for.

Here the two stores and what records, keeps and reads metrics; every other area has a module of its own beside.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings

if TYPE_CHECKING:
    from chalicelib.services.active_users import ActiveUsers
    from chalicelib.services.agents import HearAgents
    from chalicelib.services.authenticate import Authenticate
    from chalicelib.services.browse import Browse
    from chalicelib.services.compact import Compact
    from chalicelib.services.derived import DerivedQueries
    from chalicelib.services.drain import Drain
    from chalicelib.services.ingest import Ingest
    from chalicelib.services.query_usage import QueryUsage
    from chalicelib.services.readiness import Readiness
    from chalicelib.services.realtime import Realtime
    from chalicelib.services.sessions import Sessions
    from chalicelib.services.tick import ScheduleTicks
    from chalicelib.services.tokens import Tokens
    from chalicelib.storage.postgres.connection import Database
    from chalicelib.storage.valkey.connection import Valkey
    from chalicelib.storage.valkey.stream import FrameStream


@cache
def valkey() -> Valkey:
    """The buffer."""
    from chalicelib.storage.valkey.connection import Valkey

    return Valkey(settings.current().redis_url)


@cache
def stream() -> FrameStream:
    """The stream of frames."""
    import secrets

    from chalicelib.storage.valkey.stream import FrameStream
    from chalicelib.tsdb.writer import Writer

    given = settings.current()
    writer = Writer(lambda: secrets.randbits(63))
    return FrameStream(valkey(), writer, replicas=given.valkey_replicas, max_frames=given.max_buffered_frames)


@cache
def ingest() -> Ingest:
    """Records samples."""
    from chalicelib.domain.series import TagPolicy
    from chalicelib.services.ingest import Ingest
    from chalicelib.services.rows import Rows
    from chalicelib.storage.valkey.metric_types import ValkeyMetricTypes

    given = settings.current()
    policy = TagPolicy(settings.names(given.high_cardinality_tags), settings.names(given.path_like_tags))
    rows = Rows(policy, ValkeyMetricTypes(valkey(), maximum=given.max_metric_types))
    return Ingest(rows, stream(), max_age_days=given.max_sample_age_days)


@cache
def hear_agents() -> HearAgents:
    """Notes what agents say of themselves."""
    from chalicelib.services.agents import HearAgents
    from chalicelib.storage.valkey.agents import ValkeyAgents

    return HearAgents(ValkeyAgents(valkey()))


@cache
def authenticate() -> Authenticate:
    """Judges Authorization headers."""
    from chalicelib.services.authenticate import Authenticate
    from chalicelib.storage.postgres.tokens import PostgresTokens
    from chalicelib.storage.valkey.counter import ValkeyCounter
    from chalicelib.storage.valkey.grants import ValkeyGrants

    given = settings.current()
    return Authenticate(
        ValkeyGrants(valkey()),
        PostgresTokens(database()),
        ValkeyCounter(valkey()),
        max_per_second=given.max_requests_per_second,
    )


@cache
def database() -> Database:
    """The truth."""
    from chalicelib.storage.postgres.connection import Database

    return Database(settings.current().database_url)


@cache
def tokens() -> Tokens:
    """Creates, lists and revokes tokens."""
    import secrets

    from chalicelib.services.tokens import Tokens
    from chalicelib.storage.postgres.audit import PostgresAudit
    from chalicelib.storage.postgres.tokens import PostgresTokens
    from chalicelib.storage.valkey.grants import ValkeyGrants

    audit = PostgresAudit(database())
    return Tokens(database(), PostgresTokens(database()), ValkeyGrants(valkey()), audit, secrets.token_bytes)


@cache
def sessions() -> Sessions:
    """Begins and ends sessions."""
    from chalicelib.services.sessions import Sessions

    return Sessions(tokens())


@cache
def active_users() -> ActiveUsers:
    """Keeps and counts different users."""
    import uuid

    from chalicelib.services.active_users import ActiveUsers
    from chalicelib.storage.postgres.distinct_users import PostgresDistinctUsers
    from chalicelib.storage.valkey.active_users import ValkeyActiveUsers

    kept = PostgresDistinctUsers(database(), days=settings.current().rollup_1h_retention_days)
    return ActiveUsers(ValkeyActiveUsers(valkey()), kept, lambda: uuid.uuid4().hex)


@cache
def realtime() -> Realtime:
    """Reads what arrived in the last minutes."""
    from chalicelib.services.realtime import Realtime
    from chalicelib.storage.postgres.catalogue import PostgresCatalogue

    return Realtime(stream(), PostgresCatalogue(database()))


@cache
def query() -> DerivedQueries:
    """Answers metric queries."""
    import time

    from chalicelib.services.derived import DerivedQueries
    from chalicelib.services.query import QueryMetrics
    from chalicelib.storage.postgres.samples import PostgresSamples

    return DerivedQueries(QueryMetrics(stream(), PostgresSamples(database(), lambda: time.time_ns() // 1_000_000)))


@cache
def query_usage() -> QueryUsage:
    """Notes what people ask for."""
    from chalicelib.services.query_usage import QueryUsage
    from chalicelib.storage.postgres.query_usage import PostgresQueryUsage

    return QueryUsage(PostgresQueryUsage(database()))


@cache
def browse() -> Browse:
    """Browses the catalogue."""
    from chalicelib.services.browse import Browse
    from chalicelib.storage.postgres.browse import PostgresBrowse
    from chalicelib.storage.postgres.catalogue import PostgresCatalogue

    return Browse(PostgresBrowse(database()), PostgresCatalogue(database()))


@cache
def readiness() -> Readiness:
    """Asks every dependency how it is."""
    import time

    from chalicelib.services.readiness import Readiness
    from chalicelib.storage.postgres.tick import PostgresTick

    return Readiness(PostgresTick(database()), stream(), time.perf_counter)


@cache
def schedule_ticks() -> ScheduleTicks:
    """Orders the instants to come."""
    from chalicelib.queues import SqsTickQueue
    from chalicelib.services.tick import ScheduleTicks

    given = settings.current()
    return ScheduleTicks(SqsTickQueue(given.tick_queue), tick_seconds=given.tick_seconds)


@cache
def drain() -> Drain:
    """Moves frames from the stream into the store."""
    from chalicelib.domain.series_limits import SeriesLimits
    from chalicelib.services.drain import Drain
    from chalicelib.storage.postgres.drain import PostgresDrain

    given = settings.current()
    limits = SeriesLimits(given.max_series_per_metric, given.max_new_series_per_hour)
    return Drain(
        stream(),
        PostgresDrain(database(), limits),
        retention_ms=given.metric_retention_hours * 3_600_000,
        live_window_ms=given.realtime_window_seconds * 1000,
    )


@cache
def compact() -> Compact:
    """Turns head rows into packed blocks."""
    import time

    from chalicelib.services.compact import Compact
    from chalicelib.storage.postgres.compaction import PostgresCompaction

    return Compact(PostgresCompaction(database(), settings.retentions(settings.current())), time.monotonic)


def migrate() -> list[str]:
    """Bring the schema up to date, and create what an installation begins with; the names of the migrations applied."""
    import time

    from chalicelib.storage.postgres.migrate import migrate as bring_up_to_date

    applied = bring_up_to_date(database())
    seed_rules(time.time_ns() // 1_000_000)
    return applied


def seed_rules(now: int) -> bool:
    """Create the default rules, once in an installation's life; whether that was now."""
    from chalicelib.domain.default_rules import default_rules
    from chalicelib.storage.postgres.rules import PostgresRules

    recipients = tuple(sorted(settings.names(settings.current().alert_default_recipients)))
    return PostgresRules(database()).seed(default_rules(recipients), now)
