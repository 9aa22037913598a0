"""Where the service is and with which token, from the environment; in a checkout, the service of `make run`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOCAL_URL = "http://127.0.0.1:8000/api"
LOCAL_TOKEN = Path(".local/token")


@dataclass(frozen=True)
class Configuration:
    """`token` is empty where none was found."""

    url: str
    token: str = field(repr=False)


def read(environment: Mapping[str, str], directory: Path) -> Configuration:
    """PERFMON_URL, and PERFMON_TOKEN before PERFMON_TOKEN_FILE before `.local/token` in this folder or one above it."""
    token = environment.get("PERFMON_TOKEN", "")
    if not token and environment.get("PERFMON_TOKEN_FILE"):
        token = Path(environment["PERFMON_TOKEN_FILE"]).read_text(encoding="utf-8").strip()
    if not token:
        for folder in (directory, *directory.parents):
            if (folder / LOCAL_TOKEN).is_file():
                token = (folder / LOCAL_TOKEN).read_text(encoding="utf-8").strip()
                break
    return Configuration(environment.get("PERFMON_URL") or LOCAL_URL, token)
