"""What readers of other protocols remember between requests: bounded by bytes, the oldest gives way."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from chalicelib.services.incoming import Series

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """A dictionary that holds at most `most` bytes, as its callers weigh what they keep."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._items: dict[K, V] = {}
        self._weights: dict[K, int] = {}
        self.get = self._items.get

    def keep(self, key: K, value: V, weight: int) -> None:
        """Remember a value; one that weighs more than an eighth of all there may be is not worth it."""
        if weight > self._most // 8:
            return
        self.forget(key)
        while self._held + weight > self._most:
            self.forget(next(iter(self._items)))
        self._items[key] = value
        self._weights[key] = weight
        self._held += weight

    def forget(self, key: K) -> None:
        """Let go of a value, if it is remembered."""
        if key in self._items:
            del self._items[key]
            self._held -= self._weights.pop(key)


_OVERHEAD = 400  # bytes of an entry beside its text, roughly
_series: Remembered[tuple[str, tuple[tuple[str, str], ...], str | None], Series] = Remembered(24 << 20)


def series_of(metric_type: str, tags: dict[str, str], unit: str | None = None) -> Series:
    """The one object that stands for these words, for as long as it is remembered."""
    key = (metric_type, tuple(tags.items()), unit)
    found = _series.get(key)
    if found is None:
        found = Series(metric_type, tags, unit)
        _series.keep(key, found, _OVERHEAD + len(metric_type) + sum(len(k) + len(v) + 100 for k, v in tags.items()))
    return found
