"""Judging: one run's alerts in memory, moved on instant by instant by the state machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chalicelib.domain.alert_messages import describe
from chalicelib.domain.alerts import Alert, State, Transition, step, terms_of
from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.gaps import believed_from
from chalicelib.domain.instants import to_iso
from chalicelib.domain.rules import NoData, Rule, Verdict
from chalicelib.domain.series import Kind
from chalicelib.domain.verdicts import Readings
from chalicelib.services.evidence import Seen, compared_value, decisive, evidence_of
from chalicelib.services.rule_plan import Outlook, PlannedRule, RulePlan
from chalicelib.services.rule_sources import Group
from chalicelib.tsdb.windows import HOSTS, MAX_INTERVAL_MS

VALUES_WRITTEN_EVERY_MS = 60_000
_VERDICTS = tuple(Verdict)
_Key = tuple[str, Group]


@dataclass(slots=True)
class _Tracked:
    """An episode as it was when the run began (None: it did not exist), and as it is now."""

    before: Episode | None
    episode: Episode
    transitions: list[Transition] = field(default_factory=list)
    dropped: bool = False

    @property
    def is_over(self) -> bool:
        return self.dropped or self.episode.alert.state is State.RESOLVED


class Judging:
    """All live alerts through one run."""

    def __init__(
        self,
        plan: RulePlan,
        live: Iterable[Episode],
        *,
        healthy_since: int,
        new_id: Callable[[], str],
        most: int,
    ) -> None:
        self._plan = plan
        self._healthy_since = healthy_since
        self._new_id = new_id
        self._most = most
        self._tracked: dict[_Key, _Tracked] = {}
        self._over: list[_Tracked] = []
        self.errors: dict[str, str] = {}
        self.evidence: dict[str, Mapping[str, Any]] = {}
        for episode in live:
            number = plan.number_of.get(episode.rule_id)
            if number is not None:
                group = tuple(episode.tags.get(key, "") for key in plan.rules[number].rule.group_by)
                self._tracked[episode.rule_id, group] = _Tracked(episode, episode)

    def judge(self, outlook: Outlook, instant: int, *, hosts: Collection[str] | None, gap: bool) -> None:
        """Move every alert on to an instant. `hosts` are those whose silence means something."""
        groups: dict[int, set[Group]] = defaultdict(set)
        for number, rows in outlook.breached():
            groups[number].update(_groups(self._plan.rules[number], rows))
        for number, planned in enumerate(self._plan.rules):
            if planned.takes_silence_for_a_breach:
                rows = outlook.rows_with(number, Verdict.NO_DATA)
                groups[number].update(g for g in _groups(planned, rows) if _is_watched(planned.rule, g, hosts))
        for rule_id, group in self._tracked:
            groups[self._plan.number_of[rule_id]].add(group)
        for number, wanted in groups.items():
            rule = self._plan.rules[number].rule
            if len(wanted) > self._most:
                self.errors[rule.id] = (
                    f"{len(wanted)} groups are breached at once, {self._most} are allowed (MAX_ALERTS_PER_RULE): "
                    "group by fewer tags, or select fewer series."
                )
            else:
                self.errors.pop(rule.id, None)
                self._judge_rule(outlook, number, sorted(wanted), instant, gap=gap)

    def changes(self) -> list[Change]:
        """What has become of every alert that changed its state: the net result of the run."""
        found = []
        for each in (*self._over, *self._tracked.values()):
            if not each.transitions or (each.dropped and each.before is None):
                continue
            rule = self._plan.rules[self._plan.number_of[each.episode.rule_id]].rule
            before = None if each.before is None else each.before.alert.state
            found.append(Change(before, each.episode, rule, each.dropped, tuple(each.transitions)))
        return found

    def refreshed(self) -> list[Episode]:
        """The alerts that stay in their state but have something new to remember."""
        return [
            each.episode
            for each in self._tracked.values()
            if not each.transitions and each.before is not None and each.episode != each.before
        ]

    def _judge_rule(self, outlook: Outlook, number: int, groups: list[Group], instant: int, *, gap: bool) -> None:
        planned = self._plan.rules[number]
        rows = [planned.row_of.get(group, -1) for group in groups]
        here = [row for row in rows if row >= 0]
        calm = dict(zip(here, outlook.verdicts(number, here, firing=False).tolist(), strict=True)) if here else {}
        firing = calm
        if here and any(condition.recovery_threshold is not None for condition in planned.rule.conditions):
            firing = dict(zip(here, outlook.verdicts(number, here, firing=True).tolist(), strict=True))
        believed = self._believes_in_silence(outlook, number, instant)
        counts_hosts = any(condition.aggregation == HOSTS for condition in planned.rule.conditions)
        for group, row in zip(groups, rows, strict=True):
            tracked = self._tracked.get((planned.rule.id, group))
            is_firing = tracked is not None and tracked.episode.alert.state is State.FIRING
            verdict = _VERDICTS[(firing if is_firing else calm).get(row, Verdict.NO_DATA)]
            if (verdict is Verdict.NO_DATA or counts_hosts) and not believed:
                verdict = Verdict.UNKNOWN
            self._step(outlook, number, group, row, tracked, verdict, instant, gap=gap)

    def _step(
        self,
        outlook: Outlook,
        number: int,
        group: Group,
        row: int,
        tracked: _Tracked | None,
        verdict: Verdict,
        instant: int,
        *,
        gap: bool,
    ) -> None:
        planned = self._plan.rules[number]
        kind = planned.kinds[row] if row >= 0 else Kind.SAMPLED
        before = None if tracked is None else tracked.episode.alert
        alert, transitions = step(
            terms_of(planned.rule, kind), before, verdict, instant, new_id="" if tracked else self._new_id(), gap=gap
        )
        is_same = alert is before and tracked is not None and _is_up_to_date(tracked.episode, planned.rule)
        if not transitions and is_same and instant % VALUES_WRITTEN_EVERY_MS:
            return  # nothing new, and not the minute to write values down
        if alert is None and tracked is None:
            return
        seen = outlook.readings(number, [row]) if row >= 0 else _nothing_seen(planned)
        if tracked is None:
            assert alert is not None
            tracked = _Tracked(None, _begin(planned, alert, group))
            self._tracked[planned.rule.id, group] = tracked
        tracked.transitions += transitions
        tracked.dropped = alert is None
        holds = verdict is Verdict.BREACHED or (
            verdict is Verdict.NO_DATA and planned.rule.policy(kind) is NoData.ALERT
        )
        tracked.episode = _update(planned, tracked.episode, alert, seen, holds=holds, moved=bool(transitions))
        if transitions:
            was_firing = before is not None and before.state is State.FIRING
            shown = evidence_of(planned, seen, firing=was_firing)
            self.evidence[tracked.episode.alert.id] = {"instant": to_iso(instant), "gap": gap, **shown}
        if tracked.is_over:
            self._over.append(self._tracked.pop((planned.rule.id, group)))

    def _believes_in_silence(self, outlook: Outlook, number: int, instant: int) -> bool:
        window = max(condition.window for condition in self._plan.rules[number].rule.conditions) * 1000
        if instant >= believed_from(self._healthy_since, window, MAX_INTERVAL_MS):
            return True  # as nearly always: nobody needs to look how slow the series are
        return instant >= believed_from(self._healthy_since, window, outlook.longest_interval(number))


def _groups(planned: PlannedRule, rows: Iterable[int]) -> list[Group]:
    groups = tuple(planned.row_of)
    return [groups[row] for row in rows]


def _is_watched(rule: Rule, group: Group, hosts: Collection[str] | None) -> bool:
    """Whether a group's silence means something: hosts that were forgotten, or are long gone, are not missed."""
    if hosts is None or "host" not in rule.group_by:
        return True
    return group[rule.group_by.index("host")] in hosts


