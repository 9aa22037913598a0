"""`perfmon alerts`, `perfmon ack` and `perfmon resolve`: what fires, why, and what is done about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from perfmon_client.cli.naming import id_of
from perfmon_client.cli.rules import RULES
from perfmon_client.cli.session import AsJson, below, connect, listed, print_json
from perfmon_client.cli.showing import moment, plain, show_table, tags_text
from perfmon_client.cli.spans import after

app = typer.Typer(no_args_is_help=True)
ALERTS = "/monitoring/alerts"
Ids = Annotated[list[str], typer.Argument(help="Ids, as `perfmon alerts list` shows them.")]
Comment = Annotated[str | None, typer.Option(help="For the timeline.")]


@app.command("list")
def list_alerts(
    state: Annotated[str, typer.Option(help="firing, pending, resolved or all.")] = "firing",
    rule: Annotated[str | None, typer.Option(help="A rule's id or name.")] = None,
    metric: Annotated[str | None, typer.Option(help="A metric type.")] = None,
    severity: Annotated[str | None, typer.Option(help="low, medium, high or critical.")] = None,
    tags: Annotated[str | None, typer.Option(help="key:value, separated by commas.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="ISO 8601, or relative like -7d.")] = None,
    to: Annotated[str | None, typer.Option(help="As --from.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """List alerts, the newest first."""
    http = connect()
    rule_id = None if rule is None else id_of(http, RULES, "rules", rule)
    wanted = {"ruleId": rule_id, "metricType": metric, "severity": severity, "tags": tags, "from_": from_, "to": to}
    found = listed(http, ALERTS, "alerts", limit, state=None if state == "all" else state, **wanted)
    if as_json:
        print_json(found)
        return
    show_table(
        ("id", "severity", "state", "since", "acknowledged", "message"),
        (
            (
                each["id"],
                each["severity"],
                each["state"],
                moment(each["firedAt"] or each["pendingSince"]),
                each["acknowledgedBy"],
                each["message"],
            )
            for each in found
        ),
        "no alerts",
    )


@app.command()
def show(
    alert_id: str,
    at: Annotated[str | None, typer.Option(help="As it stood then: ISO 8601, or relative like -1h.")] = None,
    as_json: AsJson = False,
) -> None:
    """Explain one alert: why it stands as it does, who was told, and how it came to this."""
    found = connect().get(f"{below(ALERTS, alert_id)}/explain", at=at)
    if as_json:
        print_json(found)
        return
    alert = found["alert"]
    typer.echo(plain(f"{alert['ruleName']} ({alert['severity']}): {found['state']} at {moment(found['at'])}"))
    typer.echo(plain(alert["message"]))
    typer.echo(plain(found["because"]))
    for each in found["conditions"] or []:
        value = "no data" if each["value"] is None else f"{each['value']:g}"
        words = each["condition"].replace("_", " ")
        typer.echo(plain(f"  {each['metricType']} {words} {each['threshold']:g}: {value}, {each['verdict']}"))
    if found["mutedBy"]:
        typer.echo(plain(f"Not told: {found['mutedBy']['reason']} {found['mutedBy']['id']}"))
    if alert["acknowledgedAt"]:
        typer.echo(plain(f"Acknowledged by {alert['acknowledgedBy']}: {alert['acknowledgementComment'] or '-'}"))
    typer.echo("")
    show_table(
        ("at", "became", "reason", "by"),
        ((moment(each["at"]), each["to"], each["reason"], each["by"]) for each in found["timeline"]),
        "nothing happened yet",
    )
    typer.echo("")
    show_table(
        ("at", "told", "because", "state", "error"),
        (
            (moment(each["at"]), each["channelName"] or each["channelId"], each["reason"], each["state"], each["error"])
            for each in found["told"]
        ),
        "nobody was told",
    )


def acknowledge(
    alert_ids: Ids,
    comment: Comment = None,
    for_: Annotated[str | None, typer.Option("--for", help="Until then only, like 2h.")] = None,
    as_json: AsJson = False,
) -> None:
    """Acknowledge alerts: repeats and escalation stop."""
    body = {"comment": comment, "expiresAt": after(for_) if for_ else None}
    _act(alert_ids, "acknowledge", body, "acknowledged", as_json=as_json)


def resolve(alert_ids: Ids, comment: Comment = None, as_json: AsJson = False) -> None:
    """Resolve alerts by hand; what is still breached begins a new one."""
    _act(alert_ids, "resolve", {"comment": comment}, "resolved", as_json=as_json)


def _act(alert_ids: list[str], verb: str, body: dict[str, Any], done: str, *, as_json: bool) -> None:
    http = connect()
    given = {name: value for name, value in body.items() if value is not None}
    answers = []
    for alert_id in alert_ids:
        answers.append(http.post(f"{below(ALERTS, alert_id)}/{verb}", given, repeat=True))
        if not as_json:
            where = tags_text(answers[-1]["tags"])
            typer.echo(plain(f"{done} {alert_id}: {answers[-1]['ruleName']} {where}".rstrip()))
    if as_json:
        print_json(answers)
