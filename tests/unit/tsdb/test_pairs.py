"""Pairs come once each, with what they weigh."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tsdb.pairs import distinct_pairs

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(-90_000, 90_000), st.integers(1, 9)))


@given(PAIRS)
def test_each_pair_is_there_once_with_its_weight(rows: list[tuple[int, int, int]]) -> None:
    first, second, weights = (np.array([row[place] for row in rows], np.int64) for place in range(3))
    often = Counter((a, b) for a, b, _ in rows)
    heavy: Counter[tuple[int, int]] = Counter()
    for a, b, weight in rows:
        heavy[a, b] += weight

    for found, wanted in ((distinct_pairs(first, second), often), (distinct_pairs(first, second, weights), heavy)):
        pairs = [*zip(found[0].tolist(), found[1].tolist(), strict=True)]
        assert dict(zip(pairs, found[2].tolist(), strict=True)) == wanted
        assert pairs == sorted(pairs)
