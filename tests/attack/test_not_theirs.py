"""What is not the caller's to set, and addresses that are not theirs to call."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import settings
from chalicelib.channels.http import Http, RequestFailed
from chalicelib.collectors.prometheus import PrometheusSource
from chalicelib.domain.targets import TargetType
from chalicelib.wiring import notifying, pulling
from tests.attack.bodies import BODIES
from tests.attack.conftest import World
from tests.attack.surface import label, routes
from tests.notifications.conftest import Cloud
from tests.notifications.receiver import receiver

# What the service sets by itself, by the names that answers and tables have for it.
OURS: dict[str, Any] = {
    "id": "rule_of-mine",
    "createdAt": "2020-01-01T00:00:00Z",
    "updatedAt": "2020-01-01T00:00:00Z",
    "version": 7,
    "actor": "somebody else",
    "author": "somebody else",
    "digest": "0" * 64,
    "sealed": {"token": "x"},
    "secrets": ["token"],
    "scope": "admin",
    "state": "resolved",
    "lastError": None,
    "disabledReason": None,
    "acknowledgedBy": "somebody else",
    "__proto__": {"admin": True},
}
# OTLP wants unknown fields ignored; these take no body, or a list of things of others.
OTHERS = {"POST /otlp/v1/metrics", "POST /monitoring/alerts/rules/import"}


def test_what_the_service_sets_is_refused_in_every_body(world: World) -> None:
    taking = [route for route in routes() if BODIES.get(label(route)) and label(route) not in OTHERS]
    assert taking
    for route in taking:
        for name, value in OURS.items():
            reply = world.api.call(route.method, world.path(route.path), BODIES[label(route)] | {name: value})
            assert reply.status == 400, (label(route), name)
            assert name in f"{reply.body['field']} {reply.body['detail']}", label(route)


HOSTS = [
    *("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"),
    *("[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1.", "0.0.0.0", "[::]", "[fe80::1]"),
    *("169.254.169.254", "[fd00:ec2::254]"),
]


def called(http: Http, url: str) -> str:
    """Call an address; what came of it."""
    try:
        return str(http.request("POST", url, {}).status)
    except RequestFailed as error:
        return error.message


def test_no_way_of_writing_an_inner_address_reaches_it(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as whoever names a webhook, once as whoever names a target, through what production wires."""
    _close_the_loopback(monkeypatch)
    source = pulling.source(TargetType.PROMETHEUS)
    assert isinstance(source, PrometheusSource)
    with receiver() as inner:
        port = inner.url.rpartition(":")[2]
        for host in HOSTS:
            for http in (notifying.http(), source.http):
                said = called(http, f"http://{host}:{port}/")
                assert "the address is refused" in said, host
                assert port not in said
    assert not inner.got


def test_every_type_of_channel_asks_the_guard(world: World, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    _close_the_loopback(monkeypatch)
    with receiver() as inner:
        configs = {
            "webhook": {"url": inner.url},
            "slack": {"url": inner.url},
            "a bot of slack": {"token": "xoxb-1", "channel": "C1", "apiUrl": inner.url},
            "pagerduty": {"routingKey": "K" * 32, "url": inner.url},
            "teams": {"url": inner.url},
        }
        for name, config in configs.items():
            body = {"name": name, "type": name.rpartition(" ")[2], "config": config}
            made = world.api.post("/monitoring/channels", body)
            assert made.status == 201, made.body
            sent = world.api.post(f"/monitoring/channels/{made.body['id']}/test").body["notificationId"]
            cloud.run()
            told = world.api.get(f"/monitoring/notifications/{sent}").body
            assert told["state"] == "failed", name
            assert "refused" in told["error"], name
    assert not inner.got


def _close_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere but on one's own machine."""
    monkeypatch.setenv("WEBHOOK_ALLOW_LOOPBACK", "false")
    settings.current.cache_clear()
    for built in (notifying.deliver, pulling._prometheus):
        built.cache_clear()


def test_a_redirect_to_a_metadata_service_is_not_followed(cloud: Cloud) -> None:
    with receiver() as outer:
        outer.answers.append((307, {"Location": "http://169.254.169.254/latest/meta-data/"}))
        assert called(notifying.http(), outer.url) == "307"
    assert len(outer.got) == 1
