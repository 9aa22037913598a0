"""The page behind acknowledge links. GET only shows it, because mail scanners follow links; POST acts."""

from __future__ import annotations

from urllib.parse import parse_qs

from chalicelib import settings
from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.api.texts import on_one_line
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.links import BadLink, alert_of
from chalicelib.rendering.confirmation import asking_page, telling_page
from chalicelib.wiring import alerting, notifications

confirmations = Resource(__name__)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
}


@confirmations.endpoint("GET", "/monitoring/confirm", scope=None, query=("token",))
def ask(request: Request) -> Answer:
    """Show what an acknowledge link is about; nothing is changed."""
    try:
        episode, _ = alerting.history().get(_alert(request))
    except BadLink as error:
        return _page(telling_page("This link does not work", str(error)), 403)
    except NotFound:
        return _page(telling_page("This alert is gone", "It is no longer kept."), 404)
    if episode.alert.state == "resolved":
        return _page(telling_page("Resolved already", f"{episode.message}. There is nothing left to acknowledge."))
    if episode.acknowledgement is not None and episode.acknowledgement.holds(request.now):
        return _page(telling_page("Acknowledged already", f"{episode.acknowledgement.by} has it in hand."))
    return _page(asking_page(episode.message, str(episode.severity)))


@confirmations.endpoint("POST", "/monitoring/confirm", scope=None, query=("token",))
def act(request: Request) -> Answer:
    """Acknowledge the alert that a link is about."""
    form = parse_qs(request.text_body(most=10_000), max_num_fields=10)
    by, comment = (on_one_line(form.get(name, [""])[0])[:most] for name, most in (("by", 80), ("comment", 500)))
    try:
        episode = alerting.respond().acknowledge(
            _alert(request),
            by=f"{by or 'somebody'} (by a link)",
            comment=comment,
            expires_at=None,
            expected=None,
            now=request.now,
        )
    except BadLink as error:
        return _page(telling_page("This link does not work", str(error)), 403)
    except NotFound:
        return _page(telling_page("This alert is gone", "It is no longer kept."), 404)
    except Conflict as error:
        return _page(telling_page("Resolved already", error.message), 409)
    notifications.dispatch().soon(request.now)
    seen = episode.acknowledgement
    return _page(telling_page("Acknowledged", f"{by if seen is None else seen.by} has it in hand."))


def _alert(request: Request) -> str:
    return alert_of(settings.current().link_secret, request.query("token") or "", request.now)


def _page(html: str, status: int = 200) -> Answer:
    return Answer(html, status, {**_HEADERS})
