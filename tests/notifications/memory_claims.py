"""Claims in memory, which behave as those in DynamoDB do: test_claims.py has both do the same and compares."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.deliveries import Claim, Delivered
from chalicelib.domain.jobs import Job


class MemoryClaims:
    """The claims of one process."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}

    def begin(self, job: Job, now: int, lease_ms: int) -> Claim:
        """Claim a notification for one attempt, or learn why not."""
        item = self.items.get(job.thread)
        told = item is not None and (item["told"] or item["state"] == "sending")
        if item is None or item["seq"] < job.seq:
            self.items[job.thread] = {
                "seq": job.seq,
                "round": job.round,
                "state": "sending",
                "tries": 1,
                "doubts": 0,
                "started": now,
                "told": False if item is None else item["told"],
                "provider": None,
                "error": None,
            }
            return Claim(is_mine=True, state="sending", tries=1, started_at=now, is_told=told)
        if item["seq"] > job.seq:
            return Claim(is_mine=False, state="superseded")
        is_stale = item["state"] == "sending" and now - item["started"] >= lease_ms
        is_anew = item["state"] in ("failed", "uncertain") and item["round"] < job.round
        if not (item["state"] in ("retry", "doubtful", "dead") or is_stale or is_anew):
            return Claim(
                is_mine=False,
                state=item["state"],
                tries=item["tries"],
                doubts=item["doubts"],
                started_at=item["started"],
                provider_id=item["provider"],
                error=item["error"],
            )
        item |= {"state": "sending", "tries": item["tries"] + 1, "started": now, "round": job.round}
        item["doubts"] += is_stale
        return Claim(
            is_mine=True, state="sending", tries=item["tries"], doubts=item["doubts"], started_at=now, is_told=told
        )

    def finish(
        self,
        job: Job,
        claim: Claim,
        state: str,
        now: int,
        *,
        error: str | None = None,
        delivered: Delivered | None = None,
    ) -> None:
        """Say what became of the attempt."""
        item = self.items[job.thread]
        if (item["seq"], item["tries"], item["state"]) != (job.seq, claim.tries, "sending"):
            return
        item |= {"state": str(state), "doubts": claim.doubts + (state == "doubtful"), "error": error}
        item["told"] = item["told"] or claim.is_told or delivered is not None or state == "doubtful"
        item["provider"] = None if delivered is None else delivered.provider_id
