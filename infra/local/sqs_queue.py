"""One SQS queue of the app: made when it is missing, polled, its messages deleted. Calls block: use them in threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

_LONG_POLL = 20  # seconds, the most SQS allows
# How long a message lives, in seconds: a tick that was not run within a minute is overtaken by later ones.
_RETENTION = {"tick": 60}
_DEFAULT_RETENTION = 14 * 24 * 3600


class Queue:
    """A queue that a function is called for."""

    def __init__(
        self, client: Any, name: str, function: str, *, visibility: int, also: Callable[[], None] = lambda: None
    ) -> None:
        """`client` is boto3's; `visibility` = seconds until a message that was not deleted comes back.

        `also` makes what else has vanished when the queue has.
        """
        self._client = client
        self._visibility = visibility
        self._function = function
        self._also = also
        self.name = name
        self.is_fifo = name.endswith(".fifo")
        self._url = ""
        self.arn = ""

    def ensure(self) -> None:
        """Make the queue unless it is there; one that is there keeps its attributes."""
        try:
            self._url = self._client.get_queue_url(QueueName=self.name)["QueueUrl"]
        except self._client.exceptions.QueueDoesNotExist:
            attributes = {
                "VisibilityTimeout": str(self._visibility),
                "MessageRetentionPeriod": str(_RETENTION.get(self._function, _DEFAULT_RETENTION)),
                **({"FifoQueue": "true"} if self.is_fifo else {}),
            }
            self._url = self._client.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn = answer["Attributes"]["QueueArn"]

    def receive(self, most: int, *, wait: bool) -> list[dict[str, Any]]:
        """Up to `most` messages; with `wait`, as soon as there is one or after 20 seconds.

        A queue that has vanished (the emulator keeps them in memory and was restarted) is made again.
        """
        try:
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(most, 10),
                WaitTimeSeconds=_LONG_POLL if wait else 0,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except self._client.exceptions.QueueDoesNotExist:
            self.ensure()
            self._also()
            return []
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def delete(self, messages: Sequence[dict[str, Any]]) -> None:
        """The messages are done."""
        for message in messages:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
