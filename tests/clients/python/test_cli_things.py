"""What one does with `perfmon` about single rules, targets, channels and the like, against the real service."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from chalicelib.wiring import alerting
from tests.clients.python.shell import Shell
from tests.clients.python.test_cli_live import live
from tests.integration.live import Live

__all__ = ["live"]  # the fixture, as these tests use it too


def test_a_rule_is_looked_at_switched_and_deleted_by_its_name(shell: Shell, live: Live) -> None:
    live.rule(name="Hot", threshold=90)

    assert "threshold: 90.0" in shell.good("rules", "show", "Hot").out
    assert shell.good("rules", "disable", "Hot").out == "off: Hot\n"
    assert shell.good("rules", "show", "Hot", "--json").json()["enabled"] is False
    assert shell.good("rules", "enable", "Hot").out == "on: Hot\n"
    assert shell.good("silence", "add", "--for", "2h", "--rule", "Hot").code == 0
    assert shell.good("alerts", "list", "--rule", "Hot").out == "no alerts\n"
    shell.good("rules", "delete", "Hot")
    gone = shell("rules", "show", "Hot")
    assert (gone.code, "none of the rules" in gone.err) == (2, True)


def test_names_that_two_rules_have_do_not_say_which(shell: Shell, live: Live) -> None:
    for _ in range(2):
        live.rule(name="Hot")
    refused = shell("rules", "disable", "Hot")
    assert (refused.code, "2 of the rules" in refused.err) == (2, True)


def test_a_rule_is_tried_on_the_past_and_a_threshold_looked_for(shell: Shell, live: Live) -> None:
    live.rule(name="Hot", threshold=90)
    live.run("95 96 97")

    tried = shell.good("rules", "backtest", "Hot", "--from", "1h").out
    assert tried.startswith("1 pages, 1 firings")
    assert "host=web-1" in tried
    looked = shell("rules", "suggest", "cpu_usage", "--group-by", "host", "--from", "1h", "--pages", "1000")
    assert looked.code in (0, 1)
    assert "threshold" in looked.out
    assert shell("rules", "backtest", "Hot", "--from", "soon").code == 2


def test_everything_that_is_wrong_with_a_rule_is_said_with_its_name(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    file.write_text("rules:\n- {name: Bad, metricType: x, condition: greater, treshold: 1}\n")
    refused = shell("rules", "plan", str(file))
    assert refused.code == 1
    assert refused.err.startswith("rule 'Bad': condition: must be one of")
    assert "treshold: is not a field here" in refused.err


@pytest.mark.parametrize("content", ["groups: [", "hello", "rules: []"])
def test_what_is_no_rules_file_of_prometheus_is_wrong_usage(shell: Shell, tmp_path: Path, content: str) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(content)
    refused = shell("rules", "import-prometheus", str(file))
    assert (refused.code, str(file.name) in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("targets", '{"name": "node", "type": "prometheus", "url": "http://127.0.0.1:9100/metrics"}'),
        ("channels", "{name: node, type: email, config: {to: [a@example.com]}}"),
    ],
)
def test_what_a_file_describes_is_added_once_changed_after_that_and_removed(
    shell: Shell, tmp_path: Path, kind: str, thing: str
) -> None:
    file = tmp_path / "thing"
    file.write_text(thing)
    assert shell.good(kind, "add", str(file)).out.startswith("added ")
    assert shell.good(kind, "add", str(file)).out.startswith("changed ")
    assert len(shell.good(kind, "list", "--json").json()) == 1
    assert "node" in shell.good(kind, "list").out
    shell.good(kind, "remove", "node")
    assert shell.good(kind, "list").out == f"no {kind}\n"
    file.write_text("nothing")
    assert shell(kind, "add", str(file)).code == 2


def test_health_is_told_check_by_check_and_its_exit_code_says_critical(shell: Shell, live: Live) -> None:
    calm = shell("health")
    assert calm.out.startswith("system health: ")
    assert "Memory Usage" in calm.out
    found = shell("health", "--json").json()
    assert calm.code == (1 if found["status"] == "critical" else 0)


def test_a_token_ends_after_so_long(shell: Shell) -> None:
    made = shell.good("tokens", "create", "t", "--scope", "read", "--expires", "90d", "--json").json()
    assert made["expiresAt"] > "2026"
    assert shell("tokens", "create", "t", "--scope", "read", "--expires", "90x").code == 2


def test_hosts_of_a_state_that_there_is_not_are_wrong_usage(shell: Shell) -> None:
    assert shell.good("hosts", "list", "--state", "late").out == "no host is late\n"
    assert shell("hosts", "list", "--state", "dead").code == 2


def test_hosts_of_a_state_are_listed_alone(shell: Shell, live: Live) -> None:
    now = time.time_ns() // 1_000_000
    alerting.host_book().seen({"well": now, "gone": now - 3_600_000})
    shown = [each["name"] for each in shell.good("hosts", "list", "--state", "down", "--json").json()]
    assert shown == ["gone"]


def test_a_silence_of_nothing_is_wrong_usage(shell: Shell) -> None:
    refused = shell("silence", "add", "--for", "2h")
    assert (refused.code, "--metric" in refused.err) == (2, True)
