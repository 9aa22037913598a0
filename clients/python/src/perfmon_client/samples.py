"""From what a program records to what is sent. What the service would refuse is refused here, where it can be seen."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

METRIC_TYPE = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
MAX_TAGS = 20
MAX_UNIT = 32
MAX_KEY = 64
MAX_TAG = 256

Sample = dict[str, Any]
"""`metricType`, `value`, `tags`, `timestamp` (epoch ms) and, where it was given, `unit`: what the service is sent."""


class InvalidSample(ValueError):
    """The service would refuse it; the message names the field."""


def sample_of(
    metric_type: str,
    value: float,
    unit: str | None,
    tags: Mapping[str, object],
    timestamp: datetime | float | str | None,
) -> Sample:
    """A sample whose instant is fixed, whenever it is sent. Raises InvalidSample."""
    if not isinstance(metric_type, str) or not METRIC_TYPE.fullmatch(metric_type):
        raise InvalidSample("metric_type: letters, digits, _ . : -, up to 128, beginning with a letter or underscore.")
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidSample(f"value: must be a finite number ({metric_type}).")
    sample = {"metricType": metric_type, "value": number, "tags": _tags(metric_type, tags)}
    sample["timestamp"] = time.time_ns() // 1_000_000 if timestamp is None else _milliseconds(timestamp)
    if unit is not None:
        if not isinstance(unit, str) or len(unit) > MAX_UNIT:
            raise InvalidSample(f"unit: text of up to {MAX_UNIT} characters ({metric_type}).")
        sample["unit"] = unit
    return sample


def recorded(sample: Sample) -> dict[str, Any]:
    """A sample as `metricRecorded` tells it: its instant in ISO 8601, UTC."""
    instant = datetime.fromtimestamp(sample["timestamp"] / 1000, timezone.utc)
    return {**sample, "timestamp": instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _tags(metric_type: str, tags: Mapping[str, object]) -> dict[str, str]:
    """Copied, so that the program may go on using its own; a tag that is None is none."""
    kept: dict[str, str] = {}
    for key, value in tags.items():
        if value is None:
            continue
        text = value if type(value) is str else str(value)
        if not isinstance(key, str) or len(key) > MAX_KEY or len(text) > MAX_TAG:
            raise InvalidSample(
                f"tags: keys up to {MAX_KEY}, values up to {MAX_TAG} characters of text ({metric_type})."
            )
        kept[key] = text
    if len(kept) > MAX_TAGS:
        raise InvalidSample(f"tags: at most {MAX_TAGS} ({metric_type}).")
    return kept


def _milliseconds(timestamp: datetime | float | str) -> int:
    """Epoch milliseconds of an instant. A datetime or text without a zone could be any of many instants: refused."""
    try:
        if isinstance(timestamp, str):
            timestamp = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", timestamp))
        if not isinstance(timestamp, datetime):
            return int(timestamp)
        if timestamp.utcoffset() is not None:
            return round(timestamp.timestamp() * 1000)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InvalidSample("timestamp: a datetime with a zone, ISO 8601 with a zone, or epoch milliseconds.")
