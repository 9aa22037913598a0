"""The command `perfmon`. A new command group is a file here and a line below."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from perfmon_client.cli import (
    alerts,
    channels,
    doctor,
    hosts,
    metrics,
    one_rule,
    query,
    reports,
    rules,
    silences,
    status,
    support,
    targets,
    tokens,
    transfer,
)
from perfmon_client.cli.session import own_version
from perfmon_client.cli.showing import plain
from perfmon_client.errors import ApiError, Unreachable

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command("status")(status.status)
app.command("health")(status.health)
app.command("query")(query.query)
app.command("doctor")(doctor.doctor)
app.command("support-bundle")(support.support_bundle)
app.command("ack")(alerts.acknowledge)
app.command("resolve")(alerts.resolve)
app.add_typer(alerts.app, name="alerts", help="What fires, and why.")
app.add_typer(silences.app, name="silence", help="Keep alerts from being told for a while.")
app.add_typer(channels.app, name="channels", help="The ways out, and whether they work.")
app.add_typer(transfer.exporting, name="export", help="Samples as CSV, and what people have set up, to files.")
app.add_typer(transfer.importing, name="import", help="What `export` wrote, into this service or another.")
app.add_typer(hosts.app, name="hosts", help="Who sends, and who no longer does.")
app.add_typer(reports.app, name="reports", help="Build, read and schedule reports.")
app.add_typer(metrics.app, name="metrics", help="Send metrics, and see what arrives.")
app.add_typer(rules.app, name="rules", help="Alert rules: one by one, and as files.")
for verb in (one_rule.show, one_rule.enable, one_rule.disable, one_rule.delete, one_rule.backtest, one_rule.suggest):
    rules.app.command()(verb)
app.add_typer(targets.app, name="targets", help="What the collector pulls.")
app.add_typer(tokens.app, name="tokens", help="Create, list and revoke tokens.")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"perfmon {own_version()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Talk to the Performance Monitoring Service."""


def main() -> None:
    """Run it. Exit codes: 0 done, 1 the service said no, 2 wrong usage, 3 the service cannot be reached."""
    try:
        app(prog_name="perfmon")
    except Unreachable as error:
        print(plain(error), file=sys.stderr)
        sys.exit(3)
    except ApiError as error:
        for line in error.lines():
            print(plain(line), file=sys.stderr)
        if error.status == 401:
            print("The token is that of PERFMON_TOKEN, of PERFMON_TOKEN_FILE, or of .local/token.", file=sys.stderr)
        sys.exit(1)
    except OSError as error:  # a file that cannot be written, or read
        print(plain(error), file=sys.stderr)
        sys.exit(2)
