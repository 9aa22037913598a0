"""`perfmon tokens`: create, list, revoke."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from perfmon_client.cli.session import AsJson, connect, print_json

app = typer.Typer(no_args_is_help=True)
PATH = "/monitoring/tokens"


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List tokens, without their secrets."""
    http = connect()
    page = http.get(PATH)
    tokens = page["tokens"]
    while page["next"]:
        page = http.get(PATH, after=page["next"])
        tokens += page["tokens"]
    if as_json:
        print_json(tokens)
        return
    table = Table("id", "name", "scopes", "expires", "last used", box=None)
    for token in tokens:
        scopes = " ".join(token["scopes"])
        table.add_row(token["id"], token["name"], scopes, token["expiresAt"] or "never", token["lastUsedAt"] or "never")
    Console().print(table)


@app.command()
def create(
    name: str,
    scope: Annotated[list[str], typer.Option(help="ingest, read, respond, manage or admin; several times for more.")],
    expires: Annotated[str | None, typer.Option(help="ISO 8601 with a zone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a token; its secret is shown this once."""
    answer = connect().post(PATH, {"name": name, "scopes": scope, **({"expiresAt": expires} if expires else {})})
    if as_json:
        print_json(answer)
    else:
        typer.echo(answer["token"])


@app.command()
def revoke(token_id: str) -> None:
    """Revoke a token; it stops working within 30 seconds."""
    connect().delete(f"{PATH}/{token_id}")
    typer.echo(f"revoked {token_id}")
