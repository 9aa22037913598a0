"""`perfmon query`: points of a metric, as lines one can see."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from perfmon_client.cli.session import AsJson, connect, print_json, sparkline


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
    table = Table("group", "last", "lowest", "highest", f"{aggregation} every {answer['step']} s", box=None)
    for series in answer["series"]:
        values = [value for _, value in series["points"]]
        known = [value for value in values if value is not None]
        group = " ".join(f"{key}={text}" for key, text in series["tags"].items()) or "all"
        figures = (f"{value:.4g} {unit}" for value in (known[-1], min(known), max(known)))
        table.add_row(group, *figures, sparkline(values))
    Console().print(table if answer["series"] else "no samples in this range")
