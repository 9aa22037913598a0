"""The table of queues. A new queue is one entry here; what sends to it and takes from it is in functions.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TICKS = "TickQueue"
REPORT_MAILS = "ReportMailQueue"
NOTIFICATIONS = "NotificationQueue"
DEAD_LETTERS = "DeadLetterQueue"
RECEIPTS = "ReceiptQueue"
EVENTS = "EventQueue"
PULLS = "PullQueue"
SCRAPES = "ScrapeQueue"
_TWO_WEEKS = 1_209_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Times in seconds.

    `setting` is the environment variable that tells the functions its name. `visibility` must not be shorter than the
    timeout of the function that takes from it. A message that was received `tries` times goes to the queue `dead`,
    which must be FIFO when this one is. `old_after`: an alarm when a message is older than that; None = an alarm when
    there is any, as for dead letters.
    """

    setting: str
    visibility: int
    kept: int
    old_after: int | None
    fifo: bool = False
    dead: str = ""
    tries: int = 0


QUEUES: dict[str, Queue] = {
    # SQS counts from when a message was sent: up to 75 seconds of delay, then a minute to be taken. A tick that was
    # not taken is of no use later, hence no dead letters.
    TICKS: Queue(setting="TICK_QUEUE", visibility=60, kept=135, old_after=120),
    # A line (channel and rule) waits up to 15 minutes between tries, so an old message alone is no fault of ours. The
    # notifier tries 30 times; what is received twice as often kills it.
    NOTIFICATIONS: Queue(
        setting="NOTIFICATION_QUEUE",
        visibility=60,
        kept=_TWO_WEEKS,
        old_after=7200,
        fifo=True,
        dead=DEAD_LETTERS,
        tries=60,
    ),
    DEAD_LETTERS: Queue(setting="DEAD_LETTER_QUEUE", visibility=60, kept=_TWO_WEEKS, old_after=None, fifo=True),
    RECEIPTS: Queue(setting="RECEIPT_QUEUE", visibility=60, kept=_TWO_WEEKS, old_after=600),
    REPORT_MAILS: Queue(setting="REPORT_MAIL_QUEUE", visibility=60, kept=86_400, old_after=3600),
    # Like ticks: up to 75 seconds of delay, and a scrape that comes a minute late is not made up for.
    PULLS: Queue(setting="PULL_QUEUE", visibility=90, kept=180, old_after=150),
    SCRAPES: Queue(setting="SCRAPE_QUEUE", visibility=60, kept=3600, old_after=600),
    EVENTS: Queue(setting="EVENT_QUEUE", visibility=60, kept=_TWO_WEEKS, old_after=600),
}


def resources() -> dict[str, Any]:
    """All queues, as CloudFormation resources."""
    return {name: {"Type": "AWS::SQS::Queue", "Properties": _properties(queue)} for name, queue in QUEUES.items()}


def _properties(queue: Queue) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "KmsMasterKeyId": {"Ref": "Key"},
        "MessageRetentionPeriod": queue.kept,
        "VisibilityTimeout": queue.visibility,
    }
    if queue.fifo:
        properties["FifoQueue"] = True
    if queue.dead:
        target = {"Fn::GetAtt": [queue.dead, "Arn"]}
        properties["RedrivePolicy"] = {"deadLetterTargetArn": target, "maxReceiveCount": queue.tries}
    return properties


def environment() -> dict[str, Any]:
    """The names of all queues, under the settings that hold them."""
    return {queue.setting: {"Fn::GetAtt": [name, "QueueName"]} for name, queue in QUEUES.items()}
