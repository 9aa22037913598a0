"""Schedules of reports: each report is made once, caught up once, and handed over to be mailed once it is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.mail import MailJob
from chalicelib.domain.report_ranges import DAY
from chalicelib.domain.report_schedules import ScheduleRecord
from chalicelib.queues import mail_job_of, write_mail_job
from chalicelib.rendering.report_mail import report_mail
from chalicelib.rendering.report_page import report_page
from chalicelib.services.due_reports import DueReports
from chalicelib.storage.postgres.reports import PostgresReports
from chalicelib.wiring import database, reports
from infra.local.postgres import Postgres
from tests.call import Api

SCHEDULES = "/monitoring/reports/schedules"


class Road:
    """Remembers what was handed over; down while `is_down`."""

    def __init__(self) -> None:
        self.jobs: list[MailJob] = []
        self.is_down = False

    def send(self, job: MailJob) -> None:
        """Hand a mail over."""
        if self.is_down:
            raise Unavailable("The queue is down.")
        self.jobs.append(job)


@pytest.fixture
def road() -> Road:
    """The road to the mail."""
    return Road()


@pytest.fixture
def due(stack: None, road: Road) -> DueReports:
    """What makes the reports that are due."""
    numbers = iter(range(1, 1000))
    return DueReports(
        database(),
        reports.schedule_book(),
        PostgresReports(database()),
        reports.reporting(),
        road,
        report_page,
        report_mail,
        lambda count: next(numbers).to_bytes(count, "big"),
        retention_ms=400 * DAY,
    )


def now_ms() -> int:
    """The clock."""
    return time.time_ns() // 1_000_000


def noon_in(days: int) -> int:
    """Noon so many days on: what comes an hour later is of the same day, whatever o'clock it is now."""
    return now_ms() // DAY * DAY + days * DAY + DAY // 2


def daily(api: Api, **given: Any) -> str:
    """A schedule that is due each midnight."""
    body = {"period": "daily", "hour": 0, "recipients": ["boss@example.com"], **given}
    reply = api.post(SCHEDULES, body)
    assert reply.status == 201, reply.body
    schedule_id: str = reply.body["id"]
    return schedule_id


def test_schedules_are_created_changed_and_deleted_like_rules(api: Api) -> None:
    schedule_id = daily(api)
    changed = api.call("PUT", f"{SCHEDULES}/{schedule_id}", {"hour": 5})
    stale = api.call("PATCH", f"{SCHEDULES}/{schedule_id}", {"hour": 6}, headers={"If_Match": '"1"'})

    assert (changed.body["hour"], changed.body["version"]) == (5, 2)
    assert changed.body["nextDue"][11:] == "05:00:00.000Z"
    assert (stale.status, stale.body["current"]["hour"]) == (409, 5)
    assert api.get(SCHEDULES).body["schedules"] == [api.get(f"{SCHEDULES}/{schedule_id}").body]
    assert api.delete(f"{SCHEDULES}/{schedule_id}").status == 204
    assert api.get(SCHEDULES).body == {"schedules": [], "next": None}
    assert api.get(f"{SCHEDULES}/{schedule_id}").status == 404
    assert api.post(SCHEDULES, {"period": "never"}).body["field"] == "period"


def test_a_missed_hour_is_caught_up_once(api: Api, due: DueReports, road: Road) -> None:
    schedule_id = daily(api)
    three_days_on = noon_in(3)

    first, second = due.run(three_days_on), due.run(three_days_on + 30 * 60_000)
    listed = api.get("/monitoring/reports").body["reports"]

    assert (first.built, first.sent, first.failed) == (1, 1, 0)
    assert (second.built, second.sent) == (0, 0)
    assert len(listed) == 1
    assert listed[0]["scheduleId"] == schedule_id
    assert listed[0]["title"].startswith("Daily report, ")
    assert listed[0]["sentAt"] is not None
    assert due.run(three_days_on + DAY).built == 1
    assert [job.recipients for job in road.jobs] == [("boss@example.com",)] * 2


