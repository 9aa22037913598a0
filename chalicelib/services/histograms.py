"""Percentiles of histograms, as Prometheus and OTLP send them: from the counters NAME_bucket with the tag `le`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.series import MAX_METRIC_TYPE
from chalicelib.domain.units import factor
from chalicelib.services.choice import MAX_GROUPS, MAX_SERIES, order_of
from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.query import MetricTable, QueryMetrics
from chalicelib.tsdb.aggregate import Floats
from chalicelib.tsdb.buckets import on_bounds, quantiles

MAX_CELLS = 4_000_000
BOUND, TEMPORALITY, DELTA = "le", "temporality", "delta"
Tags = tuple[tuple[str, str], ...]


def percentiles(recorded: QueryMetrics, query: MetricQuery, share: float) -> MetricTable:
    """The percentile by group and step; no groups if there is no such histogram. Raises as QueryMetrics.table."""
    buckets = f"{query.metric_type}_bucket"
    if len(buckets) > MAX_METRIC_TYPE:
        return MetricTable("", [], np.empty((0, 0)))
    keys = recorded.tag_keys(buckets)
    if BOUND not in keys:
        return MetricTable("", [], np.empty((0, 0)))
    parts = [_counts(recorded, query, buckets, keys, is_delta=False)]
    if TEMPORALITY in keys:
        parts.append(_counts(recorded, query, buckets, keys, is_delta=True))
    groups: dict[tuple[str, ...], dict[Tags, list[tuple[float, Floats]]]] = defaultdict(lambda: defaultdict(list))
    for table, names in parts:
        for words, row in zip(table.groups, table.values, strict=True):
            tags = dict(zip(names, words, strict=True))
            if (bound := _bound(tags.pop(BOUND))) is not None:
                group = tuple(tags.get(key, "") for key in query.group_by)
                groups[group][tuple(tags.items())].append((bound, row))
    if len(groups) > MAX_GROUPS and not query.topk:
        raise InvalidInput(f"{len(groups)} groups, {MAX_GROUPS} are allowed: group by fewer tags.", field="groupBy")
    unit, by = _unit(recorded, query)
    steps = parts[0][0].values.shape[1]
    found = [*groups]
    found = [found[each] for each in order_of(found, query.group_by)]
    values = np.array([_of_group([*groups[each].values()], steps, share) for each in found]).reshape(-1, steps)
    return MetricTable(unit, found, values * by, parts[0][0].tier)


def _counts(
    recorded: QueryMetrics, query: MetricQuery, buckets: str, keys: set[str], *, is_delta: bool
) -> tuple[MetricTable, tuple[str, ...]]:
    """How many came up to each bound, series by series: counters' rises, or the sum of amounts."""
    names = tuple(sorted(keys))
    table = recorded.table(
        replace(
            query,
            metric_type=buckets,
            unit=None,
            aggregation="sum" if is_delta else "increase",
            selection=(*query.selection, (TEMPORALITY, DELTA if is_delta else f"!{DELTA}")),
            group_by=names,
            topk=MAX_SERIES,
        )
    )
    if table.values.size > MAX_CELLS:
        raise InvalidInput("step: too many buckets and steps; take a longer step or fewer series.", field="step")
    return table, names


def _of_group(histograms: list[list[tuple[float, Floats]]], steps: int, share: float) -> Floats:
    bounds = np.array(sorted({bound for each in histograms for bound, _ in each} | {np.inf}))
    counts = np.zeros((len(bounds), steps))
    for each in histograms:
        each.sort(key=lambda bucket: bucket[0])
        own = np.array([bound for bound, _ in each])
        counts += on_bounds(bounds, own, np.array([row for _, row in each]))
    return quantiles(bounds, counts, share)


def _bound(text: str) -> float | None:
    """The number of an `le`; None for what is none."""
    try:
        bound = float(text)
    except ValueError:
        return None
    return None if np.isnan(bound) else bound


def _unit(recorded: QueryMetrics, query: MetricQuery) -> tuple[str, float]:
    """The answer's unit, and what the bounds are to be multiplied with: they are in the unit of NAME_sum."""
    sums = recorded.table(
        replace(query, metric_type=f"{query.metric_type}_sum", unit=None, aggregation="increase", group_by=(), topk=0)
    )
    if query.unit is None:
        return sums.unit, 1.0
    by = factor(sums.unit, query.unit)
    if by is None:
        recorded_in = sums.unit or "no unit"
        raise InvalidInput(f"unit: is recorded in {recorded_in}, which does not convert.", field="unit")
    return query.unit, by
