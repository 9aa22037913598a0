"""The puller's own token: made by the planner, which has the database, for the puller, which has not."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "collector"
RENEWED_AFTER_MS = 86_400_000
GOOD_FOR_MS = 3 * RENEWED_AFTER_MS


@dataclass(frozen=True, slots=True)
class KeptCredential:
    """A token in a box that only the puller can open; `made_at` in epoch ms, `sealed_for` the box's public key.

    `former_token_id`: the one before it, which pulls on their way may still carry.
    """

    token_id: str
    box: str
    made_at: int
    sealed_for: str
    former_token_id: str | None = None

    def is_good(self, now: int, public_key: str) -> bool:
        """Whether it need not be renewed yet."""
        return now - self.made_at < RENEWED_AFTER_MS and self.sealed_for == public_key
