"""Explain: why an alert is as it is, at any moment of its life; and what a rule has just seen.

The evidence was stored with each transition, so it is there when the samples are long gone. While they are still there,
the conditions are read again at the very moment that is asked about.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from chalicelib.domain.alert_form import Step, show_alert, show_step
from chalicelib.domain.alerts import State
from chalicelib.domain.conditions import Condition
from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.instants import to_iso
from chalicelib.domain.rules import Rule, Verdict
from chalicelib.domain.silences import muting
from chalicelib.domain.verdicts import Readings, compared_values, judge, judge_condition
from chalicelib.services.evidence import compared_value
from chalicelib.services.history import AlertHistory
from chalicelib.services.ports.alerting import RuleBook, SilenceBook
from chalicelib.services.trial import TryRules, grid, plan_on, read_groups

MAX_EVALUATIONS = 40_000  # as JSON some 4 MB: Lambda answers no more than 6


class Ledger(Protocol):
    """What was told of an alert, or was not, and why."""

    def of_alert(self, alert_id: str) -> Sequence[Mapping[str, Any]]:
        """Every decision, in order, as the API shows it. Raises Unavailable."""
        ...


class Standouts(Protocol):
    """What else changed when alerts fired."""

    def of_alert(self, alert_id: str) -> Mapping[str, Any] | None:
        """What was found, as the API shows it; None: nothing yet. Raises Unavailable."""
        ...


class Explain:
    """Explains alerts and rules."""

    def __init__(
        self,
        history: AlertHistory,
        rules: RuleBook,
        silences: SilenceBook,
        ledger: Ledger,
        trials: TryRules,
        standouts: Standouts,
        *,
        tick_ms: int,
    ) -> None:
        self._history = history
        self._rules = rules
        self._silences = silences
        self._ledger = ledger
        self._trials = trials
        self._standouts = standouts
        self._tick_ms = tick_ms

    def alert(self, alert_id: str, at: int) -> dict[str, Any]:
        """Why an alert stood as it did at `at`, epoch ms. Raises NotFound, or InvalidInput for a time before it."""
        episode, timeline = self._history.get(alert_id)
        passed = [step for step in timeline if step.at <= at]
        if not passed:
            raise InvalidInput(f"at: the alert began at {to_iso(episode.alert.pending_since)}, after that.", field="at")
        last = passed[-1]
        record = self._rules.get(episode.rule_id)
        mute = muting(self._silences.relevant(at), episode.subject, at)
        fires = last.target is State.FIRING
        seen = None if record is None else self._seen_at(record.rule, episode.tags, at, firing=fires)
        return {
            "alert": show_alert(episode),
            "at": to_iso(at),
            "state": str(last.target),
            "because": _because(last),
            "evidence": show_step(last),
            "conditions": seen,
            "mutedBy": None if mute is None else {"reason": str(mute.reason), "id": mute.id},
            "alsoChanged": self._standouts.of_alert(alert_id),
            "told": [dict(each) for each in self._ledger.of_alert(alert_id)],
            "timeline": [show_step(step) for step in timeline],
        }

    def evaluations(self, rule_id: str, count: int, *, now: int) -> dict[str, Any]:
        """What a rule saw at the last `count` instants, group by group. Raises NotFound."""
        record = self._rules.get(rule_id)
        if record is None:
            raise NotFound(f"There is no rule {rule_id[:64]!r}.")
        rule = record.rule
        end = now - now % self._tick_ms
        start = end - (count - 1) * self._tick_ms
        history = self._trials.samples(rule, start, end + 1)
        instants = grid(start, end, self._tick_ms)
        planned = plan_on(rule, history)
        if len(planned.row_of) * count > MAX_EVALUATIONS:
            most = MAX_EVALUATIONS // len(planned.row_of)
            raise InvalidInput(
                f"count: the rule has {len(planned.row_of)} groups; ask for at most {most}.", field="count"
            )
        groups = []
        for group in read_groups(planned, history, instants):
            verdicts = judge(rule, group.readings, firing=False)
            values = [
                [None if math.isnan(value) else value for value in compared_values(condition, readings).tolist()]
                for condition, readings in zip(rule.conditions, group.readings, strict=True)
            ]
            groups.append(
                {
                    "tags": dict(group.tags),
                    "evaluations": [
                        {
                            "at": to_iso(at),
                            "verdict": Verdict(int(verdicts[place])).name.lower(),
                            "values": [each[place] for each in values],
                        }
                        for place, at in enumerate(instants.tolist())
                    ],
                }
            )
        return {"ruleId": rule_id, "units": [present.unit for present, _ in planned.sources], "groups": groups}

    def _seen_at(self, rule: Rule, tags: Mapping[str, str], at: int, *, firing: bool) -> list[dict[str, Any]] | None:
        """What each condition reads at a moment; None when the rule no longer knows the group."""
        instant = at - at % self._tick_ms
        history = self._trials.samples(rule, instant, instant + 1)
        for group in read_groups(plan_on(rule, history), history, np.array([instant], np.int64)):
            if dict(group.tags) == dict(tags):
                pairs = zip(rule.conditions, group.readings, strict=True)
                return [_condition(condition, readings, firing=firing) for condition, readings in pairs]
        return None


def _condition(condition: Condition, readings: Readings, *, firing: bool) -> dict[str, Any]:
    verdict = Verdict(int(judge_condition(condition, readings, firing=firing)[0]))
    return {
        "metricType": condition.metric_type,
        "condition": str(condition.operator),
        "threshold": condition.limit(firing=firing),
        "value": compared_value(condition, readings),
        "verdict": verdict.name.lower(),
    }


def _because(step: Step) -> str:
    """The transition in words."""
    who = f" by {step.actor}" if step.actor else ""
    if step.target is State.PENDING:
        return "The condition came to hold; it must hold for the rule's duration before the alert fires."
    if step.target is State.FIRING:
        return "The condition held for the rule's duration."
    reasons = {
        "recovered": "The recovery condition held for as long as the rule asks.",
        "series_gone": f"The series stopped reporting, or its host was forgotten{who}; nothing says that it recovered.",
        "manual": f"It was resolved by hand{who}.",
        "rule_changed": f"What the rule judges was changed{who}.",
        "rule_disabled": f"The rule was switched off{who}.",
        "rule_deleted": f"The rule was deleted{who}.",
    }
    return reasons.get(step.reason or "", "It ended.")
