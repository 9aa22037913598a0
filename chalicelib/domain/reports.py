"""A performance report: what was found in a range, before it is written in any form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.episodes import Episode
from chalicelib.domain.names import (
    ACTIVE_USERS,
    CPU_USAGE,
    ERROR_RATE,
    MEMORY_USAGE,
    RESPONSE_TIME,
    SYSTEM_LOAD,
    THROUGHPUT,
)
from chalicelib.domain.report_figures import Coverage
from chalicelib.domain.report_ranges import ReportRange
from chalicelib.domain.rules import Severity
from chalicelib.domain.trends import Trend

# metric type -> its name in a report's `metrics`, and its unit there; in the specification's order
FIGURES: dict[str, tuple[str, str]] = {
    RESPONSE_TIME: ("averageResponseTime", "ms"),
    ERROR_RATE: ("errorRate", "percent"),
    THROUGHPUT: ("throughput", "requests/s"),
    ACTIVE_USERS: ("activeUsers", "count"),
    SYSTEM_LOAD: ("systemLoad", "load"),
    MEMORY_USAGE: ("memoryUsage", "percent"),
    CPU_USAGE: ("cpuUsage", "percent"),
}

APDEX_THRESHOLD = 500  # ms: who waits no longer is satisfied; health warns above it


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How response times are distributed, in ms; Apdex from 0 to 1: (satisfied + tolerated / 2) / all."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    apdex: float | None = None


@dataclass(frozen=True, slots=True)
class EndpointFigures:
    """One endpoint: its requests, how long they took (ms), and what share of them failed (None: nobody said)."""

    endpoint: str
    requests: int
    average: float
    p95: float
    error_rate: float | None = None


@dataclass(frozen=True, slots=True)
class HostFigures:
    """One host's averages in percent, and the 95th percentile of its processors' usage."""

    host: str
    cpu: float | None
    cpu_p95: float | None
    memory: float | None


@dataclass(frozen=True, slots=True)
class SuggestedFix:
    """A longer duration for a noisy rule, tried on the very alerts that it fired: so many would have been left."""

    duration: int
    would_have_fired: int


@dataclass(frozen=True, slots=True)
class RuleNoise:
    """How often one rule fired, and how much of that was over before anybody could look."""

    rule_id: str
    rule_name: str
    fired: int
    acknowledged: int
    short: int
    fix: SuggestedFix | None = None


@dataclass(frozen=True, slots=True)
class AlertStatistics:
    """What alerts did in a range; medians in seconds, None where there is nothing to take them of."""

    fired: int = 0
    acknowledged: int = 0
    resolved: int = 0
    seconds_to_acknowledge: float | None = None
    seconds_to_resolve: float | None = None
    noisiest: tuple[RuleNoise, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a disk will be full at its present rate: in days from the end of the range, at the earliest and latest."""

    host: str
    mount: str
    percent: float
    percent_a_day: float
    days: float
    earliest: float
    latest: float

    @property
    def confidence(self) -> str:
        """`high` or `medium`, by how far earliest and latest lie apart."""
        return "high" if self.latest - self.earliest <= 0.4 * self.days else "medium"


@dataclass(frozen=True, slots=True)
class Impact:
    """A business metric that follows a performance metric: `lag_minutes` later, by rank correlation over n buckets."""

    performance: str
    business: str
    rho: float
    lag_minutes: int
    p_value: float
    buckets: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to know or do, and what that rests on; `id` names the rule that said so."""

    id: str
    message: str
    severity: Severity
    evidence: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setup:
    """How the service is set up, as far as recommendations care."""

    recorded: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()
    enabled_rules: int = 0
    telling_rules: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the range: where it begins (epoch ms), and each metric's average."""

    begins: int
    figures: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says. Figures are by metric type, None where nothing was recorded."""

    range: ReportRange
    generated_at: int
    figures: Mapping[str, float | None]
    previous: Mapping[str, float | None]
    trends: tuple[Trend, ...]
    coverage: Coverage
    steps: tuple[Step, ...]
    response_times: ResponseTimes = ResponseTimes()
    slowest: tuple[EndpointFigures, ...] = ()
    failing: tuple[EndpointFigures, ...] = ()
    hosts: tuple[HostFigures, ...] = ()
    alerts: tuple[Episode, ...] = ()
    alert_statistics: AlertStatistics = AlertStatistics()
    forecasts: tuple[Forecast, ...] = ()
    impacts: tuple[Impact, ...] = ()
    setup: Setup = Setup()
    notes: tuple[str, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()

    def trend_of(self, metric_type: str) -> Trend | None:
        """A metric's trend."""
        return next((trend for trend in self.trends if trend.metric_type == metric_type), None)
