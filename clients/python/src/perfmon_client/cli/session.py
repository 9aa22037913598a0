"""What every command shares: the connection, and how results are shown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from perfmon_client import configuration
from perfmon_client.http import Http

AsJson = Annotated[bool, typer.Option("--json", help="For programs: what the API answered.")]
_BARS = "▁▂▃▄▅▆▇█"


def connect() -> Http:
    """A connection as the environment says."""
    try:
        given = configuration.read(os.environ, Path.cwd())
    except OSError as error:
        raise typer.BadParameter(f"the token's file cannot be read: {error.filename}: {error.strerror}") from None
    if not given.url.startswith(("http://", "https://")):
        raise typer.BadParameter(f"PERFMON_URL: {given.url!r} must begin with http:// or https://, and end in /api")
    return Http(given.url, given.token)


def own_version() -> str:
    """The version that is installed; a checkout on the path has none."""
    try:
        return version("perfmon-client")
    except PackageNotFoundError:
        return "from a checkout"


def every(http: Http, path: str, key: str, **query: Any) -> Iterator[dict[str, Any]]:
    """What a list holds, page after page, each asked for when it is needed."""
    page = http.get(path, **query)
    yield from page[key]
    while page["next"]:
        page = http.get(path, **query, after=page["next"])
        yield from page[key]


def listed(http: Http, path: str, key: str, limit: int | None = None, **query: Any) -> list[dict[str, Any]]:
    """The first `limit` of a list, or all of it."""
    return list(islice(every(http, path, key, **query), limit))


def below(path: str, name: str) -> str:
    """The address of one thing in a list, whatever it is called."""
    return f"{path}/{quote(name, safe='')}"


def print_json(answer: Any) -> None:
    """For programs."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def told(words: str, answer: Any, *, as_json: bool) -> None:
    """What was done, for people or for programs."""
    if as_json:
        print_json(answer)
    else:
        typer.echo(words)


def sparkline(values: list[float | None], width: int = 24) -> str:
    """All values as bars between their lowest and highest; a gap where there is none.

    Of more values than bars, a bar is the mean of those that fall on it.
    """
    bars = min(width, len(values))
    parts = [values[len(values) * bar // bars : len(values) * (bar + 1) // bars] for bar in range(bars)]
    shown = [_mean(part) for part in parts]
    known = [value for value in shown if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if value is None else _BARS[round((value - low) * scale)] for value in shown)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
