"""What a reading means on the series that there are: which of them it takes, into which groups, in which unit.

`error_rate` and `throughput` follow from `response_time` where nobody records them as such; see derived.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.names import ERROR_RATE, RESPONSE_TIME, THROUGHPUT
from chalicelib.domain.readings import Reading
from chalicelib.domain.selectors import Selection, selects
from chalicelib.domain.series import Definition, Kind
from chalicelib.domain.units import factor
from chalicelib.tsdb.windows import HOSTS, Ints, Members, Windowed

EVENT_UNIT = "count"
Group = tuple[str, ...]
Catalogued = Mapping[str, Mapping[int, Definition]]  # metric type -> series id -> what it stands for


@dataclass(frozen=True, slots=True)
class Part:
    """Series in groups, aggregated over a window (seconds) that ends `offset` seconds ago.

    `series`, `group_of` and `factors` are parallel, the series ascending.
    """

    groups: tuple[Group, ...]
    series: Ints
    group_of: Ints
    aggregation: str
    window: int
    offset: int
    factors: NDArray[np.float64] | None = None
    hosts: Ints | None = None

    def members(self, rows: Ints) -> Members:
        """The part on a stretch where its series have these rows."""
        return Members(rows, self.group_of, len(self.groups), self.factors, self.hosts)


@dataclass(frozen=True, slots=True)
class Source:
    """A reading resolved: the groups, each one's kind of series, the unit, and how its parts become its values."""

    groups: tuple[Group, ...]
    kinds: tuple[Kind, ...]
    unit: str
    parts: tuple[Part, ...]
    combine: Callable[[Sequence[Windowed]], Windowed]

    @property
    def is_plain(self) -> bool:
        """Whether its one part's values are its own."""
        return self.combine is _first


def _first(found: Sequence[Windowed]) -> Windowed:
    return found[0]


def resolve(reading: Reading, catalogued: Catalogued) -> Source:
    """A reading on these series. Raises InvalidInput for units that do not convert."""
    own = _chosen(reading.metric_type, reading.tags, catalogued)
    if reading.metric_type == ERROR_RATE and _is_derived(own, catalogued):
        return _error_rate(reading, catalogued)
    if reading.metric_type == THROUGHPUT and not own:
        return _throughput(reading, catalogued)
    return _recorded(reading, own)


def _is_derived(own: Mapping[int, Definition], catalogued: Catalogued) -> bool:
    """Whether failures are recorded as events. Of what has never failed no series says so: then those of others do."""
    looked_at = own or catalogued.get(ERROR_RATE, {})
    return any(each.unit == EVENT_UNIT for each in looked_at.values())


def _recorded(reading: Reading, chosen: Mapping[int, Definition]) -> Source:
    part, kinds, unit = _part(reading, chosen, reading.group_by)
    return Source(part.groups, kinds, unit, (part,), _first)


def _error_rate(reading: Reading, catalogued: Catalogued) -> Source:
    """100 x events / requests in the same window, by the tags that both carry; no data where nobody asked."""
    of_events = _keys(catalogued.get(ERROR_RATE, {}).values())
    of_requests = _keys(catalogued.get(RESPONSE_TIME, {}).values())
    selection = tuple(each for each in reading.tags if each[0] not in of_events ^ of_requests)
    group_by = tuple(key if key in of_events & of_requests else "" for key in reading.group_by)
    found = _chosen(ERROR_RATE, selection, catalogued)
    failed = {series: each for series, each in found.items() if each.unit == EVENT_UNIT}
    asked = _chosen(RESPONSE_TIME, selection, catalogued)
    requests, kinds, _ = _part(_as(reading, RESPONSE_TIME, "count"), asked, group_by)
    errors, _, _ = _part(_as(reading, ERROR_RATE, "sum"), failed, group_by)

    def combine(found: Sequence[Windowed]) -> Windowed:
        total, failures = found
        return Windowed(100 * np.nan_to_num(failures.values, nan=0.0) / total.values, total.counts)

    return Source(requests.groups, kinds, "percent", (requests, _regrouped(errors, requests.groups)), combine)


