"""The record-metric bodies taken apart element by element: what is wrong is named, what is good goes on.

This is the slow road for bodies that msgspec refuses as a whole. It accepts exactly what the fast road accepts.
"""

from __future__ import annotations

import json
import math
from typing import Any

from chalicelib.domain.errors import InvalidInput
from chalicelib.services.incoming import Batch, Sample, Snapshot

MAX_ELEMENTS = 250_000  # more do not fit, unless they are none of what they should be and only cost time
FORMS = 'a metric {"metricType", "value", …}, an array of them, {"metrics": […]} or {"snapshots": […]}'
_SAMPLE_FIELDS = {"metricType", "value", "unit", "tags", "timestamp"}
_SNAPSHOT_FIELDS = {"tags", "timestamp", "metrics", "units"}


class _Wrong(Exception):
    """One field of one element is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason


def read_batch_one_by_one(raw: bytes) -> Batch:
    """The good samples of a body, and what is wrong with the others. Raises InvalidInput when it cannot be read."""
    body = _parse(raw)
    if isinstance(body, list):
        return _samples(body)
    if not isinstance(body, dict):
        raise InvalidInput(f"The body must be {FORMS}.", field="body")
    forms = [name for name in ("metrics", "snapshots") if name in body]
    if not forms:
        return _single(body)
    unknown = sorted(set(body) - set(forms))
    if len(forms) > 1 or unknown:
        raise InvalidInput(f"The body must be {FORMS}.", field=unknown[0] if unknown else "snapshots")
    elements = body[forms[0]]
    if not isinstance(elements, list):
        raise InvalidInput(f"{forms[0]}: must be an array.", field=forms[0])
    return _samples(elements) if forms[0] == "metrics" else _snapshots(elements)


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidInput(f"The body is not valid UTF-8 (byte {error.start}).", field="body") from None
    except json.JSONDecodeError as error:
        what = f"{error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"The body is not valid JSON: {what}.", field="body") from None
    except RecursionError:
        raise InvalidInput("The body is nested too deeply.", field="body") from None
    except ValueError:  # Python refuses to read integers of thousands of digits
        raise InvalidInput("The body holds a number that is too long.", field="body") from None


def _single(body: dict[str, Any]) -> Batch:
    try:
        return Batch(samples=[(None, _sample(body))])
    except _Wrong as wrong:
        raise InvalidInput(f"{wrong.field}: {wrong.reason}.", field=wrong.field) from None


def _check_number(elements: list[Any]) -> None:
    if len(elements) > MAX_ELEMENTS:
        raise InvalidInput(f"The body holds over {MAX_ELEMENTS} elements; send smaller requests.", field="body")


def _samples(elements: list[Any]) -> Batch:
    _check_number(elements)
    batch = Batch()
    for index, element in enumerate(elements):
        try:
            batch.samples.append((index, _sample(element)))
        except _Wrong as wrong:
            batch.reject(index, wrong.field, wrong.reason)
    return batch


def _snapshots(elements: list[Any]) -> Batch:
    _check_number(elements)
    batch = Batch()
    for index, element in enumerate(elements):
        try:
            snapshot, mistakes = _snapshot(element)
        except _Wrong as wrong:
            metrics = element.get("metrics") if isinstance(element, dict) else None
            lost = len(metrics) if isinstance(metrics, dict) else 1
            batch.reject(index, wrong.field, wrong.reason, samples=max(lost, 1))
            continue
        for mistake in mistakes:
            batch.reject(index, mistake.field, mistake.reason)
        batch.snapshots.append((index, snapshot))
    return batch


def _sample(element: Any) -> Sample:
    fields = _object(element, "sample", _SAMPLE_FIELDS)
    if not isinstance(fields.get("metricType"), str):
        raise _Wrong("metricType", "must be a string" if "metricType" in fields else "is missing")
    if "value" not in fields:
        raise _Wrong("value", "is missing")
    return Sample(
        fields["metricType"],
        _number("value", fields["value"]),
        _optional_text("unit", fields.get("unit")),
        _texts("tags", fields.get("tags", {})),
        _timestamp(fields.get("timestamp")),
    )


def _snapshot(element: Any) -> tuple[Snapshot, list[_Wrong]]:
    fields = _object(element, "snapshot", _SNAPSHOT_FIELDS)
    if not isinstance(fields.get("metrics"), dict):
        raise _Wrong("metrics", 'must be an object like {"cpu_usage": 12.5}' if "metrics" in fields else "is missing")
    tags = _texts("tags", fields.get("tags", {}))
    units = _texts("units", fields.get("units", {}))
    timestamp = _timestamp(fields.get("timestamp"))
    metrics, wrongs = {}, []
    for name, value in fields["metrics"].items():
        try:
            metrics[name] = _number(f"metrics.{name}", value)
        except _Wrong as wrong:
            wrongs.append(wrong)
    return Snapshot(metrics, tags, timestamp, units), wrongs


def _object(element: Any, what: str, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(element, dict):
        raise _Wrong(what, "must be an object")
    unknown = next((name for name in element if name not in allowed), None)
    if unknown is not None:
        raise _Wrong(unknown[:64], f"is not a field of a {what}; known are {', '.join(sorted(allowed))}")
    return element


def _number(field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(field, "must be a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _Wrong(field, "must be a finite number; leave a sample out rather than sending NaN or Infinity")
    return number


def _optional_text(field: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise _Wrong(field, "must be a string")
    return value


def _texts(field: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _Wrong(field, "must be an object of strings")
    for key, text in value.items():
        if not isinstance(text, str):
            raise _Wrong(f"{field}.{key}"[:80], 'must be a string; write numbers in quotes: "200"')
    return value


def _timestamp(value: Any) -> str | int | float | None:
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return value
    raise _Wrong("timestamp", "must be ISO 8601 with a zone, or epoch milliseconds")
