"""`perfmon hosts`: who sends, and who no longer does."""

from __future__ import annotations

from typing import Annotated

import typer

from perfmon_client.cli.session import AsJson, below, connect, listed, print_json, told
from perfmon_client.cli.showing import moment, plain, show_table

app = typer.Typer(no_args_is_help=True)
HOSTS = "/monitoring/hosts"


@app.command("list")
def list_hosts(
    state: Annotated[str | None, typer.Option(help="Only those that are up, late or down.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the hosts that have sent."""
    if state not in (None, "up", "late", "down"):
        raise typer.BadParameter(f"--state {state!r}: must be up, late or down")
    found = listed(connect(), HOSTS, "hosts", state=state)
    if as_json:
        print_json(found)
        return
    show_table(
        ("host", "state", "last seen", "first seen", "agent", "cores", "system"),
        (
            (
                each["name"],
                each["state"],
                moment(each["lastSeen"]),
                moment(each["firstSeen"]),
                each["agentVersion"],
                each["cores"],
                each["os"],
            )
            for each in found
        ),
        "no host has sent yet" if state is None else f"no host is {state}",
    )


@app.command()
def show(name: str, as_json: AsJson = False) -> None:
    """Show one host with its active alerts."""
    host = connect().get(below(HOSTS, name))
    if as_json:
        print_json(host)
        return
    alerts = host.pop("alerts")
    for field, value in host.items():
        typer.echo(plain(f"{field}: {'-' if value is None else value}"))
    show_table(
        ("id", "severity", "message"),
        ((each["id"], each["severity"], each["message"]) for each in alerts),
        "no active alerts",
    )


@app.command()
def forget(name: str, as_json: AsJson = False) -> None:
    """Forget a host that is gone for good: its alerts end."""
    connect().delete(below(HOSTS, name))
    told(plain(f"forgot {name}"), {"forgot": name}, as_json=as_json)
