"""A queue at its worst, as SQS allows it: messages come twice, and behind those that were sent after them."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import Settings
from infra.storm.service import Service

_LATER = 2  # seconds that the copy of a message comes behind it, where the queue keeps no order
_PAUSE = 0.02


class Copier:
    """Sends every message that it finds in a queue once more."""

    def __init__(self, sqs: Any, queue: str) -> None:
        self._sqs = sqs
        self._url: str = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        self._is_ordered = queue.endswith(".fifo")
        self._seen: set[str] = set()  # ids of messages, and of their copies: a copy is not copied
        self.copied = 0

    def run(self, stopping: threading.Event) -> None:
        """Copy until `stopping` is set."""
        while not stopping.wait(_PAUSE):
            with contextlib.suppress(ClientError, BotoCoreError):  # the queues may be down too
                self._copy()

    def _copy(self) -> None:
        found = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            WaitTimeSeconds=1,
            AttributeNames=["MessageGroupId"],
        )
        for message in found.get("Messages", []):
            if message["MessageId"] in self._seen:
                continue
            place: dict[str, Any] = {"DelaySeconds": _LATER}
            if self._is_ordered:  # the copy stands at the end of its line
                line = message["Attributes"]["MessageGroupId"]
                place = {"MessageGroupId": line, "MessageDeduplicationId": uuid.uuid4().hex}
            sent = self._sqs.send_message(QueueUrl=self._url, MessageBody=message["Body"], **place)
            self._seen |= {message["MessageId"], sent["MessageId"]}
            self.copied += 1


@contextlib.contextmanager
def messages_twice(service: Service) -> Iterator[None]:
    """Ticks, notifications and receipts come twice, and out of order."""
    port = (service.directory / "aws-port").read_text().strip()
    given = Settings()
    sqs = boto3.client(
        "sqs",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 -- the emulator takes any
    )
    stopping = threading.Event()
    copiers = [Copier(sqs, queue) for queue in (given.tick_queue, given.notification_queue, given.receipt_queue)]
    threads = [threading.Thread(target=copier.run, args=(stopping,)) for copier in copiers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
        sqs.close()
        print("copied:", ", ".join(str(copier.copied) for copier in copiers), "ticks, notifications and receipts")
