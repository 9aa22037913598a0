"""The four bodies of the record-metric call, decoded: one sample, an array, {"metrics": …} or {"snapshots": …}.

A body in which everything has the right type is decoded in one go by msgspec. Only when that fails is it taken apart
element by element (samples_one_by_one.py): one bad sample does not cost the good ones, and each error names its field.
"""

from __future__ import annotations

import msgspec

from chalicelib.api.schemas.flat_lists import Listed, batch_of, read_flat_list
from chalicelib.services.incoming import Batch, Sample, Snapshot


class _Body(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Every form that is an object; which one it is shows by the field that is there."""

    snapshots: list[Snapshot] | None = None
    metrics: list[Listed] | None = None
    metric_type: str | None = msgspec.field(name="metricType", default=None)
    value: float | None = None
    unit: str | None = None
    tags: dict[str, str] = {}
    timestamp: str | int | float | None = None


_decode_object = msgspec.json.Decoder(_Body).decode


def read_batch(raw: bytes) -> Batch:
    """The samples in a JSON body, with what is wrong with it. Raises InvalidInput when it cannot be read at all."""
    try:
        batch = read_flat_list(raw) or _from_object(_decode_object(raw), raw)
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
    return batch_of([body.metrics or []], raw)
