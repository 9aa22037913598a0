"""`perfmon reports`: build one now, read those that were made, have one mailed again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from perfmon_client.cli.session import AsJson, below, connect, listed, print_json, sparkline, told
from perfmon_client.cli.showing import moment, plain, show_table

app = typer.Typer(no_args_is_help=True)
REPORTS = "/monitoring/reports"
SCHEDULES = "/monitoring/reports/schedules"
_SHOWN = 10  # alerts of a report
Output = Annotated[Path | None, typer.Option(help="Write it there; .html is a page, .csv (generate) a table.")]


@app.command("list")
def list_reports(
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50, as_json: AsJson = False
) -> None:
    """List the reports that were made on schedules, the newest first."""
    found = listed(connect(), REPORTS, "reports", limit)
    if as_json:
        print_json(found)
        return
    show_table(
        ("id", "title", "made", "mailed"),
        ((each["id"], each["title"], moment(each["createdAt"]), moment(each["sentAt"])) for each in found),
        "no reports yet",
    )


@app.command()
def show(report_id: str, output: Output = None, as_json: AsJson = False) -> None:
    """Read a report as it was when it was made."""
    _give(below(REPORTS, report_id), {}, output, as_json=as_json)


@app.command()
def generate(
    period: Annotated[str | None, typer.Option(help="hourly, daily, weekly or monthly: the last complete one.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="A date, or ISO 8601.")] = None,
    to: Annotated[str | None, typer.Option(help="A date (the whole day), or ISO 8601.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Like Europe/Berlin.")] = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Build a report of a period now."""
    query = {"period": period, "startDate": from_, "endDate": to, "timezone": timezone}
    _give(f"{REPORTS}/performance", query, output, as_json=as_json)


@app.command()
def schedule(
    period: Annotated[str, typer.Argument(help="hourly, daily, weekly or monthly.")],
    recipient: Annotated[list[str], typer.Option(help="An address; may be given several times.")],
    hour: Annotated[int | None, typer.Option(help="Of the day, in the time zone.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Like Europe/Berlin.")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="html or text.")] = None,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    as_json: AsJson = False,
) -> None:
    """Have a report made and mailed again and again."""
    body: dict[str, Any] = {
        "period": period,
        "recipients": recipient,
        "hour": hour,
        "timezone": timezone,
        "format": format_,
        "name": name,
    }
    answer = connect().post(SCHEDULES, {field: value for field, value in body.items() if value is not None})
    if as_json:
        print_json(answer)
    else:
        typer.echo(plain(f"{answer['id']}: {answer['period']}, next at {moment(answer['nextDue'])} UTC"))


@app.command()
def schedules(as_json: AsJson = False) -> None:
    """List the schedules."""
    found = listed(connect(), SCHEDULES, "schedules")
    if as_json:
        print_json(found)
        return
    show_table(
        ("id", "name", "period", "next", "recipients"),
        (
            (each["id"], each["name"], each["period"], moment(each["nextDue"]) or "off", ", ".join(each["recipients"]))
            for each in found
        ),
        "no schedules",
    )


@app.command()
def unschedule(schedule_id: str, as_json: AsJson = False) -> None:
    """Delete a schedule; the reports made on it stay."""
    connect().delete(below(SCHEDULES, schedule_id))
    told(plain(f"deleted {schedule_id}"), {"deleted": schedule_id}, as_json=as_json)


def _give(path: str, query: dict[str, Any], output: Path | None, *, as_json: bool) -> None:
    http = connect()
    if output is not None:
        form = {".html": "html", ".csv": "csv"}.get(output.suffix, "json")
        output.write_bytes(http.download(path, **query, format=form))
        told(f"written to {output}", {"written": str(output)}, as_json=as_json)
        return
    report = http.get(path, **query, format="json")
    if as_json:
        print_json(report)
        return
    typer.echo(plain(report["title"]))
    points = report["series"]["points"]
    show_table(
        ("figure", "value", "course"),
        (
            (name, "" if value is None else f"{value:g}", sparkline([each.get(name) for each in points]))
            for name, value in report["metrics"].items()
        ),
        "no figures",
    )
    show_table(
        ("trend", "", "change", "judged"),
        (
            (
                each["metricType"],
                each["trend"],
                "" if each["changePercent"] is None else f"{each['changePercent']:g} %",
                each["judgement"],
            )
            for each in report["trends"]
        ),
        "no trends",
    )
    alerts = report["alerts"]
    typer.echo(f"alerts: {len(alerts)}")
    for each in alerts[:_SHOWN]:
        typer.echo(plain(f"- {each['message']}"))
    if len(alerts) > _SHOWN:
        typer.echo(f"- and {len(alerts) - _SHOWN} more")
    typer.echo("recommendations:" if report["recommendations"] else "no recommendations")
    for each in report["recommendations"]:
        typer.echo(plain(f"- {each}"))
