"""The dashboard as a person has it: a running service with a day of the demo's fleet, and pages of it in a browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from infra.demo.service import Service

PATIENCE_MS = 60_000
# Two pictures later the part stands there, and says that it is loading if it is.
_TURN = """hash => new Promise(done => {
  location.hash = hash;
  setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 0);
})"""
_REMEMBERED = "if (location.protocol !== 'about:') localStorage.setItem('session', String(Date.now() + 3_600_000))"


@dataclass
class Site:
    """A running service; `url` is its origin, `token` an administrator's."""

    url: str
    token: str
    service: Service

    def send(self, metrics: dict[str, float], **tags: str) -> None:
        """One snapshot of this moment."""
        self.service.call("POST", "/metrics", {"snapshots": [{"tags": tags, "metrics": metrics}]})

    @contextmanager
    def visit(self, browser: Browser, *, logged_in: bool = True, **look: Any) -> Iterator[Visit]:
        """A page of a new, private browser; in the end nothing may have gone wrong in it.

        `look` is what Playwright's new_context takes: viewport, color_scheme and the like.
        """
        context = browser.new_context(base_url=self.url, reduced_motion="reduce", **look)
        context.set_default_timeout(PATIENCE_MS)
        if logged_in:
            answer = context.request.post("/api/monitoring/sessions", data={"token": self.token})
            assert answer.status == 201, answer.text()
            context.add_init_script(_REMEMBERED)
        visit = Visit(context.new_page(), self.url)
        yield visit
        context.close()
        assert visit.wrong == [], visit.wrong


@dataclass
class Visit:
    """A page, and everything that went wrong in it: errors of the console, of scripts, calls to anywhere else."""

    page: Page
    origin: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("request", self._asked)

    def open(self, part: str = "") -> Page:
        """Go to a part (`hosts`, `rules/new`) as from a link elsewhere, and wait until nothing is loading any more."""
        self.page.goto("about:blank")
        self.page.goto(f"/api/dashboard#/{part}")
        self.settle()
        return self.page

    def turn_to(self, part: str) -> Page:
        """Go to a part as by the menu, in the page as it stands: a third of the time that opening it takes."""
        self.page.evaluate(_TURN, f"#/{part}")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the menu stands and nothing says that it is loading."""
        self.page.get_by_role("navigation").wait_for()
        expect(self.page.locator("[data-loading]")).to_have_count(0, timeout=PATIENCE_MS)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text} {message.location}")

    def _asked(self, request: Request) -> None:
        if not re.match(rf"{re.escape(self.origin)}/|data:|blob:|about:blank", request.url):
            self.wrong.append(f"a call to {request.url}")


def violations(page: Page, axe: str) -> list[str]:
    """What axe, whose source is given, finds wrong with the page as it is now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations)")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]} {json.dumps(each['nodes'][0]['any'])[:300]}" for each in found
    ]


def eventually_sent(site: Site, page: Page, selector: str, metrics: dict[str, float], **tags: str) -> None:
    """Send a snapshot every second until the page shows what is looked for."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not page.locator(selector).count():
        assert time.monotonic() < deadline, f"{selector} did not appear"
        site.send(metrics, **tags)
        page.wait_for_timeout(500)
