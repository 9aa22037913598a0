"""The service as it stands for those who attack it: whole, on real stores and queues, with something of everything."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest

from tests.attack.bodies import BODIES
from tests.attack.surface import PARAMETER
from tests.call import Api
from tests.integration.live import Live
from tests.notifications.conftest import Cloud, aws, cloud

__all__ = ["aws", "cloud"]  # the fixtures, as these tests use them too
MADE_BY = {
    "channel_id": "/monitoring/channels",
    "rule_id": "/monitoring/alerts/rules",
    "schedule_id": "/monitoring/reports/schedules",
    "silence_id": "/monitoring/silences",
    "target_id": "/monitoring/targets",
    "window_id": "/monitoring/maintenance-windows",
}


@pytest.fixture
def api(stack: None) -> Api:
    """The API with an admin token."""
    return administrator()


@dataclass
class World:
    """The API, and what is there by the names that paths have for it."""

    api: Api
    ids: dict[str, str] = field(default_factory=dict)

    def path(self, path: str) -> str:
        """The path of a route, to something that is there."""
        return PARAMETER.sub(lambda found: self.ids.get(found[1], "nothing-there"), path)


@pytest.fixture
def world(cloud: Cloud) -> World:
    """One of everything: a rule that fires and has been told to a channel, a host, a target, and so on."""
    made = World(administrator(), {"name": "web-1"})
    for name, path in MADE_BY.items():
        created = made.api.post(path, BODIES[f"POST {path}"])
        assert created.status == 201, created.body
        made.ids[name] = created.body["id"]
    now = time.time_ns() // 1_000_000
    live = Live(made.api, now - now % 60_000 - 300_000)
    live.rule(channels=[made.ids["channel_id"]])
    live.run("95 95")
    made.ids["alert_id"] = live.alerts(state="firing")[0]["id"]
    (told,) = made.api.get("/monitoring/notifications").body["notifications"]
    made.ids["notification_id"] = told["id"]
    return made


def administrator() -> Api:
    """A caller who may do everything."""
    import app

    return Api(app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"])
