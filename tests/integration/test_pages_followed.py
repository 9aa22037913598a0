"""What the documentation tells people to paste into a shell works, in its order, and is answered as it says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.wiring import ticking
from tests.call import Api
from tests.integration.shell import Shell
from tests.integration.test_api_documented import differences
from tests.served_api import served_api

TICK = 10_000
PAGES = {"README.md": 5, "docs/api-by-example.md": 14}


@pytest.mark.parametrize("page", PAGES)
def test_every_call_of_a_page_is_answered_as_the_page_says(api: Api, project: Path, page: str) -> None:
    """Given a new service, when a page is followed, then each call is taken."""
    wrong, calls = [], 0
    with served_api() as address:
        shell = Shell(address.removesuffix("/api"), str(api.token), after=Clock().goes_on)
        for call in shell.follow((project / page).read_text()):
            calls += 1
            if call.status >= 400:
                wrong.append(f"{call.words}: {call.status} {call.answer}")
            if call.shown is not None:
                wrong += [f"{call.words}: {different}" for different in differences(call.shown, call.answer)]
    assert wrong == []
    assert calls >= PAGES[page]


class Clock:
    """What the service does by itself: samples are stored, rules are judged, each time later."""

    def __init__(self) -> None:
        self._last = 0

    def goes_on(self) -> None:
        """Up to the next instant."""
        now = time.time_ns() // 1_000_000
        wiring.drain().run(now)
        self._last = max(now - now % TICK, self._last) + TICK
        assert ticking.tick().run(self._last, now=self._last).failed == []
