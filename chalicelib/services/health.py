"""How is the system: reads the last minutes' figures and the state of the service's own parts, and judges them.

1. The database's own facts in one round trip, then the stream: each unreachable store is a failed check.
2. The figures: response time and error rate over everything, memory, CPU and disk at the worst place.
3. The checks of the specification first, the further ones behind them; together they make the status.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.errors import ServiceError, Unavailable
from chalicelib.domain.health import (
    Check,
    HealthReport,
    Limits,
    Status,
    StoreFacts,
    active_alerts_check,
    age_check,
    collector_check,
    dead_letters_check,
    error_rate_check,
    hosts_check,
    recipients_check,
    refused_check,
    response_time_check,
    roll_up,
    usage_check,
)
from chalicelib.domain.names import CPU_USAGE, DISK_USAGE, ERROR_RATE, MEMORY_USAGE, RESPONSE_TIME
from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.ports.health import Entries, HealthHistory, HealthStore
from chalicelib.services.ports.queries import Queries, Together

CACHED_MS = 5_000
KEPT_MS = 90 * 86_400_000
MINUTE_MS = 60_000
MAX_MINUTES = 1_500
_RECENT_LOSS_MS = 86_400_000
# Longer than any instant: the whole window is one step, so averages weigh every sample alike.
_ONE_STEP = 10**8 * 3_600_000
BACKLOG = Limits(60, 300)
TICK = Limits(60, 180)
COMPACTION = Limits(1_800, 7_200)

FIGURES = ("Response Time", "Error Rate", "Memory Usage", "CPU Usage", "Disk Usage")


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """When a figure warns and when it fails, and over how many seconds it is averaged."""

    response_time: Limits
    error_rate: Limits
    memory: Limits
    cpu: Limits
    disk: Limits
    window_seconds: int = 300


class SystemHealth:
    """Judges the system; an answer stands for five seconds."""

    def __init__(
        self,
        together: Together,
        store: HealthStore,
        stream: Entries,
        history: HealthHistory,
        limits: HealthLimits,
    ) -> None:
        self._together = together
        self._store = store
        self._stream = stream
        self._history = history
        self._limits = limits
        self._last: HealthReport | None = None

    def run(self, now: int) -> HealthReport:
        """All checks at `now` (epoch ms), or those of up to five seconds ago. Never raises for what is down."""
        if self._last is None or not 0 <= now - self._last.at < CACHED_MS:
            self._last = self._judge(now)
        return self._last

    def record(self, now: int) -> HealthReport:
        """Judge, and keep what was found for 90 days. Raises Unavailable when it cannot be kept."""
        report = self.run(now)
        self._history.add(report, now - KEPT_MS)
        return report

    def history(self, start: int, end: int) -> list[HealthReport]:
        """What was found minute by minute in [start, end), at most MAX_MINUTES of them, oldest first."""
        return self._history.between(start, end, MAX_MINUTES)

    def _judge(self, now: int) -> HealthReport:
        facts: StoreFacts | None = None
        try:
            facts = self._store.facts(now)
            database = Check("PostgreSQL", Status.PASS, "PostgreSQL answers")
        except Unavailable as error:
            database = Check("PostgreSQL", Status.FAIL, error.message)
        checks = [*self._figures(now, database, facts), database, *self._buffer(now, facts)]
        if facts is not None:
            checks += self._own(now, facts)
        return HealthReport(now, roll_up(checks, None if facts is None else facts.alerts), tuple(checks))

    def _figures(self, now: int, database: Check, facts: StoreFacts | None) -> list[Check]:
        """The specification's four checks, then CPU, disk and hosts."""
        if facts is None:
            return [_unreadable(name, database.message) for name in FIGURES]
        try:
            with self._together.queries() as queries:
                found = self._read(queries, now)
        except Unavailable as error:
            found = [_unreadable(name, error.message) for name in FIGURES]
        found.insert(3, active_alerts_check(facts.alerts))
        return [*found, hosts_check(facts.reporting_hosts, facts.silent_hosts)]

    def _read(self, queries: Queries, now: int) -> list[Check]:
        """The checks of FIGURES."""
        limits = self._limits

        def usage(name: str, metric: str, allowed: Limits, *places: str) -> Check:
            return usage_check(name, self._worst(queries, metric, now, places), allowed)

        checks: list[Callable[[], Check]] = [
            lambda: response_time_check(self._average(queries, RESPONSE_TIME, "ms", now), limits.response_time),
            lambda: error_rate_check(self._average(queries, ERROR_RATE, "percent", now), limits.error_rate),
            lambda: usage("Memory Usage", MEMORY_USAGE, limits.memory, "host"),
            lambda: usage("CPU Usage", CPU_USAGE, limits.cpu, "host"),
            lambda: usage("Disk Usage", DISK_USAGE, limits.disk, "host", "mount"),
        ]
        found = []
        for name, check in zip(FIGURES, checks, strict=True):
            try:
                found.append(check())
            except ServiceError as error:
                found.append(_unreadable(name, error.message))
        return found

    def _buffer(self, now: int, facts: StoreFacts | None) -> list[Check]:
        """Valkey, and for how long the oldest frame in it has been waiting for the drain."""
        after = "-" if facts is None or facts.drained_entry == "0-0" else f"({facts.drained_entry}"
        try:
            waiting = self._stream.read(after, 1)
        except Unavailable as error:
            return [Check("Valkey", Status.FAIL, error.message)]
        checks = [Check("Valkey", Status.PASS, "Valkey answers")]
        if facts is not None:
            age = max(0, now - int(waiting[0][0].partition("-")[0])) / 1000 if waiting else None
            words = {"good": "Oldest samples wait {} to be stored", "never": "No samples wait to be stored"}
            checks.append(age_check("Ingest Backlog", age, BACKLOG, **words))
        return checks

    def _own(self, now: int, facts: StoreFacts) -> list[Check]:
        """The service's own work: tick, compaction, lost samples, dead letters, recipients."""
        checks = [
            age_check(
                "Evaluation", _seconds_since(facts.last_tick, now), TICK, good="Last tick {} ago", never="No tick yet"
            ),
            age_check(
                "Compaction",
                _seconds_since(facts.oldest_head, now),
                COMPACTION,
                good="Oldest sample waits {} to be compacted",
                never="Nothing waits to be compacted",
            ),
        ]
        if facts.last_loss is not None and now - facts.last_loss < _RECENT_LOSS_MS:
            message = f"{facts.lost_frames} frames were lost by Valkey, the last within a day"
            checks.append(Check("Lost Samples", Status.WARN, message, facts.lost_frames))
        if facts.refused is not None:
            checks.append(refused_check(facts.refused))
        checks.append(dead_letters_check(facts.dead_letters))
        if facts.targets.enabled:
            checks.append(collector_check(facts.targets))
        return [*checks, recipients_check(facts.telling_rules, facts.enabled_rules)]

    def _average(self, queries: Queries, metric_type: str, unit: str, now: int) -> float | None:
        """The average over the window and all series."""
        found = queries.run(self._query(metric_type, unit, now)).series
        return found[0].points[-1][1] if found else None

    def _worst(self, queries: Queries, metric_type: str, now: int, places: tuple[str, ...]) -> tuple[str, float] | None:
        """Where the average is highest and how high; the place is '' when it is the only one."""
        found = queries.run(self._query(metric_type, "percent", now, places, topk=2)).series
        if not found:
            return None
        value = found[0].points[-1][1]
        assert value is not None  # points without a value are left out
        tags = found[0].tags
        return " ".join(tags[key] for key in places if tags[key]) if len(found) > 1 else "", value

    def _query(
        self, metric_type: str, unit: str, now: int, group_by: tuple[str, ...] = (), topk: int = 0
    ) -> MetricQuery:
        start = now - self._limits.window_seconds * 1000
        return MetricQuery(metric_type, start, now + 1, _ONE_STEP, unit=unit, group_by=group_by, topk=topk)


def _unreadable(name: str, why: str) -> Check:
    return Check(name, Status.WARN, f"Cannot be read: {why}")


def _seconds_since(instant: int | None, now: int) -> float | None:
    return None if instant is None else max(0, now - instant) / 1000
