"""What the service needs of AWS beside the queues that its functions name: the table of claims, and dead letters."""

from __future__ import annotations

import json
import os
from typing import Any

from chalicelib import settings

MAX_RECEIVES = 60  # twice the tries of the notifier: only what kills it comes here unseen


def ensure(visibility: int) -> None:
    """Make what is missing; `visibility` (seconds) is that of notifications. Names are those of the settings."""
    import boto3

    given = settings.load(os.environ)
    sqs = boto3.client("sqs")
    dead = _queue(sqs, given.dead_letter_queue, {"FifoQueue": "true", "MessageRetentionPeriod": "1209600"})
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES})
    jobs = _queue(sqs, given.notification_queue, {"FifoQueue": "true", "VisibilityTimeout": str(visibility)})
    sqs.set_queue_attributes(QueueUrl=jobs, Attributes={"RedrivePolicy": redrive})
    _table(boto3.client("dynamodb"), given.claims_table)


def _queue(sqs: Any, name: str, attributes: dict[str, str]) -> str:
    try:
        url: str = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def _table(dynamodb: Any, name: str) -> None:
    try:
        dynamodb.describe_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
