"""What a page of the documentation says of the API: routes, names of fields, requests as they can be made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

_FENCE = r"^```json (?P<fence>[^\n]+)\n(?P<block>.*?)^```$"
_CODE = r"`(?P<code>[^`]+)`"
_PIECE = re.compile(f"{_FENCE}|{_CODE}", re.DOTALL | re.MULTILINE)
_ROUTE = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/[^?\s]*)(?:\?(\S*))?")
# A name in a sketch such as {"name", "format"?: "html" or "text"}: not what stands behind a colon or an "or".
_NAME = re.compile(r'(?<!: )(?<!or )(?<!or\n)"([a-zA-Z]\w*)"')


@dataclass(frozen=True)
class Mention:
    """A route that the page speaks of; `values` are its parameters, empty where only the name is told."""

    method: str
    path: str
    values: dict[str, str]

    @property
    def is_example(self) -> bool:
        """Whether it can be asked as it stands."""
        return not any(value in ("", "…") or "|" in value for value in self.values.values())


@dataclass(frozen=True)
class Said:
    """One request with its body or without, or the `answer` that the last request of this route has."""

    route: Mention
    body: Any = None
    answer: Any = None


def said(page: str) -> Iterator[Said]:
    """Every route that a page mentions, with the whole bodies and answers that it shows, in their order.

    A fence ```json POST /path holds bodies, one after the other; ```json answers GET /path an answer. In a sentence a
    body follows its route at once, and is one if it is JSON; other braces are sketches.
    """
    last, end = None, -1
    for piece in _PIECE.finditer(page):
        mention = _mention(piece["fence"] or piece["code"])
        if piece["fence"]:
            assert mention, f"no route: {piece['fence']}"
            is_answer = piece["fence"].startswith("answers ")
            for document in _documents(piece["block"]):
                yield Said(mention, **{"answer" if is_answer else "body": document})
        elif mention:
            yield Said(mention)
            last, end = mention, piece.end()
        elif last and piece.start() == end + 1 and piece["code"].startswith("{"):
            try:
                yield Said(last, body=json.loads(piece["code"]))
            except ValueError:
                continue


def sections(page: str) -> Iterator[tuple[list[Mention], set[str]]]:
    """For each section: the routes it is about, and the names of fields that its sketches and tables have."""
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        codes = [piece["code"] or "" for piece in _PIECE.finditer(section)]
        names = {name for code in codes if _is_sketch(code) for name in _NAME.findall(code)}
        if table := re.search(r"^\| Field .*?\n\n", section, re.DOTALL | re.MULTILINE):
            firsts = [row.split("|")[1] for row in table[0].splitlines()[2:] if row]
            names |= {name for first in firsts for name in re.findall(r"`(\w+)`", first)}
        yield [mention for code in codes if (mention := _mention(code))], names


def _is_sketch(code: str) -> bool:
    try:
        return not json.loads(code)
    except ValueError:
        return code.startswith("{")


def _mention(text: str) -> Mention | None:
    found = _ROUTE.fullmatch(text.removeprefix("answers "))
    if not found:
        return None
    return Mention(found[1], found[2], dict(parse_qsl(found[3] or "", keep_blank_values=True)))


def _documents(block: str) -> Iterator[Any]:
    decoder, at, block = json.JSONDecoder(), 0, block.strip()
    while at < len(block):
        document, at = decoder.raw_decode(block, at)
        yield document
        at += len(block[at:]) - len(block[at:].lstrip())
