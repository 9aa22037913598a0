"""A PromQL term -> what a condition here aggregates, times a number, plus a number.

Arithmetic is worked out as a fraction of sums: (a x metric + b x other + c) / (d x total). What remains must be one
metric, or a fraction that the agent measures itself, like available by total memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from chalicelib.domain.prometheus_atoms import NotConvertible, Term, read_atom, translate_tags
from chalicelib.domain.prometheus_names import HOST_TAG, LOAD_WINDOWS, SHARES_LEFT
from chalicelib.domain.promql_tree import Aggregate, Binary, Call, Node, Number, Selector

Sum = dict[Node | None, float]  # None stands for 1


@dataclass(frozen=True, slots=True)
class Fraction:
    """One sum by another."""

    over: Sum
    under: Sum = field(default_factory=lambda: {None: 1.0})


def read_term(node: Node) -> Term:
    """The term that a node stands for. Raises NotConvertible."""
    fraction = _work_out(node)
    if list(fraction.under) == [None]:
        return _read_sum(fraction.over, fraction.under[None])
    return _read_share(fraction)


def constant(node: Node) -> float | None:
    """The number that a node comes to; None when it holds a metric."""
    try:
        fraction = _work_out(node)
    except ZeroDivisionError:
        raise NotConvertible("divides by zero") from None
    if set(fraction.over) <= {None} and list(fraction.under) == [None]:
        return fraction.over.get(None, 0.0) / fraction.under[None]
    return None


def _work_out(node: Node) -> Fraction:
    if isinstance(node, Number):
        return Fraction({None: node.value})
    if not isinstance(node, Binary):
        return Fraction({node: 1.0})
    if node.operator not in ("+", "-", "*", "/"):
        raise NotConvertible(f"uses {node.operator} within a calculation, which has no counterpart")
    if node.operator == "*":
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(other, Selector) and other.metric.endswith("_info"):
                return _work_out(one)  # an info metric is 1: it only adds labels
    left, right = _work_out(node.left), _work_out(node.right)
    if node.operator in ("+", "-"):
        return _add(left, right if node.operator == "+" else _scale(right, -1.0))
    return _multiply(left, right) if node.operator == "*" else _divide(left, right)


def _add(left: Fraction, right: Fraction) -> Fraction:
    for one, other in ((left, right), (right, left)):
        if set(other.over) <= {None} and list(other.under) == [None]:
            share = other.over.get(None, 0.0) / other.under[None]
            return Fraction(_plus(one.over, _times(one.under, share)), one.under)
    if left.under != right.under:
        raise NotConvertible("adds fractions of different metrics")
    return Fraction(_plus(left.over, right.over), left.under)


def _multiply(left: Fraction, right: Fraction) -> Fraction:
    for one, other in ((left, right), (right, left)):
        if set(other.over) <= {None} and list(other.under) == [None]:
            return _scale(one, other.over.get(None, 0.0) / other.under[None])
    raise NotConvertible("multiplies two metrics")


def _divide(left: Fraction, right: Fraction) -> Fraction:
    if set(right.over) <= {None} and list(right.under) == [None]:
        if not right.over.get(None):
            raise NotConvertible("divides by zero")
        return _scale(left, right.under[None] / right.over[None])
    if list(left.under) != [None] or list(right.under) != [None]:
        raise NotConvertible("divides fractions of metrics")
    if not any(right.over.values()):
        raise NotConvertible("divides by zero")
    return Fraction(_times(left.over, 1 / left.under[None]), _times(right.over, 1 / right.under[None]))


def _scale(fraction: Fraction, by: float) -> Fraction:
    return Fraction(_times(fraction.over, by), fraction.under)


def _times(terms: Sum, by: float) -> Sum:
    return {node: factor * by for node, factor in terms.items()}


def _plus(one: Sum, other: Sum) -> Sum:
    total = {node: one.get(node, 0.0) + other.get(node, 0.0) for node in (*one, *other)}
    return {node: factor for node, factor in total.items() if factor}


def _read_sum(over: Sum, divisor: float) -> Term:
    atoms = [node for node in over if node is not None]
    if uptime := _read_uptime(over):
        return uptime
    if not atoms:
        raise NotConvertible("compares no metric")
    if len(atoms) > 1:
        raise NotConvertible(f"adds or compares several metrics: {', '.join(sorted(map(_name, atoms)))}")
    term = _read_one(atoms[0])
    scale, shift = over[atoms[0]] / divisor, over.get(None, 0.0) / divisor
    return replace(term, scale=term.scale * scale, shift=term.shift * scale + shift)


def _read_one(atom: Node) -> Term:
    """One atom; an aggregation over arithmetic is the arithmetic over the aggregation, as far as that is true."""
    if isinstance(atom, Aggregate) and len(atom.arguments) == 1 and isinstance(atom.arguments[0], Binary):
        inner = _work_out(atom.arguments[0])
        atoms = [node for node in inner.over if node is not None]
        if atom.function in ("avg", "max", "min") and list(inner.under) != [None]:
            # Of one host there is one such share, or one for each file system: each is judged by itself.
            share = _read_share(inner)
            return replace(share, notes=(*share.notes, f"{atom.function} is left out: each share is judged by itself"))
        if len(atoms) != 1 or (atom.function != "avg" and (inner.over[atoms[0]] < 0 or None in inner.over)):
            raise NotConvertible(f"takes the {atom.function} of a calculation")
        term = read_atom(replace(atom, arguments=(atoms[0],)))
        scale, shift = inner.over[atoms[0]] / inner.under[None], inner.over.get(None, 0.0) / inner.under[None]
        return replace(term, scale=term.scale * scale, shift=term.shift * scale + shift)
    return read_atom(atom)


def _read_uptime(over: Sum) -> Term | None:
    """time() - node_boot_time_seconds."""
    signs = {_name(node): (factor, node) for node, factor in over.items() if node is not None}
    if set(signs) != {"time()", "node_boot_time_seconds"} or signs["time()"][0] != -signs["node_boot_time_seconds"][0]:
        return None
    scale, boot = signs["time()"][0], signs["node_boot_time_seconds"][1]
    assert isinstance(boot, Selector)
    tags, notes = translate_tags(boot.matchers, "uptime")
    return Term("uptime", "last", 60, tags, (HOST_TAG,), scale, over.get(None, 0.0), notes)


def _read_share(fraction: Fraction) -> Term:
    under = [node for node in fraction.under if node is not None]
    if len(under) != 1 or None in fraction.under or None in fraction.over:
        raise NotConvertible("divides by a sum")
    total, divisor = under[0], fraction.under[under[0]]
    if load := _read_load(fraction.over, total, divisor):
        return load
    parts = {node: factor for node, factor in fraction.over.items() if node is not None and node != total}
    factors = {round(factor, 9) for factor in parts.values()}
    if isinstance(total, Selector) and len(factors) == 1 and all(isinstance(node, Selector) for node in parts):
        selectors = [node for node in parts if isinstance(node, Selector)]
        for names, metric, tags_of_group, note in SHARES_LEFT.get(total.metric, ()):
            if names == {selector.metric for selector in selectors}:
                if any(set(selector.matchers) != set(total.matchers) for selector in selectors):
                    raise NotConvertible("divides series that are selected differently")
                tags, notes = translate_tags(total.matchers, metric)
                scale, shift = factors.pop() / divisor, fraction.over.get(total, 0.0) / divisor
                notes += (note,) if note else ()
                return Term(metric, "avg", 60, tags, (HOST_TAG, *tags_of_group), -scale / 100, scale + shift, notes)
    shown = ", ".join(sorted(map(_name, parts)))
    raise NotConvertible(f"divides two metrics ({shown} by {_name(total)}), and the agent has no metric for it")


def _read_load(over: Sum, total: Node, divisor: float) -> Term | None:
    """Load by the number of cores."""
    atoms = [node for node in over if node is not None]
    if len(atoms) != 1 or not isinstance(atoms[0], Selector) or atoms[0].metric not in LOAD_WINDOWS:
        return None
    if not (isinstance(total, Aggregate) and total.function == "count" and _counts_cores(total.arguments[0])):
        return None
    window = LOAD_WINDOWS[atoms[0].metric]
    tags, notes = translate_tags(atoms[0].matchers, "system_load")
    if window > 60:
        notes += (f"{atoms[0].metric} is read as system_load averaged over {window} seconds",)
    return Term("system_load", "avg", window, tags, (HOST_TAG,), over[atoms[0]] / divisor, 0.0, notes)


def _counts_cores(node: Node) -> bool:
    """Whether there is one such series a core: node_cpu_seconds_total of one mode, or grouped by core."""
    if isinstance(node, Aggregate):
        return "cpu" in (node.by or ()) and isinstance(node.arguments[0], Selector)
    return (
        isinstance(node, Selector)
        and node.metric == "node_cpu_seconds_total"
        and any(label == "mode" and operator == "=" for label, operator, _ in node.matchers)
    )


def _name(node: Node) -> str:
    if isinstance(node, Selector):
        return node.metric
    if isinstance(node, Call | Aggregate):
        inner = ", ".join(_name(argument) for argument in node.arguments)
        return f"{node.function}({inner})"
    return "a calculation"
