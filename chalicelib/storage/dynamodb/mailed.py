"""Which report mails have gone out, in the table of claims: a message that is delivered twice is mailed once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from chalicelib.aws import patience

KEPT_SECONDS = 30 * 86_400


class DynamoMailed:
    """Claims of mails."""

    def __init__(self, table: str) -> None:
        self._table = table

    def claim(self, mail_id: str, now: int) -> bool:
        """Whether this mail is the caller's to send; `now` in epoch ms."""
        values = {
            ":sent": {"S": "sent"},
            ":free": {"S": "free"},
            ":expires": {"N": str(now // 1000 + KEPT_SECONDS)},
        }
        condition = "attribute_not_exists(pk) OR #state = :free"
        try:
            self._update(mail_id, "SET #state = :sent, expires = :expires", condition, values)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def release(self, mail_id: str) -> None:
        """It did not go out: the next one may try."""
        self._update(mail_id, "SET #state = :free", "attribute_exists(pk)", {":free": {"S": "free"}})

    def _update(self, mail_id: str, expression: str, condition: str, values: dict[str, Any]) -> None:
        self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": f"mail#{mail_id}"}},
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=values,
        )

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("dynamodb", config=patience())
