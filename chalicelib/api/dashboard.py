"""The dashboard: one page and its hashed files, as they were built into the package; nothing from anywhere else."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.errors import NotFound

dashboard = Resource(__name__)
BUNDLE = Path(__file__).parent.parent / "dashboard"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_NAME = re.compile(r"[\w-]{1,80}\.(?:js|css|svg)")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SAFE = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_UNBUILT = (
    "<!doctype html><title>Performance Monitoring</title><p>The dashboard has not been built:"
    " <code>make dashboard</code> builds it, with Node.js 18 or newer. The API works without it.</p>"
)


@dashboard.endpoint("GET", "/dashboard", scope=None, query=None)
def show_dashboard(request: Request) -> Answer:
    """Serve the dashboard's page."""
    page = _read("index.html")
    headers = {**_SAFE, "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"}
    return Answer(_UNBUILT if page is None else page, 503 if page is None else 200, headers)


@dashboard.endpoint("GET", "/dashboard/assets/{name}", scope=None, query=None)
def show_asset(request: Request, name: str) -> Answer:
    """Serve one of the dashboard's files; its name tells its content, so it may be kept for ever."""
    content = _read(f"assets/{name}") if _NAME.fullmatch(name) else None
    if content is None:
        raise NotFound("There is no such file.")
    kind = _TYPES[Path(name).suffix]
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    headers = {**_SAFE, **kept, "Content-Type": f"{kind}; charset=utf-8"}
    return Answer(content, 200, headers)


@cache
def _read(name: str) -> str | None:
    try:
        return (BUNDLE / name).read_text(encoding="utf-8")
    except OSError:
        return None
