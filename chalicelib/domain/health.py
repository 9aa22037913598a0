"""How the whole system does: checks in the words of the specification, and what they come to together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.series_limits import Refusal, RefusedSamples


class Status(StrEnum):
    """What one check found."""

    PASS = "pass"  # noqa: S105 -- a verdict, not a password
    WARN = "warn"
    FAIL = "fail"


class SystemStatus(StrEnum):
    """What all checks come to."""

    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Limits:
    """A value above `warn` warns, one above `fail` fails."""

    warn: float
    fail: float


@dataclass(frozen=True, slots=True)
class Check:
    """One check; `value` and `threshold` are None where there is nothing to compare.

    `threshold` is the limit that was crossed, or the one that would be crossed first. `counts` False: shown, but no
    part of the system's status, because it speaks of how the service is set up rather than of how anything runs.
    """

    name: str
    status: Status
    message: str
    value: float | None = None
    threshold: float | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class ActiveAlerts:
    """How many alerts fire, and how many of them are critical and high."""

    total: int
    critical: int
    high: int


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """The collector's targets: how many are switched on, which of them were not pulled in time, which are down."""

    enabled: int = 0
    overdue: tuple[str, ...] = ()
    down: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What the database says of the service; instants in epoch ms, None = it has not been yet.

    `drained_entry` is the last entry of the stream that was drained. `telling_rules` of `enabled_rules` have a
    recipient or a channel. `dead_letters` could not be delivered. `refused`: the metric type of which most samples were
    refused within the hour. `silent_hosts` have stopped reporting within the last day.
    """

    alerts: ActiveAlerts
    enabled_rules: int
    telling_rules: int
    reporting_hosts: int
    silent_hosts: tuple[str, ...]
    last_tick: int | None
    oldest_head: int | None
    dead_letters: int
    refused: RefusedSamples | None
    drained_entry: str
    lost_frames: int
    last_loss: int | None
    targets: TargetFacts = TargetFacts()


@dataclass(frozen=True, slots=True)
class HealthReport:
    """All checks of one instant (epoch ms)."""

    at: int
    status: SystemStatus
    checks: tuple[Check, ...]


def judge(value: float, limits: Limits) -> tuple[Status, float]:
    """The status of a value, and the threshold to show with it."""
    if value > limits.fail:
        return Status.FAIL, limits.fail
    return (Status.WARN if value > limits.warn else Status.PASS), limits.warn


def measured(name: str, what: str, text: str, value: float, limits: Limits, where: str = "") -> Check:
    """A check of a figure: `Memory usage: 82.3%`, with where it is that high when there are several places."""
    status, threshold = judge(value, limits)
    message = f"{what}: {text} on {where}" if where else f"{what}: {text}"
    return Check(name, status, message, round(value, 2), threshold)


def response_time_check(milliseconds: float | None, limits: Limits) -> Check:
    """The average response time; None = nothing was recorded."""
    if milliseconds is None:
        return Check("Response Time", Status.PASS, "No response time recorded yet")
    text = f"{milliseconds:.0f}ms"
    return measured("Response Time", "Average response time", text, milliseconds, limits)


def error_rate_check(percent: float | None, limits: Limits) -> Check:
    """The share of requests that failed; None = nothing was recorded."""
    if percent is None:
        return Check("Error Rate", Status.PASS, "No error rate recorded yet")
    return measured("Error Rate", "Error rate", f"{percent:.2f}%", percent, limits)


def usage_check(name: str, worst: tuple[str, float] | None, limits: Limits) -> Check:
    """`Memory Usage` or the like in percent at its worst place ('' = the only one); None = nothing was recorded."""
    what = name.removesuffix(" Usage")
    if worst is None:
        return Check(name, Status.PASS, f"No {what if what.isupper() else what.lower()} usage recorded yet")
    where, percent = worst
    return measured(name, f"{what} usage", f"{percent:.1f}%", percent, limits, where)


def active_alerts_check(alerts: ActiveAlerts) -> Check:
    """The alerts that fire: one that is critical fails, one that is high warns."""
    status = Status.FAIL if alerts.critical else Status.WARN if alerts.high else Status.PASS
    message = f"{alerts.total} active alerts ({alerts.critical} critical, {alerts.high} high)"
    return Check("Active Alerts", status, message, alerts.total)


def recipients_check(telling: int, enabled: int) -> Check:
    """Whether an alert would reach anybody: how many of the enabled rules tell somebody."""
    if enabled and not telling:
        message = "Alerts reach nobody: no enabled rule has a recipient or a channel; set ALERT_DEFAULT_RECIPIENTS"
        return Check("Alert Recipients", Status.WARN, message, 0, counts=False)
    return Check(
        "Alert Recipients", Status.PASS, f"{telling} of {enabled} enabled rules tell somebody", telling, counts=False
    )


def hosts_check(reporting: int, silent: Sequence[str]) -> Check:
    """Which hosts still report; the names of those that stopped."""
    known = reporting + len(silent)
    if not known:
        return Check("Hosts Reporting", Status.PASS, "No host recorded yet")
    status = Status.PASS if not silent else Status.WARN if reporting else Status.FAIL
    message = f"{reporting} of {known} hosts reporting"
    if silent:
        message += f"; silent: {_some(silent)}"
    return Check("Hosts Reporting", status, message, reporting, known)


def age_check(name: str, seconds: float | None, limits: Limits, *, good: str, never: str) -> Check:
    """How long something is ago or waits; `good` holds {} for the seconds, `never` says that it has not been yet."""
    if seconds is None:
        return Check(name, Status.PASS, never)
    status, threshold = judge(seconds, limits)
    return Check(name, status, good.format(f"{seconds:.0f} s"), round(seconds, 1), threshold)


def collector_check(targets: TargetFacts) -> Check:
    """Whether every target is pulled when it should be, and answers; when none is, it is the collector that fails."""
    late, down = targets.overdue, targets.down
    status = Status.PASS
    message = f"{targets.enabled} targets are pulled"
    if late:
        status = Status.FAIL if len(late) == targets.enabled else Status.WARN
        message = f"{len(late)} of {targets.enabled} targets were not pulled in time: {_some(late)}"
    elif down:
        status = Status.WARN
        message = f"{len(down)} of {targets.enabled} targets are down: {_some(down)}"
    return Check("Collector", status, message, len(late) + len(down))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def dead_letters_check(count: int) -> Check:
    """Whether there is anything that nobody was told."""
    status = Status.WARN if count else Status.PASS
    return Check("Dead Letters", status, f"{count} notifications could not be delivered", count)


def refused_check(refused: RefusedSamples) -> Check:
    """Samples were refused: they belong to series of which there are too many."""
    setting = {
        Refusal.SERIES_PER_METRIC: "MAX_SERIES_PER_METRIC",
        Refusal.NEW_SERIES_PER_HOUR: "MAX_NEW_SERIES_PER_HOUR",
    }[refused.reason]
    message = (
        f"{refused.samples} samples of {refused.metric_type[:64]} were refused within the hour: more series than"
        f" {setting} allows; take a tag with fewer values"
    )
    return Check("Series Limits", Status.WARN, message, refused.samples)


def roll_up(checks: Iterable[Check], alerts: ActiveAlerts | None) -> SystemStatus:
    """Any fail is critical; two warns, or an alert of severity high, are a warning; one warn alone is healthy."""
    counted = [check.status for check in checks if check.counts]
    if Status.FAIL in counted:
        return SystemStatus.CRITICAL
    if counted.count(Status.WARN) >= 2 or (alerts is not None and alerts.high):
        return SystemStatus.WARNING
    return SystemStatus.HEALTHY


def show_health(report: HealthReport) -> dict[str, object]:
    """The JSON form of the specification; what a check has no value for is left out."""
    checks: list[dict[str, object]] = []
    for check in report.checks:
        shown: dict[str, object] = {"name": check.name, "status": str(check.status), "message": check.message}
        if check.value is not None:
            shown["value"] = plain(check.value)
        if check.threshold is not None:
            shown["threshold"] = plain(check.threshold)
        checks.append(shown)
    return {"status": str(report.status), "checks": checks}


def plain(value: float) -> float | int:
    """245.0 is written 245."""
    return int(value) if value == int(value) else value
