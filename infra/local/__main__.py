"""`python -m infra.local [--app-dir DIR]`: run the stack until Ctrl-C; the exit status is 1 when it could not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.local import settings, stack
from infra.local.failures import StackError
from infra.local.program import REPOSITORY


def main() -> int:
    """Run the stack of the app in a directory."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="Run the whole service on this machine.")
    parser.add_argument("--app-dir", type=Path, default=REPOSITORY, help="where app.py is (default: this repository)")
    arguments = parser.parse_args()
    try:
        stack.run(settings.from_environment(), arguments.app_dir.resolve())
    except StackError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
