"""The plan of an evaluation: rules compiled onto the series that there are, so that one pass judges all of them.

1. Each reading is resolved once, however many rules share it, and computed in a batch with all of its kind.
2. A rule with one plain condition is compared together with all others of its kind: thresholds are arrays. Only the
   others, and groups whose alert lives, are looked at one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.conditions import Operator
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.readings import Reading, earlier, reading_of, readings_of, source_types
from chalicelib.domain.rules import NoData, Rule, Verdict
from chalicelib.domain.series import Kind
from chalicelib.domain.verdicts import Readings, Verdicts, compare, judge
from chalicelib.services.rule_batches import Batches, Computed, Key
from chalicelib.services.rule_sources import Catalogued, Group, Source, resolve
from chalicelib.tsdb.windows import Ints, Stretch, last_intervals

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """A rule on the series that there are: its groups, and where each condition's source has them.

    `sources` has a pair for each condition: what it reads now, and earlier where it measures a change. `places` holds
    for each source in that order the row of each of the rule's groups, -1 where the source lacks it.
    """

    rule: Rule
    row_of: Mapping[Group, int]
    kinds: tuple[Kind, ...]
    sources: tuple[tuple[Source, Source | None], ...]
    places: tuple[tuple[Ints, Ints | None], ...]

    @property
    def unit(self) -> str:
        """The unit of the first condition's values."""
        return self.sources[0][0].unit

    @property
    def takes_silence_for_a_breach(self) -> bool:
        """Whether a group without data is breached although no alert lives."""
        return self.rule.no_data is NoData.ALERT

    @property
    def is_plain(self) -> bool:
        """Whether it can be compared together with others."""
        return len(self.sources) == 1 and self.sources[0][1] is None and self.sources[0][0].is_plain


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Plain rules of one operator in one batch: parallel arrays, an entry a rule and group."""

    cells: Ints
    thresholds: Floats
    highs: Floats
    rules: Ints
    rows: Ints


class RulePlan:
    """Rules compiled for one version of the rules and of the series; `errors` says of the others why not."""

    def __init__(self, rules: Iterable[Rule], catalogued: Catalogued) -> None:
        self.rules: list[PlannedRule] = []
        self.errors: dict[str, str] = {}
        sources: dict[Reading, Source] = {}
        for rule in rules:
            try:
                self.rules.append(plan_rule(rule, catalogued, sources))
            except InvalidInput as error:
                self.errors[rule.id] = error.message
        self.number_of = {planned.rule.id: number for number, planned in enumerate(self.rules)}
        self._batches = Batches(sources.values())
        self._comparisons = _compare_together(self.rules, self._batches)
        self._one_by_one = [number for number, planned in enumerate(self.rules) if not planned.is_plain]

    def far(self, remembered: int) -> dict[int, dict[str, int]]:
        """The offsets beyond so many seconds: each with its metric types and their longest window, in ms."""
        found: dict[int, dict[str, int]] = defaultdict(dict)
        for planned in self.rules:
            for reading in readings_of(planned.rule):
                if reading.offset > remembered:
                    windows = found[reading.offset]
                    for metric_type in source_types(reading.metric_type):
                        windows[metric_type] = max(windows.get(metric_type, 0), reading.window * 1000)
        return found

    def at(self, stretch_at: Callable[[int], Stretch], instant: int) -> Outlook:
        """What all rules see at an instant; `stretch_at` has the samples that lie some seconds back."""
        return Outlook(self, self._batches.compute(stretch_at, instant), stretch_at)


class Outlook:
    """What all rules see at one instant."""

    def __init__(self, plan: RulePlan, computed: Computed, stretch_at: Callable[[int], Stretch]) -> None:
        self._plan = plan
        self._computed = computed
        self._stretch_at = stretch_at
        self._intervals: Ints | None = None

    def breached(self) -> Iterator[tuple[int, list[int]]]:
        """Each rule with a breach, by number, and the rows of its groups that are breached while nothing fires."""
        found: dict[int, list[int]] = defaultdict(list)
        for (key, operator), each in self._plan._comparisons.items():
            values = self._computed.values[key].values[:, 0][each.cells]
            holds = np.flatnonzero(compare(operator, values, each.thresholds, each.highs))
            for number, row in zip(each.rules[holds].tolist(), each.rows[holds].tolist(), strict=True):
                found[number].append(row)
        for number in self._plan._one_by_one:
            if rows := self.rows_with(number, Verdict.BREACHED):
                found[number] += rows
        yield from found.items()

    def rows_with(self, number: int, verdict: Verdict) -> list[int]:
        """The groups of a rule, while nothing fires, with this verdict."""
        rows: list[int] = np.flatnonzero(self.verdicts(number, None, firing=False) == verdict).tolist()
        return rows

    def verdicts(self, number: int, rows: Sequence[int] | None, *, firing: bool) -> Verdicts:
        """The verdicts on some of a rule's groups, or on all."""
        rule = self._plan.rules[number].rule
        return judge(rule, [readings for readings, _ in self.readings(number, rows)], firing=firing)

    def readings(self, number: int, rows: Sequence[int] | None) -> list[tuple[Readings, Ints]]:
        """What each condition of a rule reads on some of its groups, or on all; and on how many samples."""
        planned = self._plan.rules[number]
        found = []
        for (source, before), (places, places_before) in zip(planned.sources, planned.places, strict=True):
            values, counts = self._values(source, places, rows)
            base = None
            if before is not None and places_before is not None:
                base, _ = self._values(before, places_before, rows)
            found.append((Readings(values, base), counts))
        return found

    def longest_interval(self, number: int) -> int:
        """Of a rule's series, in ms, as far as their last samples tell; 0 = of none it is known."""
        held = self._stretch_at(0)
        if self._intervals is None:
            self._intervals = last_intervals(held)
        longest = 0
        for source, _ in self._plan.rules[number].sources:
            for part in source.parts:
                rows = held.rows_of(part.series)
                longest = max(longest, int(self._intervals[rows[rows >= 0]].max(initial=0)))
        return longest

    def _values(self, source: Source, places: Ints, rows: Sequence[int] | None) -> tuple[Floats, Ints]:
        chosen = places if rows is None else places[list(rows)]
        if not source.groups:
            return np.full(len(chosen), np.nan), np.zeros(len(chosen), np.int64)
        windowed = self._computed.of_source(source)
        values = np.where(chosen >= 0, windowed.values[chosen, 0], np.nan)
        return values, np.where(chosen >= 0, windowed.counts[chosen, 0], 0)


