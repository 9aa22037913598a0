"""docs/agent.md has every option with its names and its default, and every probe."""

from __future__ import annotations

from pathlib import Path

from perfmon_agent.options import OPTIONS, PLUGIN_OPTIONS, PROBE_NAMES


def test_every_option_stands_in_the_reference(project: Path) -> None:
    reference = (project / "docs" / "agent.md").read_text()
    for option in OPTIONS:
        row = next((line for line in reference.splitlines() if line.startswith(f"| `{option.key}` |")), "")
        assert f"`{option.flag}` | `{option.variable}` |" in row, option.key
        default = option.default
        if default not in ("", (), {}):
            shown = str(default).lower() if isinstance(default, bool) else str(default)
            assert f"| {shown} |" in row or f"| `{shown}` |" in row, f"{option.key}: {shown}"


def test_every_probe_stands_in_the_reference(project: Path) -> None:
    line = next(
        line for line in (project / "docs" / "agent.md").read_text().splitlines() if line.startswith("Probes: ")
    )
    assert line.removeprefix("Probes: ").rstrip(".").split(", ") == list(PROBE_NAMES)


def test_every_option_of_a_plugin_stands_in_the_reference(project: Path) -> None:
    reference = (project / "docs" / "agent.md").read_text()
    for option in PLUGIN_OPTIONS:
        assert f"| `{option.key}` | {option.default or ''} |".replace("|  |", "| |") in reference, option.key
