"""What the evaluation of rules remembers from one instant to the next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvaluationState:
    """The last instant judged (None: never), since when data comes in (epoch ms), and the version of the rules."""

    last: int | None
    healthy_since: int | None
    rules_version: int
