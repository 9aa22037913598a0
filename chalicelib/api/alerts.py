"""The alerts API: those that fire, the history, one with its timeline; acknowledge and resolve; the feed of events."""

from __future__ import annotations

import msgspec

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.api.texts import storable
from chalicelib.domain.alert_form import AlertFilter, show_alert, show_step
from chalicelib.domain.alerts import State
from chalicelib.domain.episodes import Episode
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.fields import Fields
from chalicelib.domain.instants import InvalidInstant, parse_instant, parse_moment
from chalicelib.domain.occurrences import EVENT_TYPES, show_occurrence
from chalicelib.domain.rules import Severity
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import alerting

alerts = Resource(__name__)
_WEEK_MS = 7 * 86_400_000


@alerts.endpoint("GET", "/monitoring/alerts/active", scope=Scope.READ, query=("state", "after"))
def list_active_alerts(request: Request) -> Answer:
    """List the alerts that fire; with `state=pending` those that are about to as well."""
    state = request.query("state")
    if state not in (None, "firing", "pending"):
        raise InvalidInput("state: must be firing or pending.", field="state")
    return _page(alerting.history().active(request.query("after"), pending=state == "pending"))


@alerts.endpoint(
    "GET",
    "/monitoring/alerts",
    scope=Scope.READ,
    query=("state", "ruleId", "metricType", "severity", "tags", "from", "to", "after"),
)
def list_alerts(request: Request) -> Answer:
    """List alerts, the newest first, also those that are over."""
    wanted = AlertFilter(
        states=request.choices("state", State),
        rule_id=request.query("ruleId"),
        metric_type=request.query("metricType"),
        severity=None if not (given := request.query("severity")) else _severity(given),
        tags=_tags(request.query("tags") or ""),
        start=_moment(request, "from", None),
        end=_moment(request, "to", None),
    )
    return _page(alerting.history().page(wanted, request.query("after")))


@alerts.endpoint("GET", "/monitoring/alerts/stats", scope=Scope.READ, query=("from", "to"))
def alert_stats(request: Request) -> Answer:
    """Count per rule what fired, was acknowledged and resolved, and how long that took."""
    end = _moment(request, "to", request.now) or request.now
    start = _moment(request, "from", end - _WEEK_MS) or 0
    if start >= end:
        raise InvalidInput("from: must lie before to.", field="from")
    return Answer({"rules": alerting.history().stats(start, end)})


@alerts.endpoint("GET", "/monitoring/alerts/{alert_id}", scope=Scope.READ)
def get_alert(request: Request, alert_id: str) -> Answer:
    """Read one alert with its timeline."""
    episode, timeline = alerting.history().get(alert_id)
    shown = show_alert(episode) | {"timeline": [show_step(step) for step in timeline]}
    return Answer(shown, headers={"ETag": f'"{episode.version}"'})


@alerts.endpoint("POST", "/monitoring/alerts/{alert_id}/acknowledge", scope=Scope.RESPOND)
def acknowledge_alert(request: Request, alert_id: str) -> Answer:
    """Say that somebody has an alert in hand: repeats and escalation stop."""
    fields = Fields(request.json())
    comment = fields.text("comment", most=1000, default="", multiline=True)
    expires_at = _instant(fields, "expiresAt")
    fields.finish()
    episode = alerting.respond().acknowledge(
        alert_id,
        by=alerting.actor(request.grant.token_id),
        comment=comment,
        expires_at=expires_at,
        expected=request.expected_version(),
        now=request.now,
    )
    return _shown(episode)


@alerts.endpoint("POST", "/monitoring/alerts/{alert_id}/resolve", scope=Scope.RESPOND)
def resolve_alert(request: Request, alert_id: str) -> Answer:
    """Resolve an alert by hand; if it is still breached, a new one begins."""
    fields = Fields(request.json())
    comment = fields.text("comment", most=1000, default="", multiline=True)
    fields.finish()
    episode = alerting.respond().resolve(
        alert_id,
        by=alerting.actor(request.grant.token_id),
        comment=comment,
        expected=request.expected_version(),
        now=request.now,
    )
    return _shown(episode)


@alerts.endpoint("GET", "/monitoring/events", scope=Scope.READ, query=("after", "types", "limit"))
def list_events(request: Request) -> Answer:
    """Follow what happens: events after a cursor, in order, none skipped; without `after`, where to begin now."""
    types = [each for each in (request.query("types") or "").split(",") if each]
    for each in types:
        if each not in EVENT_TYPES:
            raise InvalidInput(f"types: {each[:40]!r} is none of {', '.join(EVENT_TYPES)}.", field="types")
    after = request.whole_number("after", default=0, least=0, most=10**15 - 1)
    limit = request.whole_number("limit", default=100, least=1, most=1000)
    if request.query("after") is None:
        return Answer({"events": [], "next": str(alerting.events().newest())})
    found = alerting.events().after(after, limit, types=types)
    return Answer(
        {"events": [show_occurrence(event) for event in found], "next": str(found[-1].number if found else after)}
    )


def _page(found: tuple[list[Episode], str | None]) -> Answer:
    page, following = found
    return Answer({"alerts": [show_alert(episode) for episode in page], "next": following})


def _shown(episode: Episode) -> Answer:
    return Answer(show_alert(episode), headers={"ETag": f'"{episode.version}"'})


def _severity(given: str) -> Severity:
    try:
        return Severity(given)
    except ValueError:
        raise InvalidInput(f"severity: must be one of {', '.join(Severity)}.", field="severity") from None


def _moment(request: Request, name: str, default: int | None) -> int | None:
    given = request.query(name)
    if given is None:
        return default
    try:
        return parse_moment(given, request.now)
    except InvalidInstant as error:
        raise InvalidInput(f"{name}: {error}.", field=name) from None


def _tags(given: str) -> dict[str, str]:
    """`host:web-1,mount:/`, or a JSON object; exact values only."""
    if given.startswith("{"):
        try:
            tags = msgspec.json.decode(given, type=dict[str, str])
            return {storable("tags", key): storable("tags", value) for key, value in tags.items()}
        except (msgspec.DecodeError, RecursionError):
            raise InvalidInput("tags: must be key:value pairs, or a JSON object of texts.", field="tags") from None
    pairs = [each.partition(":") for each in given.split(",") if each]
    if not all(key and colon for key, colon, _ in pairs):
        raise InvalidInput("tags: must be key:value pairs, separated by commas, or a JSON object.", field="tags")
    return {key: value for key, _, value in pairs}


def _instant(fields: Fields, name: str) -> int | None:
    given = fields.raw(name)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        fields.refuse(name, "must be ISO 8601 with a zone, or epoch milliseconds")
        return None
    try:
        return parse_instant(given)
    except InvalidInstant as error:
        fields.refuse(name, str(error))
        return None
