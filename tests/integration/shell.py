"""The calls with curl on a page of the documentation, made as they stand: variables and quotes as a shell has them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ASSIGNMENT = re.compile(r"([A-Z]+)=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$([A-Z]+)")
_OPTIONS = {"-X": "method", "-H": "header", "-d": "data"}


@dataclass
class Called:
    """One call: its words, what it was answered, and what the page shows of that; None = nothing."""

    words: list[str]
    status: int
    answer: Any
    shown: Any = None


@dataclass
class Shell:
    """Follows pages; `server` stands in the place of the local address, `token` in that of the file it is kept in.

    `after` is done after each call: what a reader waits for.
    """

    server: str
    token: str
    after: Callable[[], None]
    _variables: dict[str, str] = field(default_factory=dict)

    def follow(self, page: str) -> Iterator[Called]:
        """Make every call of a page in its order; a json block shows the answer to the last call before it."""
        last = None
        for found in _BLOCK.finditer(page):
            if found[1] == "json":
                assert last, "an answer before the first call"
                last.shown = json.loads(found[2])
                continue
            for words in self._commands(found[2]):
                if assigned := _ASSIGNMENT.fullmatch(words[0]):
                    self._variables[assigned[1]] = assigned[2] if "…" not in assigned[2] else _id(assigned[2], last)
                elif words[0] == "curl":
                    if last:
                        yield last
                    last = self._call([_VARIABLE.sub(lambda name: self._variables[name[1]], word) for word in words])
                    self.after()
        if last:
            yield last

    def _commands(self, block: str) -> Iterator[list[str]]:
        """The words of each assignment and each curl; what else a block has stays behind."""
        block = block.replace("\\\n", " ").replace("http://127.0.0.1:8000", self.server)
        words = shlex.split(block.replace("$(cat .local/token)", self.token), comments=True)
        starts = [at for at, word in enumerate(words) if word == "curl" or _ASSIGNMENT.fullmatch(word)]
        for start, end in pairwise([*starts, len(words)]):
            yield words[start:end]

    def _call(self, words: list[str]) -> Called:
        given: dict[str, list[str]] = {"method": [], "header": [], "data": [], "address": []}
        rest = iter(words[1:])
        for word in rest:
            given[_OPTIONS.get(word, "address")].append(next(rest) if word in _OPTIONS else word)
        (address,) = given["address"]
        (method,) = given["method"] or ["GET"]
        data = "".join(given["data"]).encode() or None
        headers = dict(header.split(": ", 1) for header in given["header"])
        try:
            with urlopen(Request(address, data, headers, method=method)) as reply:
                status, body = reply.status, reply.read()
        except HTTPError as refusal:
            with refusal:
                status, body = refusal.code, refusal.read()
        return Called(words, status, json.loads(body) if body else None)


def _id(pattern: str, last: Called | None) -> str:
    """The first text in an answer that begins as the page says."""
    assert last, f"{pattern} before the first call"
    found = re.search(f'"({re.escape(pattern.rstrip("…"))}[^"]*)"', json.dumps(last.answer))
    assert found, f"no {pattern} in {last.answer}"
    return found[1]
