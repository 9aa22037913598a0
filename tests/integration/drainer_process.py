"""A drainer that dies: drains until it is killed, by itself with kill -9 at a given step, or from outside.

Run as `python -m tests.integration.drainer_process STEP`: STEP is a method of the drain's step, `commit` (right before
it), `trim` (right after it) or `never`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from chalicelib import wiring
from chalicelib.domain.errors import Unavailable
from chalicelib.storage.postgres.drain import PostgresDrain, PostgresDrainStep
from chalicelib.storage.valkey.stream import FrameStream


def die(*_: Any, **__: Any) -> Any:
    """As a power cut would have it."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying_before_commit(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step's block runs to its end; the commit behind it does not."""

    @contextlib.contextmanager
    def dying(self: PostgresDrain) -> Any:
        with step(self) as inside:
            yield inside
            die()

    return dying


def main(step: str) -> None:
    """Drain for ever."""
    if step == "commit":
        PostgresDrain.step = dying_before_commit(PostgresDrain.step)  # type: ignore[method-assign]
    elif step == "trim":
        FrameStream.trim_before = die  # type: ignore[method-assign]
    elif step != "never":
        setattr(PostgresDrainStep, step, die)
    while True:
        with contextlib.suppress(Unavailable):
            wiring.drain().run(time.time_ns() // 1_000_000)
        time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1])
