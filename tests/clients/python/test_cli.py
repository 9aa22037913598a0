"""The command `perfmon`, against a service that answers as a script says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from perfmon_client.cli.doctor import show
from perfmon_client.cli.session import sparkline
from perfmon_client.doctor.finding import warn

from tests.scripted_api import Answer, scripted_api

QUERIED = {
    "metricType": "cpu_usage",
    "unit": "percent",
    "aggregation": "avg",
    "step": 30,
    "series": [{"tags": {"host": "web-1"}, "points": [[0, 1.0], [30_000, None], [60_000, 8.0]]}],
}
READY = {"status": "ready", "checks": [{"name": "valkey", "status": "pass", "latencyMs": 0.2, "bufferedFrames": 4}]}
LIVE = {"orders": [{"metricType": "orders", "value": 3, "unit": "count", "timestamp": "T", "tags": {"shop": "a"}}]}
TOKEN = {"name": "n", "scopes": ["read"], "expiresAt": None, "lastUsedAt": None}
PAGES = [
    {"tokens": [TOKEN | {"id": "tok_1"}], "next": "tok_1"},
    {"tokens": [TOKEN | {"id": "tok_2"}], "next": None},
]
QUERY = "metricType=cpu_usage&from=-1h&to=now&aggregation=avg&groupBy=host&fill=null"


def perfmon(
    project: Path, url: str, *arguments: str, token: str = "pm_secret", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would."""
    return subprocess.run(
        [sys.executable, "-c", "from perfmon_client.cli import main; main()", *arguments],
        env={
            "PYTHONPATH": str(project / "clients" / "python" / "src"),
            "PERFMON_URL": url,
            "PERFMON_TOKEN": token,
            "PATH": os.environ["PATH"],
            "COLUMNS": "120",
            **environment,
        },
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("arguments", "answers", "requests", "shown"),
    [
        (["status"], [READY], ["GET /api/monitoring/health/ready"], ["valkey", "bufferedFrames 4"]),
        (
            ["metrics", "send", "orders", "3", "--unit", "count", "--tag", "shop=a"],
            [{"accepted": 1}],
            ["POST /api/monitoring/metrics"],
            ["recorded"],
        ),
        (
            ["metrics", "realtime", "orders"],
            [LIVE],
            ["GET /api/monitoring/metrics/realtime?types=orders&windowSeconds=300"],
            ["orders", "shop=a"],
        ),
        (
            ["query", "cpu_usage", "--group-by", "host"],
            [QUERIED],
            [f"GET /api/monitoring/metrics/query?{QUERY}"],
            ["host=web-1", "8 percent", "▁ █"],
        ),
        (
            ["tokens", "list"],
            PAGES,
            ["GET /api/monitoring/tokens", "GET /api/monitoring/tokens?after=tok_1"],
            ["tok_1", "tok_2"],
        ),
        (
            ["tokens", "create", "ci", "--scope", "ingest"],
            [{"token": "pm_new"}],
            ["POST /api/monitoring/tokens"],
            ["pm_new"],
        ),
        (["tokens", "revoke", "tok_1"], [{}], ["DELETE /api/monitoring/tokens/tok_1"], ["revoked tok_1"]),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) and value and isinstance(value[0], str) else "",
)
def test_a_command_asks_the_api_and_shows_its_answer(
    project: Path, arguments: list[str], answers: list[dict[str, object]], requests: list[str], shown: list[str]
) -> None:
    with scripted_api(*(Answer(200, answer) for answer in answers)) as api:
        done = perfmon(project, api.url, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert api.requests == requests
    for text in shown:
        assert text in done.stdout


def test_json_is_what_the_api_answered(project: Path) -> None:
    with scripted_api(Answer(200, QUERIED)) as api:
        done = perfmon(project, api.url, "query", "cpu_usage", "--json")
    assert json.loads(done.stdout) == QUERIED


def test_a_shell_completes_commands(project: Path) -> None:
    asked = {"_PERFMON_COMPLETE": "complete_bash", "COMP_WORDS": "perfmon al", "COMP_CWORD": "1"}
    assert perfmon(project, "http://127.0.0.1:9/api", **asked).stdout.split() == ["alerts"]


def test_exit_codes_tell_what_went_wrong(project: Path) -> None:
    with scripted_api(Answer(401, {"detail": "The token has expired."})) as api:
        refused = perfmon(project, api.url, "tokens", "list")
        wrong = perfmon(project, api.url, "metrics", "send", "orders", "three")
        url = api.url
    away = perfmon(project, url, "status")
    unschemed = perfmon(project, "127.0.0.1:8000/api", "status")
    assert (unschemed.returncode, "must begin with http" in unschemed.stderr) == (2, True)
    assert refused.returncode == 1
    assert refused.stderr.startswith("The token has expired.\nThe token is that of PERFMON_TOKEN")
    assert wrong.returncode == 2
    assert away.returncode == 3
    assert "cannot be reached" in away.stderr


@pytest.mark.parametrize(("state", "code"), [("sent", 0), ("failed", 1)])
def test_the_test_of_a_channel_waits_for_what_becomes_of_it(project: Path, state: str, code: int) -> None:
    channels = {"channels": [{"id": "chn_1", "name": "on call"}], "next": None}
    queued, done = ({"state": each, "error": "refused" if each == "failed" else None} for each in ("queued", state))
    with scripted_api(*(Answer(200, each) for each in (channels, {"notificationId": "ntf_1"}, queued, done))) as api:
        said = perfmon(project, api.url, "channels", "test", "on call")
    assert (said.returncode, said.stdout.partition(":")[0].strip()) == (code, state)
    assert (
        api.requests[1:]
        == ["POST /api/monitoring/channels/chn_1/test"] + ["GET /api/monitoring/notifications/ntf_1"] * 2
    )


def test_what_rules_are_called_does_not_break_the_doctors_table(capsys: pytest.CaptureFixture[str]) -> None:
    show([warn("rules", "rule '[/red]\x1b[2J' is off", "[/] switch it on")])
    shown = capsys.readouterr().out
    assert "rule '[/red]?[2J' is off" in shown
    assert "→ [/] switch it on" in shown


def test_a_sparkline_spans_from_the_lowest_to_the_highest_over_all_of_it() -> None:
    assert sparkline([0, None, 7, 3.5]) == "▁ █▅"
    assert sparkline([5, 5]) == "▁▁"
    assert sparkline([]) == ""
    assert sparkline([0, 0, 0, 0, 7, 7, None, None], width=4) == "▁▁█ "
    assert len(sparkline([float(each) for each in range(336)])) == 24
