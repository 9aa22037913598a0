"""`python -m infra.demo [--once]`: fill the running stack, or one of its own, with two weeks of a fleet."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.demo.filling import fill, keep_alive
from infra.demo.fleet import HOUR, Story
from infra.demo.furniture import furnish
from infra.demo.service import Refused, Service
from infra.local import settings
from infra.local.failures import StackError
from infra.local.program import REPOSITORY
from infra.local.tokens import status_of

_READY = re.compile(r"ready: (http://127\.0\.0\.1:\d+) token: (\S+)")


def main() -> int:
    """Fill, furnish, and keep the fleet alive until Ctrl-C; `--once` stops after filling."""
    parser = argparse.ArgumentParser(prog="python -m infra.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="fill and stop; do not go on sending")
    once = parser.parse_args().once
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt), _stack(settings.from_environment()) as stack:
            return _run(stack, once=once)
    except (StackError, Refused, OSError) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


@dataclass(frozen=True, slots=True)
class _Stack:
    """A stack that runs; `is_over` says that it will not come back."""

    url: str
    token: str
    is_over: Callable[[], bool]


def _run(stack: _Stack, *, once: bool) -> int:
    begun = time.monotonic()
    service = Service(stack.url, stack.token)
    now = time.time_ns() // 1_000_000
    story = Story(now // HOUR * HOUR)
    _say("sending two weeks of twenty hosts ...")
    furnish(service)
    taken = fill(service, story, now, _say)
    _say(f"filled: {taken:,} samples in {time.monotonic() - begun:.0f} s")
    _say(f"look at: {stack.url}/ token: {stack.token}")
    if not once:
        _say("the fleet goes on sending; Ctrl-C stops it")
        keep_alive(service, story, _say, is_over=stack.is_over)
    return 0


@contextlib.contextmanager
def _stack(given: settings.LocalSettings) -> Iterator[_Stack]:
    """The stack that runs in the directory, or of one that lives as long as the block."""
    running = _running(given)
    if running is not None:
        yield running
        return
    program = subprocess.Popen(
        [sys.executable, "-m", "infra.local"],
        cwd=REPOSITORY,
        env={**os.environ, "AGENT": os.environ.get("AGENT") or "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert program.stdout is not None
        for line in program.stdout:
            print(line, end="", flush=True)
            if found := _READY.match(line):
                yield _Stack(found[1], found[2], lambda: program.poll() is not None)
                return
        raise StackError("The stack did not start.")
    finally:
        if program.poll() is None:
            program.send_signal(signal.SIGINT)
        program.wait(60)


def _running(given: settings.LocalSettings) -> _Stack | None:
    try:
        token = (given.directory / "token").read_text().strip()
    except OSError:
        return None
    if status_of(given.port, "/api/monitoring/tokens", token) != 200:
        return None
    return _Stack(f"http://127.0.0.1:{given.port}", token, lambda: False)  # whoever started it may start it again


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
