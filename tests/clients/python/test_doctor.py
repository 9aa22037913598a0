"""The specification's Troubleshooting section: each item is broken here, and the doctor names it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from perfmon_client.doctor import logs, service, stores, telling
from perfmon_client.doctor.examine import examine
from perfmon_client.doctor.finding import Finding, Status, guarded
from perfmon_client.errors import ApiError, Unreachable

import app
from infra.local.ports import free_port
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.call import Api, Reply
from tests.conftest import wired


class Doctor:
    """The API as the client's Http offers it, at the Lambda handler."""

    def __init__(self, token: str) -> None:
        self.api = Api(token)

    def get(self, path: str, **query: Any) -> Any:
        return self._decoded(self.api.get(path, **{name: str(value) for name, value in query.items()}))

    def post(self, path: str, body: Any, *, idempotent: bool = False) -> Any:
        return self._decoded(self.api.post(path, body))

    @staticmethod
    def _decoded(reply: Reply) -> Any:
        if reply.status >= 400:
            raise ApiError(reply.status, reply.body.get("detail", str(reply.body)))
        return reply.body


class Gone:
    """An API that nobody answers for."""

    def get(self, path: str, **query: Any) -> Any:
        raise Unreachable("http://127.0.0.1:1/api cannot be reached")

    def post(self, path: str, body: Any, *, idempotent: bool = False) -> Any:
        raise Unreachable("http://127.0.0.1:1/api cannot be reached")


@pytest.fixture
def doctor(stack: None) -> Doctor:
    """An administrator's."""
    return Doctor(app.mint_token({"name": "doctor"}, None)["token"])


def now() -> datetime:
    """Now."""
    return datetime.now(UTC)


def named(found: Iterator[Finding], check: str) -> Finding:
    """The one finding of a check that is not fine."""
    (finding,) = [each for each in found if each.check == check and each.status is not Status.OK]
    assert finding.remedy
    return finding


def execute(postgres: Postgres, statement: str) -> None:
    """One statement."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(statement.encode())


def tick() -> None:
    """What happens every ten seconds."""
    from chalicelib.wiring import ticking

    instant = int(now().timestamp()) // 10 * 10_000
    ticking.tick().run(instant, now=instant)


# Metrics Not Being Recorded


def test_database_connectivity(postgres: Postgres) -> None:
    nobody = f"postgresql://perfmon:secret@127.0.0.1:{free_port()}/perfmon"

    finding = named(stores.database(nobody, now()), "database")

    assert finding.status is Status.FAIL
    assert "refused" in finding.says
    assert "secret" not in finding.says
    assert "DATABASE_URL" in finding.remedy


def test_redis_connection(valkey: Valkey) -> None:
    finding = named(stores.valkey(f"redis://:secret@127.0.0.1:{free_port()}"), "valkey")

    assert finding.status is Status.FAIL
    assert "REDIS_URL" in finding.remedy
    assert "secret" not in finding.says


def test_stores_that_fail_are_named_through_the_api_too(
    doctor: Doctor, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL=f"redis://127.0.0.1:{free_port()}"):
        finding = named(guarded_service(doctor), "stores")
        refused = named(service.recording(doctor), "recording")

    assert finding.status is Status.FAIL
    assert "(503)" in refused.says


def guarded_service(doctor: Doctor) -> Iterator[Finding]:
    """The service's findings."""
    return iter(guarded("service", lambda: service.service(doctor, now())))


