"""The text of a PromQL expression -> its tree, as far as alerting rules commonly go."""

from __future__ import annotations

import re

from chalicelib.domain.promql_tree import Aggregate, Binary, Call, Node, Number, Selector

MAX_LENGTH = 10_000
MAX_DEPTH = 40
MAX_OPERATORS = 200  # each makes the tree one deeper
AGGREGATIONS = frozenset(
    {"sum", "avg", "min", "max", "count", "stddev", "stdvar", "topk", "bottomk", "quantile", "group", "count_values"}
)
_TOKEN = re.compile(
    r"""(?:
    (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.:]))
  | (?P<duration>(?:\d+(?:ms|[smhdwy]))+)
  | (?P<name>[a-zA-Z_:][\w:]*)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
  | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^=<>(){}\[\],@:])
    )""",
    re.VERBOSE,
)
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")  # nothing stands behind it, so that it never has to try another way
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
# How tightly operators bind, the loosest first.
_LEVELS = ({"or"}, {"and", "unless"}, {"==", "!=", ">", "<", ">=", "<="}, {"+", "-"}, {"*", "/", "%"}, {"^"})


class InvalidPromql(ValueError):
    """A text that is no PromQL, or PromQL beyond what is read here; the message says what."""


def parse_promql(text: str) -> Node:
    """The tree of an expression. Raises InvalidPromql."""
    if len(text) > MAX_LENGTH:
        raise InvalidPromql(f"is longer than {MAX_LENGTH} characters")
    reader = _Reader(_tokens(text))
    node = reader.binary(0)
    reader.expect_end()
    return node


def seconds(duration: str) -> int:
    """`1h30m` in seconds, at least one. Raises InvalidPromql."""
    parts = re.findall(r"(\d{1,9})(ms|[smhdwy])", duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise InvalidPromql(f"{duration[:40]!r} is no duration")
    return max(1, round(sum(int(number) * _SECONDS[unit] for number, unit in parts)))


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], _after_blank(text, 0)
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise InvalidPromql(f"{text[at : at + 20].strip()!r} is not understood")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = _after_blank(text, found.end())
    return tokens


def _after_blank(text: str, at: int) -> int:
    """Where white space and comments end."""
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._operators = 0

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise InvalidPromql(f"{self._shown()} is not expected there")

    def binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self.binary(level + 1)
        while self._peek().lower() in _LEVELS[level] and self._kind() in ("sign", "name"):
            operator = self._next().lower()
            self._operators += 1
            if self._operators > MAX_OPERATORS:
                raise InvalidPromql(f"has more than {MAX_OPERATORS} operators")
            self._take("bool")
            on = self._joined_on()
            left = Binary(operator, left, self.binary(level + 1), on)
        return left

    def _unary(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidPromql("is nested too deeply")
        node = self._signed()
        self._depth -= 1
        return node

    def _signed(self) -> Node:
        if self._take("-"):
            inner = self._unary()
            return Number(-inner.value) if isinstance(inner, Number) else Binary("*", Number(-1.0), inner)
        self._take("+")
        return self._modified(self._primary())

    def _primary(self) -> Node:
        kind = self._kind()
        if self._take("("):
            node = self.binary(0)
            self._expect(")")
            return node
        if kind == "number":
            return Number(float(self._next()))
        if kind == "name":
            return self._named()
        if self._peek() == "{":
            return Selector("", self._matchers())
        raise InvalidPromql(f"{self._shown()} is not expected there")

    def _named(self) -> Node:
        name = self._next()
        if name.lower() in AGGREGATIONS and self._peek().lower() in ("(", "by", "without"):
            return self._aggregate(name.lower())
        if self._peek() == "(":
            return Call(name, self._arguments())
        if name.lower() in ("inf", "nan"):
            raise InvalidPromql(f"{name} as a number is not understood")
        return Selector(name, self._matchers() if self._peek() == "{" else ())

    def _aggregate(self, function: str) -> Node:
        by, without = self._grouping()
        arguments = self._arguments()
        if not arguments:
            raise InvalidPromql(f"{function} of nothing is not understood")
        if by is None and without is None:
            by, without = self._grouping()
        return Aggregate(function, arguments, by, without)

    def _grouping(self) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        if self._take("by"):
            return self._labels(), None
        if self._take("without"):
            return None, self._labels()
        return None, None

    def _joined_on(self) -> tuple[str, ...] | None:
        on = None
        if self._take("on"):
            on = self._labels()
        elif self._take("ignoring"):
            self._labels()
        if (self._take("group_left") or self._take("group_right")) and self._peek() == "(":
            self._labels()
        return on

    def _modified(self, node: Node) -> Node:
        """The range in [ ] and the offset behind a selector."""
        while self._peek().lower() in ("[", "offset", "@"):
            if self._peek() == "@":
                raise InvalidPromql("@ is not understood")
            if self._take("offset"):
                span = seconds(self._next())
                node = _on_selector(node, "offset")
                node = Selector(node.metric, node.matchers, node.range, span)
                continue
            self._expect("[")
            span = seconds(self._next())
            if self._peek().startswith(":"):
                raise InvalidPromql("a subquery like [1h:5m] is not understood")
            self._expect("]")
            node = _on_selector(node, "a range in [ ]")
            node = Selector(node.metric, node.matchers, span, node.offset)
        return node

    def _matchers(self) -> tuple[tuple[str, str, str], ...]:
        self._expect("{")
        matchers = []
        while not self._take("}"):
            label, operator, text = self._next(), self._next(), self._next()
            if operator not in ("=", "!=", "=~", "!~") or text[:1] not in ("'", '"', "`"):
                raise InvalidPromql(f"the matcher of {label!r} is not understood")
            value = text[1:-1]
            matchers.append((label, operator, value if text[0] == "`" else re.sub(r"\\(.)", r"\1", value)))
            if not self._take(","):
                self._expect("}")
                break
        return tuple(matchers)

    def _labels(self) -> tuple[str, ...]:
        self._expect("(")
        labels = []
        while not self._take(")"):
            labels.append(self._next())
            self._take(",")
        return tuple(labels)

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        arguments = []
        while not self._take(")"):
            arguments.append(self.binary(0))
            if not self._take(","):
                self._expect(")")
                break
        return tuple(arguments)

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _shown(self) -> str:
        return repr(self._peek()) if self._peek() else "its end"

    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise InvalidPromql("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _take(self, text: str) -> bool:
        taken = self._peek().lower() == text
        self._at += taken
        return taken

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise InvalidPromql(f"{text!r} is missing before {self._shown()}")


def _on_selector(node: Node, what: str) -> Selector:
    if not isinstance(node, Selector):
        raise InvalidPromql(f"{what} behind anything but a metric is not understood")
    return node
