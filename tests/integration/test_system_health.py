"""System health over what was recorded, and over stores that are down."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from chalicelib import settings
from chalicelib.wiring import reports, ticking
from infra.local.postgres import Postgres
from tests.call import Api
from tests.conftest import wired

METRICS = "/monitoring/metrics"
HEALTH = "/monitoring/health/system"


def checks(api: Api) -> dict[str, dict[str, Any]]:
    """What a fresh look finds, by name."""
    reports.system_health.cache_clear()
    reply = api.get(HEALTH)
    assert reply.status == 200, reply.body
    return {check["name"]: check for check in reply.body["checks"]}


def test_the_specifications_figures_are_answered_as_there(api: Api) -> None:
    api.post(METRICS, {"metricType": "response_time", "value": 245, "unit": "ms"})
    api.post(METRICS, {"metricType": "error_rate", "value": 1.2, "unit": "percent"})
    api.post(METRICS, {"metricType": "memory_usage", "value": 82.3, "unit": "percent"})

    body = api.get(HEALTH).body

    assert body["status"] == "healthy"
    assert body["checks"][:4] == [
        {
            "name": "Response Time",
            "status": "pass",
            "message": "Average response time: 245ms",
            "value": 245,
            "threshold": 500,
        },
        {"name": "Error Rate", "status": "pass", "message": "Error rate: 1.20%", "value": 1.2, "threshold": 2},
        {"name": "Memory Usage", "status": "warn", "message": "Memory usage: 82.3%", "value": 82.3, "threshold": 80},
        {"name": "Active Alerts", "status": "pass", "message": "0 active alerts (0 critical, 0 high)", "value": 0},
    ]


def test_an_empty_service_is_healthy_and_says_what_it_has_not_seen(api: Api) -> None:
    body = api.get(HEALTH).body
    assert body["status"] == "healthy"
    assert [check["message"] for check in body["checks"][:3]] == [
        "No response time recorded yet",
        "No error rate recorded yet",
        "No memory usage recorded yet",
    ]
    assert all("value" not in check for check in body["checks"][:3])


def test_the_worst_host_and_disk_are_named_and_errors_counted_from_events(api: Api, drain: Callable[[], Any]) -> None:
    snapshots = [
        {"tags": {"host": host}, "metrics": {"memory_usage": used, "cpu_usage": 10}}
        for host, used in (("web-1", 40), ("web-3", 95.5))
    ]
    snapshots += [{"tags": {"host": "web-1", "mount": mount}, "metrics": {"disk_usage": 88}} for mount in ("/", "/x")]
    api.post(METRICS, {"snapshots": snapshots})
    drain()
    api.post(METRICS, [{"metricType": "response_time", "value": 10, "unit": "ms"}] * 100)
    api.post(METRICS, [{"metricType": "error_rate", "value": 1, "unit": "count"}] * 6)

    found = checks(api)

    assert found["Memory Usage"]["message"] == "Memory usage: 95.5% on web-3"
    assert found["Memory Usage"]["status"] == "fail"
    assert found["Disk Usage"]["message"].startswith("Disk usage: 88.0% on web-1 /")
    assert found["Error Rate"]["message"] == "Error rate: 6.00%"
    assert api.get(HEALTH).body["status"] == "critical"


def test_the_services_own_parts_are_judged(api: Api, postgres: Postgres, drain: Callable[[], Any]) -> None:
    api.post(METRICS, {"metricType": "cpu_usage", "value": 1})
    waiting = checks(api)
    drain()
    now = time.time_ns() // 1_000_000
    ticking.tick().run(now - now % 10_000 - 100_000, now=now)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("INSERT INTO hosts VALUES ('a', now(), now()), ('b', now(), now() - interval '5 minutes')")
        connection.execute("UPDATE heads SET arrived_at = now() - interval '1 hour'")
        connection.execute(
            "INSERT INTO alerts (id, rule_id, rule_name, metric_types, severity, state, tags, message, pending_since)"
            " VALUES ('1', 'r', 'r', '{m}', 'critical', 'firing', '{}', '', now())"
        )
        connection.execute(
            "INSERT INTO notifications (id, at, channel_id, channel_name, channel_type, reason, state, not_before,"
            " touched_at) SELECT state || days, now() - days * interval '1 day', 'c', 'c', 'email', 'firing', state,"
            " now(), now() FROM unnest('{dead,failed,sent}'::text[]) AS state, unnest('{0,2}'::int[]) AS days"
        )
    found = checks(api)

    assert (found["Dead Letters"]["status"], found["Dead Letters"]["value"]) == ("warn", 3)
    assert waiting["Ingest Backlog"]["value"] >= 0
    assert "value" not in found["Ingest Backlog"]
    assert (found["Evaluation"]["status"], found["Compaction"]["status"]) == ("warn", "warn")
    assert found["Hosts Reporting"]["message"] == "1 of 2 hosts reporting; silent: b"
    assert found["Active Alerts"]["message"] == "1 active alerts (1 critical, 0 high)"
    assert found["Alert Recipients"]["status"] == "warn"


def test_rules_that_name_nobody_tell_whom_the_defaults_name(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def telling() -> object:
        reports.system_health.cache_clear()
        now = time.time_ns() // 1_000_000
        return {check.name: check.value for check in reports.system_health().run(now).checks}["Alert Recipients"]

    # given the default rules (one is critical, two are high), which name nobody
    assert telling() == 0

    # then a channel tells of those it takes by default, as long as it is switched on
    config = {"to": ["ann@example.com"]}
    channel = {"name": "pager", "type": "email", "config": config, "defaults": {"severity": ["critical"]}}
    channel_id = api.post("/monitoring/channels", channel).body["id"]
    assert telling() == 1
    api.call("PATCH", f"/monitoring/channels/{channel_id}", {"enabled": False})
    assert telling() == 0

    # and the service's own recipients hear of all
    monkeypatch.setenv("ALERT_DEFAULT_RECIPIENTS", "ops@example.com")
    settings.current.cache_clear()
    assert telling() == 3


def test_an_answer_stands_for_five_seconds(api: Api) -> None:
    service = reports.system_health()
    now = time.time_ns() // 1_000_000
    first = service.run(now)
    assert service.run(now + 4_999) is first
    assert service.run(now + 5_000) is not first


def test_a_store_that_is_down_is_a_failed_check_and_not_an_error(
    stack: None, monkeypatch: pytest.MonkeyPatch, postgres: Postgres
) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    now = time.time_ns() // 1_000_000
    with wired(monkeypatch, DATABASE_URL=nowhere):
        without_database = {check.name: check for check in reports.system_health().run(now).checks}
    with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL="redis://127.0.0.1:1"):
        without_valkey = {check.name: check for check in reports.system_health().run(now).checks}

    assert without_database["PostgreSQL"].status == "fail"
    assert without_database["Memory Usage"].status == "warn"
    assert without_valkey["Valkey"].status == "fail"
    assert without_valkey["PostgreSQL"].status == "pass"


def test_every_minutes_checks_are_kept(api: Api) -> None:
    import app

    api.post(METRICS, {"metricType": "response_time", "value": 245, "unit": "ms"})
    event = {"source": "aws.events", "detail": {}, "id": "", "resources": [], "region": "", "account": ""}
    event |= {"time": "", "version": "", "detail-type": ""}

    answers = [app.record_health(event, None) for _ in range(2)]
    minutes = api.get("/monitoring/health/history").body["minutes"]

    assert answers == [{"status": "healthy"}] * 2
    assert minutes[-1]["checks"][0] == {"name": "Response Time", "status": "pass", "value": 245}
    assert minutes[-1]["at"].endswith(":00.000Z")
    reply = api.get("/monitoring/health/history", from_="now", to="-1h")
    assert (reply.status, reply.body["field"]) == (400, "from")


def test_history_older_than_ninety_days_is_forgotten(api: Api, postgres: Postgres) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for days in (89, 91):
            connection.execute(
                "INSERT INTO health_history VALUES (now() - %s * interval '1 day', 'healthy', '[]')", (days,)
            )
    reports.system_health().record(time.time_ns() // 1_000_000)
    assert len(reports.system_health().history(0, 10**14)) == 2
