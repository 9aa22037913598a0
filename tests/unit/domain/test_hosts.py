"""What agents say of themselves is read as far as it can be true."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.hosts import Host, HostState, read_agent

SAID = "perfmon-agent/1.2 (Linux 6.1; cores=4; memory=8589934592; interval=10)"
AGENT = {"version": "1.2", "os": "Linux 6.1", "cores": 4, "memory": 8_589_934_592, "interval": 10}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (SAID, AGENT),
        ("perfmon-agent/1.2", {"version": "1.2"}),
        ("perfmon-agent/1.2 (interval=\u0663; cores=; =4; memory=-1)", {"version": "1.2"}),
        ("perfmon-agent/1.2 (cores=" + "9" * 400 + ")", {"version": "1.2"}),
        ("curl/8", None),
        ("", None),
    ],
    ids=["whole", "bare", "odd", "endless", "another", "none"],
)
def test_what_an_agent_says_is_read(said: str, found: dict[str, Any] | None) -> None:
    assert read_agent(said) == found


def test_no_agent_keeps_its_host_from_being_missed() -> None:
    """Whoever may record could say it of any host."""
    agent = read_agent("perfmon-agent/1.2 (interval=999999999999999999)")
    assert agent is not None
    assert Host("web-1", 0, 0, agent).state(10 * 3_600_000 + 1) is HostState.DOWN
