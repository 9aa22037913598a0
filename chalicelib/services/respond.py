"""What people do to alerts: acknowledge, resolve, and end all alerts of a changed rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.alert_form import show_alert
from chalicelib.domain.alerts import Alert, Ending, Terms, step
from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.errors import NotFound
from chalicelib.domain.lifecycle import acknowledge, check_resolvable, check_version
from chalicelib.domain.rules import NoData, Rule
from chalicelib.services.ports.alerting import AlertBook, RuleBook, SilenceBook, Teller, UnitOfWork

_ENDS_AT_ONCE = Terms(0, 0, NoData.KEEP)  # an ending asks for no duration


class Respond:
    """Changes alerts on somebody's behalf, each in one transaction with what is to be told of it."""

    def __init__(
        self, unit: UnitOfWork, alerts: AlertBook, rules: RuleBook, silences: SilenceBook, teller: Teller
    ) -> None:
        self._unit = unit
        self._alerts = alerts
        self._rules = rules
        self._silences = silences
        self._teller = teller

    def acknowledge(
        self, alert_id: str, *, by: str, comment: str, expires_at: int | None, expected: int | None, now: int
    ) -> Episode:
        """Say that somebody has it in hand; twice gives the same answer. Raises NotFound, Conflict or InvalidInput."""
        with self._unit.transaction():
            before = _found(self._alerts.get(alert_id, lock=True), alert_id)
            check_version(expected, before.version, lambda: show_alert(before))
            seen = acknowledge(
                before.alert,
                before.acknowledgement,
                by=by,
                comment=comment,
                expires_at=expires_at,
                now=now,
                current=lambda: show_alert(before),
            )
            if seen == before.acknowledgement:
                return before
            after = replace(before, acknowledgement=seen, version=before.version + 1)
            self._alerts.acknowledge(after, now)
            self._tell([Change(before.alert.state, after, self._rule_of(after))], now)
        return after

    def resolve(self, alert_id: str, *, by: str, comment: str, expected: int | None, now: int) -> Episode:
        """Resolve an alert by hand; if it is still breached, a new one begins. Raises NotFound or Conflict."""
        with self._unit.transaction():
            before = _found(self._alerts.get(alert_id, lock=True), alert_id)
            check_version(expected, before.version, lambda: show_alert(before))
            check_resolvable(before.alert, current=lambda: show_alert(before))
            change = _ended(before, self._rule_of(before), Ending.MANUAL, by, now)
            assert change is not None  # a live alert that is ended by hand always changes
            self._save([change], {"comment": comment} if comment else {}, by, now)
        return change.episode

    def end_all(self, before: Rule, after: Rule | None, ending: Ending, *, actor: str, now: int) -> None:
        """End every live alert of a rule, within the transaction at hand; `after` is what became of the rule."""
        ended = [_ended(each, after, ending, actor, now) for each in self._alerts.live(before.id)]
        self._save([change for change in ended if change is not None], {}, actor, now)

    def end(self, episodes: list[Episode], ending: Ending, *, actor: str, now: int) -> None:
        """End these live alerts, within the transaction at hand."""
        ended = [_ended(each, self._rule_of(each), ending, actor, now) for each in episodes]
        self._save([change for change in ended if change is not None], {}, actor, now)

    def _save(self, changes: list[Change], evidence: Mapping[str, Any], actor: str, now: int) -> None:
        if changes:
            self._alerts.save(changes, {change.episode.alert.id: evidence for change in changes}, actor=actor)
            self._tell(changes, now)

    def _tell(self, changes: list[Change], now: int) -> None:
        self._teller.run(changes, self._silences.relevant(now), now)

    def _rule_of(self, episode: Episode) -> Rule | None:
        record = self._rules.get(episode.rule_id)
        return None if record is None else record.rule


def _ended(before: Episode, rule: Rule | None, ending: Ending, actor: str, now: int) -> Change | None:
    alert, transitions = step(_ENDS_AT_ONCE, before.alert, ending, now, new_id=before.alert.id)
    if not transitions:
        return None
    kept: Alert = before.alert if alert is None else alert
    after = replace(before, alert=kept, resolved_by=actor, version=before.version + 1)
    return Change(before.alert.state, after, rule, dropped=alert is None, transitions=transitions)


def _found(episode: Episode | None, alert_id: str) -> Episode:
    if episode is None:
        raise NotFound(f"There is no alert {alert_id[:64]!r}; one that never came to fire leaves no trace.")
    return episode
