"""Flat lists: an array of samples that each say their tags and their time, or {"metrics": [such an array]}.

The same tags come again with every request: they are left as the bytes they are, by which the series that were read
before are found. A long list is read in stretches, so that the objects of one are made where those of the one before
lay: in the processor's cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from chalicelib.api.schemas.remembered import Remembered
from chalicelib.domain.series import Kind
from chalicelib.services.incoming import Batch, Events, Series

MAX_UNDER_TAGS = 1_000
STRETCH = 65_536  # bytes
_OVERHEAD = 500  # bytes of a series, or of tags, beside its text: roughly
_BEGIN = re.compile(rb'[ \t\r\n]*(\{[ \t\r\n]*"metrics"[ \t\r\n]*:[ \t\r\n]*)?\[')
_END = re.compile(rb"\][ \t\r\n]*(\}[ \t\r\n]*)?")
_BETWEEN = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*\{")
_Named = dict[tuple[str, str | None] | str, Series]  # by metric type, and unit where one is given
_by_tags: Remembered[bytes, _Named] = Remembered(24 << 20)


class Listed(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A sample in a list: `incoming.Sample` with its tags unread."""

    metric_type: str = msgspec.field(name="metricType")
    value: float
    unit: str | None = None
    tags: msgspec.Raw = msgspec.Raw(b"{}")
    timestamp: str | int | float | None = None


_decode = msgspec.json.Decoder(list[Listed]).decode
_decode_tags = msgspec.json.Decoder(dict[str, str]).decode


def read_flat_list(raw: bytes) -> Batch | None:
    """The samples of a body that is an array, or nothing but a long one under "metrics"; None when it has another form.

    Raises DecodeError or UnicodeDecodeError when not everything in it has the right type.
    """
    if len(raw) <= STRETCH:
        return batch_of([_decode(raw)], raw) if raw[:64].lstrip()[:1] == b"[" else None
    begin, last = _BEGIN.match(raw), raw.rfind(b"]")
    end = _END.fullmatch(raw, last) if last >= 0 else None
    if begin is None or end is None or (begin[1] is None) != (end[1] is None):
        return None
    return batch_of(map(_decode, _stretches(raw, begin.end(), last)), raw)


def batch_of(lists: Iterable[list[Listed]], raw: bytes) -> Batch:
    """The batch of a body's samples. Raises DecodeError or UnicodeDecodeError as above."""
    if not raw.isascii():
        raw.decode()  # what is left unread is checked to be JSON, but not to be UTF-8
    events = Events([], [], [])
    for listed in lists:
        events.series.extend(_series_of(listed))
        events.timestamps.extend([each.timestamp for each in listed])
        events.values.extend([each.value for each in listed])
    return Batch(events=events if events.values else None)


def _stretches(raw: bytes, begin: int, end: int) -> Iterator[bytes]:
    """The content of a list as lists of about STRETCH bytes, cut between objects.

    A cut within a text, or within an object of an object, leaves a list behind that is none: reading that one fails.
    """
    while end - begin > STRETCH and (cut := _BETWEEN.search(raw, begin + STRETCH, end)):
        yield b"[%b]" % raw[begin : cut.start() + 1]
        begin = cut.end() - 1
    yield b"[%b]" % raw[begin:end]


def _series_of(listed: list[Listed]) -> list[Series]:
    """The series of each sample. Neighbours often have the same tags: they are looked up once."""
    found: list[Series] = []
    tags: msgspec.Raw | None = None
    named: _Named = {}
    for each in listed:
        if tags is None or each.tags != tags:
            tags = each.tags
            named = _by_tags.get(bytes(tags)) or {}
        name = each.metric_type if each.unit is None else (each.metric_type, each.unit)
        series = named.get(name)
        if series is None:
            read = next(iter(named.values())).tags if named else _decode_tags(tags)
            series = named[name] = Series(each.metric_type, read, each.unit, Kind.EVENT)
            _remember(bytes(tags), named, len(read))
        found.append(series)
    return found


def _remember(raw: bytes, named: _Named, tags: int) -> None:
    if len(named) > MAX_UNDER_TAGS:
        _by_tags.forget(raw)
    else:
        _by_tags.keep(raw, named, (1 + len(named)) * _OVERHEAD + 3 * len(raw) + 100 * tags)
