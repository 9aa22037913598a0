"""Counts of what somebody did in a window of time, over all containers."""

from __future__ import annotations

from chalicelib.storage.valkey import keys
from chalicelib.storage.valkey.connection import Valkey


class ValkeyCounter:
    """Fixed windows; a window's count expires with it."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    def count(self, what: str, whose: str, now: int, seconds: int, *, add: bool = True) -> int:
        """How often it happened in the window that `now` (epoch ms) lies in, this time included. Raises Unavailable."""
        key = keys.rate(what, whose, now // (seconds * 1000))
        if not add:
            return int(self._valkey.value("GET", key) or 0)
        counted, _ = self._valkey.run(("INCR", key), ("EXPIRE", key, seconds * 2))
        return counted if isinstance(counted, int) else 0
