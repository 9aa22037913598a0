"""Every metric that has a name of its own is documented."""

from __future__ import annotations

import re
from pathlib import Path

from perfmon_agent.agent import Agent
from perfmon_agent.buffer import Buffer
from perfmon_agent.probes import all_probes
from perfmon_agent.sender import Sender

from chalicelib.domain.names import DEFAULT_UNITS


def test_every_known_metric_and_all_that_the_agent_sends_stand_in_the_documentation(project: Path) -> None:
    documentation = (project / "docs" / "metrics.md").read_text()
    for name, unit in DEFAULT_UNITS.items():
        assert f"| `{name}` | {unit} |" in documentation

    agent = Agent(all_probes(), Sender("http://127.0.0.1:1/api", "", ""), Buffer(100), "h", 10)
    agent.collect()
    sent = {(reading.name, reading.unit) for reading in agent.collect()}
    sources = "".join(path.read_text() for path in (project / "agent" / "src").rglob("*.py"))
    # rates appear only when something happened meanwhile: take their names from the probes themselves
    sent |= set(re.findall(r'\("((?:disk|network)_\w+)", counts\.[\w. +]+, "([^"]+)"\)', sources))
    assert len(sent) > 20
    for name, unit in sent:
        line = next((line for line in documentation.splitlines() if f"`{name}`" in line), "")
        assert f"| {unit} |" in line, f"{name} ({unit})"
