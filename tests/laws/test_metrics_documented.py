"""Every metric that has a name of its own is documented."""

from __future__ import annotations

import re
from pathlib import Path

from perfmon_agent import configuration
from perfmon_agent.buffer import Buffer
from perfmon_agent.delivery import Delivery
from perfmon_agent.itself import Itself
from perfmon_agent.probes import probes_of
from perfmon_agent.readings import Readings
from perfmon_agent.sender import Sender
from perfmon_agent.spool import Spool

from chalicelib.domain.names import DEFAULT_UNITS


def test_every_known_metric_and_all_that_the_agent_sends_stand_in_the_documentation(
    project: Path, tmp_path: Path
) -> None:
    documentation = (project / "docs" / "metrics.md").read_text()
    for name, unit in DEFAULT_UNITS.items():
        assert f"| `{name}` | {unit} |" in documentation

    sender, spool = Sender("http://127.0.0.1:1/api", "", ""), Spool(tmp_path, 1000)
    itself = Itself(sender, Delivery(sender.send, Buffer(100), spool), spool)
    sender.clock_offset = 0.0
    readings = Readings(probes_of(configuration.read(["check"], {}, tmp_path / "none")), itself.read)
    readings.collect()
    sent = {(reading.name, reading.unit) for reading in readings.collect()}
    spool.close()
    sources = "".join(path.read_text() for path in (project / "agent" / "src").rglob("*.py"))
    # rates appear only when something happened meanwhile: take their names from the probes themselves
    sent |= set(re.findall(r'\("((?:disk|network)_\w+)", counts\.[\w. +]+, "([^"]+)"\)', sources))
    # and so do figures of what this machine may not have
    sent |= set(re.findall(r'Reading\(\s*"(\w+)", .+, "([^"]+)"(?:, \w+|, \{.+\})?\)', sources))
    assert len(sent) > 45
    for name, unit in sent:
        line = next((line for line in documentation.splitlines() if f"`{name}`" in line), "")
        assert f"| {unit} |" in line, f"{name} ({unit})"
