"""`perfmon targets`: what the collector pulls."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from perfmon_client.cli.naming import GivenFile, id_of, put
from perfmon_client.cli.session import AsJson, below, connect, listed, print_json, told
from perfmon_client.cli.showing import moment, plain, show_table

app = typer.Typer(no_args_is_help=True)
TARGETS = "/monitoring/targets"


@app.command("list")
def list_targets(as_json: AsJson = False) -> None:
    """List targets with how their last scrape went."""
    found = listed(connect(), TARGETS, "targets")
    if as_json:
        print_json(found)
        return
    show_table(
        ("id", "name", "type", "state", "last scrape", "samples", "error"),
        (
            (
                each["id"],
                each["name"],
                each["type"],
                each["state"] if each["enabled"] else "off",
                *_scrape(each["lastScrape"]),
            )
            for each in found
        ),
        "no targets",
    )


@app.command()
def add(file: GivenFile, as_json: AsJson = False) -> None:
    """Have a target pulled, as docs/collector.md describes it; one of that name becomes what the file says."""
    done, target = put(connect(), TARGETS, "targets", file)
    told(plain(f"{done} {target['id']}: {target['name']}"), target, as_json=as_json)


@app.command()
def remove(target: Annotated[str, typer.Argument(help="Its id or its name.")], as_json: AsJson = False) -> None:
    """Pull a target no longer; what it has told stays."""
    http = connect()
    target_id = id_of(http, TARGETS, "targets", target)
    http.delete(below(TARGETS, target_id))
    told(plain(f"removed {target_id}"), {"removed": target_id}, as_json=as_json)


def _scrape(last: dict[str, Any] | None) -> tuple[str, object, object]:
    return (moment(last["at"]), last["samples"], last["error"]) if last else ("never", "", "")
