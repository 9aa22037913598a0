"""The API of report schedules: have a report made and mailed again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import alerting
from chalicelib.wiring import reports as wired

if TYPE_CHECKING:
    from chalicelib.domain.report_schedules import ScheduleRecord

report_schedules = Resource(__name__)
_SCHEDULES = "/monitoring/reports/schedules"
_SCHEDULE = "/monitoring/reports/schedules/{schedule_id}"


@report_schedules.endpoint("POST", _SCHEDULES, scope=Scope.MANAGE)
def create_schedule(request: Request) -> Answer:
    """Have a report made and mailed again and again."""
    return _shown(wired.schedules().create(request.json(), actor=_actor(request), now=request.now), 201)


@report_schedules.endpoint("GET", _SCHEDULES, scope=Scope.READ, query=("after",))
def list_schedules(request: Request) -> Answer:
    """List the schedules of reports."""
    from chalicelib.domain.report_schedules import show_schedule

    page, following = wired.schedules().page(request.query("after"))
    return Answer({"schedules": [show_schedule(record) for record in page], "next": following})


@report_schedules.endpoint("GET", _SCHEDULE, scope=Scope.READ)
def get_schedule(request: Request, schedule_id: str) -> Answer:
    """Read one schedule."""
    return _shown(wired.schedules().get(schedule_id))


@report_schedules.endpoint("PUT", _SCHEDULE, scope=Scope.MANAGE)
def update_schedule(request: Request, schedule_id: str) -> Answer:
    """Change the fields of a schedule that are given."""
    return _change(request, schedule_id)


@report_schedules.endpoint("PATCH", _SCHEDULE, scope=Scope.MANAGE)
def patch_schedule(request: Request, schedule_id: str) -> Answer:
    """Change the fields of a schedule that are given."""
    return _change(request, schedule_id)


@report_schedules.endpoint("DELETE", _SCHEDULE, scope=Scope.MANAGE)
def delete_schedule(request: Request, schedule_id: str) -> Answer:
    """Delete a schedule; the reports made on it stay."""
    expected = request.expected_version()
    wired.schedules().delete(schedule_id, expected=expected, actor=_actor(request), now=request.now)
    return Answer(None, 204)


def _change(request: Request, schedule_id: str) -> Answer:
    expected = request.expected_version()
    record = wired.schedules().change(
        schedule_id, request.json(), expected=expected, actor=_actor(request), now=request.now
    )
    return _shown(record)


def _shown(record: ScheduleRecord, status: int = 200) -> Answer:
    from chalicelib.domain.report_schedules import show_schedule

    return Answer(show_schedule(record), status, {"ETag": f'"{record.version}"'})


def _actor(request: Request) -> str:
    return alerting.actor(request.grant.token_id)
