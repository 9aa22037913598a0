"""Chalice's names for functions in a template, and ours in app.py."""

from __future__ import annotations

import re


def python_name(logical: str) -> str:
    """`ScheduleTicks` -> `schedule_ticks`; the API's own function is `app`."""
    return "app" if logical == "APIHandler" else re.sub(r"(?<!^)(?=[A-Z])", "_", logical).lower()
