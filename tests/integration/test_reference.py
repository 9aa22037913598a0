"""The API describes itself: every route, parameter and field, none that is not there."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from openapi_spec_validator import validate

import app
from chalicelib import wiring
from chalicelib.api.endpoint import Route
from chalicelib.api.openapi.document import build_document, described, schemas
from chalicelib.api.openapi.examples import EXAMPLES
from chalicelib.api.reference import SERVER, routes_of
from chalicelib.domain.fields import Fields
from chalicelib.rendering.api_page import api_page
from tests.attack.conftest import World, world
from tests.call import Api
from tests.described import document
from tests.notifications.conftest import aws, cloud

__all__ = ["aws", "cloud", "world"]  # the fixtures, as these tests use them too

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


def test_every_example_is_of_a_route_and_taken_as_it_stands(world: World) -> None:
    # An hour without gaps, rolled up: a suggestion looks at a month in steps of minutes, which must meet samples.
    now = time.time_ns() // 1_000_000
    begin = now - now % 3_600_000 - 3_600_000
    hour = [{"tags": {"host": "web-1"}, "timestamp": begin + 30_000 * each, "metrics": CPU} for each in range(120)]
    assert world.api.post("/monitoring/metrics", {"snapshots": hour}).status == 202
    wiring.drain().run(now)
    wiring.compact().run(now + 400_000)
    taking = {key(each) for each in ROUTES if body_of(each)}
    assert taking - set(EXAMPLES) == WITHOUT_AN_EXAMPLE
    refused = []
    for label, example in EXAMPLES.items():
        method, _, path = label.partition(" ")
        reply = world.api.call(method, world.path(path), example)
        if reply.status >= 300:
            refused.append((label, reply.status, reply.body))
    assert refused == []


CPU = {"cpu_usage": 50}
# The dashboard's own.
WITHOUT_AN_EXAMPLE = {"POST /monitoring/sessions"}


def test_every_route_names_the_errors_that_its_form_brings() -> None:
    for route in ROUTES:
        brought = {"400", "431", "500", "503"}
        if route.scope is not None:
            brought |= {"401", "403", "429"}
        if body_of(route):
            brought |= {"413", "415"}
        if "{" in route.path:
            brought |= {"404"}
        if is_versioned(route):
            brought |= {"409"}
        assert brought <= set(operation_of(route)["responses"]), key(route)


def test_a_change_of_what_was_changed_meanwhile_is_409_wherever_it_is_said(world: World) -> None:
    versioned = [route for route in ROUTES if is_versioned(route)]
    assert len(versioned) >= 14
    for route in versioned:
        reply = world.api.call(
            route.method, world.path(route.path), EXAMPLES.get(key(route), {}), headers={"If-Match": '"999"'}
        )
        assert reply.status == 409, (key(route), reply.body)


@pytest.mark.parametrize("what", ["backtest", "suggest"])
def test_a_rule_that_is_not_there_cannot_be_tried(api: Api, what: str) -> None:
    assert api.post(f"/monitoring/alerts/rules/{what}", {"ruleId": "rule_none", "from": "-1h"}).status == 404


def operation_of(route: Route) -> dict[str, Any]:
    """What the description says of a route."""
    found: dict[str, Any] = document()["paths"][route.path][route.method.lower()]
    return found


def is_versioned(route: Route) -> bool:
    """Whether it takes the version that somebody has read."""
    return any(each["name"] == "If-Match" for each in operation_of(route)["parameters"])


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
