"""The table of queues. A new queue is one entry here; what sends to it and takes from it is in functions.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TICKS = "TickQueue"
DEAD_LETTERS_KEPT = 14 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Times in seconds.

    `setting` is the environment variable that tells the functions its name. `visibility` must not be shorter than the
    timeout of the function that takes from it. `tries`: after so many a message goes to the queue's dead letters,
    which are FIFO when it is; None = no dead letters. `old_after`: an alarm when a message is older than that.
    """

    setting: str
    visibility: int
    kept: int
    old_after: int
    fifo: bool = False
    tries: int | None = None


QUEUES: dict[str, Queue] = {
    # SQS counts from when a message was sent: up to 75 seconds of delay, then a minute to be taken. A tick that was
    # not taken is of no use later, hence no dead letters.
    TICKS: Queue(setting="TICK_QUEUE", visibility=60, kept=135, old_after=120),
}


def dead_letters(queue: str) -> str:
    """The logical name of a queue's dead letters."""
    return f"{queue}DeadLetters"


def resources() -> dict[str, Any]:
    """All queues and their dead letters, as CloudFormation resources."""
    made: dict[str, Any] = {}
    for name, queue in QUEUES.items():
        kind = {"FifoQueue": True} if queue.fifo else {}
        properties: dict[str, Any] = {
            **kind,
            "KmsMasterKeyId": {"Ref": "Key"},
            "MessageRetentionPeriod": queue.kept,
            "VisibilityTimeout": queue.visibility,
        }
        if queue.tries is not None:
            target = {"Fn::GetAtt": [dead_letters(name), "Arn"]}
            properties["RedrivePolicy"] = {"deadLetterTargetArn": target, "maxReceiveCount": queue.tries}
            made[dead_letters(name)] = {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    **kind,
                    "KmsMasterKeyId": {"Ref": "Key"},
                    "MessageRetentionPeriod": DEAD_LETTERS_KEPT,
                },
            }
        made[name] = {"Type": "AWS::SQS::Queue", "Properties": properties}
    return made


def environment() -> dict[str, Any]:
    """The names of all queues, under the settings that hold them."""
    return {queue.setting: {"Fn::GetAtt": [name, "QueueName"]} for name, queue in QUEUES.items()}
