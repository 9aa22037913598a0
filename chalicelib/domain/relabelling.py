"""Which samples of a target are kept: Prometheus' keep and drop rules, on patterns that match in linear time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.domain.fields import Fields, wrong_tag_key
from chalicelib.domain.patterns import InvalidPattern, compile_pattern

NAME = "__name__"
MAX_RULES = 20
MAX_PATTERN = 1000
_MAX_LABELS = 10


class RelabelAction(StrEnum):
    """What happens to a sample that matches; with keep, to all others."""

    KEEP = "keep"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Relabel:
    """A rule: the values of `labels` (`__name__` is the metric's), joined by `separator`, against a whole pattern."""

    action: RelabelAction
    labels: tuple[str, ...]
    pattern: str
    separator: str = ";"

    def lets_pass(self, tags: Mapping[str, str]) -> bool:
        """Whether a sample stays; `tags` with its name under `__name__`. Raises InvalidPattern."""
        text = self.separator.join(tags.get(label, "") for label in self.labels)
        return compile_pattern(self.pattern).matches(text) == (self.action is RelabelAction.KEEP)


def is_kept(rules: Iterable[Relabel], tags: Mapping[str, str]) -> bool:
    """Whether all rules let a sample pass."""
    return all(rule.lets_pass(tags) for rule in rules)


def read_relabel(fields: Fields) -> Relabel:
    """`{"action", "sourceLabels", "regex", "separator"?}`; what is wrong is noted in `fields`."""
    action = fields.choice("action", RelabelAction)
    if action is None and not fields.has("action"):
        fields.refuse("action", f"is missing: one of {', '.join(RelabelAction)}")
    labels = fields.texts("sourceLabels", most=_MAX_LABELS, check=wrong_tag_key) or (NAME,)
    pattern = fields.text("regex", most=MAX_PATTERN)
    if pattern:
        try:
            compile_pattern(pattern)
        except InvalidPattern as error:
            fields.refuse("regex", f"{error}")
    return Relabel(action or RelabelAction.KEEP, labels, pattern, fields.text("separator", most=10, default=";"))


def write_relabel(rule: Relabel) -> dict[str, Any]:
    """What `read_relabel` reads."""
    return {
        "action": str(rule.action),
        "sourceLabels": list(rule.labels),
        "separator": rule.separator,
        "regex": rule.pattern,
    }
