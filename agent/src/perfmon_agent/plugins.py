"""Plugins: programs of the user's own, each run in a thread of its own, so that a slow one delays nothing."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence

from perfmon_agent.parsing import PluginOptions
from perfmon_agent.plugin_lines import parse
from perfmon_agent.reading import Reading
from perfmon_agent.running import CannotRun, Program

_log = logging.getLogger(__name__)


class Plugins:
    """A probe that tells what its plugins printed since the last reading. They begin with the first one."""

    def __init__(self, options: Sequence[PluginOptions], tags: Collection[str] = ()) -> None:
        """`tags`: the names of those that the agent adds to every figure."""
        self._plugins = [_Plugin(each, tags) for each in options]
        self._stop = threading.Event()
        self._began = False

    def read(self, now: float) -> Iterable[Reading]:
        """The figures of each run that has ended, once; and how the plugins do."""
        # Taken before they begin: `check` throws its first reading away, and a quick plugin's figures would go with it.
        taken = [reading for plugin in self._plugins for reading in plugin.take()]
        if not self._began:
            self._began = True
            for plugin in self._plugins:
                threading.Thread(target=plugin.run_until, args=(self._stop,), name=plugin.name, daemon=True).start()
        return taken

    def wait_for_all(self) -> None:
        """Until each has run once; none takes longer than its timeout."""
        for plugin in self._plugins:
            plugin.ran.wait()

    def close(self) -> None:
        """End them all."""
        self._stop.set()
        for plugin in self._plugins:
            plugin.program.kill()


class _Plugin:
    def __init__(self, options: PluginOptions, tags: Collection[str]) -> None:
        self.name = options.name
        self.program = Program(options.command)
        self.ran = threading.Event()
        self._options = options
        self._tags = tags
        self._latest: list[Reading] = []
        self._lock = threading.Lock()
        self._failures = 0
        self._bad_lines = 0
        self._told: set[str] = set()

    def run_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            began = time.monotonic()
            readings = self._run()
            took = time.monotonic() - began
            duration = Reading("agent_plugin_duration", round(1000 * took, 1), "ms", {"plugin": self.name})
            with self._lock:
                self._latest = [*readings, duration]  # of a run that nobody asked about in time, the newer one counts
            self.ran.set()
            # A plugin that takes longer than its interval skips beginnings instead of running without a pause.
            stop.wait(self._options.interval - took % self._options.interval)

    def take(self) -> Iterator[Reading]:
        with self._lock:
            readings, self._latest = self._latest, []
        yield from readings
        yield Reading("agent_plugin_failures_total", self._failures, "count", {"plugin": self.name})
        yield Reading("agent_plugin_bad_lines_total", self._bad_lines, "count", {"plugin": self.name})

    def _run(self) -> list[Reading]:
        try:
            output = self.program.run(self._options.timeout)
        except CannotRun as error:
            self._failures += 1
            self._tell(str(error), "plugin %s %s", self.name, error)
            output = error.output
        readings, bad = parse(output, self._tags)
        self._bad_lines += len(bad)
        if bad:
            self._tell("bad lines", "plugin %s prints %s bad lines, the first: %s", self.name, len(bad), bad[0])
        return readings

    def _tell(self, about: str, message: str, *arguments: object) -> None:
        """Once for each reason; a plugin that fails every minute is in the metrics."""
        if about not in self._told and len(self._told) < 20:
            self._told.add(about)
            _log.warning(message, *arguments)
