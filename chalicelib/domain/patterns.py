"""Regular expressions that match whole texts in linear time: RE2's syntax, its promise, and no dependency.

Python's own engine backtracks, so that one pattern of a rule could stop the tick for hours. Here a pattern becomes a
finite automaton whose sets of states are computed once and remembered.

Understood: literals, `.`, `[a-z]`, `[^a-z]`, `\\d \\w \\s \\D \\W \\S`, `( )`, `(?: )`, `(?P<name> )`, `|`,
`* + ? {n,m}` and their lazy forms, `(?i)` in front. A leading `^` and a trailing `$` are allowed and change nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache

from chalicelib.domain.pattern_syntax import Alternatives, Any, InvalidPattern, Node, Repeated, Sequenced, parse

MAX_STATES = 1000
MAX_BUILT = 20 * MAX_STATES  # parts of a pattern, each as often as it is repeated; groups of nothing have no states
MAX_REMEMBERED = 1_024  # transitions kept per pattern; further ones are computed each time
MAX_PATTERNS = 512  # kept compiled, half a MB each at the most
_FEW = 6  # states that are taken one by one

__all__ = ["InvalidPattern", "Pattern", "compile_pattern"]


class Pattern:
    """A compiled pattern. Sets of states are the bits of a number: a step of hundreds at once is a few look-ups."""

    __slots__ = ("_after", "_borders", "_ignores_case", "_remembered", "_standing", "_start", "_tables", "_where")

    def __init__(
        self, accepts: Sequence[Any | None], nexts: Sequence[tuple[int, ...]], start: int, *, ignores_case: bool
    ):
        """`accepts` and `nexts` by state; state 0 is the end."""
        reading = [state for state, accepted in enumerate(accepts) if accepted is not None]
        bits = {0: 1} | {state: 2 << place for place, state in enumerate(reading)}
        where: dict[Any, int] = {}
        for state in reading:
            accepted = accepts[state]
            assert accepted is not None
            where[accepted] = where.get(accepted, 0) | bits[state]
        self._start = _reached(start, nexts, bits)
        self._after = [0, *(_reached(nexts[state][0], nexts, bits) for state in reading)]
        self._where = where  # at which states a character of these may stand
        self._borders = sorted(
            {point for each in where for low, high in each.ranges for point in (ord(low), ord(high) + 1)}
        )
        self._standing: dict[int, int] = {}  # the same by the characters between two borders, which nothing tells apart
        self._tables: list[dict[str, int]] | None = None
        self._remembered: dict[tuple[int, int], int] = {}
        self._ignores_case = ignores_case

    def matches(self, text: str) -> bool:
        """Whether the pattern matches the whole text."""
        states = self._start
        for character in text.lower() if self._ignores_case else text:
            kind = bisect_right(self._borders, ord(character))
            following = self._remembered.get((states, kind))
            if following is None:
                following = self._step(states, kind)
                if len(self._remembered) < MAX_REMEMBERED:
                    self._remembered[states, kind] = following
            if not following:
                return False
            states = following
        return bool(states & 1)

    def _step(self, states: int, kind: int) -> int:
        """The states that follow on a character of a kind."""
        standing = self._standing.get(kind)
        if standing is None:
            character = chr(self._borders[kind - 1]) if kind else chr(0)
            standing = 0
            for accepted, where in self._where.items():
                if accepted.accepts(character):
                    standing |= where
            self._standing[kind] = standing
        live = states & standing
        if live.bit_count() > _FEW:
            return self._union(live)
        following = 0
        while live:
            lowest = live & -live
            following |= self._after[lowest.bit_length() - 1]
            live ^= lowest
        return following

    def _union(self, live: int) -> int:
        """What follows on many states, four at a time."""
        width = (len(self._after) + 3) // 4
        if self._tables is None:
            self._tables = [_fours(self._after[4 * place : 4 * place + 4]) for place in reversed(range(width))]
        following = 0
        for table, digit in zip(self._tables, f"{live:0{width}x}", strict=True):
            if digit != "0":
                following |= table[digit]
        return following


def _reached(state: int, nexts: Sequence[tuple[int, ...]], bits: Mapping[int, int]) -> int:
    """All states with a bit that are reached from a state, itself among them, without a character."""
    found, reached, waiting = 0, set[int](), [state]
    while waiting:
        state = waiting.pop()
        if state in bits:
            found |= bits[state]
        elif state not in reached:
            reached.add(state)
            waiting.extend(nexts[state])
    return found


def _fours(after: Sequence[int]) -> dict[str, int]:
    """What follows on each choice of up to four states, by its digit."""
    found = {"0": 0}
    for place, following in enumerate(after):
        found |= {f"{int(digit, 16) | 1 << place:x}": known | following for digit, known in found.items()}
    return found


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
