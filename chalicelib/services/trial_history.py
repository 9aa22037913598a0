"""The samples of some series as a trial reads them: by the sliding windows of the live evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.series import Definition, Kind
from chalicelib.services.rule_sources import Part
from chalicelib.tsdb.columns import Columns
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.windows import Ints, Members, Stretch, Windowed, stretch, values_at

WINDOWED_AT_ONCE = 4_000_000  # samples in all windows together


@dataclass(frozen=True, slots=True)
class History:
    """Samples of some series, in order, and what the series are."""

    held: Stretch
    definitions: Mapping[int, Definition]
    is_approximate: ClassVar[bool] = False

    def step(self, tick_ms: int) -> int:
        """The distance of the instants that can be judged on it, in ms: that of the live evaluation."""
        return tick_ms

    def windowed(self, part: Part, group: tuple[str, ...], instants: Ints) -> Windowed:
        """One group's values of a part, computed in portions so that memory stays bounded."""
        if group not in part.groups:
            return Windowed(np.full((1, len(instants)), np.nan), np.zeros((1, len(instants)), np.int64))
        chosen = part.group_of == part.groups.index(group)
        series = part.series[chosen]
        members = Members(
            self.held.rows_of(series),
            np.zeros(len(series), np.int64),
            1,
            None if part.factors is None else part.factors[chosen],
            None if part.hosts is None else part.hosts[chosen],
        )
        found = [
            values_at(self.held, members, part.aggregation, part.window * 1000, portion - part.offset * 1000)
            for portion in _portions(members, self.held, instants, part.window)
        ]
        return Windowed(
            np.concatenate([each.values for each in found], axis=1),
            np.concatenate([each.counts for each in found], axis=1),
        )


def make_history(samples: Columns, definitions: Mapping[int, Definition]) -> History:
    """Samples in the order of arrival as a history; those of unknown series are left out."""
    known = np.fromiter(definitions, np.int64, len(definitions))
    samples = samples.where(np.isin(samples.ids, known))
    ordered = in_order(samples, lambda ids: _sampled(ids, definitions))
    return History(stretch(ordered, _sampled(ordered.ids, definitions)), definitions)


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
