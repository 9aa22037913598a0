"""Readings as a page for Prometheus: its text format, version 0.0.4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from perfmon_agent.reading import Reading

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NOT_IN_METRIC = re.compile(r"[^a-zA-Z0-9_:]")
_NOT_IN_LABEL = re.compile(r"[^a-zA-Z0-9_]")


def page(readings: Iterable[Reading], tags: Mapping[str, str]) -> bytes:
    """The page. Characters that Prometheus does not take in names become `_`; of two equal series the later counts."""
    metrics: dict[str, tuple[str, dict[str, float]]] = {}
    for reading in readings:
        name = _NOT_IN_METRIC.sub("_", reading.name)
        _, series = metrics.setdefault(name, (reading.unit, {}))
        series[_labels({**tags, **reading.tags})] = reading.value
    lines = []
    for name, (unit, series) in metrics.items():
        if unit:
            lines.append(f"# HELP {name} In {_escaped(unit)}.")
        lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
        lines += [f"{name}{labels} {value!r}" for labels, value in series.items()]
    return ("\n".join(lines) + "\n").encode()


def _labels(tags: Mapping[str, str]) -> str:
    pairs = sorted((_label(key), _escaped(value).replace('"', '\\"')) for key, value in tags.items())
    return "{" + ",".join(f'{key}="{value}"' for key, value in pairs) + "}"


def _label(key: str) -> str:
    name = _NOT_IN_LABEL.sub("_", key)
    return f"_{name}" if name[:1].isdigit() else name


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
