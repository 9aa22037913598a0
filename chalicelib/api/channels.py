"""The API of channels: create, list, read, change, delete, test."""

from __future__ import annotations

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.channel_form import show_channel
from chalicelib.domain.channels import ChannelRecord
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import alerting, notifications

channels = Resource(__name__)


@channels.endpoint("POST", "/monitoring/channels", scope=Scope.MANAGE)
def create_channel(request: Request) -> Answer:
    """Create a channel; a secret that was made for it is shown this once."""
    record, made = notifications.channels().create(request.json(), actor=_actor(request), now=request.now)
    return _shown(record, 201, made)


@channels.endpoint("GET", "/monitoring/channels", scope=Scope.READ, query=("after",))
def list_channels(request: Request) -> Answer:
    """List channels; of their secrets only the names."""
    page, following = notifications.channels().page(request.query("after"))
    return Answer({"channels": [show_channel(record) for record in page], "next": following})


@channels.endpoint("GET", "/monitoring/channels/{channel_id}", scope=Scope.READ)
def get_channel(request: Request, channel_id: str) -> Answer:
    """Read one channel."""
    return _shown(notifications.channels().get(channel_id))


@channels.endpoint("PATCH", "/monitoring/channels/{channel_id}", scope=Scope.MANAGE)
def change_channel(request: Request, channel_id: str) -> Answer:
    """Change the fields that are given; secrets that are not named stay."""
    return _change(request, channel_id)


@channels.endpoint("PUT", "/monitoring/channels/{channel_id}", scope=Scope.MANAGE)
def put_channel(request: Request, channel_id: str) -> Answer:
    """Change the fields that are given, as PATCH does."""
    return _change(request, channel_id)


@channels.endpoint("DELETE", "/monitoring/channels/{channel_id}", scope=Scope.MANAGE)
def delete_channel(request: Request, channel_id: str) -> Answer:
    """Delete a channel; what was told stays in the ledger."""
    notifications.channels().delete(
        channel_id, expected=request.expected_version(), actor=_actor(request), now=request.now
    )
    return Answer(None, 204)


@channels.endpoint("POST", "/monitoring/channels/{channel_id}/test", scope=Scope.MANAGE)
def test_channel(request: Request, channel_id: str) -> Answer:
    """Send a test message; what became of it stands in the ledger."""
    notification_id = notifications.channels().test(channel_id, now=request.now)
    notifications.dispatch().soon(request.now)
    return Answer({"notificationId": notification_id}, 202)


def _change(request: Request, channel_id: str) -> Answer:
    changed = notifications.channels().change(
        channel_id, request.json(), expected=request.expected_version(), actor=_actor(request), now=request.now
    )
    return _shown(changed)


def _shown(record: ChannelRecord, status: int = 200, made: dict[str, str] | None = None) -> Answer:
    shown = show_channel(record) | ({"made": made} if made else {})
    return Answer(shown, status, {"ETag": f'"{record.version}"'})


def _actor(request: Request) -> str:
    return alerting.actor(request.grant.token_id)
