"""One notification's way from the decision to the receiver, and back into the ledger."""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import settings
from chalicelib.channels.webhook import sign
from chalicelib.wiring import notifications, notifying
from infra.local import parts, ports
from tests.call import Api
from tests.notifications.conftest import NOW, Cloud, Story, add_webhook, keep_rule, rule
from tests.notifications.receiver import Receiver


def test_firing_and_resolved_reach_a_webhook_once_each_and_the_ledger_agrees(
    api: Api, cloud: Cloud, hook: Receiver
) -> None:
    channel = add_webhook(api, f"{hook.url}/hook")
    story = Story(keep_rule(rule(channels=[channel])))

    episode = story.fire(NOW)
    cloud.run(NOW)
    story.resolve(NOW + 60_000, episode)
    cloud.run(NOW + 60_000)
    cloud.run(NOW + 70_000)

    assert [got.body["reason"] for got in hook.got] == ["firing", "resolved"]
    assert hook.got[0].body["alert"]["value"] == 97.5
    ledger = notifications.ledger().of_alert("alert_a")
    assert [(each.entry.reason, each.state) for each in ledger] == [("firing", "sent"), ("resolved", "sent")]
    assert [len(each.attempts) for each in ledger] == [1, 1]


def test_a_webhook_is_signed_as_standard_webhooks_says(api: Api, cloud: Cloud, hook: Receiver) -> None:
    created = api.post(
        "/monitoring/channels",
        {"name": "h", "type": "webhook", "config": {"url": hook.url, "headers": {"X-Team": "a"}}},
    )
    secret = created.body["made"]["secret"]
    api.post(f"/monitoring/channels/{created.body['id']}/test")
    cloud.notify()

    (got,) = hook.got
    message_id, timestamp = got.headers["webhook-id"], got.headers["webhook-timestamp"]
    assert got.headers["webhook-signature"] == sign(secret, message_id, timestamp, got.raw)
    assert got.headers["x-team"] == "a"
    assert got.body["reason"] == "test"


def test_mails_of_one_alert_arrive_in_one_thread_with_text_and_html(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with post_office(tmp_path, monkeypatch):
        story = Story(keep_rule(rule(recipients=["ops@example.com"])))
        episode = story.fire(NOW)
        cloud.run(NOW)
        story.resolve(NOW + 60_000, episode)
        cloud.run(NOW + 60_000)

    mails = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted((tmp_path / "mail").glob("*.eml"))
    ]
    assert [mail["Subject"] for mail in mails] == ["High: High CPU on host=web-1", "Resolved: High CPU on host=web-1"]
    assert mails[0]["References"] == mails[1]["References"]
    assert mails[0]["Message-ID"] != mails[1]["Message-ID"]
    text, html = mails[0].get_body(("plain",)), mails[0].get_body(("html",))
    assert text is not None
    assert html is not None
    assert "cpu_usage is 97.5%, above 90%" in text.get_content()
    assert "<strong>High CPU on host=web-1: cpu_usage is 97.5%, above 90%.</strong>" in html.get_content()


@contextlib.contextmanager
def post_office(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The mail server of `make run`, and a notifier that uses it."""
    port = ports.free_port()
    part = parts.mail(port, directory / "mail", dict(os.environ), directory)
    program = part.launch()
    try:
        part.wait_until_ready()
        monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("SMTP_PORT", str(port))
        settings.current.cache_clear()
        notifying.deliver.cache_clear()
        yield
    finally:
        program.stop(seconds=5)
