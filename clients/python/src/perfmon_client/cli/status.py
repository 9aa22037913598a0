"""`perfmon status`: is the service ready, and how does the buffer do? `perfmon health`: how is what it watches?"""

from __future__ import annotations

import typer

from perfmon_client.cli.session import AsJson, connect, print_json, told
from perfmon_client.cli.showing import plain, show_table
from perfmon_client.errors import ApiError


def status(as_json: AsJson = False) -> None:
    """Ask every dependency how it is."""
    try:
        answer = connect().get("/monitoring/health/ready")
    except ApiError as error:
        if error.status != 503:
            raise
        told(f"not ready: {error.detail}", {"status": "not ready", "detail": error.detail}, as_json=as_json)
        raise typer.Exit(1) from None
    if as_json:
        print_json(answer)
        return
    rows = []
    for check in answer["checks"]:
        name, state, latency = check.pop("name"), check.pop("status"), check.pop("latencyMs")
        details = ", ".join(f"{key} {value}" for key, value in check.items() if value)
        rows.append((name, state, f"{latency} ms", details))
    show_table(("check", "status", "latency", "details"), rows, "no checks")


def health(as_json: AsJson = False) -> None:
    """Say how all that is watched does. Exits with 1 when it is critical."""
    found = connect().get("/monitoring/health/system")
    if as_json:
        print_json(found)
    else:
        typer.echo(plain(f"system health: {found['status']}"))
        show_table(
            ("check", "status", "found", "threshold"),
            ((each["name"], each["status"], each["message"], each.get("threshold")) for each in found["checks"]),
            "no checks",
        )
    if found["status"] == "critical":
        raise typer.Exit(1)
