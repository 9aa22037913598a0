"""One metric in PromQL, with its function and aggregation -> metric type, aggregation, window, tags, group."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from chalicelib.domain.prometheus_names import (
    CPU_MODES,
    HOST_LABEL,
    HOST_TAG,
    PSEUDO_FILE_SYSTEM_LABELS,
    TAG_OF_LABEL,
    labels_of,
)
from chalicelib.domain.promql_tree import Aggregate, Call, Node, Selector
from chalicelib.domain.selectors import Selection

Matchers = tuple[tuple[str, str, str], ...]
_OVER_TIME = {f"{name}_over_time": name for name in ("avg", "min", "max", "count", "last")}
_WHY_NOT = {
    "predict_linear": "predicts; a rule here judges what was measured",
    "deriv": "fits a slope; percent_increase against an earlier window may do",
    "delta": "takes a difference; percent_increase or percent_decrease against an earlier window may do",
    "idelta": "takes a difference; percent_increase or percent_decrease against an earlier window may do",
    "changes": "counts how often a value changes",
    "resets": "counts a counter's resets",
    "time": "compares with the present time",
    "timestamp": "compares with a sample's time; noData: alert may do",
    "absent": "absent() stands alone, or inside nothing else",
    "absent_over_time": "absent_over_time() stands alone, or inside nothing else",
    "histogram_quantile": "reads a histogram; record the values themselves and take p95",
    "label_replace": "rewrites labels",
}


class NotConvertible(Exception):
    """An expression that no rule here can stand for; the message completes "the expression ..."."""


@dataclass(frozen=True, slots=True)
class Term:
    """The expression's value = aggregated value x `scale` + `shift`; `window` in seconds.

    `of_many`: the group may hold several series; the aggregation is then to be the extreme on the side of the breach.
    """

    metric_type: str
    aggregation: str
    window: int
    tags: Selection
    group_by: tuple[str, ...]
    scale: float = 1.0
    shift: float = 0.0
    notes: tuple[str, ...] = field(default_factory=tuple)
    of_many: bool = False


def read_atom(node: Node) -> Term:
    """The term of a selector, a function of one, or an aggregation of these. Raises NotConvertible."""
    if share := cpu_share(node):
        return share
    if isinstance(node, Selector):
        return _read_selector(node)
    if isinstance(node, Call):
        return _read_call(node)
    if isinstance(node, Aggregate):
        return _read_aggregate(node)
    raise NotConvertible("compares a calculation that is not understood")


def cpu_share(node: Node) -> Term | None:
    """avg by (instance) (rate(node_cpu_seconds_total{mode="..."}[..])): the agent's cpu metrics."""
    if not (isinstance(node, Aggregate) and node.function == "avg" and isinstance(node.arguments[0], Call)):
        return None
    call = node.arguments[0]
    selector = call.arguments[0] if call.arguments else None
    if call.function not in ("rate", "irate") or not isinstance(selector, Selector):
        return None
    modes = [value for label, operator, value in selector.matchers if label == "mode" and operator == "="]
    if selector.metric != "node_cpu_seconds_total" or len(modes) != 1:
        return None
    if modes[0] not in CPU_MODES:
        raise NotConvertible(f"reads the cpu's mode {modes[0]!r}, which the agent does not send")
    metric, scale, shift = CPU_MODES[modes[0]]
    if node.without is None and HOST_LABEL not in (node.by or ()) and node.by:
        raise NotConvertible(f"groups by {', '.join(node.by)} and not by {HOST_LABEL}")
    group_by = (HOST_TAG,) if node.by or node.without is not None else ()
    others = tuple(matcher for matcher in selector.matchers if matcher[0] != "mode")
    tags, notes = translate_tags(others, metric)
    return Term(metric, "avg", selector.range or 60, tags, group_by, scale, shift, notes)


