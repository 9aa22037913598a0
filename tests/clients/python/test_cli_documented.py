"""docs/cli.md has every command with every option, and every command speaks JSON."""

from __future__ import annotations

from typing import Any

import pytest
import typer.main
from perfmon_client.cli import app

from tests.clients.python.cli_reference import BEGIN, PAGE, commands, options, reference


def test_the_reference_is_what_the_command_knows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(BEGIN) :] == reference(), "python -m tests.clients.python.cli_reference writes it"


def test_the_options_of_the_command_itself_are_described() -> None:
    page = PAGE.read_text(encoding="utf-8")
    names = [name for each in typer.main.get_command(app).params for name in each.opts]
    assert "--version" in names
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=[path for path, _ in commands()])
def test_every_command_says_what_it_does_and_speaks_json(path: str, command: Any) -> None:
    written = {name: text for name, text, _ in options(command)}
    assert command.help
    assert "--json" in written
    assert [name for name, text in written.items() if name.startswith("-") and not text] == []
