"""Texts of callers at the edge: what no store can hold does not come in, what no encoder can write does not go out."""

from __future__ import annotations

import re

from chalicelib.domain.errors import InvalidInput

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UNSAYABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def storable(name: str, text: str) -> str:
    """The text of a parameter. Raises InvalidInput if it holds what PostgreSQL and UTF-8 have no place for."""
    if _UNSTORABLE.search(text):
        raise InvalidInput(f"{name}: must hold no NUL and no unpaired surrogate.", field=name)
    return text


def on_one_line(text: str) -> str:
    """What somebody wrote into a form, with a space for everything that has no place in a line."""
    return " ".join(_NOT_IN_A_LINE.sub(" ", text).split())


def sayable(text: str) -> str:
    """The text with controls and unpaired surrogates written out, as in JSON: others keep and show what errors say."""
    return _UNSAYABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
