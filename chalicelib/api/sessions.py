"""Sessions: a token becomes a cookie, so that pages of this origin may call the API without handling a secret."""

from __future__ import annotations

from chalicelib import settings, wiring
from chalicelib.api.endpoint import SESSION_COOKIE, Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import Conflict
from chalicelib.domain.fields import Fields
from chalicelib.domain.instants import from_datetime, to_datetime
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import alerting

sessions = Resource(__name__)
_CURRENT = "/monitoring/sessions/current"


@sessions.endpoint("POST", "/monitoring/sessions", scope=None)
def log_in(request: Request) -> Answer:
    """Log in with a token: the answer sets a cookie for twelve hours."""
    fields = Fields(request.json())
    secret = fields.text("token", most=200)
    fields.finish()
    grant = wiring.authenticate().check(f"Bearer {secret}", Scope.READ, address=request.address, now=request.now)
    name = alerting.actor(grant.token_id)
    session, cookie = wiring.sessions().begin(grant, name, now=to_datetime(request.now))
    shown = {"name": name, "scopes": sorted(session.scopes), "expiresAt": from_datetime(session.expires_at)}
    return Answer(shown, 201, {"Set-Cookie": _cookie(cookie, 12 * 3600)})


@sessions.endpoint("GET", _CURRENT, scope=Scope.READ)
def current_session(request: Request) -> Answer:
    """Say who is logged in."""
    return Answer({"name": alerting.actor(request.grant.token_id), "scopes": sorted(request.grant.scopes)})


@sessions.endpoint("DELETE", _CURRENT, scope=Scope.READ)
def log_out(request: Request) -> Answer:
    """End the session."""
    if not request.is_session:
        raise Conflict("This call came with a token, not with a session: revoke the token instead.")
    wiring.sessions().end(request.grant.token_id, now=to_datetime(request.now))
    return Answer(None, 204, {"Set-Cookie": _cookie("", 0)})


def _cookie(value: str, seconds: int) -> str:
    # Over http only on one's own machine; everywhere else PUBLIC_URL begins with https.
    is_local = settings.current().public_url.startswith("http://")
    secure = "" if is_local else " Secure;"
    return f"{SESSION_COOKIE}={value}; Path=/api; HttpOnly;{secure} SameSite=Strict; Max-Age={seconds}"
