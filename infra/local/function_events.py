"""The events that EventBridge and an SQS event source mapping hand to a function; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

_REGION, _ACCOUNT = "us-east-1", "123456789012"


def scheduled_event(rule: str, time: datetime, event_id: str) -> dict[str, Any]:
    """EventBridge's event for a rule that fires at a time (UTC)."""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": _ACCOUNT,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": _REGION,
        "resources": [f"arn:aws:events:{_REGION}:{_ACCOUNT}:rule/{rule}"],
        "detail": {},
    }


def sqs_event(messages: Iterable[Mapping[str, Any]], queue_arn: str) -> dict[str, Any]:
    """The event for messages as SQS's ReceiveMessage returns them."""
    return {"Records": [_record(message, queue_arn) for message in messages]}


def _record(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    body: str = message["Body"]
    attributes = message.get("MessageAttributes") or {}
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": body,
        "attributes": dict(message.get("Attributes") or {}),
        "messageAttributes": {name: _message_attribute(value) for name, value in attributes.items()},
        "md5OfBody": message.get("MD5OfBody") or hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": _REGION,
    }


def _message_attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """SQS writes its field names with a capital, Lambda without."""
    return {name[0].lower() + name[1:]: content for name, content in value.items()}
