"""How many different users there were, from the hourly HyperLogLogs that ingest counts into; kept for two days."""

from __future__ import annotations

from chalicelib.storage.valkey import keys
from chalicelib.storage.valkey.connection import Valkey
from chalicelib.storage.valkey.stream import DISTINCT_SECONDS

USER_TAG = "userId"
_HOUR_MS = 3_600_000


class ValkeyActiveUsers:
    """Counts distinct values of the tag userId, by hours of arrival."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    def active_users(self, start: int, end: int, now: int) -> int | None:
        """How many there were in the hours that meet [start, end), epoch ms, within 0.81 %; None when nobody counted.

        None too when the first of these hours is no longer kept: a part of the users would pass for all of them.
        Raises Unavailable.
        """
        first, behind = start // _HOUR_MS, -(-end // _HOUR_MS)
        if first * _HOUR_MS < now - DISTINCT_SECONDS * 1000 + _HOUR_MS or first >= behind:
            return None
        counted = int(self._valkey.value("PFCOUNT", *(keys.distinct(USER_TAG, hour) for hour in range(first, behind))))
        return counted or None
