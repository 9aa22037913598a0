"""docs/cli.md has every command with every option, and every command speaks JSON."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.python.cli_reference import BEGIN, PAGE, commands, options, reference


def test_the_reference_is_what_the_command_knows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(BEGIN) :] == reference(), "python -m tests.clients.python.cli_reference writes it"


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=[path for path, _ in commands()])
def test_every_command_says_what_it_does_and_speaks_json(path: str, command: Any) -> None:
    written = {name: text for name, text, _ in options(command)}
    assert command.help
    assert "--json" in written
    assert [name for name, text in written.items() if name.startswith("-") and not text] == []
