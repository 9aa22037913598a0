"""The times that samples may have: not far ahead of the server's clock, and not too old."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.instants import InvalidInstant, parse_instant
from chalicelib.domain.series import InvalidSample

MAX_AHEAD_MS = 600_000
_DAY_MS = 86_400_000


class SampleTimes:
    """Reads and checks them."""

    def __init__(self, max_age_days: int) -> None:
        self._max_age_days = max_age_days

    def bounds(self, now: int) -> tuple[int, int]:
        """The oldest and the newest time that is taken, in epoch ms as `now` is."""
        return max(0, now - self._max_age_days * _DAY_MS), now + MAX_AHEAD_MS

    def read(self, timestamp: str | int | float, now: int) -> int:
        """Epoch ms of what a client sent. Raises InvalidSample."""
        oldest, newest = self.bounds(now)
        if type(timestamp) is int and oldest <= timestamp <= newest:
            return timestamp
        try:
            time = parse_instant(timestamp)
        except InvalidInstant as error:
            raise InvalidSample("timestamp", str(error)) from None
        if time > newest:
            raise InvalidSample("timestamp", "lies more than 10 minutes ahead of the server's clock")
        if time < oldest:
            reason = f"lies more than {self._max_age_days} days back (MAX_SAMPLE_AGE_DAYS)"
            if not isinstance(timestamp, str) and 1e9 <= timestamp < 1e10:
                reason += "; epoch times are in milliseconds, this one looks like seconds"
            raise InvalidSample("timestamp", reason)
        return time

    def read_all(self, timestamps: Sequence[str | int | float | None], now: int) -> list[int]:
        """Epoch ms of each; None is `now`. Raises InvalidSample when any is wrong."""
        oldest, newest = self.bounds(now)
        known = {
            each: now
            if each is None
            else each
            if type(each) is int and oldest <= each <= newest
            else self.read(each, now)
            for each in set(timestamps)
        }
        return [known[each] for each in timestamps]
