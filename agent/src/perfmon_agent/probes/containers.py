"""What each container of this host uses, and how much of its time its CPU quota took away."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping

import psutil

from perfmon_agent.once import Once
from perfmon_agent.probes.cgroups import Cgroups, Group, Usage
from perfmon_agent.probes.container_names import ContainerNames
from perfmon_agent.rates import Rates
from perfmon_agent.reading import Reading

MOST_CONTAINERS = 200
LOOK_AGAIN_SECONDS = 30.0
_once = Once(logging.getLogger(__name__))


class ContainersProbe:
    """Every container that the kernel's control groups show; their list is made anew every half minute."""

    def __init__(self, cgroups: Cgroups | None = None, names: ContainerNames | None = None) -> None:
        self._cgroups = cgroups or Cgroups()
        self._names = names or ContainerNames()
        self._groups: list[Group] = []
        self._looked: float | None = None
        self._rates = Rates()
        self._host_memory = psutil.virtual_memory().total

    def read(self, now: float) -> Iterable[Reading]:
        """CPU in percent of one core, memory without what the kernel would give back, throttled periods in percent."""
        if self._looked is None or now - self._looked >= LOOK_AGAIN_SECONDS:
            self._look(now)
        for group in self._groups:
            tags = self._names.tags(group)
            if tags is not None:
                yield from self._about(group, self._cgroups.usage(group), tags, now)

    def _look(self, now: float) -> None:
        self._looked = now
        found = sorted(self._cgroups.groups(), key=lambda group: group.id)
        if len(found) > MOST_CONTAINERS:
            _once.warn("many", "there are %s containers; %s of them are read", len(found), MOST_CONTAINERS)
        self._groups = found[:MOST_CONTAINERS]
        ids = {group.id for group in self._groups}
        self._names.keep(ids)
        self._rates.keep(lambda counter: counter.partition(" ")[0] in ids)

    def _about(self, group: Group, usage: Usage, tags: Mapping[str, str], now: float) -> Iterator[Reading]:
        own = dict(tags)
        if usage.cpu is not None:
            rate = self._rates.per_second(f"{group.id} cpu", usage.cpu, now)
            if rate is not None:
                yield Reading("container_cpu_usage", round(100 * rate, 2), "percent", own)
        periods = self._rates.per_second(f"{group.id} periods", usage.periods, now)
        throttled = self._rates.per_second(f"{group.id} throttled", usage.throttled, now)
        if periods and throttled is not None:
            yield Reading("container_cpu_throttled", round(100 * throttled / periods, 2), "percent", own)
        if usage.memory is None:
            return
        yield Reading("container_memory", usage.memory, "B", own)
        limit = usage.memory_limit
        if limit and limit < self._host_memory:  # version 1 writes no limit as an absurdly large one
            yield Reading("container_memory_usage", round(100 * usage.memory / limit, 2), "percent", own)
