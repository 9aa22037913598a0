"""Samples of some while ago, for rules that measure a change against them; read in portions and kept for minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.gaps import REPLAY_AT_MOST_MS
from chalicelib.domain.series import Definition, Kind
from chalicelib.services.ports.evaluation import RecentStore
from chalicelib.tsdb.columns import EMPTY, join
from chalicelib.tsdb.merge import in_order
from chalicelib.tsdb.windows import MAX_INTERVAL_MS, Stretch, stretch

AHEAD_MS = 600_000
BEFORE_MS = 3 * MAX_INTERVAL_MS


@dataclass(frozen=True, slots=True)
class _Portion:
    start: int
    end: int
    reach: Mapping[str, int]
    held: Stretch


class Past:
    """Stretches of the past by how far back they lie."""

    def __init__(self, store: RecentStore) -> None:
        self._store = store
        self._portions: dict[int, _Portion] = {}

    def stretch(
        self, offset: int, reach: Mapping[str, int], definitions: Mapping[int, Definition], now: int
    ) -> Stretch:
        """The samples of these metric types around `offset` ms ago; `reach` says how long each one's window is, in ms.

        Late data of that time may be missing for ten minutes. Raises Unavailable.
        """
        at = now - offset
        known = self._portions.get(offset)
        if known is None or not known.start <= at <= known.end or known.reach != reach:
            known = self._read(at, reach, definitions)
            self._portions[offset] = known
        return known.held

    def forget(self) -> None:
        """Read everything anew: rules or series have changed."""
        self._portions.clear()

    def _read(self, at: int, reach: Mapping[str, int], definitions: Mapping[int, Definition]) -> _Portion:
        begin, end = at - REPLAY_AT_MOST_MS, at + AHEAD_MS
        parts = []
        with self._store.snapshot() as snapshot:
            for metric_type, window in reach.items():
                start = begin - max(window, BEFORE_MS)
                columns = join(snapshot.samples_between(metric_type, start, end))
                parts.append(columns.where((columns.times > start) & (columns.times <= end)))
        samples = join(parts) if parts else EMPTY
        kinds = {series: each.kind is Kind.SAMPLED for series, each in definitions.items()}
        samples = samples.where(np.isin(samples.ids, np.fromiter(kinds, np.int64, len(kinds))))

        def is_sampled(ids: NDArray[np.int64]) -> NDArray[np.bool_]:
            return np.array([kinds[series] for series in ids.tolist()], bool)

        ordered = in_order(samples, is_sampled)
        return _Portion(begin, end, dict(reach), stretch(ordered, is_sampled(ordered.ids)))
