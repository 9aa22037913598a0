"""The command `perfmon`. A new command group is a file here and a line below."""

from __future__ import annotations

import sys

import typer

from perfmon_client.cli import doctor, metrics, query, rules, status, tokens
from perfmon_client.errors import ApiError, Unreachable

app = typer.Typer(
    help="Talk to the Performance Monitoring Service.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.command("status")(status.status)
app.command("query")(query.query)
app.command("doctor")(doctor.doctor)
app.add_typer(metrics.app, name="metrics", help="Send metrics, and see what arrives.")
app.add_typer(rules.app, name="rules", help="Alert rules as files: plan, apply, test, export.")
app.add_typer(tokens.app, name="tokens", help="Create, list and revoke tokens.")


def main() -> None:
    """Run it. Exit codes: 0 done, 1 the service said no, 2 wrong usage, 3 the service cannot be reached."""
    try:
        app()
    except Unreachable as error:
        print(error, file=sys.stderr)
        sys.exit(3)
    except ApiError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
