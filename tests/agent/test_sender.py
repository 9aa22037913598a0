"""What each answer of the API means for a request, and what is told."""

from __future__ import annotations

import logging
from email.utils import formatdate
from pathlib import Path

import pytest
from perfmon_agent.request import Request, request_of
from perfmon_agent.sender import Outcome, Refused, Sender, retry_after

from tests.agent.given import snapshot
from tests.scripted_api import Answer, scripted_api


def sent(*answers: Answer, request: Request | None = None) -> tuple[Sender, list[Outcome]]:
    """The sender and the outcomes, one for each answer."""
    with scripted_api(*answers) as api:
        sender = Sender(api.url, "pm_x", "test")
        try:
            return sender, [sender.send(request or request_of([snapshot(1)])) for _ in answers]
        finally:
            sender.close()


@pytest.mark.parametrize(
    "answer", [Answer(503), Answer(500), Answer(429), Answer(408), Answer(0)], ids=lambda a: str(a.status)
)
def test_what_the_api_could_not_take_is_to_be_sent_again(answer: Answer) -> None:
    sender, outcomes = sent(answer)
    assert outcomes == [Outcome(done=False)]
    assert (sender.errors, sender.rejected) == (1, 0)


@pytest.mark.parametrize("status", [200, 301, 307, 404, 405])
def test_a_wrong_address_is_told_and_costs_no_samples(status: int, caplog: pytest.LogCaptureFixture) -> None:
    _, outcomes = sent(Answer(status, headers={"Location": "https://elsewhere/"}))
    assert outcomes == [Outcome(done=False)]
    assert f"answers {status} and points to https://elsewhere/; the samples wait: is the URL right?" in caplog.text


@pytest.mark.parametrize("status", [400, 415, 422])
def test_samples_that_are_refused_for_good_are_counted_told_and_left_out(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    sender, outcomes = sent(Answer(status, {"detail": "unit: too long"}))
    assert outcomes == [Outcome(done=True)]
    assert (sender.rejected, sender.sent) == (1, 0)
    assert f"refuses 1 samples for good ({status}): unit: too long" in caplog.text


def test_samples_that_are_rejected_one_by_one_are_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    partly = Answer(
        202, {"accepted": 1, "rejected": 1, "errors": [{"index": 0, "field": "value", "reason": "not finite"}]}
    )
    sender, outcomes = sent(partly, partly, request=request_of([snapshot(1), snapshot(2)]))
    assert all(outcome.done for outcome in outcomes)
    assert (sender.sent, sender.rejected) == (2, 2)
    assert caplog.text.count("rejects 1 of 2 samples, the first: ") == 1
    assert "not finite" in caplog.text


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_said_with_its_reason(status: int) -> None:
    with pytest.raises(Refused, match=r"The token has expired\."):
        sent(Answer(status, {"detail": "The token has expired."}))


def test_every_attempt_carries_the_requests_key() -> None:
    request = request_of([snapshot(1)])
    with scripted_api(Answer(503)) as api:
        sender = Sender(api.url, "pm_x", "test")
        sender.send(request)
        sender.send(request)
        sender.close()
    assert [headers["Idempotency-Key"] for headers in api.headers] == [request.key, request.key]
    assert api.bodies[0] == api.bodies[1]


def test_a_netrc_of_the_user_does_not_take_the_tokens_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with scripted_api() as api:
        sender = Sender(api.url, "pm_x", "test")
        sender.send(request_of([snapshot(1)]))
        sender.close()
    assert api.headers[0]["Authorization"] == "Bearer pm_x"


def test_large_bodies_are_compressed() -> None:
    with scripted_api() as api:
        sender = Sender(api.url, "pm_x", "test")
        sender.send(request_of([snapshot(number) for number in range(100)]))
        sender.send(request_of([snapshot(1)]))
        sender.close()
    assert [headers.get("Content-Encoding") for headers in api.headers] == ["gzip", None]
    assert len(api.bodies[0]["snapshots"]) == 100


def test_an_outage_is_one_line_in_the_log_and_its_end_another(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    sent(*[Answer(503)] * 5, Answer(), Answer())
    assert caplog.text.count("the samples wait") == 1
    assert caplog.text.count("the API takes samples") == 1


def test_a_clock_that_is_wrong_is_told_once_and_measured(caplog: pytest.LogCaptureFixture) -> None:
    # The server's own Date comes first; the one of the script is the one that counts for requests.
    class Behind(Sender):
        def hear(self, date: str) -> None:
            self._compare_clocks(date)

    sender = Behind("http://127.0.0.1:1/api", "pm_x", "test")
    for _ in range(3):
        sender.hear(formatdate(0))
    assert sender.clock_offset is not None
    assert sender.clock_offset > 1e9
    assert caplog.text.count("s ahead of the server's") == 1
    sender.hear("yesterday")
    sender.close()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("7", 7),
        (formatdate(1030), 30),
        (formatdate(900), 0),
        ("999999", 3600),
        ("-5", None),
    ],
)
def test_retry_after_is_understood_in_both_forms(given: str | None, wanted: float | None) -> None:
    assert retry_after(given, 1000) == wanted