def _is_up_to_date(episode: Episode, rule: Rule) -> bool:
    """Whether it shows the rule as it is: a name or severity may have been edited."""
    return episode.rule_name == rule.name and episode.severity is rule.severity


def _nothing_seen(planned: PlannedRule) -> Seen:
    nothing = np.full(1, np.nan)
    return [
        (Readings(nothing, nothing if condition.operator.is_change else None), np.zeros(1, np.int64))
        for condition in planned.rule.conditions
    ]


def _begin(planned: PlannedRule, alert: Alert, group: Group) -> Episode:
    rule = planned.rule
    return Episode(
        alert=alert,
        rule_id=rule.id,
        rule_name=rule.name,
        metric_types=rule.metric_types,
        severity=rule.severity,
        tags={key: value for key, value in zip(rule.group_by, group, strict=True) if value},
        value=None,
        threshold=None,
        message="",
        version=0,
    )


def _update(
    planned: PlannedRule, episode: Episode, alert: Alert | None, seen: Seen, *, holds: bool, moved: bool
) -> Episode:
    """The episode as people see it now. The message tells of the breach, also once it is over or no more data comes."""
    rule = planned.rule
    place = decisive(planned, seen, episode, holds=holds)
    condition, unit = rule.conditions[place], planned.sources[place][0].unit
    value = compared_value(condition, seen[place][0])
    shown_unit = "percent" if condition.operator.is_change else unit
    return replace(
        episode,
        alert=episode.alert if alert is None else alert,
        rule_name=rule.name,
        metric_types=tuple(dict.fromkeys((condition.metric_type, *rule.metric_types))),
        severity=rule.severity,
        value=value,
        threshold=condition.threshold,
        unit=shown_unit,
        message=describe(rule.name, condition, value, unit, episode.tags) if holds else episode.message,
        version=episode.version + moved,
    )
