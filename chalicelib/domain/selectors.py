"""Which tags are meant, as rules and silences write it: `prod`, `!prod`, `~web-.*`, `!~web-.*`.

A tag that is missing has the value ''. Patterns match the whole value, see patterns.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from chalicelib.domain.patterns import compile_pattern

# (tag key, expression), sorted by key: comparable, so that an edit can be told from no edit
Selection = tuple[tuple[str, str], ...]


@lru_cache(maxsize=65_536)
def accepts(expression: str, value: str) -> bool:
    """Whether one value is meant. Raises InvalidPattern."""
    negated = expression.startswith("!")
    text = expression.removeprefix("!")
    found = compile_pattern(text[1:]).matches(value) if text.startswith("~") else text == value
    return found != negated


def check_expression(expression: str) -> None:
    """Nothing, or InvalidPattern with what is wrong."""
    text = expression.removeprefix("!")
    if text.startswith("~"):
        compile_pattern(text[1:])


def selects(selection: Iterable[tuple[str, str]], tags: Mapping[str, str]) -> bool:
    """Whether all expressions accept the tags' values."""
    return all(accepts(expression, tags.get(key, "")) for key, expression in selection)
