"""How long the dashboard takes to be of use: `python -m benchmarks.first_load`.

The program of `make run` with a day of the demo's fleet, and Debian's Chromium without a window, with nothing in its
cache; from the call of the page to the last of the Overview's figures and charts. The session is there already.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from infra.demo.filling import fill
from infra.demo.fleet import HOUR, Story
from infra.demo.furniture import furnish
from infra.demo.service import Service
from infra.storm.service import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROUNDS = 9
CHARTS = 6  # of the Overview
# As root, which a container usually is, Chromium refuses its sandbox; /dev/shm is small there.
_OPTIONS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
_LOGGED_IN = """localStorage.setItem('session', String(Date.now() + 3_600_000));
localStorage.setItem('session-of', JSON.stringify({name: '', scopes: ['admin']}))"""


def main() -> None:
    """Print the median and the worst of the rounds."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium")
    with tempfile.TemporaryDirectory() as directory, running(Path(directory), tick_seconds=10) as started:
        service = Service(started.address, started.token)
        now = time.time_ns() // 1_000_000
        furnish(service)
        fill(service, Story(now // HOUR * HOUR), now, print, days=1)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(_OPTIONS))
            rounds = [first_load(browser, started.address, started.token) for _ in range(ROUNDS)]
            browser.close()
        service.close()
    shown, whole = (sorted(each) for each in zip(*rounds, strict=True))
    print(f"health is shown after {statistics.median(shown):.2f} s, the worst of {ROUNDS} {shown[-1]:.2f} s")
    print(f"everything is shown after {statistics.median(whole):.2f} s, the worst {whole[-1]:.2f} s")


def first_load(browser: Browser, address: str, token: str) -> tuple[float, float]:
    """Seconds until the first figures are shown, and until the last chart is."""
    context = browser.new_context(base_url=address)
    answer = context.request.post("/api/monitoring/sessions", data={"token": token})
    if not answer.ok:
        raise SystemExit(answer.text())
    context.add_init_script(_LOGGED_IN)
    page = context.new_page()
    began = time.monotonic()
    page.goto("/api/dashboard")
    page.locator(".health li").first.wait_for()
    shown = time.monotonic() - began
    page.locator(".chart").nth(CHARTS - 1).wait_for()
    whole = time.monotonic() - began
    context.close()
    return shown, whole


if __name__ == "__main__":
    main()
