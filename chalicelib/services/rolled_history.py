"""History as rollups of five minutes: what a trial reads where samples have been let go.

It is judged every five minutes, and windows are made of whole rollups: what it says is approximate. A percentile of
events is right within 1 %, one of a sampled series is of its five-minute averages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.readings import readings_of
from chalicelib.domain.rules import Rule
from chalicelib.domain.series import Definition, Kind
from chalicelib.services.ports.evaluation import RecentSnapshot
from chalicelib.services.rule_sources import Part as RulePart
from chalicelib.tsdb.aggregate import OF_COUNTERS, Floats, aggregate
from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.counters import increases
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.pairs import distinct_pairs
from chalicelib.tsdb.rolled_hours import hours_of
from chalicelib.tsdb.rollups import (
    FIVE_MINUTES,
    HOUR_MS,
    Part,
    Rollups,
    aggregate_rollups,
    concatenate,
    merge,
    nothing,
    of_samples,
    roll_up,
)
from chalicelib.tsdb.windows import HOSTS, Ints, Windowed

STEP_MS = FIVE_MINUTES * 1000
MAX_WINDOW = 21_600  # seconds: every rollup is counted in all windows that it lies in
MAX_ENTRIES = 20_000_000  # rollups in all windows of one group together
MAX_ROLLUPS = 4_000_000
READ_AT_ONCE_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class RolledHistory:
    """Rollups of some series by series and time, and what the series are."""

    rolled: Rollups
    definitions: Mapping[int, Definition]
    is_approximate: ClassVar[bool] = True

    def step(self, tick_ms: int) -> int:
        """The distance of the instants that can be judged on it, in ms."""
        return -(-max(tick_ms, STEP_MS) // STEP_MS) * STEP_MS

    def windowed(self, part: RulePart, group: tuple[str, ...], instants: Ints) -> Windowed:
        """One group's values of a part at instants of five minutes. Raises InvalidInput for what is too much."""
        count = len(instants)
        if group not in part.groups or not count:
            return Windowed(np.full((1, count), np.nan), np.zeros((1, count), np.int64))
        chosen = part.group_of == part.groups.index(group)
        series = part.series[chosen]
        found = self.rolled.where(np.isin(self.rolled.ids, series))
        if part.factors is not None:
            found = found.times_factors(part.factors[chosen], series)
        # A window of k rollups that ends at t: those that begin at t - k * step and later, and before t.
        first = int(instants[0]) - round(part.offset / FIVE_MINUTES) * STEP_MS
        if part.aggregation in OF_COUNTERS:
            rises = increases(Columns(found.ids, found.times, found.lasts))
            found = of_samples(rises)
        places, windows = _spread(found.times, first, instants, part.window)
        held = concatenate([found] * windows) if windows > 1 else found
        inside = (places >= 0) & (places < count)
        held, cells = held.where(inside), places[inside]
        counts = np.bincount(cells, weights=held.counts, minlength=count).astype(np.int64)
        if part.aggregation == HOSTS:
            assert part.hosts is not None
            hosts = part.hosts[chosen][np.searchsorted(series, held.ids)]
            once, _, _ = distinct_pairs(cells, hosts)
            return Windowed(np.bincount(once, minlength=count).astype(np.float64)[None], counts[None])
        return Windowed(_values(part, held, cells, count)[None], counts[None])


def _spread(times: Ints, first: int, instants: Ints, window: int) -> tuple[Ints, int]:
    """The place of the instant of each window that each rollup lies in, and how many windows that are."""
    windows = -(-window // FIVE_MINUTES)
    if len(times) * windows > MAX_ENTRIES:
        raise InvalidInput(
            "from: the rule reads too much for one group; take a shorter range, or group by more tags.", field="from"
        )
    step = int(instants[1] - instants[0]) if len(instants) > 1 else STEP_MS
    # The first instant whose window can hold it is the end of its five minutes.
    ends = (times // STEP_MS + 1) * STEP_MS
    asked = np.concatenate([ends + STEP_MS * more for more in range(windows)]) - first
    return np.where(asked % step == 0, asked // step, -1), windows


def _values(part: RulePart, held: Rollups, cells: Ints, count: int) -> Floats:
    if part.aggregation in OF_COUNTERS:
        rises = aggregate("sum", held.sums, cells, count)
        return rises / (-(-part.window // FIVE_MINUTES) * FIVE_MINUTES) if part.aggregation == "rate" else rises
    if part.aggregation == "last":
        order = np.argsort(held.times, kind="stable")
        return aggregate("last", held.lasts[order], cells[order], count)
    return aggregate_rollups(part.aggregation, held, cells, count)


def check_judgeable(rule: Rule) -> None:
    """Refuse rules that rollups cannot tell about. Raises InvalidInput."""
    for reading in readings_of(rule):
        if reading.aggregation == "stddev":
            raise InvalidInput(
                "from: samples of this range have been let go, and rollups do not tell a stddev; take a later range.",
                field="from",
            )
        if reading.window > MAX_WINDOW:
            raise InvalidInput(
                f"from: samples of this range have been let go, and a window of more than {MAX_WINDOW} seconds is not"
                " tried on rollups; take a later range.",
                field="from",
            )


def read_rolled(
    snapshot: RecentSnapshot, definitions: Mapping[int, Definition], begins: Mapping[str, int], end: int
) -> Rollups:
    """The rollups of these metric types, each from its begin on (epoch ms), by series and time.

    Hours that have no rollups yet are rolled up here. Raises InvalidInput for more than can be held.
    """
    known = np.array(sorted(definitions), np.int64)
    found: list[Rollups] = []
    for metric_type, begin in begins.items():
        hours: list[int] = []
        # Day by day: what is too much for an answer is too much for the memory as well.
        for start in range(begin - begin % HOUR_MS, end, READ_AT_ONCE_MS):
            rolled = snapshot.rollups(metric_type, FIVE_MINUTES, start, min(start + READ_AT_ONCE_MS, end), Part.ALL)
            hours += hours_of(rolled.times)
            found.append(rolled.where(np.isin(rolled.ids, known) & (rolled.times >= begin) & (rolled.times < end)))
            if sum(map(len, found)) > MAX_ROLLUPS:
                raise InvalidInput("from: the rule reads too much; take a shorter range.", field="from")
        new = _of_new(join(snapshot.samples_between(metric_type, begin, end, but=hours)), definitions, known)
        found.append(new.where((new.times >= begin) & (new.times < end)))
    return merge(found) if found else nothing()


def _of_new(samples: Columns, definitions: Mapping[int, Definition], known: Ints) -> Rollups:
    samples = samples.where(np.isin(samples.ids, known))
    if not len(samples):
        return nothing()
    is_event = np.array([definitions[each].kind is Kind.EVENT for each in known.tolist()], bool)
    ordered = in_order(samples, lambda ids: ~is_event[np.searchsorted(known, ids)])
    return roll_up(ordered, is_event[np.searchsorted(known, ordered.ids)], FIVE_MINUTES)
