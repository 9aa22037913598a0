"""What every command shares: the connection, and how results are shown."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from perfmon_client import configuration
from perfmon_client.http import Http

AsJson = Annotated[bool, typer.Option("--json", help="Print what the API answered.")]
_BARS = "▁▂▃▄▅▆▇█"


def connect() -> Http:
    """A connection as the environment says."""
    given = configuration.read(os.environ, Path.cwd())
    return Http(given.url, given.token)


def print_json(answer: Any) -> None:
    """For programs."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def sparkline(values: list[float | None], width: int = 24) -> str:
    """The last values as bars between their lowest and highest; a gap where there is none."""
    shown = values[-width:]
    known = [value for value in shown if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if value is None else _BARS[round((value - low) * scale)] for value in shown)
