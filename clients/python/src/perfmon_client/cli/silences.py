"""`perfmon silence`: keep alerts from being told for a while."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from perfmon_client.cli.metrics import tags_of
from perfmon_client.cli.naming import id_of
from perfmon_client.cli.rules import RULES
from perfmon_client.cli.session import AsJson, below, connect, listed, print_json, told
from perfmon_client.cli.showing import moment, plain, show_table, tags_text
from perfmon_client.cli.spans import after

app = typer.Typer(no_args_is_help=True)
SILENCES = "/monitoring/silences"


@app.command("list")
def list_silences(
    ended: Annotated[bool, typer.Option("--ended", help="Those that are over as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """List silences."""
    found = listed(connect(), SILENCES, "silences", ended="true" if ended else None)
    if as_json:
        print_json(found)
        return
    show_table(
        ("id", "from", "to", "covers", "by", "comment"),
        (
            (
                each["id"],
                moment(each["startsAt"]),
                moment(each["endsAt"]),
                covers(each),
                each["author"],
                each["comment"],
            )
            for each in found
        ),
        "no silences",
    )


@app.command()
def add(
    for_: Annotated[str | None, typer.Option("--for", help="For so long, like 2h.")] = None,
    until: Annotated[str | None, typer.Option(help="ISO 8601 with a zone, instead of --for.")] = None,
    rule: Annotated[str | None, typer.Option(help="A rule's id or name.")] = None,
    metric: Annotated[str | None, typer.Option(help="A metric type, or ~ and a pattern.")] = None,
    severity: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="key=value; may be given several times.")] = None,
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Only list the active alerts it would cover.")] = False,
    as_json: AsJson = False,
) -> None:
    """Silence what all of --rule, --metric, --severity and --tag say; at least one of them."""
    if (for_ is None) == (until is None):
        raise typer.BadParameter("say how long: either --for 2h or --until 2026-01-31T18:00:00Z")
    body: dict[str, Any] = {
        "endsAt": until or after(for_ or ""),
        "ruleId": rule,
        "metricType": metric,
        "severity": severity,
        "tags": tags_of(tag or []),
        "comment": comment,
    }
    given = {name: value for name, value in body.items() if value}
    if not given.keys() & {"ruleId", "metricType", "severity", "tags"}:
        raise typer.BadParameter("say what: at least one of --rule, --metric, --severity and --tag")
    http = connect()
    if rule is not None:
        given["ruleId"] = id_of(http, RULES, "rules", rule)
    answer = http.post(f"{SILENCES}/preview" if preview else SILENCES, given)
    if as_json:
        print_json(answer["alerts"] if preview else answer)
    elif preview:
        show_table(
            ("id", "severity", "message"),
            ((each["id"], each["severity"], each["message"]) for each in answer["alerts"]),
            "it would cover no active alert",
        )
    else:
        typer.echo(plain(f"{answer['id']}: {covers(answer)} until {moment(answer['endsAt'])} UTC"))


@app.command()
def end(silence_id: str, as_json: AsJson = False) -> None:
    """End a silence now; it stays readable."""
    connect().delete(below(SILENCES, silence_id))
    told(plain(f"ended {silence_id}"), {"ended": silence_id}, as_json=as_json)


def covers(silence: dict[str, Any]) -> str:
    """What a silence is about, in one line."""
    parts = {
        "rule": silence["ruleId"],
        "metric": silence["metricType"],
        "severity": ",".join(silence["severity"] or []),
    }
    named = " ".join(f"{name} {value}" for name, value in parts.items() if value)
    return f"{named} {tags_text(silence['tags'])}".strip()
