"""Prometheus alerting rules -> rules here, or exactly why not.

Understood, see docs/prometheus-rules.md: one comparison of a term with a number, or several joined by `and` (match
all) or `or` (match any); absent(). A term is a metric, its rate, increase or ..._over_time, an aggregation of these,
scaled and shifted by numbers; and the usual ways to write shares of cpu, memory, swap, disk, load and uptime, which
become the agent's own metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.prometheus_atoms import NotConvertible, Term, read_atom
from chalicelib.domain.prometheus_names import ALWAYS_TRUE_GUARDS
from chalicelib.domain.prometheus_terms import constant, read_term
from chalicelib.domain.promql import InvalidPromql, parse_promql, seconds
from chalicelib.domain.promql_tree import Binary, Call, Node, Selector
from chalicelib.domain.rule_form import read_rule

_OPERATORS = {
    ">": "greater_than",
    ">=": "greater_than_or_equal",
    "<": "less_than",
    "<=": "less_than_or_equal",
    "==": "equal",
    "!=": "not_equal",
}
MAX_RULES = 1000
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
_SEVERITIES = {
    **dict.fromkeys(("critical", "page", "emergency", "disaster", "fatal"), "critical"),
    **dict.fromkeys(("high", "error", "major"), "high"),
    **dict.fromkeys(("medium", "warning", "warn", "average"), "medium"),
    **dict.fromkeys(("low", "info", "information", "notice", "minor", "none"), "low"),
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one rule: `rule` as JSON for `read_rule`, or None and `reason`; `notes` say what differs."""

    name: str
    rule: dict[str, object] | None
    notes: tuple[str, ...] = ()
    reason: str = ""


def import_groups(document: object) -> list[Imported]:
    """Every rule of a parsed rule file, in order. Raises InvalidInput for what is no rule file."""
    groups = document.get("groups") if isinstance(document, Mapping) else None
    if not isinstance(groups, list) or not all(isinstance(group, Mapping) for group in groups):
        raise InvalidInput("groups: must be a list of rule groups.", field="groups")
    lists = [group["rules"] for group in groups if isinstance(group.get("rules"), list)]
    entries = [rule for rules in lists for rule in rules if isinstance(rule, Mapping)]
    if len(entries) > MAX_RULES:
        raise InvalidInput(f"groups: hold {len(entries)} rules; send at most {MAX_RULES} at once.", field="groups")
    return [import_rule(rule) for rule in entries]


def import_rule(given: Mapping[str, object]) -> Imported:
    """One entry of a rule group."""
    if "alert" not in given:
        return Imported(str(given.get("record", "")), None, reason="is a recording rule, not an alerting rule")
    name = str(given["alert"])
    try:
        rule, notes = _convert(name, given)
        read_rule(rule, rule_id="import")
    except InvalidPromql as error:
        return Imported(name, None, reason=f"the expression cannot be read: {error}")
    except NotConvertible as error:
        return Imported(name, None, reason=f"the expression {error}")
    except InvalidInput as error:
        return Imported(name, None, reason=f"makes no valid rule: {error.message}")
    return Imported(name, rule, notes)


def _convert(name: str, given: Mapping[str, object]) -> tuple[dict[str, object], tuple[str, ...]]:
    labels, annotations = _object(given, "labels"), _object(given, "annotations")
    expression = str(given.get("expr", ""))
    rule, notes = _read_expression(parse_promql(expression))
    severity = str(labels.get("severity", "warning")).lower()
    if severity not in _SEVERITIES:
        notes += (f"severity {severity!r} is read as medium",)
    said = _without_templates(str(annotations.get("description") or annotations.get("summary") or "")).strip()
    rule |= {
        "name": name,
        "severity": _SEVERITIES.get(severity, "medium"),
        "duration": _duration(given.get("for")),
        "keepFiringFor": _duration(given.get("keep_firing_for")),
        "description": f"{said}\n\nImported from Prometheus: {expression.strip()}".strip()[:4000],
    }
    if runbook := str(annotations.get("runbook_url", "")):
        rule["runbookUrl"] = runbook
    return rule, tuple(dict.fromkeys(notes))


def _without_templates(text: str) -> str:
    """The text without its `{{ ... }}` and what is blank before them."""
    kept, at = [], 0
    while (begins := text.find("{{", at)) >= 0 and (ends := text.find("}}", begins + 2)) >= 0:
        kept.append(text[at:begins].rstrip())
        at = ends + 2
    return "".join([*kept, text[at:]])


