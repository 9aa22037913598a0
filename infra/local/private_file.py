"""Small files that only their owner may read: passwords and tokens."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def read(path: Path) -> str | None:
    """What the file holds, without the line's end; None when it is missing or empty."""
    try:
        return path.read_text().strip() or None
    except FileNotFoundError:
        return None


def write(path: Path, text: str) -> None:
    """Put a line into the file, whole or not at all, with mode 0600; its directory is made when missing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
    new.replace(path)


def password(path: Path) -> str:
    """The password kept in the file; made at the first call."""
    kept = read(path)
    if kept is None:
        kept = secrets.token_urlsafe(24)
        write(path, kept)
    return kept
