"""Every route declares its scope, and every function AWS calls lives in app.py."""

from __future__ import annotations

from pathlib import Path

import app
from chalicelib.api.endpoint import Route
from chalicelib.domain.scopes import Scope

# What checks a signature of its own: a link's, and Slack's.
SIGNED = {"/monitoring/confirm", "/integrations/slack/actions"}
# The page is the same for everybody; what it shows, it asks the API for.
PAGE = {"/dashboard", "/dashboard/assets/{name}"}
# The same for everybody, and in the source for all to read.
REFERENCE = {"/monitoring/openapi.json", "/monitoring/docs"}
OPEN = {"/monitoring/health/live", "/monitoring/health/ready", "/monitoring/sessions", *PAGE, *SIGNED, *REFERENCE}


def routes() -> list[tuple[str, str, object]]:
    """(method, path, declaration) of every route that Chalice would deploy."""
    return [
        (method, path, getattr(entry.view_function, "route", None))
        for path, methods in app.app.routes.items()
        for method, entry in methods.items()
    ]


def test_every_route_declares_a_scope_and_only_health_checks_are_open() -> None:
    assert routes()
    for method, path, route in routes():
        assert isinstance(route, Route), f"{method} {path} was not registered through Resource.endpoint"
        assert (route.method, route.path) == (method, path)
        assert isinstance(route.scope, Scope) or path in OPEN, f"{method} {path} is open to everybody"


def test_every_route_has_a_sentence_and_stands_in_the_documentation(project: Path) -> None:
    documentation = (project / "docs" / "api.md").read_text()
    for method, path, route in routes():
        assert isinstance(route, Route)
        assert route.summary.endswith("."), f"{method} {path} does not say what it does"
        assert path.partition("/{")[0] in documentation, f"{path} is not in docs/api.md"


def test_scheduled_and_queue_functions_live_in_app() -> None:
    handlers = [event.handler_string for event in app.app.event_sources]
    assert handlers
    assert all(handler.startswith("app.") for handler in handlers)
