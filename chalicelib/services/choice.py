"""The series that a query is about: which they are, how they are grouped, and in which unit they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.selectors import Selection, selects
from chalicelib.domain.series import Definition, Kind
from chalicelib.domain.units import factor
from chalicelib.tsdb.merge import places_of

MAX_SERIES = 10_000
MAX_GROUPS = 1_000
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Choosing:
    """What decides it; equal ones choose alike. `is_count` = samples are counted, so that units do not matter."""

    metric_type: str
    unit: str | None
    selection: Selection
    group_by: tuple[str, ...]
    is_count: bool
    is_topk: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The series ascending by id: arrays with an entry for each.

    `groups` are the values of the tags grouped by, as `group_of` numbers them; told they are in their `order`.
    `factors`: what each recorded figure is to be multiplied with to be in `unit`; None when nothing is to be converted.
    """

    definitions: Mapping[int, Definition]
    ids: Ints
    is_sampled: NDArray[np.bool_]
    group_of: NDArray[np.intp]
    groups: list[tuple[str, ...]]
    order: list[int]
    unit: str
    factors: NDArray[np.float64] | None

    def sampled(self, ids: Ints) -> NDArray[np.bool_]:
        """Which of some chosen series are sampled."""
        return self.is_sampled[places_of(ids, self.ids)]


def choose(choosing: Choosing, definitions: Mapping[int, Definition]) -> Choice:
    """The chosen ones of some series. Raises InvalidInput, saying how to narrow a query that is too large."""
    chosen = {
        series_id: each
        for series_id, each in sorted(definitions.items())
        if each.metric_type == choosing.metric_type
        and (choosing.unit is None or factor(each.unit, choosing.unit) is not None)
        and selects(choosing.selection, dict(each.tags))
    }
    if len(chosen) > MAX_SERIES:
        raise InvalidInput(f"{len(chosen)} series match, {MAX_SERIES} are allowed: narrow by tags.", field="tags")
    unit, factors = _units(choosing, chosen)
    group_of, groups = _group(choosing, chosen)
    return Choice(
        chosen,
        np.fromiter(chosen, np.int64, len(chosen)),
        np.array([each.kind is Kind.SAMPLED for each in chosen.values()], bool),
        group_of,
        groups,
        order_of(groups, choosing.group_by),
        unit,
        None if factors is None else np.array([factors[each.unit] for each in chosen.values()]),
    )


def order_of(groups: Sequence[tuple[str, ...]], group_by: tuple[str, ...]) -> list[int]:
    """The places of groups in the order in which they are told: by their values of the tags, by the tags' names."""
    places = sorted(range(len(group_by)), key=group_by.__getitem__)
    return sorted(range(len(groups)), key=lambda each: [groups[each][place] for place in places])


def _units(choosing: Choosing, definitions: Mapping[int, Definition]) -> tuple[str, dict[str, float] | None]:
    """The answer's unit, and what each recorded unit is to be multiplied with; None when nothing is to be converted.

    Series whose unit does not convert to the one asked for were not chosen; without one, they are an error.
    """
    units = sorted({definition.unit for definition in definitions.values()})
    wanted = choosing.unit if choosing.unit is not None else (units[0] if units else "")
    if choosing.is_count:
        return "count", None
    if units in ([], [wanted]):
        return wanted, None
    factors = {unit: factor(unit, wanted) for unit in units}
    if None in factors.values():
        recorded = ", ".join(unit or "none" for unit in units)
        raise InvalidInput(f"unit: recorded in {recorded}, which do not convert; name the one you mean.", field="unit")
    return wanted, {unit: by for unit, by in factors.items() if by is not None}


def _group(choosing: Choosing, definitions: Mapping[int, Definition]) -> tuple[NDArray[np.intp], list[tuple[str, ...]]]:
    groups: dict[tuple[str, ...], int] = {}
    group_of = np.empty(len(definitions), np.intp)
    for place, definition in enumerate(definitions.values()):
        tags = dict(definition.tags)
        group_of[place] = groups.setdefault(tuple(tags.get(key, "") for key in choosing.group_by), len(groups))
    if len(groups) > MAX_GROUPS and not choosing.is_topk:
        raise InvalidInput(f"{len(groups)} groups, {MAX_GROUPS} are allowed: group by fewer tags.", field="groupBy")
    return group_of, list(groups)
