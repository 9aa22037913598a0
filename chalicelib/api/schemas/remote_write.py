"""Prometheus remote write 1.0: a snappy block with a WriteRequest becomes points of sampled series."""

from __future__ import annotations

import math
from functools import lru_cache

from chalicelib.api.body import MAX_INFLATED, MAX_WIRE
from chalicelib.api.schemas.protobuf import Malformed, double, fields, message, signed64, text
from chalicelib.api.schemas.snappy import decompress
from chalicelib.domain.errors import InvalidInput, TooLarge
from chalicelib.services.incoming import Batch, Points

_MAX_CACHED = 4096


def read_remote_write(raw: bytes) -> Batch:
    """The points of a request; `index` counts its time series. Raises InvalidInput or TooLarge.

    NaN, Prometheus' stale marker among them, says that there is no value: it is left out and is no error.
    """
    if len(raw) > MAX_WIRE:
        raise TooLarge(f"The body is {len(raw)} bytes long; {MAX_WIRE} are allowed. Lower max_samples_per_send.")
    batch = Batch()
    try:
        index = 0
        for number, _, content in fields(decompress(raw, MAX_INFLATED)):
            if number == 1:
                _read_series(batch, index, message(content))
                index += 1
    except Malformed as wrong:
        raise InvalidInput(f"body: is no snappy block with a WriteRequest: {wrong}.", field="body") from None
    return batch


def _read_series(batch: Batch, index: int, raw: bytes) -> None:
    labels: list[bytes] = []
    points: list[tuple[int, float]] = []
    histograms = 0
    for number, _, content in fields(raw):
        if number == 1:
            labels.append(message(content))
        elif number == 2:
            point = _point(message(content))
            if not math.isnan(point[1]):
                points.append(point)
        elif number == 4:
            histograms += 1
    named = tuple(labels)
    name, tags = (_cached if sum(map(len, named)) <= _MAX_CACHED else _decoded)(named)
    if histograms:
        batch.reject(index, "histograms", "native histograms are not taken; send classic ones", samples=histograms)
    if not name:
        batch.reject(index, "labels", "must hold __name__", samples=len(points))
    elif points:
        batch.points.append((index, Points(name, tags, points)))


def _point(raw: bytes) -> tuple[int, float]:
    value, time = 0.0, 0
    for number, _, content in fields(raw):
        if number == 1:
            value = double(content)
        elif number == 2:
            time = signed64(content)
    return time, value


def _decoded(labels: tuple[bytes, ...]) -> tuple[str, dict[str, str]]:
    """The metric's name and the tags; an empty label is the same as none."""
    tags: dict[str, str] = {}
    for label in labels:
        pair = {number: text(content) for number, _, content in fields(label) if number in (1, 2)}
        if pair.get(2):
            tags[pair.get(1, "")] = pair[2]
    return tags.pop("__name__", ""), tags


_cached = lru_cache(maxsize=20_000)(_decoded)
