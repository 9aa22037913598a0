"""Every Valkey key the service uses. All but the stream expire; the stream is trimmed by the drain."""

from __future__ import annotations

AGENTS = "agents"
STREAM = "frames"
METRIC_TYPES = "metric-types"
ROOM = "room"
DEFINITIONS_WANTED = "definitions-wanted"
TOKENS = "tokens"
TOKEN_USES = "token-uses"  # noqa: S105 -- the name of a key


def idempotency(token_id: str, key: str) -> str:
    """Remembers for two hours which body came with an Idempotency-Key."""
    return f"idempotency:{token_id}:{key}"


def distinct(tag: str, hour: int) -> str:
    """HyperLogLog of the values of a high-cardinality tag seen in an hour; `hour` counts from the epoch."""
    return f"distinct:{tag}:{hour}"


def sketch(name: str, place: int) -> str:
    """Holds a sketch for the time of one calculation."""
    return f"sketch:{name}:{place}"


def rate(what: str, whose: str, window: int) -> str:
    """Counts what somebody did in a window of time."""
    return f"rate:{what}:{whose}:{window}"
