"""The reference in docs/cli.md, from the commands themselves; `python -m tests.clients.python.cli_reference` writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from perfmon_client.cli import app

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"
BEGIN = "## Reference\n"


def commands(node: Any = None, path: str = "perfmon") -> Iterator[tuple[str, Any]]:
    """Every command that does something, with all its words."""
    node = typer.main.get_command(app) if node is None else node
    if not hasattr(node, "commands"):
        yield path, node
        return
    for name, each in sorted(node.commands.items()):
        yield from commands(each, f"{path} {name}")


def options(command: Any) -> Iterator[tuple[str, str, str]]:
    """How each option or argument is written, what it is for, and its default."""
    for each in command.params:
        is_argument = each.param_type_name == "argument"
        name = each.name.upper() if is_argument else " / ".join([*each.opts, *each.secondary_opts])
        default = "" if each.required or each.default in (None, "", False, ()) else str(each.default)
        yield name, (getattr(each, "help", None) or "").replace("|", "\\|"), "required" if each.required else default


def reference() -> str:
    """The section as it should be."""
    parts = [BEGIN]
    for path, command in commands():
        parts.append(f"\n### {path}\n\n{' '.join(command.help.split())}\n")
        rows = [f"| `{name}` | {text} | {default} |\n" for name, text, default in options(command)]
        parts.append("".join(["\n| | | default |\n|---|---|---|\n", *rows]) if rows else "")
    return "".join(parts)


def main() -> None:
    """Write it."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(page[: page.index(BEGIN)] + reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
