"""Scheduled and queue functions are called as AWS calls them, from a real SQS emulator, in processes of their own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from infra.local import parts, ports
from infra.local.parts import Part
from infra.local.program import Program
from tests.infra.local.eventually import eventually
from tests.infra.local.running_gateway import SAMPLE_APP


@dataclass(frozen=True)
class Cloud:
    """The emulator and the functions, and what the sample app noted."""

    sqs: Any
    aws: Part
    emulator: Program
    notes: Path

    def noted(self, kind: str) -> list[dict[str, Any]]:
        """The notes of a kind."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [note for note in map(json.loads, lines) if note["kind"] == kind]

    def send(self, queue: str, body: dict[str, Any], **fields: Any) -> None:
        """Send a message."""
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        self.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body), **fields)

    def done(self, name: str) -> list[dict[str, Any]]:
        """The notes of messages with this name that were worked off."""
        finished = [*self.noted("job done"), *self.noted("ordered done")]
        return [note for note in finished if note["what"]["name"].startswith(name)]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An emulator and the functions of the sample app."""
    directory = tmp_path_factory.mktemp("functions")
    (directory / "logs").mkdir()
    port = ports.free_port()
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SAMPLE_NOTES": str(directory / "notes"),
    }
    aws = parts.aws(port, environment, directory / "logs")
    functions = parts.functions(SAMPLE_APP, environment, directory)
    programs = [aws.launch()]
    aws.wait_until_ready()
    programs.append(functions.launch())
    functions.wait_until_ready()
    sqs = boto3.client(
        "sqs",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield Cloud(sqs, aws, programs[0], directory / "notes")
    sqs.close()
    for program in reversed(programs):
        program.stop(seconds=5)


def test_what_runs_every_minute_runs_at_once_with_eventbridges_event(cloud: Cloud) -> None:
    note = eventually(lambda: cloud.noted("every_minute"))[0]

    assert note["what"]["detail-type"] == "Scheduled Event"
    assert note["what"]["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/sample-local-every_minute"]


def test_a_message_calls_its_function_once_and_is_deleted(cloud: Cloud) -> None:
    cloud.send("sample-jobs", {"name": "once"})

    eventually(lambda: cloud.done("once"))

    url = cloud.sqs.get_queue_url(QueueName="sample-jobs")["QueueUrl"]
    eventually(lambda: _left(cloud.sqs, url) == 0)
    (record,) = [note["what"] for note in cloud.noted("job") if json.loads(note["what"]["body"])["name"] == "once"]
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:sample-jobs"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["SentTimestamp"].isdigit()


def test_a_message_whose_function_raised_comes_back(cloud: Cloud) -> None:
    cloud.send("sample-jobs", {"name": "again", "failures": 1})

    eventually(lambda: cloud.done("again"))

    records = [note["what"] for note in cloud.noted("job") if json.loads(note["what"]["body"])["name"] == "again"]
    assert [record["attributes"]["ApproximateReceiveCount"] for record in records] == ["1", "2"]


def test_a_message_that_its_function_gave_back_comes_again(cloud: Cloud) -> None:
    cloud.send("sample-jobs", {"name": "given back", "later": True})

    eventually(lambda: cloud.done("given back"))

    records = [note["what"] for note in cloud.noted("job") if "given back" in note["what"]["body"]]
    assert [record["attributes"]["ApproximateReceiveCount"] for record in records] == ["1", "2"]


def test_two_calls_at_a_time_each_in_a_process_of_its_own(cloud: Cloud) -> None:
    for number in range(4):
        cloud.send("sample-jobs", {"name": f"slow {number}", "seconds": 0.4})

    finished = eventually(lambda: notes if len(notes := cloud.done("slow")) == 4 else None)

    spans = [(note["at"] - 0.4, note["at"], note["pid"]) for note in finished]
    for begin, _, _ in spans:
        under_way = [pid for other_begin, other_end, pid in spans if other_begin <= begin + 0.01 < other_end]
        assert len(under_way) == len(set(under_way)) <= 2
    assert len({pid for _, _, pid in spans}) >= 2


def test_a_fifo_queue_keeps_its_order_over_a_failure_without_burning_cpu(cloud: Cloud) -> None:
    emulator = psutil.Process(cloud.emulator.pid)
    before = sum(emulator.cpu_times()[:2])
    for number in range(3):
        body = {"name": f"ordered {number}", "failures": 1 if number == 0 else 0}
        cloud.send("sample-ordered.fifo", body, MessageGroupId="g", MessageDeduplicationId=str(number))

    finished = eventually(lambda: notes if len(notes := cloud.done("ordered")) == 3 else None)

    assert [note["what"]["name"] for note in finished] == ["ordered 0", "ordered 1", "ordered 2"]
    assert sum(emulator.cpu_times()[:2]) - before < 1.0  # moto's own long poll would have taken all of two seconds


def test_queues_are_made_again_when_the_emulator_was_restarted(cloud: Cloud) -> None:
    cloud.emulator.kill()
    cloud.aws.launch()
    cloud.aws.wait_until_ready()

    def queue_is_back() -> bool:
        return any(url.endswith("/sample-jobs") for url in cloud.sqs.list_queues().get("QueueUrls", []))

    eventually(queue_is_back)
    cloud.send("sample-jobs", {"name": "after"})
    eventually(lambda: cloud.done("after"))


def _left(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(map(int, answer["Attributes"].values()))
