"""The events of schedules and queues."""

from __future__ import annotations

from datetime import UTC, datetime

from infra.local.function_events import scheduled_event, sqs_event


def test_a_scheduled_event_is_eventbridges() -> None:
    event = scheduled_event("perfmon-local-tick", datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "id-1")

    assert event == {
        "version": "0",
        "id": "id-1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-01-02T03:04:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/perfmon-local-tick"],
        "detail": {},
    }


def test_an_sqs_event_has_a_record_a_message_with_lambdas_field_names() -> None:
    message = {
        "MessageId": "m-1",
        "ReceiptHandle": "h-1",
        "Body": "hello",
        "MD5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "Attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1", "MessageGroupId": "g"},
        "MessageAttributes": {"kind": {"StringValue": "x", "DataType": "String"}},
    }

    event = sqs_event([message], "arn:aws:sqs:us-east-1:123456789012:jobs.fifo")

    assert event == {
        "Records": [
            {
                "messageId": "m-1",
                "receiptHandle": "h-1",
                "body": "hello",
                "attributes": {"ApproximateReceiveCount": "2", "SentTimestamp": "1", "MessageGroupId": "g"},
                "messageAttributes": {"kind": {"stringValue": "x", "dataType": "String"}},
                "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:jobs.fifo",
                "awsRegion": "us-east-1",
            }
        ]
    }
