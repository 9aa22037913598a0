"""`perfmon channels`: the ways out, and whether they work."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from perfmon_client.cli.naming import GivenFile, id_of, put
from perfmon_client.cli.session import AsJson, below, connect, listed, print_json, told
from perfmon_client.cli.showing import moment, plain, show_table
from perfmon_client.http import Http

app = typer.Typer(no_args_is_help=True)
CHANNELS = "/monitoring/channels"
NOTIFICATIONS = "/monitoring/notifications"
_ENDS = ("sent", "failed", "dead", "not_sent", "superseded", "uncertain")


@app.command("list")
def list_channels(as_json: AsJson = False) -> None:
    """List channels, without their secrets."""
    found = listed(connect(), CHANNELS, "channels")
    if as_json:
        print_json(found)
        return
    show_table(
        ("id", "name", "type", "on", "last sent", "error"),
        (
            (
                each["id"],
                each["name"],
                each["type"],
                "on" if each["enabled"] else f"off: {each['disabledReason'] or 'by hand'}",
                moment(each["lastSentAt"]),
                each["lastError"],
            )
            for each in found
        ),
        "no channels",
    )


@app.command()
def add(file: GivenFile, as_json: AsJson = False) -> None:
    """Make a channel, as docs/notifications.md describes it; one of that name becomes what the file says."""
    done, channel = put(connect(), CHANNELS, "channels", file)
    told(plain(f"{done} {channel['id']}: {channel['name']}"), channel, as_json=as_json)


@app.command()
def remove(channel: Annotated[str, typer.Argument(help="Its id or its name.")], as_json: AsJson = False) -> None:
    """Delete a channel; what it was told stays in the ledger."""
    http = connect()
    channel_id = id_of(http, CHANNELS, "channels", channel)
    http.delete(below(CHANNELS, channel_id))
    told(plain(f"removed {channel_id}"), {"removed": channel_id}, as_json=as_json)


@app.command("test")
def try_channel(
    channel: Annotated[str, typer.Argument(help="Its id or its name.")],
    wait: Annotated[int, typer.Option(help="Seconds to wait for what becomes of the message.", min=0)] = 30,
    as_json: AsJson = False,
) -> None:
    """Send a test message, and wait until it has arrived. Exits with 1 when it has not."""
    http = connect()
    made = http.post(f"{below(CHANNELS, id_of(http, CHANNELS, 'channels', channel))}/test", {})
    found = _outcome(http, made["notificationId"], time.monotonic() + wait)
    if as_json:
        print_json(found)
    else:
        typer.echo(plain(f"{found['state']}{': ' + found['error'] if found['error'] else ''}"))
    if found["state"] != "sent":
        raise typer.Exit(1)


def _outcome(http: Http, notification_id: str, until: float) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = http.get(below(NOTIFICATIONS, notification_id))
        if found["state"] in _ENDS or time.monotonic() >= until:
            return found
        time.sleep(0.5)
