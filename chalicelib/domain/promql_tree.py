"""What a PromQL expression is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by name and labels; `range` and `offset` in seconds."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...] = ()  # label, one of = != =~ !~, value
    range: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A function of something."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Many series to fewer; at most one of `by` and `without` is not None."""

    function: str
    arguments: tuple[Node, ...]
    by: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """Two things joined; `on` are the labels that must be equal, None = all."""

    operator: str
    left: Node
    right: Node
    on: tuple[str, ...] | None = None


Node = Number | Selector | Call | Aggregate | Binary
