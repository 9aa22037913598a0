"""`perfmon query`: points of a metric, as lines one can see."""

from __future__ import annotations

from typing import Annotated

import typer

from perfmon_client.cli.session import AsJson, connect, print_json, sparkline
from perfmon_client.cli.showing import show_table, tags_text


def query(
    metric: Annotated[str, typer.Argument(help="The metric type.")],
    from_: Annotated[str, typer.Option("--from", help="ISO 8601, or relative like -1h.")] = "-1h",
    to: Annotated[str, typer.Option(help="As --from.")] = "now",
    step: Annotated[str | None, typer.Option(help="Like 30s or 5m.")] = None,
    aggregation: Annotated[str, typer.Option(help="avg, min, max, sum, count, last, p95, rate, …")] = "avg",
    group_by: Annotated[str | None, typer.Option(help="Tags, separated by commas.")] = None,
    tags: Annotated[str | None, typer.Option(help="key:value, separated by commas.")] = None,
    as_json: AsJson = False,
) -> None:
    """Query a metric."""
    answer = connect().get(
        "/monitoring/metrics/query",
        metricType=metric,
        from_=from_,
        to=to,
        step=step,
        aggregation=aggregation,
        groupBy=group_by,
        tags=tags,
        fill="null",
    )
    if as_json:
        print_json(answer)
        return
    unit = answer["unit"]
    rows = []
    for series in answer["series"]:
        values = [value for _, value in series["points"]]
        if known := [value for value in values if value is not None]:
            figures = (f"{value:.4g} {unit}" for value in (known[-1], min(known), max(known)))
            rows.append((tags_text(series["tags"]) or "all", *figures, sparkline(values)))
    columns = ("group", "last", "lowest", "highest", f"{aggregation}, {answer['step']} s a point")
    show_table(columns, rows, "no samples in this range; `perfmon metrics list` shows what is recorded")
