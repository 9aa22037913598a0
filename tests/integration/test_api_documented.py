"""docs/api.md is true: routes, parameters and fields are there, none is missing, its examples work."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib import wiring
from tests.attack.conftest import World, world
from tests.described import document, operation
from tests.integration.documented import Mention, Said, said, sections
from tests.notifications.conftest import aws, cloud

__all__ = ["aws", "cloud", "world"]  # the fixtures, as these tests use them too


@pytest.fixture
def page(project: Path) -> str:
    """The page."""
    return (project / "docs" / "api.md").read_text()


def test_every_request_that_is_shown_is_taken_and_answered_as_shown(page: str, world: World) -> None:
    """Given one of everything, when the page is followed from top to bottom, then each call is taken."""
    world.api.post("/monitoring/metrics", {"snapshots": [{"tags": {"host": "web-1", "region": "eu"}, "metrics": CPU}]})
    answers: dict[tuple[str, str], Any] = {}
    refused, told = [], []
    for each in [each for each in said(page) if can_be_asked(each, world)]:
        route = (each.route.method, each.route.path)
        if each.answer is not None:
            told += [f"{' '.join(route)}: {different}" for different in differences(each.answer, answers[route])]
            continue
        wiring.drain().run(time.time_ns() // 1_000_000)
        reply = world.api.call(route[0], world.path(route[1]), each.body, query=each.route.values)
        answers[route] = reply.body
        if reply.status >= 400:
            refused.append((each, reply.status, reply.body))
    assert refused == []
    assert told == []
    assert len(answers) > 25


CPU = {"cpu_usage": 12.5}
# What is there under no name before the page is followed, or is another program's to send.
ELSEWHERE = {"/monitoring/reports/{report_id}", "/dashboard", "/dashboard/assets/{name}"}


def can_be_asked(each: Said, world: World) -> bool:
    """Whether it is a whole request, or an answer: a GET as it stands, anything else with its body."""
    whole = each.body is not None or each.answer is not None or each.route.method == "GET"
    return whole and each.route.is_example and each.route.path not in ELSEWHERE


def differences(shown: Any, answered: Any, at: str = "$") -> Iterator[str]:
    """Where an answer has other fields, or other texts, than shown; numbers are of the moment, `…` any end."""
    if isinstance(shown, dict) and isinstance(answered, dict):
        if shown.keys() != answered.keys():
            yield f"{at} has {sorted(answered)}"
        for name in shown.keys() & answered.keys():
            yield from differences(shown[name], answered[name], f"{at}.{name}")
    elif isinstance(shown, list) and isinstance(answered, list):
        if bool(shown) != bool(answered):
            yield f"{at} is {answered}"
        for first, second in zip(shown, answered, strict=False):
            yield from differences(first, second, f"{at}[]")
    elif isinstance(shown, int | float) and isinstance(answered, int | float):
        return
    elif isinstance(shown, str) and isinstance(answered, str) and shown.endswith("…"):
        if not answered.startswith(shown.removesuffix("…")):
            yield f"{at} is {answered!r}"
    elif type(shown) is not type(answered) or shown != answered:
        yield f"{at} is {answered!r}"


def test_an_answer_that_is_other_than_shown_is_noticed() -> None:
    assert list(differences({"a": [{"b": 1, "c": "…"}]}, {"a": [{"b": 2, "c": "x"}]})) == []
    assert list(differences({"a": 1}, {"a": 1, "b": 2})) == ["$ has ['a', 'b']"]
    assert list(differences({"a": ["x"]}, {"a": ["y"]})) == ["$.a[] is 'y'"]
    assert list(differences({"a": ["x"]}, {"a": []})) == ["$.a is []"]


def test_every_route_and_every_parameter_that_is_named_is_there(page: str) -> None:
    for each in said(page):
        there = operation(each.route.method, each.route.path)
        assert there, f"{each.route.method} {each.route.path} is no route"
        known = {parameter["name"] for parameter in there["parameters"]}
        assert set(each.route.values) <= known, f"{each.route.path}: {set(each.route.values) - known}"


def test_every_field_that_is_sketched_is_described(page: str) -> None:
    for mentions, names in sections(page):
        described = {name for mention in mentions for name in fields_of(mention)}
        assert names <= described, f"{[mention.path for mention in mentions]}: {sorted(names - described)}"


def test_every_parameter_and_field_that_is_taken_stands_in_the_documentation(project: Path) -> None:
    pages = "\n".join(each.read_text() for each in sorted((project / "docs").glob("*.md")))
    words = set(re.findall(r"[\w-]+", pages))
    missing = [
        f"{method} {path}: {name}"
        for path, methods in document()["paths"].items()
        for method, each in methods.items()
        for name in [*names_in(each.get("requestBody")), *(parameter["name"] for parameter in each["parameters"])]
        if name not in words
    ]
    assert missing == []


def fields_of(mention: Mention) -> set[str]:
    """The names of all fields that a route takes or answers."""
    found = operation(mention.method, mention.path) or {}
    return set(names_in(found.get("requestBody"))) | set(names_in(found.get("responses")))


def names_in(schema: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of all properties in a schema, and in those that it refers to."""
    if isinstance(schema, list):
        for each in schema:
            yield from names_in(each, seen)
    elif isinstance(schema, dict):
        yield from schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
        for each in schema.values():
            yield from names_in(each, seen)
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            kind, name = reference.split("/")[-2:]
            yield from names_in(document()["components"][kind][name], seen | {reference})
