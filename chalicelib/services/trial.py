"""Trials: what a rule would have done on the history that is stored, or on a history that somebody wrote down.

The samples are put together as the live evaluation holds them, and read by the same sliding windows; the steps are
those of backtest.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.readings import readings_of, source_types
from chalicelib.domain.rules import Rule
from chalicelib.domain.series import Definition, Kind
from chalicelib.domain.verdicts import Readings
from chalicelib.services.backtest import GroupBacktest, GroupHistory, backtest
from chalicelib.services.ports.evaluation import RecentStore
from chalicelib.services.rule_plan import PlannedRule, plan_rule
from chalicelib.services.rule_sources import Part, Source
from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.windows import MAX_INTERVAL_MS, Ints, Members, Stretch, Windowed, stretch, values_at

MAX_GROUPS = 1_000
MAX_INSTANTS = 300_000
MAX_SAMPLES = 20_000_000
WINDOWED_AT_ONCE = 4_000_000  # samples in all windows together
LOOK_BACK_MS = 3 * MAX_INTERVAL_MS


@dataclass(frozen=True, slots=True)
class History:
    """Samples of some series, in order, and what the series are."""

    held: Stretch
    definitions: Mapping[int, Definition]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done at these instants (epoch ms, rising), group by group, the busiest first."""

    instants: Ints
    groups: tuple[GroupBacktest, ...]


class TryRules:
    """Tries rules on histories."""

    def __init__(self, store: RecentStore, *, tick_ms: int, cooldown_period: int) -> None:
        self._store = store
        self._tick_ms = tick_ms
        self._cooldown_period = cooldown_period

    def on_stored(self, rule: Rule, start: int, end: int) -> Trial:
        """The trial on what is stored of [start, end], epoch ms. Raises InvalidInput, naming what is too much."""
        return self.on_history(rule, self.history(rule, start, end), start, end)

    def on_history(self, rule: Rule, history: History, start: int, end: int) -> Trial:
        """The trial on a history at every instant of the grid in [start, end]. Raises InvalidInput."""
        instants = grid(start, end, self._tick_ms)
        planned = plan_on(rule, history)
        groups = read_groups(planned, history, instants)
        found = backtest(rule, instants, groups, cooldown_period=self._cooldown_period)
        found.sort(key=lambda each: (-each.firings, -each.dropped, each.tags))
        return Trial(instants, tuple(found))

    def history(self, rule: Rule, start: int, end: int) -> History:
        """The samples that a rule reads for the instants of [start, end], epoch ms. Raises InvalidInput."""
        if start >= end:
            raise InvalidInput("from: must lie before to.", field="from")
        spans: dict[str, int] = {}
        for reading in readings_of(rule):
            for metric_type in source_types(reading.metric_type):
                span = (reading.window + reading.offset) * 1000
                spans[metric_type] = max(spans.get(metric_type, 0), span)
        parts: list[Columns] = []
        with self._store.snapshot() as snapshot:
            definitions = snapshot.series_of(list(spans))
            for metric_type, span in spans.items():
                begin = start - max(span, LOOK_BACK_MS)
                columns = join(snapshot.samples_between(metric_type, begin, end + 1))
                parts.append(columns.where((columns.times > begin) & (columns.times <= end)))
                if sum(map(len, parts)) > MAX_SAMPLES:
                    raise InvalidInput(
                        f"from: the rule reads more than {MAX_SAMPLES} samples; take a shorter range.", field="from"
                    )
        return make_history(join(parts), definitions)


def make_history(samples: Columns, definitions: Mapping[int, Definition]) -> History:
    """Samples in the order of arrival as a history; those of unknown series are left out."""
    known = np.fromiter(definitions, np.int64, len(definitions))
    samples = samples.where(np.isin(samples.ids, known))
    ordered = in_order(samples, _sampled(samples.ids, definitions))
    return History(stretch(ordered, _sampled(ordered.ids, definitions)), definitions)


