"""The whole service at its Lambda handler, on real PostgreSQL and Valkey."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from chalicelib import wiring
from tests.call import Api
from tests.conftest import begin_container, forget_wiring
from tests.integration.live import RULES, Live


@pytest.fixture
def api(stack: None) -> Api:
    """The API with an admin token."""
    import app

    return Api(app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"])


@pytest.fixture
def drain(stack: None) -> object:
    """Drain everything that is in the buffer."""
    return lambda: wiring.drain().run(time.time_ns() // 1_000_000)


@pytest.fixture
def live(api: Api) -> Live:
    """A world that begins a quarter of an hour ago, with no rules but those a test makes."""
    for rule in api.get(RULES).body["rules"]:
        api.delete(f"{RULES}/{rule['id']}")
    now = time.time_ns() // 1_000_000
    return Live(api, now - now % 60_000 - 900_000)


@pytest.fixture
def container(stack: None) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Builds something in a container of its own: no connection and no memory is shared with another."""
    with ExitStack() as opened:

        def build(what: Callable[[], Any]) -> Any:
            forget_wiring()
            built = what()
            opened.callback(wiring.database().close)
            opened.callback(wiring.valkey().close)
            begin_container()
            return built

        yield build
