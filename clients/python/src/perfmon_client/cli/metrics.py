"""`perfmon metrics`: send one, or see what arrives."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import typer

from perfmon_client.cli.session import AsJson, connect, every, print_json, sparkline
from perfmon_client.cli.showing import show_table, tags_text
from perfmon_client.http import Http

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
    show_table(
        ("metric", "value", "unit", "time", "tags"),
        (
            (each["metricType"], f"{each['value']:g}", each["unit"], each["timestamp"], tags_text(each["tags"]))
            for points in answer.values()
            for each in points[:20]
        ),
        "nothing arrived in this window",
    )


@app.command("list")
def list_metrics(
    matching: Annotated[str, typer.Argument(help="Only metric types with this in their name.")] = "",
    spark: Annotated[bool, typer.Option(help="Show each one's last hour as bars; one query a metric.")] = True,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 40,
    as_json: AsJson = False,
) -> None:
    """List metric types with their last hour."""
    http = connect()
    every_one = every(http, "/monitoring/metrics/catalog", "metrics")
    matched = (each for each in every_one if matching in each["metricType"])
    found = list(islice(matched, limit))
    if as_json:
        print_json(found)
        return
    show_table(
        ("metric", "unit", "series", "last", "last hour" if spark else ""),
        ((each["metricType"], " ".join(each["units"]), each["series"], *_hour(http, each, spark)) for each in found),
        "no metrics",
    )
    if next(matched, None) is not None:
        typer.echo(f"There are more: these are the first {limit}; --limit shows others.", err=True)


def _hour(http: Http, metric: dict[str, Any], spark: bool) -> tuple[str, str]:
    """The last value and the bars of the last hour."""
    if not spark or not metric["lastHour"]:
        return "", ""
    # Recorded in units that do not convert, a metric must be asked for with one.
    unit = metric["units"][0] if len(metric["units"]) > 1 else None
    answer = http.get(
        "/monitoring/metrics/query",
        metricType=metric["metricType"],
        unit=unit,
        from_="-1h",
        step="150s",
        aggregation="avg",
        fill="null",
    )
    values = [value for series in answer["series"][:1] for _, value in series["points"]]
    known = [value for value in values if value is not None]
    return (f"{known[-1]:.4g}", sparkline(values)) if known else ("", "")


def tags_of(pairs: list[str]) -> dict[str, str]:
    """key=value pairs as a map."""
    tags = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"--tag {pair!r} is not key=value")
        tags[key] = value
    return tags
