"""Trials: what a rule would have done on the history that is stored, or on a history that somebody wrote down.

The samples are put together as the live evaluation holds them, and read by the same sliding windows; the steps are
those of backtest.py. Where samples have been let go, rollups stand for the whole history: the answer is approximate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.readings import readings_of, source_types
from chalicelib.domain.rules import Rule
from chalicelib.domain.series import Definition
from chalicelib.domain.verdicts import Readings
from chalicelib.services.backtest import GroupBacktest, GroupHistory, backtest
from chalicelib.services.ports.evaluation import RecentSnapshot, RecentStore
from chalicelib.services.rolled_history import RolledHistory, check_judgeable, read_rolled
from chalicelib.services.rule_plan import PlannedRule, plan_rule
from chalicelib.services.rule_sources import Source
from chalicelib.services.trial_history import History, make_history
from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.windows import MAX_INTERVAL_MS, Ints

MAX_GROUPS = 1_000
MAX_INSTANTS = 300_000
MAX_SAMPLES = 8_000_000  # 730 MB at work; the function has 1 GB
LOOK_BACK_MS = 3 * MAX_INTERVAL_MS
AnyHistory = History | RolledHistory


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done at these instants (epoch ms, rising), group by group, the busiest first.

    `is_approximate`: judged every five minutes on rollups.
    """

    instants: Ints
    groups: tuple[GroupBacktest, ...]
    is_approximate: bool = False


class TryRules:
    """Tries rules on histories."""

    def __init__(self, store: RecentStore, *, tick_ms: int, cooldown_period: int) -> None:
        self._store = store
        self._tick_ms = tick_ms
        self._cooldown_period = cooldown_period

    def on_stored(self, rule: Rule, start: int, end: int) -> Trial:
        """The trial on what is stored of [start, end], epoch ms. Raises InvalidInput, naming what is too much."""
        return self.on_history(rule, self.history(rule, start, end), start, end)

    def on_history(self, rule: Rule, history: AnyHistory, start: int, end: int) -> Trial:
        """The trial on a history at every instant of the grid in [start, end]. Raises InvalidInput."""
        instants = grid(start, end, history.step(self._tick_ms))
        planned = plan_on(rule, history)
        groups = read_groups(planned, history, instants)
        found = backtest(rule, instants, groups, cooldown_period=self._cooldown_period)
        found.sort(key=lambda each: (-each.firings, -each.dropped, each.tags))
        return Trial(instants, tuple(found), history.is_approximate)

    def history(self, rule: Rule, start: int, end: int) -> AnyHistory:
        """What a rule reads for the instants of [start, end], epoch ms: samples, or rollups where they are let go.

        Raises InvalidInput.
        """
        if start >= end:
            raise InvalidInput("from: must lie before to.", field="from")
        with self._store.snapshot() as snapshot:
            spans = _spans(rule)
            begins = _begins(spans, start)
            if not any(snapshot.is_sealed(each, start - span, end) for each, span in spans.items()):
                return _samples(snapshot, begins, end)
            check_judgeable(rule)
            definitions = snapshot.series_of(list(begins))
            return RolledHistory(read_rolled(snapshot, definitions, begins, end), definitions)

    def samples(self, rule: Rule, start: int, end: int) -> History:
        """The samples that are there for the instants of [start, end], epoch ms. Raises InvalidInput."""
        with self._store.snapshot() as snapshot:
            return _samples(snapshot, _begins(_spans(rule), start), end)


def _spans(rule: Rule) -> dict[str, int]:
    """How far back the rule looks at each metric type, in ms."""
    spans: dict[str, int] = {}
    for reading in readings_of(rule):
        for metric_type in source_types(reading.metric_type):
            span = (reading.window + reading.offset) * 1000
            spans[metric_type] = max(spans.get(metric_type, 0), span)
    return spans


def _begins(spans: Mapping[str, int], start: int) -> dict[str, int]:
    """From where on each metric type is read, epoch ms: with enough before it to tell its interval."""
    return {metric_type: start - max(span, LOOK_BACK_MS) for metric_type, span in spans.items()}


def _samples(snapshot: RecentSnapshot, begins: Mapping[str, int], end: int) -> History:
    # Counted before they are read: what is too much for an answer is too much for the memory as well.
    if sum(snapshot.stored_between(each, begin, end + 1) for each, begin in begins.items()) > MAX_SAMPLES:
        raise InvalidInput(f"from: the rule reads more than {MAX_SAMPLES} samples; take a shorter range.", field="from")
    parts: list[Columns] = []
    definitions = snapshot.series_of(list(begins))
    for metric_type, begin in begins.items():
        columns = join(snapshot.samples_between(metric_type, begin, end + 1))
        parts.append(columns.where((columns.times > begin) & (columns.times <= end)))
    return make_history(join(parts), definitions)


def grid(start: int, end: int, tick_ms: int) -> Ints:
    """The instants of the grid in [start, end]. Raises InvalidInput when they are too many."""
    first = -(-start // tick_ms) * tick_ms
    if (end - first) // tick_ms > MAX_INSTANTS:
        raise InvalidInput(f"from: more than {MAX_INSTANTS} instants to judge; take a shorter range.", field="from")
    return np.arange(first, end + 1, tick_ms, dtype=np.int64)


def plan_on(rule: Rule, history: AnyHistory) -> PlannedRule:
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


def read_groups(planned: PlannedRule, history: AnyHistory, instants: Ints) -> Iterator[GroupHistory]:
    """What the rule reads of each group, one group at a time."""
    for row, group in enumerate(planned.row_of):
        readings = []
        for (now, before), (places, places_before) in zip(planned.sources, planned.places, strict=True):
            values = _values(now, int(places[row]), history, instants)
            earlier = None
            if before is not None and places_before is not None:
                earlier = _values(before, int(places_before[row]), history, instants)
            readings.append(Readings(values, earlier))
        tags = tuple((key, value) for key, value in zip(planned.rule.group_by, group, strict=True) if value)
        yield GroupHistory(tags, readings, planned.kinds[row])


def _values(source: Source, group: int, history: AnyHistory, instants: Ints) -> NDArray[np.float64]:
    if group < 0:
        return np.full(len(instants), np.nan)
    parts = [history.windowed(part, source.groups[group], instants) for part in source.parts]
    values: NDArray[np.float64] = source.combine(parts).values[0]
    return values
