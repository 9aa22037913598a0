"""`perfmon status`: is the service ready, and how does the buffer do?"""

from __future__ import annotations

import typer

from perfmon_client.cli.session import AsJson, connect, print_json, told
from perfmon_client.cli.showing import show_table
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
