"""Who reads a metric type: the enabled rules, also through what is derived of it."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.readings import readings_of, source_types
from chalicelib.services.ports.evaluation import JudgedRules


class Readers:
    """Finds who reads what."""

    def __init__(self, rules: JudgedRules) -> None:
        self._rules = rules

    def of(self, metric_types: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The names of the enabled rules that read each metric type. Raises Unavailable."""
        read = [
            (record.rule.name, {name for each in readings_of(record.rule) for name in source_types(each.metric_type)})
            for record in self._rules.enabled()
        ]
        return {wanted: tuple(rule for rule, names in read if wanted in names) for wanted in metric_types}
