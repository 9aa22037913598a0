"""Claims in DynamoDB: who sends which notification, and what is known of each thread; items expire after 30 days.

    n#<notification>  state, round, tries, doubts, started, provider, error
    a#<thread>        seq, told, refs

Every write to a claim is conditional: it happens only to the item as it was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from chalicelib.domain.deliveries import Claim, Delivered, Thread

KEPT_SECONDS = 30 * 86_400
# A notification that is done with is begun again only by a later round; one that is dead also as a dead letter.
_MAY_BEGIN = (
    "attribute_not_exists(pk) OR #state IN (:retry, :doubtful, :dead)"
    " OR (#state IN (:failed, :uncertain) AND round < :round)"
)
_BEGUN = (
    "SET #state = :sending, started = :now, round = :round, expires = :expires, tries = if_not_exists(tries, :zero)"
)
Item = dict[str, Any]


class DynamoClaims:
    """Claims and threads."""

    def __init__(self, table: str) -> None:
        self._table = table

    def thread(self, thread: str, seq: int, now: int) -> Thread:
        """Note that `seq` is being handled unless a newer one was; what is known of the thread then."""
        item, _ = self._update(
            f"a#{thread}",
            "SET seq = :seq, expires = :expires",
            {":seq": _n(seq), ":expires": _expires(now)},
            condition="attribute_not_exists(seq) OR seq <= :seq",
        )
        refs = {name: value["S"] for name, value in item.get("refs", {"M": {}})["M"].items()}
        return Thread(int(item["seq"]["N"]), item.get("told", {"BOOL": False})["BOOL"], refs)

    def begin(self, notification_id: str, round_: int, now: int, lease_ms: int) -> Claim:
        """Claim a notification for one attempt, or learn why not; one older than `lease_ms` is taken over."""
        key = f"n#{notification_id}"
        values = {":now": _n(now), ":round": _n(round_), ":one": _n(1), ":zero": _n(0), ":expires": _expires(now)}
        values |= {":sending": _s("sending")}
        states = {f":{name}": _s(name) for name in ("retry", "doubtful", "dead", "failed", "uncertain")}
        item, is_mine = self._update(
            key, f"{_BEGUN} + :one, doubts = if_not_exists(doubts, :zero)", values | states, condition=_MAY_BEGIN
        )
        if is_mine or item["state"]["S"] != "sending" or now - int(item["started"]["N"]) < lease_ms:
            return _claim(item, is_mine=is_mine)
        item, is_mine = self._update(
            key,
            f"{_BEGUN} + :one, doubts = doubts + :one",
            values | {":started": item["started"], ":tries": item["tries"]},
            condition="#state = :sending AND started = :started AND tries = :tries",
        )
        return _claim(item, is_mine=is_mine)

    def finish(
        self,
        notification_id: str,
        claim: Claim,
        state: str,
        now: int,
        *,
        error: str | None = None,
        delivered: Delivered | None = None,
        thread: str | None = None,
    ) -> None:
        """Say what became of the attempt; with `thread`, that something arrived there and what it is called.

        Who has been taken for dead has no say any more.
        """
        values = {
            ":state": _s(state),
            ":sending": _s("sending"),
            ":tries": _n(claim.tries),
            ":doubts": _n(claim.doubts + (state == "doubtful")),
            ":expires": _expires(now),
            ":error": _s(error or ""),
            ":provider": _s((delivered.provider_id if delivered is not None else None) or ""),
        }
        self._update(
            f"n#{notification_id}",
            "SET #state = :state, doubts = :doubts, expires = :expires, #error = :error, provider = :provider",
            values,
            condition="#state = :sending AND tries = :tries",
            names={"#error": "error"},
        )
        if thread is not None:
            self._remember(thread, {} if delivered is None else delivered.references, now)

    def _remember(self, thread: str, references: Mapping[str, str], now: int) -> None:
        """Note that something arrived in a thread, and what the provider calls it."""
        key = f"a#{thread}"
        if not references:
            self._update(
                key, "SET told = :yes, expires = :expires", {":yes": {"BOOL": True}, ":expires": _expires(now)}
            )
            return
        # Whoever delivers in a thread is alone with it: its line is in order.
        refs = {"M": {name: _s(value) for name, value in references.items()}}
        values = {":yes": {"BOOL": True}, ":expires": _expires(now), ":refs": refs}
        self._update(key, "SET told = :yes, expires = :expires, refs = :refs", values)

    def _update(
        self,
        key: str,
        expression: str,
        values: Item,
        *,
        condition: str | None = None,
        names: Mapping[str, str] | None = None,
    ) -> tuple[Item, bool]:
        """The item afterwards, and whether it was written; if not, the item as it is."""
        extra: Item = {} if condition is None else {"ConditionExpression": condition}
        used = dict(names or {}) | ({"#state": "state"} if "#state" in expression + (condition or "") else {})
        if used:
            extra["ExpressionAttributeNames"] = used
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"pk": _s(key)},
                UpdateExpression=expression,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **extra,
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            item: Item = error.response.get("Item", {})
            return item, False
        return answer["Attributes"], True

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("dynamodb")


def _claim(item: Item, *, is_mine: bool) -> Claim:
    return Claim(
        is_mine=is_mine,
        state=item["state"]["S"],
        tries=int(item["tries"]["N"]),
        doubts=int(item["doubts"]["N"]),
        started_at=int(item["started"]["N"]),
        provider_id=item.get("provider", _s(""))["S"] or None,
        error=item.get("error", _s(""))["S"] or None,
    )


def _s(text: str) -> dict[str, str]:
    return {"S": text}


def _n(number: int) -> dict[str, str]:
    return {"N": str(number)}


def _expires(now: int) -> dict[str, str]:
    return _n(now // 1000 + KEPT_SECONDS)
