"""An episode: one alert with all that people want to know of it, and the change that it has just gone through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.alerts import Alert, State, Transition
from chalicelib.domain.lifecycle import Acknowledgement
from chalicelib.domain.rules import Rule, Severity
from chalicelib.domain.silences import Subject


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert of one rule on one group of tags, as it is stored, listed and told.

    `value` is the value last judged (None: there was no data), in `unit`, against `threshold`. `message` is the one
    sentence that says what is the matter. `metric_types` are all that the rule reads, the first one being the alert's.
    """

    alert: Alert
    rule_id: str
    rule_name: str
    metric_types: tuple[str, ...]
    severity: Severity
    tags: Mapping[str, str]
    value: float | None
    threshold: float | None
    message: str
    unit: str = ""
    acknowledgement: Acknowledgement | None = None
    resolved_by: str | None = None
    version: int = 1

    @property
    def metric_type(self) -> str:
        """What it is about."""
        return self.metric_types[0]

    @property
    def subject(self) -> Subject:
        """What silences look at."""
        return Subject(self.rule_id, self.metric_types, self.severity, self.tags)


@dataclass(frozen=True, slots=True)
class Change:
    """What has just become of an episode.

    `before` is the state that it had (None: it did not exist); `dropped` says that a pending one is gone as if it had
    never been. `rule` is the rule as it stands now, None when it has been deleted: then there are no channels but those
    told before. `transitions` are what was written with it, with the evidence of each.
    """

    before: State | None
    episode: Episode
    rule: Rule | None
    dropped: bool = False
    transitions: tuple[Transition, ...] = field(default=())

    @property
    def after(self) -> Alert | None:
        """The alert now, None when it was dropped."""
        return None if self.dropped else self.episode.alert
