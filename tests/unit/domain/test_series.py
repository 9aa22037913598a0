"""What a series is, and what of a tag's value makes one."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.instants import InvalidInstant, parse_instant, parse_moment, to_iso
from chalicelib.domain.paths import normalise_path
from chalicelib.domain.scopes import Scope, allows
from chalicelib.domain.selectors import parse_selection, selects
from chalicelib.domain.series import Definition, Kind, TagPolicy, check_tags, check_unit
from chalicelib.domain.units import factor

POLICY = TagPolicy(frozenset({"userId"}), frozenset({"endpoint"}))
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]))
TAGS = st.dictionaries(TEXT.filter(bool), TEXT, max_size=5)


@given(TAGS, st.randoms())
def test_the_order_of_tags_does_not_matter(tags: dict[str, str], random: object) -> None:
    shuffled = dict(sorted(tags.items(), reverse=True))
    one, other = (Definition("a", "b", Kind.EVENT, check_tags(each, POLICY)) for each in (tags, shuffled))
    assert one.series_id == other.series_id
    assert 0 <= one.series_id < 2**63


@given(st.lists(st.tuples(TEXT, TEXT, st.sampled_from(Kind), TAGS), min_size=2, max_size=2, unique_by=repr))
def test_any_other_difference_makes_another_series(pair: list[tuple[str, str, Kind, dict[str, str]]]) -> None:
    one, other = (Definition(name, unit, kind, tuple(sorted(tags.items()))) for name, unit, kind, tags in pair)
    assert (one == other) == (one.series_id == other.series_id)


@given(ENCODABLE, ENCODABLE, st.sampled_from(Kind), st.dictionaries(ENCODABLE, ENCODABLE))
def test_the_id_is_of_a_definition_as_json_writes_it(name: str, unit: str, kind: Kind, tags: dict[str, str]) -> None:
    pairs = tuple(sorted(tags.items()))
    canonical = json.dumps([name, unit, int(kind), pairs], ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.blake2b(canonical.encode(), digest_size=8).digest()
    assert Definition(name, unit, kind, pairs).series_id == int.from_bytes(digest, "big") >> 1


def test_the_id_of_a_series_never_changes() -> None:
    # Stored ids would stand for nothing if it did.
    assert Definition("cpu_usage", "percent", Kind.SAMPLED, (("host", "web-1"),)).series_id == 8840316371230419903


def test_high_cardinality_tags_are_no_part_of_a_series() -> None:
    assert check_tags({"userId": "u1", "method": "GET"}, POLICY) == (("method", "GET"),)


def test_a_metric_without_a_unit_takes_its_usual_one() -> None:
    assert check_unit("response_time", None) == "ms"
    assert check_unit("response_time", "s") == "s"
    assert check_unit("orders", None) == ""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/projects", "/api/projects"),
        ("/api/projects/42", "/api/projects/:id"),
        ("/api/projects/42/files/7?page=2#top", "/api/projects/:id/files/:id"),
        ("/users/6f1c1b9e-8a4e-4a63-9d56-0d1f2a3b4c5d", "/users/:id"),
        ("/commits/9fceb02d0ae598e95dc970b74767f19372d61af8", "/commits/:id"),
        ("/api/v2/facade/deadbeef", "/api/v2/facade/deadbeef"),
        ("", ""),
        ("?", ""),
    ],
)
def test_what_varies_in_a_path_is_taken_out(path: str, expected: str) -> None:
    assert normalise_path(path) == expected


@given(TEXT)
def test_normalising_twice_changes_nothing(path: str) -> None:
    assert normalise_path(normalise_path(path)) == normalise_path(path)


@pytest.mark.parametrize(
    ("scope", "includes"),
    [
        (Scope.INGEST, {Scope.INGEST}),
        (Scope.READ, {Scope.READ}),
        (Scope.RESPOND, {Scope.RESPOND, Scope.READ}),
        (Scope.MANAGE, {Scope.MANAGE, Scope.RESPOND, Scope.READ}),
        (Scope.ADMIN, set(Scope)),
    ],
)
def test_a_scope_includes_these_and_no_others(scope: Scope, includes: set[Scope]) -> None:
    assert {asked for asked in Scope if allows(frozenset({scope}), asked)} == includes
    assert not any(allows(frozenset(), asked) for asked in Scope)


@given(st.integers(0, 253_370_764_799_999))
def test_an_instant_survives_its_text(milliseconds: int) -> None:
    assert parse_instant(to_iso(milliseconds)) == milliseconds
    assert parse_instant(milliseconds) == milliseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", 1_000_000_000),
        ("-5m", 1_000_000_000 - 300_000),
        ("-2h", 1_000_000_000 - 7_200_000),
        ("-1w", 1_000_000_000 - 604_800_000),
        ("1700000000000", 1_700_000_000_000),
        ("2024-01-15T10:30:00Z", 1_705_314_600_000),
        ("2024-01-15T11:30:00 01:00", 1_705_314_600_000),  # a plus sign that a query string made a space
    ],
)
def test_a_moment_may_be_absolute_or_relative(text: str, expected: int) -> None:
    assert parse_moment(text, now=1_000_000_000) == expected


@pytest.mark.parametrize("text", ["", "5m", "-5y", "2024-01-15", "2024-01-15T10:30:00", "tomorrow", "1e5"])
def test_what_is_no_moment_says_what_is(text: str) -> None:
    with pytest.raises(InvalidInstant, match="ISO 8601"):
        parse_moment(text, now=0)


@pytest.mark.parametrize(
    ("text", "tags", "matches"),
    [
        ("", {}, True),
        ("host:a", {"host": "a"}, True),
        ("host:a", {"host": "b"}, False),
        ("host:!a", {"host": "b"}, True),
        ("host:!a", {}, True),
        ("host:a,env:prod", {"host": "a", "env": "prod"}, True),
        ("host:a,env:prod", {"host": "a"}, False),
        ('{"note": "a,b:c"}', {"note": "a,b:c"}, True),
        ("url:http://x", {"url": "http://x"}, True),
        ("host:~web-.*", {"host": "web-7"}, True),
        ("host:~web", {"host": "web-7"}, False),
        ("host:!~web-.*,env:~prod|live", {"host": "db-1", "env": "live"}, True),
        ("host:!~web-.*", {"host": "web-7"}, False),
        ('{"host": "~web-[0-9]{1,2}"}', {"host": "web-12"}, True),
    ],
)
def test_queries_choose_by_tags(text: str, tags: dict[str, str], matches: bool) -> None:
    assert selects(parse_selection(text), tags) is matches


@pytest.mark.parametrize("text", ["host:~web-(", "host:!~[", '{"host": "~a{2000}"}'])
def test_a_pattern_that_is_none_is_refused_with_its_tag(text: str) -> None:
    with pytest.raises(InvalidInput, match="tags: host: ") as caught:
        parse_selection(text)
    assert caught.value.field == "tags"


@pytest.mark.parametrize(
    ("unit", "wanted", "expected"),
    [("ms", "s", 0.001), ("s", "ms", 1000), ("MB", "KiB", 1e6 / 1024), ("ratio", "percent", 100), ("ms", "B", None)],
)
def test_units_of_one_family_convert(unit: str, wanted: str, expected: float | None) -> None:
    assert factor(unit, wanted) == (None if expected is None else pytest.approx(expected))