def translate_tags(matchers: Matchers, metric: str) -> tuple[Selection, tuple[str, ...]]:
    """Matchers on node_exporter's labels as tags of one of the agent's metrics, and notes on what was left out."""
    kept, notes = [], []
    for label, operator, value in matchers:
        if label in TAG_OF_LABEL:
            if (operator, value) != ("!=", ""):
                kept.append((TAG_OF_LABEL[label], _expression(operator, value)))
        elif label == "job":
            notes.append(f"job is left out: the agent sends {metric} without it")
        elif label in PSEUDO_FILE_SYSTEM_LABELS and operator in ("!=", "!~"):
            notes.append(f"{label} is left out: the agent sends no pseudo file systems")
        else:
            raise NotConvertible(f"selects by {label}, which {metric} does not carry")
    return tuple(sorted(kept)), tuple(notes)


def _read_selector(selector: Selector) -> Term:
    if selector.range is not None:
        raise NotConvertible("compares a range instead of a value")
    return _term(selector, "last", 60)


def _read_call(call: Call) -> Term:
    selector = call.arguments[-1] if call.arguments else None
    if call.function in _WHY_NOT:
        raise NotConvertible(_WHY_NOT[call.function])
    if not isinstance(selector, Selector) or selector.range is None:
        raise NotConvertible(f"uses {call.function}() of something else than a metric's range")
    if call.function in ("rate", "irate"):
        term = _term(selector, "rate", selector.range)
    elif call.function == "increase":
        term = _term(selector, "increase", selector.range)
    elif call.function in _OVER_TIME:
        term = _term(selector, _OVER_TIME[call.function], selector.range)
    else:
        raise NotConvertible(f"uses {call.function}(), which has no counterpart")
    return term


def _read_aggregate(node: Aggregate) -> Term:
    inner = node.arguments[0] if len(node.arguments) == 1 else None
    if inner is None or node.function not in ("sum", "avg", "min", "max"):
        raise NotConvertible(f"uses {node.function}, which has no counterpart")
    if node.without is not None:
        raise NotConvertible("aggregates without labels; name those that remain, with by")
    term = read_atom(inner)
    group_by = tuple(HOST_TAG if label == HOST_LABEL else label for label in node.by or ())
    if term.aggregation in ("rate", "increase"):
        if node.function != "sum":
            raise NotConvertible(f"takes the {node.function} of rates; here rates of a group add up")
    elif term.aggregation != "last" or node.function == "sum":
        raise NotConvertible(f"takes the {node.function} over series; here an aggregation is over a window's samples")
    else:
        notes = (
            *(note for note in term.notes if "labels" not in note),
            f"{node.function} is over {term.window} seconds",
        )
        return Term(term.metric_type, node.function, term.window, term.tags, group_by, notes=notes)
    return Term(term.metric_type, term.aggregation, term.window, term.tags, group_by)


def _term(selector: Selector, aggregation: str, window: int) -> Term:
    if selector.offset:
        raise NotConvertible("looks into the past with offset; percent_increase with compareTo may do")
    if not selector.metric or any(label == "__name__" for label, _, _ in selector.matchers):
        raise NotConvertible("selects metrics by a pattern")
    fixed = {label for label, operator, _ in selector.matchers if operator == "="}
    labels = labels_of(selector.metric)
    notes: tuple[str, ...] = ()
    if labels is None:
        notes = (f"the labels of {selector.metric} are not known: grouped by {HOST_TAG} alone",)
    group_by = (HOST_TAG, *(label for label in labels or () if label not in fixed))
    tags = {}
    for label, operator, value in selector.matchers:
        tag = HOST_TAG if label == HOST_LABEL else label
        if tag in tags:
            raise NotConvertible(f"selects by {label} twice")
        tags[tag] = _expression(operator, value)
    of_many = labels is None and aggregation == "last"
    return Term(
        selector.metric, aggregation, window, tuple(sorted(tags.items())), group_by, notes=notes, of_many=of_many
    )


def _expression(operator: str, value: str) -> str:
    """A matcher as rules write it; a plain value that would read as an expression becomes a pattern."""
    plain = value if not value.startswith(("!", "~")) else f"~{re.escape(value)}"
    return {"=": plain, "!=": f"!{plain}", "=~": f"~{value}", "!~": f"!~{value}"}[operator]
