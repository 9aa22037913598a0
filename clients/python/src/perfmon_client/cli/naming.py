"""Things by the names that people gave them, and things out of files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from perfmon_client.cli.rule_files import read_yaml
from perfmon_client.cli.session import below, listed
from perfmon_client.http import Http

GivenFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="YAML or JSON, as the API has it.")]


def id_of(http: Http, path: str, key: str, name: str) -> str:
    """The id of what has this id or this name in a list. Raises BadParameter unless it is one."""
    found = listed(http, path, key)
    same = [each["id"] for each in found if each["id"] == name] or [
        each["id"] for each in found if each["name"] == name
    ]
    if len(same) != 1:
        raise typer.BadParameter(f"{len(same) or 'none'} of the {key} is called {name!r}; the list shows their ids")
    return str(same[0])


def put(http: Http, path: str, key: str, file: Path) -> tuple[str, dict[str, Any]]:
    """What a file says, new or instead of the one of that name: which of both it was, and the thing."""
    wanted = read_yaml(file)
    if not isinstance(wanted, dict) or not isinstance(wanted.get("name"), str):
        raise typer.BadParameter(f"{file}: must be a mapping with a name")
    same = [each["id"] for each in listed(http, path, key) if each["name"] == wanted["name"]]
    if len(same) > 1:
        raise typer.BadParameter(f"{len(same)} of the {key} are called {wanted['name']!r}: rename all but one")
    answer: dict[str, Any] = http.patch(below(path, same[0]), wanted) if same else http.post(path, wanted)
    return "changed" if same else "added", answer
