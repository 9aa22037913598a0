"""Rule tests: a rule on series that somebody wrote down, and what is expected of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chalicelib.domain.alerts import Alert, State, step, terms_of
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.fields import Fields
from chalicelib.domain.names import DEFAULT_UNITS
from chalicelib.domain.rule_form import read_rule
from chalicelib.domain.rules import Rule, Verdict
from chalicelib.domain.series import Definition, Kind
from chalicelib.domain.series_literals import InvalidSeries, parse_samples
from chalicelib.domain.verdicts import judge
from chalicelib.services.backtest import GroupHistory
from chalicelib.services.trial import grid, plan_on, read_groups
from chalicelib.services.trial_history import make_history
from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.windows import Ints

EPOCH = 1_767_225_600_000  # 2026-01-01T00:00:00Z: a test's time begins here
MAX_SERIES = 100
MAX_EXPECTED = 200
MAX_SAMPLES = 500_000  # of all series together
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Expected:
    """That a group's alert is in a state (None: that there is none) at so many seconds."""

    at: int
    state: State | None
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was expected, and what was found."""

    expected: Expected
    found: State | None

    @property
    def passed(self) -> bool:
        """Whether it is as expected."""
        return self.expected.state is self.found


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A rule, the series, the distance of their samples and how long the test lasts (seconds), what is expected."""

    rule: Rule
    series: tuple[tuple[Definition, str], ...]
    interval: int
    lasts: int
    expected: tuple[Expected, ...]


def read_rule_test(given: object) -> RuleTest:
    """A test out of `{"rule", "interval", "series": [{"metricType", "tags", "unit", "kind", "values"}], "expect":
    [{"at", "state", "tags"}]}`. Raises InvalidInput with everything that is wrong."""
    fields = Fields(given)
    try:
        rule = read_rule(fields.raw("rule"), rule_id="test")
    except InvalidInput as error:
        for each in error.errors:
            fields.refuse(f"rule.{each.field}", each.reason)
        rule = None
    interval = fields.whole("interval", default=10, low=1, high=3600)
    room = [MAX_SAMPLES]
    series = fields.objects("series", most=MAX_SERIES, read=lambda each: _read_series(each, interval, room))
    expected = fields.objects("expect", most=MAX_EXPECTED, read=_read_expected)
    for name in ("series", "expect"):
        if not fields.has(name):
            fields.refuse(name, "is missing")
    lasts = max((each.at for each in expected), default=0)
    fields.finish()
    assert rule is not None
    return RuleTest(rule, series, interval, lasts, expected)


class RunRuleTests:
    """Runs rule tests: every instant is stepped, so that what came to nothing is seen as well."""

    def __init__(self, *, tick_ms: int) -> None:
        self._tick_ms = tick_ms

    def run(self, test: RuleTest) -> list[Outcome]:
        """How each expectation came out. Raises InvalidInput for series that the rule cannot be judged on."""
        parts = []
        for definition, values in test.series:
            samples = parse_samples(values, start=EPOCH, interval=test.interval * 1000)
            ids = np.full(len(samples), definition.series_id)
            times = np.array([at for at, _ in samples], np.int64)
            parts.append(Columns(ids, times, np.array([value for _, value in samples], np.float64)))
        history = make_history(join(parts), {each.series_id: each for each, _ in test.series})
        instants = grid(EPOCH, EPOCH + test.lasts * 1000, self._tick_ms)
        groups = read_groups(plan_on(test.rule, history), history, instants)
        states = {tuple(sorted(group.tags)): _states(test.rule, group, instants) for group in groups}
        return [Outcome(each, self._state_at(states.get(each.tags, ()), each.at)) for each in test.expected]

    def _state_at(self, states: Sequence[State | None], at: int) -> State | None:
        """The state after the last instant at or before so many seconds."""
        return states[at * 1000 // self._tick_ms] if states else None


def _states(rule: Rule, group: GroupHistory, instants: Ints) -> list[State | None]:
    """The state of a group's alert after each instant; resolved counts as none."""
    terms = terms_of(rule, group.kind)
    calm = judge(rule, group.readings, firing=False).tolist()
    firing = judge(rule, group.readings, firing=True).tolist()
    alert: Alert | None = None
    states: list[State | None] = []
    for place, now in enumerate(instants.tolist()):
        is_firing = alert is not None and alert.state is State.FIRING
        alert, _ = step(terms, alert, Verdict((firing if is_firing else calm)[place]), now, new_id=str(now))
        states.append(None if alert is None or alert.state is State.RESOLVED else alert.state)
    return states


def show_outcome(outcome: Outcome) -> dict[str, object]:
    """An expectation and what became of it, as the API shows it."""
    expected = outcome.expected
    return {
        "at": expected.at,
        "tags": dict(expected.tags),
        "expected": None if expected.state is None else str(expected.state),
        "found": None if outcome.found is None else str(outcome.found),
        "passed": outcome.passed,
    }


def _read_series(fields: Fields, interval: int, room: list[int]) -> tuple[Definition, str]:
    """A series and its values; what is left of `room` (one number) is what those after it may hold."""
    metric_type = fields.text("metricType", most=128)
    values = fields.text("values", most=100_000)
    try:
        if room[0] >= 0:
            room[0] -= len(parse_samples(values, start=0, interval=interval))
        if room[0] < 0:
            fields.refuse("values", f"all series together may have {MAX_SAMPLES} samples")
    except InvalidSeries as error:
        fields.refuse("values", str(error))
    kind = fields.text("kind", most=10, default="sampled")
    if kind not in ("sampled", "event"):
        fields.refuse("kind", "must be sampled or event")
    unit = fields.text("unit", most=32, default="") or DEFAULT_UNITS.get(metric_type, "")
    tags = _read_tags(fields)
    return Definition(metric_type, unit, Kind.EVENT if kind == "event" else Kind.SAMPLED, tags), values


def _read_expected(fields: Fields) -> Expected:
    if not fields.has("at"):
        fields.refuse("at", "is missing: the seconds since the first sample")
    at = fields.whole("at", default=0, low=0, high=DAY)
    state = fields.text("state", most=10)
    if state not in ("none", "pending", "firing"):
        fields.refuse("state", "must be none, pending or firing")
        return Expected(at, None, ())
    return Expected(at, None if state == "none" else State(state), _read_tags(fields))


def _read_tags(fields: Fields) -> tuple[tuple[str, str], ...]:
    given = fields.raw("tags")
    if given is None:
        return ()
    if not isinstance(given, dict) or not all(isinstance(each, str) for pair in given.items() for each in pair):
        fields.refuse("tags", "must be an object of texts")
        return ()
    return tuple(sorted(given.items()))
