"""What agents say of themselves, on its way from ingest to the inventory of hosts."""

from __future__ import annotations

from chalicelib.storage.valkey import keys
from chalicelib.storage.valkey.connection import Valkey

KEEP_SECONDS = 7200


class ValkeyAgents:
    """The newest word of each host's agent; taken by the tick."""

    def __init__(self, valkey: Valkey) -> None:
        self._valkey = valkey

    def put(self, host: str, user_agent: str) -> None:
        """Keep what a host's agent says. Raises Unavailable."""
        self._valkey.run(("HSET", keys.AGENTS, host, user_agent), ("EXPIRE", keys.AGENTS, KEEP_SECONDS))

    def take(self) -> dict[str, str]:
        """All that was said since the last time, by host. Raises Unavailable."""
        said = self._valkey.run(("MULTI",), ("HGETALL", keys.AGENTS), ("DEL", keys.AGENTS), ("EXEC",))[-1]
        pairs = said[0] if isinstance(said, list) else []
        texts = [each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in pairs]
        return dict(zip(texts[::2], texts[1::2], strict=True))
