"""The API of the ledger: what was told, what was not and why, and sending again what did not arrive."""

from __future__ import annotations

from typing import TypeVar

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.ledger import Delivery, LedgerFilter
from chalicelib.domain.notifications import Reason
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import notifications

told = Resource(__name__)
Choice = TypeVar("Choice", Delivery, Reason)


@told.endpoint(
    "GET", "/monitoring/notifications", scope=Scope.READ, query=("alertId", "channelId", "state", "reason", "after")
)
def list_notifications(request: Request) -> Answer:
    """List decisions about channels, the newest first, with every attempt at delivery."""
    wanted = LedgerFilter(
        alert_id=request.query("alertId"),
        channel_id=request.query("channelId"),
        state=_choice(request, "state", Delivery),
        reason=_choice(request, "reason", Reason),
    )
    after = request.query("after")
    before = None if after is None else request.whole_number("after", default=0, least=1, most=10**15 - 1)
    page, following = notifications.told().page(wanted, before)
    return Answer({"notifications": page, "next": following})


@told.endpoint("GET", "/monitoring/notifications/{notification_id}", scope=Scope.READ)
def get_notification(request: Request, notification_id: str) -> Answer:
    """Read one entry of the ledger."""
    return Answer(notifications.told().get(notification_id))


@told.endpoint("POST", "/monitoring/notifications/{notification_id}/retry", scope=Scope.RESPOND)
def retry_notification(request: Request, notification_id: str) -> Answer:
    """Send again what has failed, is dead or uncertain; the receiver can tell by its id that it is the same."""
    shown = notifications.told().retry(notification_id, now=request.now)
    notifications.dispatch().soon(request.now)
    return Answer(shown, 202)


def _choice(request: Request, name: str, choices: type[Choice]) -> Choice | None:
    given = request.query(name)
    if given is None:
        return None
    try:
        return choices(given)
    except ValueError:
        raise InvalidInput(f"{name}: must be one of {', '.join(choices)}.", field=name) from None
