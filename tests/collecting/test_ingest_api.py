"""Recording over the API from outside: in pieces, tried again under one key, honest about what was not taken."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.api.body import MAX_INFLATED
from chalicelib.channels.addresses import Guard
from chalicelib.channels.http import Http
from chalicelib.collectors.ingest_api import SAMPLES_AT_ONCE, IngestApi
from chalicelib.domain.recording import NotRecorded, Recorded
from tests.notifications.receiver import Receiver, receiver

SNAPSHOT = {"tags": {"job": "node"}, "timestamp": 1, "metrics": {"up": 1.0, "load": 0.5}}


@pytest.fixture
def service() -> Iterator[Receiver]:
    """What answers in the service's place."""
    with receiver() as state:
        state.always, state.body = (202, {}), b'{"accepted": 2, "rejected": 0}'
        yield state


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited."""
    return []


@pytest.fixture
def api(service: Receiver, pauses: list[float]) -> IngestApi:
    """The API; waiting takes no time."""
    return IngestApi(Http(Guard(allow_loopback=True)), f"{service.url}/api/", pauses.append)


def test_snapshots_are_posted_compressed_with_token_and_key(service: Receiver, api: IngestApi) -> None:
    said = api.record(api.bodies([SNAPSHOT]), "pm_1", "tgt_1-5")

    (got,) = service.got
    assert said == Recorded(2, 0, None)
    assert got.path == "/api/monitoring/metrics"
    assert (got.headers["authorization"], got.headers["idempotency-key"]) == ("Bearer pm_1", "tgt_1-5-0")
    assert json.loads(gzip.decompress(got.raw)) == {"snapshots": [SNAPSHOT]}


def test_many_samples_go_in_pieces(service: Receiver, api: IngestApi) -> None:
    bodies = api.bodies([SNAPSHOT] * SAMPLES_AT_ONCE)
    said = api.record(bodies, "pm_1", "k")

    assert [each.samples for each in bodies] == [SAMPLES_AT_ONCE] * 2
    assert [each.headers["idempotency-key"] for each in service.got] == ["k-0", "k-1"]
    assert said.accepted == 4
    assert api.bodies([]) == []


def test_samples_with_long_tags_go_in_pieces_that_the_service_takes(api: IngestApi) -> None:
    tags = {f"tag_{number}": "x" * 256 for number in range(20)}
    snapshots = [
        {"tags": {**tags, "id": f"{number}"}, "timestamp": 1, "metrics": {"up": 1.0}} for number in range(2000)
    ]

    bodies = api.bodies(snapshots)

    inflated = [gzip.decompress(each.content) for each in bodies]
    assert max(map(len, inflated)) <= MAX_INFLATED
    assert sum(each.samples for each in bodies) == 2000
    assert [each for body in inflated for each in json.loads(body)["snapshots"]] == snapshots


@pytest.mark.parametrize("answer", [(503, {"Retry-After": "1"}), (429, {}), (500, {}), (0, {})], ids=str)
def test_what_may_pass_is_tried_again_under_the_same_key(
    service: Receiver, api: IngestApi, pauses: list[float], answer: tuple[int, dict[str, str]]
) -> None:
    service.answers = [answer, answer]

    said = api.record(api.bodies([SNAPSHOT]), "pm_1", "k")

    assert said.accepted == 2
    assert {each.headers["idempotency-key"] for each in service.got} == {"k-0"}
    assert len({each.raw for each in service.got}) == 1
    assert len(pauses) == 2
    assert all(0 < pause <= 5 for pause in pauses)


def test_it_gives_up_in_time(service: Receiver, api: IngestApi, pauses: list[float]) -> None:
    service.always = (503, {"Retry-After": "3600"})

    with pytest.raises(NotRecorded, match="it answered 503"):
        api.record(api.bodies([SNAPSHOT]), "pm_1", "k")
    assert (len(service.got), len(pauses)) == (3, 2)
    assert sum(pauses) <= 10


@pytest.mark.parametrize("status", [401, 403, 404, 413, 422])
def test_what_will_not_pass_is_not_tried_again(service: Receiver, api: IngestApi, status: int) -> None:
    service.always = (status, {})

    with pytest.raises(NotRecorded, match=str(status)):
        api.record(api.bodies([SNAPSHOT]), "pm_1", "k")
    assert len(service.got) == 1


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (
            202,
            {"accepted": 1, "rejected": 1, "errors": [{"index": 0, "field": "metrics.a b", "reason": "is wrong"}]},
            Recorded(1, 1, "metrics.a b: is wrong"),
        ),
        (400, {"detail": "tags: too many.", "errors": []}, Recorded(0, 2, "tags: too many.")),
    ],
    ids=["some", "none"],
)
def test_what_was_not_taken_is_told(
    service: Receiver, api: IngestApi, status: int, answer: dict[str, Any], said: Recorded
) -> None:
    service.always, service.body = (status, {}), json.dumps(answer).encode()

    assert api.record(api.bodies([SNAPSHOT]), "pm_1", "k") == said


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"accepted": "x"}'], ids=str)
def test_an_answer_of_somebody_else_is_not_believed(service: Receiver, api: IngestApi, body: bytes) -> None:
    service.body = body

    with pytest.raises(NotRecorded, match="not understood"):
        api.record(api.bodies([SNAPSHOT]), "pm_1", "k")
