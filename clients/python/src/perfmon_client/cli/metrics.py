"""`perfmon metrics`: send one, or see what arrives."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from perfmon_client.cli.session import AsJson, connect, print_json

app = typer.Typer(no_args_is_help=True)


@app.command()
def send(
    name: Annotated[str, typer.Argument(help="The metric type.")],
    value: float,
    unit: Annotated[str | None, typer.Option(help="Left out: the metric's usual unit.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="key=value; may be given several times.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record one event."""
    sample: dict[str, object] = {"metricType": name, "value": value, "tags": tags_of(tag or [])}
    if unit is not None:
        sample["unit"] = unit
    answer = connect().post("/monitoring/metrics", sample, idempotent=True)
    if as_json:
        print_json(answer)
    else:
        typer.echo("recorded")


@app.command()
def realtime(
    types: Annotated[list[str], typer.Argument(help="Metric types.")],
    window: Annotated[int, typer.Option(help="Seconds.")] = 300,
    as_json: AsJson = False,
) -> None:
    """What arrived in the last minutes, newest first."""
    answer = connect().get("/monitoring/metrics/realtime", types=",".join(types), windowSeconds=window)
    if as_json:
        print_json(answer)
        return
    table = Table("metric", "value", "unit", "time", "tags", box=None)
    for points in answer.values():
        for point in points[:20]:
            tags = " ".join(f"{key}={text}" for key, text in point["tags"].items())
            table.add_row(point["metricType"], f"{point['value']:g}", point["unit"], point["timestamp"], tags)
    Console().print(table)


def tags_of(pairs: list[str]) -> dict[str, str]:
    """key=value pairs as a map."""
    tags = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"--tag {pair!r} is not key=value")
        tags[key] = value
    return tags
