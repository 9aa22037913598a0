"""What every test in a browser asks for: one running service for all of them, and Chromium."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from infra import dashboard
from infra.demo.filling import fill
from infra.demo.fleet import HOUR, Story
from infra.demo.furniture import furnish
from infra.demo.service import Service
from infra.local.program import REPOSITORY
from tests.browser.chromium import chromium, program
from tests.browser.site import Site
from tests.infra.local.test_stack import Stack
from tests.lacking import lacking


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service as `make run` starts it, judging every second, with the last day of the demo's fleet."""
    program()
    if not dashboard.is_built():
        lacking("dashboard that is up to date", "make dashboard")
    running = Stack(tmp_path_factory.mktemp("site") / "local", {"TICK_SECONDS": "1"}, app=REPOSITORY)
    port, token = running.ready()
    url = f"http://127.0.0.1:{port}"
    service = Service(url, token)
    now = time.time_ns() // 1_000_000
    furnish(service)
    fill(service, Story(now // HOUR * HOUR), now, print, days=1)
    yield Site(url, token, service)
    service.close()
    running.process.send_signal(signal.SIGINT)
    running.process.wait(60)
    running.lines.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; it ends with the module, because while it runs nothing else may use asyncio."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which came with the dashboard's build."""
    path = dashboard.SOURCE / "node_modules" / "axe-core" / "axe.min.js"
    return path.read_text(encoding="utf-8") if path.exists() else lacking("axe-core", "make dashboard")
