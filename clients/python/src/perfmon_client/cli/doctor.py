"""`perfmon doctor`: what is the matter, and what to do about it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfmon_client import configuration
from perfmon_client.cli.session import AsJson
from perfmon_client.cli.showing import cell, plain
from perfmon_client.doctor import stores
from perfmon_client.doctor.examine import examine
from perfmon_client.doctor.finding import Finding, Status
from perfmon_client.http import Http

_MARKS = {
    Status.OK: "[green]ok[/]",
    Status.SKIPPED: "skipped",
    Status.WARN: "[yellow]warn[/]",
    Status.FAIL: "[red]FAIL[/]",
}


def doctor(
    stack: Annotated[str, typer.Option(help="Look on AWS: the stack's name, like perfmon-dev. Needs boto3.")] = "",
    as_json: AsJson = False,
) -> None:
    """Check service, stores, recording, rules, mail and log; exit code 1 when something fails.

    DATABASE_URL and REDIS_URL, when set, are asked directly, also when the API is down. SMTP_* as for the service.
    """
    given = configuration.read(os.environ, Path.cwd())
    api = Http(given.url, given.token, sleep=lambda _: None)
    session: Any = None
    if stack:
        import boto3

        session = boto3.Session()
    found = list(examine(api, os.environ, Path(".local/logs"), stores.now(), stack=stack, session=session))
    if as_json:
        typer.echo(json.dumps([asdict(each) | {"status": each.status.value} for each in found], indent=2))
    else:
        show(found)
    if any(each.status is Status.FAIL for each in found):
        raise typer.Exit(1)


def show(found: list[Finding]) -> None:
    """A table; what is fine takes one line."""
    table = Table("", "check", "found", box=None)
    for each in found:
        remedy = f"\n→ {plain(each.remedy)}" if each.remedy else ""
        table.add_row(_MARKS[each.status], cell(each.check), Text(plain(each.says) + remedy))
    Console().print(table)
