"""The browser of this machine, or the reason why there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.lacking import lacking

# As root, which a container usually is, Chromium refuses its sandbox; /dev/shm is small there.
_OPTIONS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window, for the length of a block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=list(_OPTIONS))
        yield browser
        browser.close()


def program() -> str:
    """Where it is; skips the test where it is not, and fails it under CI."""
    return (
        shutil.which("chromium") or shutil.which("chromium-browser") or lacking("Chromium", "apt-get install chromium")
    )
