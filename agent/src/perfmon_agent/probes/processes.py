"""Which programs take the processor and the memory, and whether the watched ones run."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from perfmon_agent.probes.process_table import MAX_NAME, Process, processes
from perfmon_agent.reading import Reading

OTHER = "other"
# Linux keeps so much of a name.
_COMM = 15


class ProcessesProbe:
    """Processes of the same name count together: names are few, processes come and go."""

    def __init__(
        self,
        top: int,
        most_names: int,
        watched: Sequence[str],
        table: Callable[[], Iterable[Process]] = processes,
    ) -> None:
        """`most_names`: so many different names are told in the agent's life; whatever comes later is `other`."""
        self._top = top
        self._most_names = most_names
        self._watched = watched
        self._table = table
        self._names: set[str] = set()
        self._cpu: dict[tuple[int, float], float] = {}
        self._at = 0.0

    def read(self, now: float) -> Iterable[Reading]:
        """The names with the most CPU time since the last reading and with the most memory; the watched ones always."""
        running: Counter[str] = Counter()
        memory: defaultdict[str, float] = defaultdict(float)
        spent: defaultdict[str, float] = defaultdict(float)
        cpu: dict[tuple[int, float], float] = {}
        zombies = 0
        for process in self._table():
            if process.state == "Z":
                zombies += 1
                continue
            running[process.name] += 1
            memory[process.name] += process.memory
            cpu[process.identity] = process.cpu
            # One that was not there before has spent all its time since; at the first reading that is nobody's.
            if (before := self._cpu.get(process.identity, 0.0 if self._cpu else process.cpu)) < process.cpu:
                spent[process.name] += process.cpu - before
        elapsed, self._at, self._cpu = now - self._at, now, cpu
        yield Reading("process_zombies", zombies, "count")
        if elapsed > 0:
            shares = {name: 100 * seconds / elapsed for name, seconds in spent.items()}
            yield from self._of_the_first("process_cpu_usage", shares, "percent")
        yield from self._of_the_first("process_memory", memory, "B")
        for name in self._watched:
            count = running[name] or running[name[:_COMM]]
            yield Reading("process_up", int(count > 0), "count", {"process": name[:MAX_NAME]})
            yield Reading("process_instances", count, "count", {"process": name[:MAX_NAME]})

    def _of_the_first(self, metric: str, values: Mapping[str, float], unit: str) -> Iterator[Reading]:
        told: defaultdict[str, float] = defaultdict(float)
        for name, value in heapq.nlargest(self._top, values.items(), key=lambda each: each[1]):
            if name not in self._names and len(self._names) < self._most_names:
                self._names.add(name)
            told[name if name in self._names else OTHER] += value
        for name, value in told.items():
            if value > 0:
                yield Reading(metric, round(value, 2), unit, {"process": name})
