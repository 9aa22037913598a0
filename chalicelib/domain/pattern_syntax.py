"""The text of a regular expression -> its tree; what the tree means is in patterns.py."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LENGTH = 512
MAX_DEPTH = 40
MAX_REPEAT = 1000
_COUNT = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")
_NAME = re.compile(r"\?(?:P?<\w+>|:)")
_CLASSES = {
    "d": (("0", "9"),),
    "w": (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")),
    "s": (("\t", "\n"), ("\f", "\r"), (" ", " ")),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")


class InvalidPattern(ValueError):
    """A text that is no regular expression, or one beyond what is understood; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Any:
    """One character: of one of these ranges, or of none of them."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def accepts(self, character: str) -> bool:
        """Whether this character may stand here."""
        return any(low <= character <= high for low, high in self.ranges) != self.negated


@dataclass(frozen=True, slots=True)
class Sequenced:
    """One after the other."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One of these."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """From `least` to `most` times; `most` None = without end."""

    node: Node
    least: int
    most: int | None


Node = Any | Sequenced | Alternatives | Repeated


def parse(text: str) -> tuple[Node, bool]:
    """The tree of a pattern, and whether it ignores case. Raises InvalidPattern."""
    if len(text) > MAX_LENGTH:
        raise InvalidPattern(f"is longer than {MAX_LENGTH} characters")
    ignores_case = text.startswith("(?i)")
    reader = _Reader(text.removeprefix("(?i)"), ignores_case=ignores_case)
    node = reader.alternatives(0)
    if reader.more():
        raise InvalidPattern("has a ) without its (")
    return node, ignores_case


class _Reader:
    """Recursive descent; `_at` is the place of the next character."""

    def __init__(self, text: str, *, ignores_case: bool) -> None:
        self._text = text
        self._at = 0
        self._ignores_case = ignores_case

    def more(self) -> bool:
        return self._at < len(self._text)

    def alternatives(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise InvalidPattern(f"is nested deeper than {MAX_DEPTH} groups")
        branches = [self._sequence(depth)]
        while self._take("|"):
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else Alternatives(tuple(branches))

    def _sequence(self, depth: int) -> Node:
        if depth == 0:
            self._take("^")
        nodes = []
        while self.more() and self._text[self._at] not in "|)":
            if depth == 0 and self._text[self._at :].partition("|")[0] == "$":
                self._at += 1
                continue
            nodes.append(self._repeated(depth))
        return Sequenced(tuple(nodes))

    def _repeated(self, depth: int) -> Node:
        node = self._single(depth)
        if self._take("*"):
            node = Repeated(node, 0, None)
        elif self._take("+"):
            node = Repeated(node, 1, None)
        elif self._take("?"):
            node = Repeated(node, 0, 1)
        elif count := _COUNT.match(self._text, self._at):
            self._at = count.end()
            least = int(count[1])
            most = least if count[2] is None else int(count[3]) if count[3] else None
            if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
                raise InvalidPattern(f"repeats wrongly: {count[0]}; at most {MAX_REPEAT} times")
            node = Repeated(node, least, most)
        else:
            return node
        self._take("?")  # lazy: finds the same whole texts
        if self.more() and self._text[self._at] in "*+?":
            raise InvalidPattern(f"has nothing to repeat before {self._text[self._at]}")
        return node

    def _single(self, depth: int) -> Node:
        character = self._next()
        if character == "(":
            return self._group(depth)
        if character == "[":
            return self._set()
        if character == "\\":
            return self._escape()
        if character == ".":
            return Any((("\n", "\n"),), negated=True)
        if character in "*+?":
            raise InvalidPattern(f"has nothing to repeat before {character}")
        if character in "^$":
            raise InvalidPattern(
                f"holds {character}: the pattern is matched against the whole value anyway, leave it out"
            )
        return self._literal(character)

    def _group(self, depth: int) -> Node:
        if named := _NAME.match(self._text, self._at):
            self._at = named.end()
        elif self.more() and self._text[self._at] == "?":
            raise InvalidPattern("holds a look-around, a flag or a condition, which RE2 or this service does not have")
        node = self.alternatives(depth + 1)
        if not self._take(")"):
            raise InvalidPattern("has a ( without its )")
        return node

    def _set(self) -> Node:
        negated = self._take("^")
        ranges: list[tuple[str, str]] = []
        first = True
        while first or not self._take("]"):
            low = self._member(ranges)
            first = False
            if low is None:
                continue
            if self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._member(ranges)
                if high is None or high < low:
                    raise InvalidPattern("has a range in [ ] that ends before it begins")
                ranges.append((low, high))
            else:
                ranges.append((low, low))
        if self._ignores_case:
            ranges += [(low.lower(), high.lower()) for low, high in ranges]
        return Any(tuple(ranges), negated)

    def _member(self, ranges: list[tuple[str, str]]) -> str | None:
        """The next character in [ ]; None when it was a class like `\\d`, whose ranges were added."""
        character = self._next()
        if character == "[" and self._text[self._at : self._at + 1] == ":":
            raise InvalidPattern("holds a [: :] class; write it out, like a-z")
        if character != "\\":
            return character
        escaped = self._escape()
        if escaped.negated:
            raise InvalidPattern("holds a negated class inside [ ]")
        if len(escaped.ranges) == 1 and escaped.ranges[0][0] == escaped.ranges[0][1]:
            return escaped.ranges[0][0]
        ranges.extend(escaped.ranges)
        return None

    def _escape(self) -> Any:
        character = self._next()
        if character.lower() in _CLASSES:
            return Any(_CLASSES[character.lower()], character.isupper())
        if character in _CONTROLS:
            return self._literal(_CONTROLS[character])
        if character in _PUNCTUATION:
            return self._literal(character)
        raise InvalidPattern(f"holds \\{character}, which is not understood")

    def _literal(self, character: str) -> Any:
        folded = character.lower() if self._ignores_case and len(character.lower()) == 1 else character
        return Any(((folded, folded),))

    def _next(self) -> str:
        if not self.more():
            raise InvalidPattern("ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _take(self, character: str) -> bool:
        taken = self._text.startswith(character, self._at)
        self._at += taken
        return taken
