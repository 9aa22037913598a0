"""Agents introduce themselves with every request; what they say reaches the inventory of hosts by way of the tick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.hosts import read_agent
from chalicelib.domain.series import InvalidSample, check_tag_value
from chalicelib.services.incoming import Batch

AGENT = "perfmon-agent/"
SAID_AGAIN_MS = 300_000
MAX_REMEMBERED = 10_000
MAX_LENGTH = 500


class AgentWords(Protocol):
    """Where the words of agents wait."""

    def put(self, host: str, user_agent: str) -> None:
        """Keep what a host's agent says. Raises Unavailable."""
        ...

    def take(self) -> dict[str, str]:
        """All that was said since the last time, by host. Raises Unavailable."""
        ...


class DescribedHosts(Protocol):
    """The inventory."""

    def describe(self, agents: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what agents say of themselves. Raises Unavailable."""
        ...


class HearAgents:
    """Notes what agents say, on the way of ingest: rarely, and never at its expense."""

    def __init__(self, words: AgentWords) -> None:
        self._words = words
        self._heard: dict[str, tuple[str, int]] = {}

    def hear(self, user_agent: str, batch: Batch, now: int) -> None:
        """Note who sent this batch, if it was an agent; each host's at most every five minutes."""
        if not user_agent.startswith(AGENT) or not batch.snapshots:
            return
        host = batch.snapshots[0][1].tags.get("host", "")
        said, at = self._heard.get(host, ("", 0))
        if not host or (said == user_agent and now - at < SAID_AGAIN_MS):
            return
        try:
            check_tag_value("tags.host", host)
        except InvalidSample:  # this snapshot was refused, others of the batch may be right
            return
        if len(self._heard) >= MAX_REMEMBERED:
            self._heard.clear()
        self._heard[host] = (user_agent, now)
        try:
            self._words.put(host, user_agent[:MAX_LENGTH])
        except Unavailable:
            del self._heard[host]  # the samples are what matters; it is said again with the next request


class IntroduceAgents:
    """Writes what agents said into the inventory."""

    def __init__(self, words: AgentWords, hosts: DescribedHosts) -> None:
        self._words = words
        self._hosts = hosts

    def run(self) -> None:
        """Take what was said and write it down. Raises Unavailable."""
        agents = {host: read_agent(said) for host, said in self._words.take().items()}
        if known := {host: agent for host, agent in agents.items() if agent is not None}:
            self._hosts.describe(known)
