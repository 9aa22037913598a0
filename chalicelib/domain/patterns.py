"""Regular expressions that match whole texts in linear time: RE2's syntax, its promise, and no dependency.

Python's own engine backtracks, so that one pattern of a rule could stop the tick for hours. Here a pattern becomes a
finite automaton whose sets of states are computed once and remembered.

Understood: literals, `.`, `[a-z]`, `[^a-z]`, `\\d \\w \\s \\D \\W \\S`, `( )`, `(?: )`, `(?P<name> )`, `|`,
`* + ? {n,m}` and their lazy forms, `(?i)` in front. A leading `^` and a trailing `$` are allowed and change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from chalicelib.domain.pattern_syntax import Alternatives, Any, InvalidPattern, Node, Repeated, Sequenced, parse

MAX_STATES = 1000
MAX_BUILT = 20 * MAX_STATES  # parts of a pattern, each as often as it is repeated; groups of nothing have no states
MAX_REMEMBERED = 8_192  # states in transitions kept per pattern; further transitions are computed each time
MAX_PATTERNS = 512  # kept compiled, half a MB each at the most

__all__ = ["InvalidPattern", "Pattern", "compile_pattern"]


class Pattern:
    """A compiled pattern."""

    __slots__ = ("_accepts", "_ignores_case", "_nexts", "_remembered", "_room", "_start")

    def __init__(
        self, accepts: Sequence[Any | None], nexts: Sequence[tuple[int, ...]], start: int, *, ignores_case: bool
    ):
        self._accepts = accepts
        self._nexts = nexts
        self._start = self._reach([start])
        self._ignores_case = ignores_case
        self._remembered: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self._room = MAX_REMEMBERED

    def matches(self, text: str) -> bool:
        """Whether the pattern matches the whole text."""
        states = self._start
        for character in text.lower() if self._ignores_case else text:
            states = self._step(states, character)
            if not states:
                return False
        return 0 in states  # state 0 is the end

    def _step(self, states: frozenset[int], character: str) -> frozenset[int]:
        known = self._remembered.get((states, character))
        if known is not None:
            return known
        found = [
            self._nexts[state][0]
            for state in states
            if (accepted := self._accepts[state]) is not None and accepted.accepts(character)
        ]
        result = self._reach(found)
        if self._room > 0:
            self._room -= 1 + len(result)
            self._remembered[states, character] = result
        return result

    def _reach(self, states: Sequence[int]) -> frozenset[int]:
        """All states that are reached from these without a character."""
        reached: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state not in reached:
                reached.add(state)
                if self._accepts[state] is None:
                    waiting.extend(self._nexts[state])
        return frozenset(reached)


@lru_cache(maxsize=MAX_PATTERNS)
def compile_pattern(text: str) -> Pattern:
    """The pattern that a text stands for. Raises InvalidPattern, saying what is not understood."""
    node, ignores_case = parse(text)
    builder = _Builder()
    start = builder.build(node, 0)
    return Pattern(builder.accepts, builder.nexts, start, ignores_case=ignores_case)


class _Builder:
    """Thompson's construction: a state accepts one character and leads on, or (None) leads on without one."""

    def __init__(self) -> None:
        self.accepts: list[Any | None] = [None]
        self.nexts: list[tuple[int, ...]] = [()]
        self._built = 0

    def build(self, node: Node, after: int) -> int:
        """Add the states of a node that is followed by the state `after`; its first state."""
        self._built += 1
        if self._built > MAX_BUILT:
            raise InvalidPattern("is too large: repeat less")
        match node:
            case Any():
                return self._add(node, (after,))
            case Sequenced():
                for each in reversed(node.nodes):
                    after = self.build(each, after)
                return after
            case Alternatives():
                return self._add(None, tuple(self.build(each, after) for each in node.nodes))
            case Repeated():
                return self._repeat(node, after)

    def _repeat(self, node: Repeated, after: int) -> int:
        entry = after
        if node.most is None:
            entry = self._add(None, ())
            self.nexts[entry] = (self.build(node.node, entry), after)
        else:
            for _ in range(node.most - node.least):
                entry = self._add(None, (self.build(node.node, entry), after))
        for _ in range(node.least):
            entry = self.build(node.node, entry)
        return entry

    def _add(self, accepted: Any | None, following: tuple[int, ...]) -> int:
        if len(self.accepts) >= MAX_STATES:
            raise InvalidPattern("is too large: repeat less")
        self.accepts.append(accepted)
        self.nexts.append(following)
        return len(self.accepts) - 1