def _regrouped(part: Part, groups: tuple[Group, ...]) -> Part:
    """The part with another's groups; series of groups that the other lacks are left out."""
    row_of = {group: row for row, group in enumerate(groups)}
    rows = np.array([row_of.get(group, -1) for group in part.groups], np.int64)
    new = rows[part.group_of] if len(rows) else part.group_of
    kept = new >= 0
    factors = None if part.factors is None else part.factors[kept]
    return replace(part, groups=groups, series=part.series[kept], group_of=new[kept], factors=factors)


def _throughput(reading: Reading, catalogued: Catalogued) -> Source:
    """Requests a second, counted from response times."""
    keys = _keys(catalogued.get(RESPONSE_TIME, {}).values())
    selection = tuple((key, expression) for key, expression in reading.tags if key in keys)
    asked = _chosen(RESPONSE_TIME, selection, catalogued)
    requests, kinds, _ = _part(_as(reading, RESPONSE_TIME, "count"), asked, reading.group_by)
    return Source(
        requests.groups,
        kinds,
        "requests/s",
        (requests,),
        lambda found: Windowed(found[0].values / reading.window, found[0].counts),
    )


def _part(
    reading: Reading, chosen: Mapping[int, Definition], group_by: Sequence[str]
) -> tuple[Part, tuple[Kind, ...], str]:
    """The part, each group's kind of series, and the unit. One group over everything is there without any series."""
    groups: dict[Group, int] = {} if group_by else {(): 0}
    series = np.array(sorted(chosen), np.int64)
    group_of = np.empty(len(series), np.int64)
    kinds: list[Kind] = [] if group_by else [Kind.EVENT if chosen else Kind.SAMPLED]
    hosts: dict[str, int] = {}
    host_of = np.empty(len(series), np.int64)
    for place, each in enumerate(series.tolist()):
        definition = chosen[each]
        tags = dict(definition.tags)
        group = tuple(tags.get(key, "") for key in group_by)
        number = groups.setdefault(group, len(groups))
        if number == len(kinds):
            kinds.append(definition.kind)
        elif definition.kind is Kind.SAMPLED:
            kinds[number] = Kind.SAMPLED
        group_of[place] = number
        host_of[place] = hosts.setdefault(tags.get("host", ""), len(hosts))
    unit, factors = _units(reading, [chosen[each].unit for each in series.tolist()])
    part = Part(
        groups=tuple(groups),
        series=series,
        group_of=group_of,
        aggregation=reading.aggregation,
        window=reading.window,
        offset=reading.offset,
        factors=factors,
        hosts=host_of if reading.aggregation == HOSTS else None,
    )
    return part, tuple(kinds), unit


def _units(reading: Reading, recorded: Sequence[str]) -> tuple[str, NDArray[np.float64] | None]:
    units = sorted(set(recorded))
    if reading.aggregation in ("count", HOSTS):
        return "", None
    wanted = units[0] if units else ""
    if len(units) <= 1:
        return wanted, None
    factors = {unit: factor(unit, wanted) for unit in units}
    if None in factors.values():
        shown = ", ".join(unit or "none" for unit in units)
        raise InvalidInput(
            f"{reading.metric_type} is recorded in {shown}, which do not convert: select one kind by tags.",
            field="metricType",
        )
    return wanted, np.array([factors[unit] for unit in recorded], np.float64)


def _chosen(metric_type: str, selection: Selection, catalogued: Catalogued) -> dict[int, Definition]:
    found = catalogued.get(metric_type, {})
    if not selection:
        return dict(found)
    return {series: each for series, each in found.items() if selects(selection, dict(each.tags))}


def _keys(definitions: Iterable[Definition]) -> set[str]:
    return {key for each in definitions for key, _ in each.tags}


def _as(reading: Reading, metric_type: str, aggregation: str) -> Reading:
    return Reading(metric_type, reading.tags, reading.group_by, aggregation, reading.window, reading.offset)
