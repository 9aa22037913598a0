"""The API's words for what Python calls otherwise: `metric_type` is `metricType`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def in_api_words(body: Mapping[str, Any] | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A body as the API has it, with fields that are named as Python names them; what is inside of them stays."""
    return {**(body or {}), **{_camel(name): value for name, value in fields.items()}}


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
