"""The four bodies of the record-metric call, decoded: one sample, an array, {"metrics": …} or {"snapshots": …}.

A body in which everything has the right type is decoded in one go by msgspec. Only when that fails is it taken apart
element by element (samples_one_by_one.py): one bad sample does not cost the good ones, and each error names its field.

A list says its tags with each sample, and the same come again with every request: they are left as the bytes they are,
by which the series that were read before are found.
"""

from __future__ import annotations

import msgspec

from chalicelib.api.schemas.remembered import Remembered
from chalicelib.domain.series import Kind
from chalicelib.services.incoming import Batch, Events, Sample, Series, Snapshot

MAX_UNDER_TAGS = 1_000
_OVERHEAD = 500  # bytes of a series, or of tags, beside its text: roughly
_Named = dict[tuple[str, str | None] | str, Series]  # by metric type, and unit where one is given
_by_tags: Remembered[bytes, _Named] = Remembered(24 << 20)


class _Listed(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A sample in a list: `incoming.Sample` with its tags unread."""

    metric_type: str = msgspec.field(name="metricType")
    value: float
    unit: str | None = None
    tags: msgspec.Raw = msgspec.Raw(b"{}")
    timestamp: str | int | float | None = None


class _Body(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Every form that is an object; which one it is shows by the field that is there."""

    snapshots: list[Snapshot] | None = None
    metrics: list[_Listed] | None = None
    metric_type: str | None = msgspec.field(name="metricType", default=None)
    value: float | None = None
    unit: str | None = None
    tags: dict[str, str] = {}
    timestamp: str | int | float | None = None


_decode_object = msgspec.json.Decoder(_Body).decode
_decode_array = msgspec.json.Decoder(list[_Listed]).decode
_decode_tags = msgspec.json.Decoder(dict[str, str]).decode


def read_batch(raw: bytes) -> Batch:
    """The samples in a JSON body, with what is wrong with it. Raises InvalidInput when it cannot be read at all."""
    try:
        if raw[:64].lstrip()[:1] == b"[":
            return _from_list(_decode_array(raw), raw)
        batch = _from_object(_decode_object(raw), raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        batch = None
    if batch is None:
        from chalicelib.api.schemas.samples_one_by_one import read_batch_one_by_one

        return read_batch_one_by_one(raw)
    return batch


def _from_object(body: _Body, raw: bytes) -> Batch | None:
    """The batch, or None when the body has none of the forms, or several."""
    forms = (body.snapshots is not None) + (body.metrics is not None) + (body.metric_type is not None)
    if forms != 1:
        return None
    if body.metric_type is not None:
        if body.value is None:
            return None
        return Batch(samples=[(None, Sample(body.metric_type, body.value, body.unit, body.tags, body.timestamp))])
    if not (body.value is None and body.unit is None and not body.tags and body.timestamp is None):
        return None
    if body.snapshots is not None:
        return Batch(snapshots=list(enumerate(body.snapshots)))
    return _from_list(body.metrics or [], raw)


def _from_list(listed: list[_Listed], raw: bytes) -> Batch:
    """The batch of a list. Raises DecodeError or UnicodeDecodeError when it is not what it seems to be."""
    if not listed:
        return Batch()
    if not raw.isascii():
        raw.decode()  # what is left unread is checked to be JSON, but not to be UTF-8
    return Batch(
        events=Events(_series_of(listed), [each.timestamp for each in listed], [each.value for each in listed])
    )


def _series_of(listed: list[_Listed]) -> list[Series]:
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
