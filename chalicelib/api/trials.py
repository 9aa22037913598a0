"""Try rules before they are enabled: backtest, suggest a threshold, test on written series; and explain them after."""

from __future__ import annotations

from typing import Any

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.fields import Fields
from chalicelib.domain.instants import InvalidInstant, parse_instant, parse_moment, to_iso
from chalicelib.domain.rule_form import read_rule
from chalicelib.domain.rules import Rule
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import alerting

trials = Resource(__name__)
_DAY_MS = 86_400_000
_MAX_TRANSITIONS_SHOWN = 500


@trials.endpoint("POST", "/monitoring/alerts/rules/backtest", scope=Scope.READ)
def backtest_rule(request: Request) -> Answer:
    """Say what a rule would have done on history: firings, pages, minutes firing, flaps, every transition."""
    from chalicelib.services.backtest import GroupBacktest

    fields = Fields(request.json())
    rule, start, end = _read_trial(fields, request.now)
    fields.finish()
    trial = alerting.try_rules().on_stored(rule, start, end)

    def shown(group: GroupBacktest) -> dict[str, Any]:
        return {
            "tags": dict(group.tags),
            "firings": group.firings,
            "pages": group.pages,
            "dropped": group.dropped,
            "flaps": group.told.flaps,
            "minutesFiring": round(group.firing_ms / 60_000, 2),
            "told": {str(reason): count for reason, count in group.told.reasons.items()},
            "transitions": [
                {
                    "at": to_iso(each.at),
                    "from": None if each.source is None else str(each.source),
                    "to": None if each.target is None else str(each.target),
                    "reason": None if each.reason is None else str(each.reason),
                }
                for each in group.transitions[:_MAX_TRANSITIONS_SHOWN]
            ],
            "truncated": len(group.transitions) > _MAX_TRANSITIONS_SHOWN,
        }

    groups = [shown(group) for group in trial.groups]
    totals = {
        name: round(sum(group[name] for group in groups), 2)
        for name in ("firings", "pages", "dropped", "flaps", "minutesFiring")
    }
    return Answer(
        {
            "from": to_iso(start),
            "to": to_iso(end),
            "evaluations": len(trial.instants),
            "approximate": trial.is_approximate,
            **totals,
            "groups": groups,
        }
    )


@trials.endpoint("POST", "/monitoring/alerts/rules/suggest", scope=Scope.READ)
def suggest_threshold(request: Request) -> Answer:
    """Suggest a threshold and duration for at most so many pages a week, with what others would cost."""
    from chalicelib.services.suggest import Choice

    fields = Fields(request.json())
    given = fields.raw("rule")
    if isinstance(given, dict) and given.get("threshold") is None:
        given = given | {"threshold": 0}  # it is what is asked for
    target = fields.number("pagesPerWeek", low=0.01, high=10_000)
    rule, start, end = _read_trial(fields, request.now, given=given)
    fields.finish()
    found = alerting.suggest_threshold().run(rule, start, end, pages_per_week=1.0 if target is None else target)

    def shown(choice: Choice) -> dict[str, Any]:
        return {
            "threshold": choice.threshold,
            "duration": choice.duration,
            "pagesPerWeek": round(choice.pages_per_week, 3),
            "likelyAtMost": round(choice.likely_at_most, 3),
            "minutesFiring": round(choice.minutes_firing, 1),
            "fits": choice.fits,
        }

    message = None
    if found.best is None:
        message = (
            f"{found.weeks:.1f} weeks of data are too short to promise so few pages: ask for more of them a week, "
            "or come back with more history."
        )
    return Answer(
        {
            "suggestion": None if found.best is None else shown(found.best),
            "message": message,
            "weeksOfData": round(found.weeks, 3),
            "curve": [shown(choice) for choice in found.curve],
        }
    )


@trials.endpoint("POST", "/monitoring/alerts/rules/test", scope=Scope.READ)
def run_rule_test(request: Request) -> Answer:
    """Test a rule on series written down: `40x3 95x5 _x2`."""
    from chalicelib.services.rule_tests import read_rule_test, show_outcome

    outcomes = alerting.run_rule_tests().run(read_rule_test(request.json()))
    return Answer(
        {"passed": all(each.passed for each in outcomes), "expectations": [show_outcome(each) for each in outcomes]}
    )


@trials.endpoint("POST", "/monitoring/alerts/rules/import", scope=Scope.READ)
def convert_rules(request: Request) -> Answer:
    """Convert Prometheus alerting rules (the `groups` of a rules file, as JSON) into rules, without creating them."""
    from chalicelib.domain.prometheus_rules import import_groups

    converted = [
        {"name": each.name, "rule": each.rule, "notes": list(each.notes), "reason": each.reason or None}
        for each in import_groups(request.json())
    ]
    return Answer({"rules": converted, "next": None})


@trials.endpoint("GET", "/monitoring/alerts/rules/{rule_id}/evaluations", scope=Scope.READ, query=("count",))
def list_evaluations(request: Request, rule_id: str) -> Answer:
    """Show what a rule saw at the last instants, group by group."""
    count = request.whole_number("count", default=30, least=1, most=360)
    return Answer(alerting.explain().evaluations(rule_id, count, now=request.now))


@trials.endpoint("GET", "/monitoring/alerts/{alert_id}/explain", scope=Scope.READ, query=("at",))
def explain_alert(request: Request, alert_id: str) -> Answer:
    """Explain why an alert stands, or stood, as it does: what was seen, what was told and what was not."""
    try:
        at = parse_moment(request.query("at") or "now", request.now)
    except InvalidInstant as error:
        raise InvalidInput(f"at: {error}.", field="at") from None
    return Answer(alerting.explain().alert(alert_id, at))


def _read_trial(fields: Fields, now: int, *, given: object = None) -> tuple[Rule, int, int]:
    """The rule, given or by `ruleId`, and the range: a day up to now unless it says otherwise."""
    rule_id = fields.text("ruleId", most=100, default="")
    given = fields.raw("rule") if given is None else given
    end = _moment(fields, "to", now, now)
    start = _moment(fields, "from", end - _DAY_MS, now)
    if bool(rule_id) == (given is not None):
        fields.refuse("rule", "give either a rule or a ruleId")
        fields.finish()
    if rule_id:
        return alerting.rules().get(rule_id).rule, start, end
    return read_rule(given, rule_id="tried"), start, end


def _moment(fields: Fields, name: str, default: int, now: int) -> int:
    given = fields.raw(name)
    if given is None:
        return default
    try:
        if isinstance(given, str):
            return parse_moment(given, now)
        if isinstance(given, int | float) and not isinstance(given, bool):
            return parse_instant(given)
    except InvalidInstant as error:
        fields.refuse(name, str(error))
        return default
    fields.refuse(name, "must be ISO 8601 with a zone, epoch milliseconds, or relative like -7d")
    return default
