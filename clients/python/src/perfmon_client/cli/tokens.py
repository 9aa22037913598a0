"""`perfmon tokens`: create, list, revoke."""

from __future__ import annotations

from typing import Annotated

import typer

from perfmon_client.cli.session import AsJson, below, connect, listed, print_json, told
from perfmon_client.cli.showing import plain, show_table
from perfmon_client.cli.spans import after

app = typer.Typer(no_args_is_help=True)
PATH = "/monitoring/tokens"


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List tokens, without their secrets."""
    tokens = listed(connect(), PATH, "tokens")
    if as_json:
        print_json(tokens)
        return
    show_table(
        ("id", "name", "scopes", "expires", "last used"),
        (
            (
                each["id"],
                each["name"],
                " ".join(each["scopes"]),
                each["expiresAt"] or "never",
                each["lastUsedAt"] or "never",
            )
            for each in tokens
        ),
        "no tokens",
    )


@app.command()
def create(
    name: str,
    scope: Annotated[list[str], typer.Option(help="ingest, read, respond, manage or admin; several times for more.")],
    expires: Annotated[str | None, typer.Option(help="After so long, like 90d, or ISO 8601 with a zone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a token; its secret is shown this once."""
    body: dict[str, object] = {"name": name, "scopes": scope}
    if expires:
        body["expiresAt"] = after(expires) if expires[-1].isalpha() and expires[-1] != "Z" else expires
    answer = connect().post(PATH, body)
    if as_json:
        print_json(answer)
    else:
        typer.echo(answer["token"])


@app.command()
def revoke(token_id: str, as_json: AsJson = False) -> None:
    """Revoke a token; it stops working within 30 seconds."""
    connect().delete(below(PATH, token_id))
    told(plain(f"revoked {token_id}"), {"revoked": token_id}, as_json=as_json)
