"""What people read: golden files of every channel and reason, and nothing of it can be abused.

UPDATE_GOLDEN=1 writes them anew; look at the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.channels.email import write_mail
from chalicelib.channels.pagerduty import event_of
from chalicelib.channels.registry import TYPES
from chalicelib.channels.teams import card_of
from chalicelib.domain.deliveries import Letter
from chalicelib.domain.jobs import Job, Notice, Target
from chalicelib.domain.notifications import Reason
from chalicelib.rendering.payload import payload
from chalicelib.rendering.slack import blocks_of, text_of
from chalicelib.rendering.words import compose

GOLDEN = Path(__file__).parent / "golden"
NOW = 1_790_000_000_000
NOTICE = Notice(
    at=NOW,
    reason="firing",
    alert_id="alert_1",
    rule_id="rule_1",
    rule_name="High CPU",
    metric_type="cpu_usage",
    severity="critical",
    tags={"host": "web-1", "region": "eu"},
    value=97.52,
    threshold=90.0,
    unit="percent",
    message="High CPU on host=web-1, region=eu: cpu_usage is 97.52%, above 90%",
    pending_since=NOW - 300_000,
    fired_at=NOW,
    description="Check what runs there first.",
    runbook_url="https://wiki.example/high-cpu",
)
LATER = replace(NOTICE, at=NOW + 7_200_000)
NOTICES = {
    "firing": NOTICE,
    "repeat": replace(LATER, reason="repeat"),
    "escalation": replace(LATER, reason="escalation"),
    "silence_ended": replace(LATER, reason="silence_ended"),
    "cooldown_ended": replace(LATER, reason="cooldown_ended", flaps=3, held_back=4),
    "acknowledged": replace(LATER, reason="acknowledged", acknowledged_by="anna"),
    "resolved": replace(
        LATER, reason="resolved", state="resolved", resolved_at=LATER.at, resolved_reason="recovered", value=41.0
    ),
    "series_gone": replace(
        LATER, reason="resolved", state="resolved", resolved_at=LATER.at, resolved_reason="series_gone", value=None
    ),
    "test": Notice(at=NOW, reason="test"),
}


def letter(notice: Notice, type_name: str = "email") -> Letter:
    """A letter with every link."""
    job = Job(
        "ntf_1",
        1,
        0,
        Target("chn_1", type_name, {"to": ["ops@example.com"]}, {}),
        notice,
        "Europe/Berlin",
        "https://perfmon.example/api/dashboard/alerts/alert_1",
        "https://perfmon.example/api/monitoring/confirm?token=abc",
    )
    return Letter(job, {"routingKey": "R" * 32}, {}, False, NOW)


def mail(each: Letter) -> str:
    """Both parts, and the headers that matter."""
    written = write_mail(each, "perfmon@example.com")
    shown = [f"{name}: {written[name]}" for name in ("Subject", "From", "To", "Date", "Message-ID", "References")]
    parts = [part.get_content() for part in written.iter_parts()]
    return "\n".join([*shown, "", *parts])


def as_json(content: Any) -> str:
    """Readable."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


WRITERS: dict[str, Callable[[Letter], str]] = {
    "email": mail,
    "slack": lambda each: as_json(
        {
            "text": text_of(compose(each.job)),
            "blocks": blocks_of(compose(each.job), each.job, with_buttons=True),
        }
    ),
    "webhook": lambda each: as_json(payload(each.job, possible_duplicate=False)),
    "pagerduty": lambda each: as_json(event_of(each)),
    "teams": lambda each: as_json(card_of(compose(each.job))),
}


def test_every_type_and_every_reason_that_is_sent_has_golden_files() -> None:
    assert set(WRITERS) == set(TYPES) - {"sink"}
    assert {str(reason) for reason in Reason if reason.is_sent} <= set(NOTICES)


@pytest.mark.parametrize("what", NOTICES)
@pytest.mark.parametrize("type_name", WRITERS)
def test_a_message_reads_as_agreed(type_name: str, what: str) -> None:
    written = WRITERS[type_name](letter(NOTICES[what], type_name))
    file = GOLDEN / f"{type_name}-{what}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(written)
    assert written == file.read_text()


EVIL = "<script>alert(1)</script> & <http://evil.example|click> *bold* [x](http://evil.example) <!channel>"


def test_tags_and_names_cannot_write_markup_anywhere() -> None:
    notice = replace(
        NOTICE,
        tags={"host": EVIL},
        rule_name=EVIL,
        message=EVIL,
        description=EVIL,
        runbook_url='https://wiki.example/"><script>',
    )
    html = mail(letter(notice)).partition("<!doctype html>")[2]
    slack = WRITERS["slack"](letter(notice))
    teams = as_json(card_of(compose(letter(notice).job))["attachments"])

    assert "<script>" not in html
    assert "<http://evil" not in slack
    assert "<!channel>" not in slack
    assert "[x](http" not in teams
    assert "*bold*" not in teams


def test_a_name_cannot_add_headers_to_a_mail() -> None:
    notice = replace(NOTICE, rule_name="x\r\nBcc: victim@example.com\r\n\r\nhello", tags={"a\nb": "c\rd"})
    written = write_mail(letter(notice), "perfmon@example.com")
    assert written["Bcc"] is None
    assert "\n" not in str(written["Subject"])


def test_long_names_stay_within_what_slack_takes() -> None:
    notice = replace(NOTICE, message="m" * 10_000, tags={f"tag{number}": "v" * 256 for number in range(20)})
    for block in blocks_of(compose(letter(notice).job), letter(notice).job, with_buttons=True):
        assert len(block.get("text", {}).get("text", "")) <= 3000
        assert len(block.get("fields", [])) <= 10
