"""Samples as CSV: read from queries, chunk by chunk, and written to files; read from files and recorded again.

The columns are `metricType`, `unit`, `time` (ISO 8601, UTC), `value`, and `tag:NAME` for each tag. What a spreadsheet
would take for a formula has an apostrophe before it, which reading takes off again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, TextIO

import typer

from perfmon_client.cli.spans import span
from perfmon_client.http import Http

QUERY = "/monitoring/metrics/query"
STEPS = 1_000  # a query; an answer has to fit through the API, also of many groups
BATCH = 1_000
_FIRST = ["metricType", "unit", "time", "value"]
_FORMULA = ("=", "+", "-", "@")


def chunks(start: int, end: int, step: int) -> list[tuple[int, int]]:
    """A range in pieces of so many steps, epoch ms; all but the first begin on the grid of steps."""
    pieces = []
    while start < end:
        until = min(end, start - start % step + STEPS * step)
        pieces.append((start, until))
        start = until
    return pieces


def instant(text: str, now: int) -> int:
    """Epoch ms of what is written: now, -1h, epoch ms, or ISO 8601 with a zone. Raises BadParameter."""
    if text == "now":
        return now
    if text.startswith("-"):
        return now - round(span(text[1:]).total_seconds() * 1000)
    if text.isdigit():
        return int(text)
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is not a time: now, -1h, epoch milliseconds, or ISO 8601 with a zone")
    return round(found.timestamp() * 1000)


def read_chunk(http: Http, query: dict[str, Any], start: int, end: int) -> Iterator[list[str]]:
    """The rows of one piece of the range."""
    answer = http.post(QUERY, {**query, "from": start, "to": end, "fill": "none"}, repeat=True)
    tags = query["groupBy"]
    for series in answer["series"]:
        values = [guarded(series["tags"].get(tag, "")) for tag in tags]
        for at, value in series["points"]:
            time = datetime.fromtimestamp(at / 1000, timezone.utc).isoformat(timespec="milliseconds")
            yield [query["metricType"], guarded(answer["unit"]), time, repr(value), *values]


def header(tags: Sequence[str]) -> list[str]:
    """The first row."""
    return [*_FIRST, *(f"tag:{tag}" for tag in tags)]


def read_rows(file: TextIO, name: str) -> Iterator[dict[str, Any]]:
    """Every row as a snapshot, which recorded twice changes nothing. Raises BadParameter with the line."""
    rows = csv.DictReader(file)
    missing = [column for column in ("metricType", "time", "value") if column not in (rows.fieldnames or [])]
    if missing:
        raise typer.BadParameter(f"{name}: has no column {missing[0]}; the first line names the columns")
    for row in rows:
        try:
            value = float(row["value"])
        except (TypeError, ValueError):
            raise typer.BadParameter(f"{name}, line {rows.line_num}: value {row['value']!r} is no number") from None
        tags = {
            column.removeprefix("tag:"): unguarded(text)
            for column, text in row.items()
            if column and column.startswith("tag:") and text
        }
        metric, unit = row["metricType"], unguarded(row.get("unit") or "")
        units = {"units": {metric: unit}} if unit else {}
        yield {"tags": tags, "timestamp": row["time"], "metrics": {metric: value}, **units}


def batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows by the request."""
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def guarded(text: str) -> str:
    """A cell that no spreadsheet calculates."""
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text.removeprefix("'")
