"""Prometheus remote write 1.0: a snappy block with a WriteRequest becomes points of sampled series.

Nearly every TimeSeries is a head of labels and then one sample, and the heads come again with every scrape. So a
request is cut at its samples by one regular expression, and the heads are looked up: see `_read`. Only what is not
known yet, or has another form, is read field by field.
"""

from __future__ import annotations

import re
from itertools import accumulate
from operator import add
from struct import unpack

from chalicelib.api.body import MAX_INFLATED, MAX_WIRE
from chalicelib.api.schemas.protobuf import Malformed, double, field_at, fields, message, signed64, text, varint
from chalicelib.api.schemas.remembered import Remembered, series_of
from chalicelib.api.schemas.snappy import decompress
from chalicelib.domain.errors import InvalidInput, TooLarge
from chalicelib.services.incoming import Batch, Points, Series, without_nan

# Field 2, a sample: 16 bytes with a double, or 7 where the double is 0 and left out, and a time of 6 bytes (to 2109).
_SAMPLE = re.compile(rb"\x12(?:\x10\x09(.{8})|\x07)\x10([\x80-\xff]{5}[\x01-\x7f])", re.DOTALL)
_WITH_VALUE, _WITHOUT = 18, 9
_ZERO = bytes(8)
MAX_SERIES = 50_000  # more do not fit, unless they are empty and only cost time
_SERIES = 0x0A  # field 1 of a WriteRequest
_with_value: Remembered[bytes, Series] = Remembered(16 << 20)
_without: Remembered[bytes, Series] = Remembered(16 << 20)


def read_remote_write(raw: bytes) -> Batch:
    """The points of a request; `index` counts its time series. Raises InvalidInput or TooLarge.

    NaN, Prometheus' stale marker among them, says that there is no value: it is left out and is no error.
    """
    if len(raw) > MAX_WIRE:
        raise TooLarge(f"The body is {len(raw)} bytes long; {MAX_WIRE} are allowed. Lower max_samples_per_send.")
    batch = Batch()
    try:
        _read(batch, decompress(raw, MAX_INFLATED))
    except Malformed as wrong:
        raise InvalidInput(f"body: is no snappy block with a WriteRequest: {wrong}.", field="body") from None
    without_nan(batch.points)
    return batch


def _read(batch: Batch, raw: bytes) -> None:
    pieces = _SAMPLE.split(raw)
    rest = pieces.pop()
    heads, values, times = pieces[0::3], pieces[1::3], pieces[2::3]
    with_value, without = _with_value.get, _without.get
    # A head that is known says how long its series is: head and sample, exactly. If each head of the request is known,
    # the cuts are where its fields end, and no other reading of these bytes is possible.
    known = [
        with_value(head) if value is not None else without(head) for head, value in zip(heads, values, strict=True)
    ]
    moments = {time: _six_bytes(time) for time in set(times)}
    all_times = [moments[time] for time in times]
    all_values = unpack(f"<{len(values)}d", b"".join([value or _ZERO for value in values]))
    if rest or None in known:
        tails = [_WITHOUT if value is None else _WITH_VALUE for value in values]
        _read_by_field(batch, raw, [*map(len, heads)], tails, known, all_times, all_values)
    else:
        series = [each for each in known if each is not None]
        batch.points = Points(series, all_times, [*all_values], [*range(len(series))])


def _six_bytes(raw: bytes) -> int:
    """A varint of six bytes: most of a request's are the same few."""
    return varint(raw, 0)[0]


def _read_by_field(
    batch: Batch,
    raw: bytes,
    heads: list[int],
    tails: list[int],
    known: list[Series | None],
    times: list[int],
    values: tuple[float, ...],
) -> None:
    """Read a request in which not every head is known; those that are new are remembered.

    `heads` and `tails` are the lengths of the pieces it was cut into.
    """
    ends = [*accumulate(map(add, heads, tails))]
    places = {start: place for place, start in enumerate([0, *ends[:-1]])} if ends else {}
    at = index = 0
    while at < len(raw):
        place = places.get(at)
        if place is not None and (series := known[place]) is not None:
            batch.points.add(index, series, times[place], values[place])
            at, index = ends[place], index + 1
            continue
        start = at
        number, _, content, at = field_at(raw, at)
        if number == 1:
            if index >= MAX_SERIES:
                raise TooLarge(f"The request holds over {MAX_SERIES} time series. Lower max_samples_per_send.")
            _read_series(batch, index, message(content))
            index += 1
            if place is not None and ends[place] == at:
                _remember(raw[start : start + heads[place]], len(message(content)) - tails[place], tails[place])


def _remember(head: bytes, length: int, tail: int) -> None:
    """Remember the head of a TimeSeries that ends with one sample of `tail` bytes, if the `length` bytes before the
    sample are labels and nothing else."""
    try:
        found = [*fields(head[-length:])] if length > 0 else []
        name, tags = _decoded([message(content) for number, _, content in found if number == 1])
    except Malformed:
        return
    if name and all(number == 1 for number, _, _ in found):
        heads = _with_value if tail == _WITH_VALUE else _without
        heads.keep(head, series_of(name, tags), len(head) + 200)


def _read_series(batch: Batch, index: int, raw: bytes) -> None:
    """One TimeSeries, whatever its form."""
    labels: list[bytes] = []
    points: list[tuple[int, float]] = []
    histograms = 0
    for number, _, content in fields(raw):
        if number == 1:
            labels.append(message(content))
        elif number == 2:
            points.append(_point(message(content)))
        elif number == 4:
            histograms += 1
    name, tags = _decoded(labels)
    if histograms:
        batch.reject(index, "histograms", "native histograms are not taken; send classic ones", samples=histograms)
    if not name:
        batch.reject(index, "labels", "must hold __name__", samples=len(points))
        return
    series = series_of(name, tags)
    for time, value in points:
        batch.points.add(index, series, time, value)


def _point(raw: bytes) -> tuple[int, float]:
    value, time = 0.0, 0
    for number, _, content in fields(raw):
        if number == 1:
            value = double(content)
        elif number == 2:
            time = signed64(content)
    return time, value


def _decoded(labels: list[bytes]) -> tuple[str, dict[str, str]]:
    """The metric's name and the tags; an empty label is the same as none."""
    tags: dict[str, str] = {}
    for label in labels:
        pair = {number: text(content) for number, _, content in fields(label) if number in (1, 2)}
        if pair.get(2):
            tags[pair.get(1, "")] = pair[2]
    return tags.pop("__name__", ""), tags
