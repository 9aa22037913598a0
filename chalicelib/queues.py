"""SQS: the messages this service sends itself, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

BATCH = 10  # what SQS takes in one call


class SqsTickQueue:
    """Brings grid instants back when they have come."""

    def __init__(self, name: str) -> None:
        self._name = name

    def send(self, delays: Mapping[int, int]) -> None:
        """Send instants (epoch ms), each with a delay in whole seconds."""
        entries = [
            {"Id": str(instant), "MessageBody": json.dumps({"instant": instant}), "DelaySeconds": delay}
            for instant, delay in delays.items()
        ]
        for begin in range(0, len(entries), BATCH):
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries[begin : begin + BATCH])
            if failed := answer.get("Failed"):
                raise RuntimeError(f"SQS refused {len(failed)} ticks: {failed[0].get('Message')}")

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("sqs")

    @cached_property
    def _url(self) -> str:
        url: str = self._client.get_queue_url(QueueName=self._name)["QueueUrl"]
        return url


def instant_of(body: str) -> int:
    """The instant (epoch ms) in a tick's message."""
    return int(json.loads(body)["instant"])
