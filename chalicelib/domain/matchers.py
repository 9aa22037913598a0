"""Which series are meant: matchers on tags, as rules and queries write them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Matcher:
    """A tag that must (or, negated, must not) have a value; a tag that is missing has the value ''."""

    key: str
    value: str
    negated: bool = False

    def matches(self, tags: Mapping[str, str]) -> bool:
        """Whether tags satisfy this matcher."""
        return (tags.get(self.key, "") == self.value) != self.negated


def parse_matchers(text: str) -> list[Matcher]:
    """`host:web-1,env:!prod`, or JSON where a value holds a comma: `{"host": "web-1"}`. Raises InvalidInput."""
    if text.startswith("{"):
        try:
            pairs = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidInput("tags: is not valid JSON.", field="tags") from None
        if not all(isinstance(value, str) for value in pairs.values()):
            raise InvalidInput("tags: every value must be a string.", field="tags")
        return [_matcher(key, value) for key, value in pairs.items()]
    matchers = []
    for pair in filter(None, text.split(",")):
        key, colon, value = pair.partition(":")
        if not colon or not key:
            raise InvalidInput(f"tags: {pair[:80]!r} is not key:value; several are separated by commas.", field="tags")
        matchers.append(_matcher(key, value))
    return matchers


def all_match(matchers: Iterable[Matcher], tags: Mapping[str, str]) -> bool:
    """Whether tags satisfy every matcher."""
    return all(matcher.matches(tags) for matcher in matchers)


def exact_tags(matchers: Iterable[Matcher]) -> dict[str, str]:
    """Tags that whatever satisfies the matchers must carry; not all that they ask for.

    What a database could not even compare, like NUL, is left to the matchers.
    """
    plain = (each for each in matchers if each.value and not each.negated)
    return {each.key: each.value for each in plain if each.key.isprintable() and each.value.isprintable()}


def _matcher(key: str, value: str) -> Matcher:
    return Matcher(key, value[1:], negated=True) if value.startswith("!") else Matcher(key, value)
