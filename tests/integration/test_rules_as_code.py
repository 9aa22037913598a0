"""`perfmon rules` against the real service: what a team does with rules in its repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.call import Api
from tests.clients.python.test_cli import perfmon
from tests.integration.live import RULES
from tests.served_api import served_api

FILE = """
rules:
- name: Checkout slow
  metricType: response_time
  condition: greater_than
  threshold: 800
  duration: 60
  tags: {endpoint: /checkout}
- name: High Memory Usage
  metricType: memory_usage
  condition: greater_than
  threshold: 85
  groupBy: [host]
  duration: 600
  cooldownPeriod: 3600
  severity: high
  description: A host has less than a tenth of its memory left.
tests:
- name: slow for a minute
  rule: Checkout slow
  series:
  - {metricType: response_time, tags: {endpoint: /checkout}, values: 200x3 900x12}
  expect:
  - {at: 20, state: none}
  - {at: 140, state: firing}
"""


class Shell:
    """The command in a folder with rules, against the service."""

    def __init__(self, project: Path, url: str, token: str, file: Path) -> None:
        self._project, self._url, self._token = project, url, token
        self.file = file

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return perfmon(self._project, self._url, "rules", *arguments, token=self._token)


@pytest.fixture
def shell(api: Api, project: Path, tmp_path: Path) -> Any:
    """The command, with a file of rules."""
    file = tmp_path / "rules.yml"
    file.write_text(FILE)
    with served_api() as url:
        yield Shell(project, url, str(api.token), file)


def test_a_plan_is_shown_applied_and_then_empty(api: Api, shell: Shell) -> None:
    planned = shell("plan", str(shell.file))
    assert planned.returncode == 1
    assert "create  Checkout slow" in planned.stdout
    assert "change  High Memory Usage" in planned.stdout
    assert "threshold: 90.0 -> 85.0" in planned.stdout

    assert shell("apply", str(shell.file)).stdout.endswith("2 applied\n")
    assert shell("plan", str(shell.file)).stdout == "nothing to change\n"
    rules = {rule["name"]: rule for rule in api.get(RULES).body["rules"]}
    assert rules["High Memory Usage"]["id"] == "high-memory-usage"
    assert rules["Checkout slow"]["tags"] == {"endpoint": "/checkout"}


def test_what_a_file_no_longer_says_goes_back_to_its_default(api: Api, shell: Shell) -> None:
    shell("apply", str(shell.file))
    shell.file.write_text(FILE.replace("  duration: 60\n", "", 1))
    assert "duration: 60 -> 0" in shell("plan", str(shell.file)).stdout
    shell("apply", str(shell.file))
    rules = {rule["name"]: rule for rule in api.get(RULES).body["rules"]}
    assert rules["Checkout slow"]["duration"] == 0


def test_other_rules_stay_unless_pruned(api: Api, shell: Shell) -> None:
    assert "delete" not in shell("plan", str(shell.file)).stdout
    pruned = json.loads(shell("plan", str(shell.file), "--prune", "--json").stdout)
    assert [each["name"] for each in pruned if each["change"] == "delete"].count("High Error Rate") == 1
    shell("apply", str(shell.file), "--prune")
    assert {rule["name"] for rule in api.get(RULES).body["rules"]} == {"Checkout slow", "High Memory Usage"}


def test_a_plan_counts_the_pages_of_both_forms(shell: Shell) -> None:
    planned = json.loads(shell("plan", str(shell.file), "--backtest", "1h", "--json").stdout)
    assert [each["pages"] for each in planned] == [{"before": 0, "after": 0}] * 2


def test_the_tests_in_a_file_are_run(shell: Shell) -> None:
    passed = shell("test", str(shell.file.parent))
    assert (passed.returncode, passed.stdout) == (0, "passed  slow for a minute\n")
    shell.file.write_text(FILE.replace("900x12", "700x12"))
    failed = shell("test", str(shell.file))
    assert failed.returncode == 1
    assert "at 140 s: expected firing, found none" in failed.stdout


def test_what_is_exported_is_what_is_there(shell: Shell) -> None:
    exported = shell("export").stdout
    shell.file.write_text(exported)
    assert len(yaml.safe_load(exported)["rules"]) == 6
    assert shell("plan", str(shell.file), "--prune").stdout == "nothing to change\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("rules: [{name: x, metricType: m, condition: greater_than}]", "threshold: is missing"),
        ("rules: [{metricType: m}]", "a mapping with a name"),
        ("rules: [{name: x}, {name: x}]", "two rules called 'x'"),
        ("- x", "must be a mapping"),
        ("rules: [", "is not YAML"),
        ("tests: [{rule: nobody}]", "there is no rule 'nobody'"),
    ],
    ids=["field", "name", "twice", "list", "yaml", "test"],
)
def test_a_wrong_file_is_named(shell: Shell, content: str, message: str) -> None:
    shell.file.write_text(content)
    done = shell("test" if "tests" in content else "plan", str(shell.file))
    assert done.returncode in (1, 2)
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_prometheus_rules_become_a_file(shell: Shell) -> None:
    shell.file.write_text(
        "groups: [{name: g, rules: [{alert: Hot, expr: 'cpu_usage > 90', for: 5m},"
        " {alert: Odd, expr: 'predict_linear(a[1h], 1) < 0'}]}]"
    )
    done = shell("import-prometheus", str(shell.file))
    assert [rule["name"] for rule in yaml.safe_load(done.stdout)["rules"]] == ["Hot"]
    assert "Odd: " in done.stderr
