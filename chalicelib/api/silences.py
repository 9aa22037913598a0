"""The API of silences and maintenance windows: create, preview, list, read, lift."""

from __future__ import annotations

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.alert_form import show_alert
from chalicelib.domain.scopes import Scope
from chalicelib.domain.silence_form import read_silence, read_window, write_silence, write_window
from chalicelib.domain.silences import MaintenanceWindow, Silence
from chalicelib.wiring import alerting

silences = Resource(__name__)


@silences.endpoint("POST", "/monitoring/silences", scope=Scope.RESPOND)
def create_silence(request: Request) -> Answer:
    """Keep alerts from being told for a while."""
    silence = alerting.silencing().create_silence(request.json(), author=_author(request), now=request.now)
    return Answer(write_silence(silence), 201)


@silences.endpoint("POST", "/monitoring/silences/preview", scope=Scope.READ)
def preview_silence(request: Request) -> Answer:
    """List the active alerts that a silence would keep from being told, without creating it."""
    silence = read_silence(request.json(), silence_id="preview", author="", now=request.now)
    return Answer({"alerts": [show_alert(episode) for episode in alerting.silencing().preview(silence)], "next": None})


@silences.endpoint("GET", "/monitoring/silences", scope=Scope.READ, query=("after", "ended"))
def list_silences(request: Request) -> Answer:
    """List silences; with `ended=true` those that are over as well."""
    page, following = alerting.silencing().page(
        Silence, request.query("after"), now=request.now, ended=request.flag("ended")
    )
    return Answer({"silences": [write_silence(each) for each in page], "next": following})


@silences.endpoint("GET", "/monitoring/silences/{silence_id}", scope=Scope.READ)
def get_silence(request: Request, silence_id: str) -> Answer:
    """Read one silence."""
    return Answer(write_silence(alerting.silencing().get(Silence, silence_id)))


@silences.endpoint("DELETE", "/monitoring/silences/{silence_id}", scope=Scope.RESPOND)
def lift_silence(request: Request, silence_id: str) -> Answer:
    """End a silence now; it stays readable."""
    lifted = alerting.silencing().lift(Silence, silence_id, actor=_author(request), now=request.now)
    return Answer(write_silence(lifted))


@silences.endpoint("POST", "/monitoring/maintenance-windows", scope=Scope.RESPOND)
def create_window(request: Request) -> Answer:
    """Keep alerts from being told again and again, at set times."""
    window = alerting.silencing().create_window(request.json(), author=_author(request), now=request.now)
    return Answer(write_window(window, now=request.now), 201)


@silences.endpoint("POST", "/monitoring/maintenance-windows/preview", scope=Scope.READ)
def preview_window(request: Request) -> Answer:
    """List the active alerts that a window would keep from being told, and when it would hold next."""
    window = read_window(request.json(), window_id="preview", author="", now=request.now)
    alerts = [show_alert(episode) for episode in alerting.silencing().preview(window)]
    return Answer({"alerts": alerts, "occurs": write_window(window, now=request.now)["next"], "next": None})


@silences.endpoint("GET", "/monitoring/maintenance-windows", scope=Scope.READ, query=("after", "ended"))
def list_windows(request: Request) -> Answer:
    """List maintenance windows and when each holds next; with `ended=true` those that were lifted as well."""
    page, following = alerting.silencing().page(
        MaintenanceWindow, request.query("after"), now=request.now, ended=request.flag("ended")
    )
    return Answer({"maintenanceWindows": [write_window(each, now=request.now) for each in page], "next": following})


@silences.endpoint("GET", "/monitoring/maintenance-windows/{window_id}", scope=Scope.READ)
def get_window(request: Request, window_id: str) -> Answer:
    """Read one maintenance window."""
    return Answer(write_window(alerting.silencing().get(MaintenanceWindow, window_id), now=request.now))


@silences.endpoint("DELETE", "/monitoring/maintenance-windows/{window_id}", scope=Scope.RESPOND)
def lift_window(request: Request, window_id: str) -> Answer:
    """End a maintenance window for good; it stays readable."""
    lifted = alerting.silencing().lift(MaintenanceWindow, window_id, actor=_author(request), now=request.now)
    return Answer(write_window(lifted, now=request.now))


def _author(request: Request) -> str:
    return alerting.actor(request.grant.token_id)
