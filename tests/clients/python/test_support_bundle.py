"""`perfmon support-bundle`: secrets are planted wherever they could stand, and none is found in the bundle."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from perfmon_client.cli.support import environment_of
from perfmon_client.redaction import GONE, Redactor, secrets_of

from tests.call import Api
from tests.clients.python.shell import Shell

SMTP, DATABASE, TAG, COMMENT, HOOK = "sm/tp hunter", "d:b hunter", "taghunter7", "commenthunter", "T0/B0/hookhunter"
SIGNING = "whsec_" + "aHVudGVy" * 5
ROUTING = "0123456789abcdefhunter0123456789"
LOGGED = "loggedhunter"
LOG = "\n".join(
    [
        json.dumps(
            {"time": "2026-01-01T00:00:00Z", "level": "error", "message": f"login with password={LOGGED} failed"}
        ),
        json.dumps({"level": "info", "headers": {"Authorization": f"Bearer {LOGGED}"}, "path": "/monitoring/metrics"}),
        json.dumps({"level": "error", "traceback": f"connect postgresql://app:{LOGGED}@db.example.com/app failed"}),
        f"not JSON: https://hooks.example.com/{HOOK}?token={LOGGED} said 404 to hunter.person@example.com",
        f"AWS_SECRET_ACCESS_KEY = '{LOGGED}' and eyJhbGciOiJIUzI1NiJ9.{LOGGED}.x",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIhunter\nhunter=\n-----END RSA PRIVATE KEY-----",
        f"the mail server said: {SMTP} is wrong",
    ]
)


def test_no_secret_is_in_the_bundle(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import app

    admin = str(app.mint_token({"name": "plants", "scopes": ["admin"]}, None)["token"])
    plant(Api(admin))
    monkeypatch.setenv("SMTP_PASS", SMTP)
    monkeypatch.setenv("PERFMON_TOKEN", admin)
    logs, output = tmp_path / "logs", tmp_path / "bundle.zip"
    logs.mkdir()
    (logs / "api.log").write_text(LOG)

    written = shell.good("support-bundle", "--output", str(output), "--logs", str(logs), "--json").json()
    assert written["lacking"] == {}
    with zipfile.ZipFile(output) as bundle:
        found = {name: bundle.read(name).decode() for name in bundle.namelist()}
    everything = "\n".join(found.values())
    assert [word for word in ("hunter", admin, ROUTING, SIGNING) if word in everything] == []

    # And it is of use: what is wrong can be read.
    assert {"doctor.json", "rules.json", "channels.json", "logs/api.log", "manifest.json"} <= set(found)
    assert "Slow" in found["rules.json"]
    assert "pagerduty" in found["channels.json"]
    assert "db.example.com" in found["logs/api.log"]
    assert '"path": "/monitoring/metrics"' in found["logs/api.log"]
    assert oct(output.stat().st_mode & 0o777) == "0o600"


def plant(api: Api) -> None:
    """Secrets where the API keeps some, and where people put them by mistake."""

    def made(path: str, body: dict[str, Any]) -> None:
        reply = api.post(path, body)
        assert reply.status in (201, 202), reply.body

    hook = {"url": f"https://hooks.example.com/{HOOK}", "secret": SIGNING, "headers": {"X-Key": "headerhunter"}}
    made("/monitoring/channels", {"name": "hook", "type": "webhook", "config": hook})
    made("/monitoring/channels", {"name": "pages", "type": "pagerduty", "config": {"routingKey": ROUTING}})
    made("/monitoring/channels", {"name": "m", "type": "email", "config": {"to": ["hunter@example.com"]}})
    rule = {
        "name": "Slow",
        "metricType": "response_time",
        "condition": "greater_than",
        "threshold": 1,
        "description": f"log in with password: {COMMENT}",
        "runbookUrl": f"https://wiki.example.com/page?token={COMMENT}",
        "tags": {"api_key": TAG},
    }
    made("/monitoring/alerts/rules", rule)
    silence = {"endsAt": "2026-12-31T00:00:00Z", "tags": {"password": TAG}, "comment": f"secret={COMMENT}"}
    made("/monitoring/silences", silence | {"endsAt": _in_an_hour()})
    sample = {"metricType": "response_time", "value": 5, "tags": {"password": TAG, "host": "web-1"}}
    made("/monitoring/metrics", sample)
    target = {
        "name": "node",
        "type": "prometheus",
        "url": "http://127.0.0.1:9100/metrics",
        "bearerToken": "targethunter",
    }
    made("/monitoring/targets", target)


def _in_an_hour() -> int:
    import time

    return time.time_ns() // 1_000_000 + 3_600_000


def test_a_bundle_is_made_while_the_service_is_away(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERFMON_URL", "http://127.0.0.1:9/api")
    output = tmp_path / "bundle.zip"
    written = shell.good("support-bundle", "--output", str(output), "--logs", str(tmp_path / "none"), "--json").json()
    assert "cannot be reached" in written["lacking"]["rules.json"]
    with zipfile.ZipFile(output) as bundle:
        assert {"doctor.json", "environment.json", "manifest.json"} == set(bundle.namelist())


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def",
        'config = {"password": "abc def"}',
        "redis://:abcdef@cache:6379/0",
        "https://user:abcdef@example.com/abcdef",
        "-----BEGIN PRIVATE KEY-----\nabcdef\n-----END PRIVATE KEY-----",
        "pass=abcdef",
        "SMTP_PASSWORD='abcdef'",
        "curl -H 'Authorization: Basic abcdef'",
        "xoxb-123-abcdef",
        "abcdef0123456789abcdef0123456789abcdef",
    ],
)
def test_secrets_are_known_by_their_form(text: str) -> None:
    assert "abc" not in Redactor().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "cpu_usage is 95%, above 90%",
        "ntf_0123456789abcdef0123456789abcdef",
        "request 3f2504e0-4f89-11d3-9a0c-0305e82c3301 took 12 ms",
        "/monitoring/alerts/rules answered 400",
        "chalicelib.storage.postgres.connection",
        "agent_samples_rejected_total_of_every_host",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor(["hunter"]).text(text) == text


def test_known_secrets_go_however_they_are_written() -> None:
    known = secrets_of({"SMTP_PASS": SMTP, "DATABASE_URL": "postgresql://app:d%3Ab%20hunter@db/app", "HOME": "/root"})
    assert {SMTP, DATABASE} <= known
    redactor = Redactor([*known, "ab"])
    assert redactor.text("sm%2Ftp%20hunter, d:b hunter, about") == f"{GONE}, {GONE}, about"


def test_of_the_environment_only_names_are_told() -> None:
    given = {"SMTP_PASS": "x", "LOG_LEVEL": "debug", "HOME": "/root", "DATABASE_URL": "postgresql://a:b@c/d"}
    assert environment_of(given) == {"SMTP_PASS": "set", "LOG_LEVEL": "debug", "DATABASE_URL": "set"}
