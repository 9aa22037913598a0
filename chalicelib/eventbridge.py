"""EventBridge: the bus on which other programs of the account hear what happens here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from chalicelib.aws import patience
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.instants import to_datetime
from chalicelib.domain.occurrences import Occurrence, show_occurrence

SOURCE = "perfmon"


class EventBridge:
    """A bus by its name. An event's detail type is its type, and its detail what the feed shows, its id included."""

    def __init__(self, name: str) -> None:
        self._name = name

    def put(self, events: Sequence[Occurrence]) -> list[Occurrence]:
        """Publish at most 10 events; those that were refused for now. Raises Unavailable."""
        from botocore.exceptions import BotoCoreError, ClientError

        entries = [self._entry(event) for event in events]
        try:
            answer = self._client.put_events(Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"EventBridge did not take the events ({type(error).__name__}).") from error
        return [event for event, entry in zip(events, answer["Entries"], strict=True) if "ErrorCode" in entry]

    def _entry(self, event: Occurrence) -> dict[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.type,
            "Time": to_datetime(event.at),
            "Detail": json.dumps(show_occurrence(event), ensure_ascii=False),
        }

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("events", config=patience())
