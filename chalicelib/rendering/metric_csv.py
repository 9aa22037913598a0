"""A query's points as CSV, one row a point: what a spreadsheet wants."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from chalicelib.domain.instants import to_iso
from chalicelib.rendering.report_csv import safe_cell

Points = Sequence[tuple[int, float | None]]


def metric_csv(group_by: Sequence[str], series: Iterable[tuple[Mapping[str, str], Points]]) -> str:
    """The time (ISO 8601), the tags grouped by, the value; a gap's value is empty."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(["time", *map(safe_cell, group_by), "value"])
    for tags, points in series:
        named = [safe_cell(tags[key]) for key in group_by]
        rows.writerows([to_iso(time), *named, "" if value is None else value] for time, value in points)
    return out.getvalue()
