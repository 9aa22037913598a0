"""Claims in DynamoDB: one item for each thread (alert and channel) holds the newest notification and who sends it.

    pk        the thread
    seq       of the newest notification that was begun; what is older has been superseded
    state     sending, retry, doubtful, sent, failed, dead, uncertain, superseded
    round, tries, doubts, started, provider, error
    told, refs   whether anything of the thread arrived, and what the provider calls it

Every write is conditional: it happens only to the item as it was seen. Items expire after 30 days.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from chalicelib.aws import patience
from chalicelib.domain.deliveries import Claim, Delivered
from chalicelib.domain.jobs import Job

KEPT_SECONDS = 30 * 86_400
_BEGUN = "SET seq = :seq, #state = :sending, round = :round, started = :now, expires = :expires, tries = :tries, "
_MAY_GO_ON = frozenset({"retry", "doubtful", "dead"})  # a dead one comes back as a replayed dead letter
_BY_A_LATER_ROUND = frozenset({"failed", "uncertain"})
Item = dict[str, Any]


class DynamoClaims:
    """Claims."""

    def __init__(self, table: str) -> None:
        self._table = table

    def begin(self, job: Job, now: int, lease_ms: int) -> Claim:
        """Claim a notification for one attempt, or learn why not; one older than `lease_ms` is taken over.

        One write for a notification that nobody has begun, two for one that comes again.
        """
        item, is_mine = self._begin(job, now, 1, 0, "attribute_not_exists(pk) OR seq < :seq", {})
        if is_mine:
            return _claim(item, "sending", 1, 0, now, is_mine=True)
        seq, state, tries, doubts = (
            _number(item, "seq"),
            item["state"]["S"],
            _number(item, "tries"),
            _number(item, "doubts"),
        )
        if seq > job.seq:
            return _claim(item, "superseded", 0, 0, now, is_mine=False)
        is_stale = state == "sending" and now - _number(item, "started") >= lease_ms
        is_anew = state in _BY_A_LATER_ROUND and _number(item, "round") < job.round
        if not (state in _MAY_GO_ON or is_stale or is_anew):
            return _claim(item, state, tries, doubts, _number(item, "started"), is_mine=False)
        doubts += is_stale
        as_seen = {":seen": item["tries"], ":state": item["state"]}
        condition = "seq = :seq AND tries = :seen AND #state = :state"
        after, is_mine = self._begin(job, now, tries + 1, doubts, condition, as_seen)
        if is_mine:
            return _claim(item, "sending", tries + 1, doubts, now, is_mine=True)
        return _claim(after, "sending", tries + 1, doubts, now, is_mine=False)  # somebody else was faster

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
        """Say what became of the attempt; `delivered`: it arrived, or may have. Who was taken for dead has no say."""
        values: Item = {
            ":seq": _n(job.seq),
            ":tries": _n(claim.tries),
            ":sending": _s("sending"),
            ":state": _s(state),
            ":doubts": _n(claim.doubts + (state == "doubtful")),
            ":error": _s(error or ""),
            ":provider": _s((delivered.provider_id if delivered is not None else None) or ""),
            ":expires": _expires(now),
            ":told": {"BOOL": claim.is_told or delivered is not None or state == "doubtful"},
        }
        known = dict(claim.references) | ({} if delivered is None else dict(delivered.references))
        self._update(
            job,
            "SET #state = :state, doubts = :doubts, #error = :error, provider = :provider, expires = :expires,"
            " told = :told, refs = :refs",
            values | {":refs": {"M": {name: _s(value) for name, value in known.items()}}},
            "seq = :seq AND tries = :tries AND #state = :sending",
            {"#error": "error"},
        )

    def _begin(self, job: Job, now: int, tries: int, doubts: int, condition: str, more: Item) -> tuple[Item, bool]:
        values = {
            ":seq": _n(job.seq),
            ":sending": _s("sending"),
            ":round": _n(job.round),
            ":now": _n(now),
            ":expires": _expires(now),
            ":tries": _n(tries),
            ":doubts": _n(doubts),
        }
        return self._update(job, _BEGUN + "doubts = :doubts", values | more, condition, {})

    def _update(
        self, job: Job, expression: str, values: Item, condition: str, names: dict[str, str]
    ) -> tuple[Item, bool]:
        """The item as it was before, and whether it was written."""
        from botocore.exceptions import ClientError

        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"pk": _s(job.thread)},
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#state": "state", **names},
                ExpressionAttributeValues=values,
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            item: Item = error.response.get("Item", {})
            return item, False
        return answer.get("Attributes", {}), True

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("dynamodb", config=patience())


def _claim(item: Item, state: str, tries: int, doubts: int, started: int, *, is_mine: bool) -> Claim:
    """The claim, with what the item says of its thread."""
    # Whoever left an attempt open may have got through with it.
    is_told = item.get("told", {}).get("BOOL", False) or item.get("state", {}).get("S") == "sending"
    return Claim(
        is_mine=is_mine,
        state=state,
        tries=tries,
        doubts=doubts,
        started_at=started,
        is_told=is_told,
        references={name: value["S"] for name, value in item.get("refs", {"M": {}})["M"].items()},
        provider_id=item.get("provider", _s(""))["S"] or None,
        error=item.get("error", _s(""))["S"] or None,
    )


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"])


def _s(text: str) -> dict[str, str]:
    return {"S": text}


def _n(number: int) -> dict[str, str]:
    return {"N": str(number)}


def _expires(now: int) -> dict[str, str]:
    return _n(now // 1000 + KEPT_SECONDS)
