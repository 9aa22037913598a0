"""What somebody on call does with `perfmon`, against the real service."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from perfmon_client.cli.showing import plain

from chalicelib.wiring import ticking
from tests.call import Api
from tests.clients.python.shell import Shell
from tests.integration.live import RULES, Live


@pytest.fixture
def live(shell: Shell) -> Live:
    """A world with no rules but those a test makes."""
    api = Api(app_token())
    for rule in api.get(RULES).body["rules"]:
        api.delete(f"{RULES}/{rule['id']}")
    now = time.time_ns() // 1_000_000
    return Live(api, now - now % 60_000 - 60_000)


def app_token() -> str:
    """An administrator's token."""
    import app

    return str(app.mint_token({"name": "live", "scopes": ["admin"]}, None)["token"])


@pytest.fixture
def alert_id(shell: Shell, live: Live) -> str:
    """A firing alert about web-1."""
    live.rule(name="[red]hot[/red]", recipients=["a@example.com"])
    live.run("95 96 97")
    (alert,) = shell.good("alerts", "list", "--json").json()
    return str(alert["id"])


def test_an_alert_is_found_explained_acknowledged_and_resolved(shell: Shell, alert_id: str) -> None:
    assert alert_id in shell.good("alerts", "list", "--metric", "cpu_usage").out
    explained = shell.good("alerts", "show", alert_id)
    assert "cpu_usage greater than 90: " in explained.out
    assert "The condition held" in explained.out
    assert "a@example.com" in explained.out

    said = shell.good("ack", alert_id, "--comment", "on it", "--for", "2h")
    assert said.out.startswith(f"acknowledged {alert_id}")
    assert ": on it" in shell.good("alerts", "show", alert_id).out

    (resolved,) = shell.good("resolve", alert_id, "--json").json()
    assert resolved["resolvedReason"] == "manual"
    assert shell.good("alerts", "list").out == "no alerts\n"
    assert [each["id"] for each in shell.good("alerts", "list", "--state", "all", "--json").json()] == [alert_id]
    again = shell("ack", alert_id)
    assert (again.code, again.out) == (1, "")


def test_what_others_called_things_neither_colours_nor_steers_the_terminal(shell: Shell, alert_id: str) -> None:
    assert "[red]hot[/red]" in shell.good("alerts", "show", alert_id).out
    assert "[red]hot[/red]" in shell.good("alerts", "list").out
    assert plain("a\x1b[2Jb\u202ec") == "a?[2Jb?c"


def test_a_silence_is_tried_made_and_ended(shell: Shell, alert_id: str) -> None:
    wanted = ("silence", "add", "--for", "2h", "--tag", "host=web-1", "--comment", "new disk")
    assert alert_id in shell.good(*wanted, "--preview").out
    silence_id = shell.good(*wanted, "--json").json()["id"]
    listed = shell.good("silence", "list").out
    assert "host=web-1" in listed
    assert "new disk" in listed
    shell.good("silence", "end", silence_id)
    assert shell.good("silence", "list").out == "no silences\n"
    assert silence_id in shell.good("silence", "list", "--ended").out


@pytest.mark.parametrize("length", [("--for", "soon"), (), ("--for", "1h", "--until", "2030-01-01T00:00:00Z")])
def test_a_silence_says_how_long(shell: Shell, length: tuple[str, ...]) -> None:
    assert shell("silence", "add", "--tag", "host=web-1", *length).code == 2


def test_hosts_are_listed_shown_with_their_alerts_and_forgotten(shell: Shell, alert_id: str) -> None:
    ticking.tick().run(time.time_ns() // 1_000_000, now=time.time_ns() // 1_000_000)
    assert "web-1" in shell.good("hosts", "list").out
    assert alert_id in shell.good("hosts", "show", "web-1").out
    shell.good("hosts", "forget", "web-1")
    assert shell("hosts", "show", "web-1").code == 1


def test_metrics_are_listed_with_their_last_hour(shell: Shell, live: Live) -> None:
    live.run("50 60 90")
    for _ in range(3):
        ticking.tick().run(time.time_ns() // 1_000_000, now=time.time_ns() // 1_000_000)
    (line,) = [line for line in shell.good("metrics", "list", "cpu_u").out.splitlines() if "cpu_usage" in line]
    assert "percent" in line
    assert set(line) & set("▁▂▃▄▅▆▇█")
    assert shell.good("metrics", "list", "nothing_like_it").out == "no metrics\n"


def test_a_report_is_built_written_and_scheduled(shell: Shell, live: Live, tmp_path: Path) -> None:
    assert "alerts: 0" in shell.good("reports", "generate", "--period", "hourly").out
    page, table = tmp_path / "report.html", tmp_path / "report.csv"
    shell.good("reports", "generate", "--period", "hourly", "--output", str(page))
    shell.good("reports", "generate", "--period", "hourly", "--output", str(table))
    assert page.read_text().startswith("<!doctype html>")
    assert "," in table.read_text().splitlines()[0]

    wanted = ("reports", "schedule", "weekly", "--recipient", "a@example.com", "--hour", "7", "--name", "the week")
    schedule_id = shell.good(*wanted, "--json").json()["id"]
    assert "the week" in shell.good("reports", "schedules").out
    shell.good("reports", "unschedule", schedule_id)
    assert shell.good("reports", "schedules").out == "no schedules\n"
    assert shell.good("reports", "list").out == "no reports yet\n"
    assert shell("reports", "show", "rep_none").code == 1
    nowhere = shell("reports", "generate", "--output", str(tmp_path / "none" / "report.html"))
    assert nowhere.code == 2
    assert "No such file" in nowhere.err


def test_a_channel_without_a_receiver_fails_its_test(shell: Shell) -> None:
    assert shell.good("channels", "list").out == "no channels\n"
    assert shell("channels", "test", "nobody").code == 2
