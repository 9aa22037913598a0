"""Every metric that has a name of its own is documented, and every health check."""

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
from perfmon_client.doctor import service as doctor

from chalicelib.domain.names import DEFAULT_UNITS
from chalicelib.services import pull


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


def test_what_the_service_its_collector_and_the_doctor_record_stands_there_too(project: Path) -> None:
    documentation = (project / "docs" / "metrics.md").read_text()
    wiring = (project / "chalicelib" / "wiring" / "notifications.py").read_text()
    (canary,) = re.findall(r'name = "(\w+)"\n +batch = Batch', wiring)
    for name in (pull.UP, pull.DURATION, pull.SAMPLES, doctor.PROBE, canary):
        assert f"`{name}`" in documentation, name


def test_every_health_check_stands_in_the_documentation(project: Path) -> None:
    documentation = (project / "docs" / "health.md").read_text()
    sources = [project / "chalicelib" / folder / "health.py" for folder in ("domain", "services")]
    names = {name for source in sources for name in re.findall(r'Check\(\s*"([^"]+)"', source.read_text())}
    assert len(names) >= 10
    rows = {
        name.strip()
        for line in documentation.splitlines()
        if line.startswith("| ")
        for name in line.split("|")[1].split(",")
    }
    assert sorted(names - rows) == []
