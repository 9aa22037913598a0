"""Every route there is, from the table that is deployed: what comes later is attacked too, without a word here."""

from __future__ import annotations

import re
from typing import cast

from chalicelib.api.endpoint import Route

PARAMETER = re.compile(r"\{(\w+)\}")


def routes() -> list[Route]:
    """Every route, by its path and method; what ends a session comes last, so that one lives through them all."""
    import app

    entries = [entry for methods in app.app.routes.values() for entry in methods.values()]
    declared = [getattr(entry.view_function, "route") for entry in entries]  # noqa: B009 -- set by Resource.endpoint
    last = ("DELETE", "/monitoring/sessions/current")
    return sorted(
        cast("list[Route]", declared),
        key=lambda route: ((route.method, route.path) == last, route.path, route.method),
    )


def guarded() -> list[Route]:
    """The routes that ask for a token."""
    return [route for route in routes() if route.scope is not None]


def path_of(route: Route, name: str = "nothing-there") -> str:
    """The route's path with something in the place of its parameters."""
    return PARAMETER.sub(name, route.path)


def label(route: Route) -> str:
    """How a failure names a route."""
    return f"{route.method} {route.path}"
