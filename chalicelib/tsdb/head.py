"""Head rows: the samples of one drain and one sample hour, grouped so that one metric type can be read alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.tsdb.columns import Columns

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Head:
    """`metrics[i]`'s samples are those from `starts[i]` to `starts[i + 1]` in the payload; `hour` is in epoch ms."""

    hour: int
    metrics: list[int]
    starts: list[int]
    payload: bytes


def build_heads(samples: Columns, metrics: NDArray[np.int32]) -> Iterator[Head]:
    """One head per sample hour; `metrics` holds each sample's metric type number; a type keeps the order of arrival."""
    hours = samples.times // HOUR_MS
    if not len(hours):
        return
    if hours.min() == hours.max():
        yield _build(int(hours[0]), samples, metrics)
        return
    for hour in np.unique(hours):
        chosen = hours == hour
        yield _build(int(hour), samples.where(chosen), metrics[chosen])


def _build(hour: int, samples: Columns, metrics: NDArray[np.int32]) -> Head:
    # Numbers of metric types nearly always fit 16 bits (MAX_METRIC_TYPES), which makes this stable sort a radix sort.
    short = metrics.astype(np.uint16) if metrics.max() < 1 << 16 else metrics
    order = np.argsort(short, kind="stable")
    ordered = metrics[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = [*starts[1:].tolist(), len(ordered)]
    grouped = samples.where(order)
    slices = (
        Columns(grouped.ids[a:b], grouped.times[a:b], grouped.values[a:b]).pack()
        for a, b in zip(starts.tolist(), ends, strict=True)
    )
    return Head(hour * HOUR_MS, ordered[starts].tolist(), [0, *ends], b"".join(slices))