def grid(start: int, end: int, tick_ms: int) -> Ints:
    """The instants of the grid in [start, end]. Raises InvalidInput when they are too many."""
    first = -(-start // tick_ms) * tick_ms
    if (end - first) // tick_ms > MAX_INSTANTS:
        raise InvalidInput(f"from: more than {MAX_INSTANTS} instants to judge; take a shorter range.", field="from")
    return np.arange(first, end + 1, tick_ms, dtype=np.int64)


def plan_on(rule: Rule, history: History) -> PlannedRule:
    """A rule on the series of a history. Raises InvalidInput for units that do not convert, or too many groups."""
    catalogued: dict[str, dict[int, Definition]] = {}
    for series, definition in history.definitions.items():
        catalogued.setdefault(definition.metric_type, {})[series] = definition
    planned = plan_rule(rule, catalogued)
    if len(planned.row_of) > MAX_GROUPS:
        raise InvalidInput(
            f"groupBy: {len(planned.row_of)} groups, {MAX_GROUPS} can be tried: group by fewer tags, or select fewer.",
            field="groupBy",
        )
    return planned


def read_groups(planned: PlannedRule, history: History, instants: Ints) -> Iterator[GroupHistory]:
    """What the rule reads of each group, one group at a time."""
    for row, group in enumerate(planned.row_of):
        readings = []
        for (now, before), (places, places_before) in zip(planned.sources, planned.places, strict=True):
            values = _values(now, int(places[row]), history.held, instants)
            earlier = None
            if before is not None and places_before is not None:
                earlier = _values(before, int(places_before[row]), history.held, instants)
            readings.append(Readings(values, earlier))
        tags = tuple((key, value) for key, value in zip(planned.rule.group_by, group, strict=True) if value)
        yield GroupHistory(tags, readings, planned.kinds[row])


def _values(source: Source, group: int, held: Stretch, instants: Ints) -> NDArray[np.float64]:
    if group < 0:
        return np.full(len(instants), np.nan)
    parts = [_windowed(part, source.groups[group], held, instants) for part in source.parts]
    values: NDArray[np.float64] = source.combine(parts).values[0]
    return values


def _windowed(part: Part, group: tuple[str, ...], held: Stretch, instants: Ints) -> Windowed:
    """One group's values of a part, computed in portions so that memory stays bounded."""
    if group not in part.groups:
        return Windowed(np.full((1, len(instants)), np.nan), np.zeros((1, len(instants)), np.int64))
    chosen = part.group_of == part.groups.index(group)
    series = part.series[chosen]
    members = Members(
        held.rows_of(series),
        np.zeros(len(series), np.int64),
        1,
        None if part.factors is None else part.factors[chosen],
        None if part.hosts is None else part.hosts[chosen],
    )
    found = [
        values_at(held, members, part.aggregation, part.window * 1000, portion - part.offset * 1000)
        for portion in _portions(members, held, instants, part.window)
    ]
    return Windowed(
        np.concatenate([each.values for each in found], axis=1), np.concatenate([each.counts for each in found], axis=1)
    )


def _portions(members: Members, held: Stretch, instants: Ints, window: int) -> Sequence[Ints]:
    rows = members.rows[members.rows >= 0]
    samples = int((held.starts[rows + 1] - held.starts[rows]).sum())
    span = max(1, int(instants[-1] - instants[0]) + 1) if len(instants) else 1
    in_a_window = max(1.0, samples * min(1.0, window * 1000 / span)) + len(rows)
    portions = max(1, int(in_a_window * len(instants) / WINDOWED_AT_ONCE) + 1)
    return np.array_split(instants, min(portions, max(1, len(instants))))


def _sampled(ids: Ints, definitions: Mapping[int, Definition]) -> NDArray[np.bool_]:
    series, places = np.unique(ids, return_inverse=True)
    kinds = np.array([definitions[each].kind is Kind.SAMPLED for each in series.tolist()], bool)
    return kinds[places] if len(kinds) else np.empty(0, bool)
