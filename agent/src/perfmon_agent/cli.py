"""The command `perfmon-agent`: run, or print one reading."""

from __future__ import annotations

import logging
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Sequence

import psutil

from perfmon_agent import __version__, configuration
from perfmon_agent.agent import Agent
from perfmon_agent.buffer import Buffer
from perfmon_agent.configuration import Configuration, ConfigurationError
from perfmon_agent.probes import all_probes
from perfmon_agent.sender import Refused, Sender

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    try:
        given = configuration.read(sys.argv[1:] if arguments is None else arguments, os.environ)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    return check() if given.command == "check" else run(given)


def run(given: Configuration) -> int:
    """Send until a signal ends it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sender = Sender(given.url, given.token, user_agent(given.interval))
    _log.info("perfmon-agent %s: %s sends to %s every %s s", __version__, given.host, given.url, given.interval)
    try:
        Agent(all_probes(), sender, Buffer(given.buffer), given.host, given.interval).run(stop)
    except Refused as error:
        _log.error("%s Give the agent a token with the scope `ingest`.", error)
        return 3
    finally:
        sender.close()
    return 0


def check() -> int:
    """Print one reading as a table."""
    probes = all_probes()
    for probe in probes:
        list(probe.read(time.monotonic()))
    time.sleep(1)  # rates are of the second that has passed
    for probe in probes:
        for reading in probe.read(time.monotonic()):
            tags = " ".join(f"{key}={value}" for key, value in reading.tags.items())
            print(f"{reading.name:28}{reading.value:>18,.2f} {reading.unit:10}{tags}")
    return 0


def user_agent(interval: int) -> str:
    """Who we are; the service's list of hosts shows it."""
    system = f"{platform.system()} {platform.release()}"
    memory = psutil.virtual_memory().total
    return f"perfmon-agent/{__version__} ({system}; cores={os.cpu_count()}; memory={memory}; interval={interval})"
