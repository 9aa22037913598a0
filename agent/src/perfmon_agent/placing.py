"""Where the spool is unless the configuration says: a folder that is there after a restart, and only ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def default_spool(environment: Mapping[str, str], *, is_root: bool | None = None, system: str = sys.platform) -> Path:
    """systemd's StateDirectory if it made one, else the system's folder for root, else the user's."""
    if given := environment.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(given) / "spool"
    if system == "win32":
        return Path(environment.get("PROGRAMDATA") or "C:/ProgramData") / "perfmon-agent" / "spool"
    root = is_superuser() if is_root is None else is_root
    if system == "darwin":
        base = Path("/Library/Application Support" if root else _home(environment) / "Library/Application Support")
    elif root:
        base = Path("/var/lib")
    else:
        base = Path(environment.get("XDG_STATE_HOME") or _home(environment) / ".local/state")
    return base / "perfmon-agent" / "spool"


def is_superuser() -> bool:
    """Whether this is root; nobody is on Windows."""
    return sys.platform != "win32" and os.geteuid() == 0


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or Path.home())
