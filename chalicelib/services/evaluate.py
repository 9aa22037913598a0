"""Evaluate: judge every rule at an instant of the grid, move the alerts on, and have people told.

1. Outside of any transaction: the rules if they have changed, the newest samples, the plan on the series there are.
2. In one transaction, which holds the evaluation's row: every instant that is due is judged and stepped; alerts,
   transitions with their evidence, events and what is to be told are written together or not at all. If the row has
   changed since before the first step, that is done again: whoever judged meanwhile had seen more, and on less than
   that an alert would end that still fires.

An instant is judged once, whoever delivers it how often. A rule that cannot be judged says so and touches neither its
alerts nor other rules.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.evaluations import EvaluationState
from chalicelib.domain.gaps import Due, due_instants
from chalicelib.domain.rule_records import RuleRecord
from chalicelib.services.judging import Judging
from chalicelib.services.past import Past
from chalicelib.services.ports.alerting import SilenceBook, Teller, UnitOfWork
from chalicelib.services.ports.evaluation import EvaluationBook, JudgedRules, LiveAlerts
from chalicelib.services.recent import Recent
from chalicelib.services.rule_plan import RulePlan, reach_of
from chalicelib.services.watch_hosts import WatchHosts
from chalicelib.tsdb.windows import Stretch

REMEMBERED_MS = 7_200_000  # changes against what is no longer ago than this are judged from memory
SEEN_WITHIN_MS = 86_400_000
TRIES = 3
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Evaluated:
    """What a run did: how many instants it judged, how many alerts changed, how many rules could not be judged."""

    instants: int = 0
    changes: int = 0
    errors: int = 0


class Evaluate:
    """Judges rules."""

    def __init__(
        self,
        unit: UnitOfWork,
        book: EvaluationBook,
        rules: JudgedRules,
        alerts: LiveAlerts,
        silences: SilenceBook,
        teller: Teller,
        recent: Recent,
        past: Past,
        hosts: WatchHosts,
        *,
        new_id: Callable[[], str],
        clock: Callable[[], float],
        tick_ms: int,
        max_alerts: int,
    ) -> None:
        self._unit = unit
        self._book = book
        self._rules = rules
        self._alerts = alerts
        self._silences = silences
        self._teller = teller
        self._recent = recent
        self._past = past
        self._hosts = hosts
        self._new_id = new_id
        self._clock = clock
        self._tick_ms = tick_ms
        self._max_alerts = max_alerts
        self._version = -1
        self._records: dict[str, RuleRecord] = {}
        self._errors: dict[str, str] = {}
        self._judged: int | None = None  # of the instants, the latest of this container's
        self._reach: dict[str, int] = {}
        self._plan = RulePlan((), {})
        self._far: dict[int, Stretch] = {}
        self._far_reach: dict[int, dict[str, int]] = {}

    def run(self, instant: int, *, healthy: bool) -> Evaluated:
        """Judge the instant, and those before it that were missed by no more than two minutes; epoch ms.

        `healthy` says that everything that was sent has been drained; otherwise no data may be late data. Raises
        Unavailable; then nothing has been judged.
        """
        began = self._clock()
        for _ in range(TRIES):
            known = self._book.state()
            self._prepare(instant, known.rules_version)
            with self._unit.transaction():
                state = self._book.begin()
                if state != known:
                    continue  # somebody changed a rule or judged an instant just now
                done, errors = self._judge_due(state, instant, began, healthy=healthy)
            self._errors = errors  # only now: what could not be committed has to be written again
            if done.instants:
                self._judged = instant
            return done
        return Evaluated()  # the next instant takes this one along

    def _prepare(self, instant: int, version: int) -> None:
        """Know the rules of this version or a later one, the newest samples and the series."""
        is_new = version != self._version
        if is_new:
            self._records = {record.rule.id: record for record in self._rules.enabled()}
            self._errors = {each: record.last_error for each, record in self._records.items() if record.last_error}
            self._reach = reach_of((record.rule for record in self._records.values()), remembered=REMEMBERED_MS)
        self._hosts.note(self._recent.catch_up(self._reach, instant))
        if is_new or self._recent.grown:
            self._plan = RulePlan((record.rule for record in self._records.values()), self._recent.by_metric())
            self._far_reach = self._plan.far(REMEMBERED_MS // 1000)
            self._past.forget()
        self._far = {
            offset: self._past.stretch(offset * 1000, reach, self._recent.definitions, instant)
            for offset, reach in self._far_reach.items()
        }
        self._version = version

    def _judge_due(
        self, state: EvaluationState, instant: int, began: float, *, healthy: bool
    ) -> tuple[Evaluated, dict[str, str]]:
        """What it did, and why which rules could not be judged."""
        due = due_instants(state.last, instant, self._tick_ms)
        if not due.instants:
            return Evaluated(), self._errors
        healthy_since = instant if due.gap or not healthy or state.healthy_since is None else state.healthy_since
        if due.gap:
            _log.warning("rules were not judged for a while", extra={"last": state.last, "instant": instant})
        judging = self._judge(due, healthy_since)
        changes = judging.changes()
        self._alerts.save(changes, judging.evidence)
        self._alerts.refresh(judging.refreshed())
        errors = self._plan.errors | judging.errors
        noted = self._errors if state.last == self._judged else self._rules.errors()
        news = {each: errors.get(each) for each in self._records if errors.get(each) != noted.get(each)}
        if news:
            self._rules.note_errors(news, instant)
        self._teller.run(changes, self._silences.relevant(instant), instant)
        self._book.finish(instant, healthy_since, (self._clock() - began) * 1000)
        for change in changes:
            for each in change.transitions:
                extra = {"alert": each.alert_id, "rule": change.episode.rule_id, "to": each.target, "at": each.at}
                _log.info("an alert changed", extra=extra)
        return Evaluated(len(due.instants), len(changes), len(errors)), errors

    def _judge(self, due: Due, healthy_since: int) -> Judging:
        judging = Judging(
            self._plan, self._alerts.live(), healthy_since=healthy_since, new_id=self._new_id, most=self._max_alerts
        )
        watched = None
        if any(planned.takes_silence_for_a_breach for planned in self._plan.rules):
            watched = {host.name for host in self._hosts.known(due.instants[-1] - SEEN_WITHIN_MS)}
        for place, instant in enumerate(due.instants):
            outlook = self._plan.at(self._stretch, instant)
            judging.judge(outlook, instant, hosts=watched, gap=due.gap and place == 0)
        return judging

    def _stretch(self, offset: int) -> Stretch:
        """The samples that lie `offset` seconds back."""
        return self._recent.held if offset * 1000 <= REMEMBERED_MS else self._far[offset]
