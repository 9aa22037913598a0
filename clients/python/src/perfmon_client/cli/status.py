"""`perfmon status`: is the service ready, and how does the buffer do?"""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from perfmon_client.cli.session import AsJson, connect, print_json, told
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
    table = Table("check", "status", "latency", "details", box=None)
    for check in answer["checks"]:
        name, state, latency = check.pop("name"), check.pop("status"), check.pop("latencyMs")
        details = ", ".join(f"{key} {value}" for key, value in check.items() if value)
        table.add_row(name, state, f"{latency} ms", details)
    Console().print(table)
