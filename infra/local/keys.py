"""The notifier's pair of keys and the secret of links, made once for a stack and kept beside its data."""

from __future__ import annotations

import secrets
from pathlib import Path

from chalicelib.sealing import new_keys
from infra.local import private_file


def notifier_keys(path: Path) -> dict[str, str]:
    """The settings that hold the keys in the file; made at the first call."""
    kept = private_file.read(path)
    if kept is None:
        kept = " ".join((*new_keys(), secrets.token_urlsafe(32)))
        private_file.write(path, kept)
    public, private, links = kept.split()
    return {"NOTIFIER_PUBLIC_KEY": public, "NOTIFIER_PRIVATE_KEY": private, "LINK_SECRET": links}
