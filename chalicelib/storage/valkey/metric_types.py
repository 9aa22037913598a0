"""The set of metric types in Valkey, bounded; the tick rebuilds it from the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.storage.valkey import keys
from chalicelib.storage.valkey.connection import Valkey

KEEP_SECONDS = 7200

_ADMIT = """
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 1 end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class ValkeyMetricTypes:
    """After a loss of Valkey the set is empty and admits more than it should, until the next tick: it fails open."""

    def __init__(self, valkey: Valkey, *, maximum: int) -> None:
        self._valkey = valkey
        self._maximum = maximum

    def admit(self, metric_type: str) -> bool:
        """Whether this type is known, or was new and there was room for it. Raises Unavailable."""
        (answer,) = self._valkey.run(("EVAL", _ADMIT, 1, keys.METRIC_TYPES, metric_type, self._maximum, KEEP_SECONDS))
        return bool(answer != 0)

    def rebuild(self, metric_types: Sequence[str]) -> None:
        """Add what the catalogue knows, and keep the set alive. Raises Unavailable."""
        if metric_types:
            self._valkey.run(("SADD", keys.METRIC_TYPES, *metric_types), ("EXPIRE", keys.METRIC_TYPES, KEEP_SECONDS))
