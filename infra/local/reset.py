"""`make reset`: wipe the local data, unless a stack is using it."""

from __future__ import annotations

import shutil
import sys

from infra.local import directory, settings
from infra.local.failures import StackError


def reset() -> int:
    """Remove LOCAL_DIR; the exit status."""
    try:
        place = settings.from_environment().directory
        if not place.exists():
            return 0
        # A directory that was never a stack's is not ours to remove, whatever LOCAL_DIR says.
        if not (place / "lock").is_file() and any(place.iterdir()):
            raise StackError(f"{place} holds no local stack, so it was left alone. Remove it by hand if you mean it.")
        with directory.held(place):
            shutil.rmtree(place)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(reset())
