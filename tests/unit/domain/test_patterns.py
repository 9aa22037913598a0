"""Patterns: they find what Python's engine finds, in linear time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.patterns import InvalidPattern, compile_pattern
from chalicelib.domain.selectors import accepts, selects

ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", r"\d", r"\w", r"\.", "0", "-"])


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger patterns out of smaller ones."""
    repeats = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}?", "{2,}", "*?", "+?"])
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, repeats).map(lambda two: f"(?:{two[0]}){two[1]}"),
    )


@given(st.recursive(ATOMS, grow, max_leaves=6), st.text("abc0.-x", max_size=8))
def test_a_pattern_matches_what_the_standard_library_matches(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).matches(text) == bool(re.fullmatch(pattern, text, re.ASCII))


@given(st.integers(0, 90), st.text("abc", max_size=120))
def test_a_pattern_that_stands_at_many_places_at_once_matches_the_same(more: int, text: str) -> None:
    pattern = f"(a|b)*a(?:a|.){{{more}}}"
    assert compile_pattern(pattern).matches(text) == bool(re.fullmatch(pattern, text))


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("web-.*", "web-1", True),
        ("web-.*", "my-web-1", False),
        ("^web$", "web", True),
        ("^a$|^b$", "b", True),
        ("web|db", "db", True),
        ("web|", "", True),
        ("", "", True),
        ("", "a", False),
        ("(?i)WEB-[a-f]+", "web-ABC", True),
        ("(?P<kind>ext|xfs)[2-4]?", "ext4", True),
        ("tmpfs|fuse.lxcfs|squashfs|vfat", "fuse.lxcfs", True),
        (r"[\w.-]+", "a.b-c_d", True),
        (r"[]a]+", "]a]", True),
        (r"[a-]+", "a-", True),
        ("a{3}", "aa", False),
        ("é+", "ééé", True),
        (".", "\n", False),
        ("/|/data", "/data", True),
        ("{", "{", True),
    ],
)
def test_a_pattern_is_matched_against_the_whole_text(pattern: str, text: str, *, matches: bool) -> None:
    assert compile_pattern(pattern).matches(text) == matches


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(", "without its"),
        (")", "without its"),
        ("[a", "ends too early"),
        ("a**", "nothing to repeat"),
        ("*", "nothing to repeat"),
        ("(?=a)", "look-around"),
        (r"(a)\1", "not understood"),
        (r"\b", "not understood"),
        ("a{2,1}", "repeats wrongly"),
        ("a{9999}", "repeats wrongly"),
        ("[z-a]", "ends before it begins"),
        ("a\\", "ends too early"),
        ("a^b", "leave it out"),
        ("a" * 513, "longer than"),
        ("(" * 60 + ")" * 60, "nested deeper"),
        ("(a{1000}){1000}", "too large"),
        ("[[:alpha:]]", "write it out"),
        (r"[\D]", "negated class"),
    ],
)
def test_what_is_no_pattern_says_why(pattern: str, says: str) -> None:
    with pytest.raises(InvalidPattern, match=re.escape(says)):
        compile_pattern(pattern)


def test_a_pattern_that_would_backtrack_for_ages_is_decided_at_once() -> None:
    assert not compile_pattern("(a+)+b|(a|aa)*c|.*.*.*.*.*x").matches("a" * 4000)


@pytest.mark.parametrize(
    ("expression", "value", "accepted"),
    [
        ("prod", "prod", True),
        ("prod", "", False),
        ("!prod", "test", True),
        ("!prod", "", True),
        ("!prod", "prod", False),
        ("~prod|test", "test", True),
        ("!~prod|test", "test", False),
        ("!~prod|test", "", True),
        ("", "", True),
        ("!", "prod", True),
    ],
)
def test_an_expression_accepts_a_value(expression: str, value: str, *, accepted: bool) -> None:
    assert accepts(expression, value) == accepted


def test_a_selection_needs_every_expression_and_a_missing_tag_is_empty() -> None:
    selection = (("env", "prod"), ("host", "!~db.*"))
    assert selects(selection, {"env": "prod", "host": "web-1"})
    assert selects(selection, {"env": "prod"})
    assert not selects(selection, {"env": "prod", "host": "db-1"})
    assert not selects(selection, {"host": "web-1"})
    assert selects((), {})
