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
MOST_POINTS = 100_000  # of an answer: about 3 MB
MOST_STEPS = 5_000
FIRST_STEPS = 100  # of up to a thousand series
BATCH = 1_000
_FIRST = ["metricType", "unit", "time", "value"]
Row = list[str]
_FORMULA = ("=", "+", "-", "@")


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


def read_range(http: Http, query: dict[str, Any], start: int, end: int, step: int) -> Iterator[tuple[int, list[Row]]]:
    """A range of any length, in pieces: where each ends, epoch ms, and its rows. All but the first begin on the grid.

    An answer has to fit through the API: the more series there are, the shorter the next piece.
    """
    steps = FIRST_STEPS
    while start < end:
        until = min(end, start - start % step + steps * step)
        answer = http.post(QUERY, {**query, "from": start, "to": until, "fill": "none"}, repeat=True)
        yield until, list(_rows(answer, query["metricType"], query["groupBy"]))
        steps = max(1, min(MOST_STEPS, MOST_POINTS // max(1, len(answer["series"]))))
        start = until


def _rows(answer: dict[str, Any], metric: str, tags: Sequence[str]) -> Iterator[Row]:
    for series in answer["series"]:
        values = [guarded(series["tags"].get(tag, "")) for tag in tags]
        for at, value in series["points"]:
            time = datetime.fromtimestamp(at / 1000, timezone.utc).isoformat(timespec="milliseconds")
            yield [metric, guarded(answer["unit"]), time, repr(value), *values]


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
