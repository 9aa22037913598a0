"""Hostile values in every field of every body, in every parameter, name and header: refused or kept, never a fault."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.api.endpoint import Route
from chalicelib.storage.valkey import keys
from tests.attack.bodies import BODIES, SAMPLE
from tests.attack.conftest import World
from tests.attack.hostile import ALL, TEXTS, changed, places, renamed
from tests.attack.surface import PARAMETER, label, path_of, routes
from tests.call import Api

# Where a header of a caller has a meaning.
HEADERS = ["Accept", "Content-Encoding", "Content-Type", "Cookie", "Idempotency-Key", "If-Match", "X-Slack-Signature"]
EVERY = (
    25  # of the pairs of a place and a value, one in so many; prime to the number of values, so that all have a turn
)


class Answers:
    """Makes calls, and keeps those that were answered with a fault of ours or with a header that was smuggled in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: list[str] = []

    def call(self, route: Route, what: object, path: str | None = None, body: Any = ..., **more: Any) -> int:
        """One call; its status."""
        sent = None if route.method == "GET" else json.dumps(body_of(route) if body is ... else body)
        reply = self.world.api.raw(route.method, path or self.world.path(route.path), sent, **more)
        if isinstance(reply["body"], str):
            reply["body"].encode()
        smuggled = [value for value in reply["headers"].values() if re.search(r"[\r\n\x00]", value)]
        if reply["statusCode"] >= 500 or smuggled:
            self.faults.append(f"{label(route)}, {what}: {reply['statusCode']} {smuggled}")
        return int(reply["statusCode"])


def attacked() -> list[Route]:
    """Every route but the page of the dashboard, which is 503 until it is built; what deletes comes last."""
    found = [route for route in routes() if route.path != "/dashboard"]
    return sorted(found, key=lambda route: route.method == "DELETE")


def still_whole(world: World) -> None:
    """What is kept can be read again, all of it, and nothing has been dropped."""
    for route in attacked():
        if route.method == "GET" and not PARAMETER.search(route.path):
            assert world.api.raw("GET", route.path)["statusCode"] < 500, label(route)
    with wiring.database().transaction() as connection:
        assert connection.execute("SELECT 1 FROM series").fetchone()


def test_every_body_belongs_to_a_route_that_takes_one() -> None:
    """A route that is not in there is attacked with an empty object; a body of its own gets farther."""
    assert set(BODIES) <= {label(route) for route in routes() if route.method in ("POST", "PUT", "PATCH")}


def test_no_value_in_any_field_of_any_body_is_a_fault(world: World) -> None:
    answers = Answers(world)
    tried = [(route, at, name) for route in attacked() for at in places(body_of(route)) for name in ALL]
    for route, at, name in tried[::EVERY]:
        answers.call(route, (at, name), body=changed(body_of(route), at, ALL[name]))
    assert answers.faults == []
    still_whole(world)


def test_no_name_of_any_field_is_a_fault(world: World) -> None:
    answers = Answers(world)
    named = [(route, at) for route in attacked() for at in places(body_of(route)) if at and isinstance(at[-1], str)]
    for route, at, name in [(*place, name) for place in named for name in TEXTS][::EVERY]:
        answers.call(route, (at, name), body=renamed(body_of(route), at, TEXTS[name]))
    assert answers.faults == []
    still_whole(world)


def test_no_parameter_is_a_fault(world: World) -> None:
    answers = Answers(world)
    for route in attacked():
        known = route.query or ("token",)
        needed = {name: "cpu_usage" for name in known if name in ("metricType", "types")}
        for parameter, name in [(parameter, name) for parameter in known for name in TEXTS][::EVERY]:
            answers.call(route, (parameter, name), path_of(route), query={**needed, parameter: TEXTS[name]})
            answers.call(route, ("a name", name), path_of(route), query={**needed, TEXTS[name]: "1"})
    assert answers.faults == []
    still_whole(world)


def test_no_header_and_no_path_is_a_fault(world: World) -> None:
    answers = Answers(world)
    for route, header, name in [(r, header, name) for r in attacked() for header in HEADERS for name in TEXTS][::EVERY]:
        answers.call(route, (header, name), path_of(route), headers={header: TEXTS[name]})
    in_paths = [name for name, text in TEXTS.items() if text and "/" not in text and name != "surrogate"]
    to_one = [route for route in attacked() if PARAMETER.search(route.path)]
    for route, name in [(route, name) for route in to_one for name in in_paths][::EVERY]:
        answers.call(route, ("path", name), path_of(route, TEXTS[name].replace("\\", "")))
    assert answers.faults == []


def body_of(route: Route) -> Any:
    """What the route is sent by those who mean well."""
    return BODIES.get(label(route), {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = [(route, at) for route in sorted(BODIES) for at in places(BODIES[route])]


def test_nothing_that_json_can_say_is_a_fault(world: World) -> None:
    answers = Answers(world)
    by_label = {label(route): route for route in routes()}

    @settings(max_examples=100, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(PLACES), JSON)
    def attack(place: tuple[str, tuple[Any, ...]], value: Any) -> None:
        name, at = place
        answers.call(by_label[name], (at, value), body=changed(BODIES[name], at, value))
        assert answers.faults == []

    attack()


@pytest.mark.parametrize("wrong", [{"a\ud800": 1}, {"a\x00\n": 1}], ids=["surrogate", "controls"])
def test_a_sample_with_an_unspeakable_field_costs_no_good_one(api: Api, wrong: dict[str, Any]) -> None:
    """A fault here would be answered after the good ones are kept: clients would send them again."""
    reply = api.post("/monitoring/metrics", [SAMPLE, SAMPLE | wrong])
    assert (reply.status, reply.body["accepted"], reply.body["rejected"]) == (202, 1, 1)


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "\x1b[2J", "a\u2028b"], ids=ascii)
def test_a_tokens_name_is_one_line_that_can_be_shown_anywhere(api: Api, text: str) -> None:
    reply = api.post("/monitoring/tokens", {"name": text, "scopes": ["read"]})
    assert (reply.status, reply.body["field"]) == (400, "name")


@pytest.mark.parametrize("path", ["/monitoring/alerts/rules/a\x00b", "/monitoring/hosts/a\x00b"], ids=["rule", "host"])
def test_a_nul_in_a_path_is_refused_by_its_name(api: Api, path: str) -> None:
    reply = api.get(path)
    assert reply.status == 400
    assert reply.body["field"] in ("rule_id", "name")


@pytest.mark.parametrize("host", ["\\ud800", "\\u0000", "x" * 100_000], ids=["surrogate", "nul", "long"])
def test_what_an_agent_of_a_refused_snapshot_calls_itself_is_not_kept(api: Api, host: str) -> None:
    body = f'{{"snapshots": [{{"tags": {{"host": "{host}"}}, "metrics": {{"a": 1}}}}, {{"metrics": {{"a": 2}}}}]}}'
    sent = api.raw("POST", "/monitoring/metrics", body, headers={"User-Agent": "perfmon-agent/1.0 (Linux)"})
    assert (sent["statusCode"], json.loads(sent["body"])["accepted"]) == (202, 1)
    assert wiring.valkey().value("HLEN", keys.AGENTS) == 0