def test_a_report_is_kept_as_it_was_and_told_to_the_feed(api: Api, due: DueReports, drain: Callable[[], Any]) -> None:
    begins = api.get("/monitoring/events").body["next"]
    api.post("/monitoring/metrics", {"metricType": "cpu_usage", "value": 42, "unit": "percent"})
    drain()
    daily(api)
    due.run(now_ms() + DAY)
    report_id = api.get("/monitoring/reports").body["reports"][0]["id"]
    api.post("/monitoring/metrics", {"metricType": "cpu_usage", "value": 100, "unit": "percent"})
    drain()

    kept = api.get(f"/monitoring/reports/{report_id}").body
    events = api.get("/monitoring/events", after=begins).body["events"]

    assert kept["metrics"]["cpuUsage"] == 42
    assert kept["id"] == report_id
    assert [(event["type"], event["data"]["id"]) for event in events] == [("reportGenerated", report_id)]
    assert api.get("/monitoring/reports/rep_nothing").status == 404
    assert api.get(f"/monitoring/reports/{report_id}", format="csv").body["field"] == "format"


def test_what_could_not_be_handed_over_goes_with_the_next_run(api: Api, due: DueReports, road: Road) -> None:
    daily(api, format="text")
    at = now_ms() + DAY
    road.is_down = True
    first = due.run(at)
    road.is_down = False
    second = due.run(at)

    assert (first.built, first.sent, first.failed) == (1, 0, 1)
    assert (second.built, second.sent) == (0, 1)
    (job,) = road.jobs
    assert job.id == api.get("/monitoring/reports").body["reports"][0]["id"]
    assert (job.mail.html, job.mail.pictures) == ("", ())
    assert mail_job_of(write_mail_job(job)) == job


def test_a_fault_in_one_report_keeps_no_other_back_and_is_raised_in_the_end(
    api: Api, due: DueReports, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = daily(api, name="broken")
    daily(api, name="sound")
    make = due._make

    def with_a_fault(record: ScheduleRecord, now: int) -> bool:
        if record.schedule.id == broken:
            raise ZeroDivisionError(broken)
        return make(record, now)

    monkeypatch.setattr(due, "_make", with_a_fault)
    with pytest.raises(ExceptionGroup) as raised:
        due.run(now_ms() + DAY)
    assert [str(each) for each in raised.value.exceptions] == [broken]
    assert len(road.jobs) == 1


def test_two_runs_at_once_make_one_report(
    api: Api, due: DueReports, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily(api)
    at = now_ms() + DAY
    build = reports.reporting().build
    other_runs: list[Any] = []

    def build_while_another_run_is_faster(*given: Any) -> Any:
        report = build(*given)
        if not other_runs:
            other_runs.append(None)
            other_runs.append(due.run(at))
        return report

    monkeypatch.setattr(reports.reporting(), "build", build_while_another_run_is_faster)
    slower = due.run(at)

    assert (other_runs[1].built, slower.built) == (1, 0)
    assert len(api.get("/monitoring/reports").body["reports"]) == 1
    assert len(road.jobs) == 1


def test_a_schedule_that_is_off_makes_nothing_and_one_without_recipients_only_keeps(
    api: Api, due: DueReports, road: Road
) -> None:
    daily(api, enabled=False)
    daily(api, recipients=[])
    assert due.run(now_ms() + DAY).built == 1
    assert road.jobs == []
    assert due.run(now_ms() + DAY).sent == 0


def test_reports_are_listed_in_pages_and_forgotten_in_the_end(
    api: Api, due: DueReports, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily(api, recipients=[])
    for day in (1, 2, 3):
        due.run(now_ms() + day * DAY)
    monkeypatch.setattr("chalicelib.services.stored_reports.PAGE", 2)
    first = api.get("/monitoring/reports").body
    second = api.get("/monitoring/reports", after=first["next"]).body

    assert [len(first["reports"]), len(second["reports"]), second["next"]] == [2, 1, None]
    assert first["reports"][0]["createdAt"] > first["reports"][1]["createdAt"] > second["reports"][0]["createdAt"]
    assert api.get("/monitoring/reports", after="x").body["field"] == "after"
    due.run(now_ms() + 500 * DAY)
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT count(*) FROM reports").fetchone() == (1,)


def test_the_function_makes_what_is_due(api: Api) -> None:
    import app

    event = {"source": "aws.events", "detail": {}, "id": "", "resources": [], "region": "", "account": ""}
    event |= {"time": "", "version": "", "detail-type": ""}
    assert app.make_reports(event, None) == {"built": 0, "sent": 0, "failed": 0}
