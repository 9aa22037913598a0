"""A rule: when an alert is due, for how long it must be so, and whom to tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from chalicelib.domain.conditions import Condition
from chalicelib.domain.series import Kind

DEFAULT_REPEAT_INTERVAL = 14_400


class Severity(StrEnum):
    """How bad it is, the mildest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Match(StrEnum):
    """How several conditions join."""

    ALL = "all"
    ANY = "any"


class Verdict(IntEnum):
    """What was found at one instant. The order joins conditions: with `all` the lowest counts, with `any` the highest.

    UNKNOWN never comes from values: it stands in NO_DATA's place while the service itself may lack the data.
    """

    CLEAR = 0
    NO_DATA = 1
    BREACHED = 2
    UNKNOWN = 3


class NoData(StrEnum):
    """What no data counts as: clear, breached, or nothing at all."""

    IGNORE = "ignore"
    ALERT = "alert"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Whom to tell when nobody has acknowledged `after` seconds after the first telling."""

    after: int
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """All times in seconds. Of `conditions` there is at least one.

    `no_data` None: by the kind of series, see `policy`. `cooldown_period` None: the service's own
    (ALERT_COOLDOWN_PERIOD). `repeat_interval` 0: never again. `group_by` empty: one alert over everything.
    `group_wait`: a channel hears so much later that it fires, and then of all alerts of the rule that do; 0: at once.
    """

    id: str
    name: str
    conditions: tuple[Condition, ...]
    match: Match = Match.ALL
    group_by: tuple[str, ...] = ()
    duration: int = 0
    keep_firing_for: int = 0
    no_data: NoData | None = None
    severity: Severity = Severity.MEDIUM
    enabled: bool = True
    recipients: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    escalation: tuple[EscalationStep, ...] = ()
    cooldown_period: int | None = None
    repeat_interval: int = DEFAULT_REPEAT_INTERVAL
    group_wait: int = 0
    description: str = ""
    runbook_url: str = ""

    @property
    def metric_types(self) -> tuple[str, ...]:
        """Every metric type that it reads, in the order of its conditions."""
        return tuple(dict.fromkeys(condition.metric_type for condition in self.conditions))

    def policy(self, kind: Kind) -> NoData:
        """What no data counts as. Events that stay away are no news; samples that stay away hide what is going on."""
        if self.no_data is not None:
            return self.no_data
        return NoData.KEEP if kind is Kind.SAMPLED else NoData.IGNORE


def judges_the_same(before: Rule, after: Rule) -> bool:
    """Whether an edit left alone what the rule judges: metric, tags, grouping and conditions but for their thresholds.

    If not, alerts of the old kind have no meaning under the new rule and are resolved as `rule_changed`.
    """
    return (
        before.group_by == after.group_by
        and before.match == after.match
        and len(before.conditions) == len(after.conditions)
        and all(old.judges_the_same(new) for old, new in zip(before.conditions, after.conditions, strict=True))
    )