def _read_expression(node: Node) -> tuple[dict[str, object], tuple[str, ...]]:
    if isinstance(node, Call) and node.function in ("absent", "absent_over_time"):
        return _read_absent(node)
    operator = node.operator if isinstance(node, Binary) else ""
    if operator not in ("and", "or"):
        term, condition = _read_comparison(node)
        return {**condition, "groupBy": list(term.group_by)}, term.notes
    parts, notes = _without_guards(_parts(node, operator), operator)
    read = [_read_comparison(part) for part in parts]
    groups = {term.group_by for term, _ in read}
    if len(groups) > 1:
        shown = " against ".join(sorted(", ".join(group) or "nothing" for group in groups))
        raise NotConvertible(f"joins metrics that are grouped differently: {shown}")
    notes += tuple(note for term, _ in read for note in term.notes)
    rule: dict[str, object] = {"groupBy": list(read[0][0].group_by)}
    if len(read) == 1:
        return rule | read[0][1], notes
    match = "all" if operator == "and" else "any"
    return rule | {"match": match, "conditions": [condition for _, condition in read]}, notes


def _parts(node: Node, operator: str) -> list[Node]:
    if isinstance(node, Binary) and node.operator == operator:
        return [*_parts(node.left, operator), *_parts(node.right, operator)]
    if isinstance(node, Binary) and node.operator in ("and", "or", "unless"):
        raise NotConvertible(f"mixes {operator} with {node.operator}")
    return [node]


def _without_guards(parts: list[Node], operator: str) -> tuple[list[Node], tuple[str, ...]]:
    """Leave out what only keeps read-only file systems away, if it stands beside something else."""
    kept, notes = [], []
    for part in parts:
        if operator == "and" and _is_guard(part):
            notes.append("the guard against read-only file systems is left out: they are judged too")
        else:
            kept.append(part)
    if not kept:
        return parts, ()
    return kept, tuple(notes)


def _is_guard(node: Node) -> bool:
    """node_filesystem_readonly == 0."""
    return (
        isinstance(node, Binary)
        and node.operator == "=="
        and isinstance(node.left, Selector)
        and node.left.metric in ALWAYS_TRUE_GUARDS
        and constant(node.right) == 0
    )


def _read_comparison(node: Node) -> tuple[Term, dict[str, object]]:
    if not isinstance(node, Binary) or node.operator not in _OPERATORS:
        if isinstance(node, Binary) and node.operator in ("unless", "%", "^"):
            raise NotConvertible(f"uses {node.operator}, which has no counterpart")
        raise NotConvertible("compares nothing with a number")
    operator, left, right = node.operator, node.left, node.right
    if any(isinstance(side, Binary) and side.operator in _OPERATORS for side in (left, right)):
        raise NotConvertible("compares a comparison")
    if constant(left) is not None:
        operator, left, right = _MIRRORED[operator], right, left
    limit = constant(right)
    notes: tuple[str, ...] = ()
    if limit is None:
        # Two metrics: the agent may measure their quotient.
        left, limit = Binary("/", left, right), 1.0
        notes = ("both sides are taken to be positive, and their quotient is judged",)
    if isinstance(left, Call) and left.function == "abs" and len(left.arguments) == 1 and operator in (">", ">="):
        return _read_distance(read_term(left.arguments[0]), limit)
    term = read_term(left)
    if not term.scale:
        raise NotConvertible("compares a metric times nothing")
    threshold = float(f"{(limit - term.shift) / term.scale:.12g}")
    if term.scale < 0:
        operator = _MIRRORED[operator]
    aggregation = term.aggregation
    if term.of_many:
        aggregation = {">": "max", "<": "min"}.get(operator[0], aggregation)
    condition = _condition(term, _OPERATORS[operator], threshold) | {"aggregation": aggregation}
    return replace(term, notes=term.notes + notes), condition


def _read_distance(term: Term, limit: float) -> tuple[Term, dict[str, object]]:
    """abs(term) > limit."""
    if not term.scale:
        raise NotConvertible("compares a metric times nothing")
    ends = sorted((end - term.shift) / term.scale for end in (-limit, limit))
    return term, _condition(term, "outside_range", ends[0]) | {"thresholdHigh": ends[1]}


def _condition(term: Term, operator: str, threshold: float) -> dict[str, object]:
    return {
        "metricType": term.metric_type,
        "condition": operator,
        "threshold": threshold + 0.0,
        "aggregation": term.aggregation,
        "window": term.window,
        "tags": dict(term.tags),
    }


def _read_absent(call: Call) -> tuple[dict[str, object], tuple[str, ...]]:
    inner = call.arguments[0] if call.arguments else None
    if not isinstance(inner, Selector):
        raise NotConvertible(f"uses {call.function}() of something else than a metric")
    term = read_atom(Selector(inner.metric, inner.matchers, None, inner.offset))
    rule: dict[str, object] = {
        "metricType": term.metric_type,
        "condition": "less_than",
        "threshold": 1.0,
        "aggregation": "count",
        "window": inner.range or 300,
        "tags": dict(term.tags),
        "groupBy": [],
        "noData": "alert",
    }
    return rule, ()


def _duration(value: object) -> int:
    if value in (None, "", 0, "0", "0s", "0m"):
        return 0
    return seconds(str(value))


def _object(given: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = given.get(name)
    return value if isinstance(value, Mapping) else {}