def reach_of(rules: Iterable[Rule], *, remembered: int) -> dict[str, int]:
    """How far back in ms each metric type's samples are to be held; offsets beyond `remembered` are read elsewhere."""
    reach: dict[str, int] = {}
    for rule in rules:
        for reading in readings_of(rule):
            offset = reading.offset * 1000
            wanted = reading.window * 1000 + (offset if offset <= remembered else 0)
            for metric_type in source_types(reading.metric_type):
                reach[metric_type] = max(reach.get(metric_type, 0), wanted)
    return reach


def plan_rule(rule: Rule, catalogued: Catalogued, sources: dict[Reading, Source] | None = None) -> PlannedRule:
    """A rule on these series; `sources` are those of other rules, and takes in this one's. Raises InvalidInput."""
    sources = {} if sources is None else sources
    for reading in readings_of(rule):
        if reading not in sources:
            sources[reading] = resolve(reading, catalogued)
    pairs = []
    for condition in rule.conditions:
        reading = reading_of(rule, condition)
        before = earlier(reading, condition)
        pairs.append((sources[reading], None if before is None else sources[before]))
    first = pairs[0][0]
    groups = dict.fromkeys(group for source, _ in pairs for group in source.groups)
    row_of = {group: row for row, group in enumerate(groups)}
    kinds = dict(zip(first.groups, first.kinds, strict=True))
    places = ((_places(now, row_of), None if before is None else _places(before, row_of)) for now, before in pairs)
    return PlannedRule(
        rule=rule,
        row_of=row_of,
        kinds=tuple(kinds.get(group, Kind.SAMPLED) for group in row_of),
        sources=tuple(pairs),
        places=tuple(places),
    )


def _places(source: Source, groups: Mapping[Group, int]) -> Ints:
    row_of = {group: row for row, group in enumerate(source.groups)}
    return np.array([row_of.get(group, -1) for group in groups], np.int64)


def _compare_together(rules: Sequence[PlannedRule], batches: Batches) -> dict[tuple[Key, Operator], _Comparison]:
    gathered: dict[tuple[Key, Operator], list[tuple[Ints, ...]]] = defaultdict(list)
    for number, planned in enumerate(rules):
        size = len(planned.row_of)
        if planned.is_plain and size:
            condition = planned.rule.conditions[0]
            key, begin = batches.place(planned.sources[0][0].parts[0])
            high = condition.threshold if condition.threshold_high is None else condition.threshold_high
            rows = np.arange(size)
            filled = (np.full(size, each) for each in (condition.threshold, high, number))
            gathered[key, condition.operator].append((rows + begin, *filled, rows))
    return {
        key: _Comparison(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        for key, parts in gathered.items()
    }
