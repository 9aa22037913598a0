"""The API's description of itself: an OpenAPI document for programs, a page for people; open to everybody."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice.app import Chalice

    from chalicelib.api.endpoint import Route

SERVER = "/api"
_KEPT = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
_PAGE = {
    **_KEPT,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
}


def routes_of(app: Chalice) -> list[Route]:
    """What every route of the application declares."""
    found = []
    for methods in app.routes.values():
        for entry in methods.values():
            route = getattr(entry.view_function, "route", None)
            assert route is not None, f"{entry.uri_pattern} was not registered through Resource.endpoint"
            found.append(route)
    return found


def reference(routes: Callable[[], Iterable[Route]]) -> Resource:
    """The blueprint that describes `routes`, which are asked for when somebody wants to know."""
    resource = Resource(__name__)

    @cache
    def document() -> dict[str, Any]:
        from chalicelib.api.openapi.document import build_document

        return build_document(routes(), SERVER)

    @resource.endpoint("GET", "/monitoring/openapi.json", scope=None)
    def openapi(request: Request) -> Answer:
        """Describe the API to programs, in OpenAPI 3.1."""
        return Answer(document(), headers=dict(_KEPT))

    @resource.endpoint("GET", "/monitoring/docs", scope=None)
    def docs(request: Request) -> Answer:
        """Describe the API to people."""
        from chalicelib.rendering.api_page import api_page

        return Answer(api_page(document()), headers=dict(_PAGE))

    return resource
