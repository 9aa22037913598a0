"""`perfmon export` and `import`: what goes out of one service comes back in another as it was."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from perfmon_client.cli.sample_files import guarded, read_range, unguarded
from perfmon_client.http import Http

from chalicelib import wiring
from infra.local.postgres import Postgres
from tests.call import Api
from tests.clients.python.shell import Shell
from tests.scripted_api import Answer, scripted_api

NOW = time.time_ns() // 1_000_000 // 60_000 * 60_000
SECRET = "whsec_" + "QUJD" * 12


@pytest.fixture
def api(shell: Shell) -> Api:
    """The service, for what a test prepares."""
    import app

    return Api(app.mint_token({"name": "prepares", "scopes": ["admin"]}, None)["token"])


def drain() -> None:
    """Everything recorded can be queried and is in the catalogue."""
    wiring.drain().run(time.time_ns() // 1_000_000)


def test_samples_come_back_as_they_went(shell: Shell, api: Api, tmp_path: Path, postgres: Postgres) -> None:
    snapshots = [
        {
            "tags": {"host": host, "note": "=1+1"},
            "timestamp": NOW - 600_000 + 10_000 * n,
            "metrics": {"cpu_usage": n / 7},
        }
        for n in range(40)
        for host in ("web-1", "web-2")
    ]
    assert api.post("/monitoring/metrics", {"snapshots": snapshots}).body["accepted"] == 80
    drain()
    file, again = tmp_path / "cpu.csv", tmp_path / "again.csv"
    window = ("--from", str(NOW - 600_000), "--to", str(NOW))
    assert (
        shell.good("export", "samples", "cpu_usage", *window, "--output", str(file), "--json").json()["samples"] == 80
    )
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert {(row["tag:host"], row["tag:note"], row["unit"]) for row in rows} == {
        ("web-1", "'=1+1", "percent"),
        ("web-2", "'=1+1", "percent"),
    }

    forget_samples(postgres)
    assert shell.good("export", "samples", "cpu_usage", "--group-by", "host", *window).out.count("\n") == 1
    assert shell.good("import", "samples", str(file)).out == "80 recorded, 0 refused\n"
    shell.good("import", "samples", str(file))
    drain()
    shell.good("export", "samples", "cpu_usage", *window, "--output", str(again))
    assert sorted(again.read_text().splitlines()) == sorted(file.read_text().splitlines())


def forget_samples(postgres: Postgres) -> None:
    """As if nothing had been recorded."""
    import redis

    from chalicelib import settings

    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("TRUNCATE heads CASCADE")
    with redis.Redis.from_url(settings.current().redis_url) as client:
        client.flushall()


def test_a_file_that_cannot_be_read_says_where(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("metricType,time,value\ncpu_usage,2026-01-01T00:00:00Z,much\n")
    done = shell("import", "samples", str(file))
    assert done.code == 2
    assert "line 2" in done.err
    file.write_text("when,what\n")
    assert "no column metricType" in shell("import", "samples", str(file)).err
    file.write_text("metricType,time,value\ncpu_usage,yesterday,1\n")
    assert shell("import", "samples", str(file)).code == 1


def test_long_ranges_are_asked_in_pieces_that_meet_and_fit() -> None:
    points = {"unit": "", "series": [{"tags": {"host": f"h{n}"}, "points": [[0, 1.0]]} for n in range(500)]}
    one = {"unit": "", "series": points["series"][:1]}
    query = {"metricType": "cpu_usage", "groupBy": ["host"]}
    with scripted_api(Answer(200, points), Answer(200, one), Answer(200, one)) as api:
        pieces = list(read_range(Http(api.url, ""), query, 5_000, 20_000_000, 10_000))
    asked = [(body["from"], body["to"]) for body in api.bodies]
    # a hundred steps at first, two hundred when there are five hundred series, then as many as a query may have
    assert asked == [(5_000, 1_000_000), (1_000_000, 3_000_000), (3_000_000, 20_000_000)]
    assert [(until, len(rows)) for until, rows in pieces] == [(1_000_000, 500), (3_000_000, 1), (20_000_000, 1)]


def test_an_export_that_fails_leaves_the_file_as_it_was(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "cpu.csv"
    file.write_text("before")
    assert shell("export", "samples", "cpu_usage", "--group-by", "a,b,c,d,e,f", "--output", str(file)).code == 1
    assert file.read_text() == "before"


@pytest.mark.parametrize("text", ["", "plain", "=1", "-x", "'", "'=", "@a"])
def test_a_guarded_cell_reads_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@"))


def prepare(api: Api) -> None:
    """One of everything that people set up."""

    def made(path: str, body: dict[str, Any]) -> Any:
        reply = api.post(path, body)
        assert reply.status == 201, reply.body
        return reply.body

    config = {"url": "https://example.com/hook?key=hidden", "secret": SECRET}
    made("/monitoring/channels", {"name": "mails", "type": "email", "config": {"to": ["ops@example.com"]}})
    hook = made("/monitoring/channels", {"name": "hook", "type": "webhook", "config": config, "rateLimit": 7})
    rule = {
        "name": "Slow",
        "metricType": "response_time",
        "condition": "greater_than",
        "threshold": 800,
        "recipients": ["a@example.com", hook["id"]],
        "channels": [hook["id"]],
        "escalation": [{"after": 600, "channels": [hook["id"]]}],
    }
    rule_id = made("/monitoring/alerts/rules", rule)["id"]
    made("/monitoring/silences", {"endsAt": NOW + 7_200_000, "ruleId": rule_id, "comment": "new disk"})
    window = {"start": "0 2 * * sun", "duration": 7200, "timeZone": "Europe/Berlin", "tags": {"env": "prod"}}
    made("/monitoring/maintenance-windows", window)
    made("/monitoring/reports/schedules", {"period": "weekly", "recipients": ["a@example.com"], "name": "the week"})


def test_what_people_set_up_comes_back_in_another_service(
    shell: Shell, api: Api, tmp_path: Path, postgres: Postgres
) -> None:
    prepare(api)
    file, again, secrets = tmp_path / "setup.yml", tmp_path / "again.yml", tmp_path / "secrets.yml"
    shell.good("export", "setup", "--output", str(file))
    assert "hidden" not in file.read_text()
    assert SECRET not in file.read_text()
    # The same service again: nothing to do.
    assert shell.good("import", "setup", str(file), "--json").json() == {"created": {}, "changed": {}, "leftOut": []}

    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("TRUNCATE channels, rules, silences, report_schedules CASCADE")
    without = shell("import", "setup", str(file), "--json")
    assert without.code == 1
    assert [(each["kind"], each["name"]) for each in without.json()["leftOut"]] == [
        ("channels", "hook"),
        ("rules", "Slow"),
        ("silences", "new disk"),
    ]
    assert "secrets" in without.json()["leftOut"][0]["reason"]

    secrets.write_text(yaml.safe_dump({"hook": {"url": "https://example.com/hook?key=hidden", "secret": SECRET}}))
    assert (
        "created: 1 channels, 1 rules, 1 silences"
        in shell.good("import", "setup", str(file), "--secrets", str(secrets)).out
    )
    shell.good("export", "setup", "--output", str(again))
    assert by_name(again) == by_name(file)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a", "must be a mapping"),
        ("hosts: []", "'hosts' is nothing that can be set up"),
        ("channels: [hook]", "channels: each is a mapping with name and type and config"),
        ("rules: [{metricType: a}]", "rules: each is a mapping with name"),
        ("a: [", "is not YAML"),
    ],
    ids=["a list", "an unknown kind", "a name", "a rule without a name", "not YAML"],
)
def test_a_file_that_is_no_setup_is_refused_before_anything_is_done(
    shell: Shell, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "setup.yml"
    file.write_text(text)
    done = shell("import", "setup", str(file))
    assert done.code == 2
    assert says in " ".join(done.err.replace("│", " ").split())


def test_rules_that_cannot_be_told_apart_are_left_out_and_the_rest_comes_in(
    shell: Shell, api: Api, tmp_path: Path
) -> None:
    mails = {"name": "mails", "type": "email", "config": {"to": ["ops@example.com"]}}
    rule = {"name": "Slow", "metricType": "response_time", "condition": "greater_than", "threshold": 800}
    for _ in range(2):
        assert api.post("/monitoring/alerts/rules", rule).status == 201
    file = tmp_path / "setup.yml"
    file.write_text(yaml.safe_dump({"channels": [mails], "rules": [rule]}))
    done = shell("import", "setup", str(file), "--json")
    assert done.code == 1
    assert done.json()["created"] == {"channels": 1}
    (left_out,) = done.json()["leftOut"]
    assert "the service has 2 rules called 'Slow'" in left_out["reason"]


def by_name(file: Path) -> dict[str, list[str]]:
    """What a file sets up, in no order."""
    return {kind: sorted(map(str, things)) for kind, things in yaml.safe_load(file.read_text()).items()}
