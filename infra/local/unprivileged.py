"""PostgreSQL refuses to run as root, or as a user without a name: how it is run as somebody else then."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.local.failures import StackError

NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Disguise:
    """What to put before a command, and the user id to take on first (None = our own)."""

    prefix: Sequence[str] = ()
    user: int | None = None


def disguise(directory: Path, program: Path) -> Disguise:
    """How to run `program` on the files below `directory` where PostgreSQL would refuse us.

    A user namespace is the first choice: the files stay ours, and paths only we can enter still work. Containers often
    forbid namespaces; there root runs the program as the user nobody, to whom the directory is then given.
    Raises StackError when there is no way.
    """
    user = os.geteuid()
    if user != 0 and _has_name(user):
        return Disguise()
    prefix = _namespace()
    if prefix:
        return Disguise(prefix=prefix)
    if user != 0:
        raise StackError(
            f"PostgreSQL does not run as a user without a name, and user id {user} has none. Give it one in "
            "/etc/passwd, or set DATABASE_URL to a PostgreSQL of your own."
        )
    for path in (program, directory):
        blocked = _closed_to_others(path)
        if blocked is not None:
            raise StackError(
                f"PostgreSQL does not run as root, and as the user nobody it cannot enter {blocked}. Run this as an "
                "ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
            )
    return Disguise(user=NOBODY)


def hand_over(directory: Path, to: Disguise) -> None:
    """Give the directory and all in it to whom the program will run as."""
    if to.user is None:
        return
    for path in (directory, *directory.rglob("*")):
        os.chown(path, to.user, to.user, follow_symlinks=False)


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


@cache
def _namespace() -> tuple[str, ...]:
    """The command that shows another user id in a user namespace; empty where that is not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    prefix = (unshare, "--user", f"--map-user={NOBODY}", "--")
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else ()


def _closed_to_others(path: Path) -> Path | None:
    """The first directory on the way to the path that others may not enter."""
    for parent in reversed(path.resolve().parents):
        if not parent.stat().st_mode & 0o001:
            return parent
    return None