def test_service_initialization(stack: None, postgres: Postgres, doctor: Doctor) -> None:
    # nobody there
    assert "PERFMON_URL" in named(service.service(Gone(), now()), "service").remedy
    # there, but its schedules do not run
    assert "no tick has ever run" in named(service.service(doctor, now()), "ticks").says
    tick()
    assert not [each for each in service.service(doctor, now()) if each.status is not Status.OK]
    stopped = named(service.service(doctor, now() + timedelta(minutes=5)), "ticks")
    assert "nothing is drained" in stopped.says
    # the database was never migrated
    execute(postgres, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert "never initialized" in named(stores.database(postgres.url, now()), "schema").says


def test_error_logs_for_recording_failures(tmp_path: Path) -> None:
    error = {"level": "error", "message": "request failed", "traceback": "Traceback\nKeyError: 'unit'"}
    lines = [
        json.dumps(error | {"time": now().isoformat()}),
        json.dumps(error | {"time": now().isoformat()}),
        json.dumps(error | {"time": (now() - timedelta(hours=1)).isoformat(), "message": "long ago"}),
        json.dumps({"level": "info", "time": now().isoformat(), "message": "fine"}),
        "not JSON",
    ]
    (tmp_path / "api.log").write_text("\n".join(lines))

    finding = named(logs.of_folder(tmp_path, now()), "log")

    assert finding.says == "2 times in 15 minutes: request failed (KeyError: 'unit')"


def test_a_token_that_is_not_known_is_why_nothing_is_recorded(doctor: Doctor) -> None:
    finding = named(service.recording(Doctor("wrong")), "recording")
    assert "(401)" in finding.says
    assert "PERFMON_TOKEN" in finding.remedy
    assert [each.status for each in service.recording(doctor)] == [Status.OK]


# Alerts Not Being Sent


@contextmanager
def mail_server(*answers: bytes) -> Iterator[int]:
    """The port of a server that answers each line with the next of these; it takes one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as lines:
                for answer in answers:
                    lines.write(answer)
                    lines.flush()
                    lines.readline()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def test_smtp_configuration() -> None:
    unreachable = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port())}
    assert "SMTP_HOST" in named(telling.mail(unreachable), "mail").remedy

    given = {"SMTP_HOST": "127.0.0.1", "SMTP_USER": "me", "SMTP_PASS": "wrong", "SMTP_TLS": "never"}
    hello = b"250-here\r\n250 AUTH PLAIN\r\n"
    with mail_server(b"220 hello\r\n", hello, b"535 no\r\n", b"221 bye\r\n") as port:
        finding = named(telling.mail(given | {"SMTP_PORT": str(port)}), "mail")
    assert "refuses the login of me (535)" in finding.says
    assert "wrong" not in finding.says

    with mail_server(b"220 hello\r\n", hello, b"235 yes\r\n", b"221 bye\r\n") as port:
        assert [each.status for each in telling.mail(given | {"SMTP_PORT": str(port)})] == [Status.OK]


RULE = {"name": "slow", "metricType": "response_time", "condition": "greater_than", "threshold": 1000}


def test_alert_rule_configuration(doctor: Doctor, postgres: Postgres) -> None:
    execute(postgres, "DELETE FROM rules")
    assert "there is no rule" in named(telling.rules(doctor), "rules").says
    doctor.post("/monitoring/alerts/rules", RULE | {"enabled": False, "recipients": ["a@example.org"]})
    finding = named(telling.rules(doctor), "rules")
    assert (finding.status, finding.says) == (Status.WARN, "every rule is switched off: 'slow'")
    doctor.post("/monitoring/alerts/rules", RULE | {"name": "late", "recipients": ["a@example.org"]})
    found = {each.says: each.status for each in telling.rules(doctor)}
    assert found["switched off: 'slow'"] is Status.SKIPPED
    execute(postgres, "DELETE FROM rules")
    doctor.post("/monitoring/alerts/rules", RULE | {"metricType": "respons_time", "recipients": ["a@example.org"]})
    assert "is about respons_time, which nobody has ever sent" in named(telling.rules(doctor), "rules").says
    execute(postgres, "UPDATE rules SET last_error = 'too many groups'")
    assert "cannot be judged: too many groups" in named(telling.rules(doctor), "rules").says


def test_recipients_are_valid_addresses(doctor: Doctor, postgres: Postgres) -> None:
    execute(postgres, "DELETE FROM rules")
    doctor.post("/monitoring/alerts/rules", RULE)
    assert "name nobody to tell: 'slow'" in named(telling.rules(doctor), "recipients").says
    # as an import past the API could have left it
    execute(postgres, """UPDATE rules SET document = document || '{"recipients": ["admin@nowhere"]}'""")
    finding = named(telling.rules(doctor), "recipients")
    assert finding.status is Status.FAIL
    assert "admin@nowhere" in finding.says


def test_cooldown_periods(doctor: Doctor, postgres: Postgres) -> None:
    created = doctor.post("/monitoring/alerts/rules", RULE | {"cooldownPeriod": 1800})
    assert [each.status for each in telling.cooldowns(doctor, now())] == [Status.OK]
    for number, (state, ago) in enumerate([("resolved", 600), ("firing", 60)]):
        execute(
            postgres,
            "INSERT INTO alerts (id, rule_id, rule_name, metric_types, severity, state, tags, message, pending_since,"
            f" fired_at, resolved_at) SELECT 'alr_{number}', '{created['id']}', 'slow', '{{response_time}}', 'high',"
            f" '{state}', '{{}}', 'm', at, at, {'at' if state == 'resolved' else 'NULL'}"
            f" FROM (SELECT now() - interval '{ago} seconds' AS at) AS x",
        )

    finding = named(telling.cooldowns(doctor, now()), "cooldown")

    assert "'slow' fired again" in finding.says
    assert "within the cooldown of 1800 s" in finding.says


# High Memory Usage


def test_metric_retention_settings(stack: None, postgres: Postgres) -> None:
    tick()
    execute(postgres, head(arrived="now()", kept="now() + interval '90 days'"))

    finding = named(stores.database(postgres.url, now()), "retention")

    assert "kept for 90 days" in finding.says
    assert "METRIC_RETENTION_HOURS" in finding.remedy


def head(*, arrived: str, kept: str) -> str:
    """A statement that leaves a head row."""
    return (
        "INSERT INTO heads (hour, arrived_at, kept_until, metrics, starts, payload)"
        f" VALUES (now(), {arrived}, {kept}, '{{}}', '{{0}}', '')"
    )


def test_buffer_sizes(stack: None, valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        used = client.info("memory")["used_memory"]
        try:
            client.config_set("maxmemory", int(used * 1.2))
            nearly = named(stores.valkey(valkey.url), "buffer")
            client.config_set("maxmemory", 1)
            full = named(stores.valkey(valkey.url), "buffer")
            client.config_set("maxmemory", 0)
            client.config_set("maxmemory-policy", "allkeys-lru")
            lossy = named(stores.valkey(valkey.url), "buffer")
        finally:
            client.config_set("maxmemory", 0)
            client.config_set("maxmemory-policy", "noeviction")

    assert (nearly.status, full.status, lossy.status) == (Status.WARN, Status.FAIL, Status.FAIL)
    assert "recording is refused" in full.says
    assert "noeviction" in lossy.remedy


def test_the_metric_cleanup_process(doctor: Doctor, postgres: Postgres, valkey: Valkey) -> None:
    # samples that are not drained fill the buffer
    doctor.post("/monitoring/metrics", {"metricType": "cpu_usage", "value": 1, "unit": "percent"})
    assert [each.status for each in stores.backlog(postgres.url, valkey.url, now())] == [Status.OK]
    late = named(stores.backlog(postgres.url, valkey.url, now() + timedelta(minutes=2)), "drain")
    assert "samples have waited in Valkey since" in late.says
    tick()
    drained = stores.backlog(postgres.url, valkey.url, now() + timedelta(minutes=2))
    assert [each.status for each in drained] == [Status.OK]
    execute(postgres, "DELETE FROM heads")

    # those that were drained have to be packed, and dropped when their time has come
    execute(postgres, head(arrived="now() - interval '5 hours'", kept="now()"))
    assert "still not packed" in named(stores.database(postgres.url, now()), "cleanup").says
    execute(postgres, "DELETE FROM heads; INSERT INTO hours (hour, kept_until) VALUES (now(), current_date - 2)")
    assert "past their retention" in named(stores.database(postgres.url, now()), "cleanup").says


# All of it


def test_a_service_in_order_gets_no_finding_that_fails(
    doctor: Doctor, postgres: Postgres, valkey: Valkey, tmp_path: Path
) -> None:
    tick()
    environment = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
    found = list(examine(doctor, environment, tmp_path, now()))
    assert {each.status for each in found} <= {Status.OK, Status.SKIPPED, Status.WARN}
    checks = {"service", "database", "valkey", "recording", "ticks", "drain", "rules", "cooldown", "mail", "log"}
    assert checks <= {each.check for each in found}


def test_stores_are_asked_when_the_api_is_down(stack: None, postgres: Postgres, valkey: Valkey, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
    found = {each.check: each.status for each in examine(Gone(), environment, tmp_path, now())}
    assert found["service"] is Status.FAIL
    assert (found["database"], found["valkey"]) == (Status.OK, Status.OK)
    assert (found["recording"], found["rules"]) == (Status.SKIPPED, Status.SKIPPED)


def test_on_aws_the_logs_and_the_alarms_are_read() -> None:
    class Cloud:
        def client(self, service: str) -> Any:
            return self

        def describe_log_groups(self, logGroupNamePrefix: str) -> Any:  # noqa: N803 -- boto3's name
            return {"logGroups": [{"logGroupName": f"{logGroupNamePrefix}Tick"}]}

        def filter_log_events(self, **asked: Any) -> Any:
            line = {"level": "error", "message": "tick failed", "time": now().isoformat()}
            return {"events": [{"message": json.dumps(line)}, {"message": "REPORT RequestId: …"}]}

        def describe_alarms(self, **asked: Any) -> Any:
            return {"MetricAlarms": [{"AlarmName": "perfmon-dev-NoTickAlarm", "AlarmDescription": "No rule is judged"}]}

    found = list(logs.of_stack("perfmon-dev", now(), Cloud()))

    assert [each.says for each in found] == ["1 times in 15 minutes: tick failed", "No rule is judged"]
