"""The API describes itself: every route, parameter and field, none that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import validate

import app
from chalicelib.api.endpoint import Route
from chalicelib.api.openapi.document import build_document, described, schemas
from chalicelib.api.reference import SERVER, routes_of
from chalicelib.domain.fields import Fields
from chalicelib.rendering.api_page import api_page
from tests.call import Api

ROUTES = routes_of(app.app)


def key(route: Route) -> str:
    """How the areas name a route."""
    return f"{route.method} {route.path}"


def body_of(route: Route) -> dict[str, Any] | None:
    """The schema of the object that a route takes; None where it takes none, or anything."""
    body = described()[key(route)].body or {}
    body = schemas()[body["$ref"].rpartition("/")[2]] if "$ref" in body else body
    return body if "properties" in body else None


TAKING = [each for each in ROUTES if body_of(each) and "{" not in each.path]


def test_what_is_described_is_what_is_there() -> None:
    document = build_document(ROUTES, SERVER)
    validate(document)
    assert set(described()) == {key(each) for each in ROUTES}
    for route in ROUTES:
        shown = document["paths"][route.path][route.method.lower()]
        assert shown.get("x-scope") == (None if route.scope is None else str(route.scope))
        assert [each["name"] for each in shown["parameters"] if each["in"] == "query"] == [*(route.query or ())]
        assert {each["name"] for each in shown["parameters"] if each["in"] == "path"} == set(
            re.findall(r"\{(\w+)\}", route.path)
        )


@pytest.mark.parametrize("route", TAKING, ids=key)
def test_every_field_that_is_described_is_read_and_no_other(
    api: Api, monkeypatch: pytest.MonkeyPatch, route: Route
) -> None:
    asked: set[str] = set()
    read = Fields._value

    def noted(self: Fields, name: str) -> object:
        asked.update([] if self._path else [name])
        return read(self, name)

    monkeypatch.setattr(Fields, "_value", noted)
    schema = body_of(route)
    assert schema is not None
    properties = schema["properties"]
    refused = [
        {each["field"] for each in reply.body.get("errors", []) if each["reason"] in NO_FIELD}
        for kind in properties.get("type", {}).get("enum", [None])
        for reply in [api.call(route.method, route.path, dict.fromkeys(properties) | ({"type": kind} if kind else {}))]
    ]

    assert not set.intersection(*refused)
    if key(route) not in WITH_OTHERS_WITHIN:
        assert asked <= set(properties)


NO_FIELD = {"is not a field here", "Extra inputs are not permitted"}
# A rule that is given within is read as if it stood alone.
WITH_OTHERS_WITHIN = {
    *("POST /monitoring/alerts/rules/backtest", "POST /monitoring/alerts/rules/suggest"),
    "POST /monitoring/alerts/rules/test",
}


def test_it_is_served_to_everybody_and_the_page_loads_nothing(stack: None) -> None:
    document = Api(None).get("/monitoring/openapi.json")
    page = Api(None).raw("GET", "/monitoring/docs")

    assert document.body["openapi"] == "3.1.0"
    assert page["headers"]["Content-Security-Policy"].startswith("default-src 'none'")
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", page["body"])
    for path in document.body["paths"]:
        assert f"<code>{path}</code>" in page["body"]


def test_the_page_escapes_what_it_shows() -> None:
    document = build_document(ROUTES, SERVER)
    document["info"]["title"] = "<script>alert(1)</script>"
    document["components"]["schemas"]["Problem"]["description"] = "a <b>`<i>`"
    page = api_page(document)

    assert "<script" not in page
    assert "a &lt;b&gt;<code>&lt;i&gt;</code>" in page
