"""SQS: the messages this service sends itself, as JSON that names its version."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import msgspec

from chalicelib.aws import patience
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.jobs import Job, Receipt
from chalicelib.domain.mail import Mail, MailJob, Picture
from chalicelib.domain.occurrences import Occurrence
from chalicelib.domain.pulls import Pull
from chalicelib.domain.targets import Scrape

BATCH = 10  # what SQS takes in one call
_MOST_BYTES = 240_000  # of one call; SQS takes 262,144
Entry = dict[str, Any]  # of a call to SQS


class _SqsQueue:
    """A queue by its name; nothing is asked of AWS before the first message."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("sqs", config=patience())

    @cached_property
    def _url(self) -> str:
        url: str = self._client.get_queue_url(QueueName=self._name)["QueueUrl"]
        return url


class SqsTickQueue(_SqsQueue):
    """Brings grid instants back when they have come."""

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


class SqsJobQueue(_SqsQueue):
    """The notifier's FIFO queue, and the one for dead letters: a line keeps its order, lines do not wait for others."""

    def send(self, jobs: Sequence[tuple[str, Job]]) -> int:
        """Send jobs, each with its line, in order; how many from the first on were taken.

        Raises Unavailable when the queue cannot be reached, and then counts as if it took none.
        """
        entries = [_entry(number, line, job) for number, (line, job) in enumerate(jobs)]
        taken = 0
        try:
            for call in _calls(entries):
                with _reaching("notifications"):
                    answer = self._client.send_message_batch(QueueUrl=self._url, Entries=call)
                if failed := answer.get("Failed"):
                    return min(int(each["Id"]) for each in failed)
                taken += len(call)
        except Unavailable:
            if not taken:
                raise
        return taken

    def put(self, job: Job, line: str) -> None:
        """Keep a job that exhausted its tries."""
        entry = _entry(0, line, job)
        entry.pop("Id")
        self._client.send_message(QueueUrl=self._url, **entry)

    def postpone(self, receipt_handle: str, seconds: int) -> None:
        """Have a message that was received come back after so many seconds."""
        self._client.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )


class SqsReceiptQueue(_SqsQueue):
    """Brings receipts back to where the ledger is."""

    def send(self, receipt: Receipt) -> None:
        """Send a receipt."""
        self._client.send_message(QueueUrl=self._url, MessageBody=msgspec.json.encode(receipt).decode())


class SqsMailRoad(_SqsQueue):
    """Takes mails to the function that delivers them."""

    def send(self, job: MailJob) -> None:
        """Hand a mail over. Raises Unavailable."""
        with _reaching("mails"):
            self._client.send_message(QueueUrl=self._url, MessageBody=write_mail_job(job))


class SqsEventRoad(_SqsQueue):
    """Takes events to the function that can reach the event bus."""

    def send(self, events: Sequence[Occurrence]) -> None:
        """Hand events over in one message. Raises Unavailable."""
        with _reaching("events"):
            self._client.send_message(QueueUrl=self._url, MessageBody=msgspec.json.encode(list(events)).decode())


class SqsPullQueue(_SqsQueue):
    """Takes pulls to the puller when their time has come."""

    def send(self, pulls: Sequence[tuple[int, Pull]]) -> None:
        """Send pulls, each to arrive after so many seconds. Raises Unavailable."""
        entries = (
            {"Id": str(number), "MessageBody": msgspec.json.encode(pull).decode(), "DelaySeconds": delay}
            for number, (delay, pull) in enumerate(pulls)
        )
        for call in _calls(entries):
            with _reaching("pulls"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=call)
            if failed := answer.get("Failed"):
                raise Unavailable(f"SQS refused {len(failed)} pulls: {failed[0].get('Message')}")


class SqsScrapeQueue(_SqsQueue):
    """Brings what became of pulls back to where the targets are."""

    def send(self, scrapes: Sequence[Scrape]) -> None:
        """Send what became of scrapes."""
        self._client.send_message(QueueUrl=self._url, MessageBody=msgspec.json.encode(list(scrapes)).decode())


@contextmanager
def _reaching(queue: str) -> Iterator[None]:
    """Raises Unavailable for what boto3 raises in the block."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(f"The queue of {queue} (SQS) cannot be reached; it is tried again.") from error


def _calls(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The entries in as few calls as SQS takes them in, each bounded in number and bytes."""
    call: list[Entry] = []
    size = 0
    for entry in entries:
        length = len(entry["MessageBody"].encode())
        if call and (len(call) == BATCH or size + length > _MOST_BYTES):
            yield call
            call, size = [], 0
        call.append(entry)
        size += length
    if call:
        yield call


def _entry(number: int, line: str, job: Job) -> Entry:
    return {
        "Id": str(number),
        "MessageBody": msgspec.json.encode(job).decode(),
        "MessageGroupId": line,
        "MessageDeduplicationId": f"{job.id}-{job.round}",
    }


def job_of(body: str) -> Job:
    """The job in a notifier's message."""
    return msgspec.json.decode(body, type=Job)


def receipt_of(body: str) -> Receipt:
    """The receipt in a message."""
    return msgspec.json.decode(body, type=Receipt)


def events_of(body: str) -> list[Occurrence]:
    """The events in a message."""
    return msgspec.json.decode(body, type=list[Occurrence])


def pull_of(body: str) -> Pull:
    """The pull in a message."""
    return msgspec.json.decode(body, type=Pull)


def scrapes_of(body: str) -> list[Scrape]:
    """What became of scrapes, from a message."""
    return msgspec.json.decode(body, type=list[Scrape])


def instant_of(body: str) -> int:
    """The instant (epoch ms) in a tick's message."""
    return int(json.loads(body)["instant"])


def write_mail_job(job: MailJob) -> str:
    """The message of a mail."""
    mail = job.mail
    pictures = [{"name": each.name, "png": base64.b64encode(each.png).decode()} for each in mail.pictures]
    content = {"subject": mail.subject, "text": mail.text, "html": mail.html, "pictures": pictures}
    return json.dumps({"version": 1, "id": job.id, "recipients": job.recipients, **content}, ensure_ascii=False)


def mail_job_of(body: str) -> MailJob:
    """The mail in a message."""
    given = json.loads(body)
    pictures = tuple(Picture(each["name"], base64.b64decode(each["png"])) for each in given["pictures"])
    mail = Mail(given["subject"], given["text"], given["html"], pictures)
    return MailJob(given["id"], tuple(given["recipients"]), mail)
