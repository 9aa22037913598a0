"""Which tags are meant, as rules, silences and queries write it: `prod`, `!prod`, `~web-.*`, `!~web-.*`.

A tag that is missing has the value ''. Patterns match the whole value, see patterns.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.patterns import InvalidPattern, compile_pattern

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


def parse_selection(text: str) -> Selection:
    """`host:web-1,env:!prod`, or JSON where a value holds a comma: `{"host": "~web-[0-9]{1,3}"}`.

    Raises InvalidInput.
    """
    chosen = _of_json(text) if text.startswith("{") else _of_pairs(text)
    for key, expression in chosen:
        try:
            check_expression(expression)
        except InvalidPattern as error:
            raise InvalidInput(f"tags: {key[:80]}: {error}.", field="tags") from None
    return tuple(chosen)


def exact_tags(selection: Selection) -> dict[str, str]:
    """Tags that whatever is selected must carry; not all that is asked for.

    What a database could not even compare, like NUL, is left to `selects`.
    """
    plain = ((key, value) for key, value in selection if value and not value.startswith(("!", "~")))
    return {key: value for key, value in plain if key.isprintable() and value.isprintable()}


def _of_json(text: str) -> list[tuple[str, str]]:
    try:
        pairs = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("tags: is not valid JSON.", field="tags") from None
    if not all(isinstance(value, str) for value in pairs.values()):
        raise InvalidInput("tags: every value must be a string.", field="tags")
    return list(pairs.items())


def _of_pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for pair in filter(None, text.split(",")):
        key, colon, value = pair.partition(":")
        if not colon or not key:
            raise InvalidInput(f"tags: {pair[:80]!r} is not key:value; several are separated by commas.", field="tags")
        pairs.append((key, value))
    return pairs
