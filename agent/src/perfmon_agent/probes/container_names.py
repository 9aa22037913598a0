"""What people call a container: Docker's and Kubernetes's own files, where this user may read them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from perfmon_agent.probes.cgroups import Group
from perfmon_agent.reading import tag

_SHORT = 12
# /var/log/containers/<pod>_<namespace>_<container>-<id>.log
_LOG = re.compile(r"([^_]+)_([^_]+)_(.+)-([0-9a-f]{64})\.log$")


class ContainerNames:
    """Remembers the names that it found: those of a container do not change their meaning while it lives."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._docker = root / "var/lib/docker/containers"
        self._logs = root / "var/log/containers"
        self._known: dict[str, Mapping[str, str] | None] = {}

    def tags(self, group: Group) -> Mapping[str, str] | None:
        """`container`, with `pod` and `namespace` in Kubernetes; None for a pod's own empty container."""
        if group.id not in self._known:
            self._known[group.id] = self._look(group)
        return self._known[group.id]

    def keep(self, ids: set[str]) -> None:
        """Forget all other containers, and those without names: a new one's files may have come after it."""
        self._known = {each: tags for each, tags in self._known.items() if each in ids and tags is not None}

    def _look(self, group: Group) -> Mapping[str, str] | None:
        if group.is_kubernetes:
            logs = self._kubernetes()
            if group.id in logs:
                return logs[group.id]
            if logs:
                return None  # all others have a log: this is the pause container that holds the pod's network
        name = self._docker_name(group.id)
        return {"container": name or group.id[:_SHORT]}

    def _kubernetes(self) -> dict[str, dict[str, str]]:
        try:
            found = [_LOG.match(entry.name) for entry in self._logs.iterdir()]
        except OSError:
            return {}
        return {each[4]: {"container": each[3], "pod": each[1], "namespace": each[2]} for each in found if each}

    def _docker_name(self, container: str) -> str:
        try:
            said = json.loads((self._docker / container / "config.v2.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        name = said.get("Name") if isinstance(said, dict) else None
        return tag(name.lstrip("/")) if isinstance(name, str) else ""
