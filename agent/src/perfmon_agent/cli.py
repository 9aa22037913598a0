"""The command `perfmon-agent`."""

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

from perfmon_agent import __version__, configuration, installing
from perfmon_agent.agent import Agent
from perfmon_agent.buffer import Buffer
from perfmon_agent.configuration import Configuration, is_private
from perfmon_agent.delivery import Delivery
from perfmon_agent.exposition import page
from perfmon_agent.itself import Itself
from perfmon_agent.lock import InUse
from perfmon_agent.mistakes import ConfigurationError
from perfmon_agent.plugins import Plugins
from perfmon_agent.probes import probes_of
from perfmon_agent.reading import Probe
from perfmon_agent.readings import Readings
from perfmon_agent.sender import Refused, Sender
from perfmon_agent.serving import Page
from perfmon_agent.spool import Spool

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    try:
        given = configuration.read(sys.argv[1:] if arguments is None else arguments, os.environ)
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        for warning in given.warnings:
            _log.warning(warning)
        return COMMANDS[given.command](given)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2


def run(given: Configuration) -> int:
    """Send until a signal ends it. Raises ConfigurationError."""
    stop = _until_a_signal()
    spool = _spool(given)
    sender = Sender(given.url, given.token, user_agent(given.interval))
    buffer = Buffer(given.buffer)
    delivery = Delivery(sender.send, buffer, spool)
    probes = probes_of(given)
    readings = Readings(probes, Itself(sender, delivery, spool).read)
    _log.info("perfmon-agent %s: %s sends to %s every %s s", __version__, given.host, given.url, given.interval)
    if not is_private(given.url):
        _log.warning("%s is not https: everybody on the way can read the token", given.url)
    if spool is not None and spool.samples:
        _log.info("%s samples wait in %s", spool.samples, given.spool_directory)
    try:
        Agent(readings, given.all_tags, buffer, delivery, given.interval).run(stop)
    except Refused as error:
        _log.error("%s Give the agent a token with the scope `ingest`.", error)
        return 3
    finally:
        sender.close()
        close(probes)
    return 0


def serve(given: Configuration) -> int:
    """Show the newest reading to whoever fetches it, until a signal. Raises ConfigurationError."""
    stop = _until_a_signal()
    probes = probes_of(given)
    with Page(given.serve_address) as shown:
        _log.info("perfmon-agent %s: %s", __version__, shown.url)
        for _, readings in Readings(probes).every(given.interval, stop):
            shown.content = page(readings, given.all_tags)
    close(probes)
    return 0


def check(given: Configuration) -> int:
    """Print one reading as a table."""
    probes = probes_of(given)
    readings = Readings(probes)
    readings.collect()
    time.sleep(1)  # rates are of the second that has passed
    for probe in probes:
        if isinstance(probe, Plugins):
            probe.wait_for_all()
    for reading in readings.collect():
        tags = " ".join(f"{key}={value}" for key, value in reading.tags.items())
        print(f"{reading.name:28}{reading.value:>18,.2f} {reading.unit:10}{tags}")
    close(probes)
    return 0


def close(probes: Sequence[Probe]) -> None:
    """End what the probes have started."""
    for probe in probes:
        if isinstance(probe, Plugins):
            probe.close()


def install(given: Configuration) -> int:
    """Make it a service of systemd. Raises ConfigurationError."""
    installing.install(given, installing.this_machine(given.root))
    return 0


def uninstall(given: Configuration) -> int:
    """Take that service away. Raises ConfigurationError."""
    installing.uninstall(installing.this_machine(given.root))
    return 0


def user_agent(interval: int) -> str:
    """Who we are; the service's list of hosts shows it."""
    system = f"{platform.system()} {platform.release()}"
    memory = psutil.virtual_memory().total
    return f"perfmon-agent/{__version__} ({system}; cores={os.cpu_count()}; memory={memory}; interval={interval})"


def _until_a_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _spool(given: Configuration) -> Spool | None:
    if given.spool_bytes == 0:
        return None
    try:
        return Spool(given.spool_directory, given.spool_bytes)
    except InUse:
        message = "is used by another agent; give each its own spool.directory (--spool-directory), or spool.bytes = 0."
        raise ConfigurationError(f"The spool {given.spool_directory} {message}") from None
    except OSError as error:
        # Nobody asked for this folder: an agent that can send must not fail for it.
        _log.warning("there is no spool (%s): while the API is away, samples wait in memory only", error)
        return None


COMMANDS = {"run": run, "check": check, "serve": serve, "install": install, "uninstall": uninstall}
