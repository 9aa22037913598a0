"""docs/cli.md has every command with every option, and every command speaks JSON."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from perfmon_client.cli import app

from tests.clients.python.cli_reference import BEGIN, PAGE, commands, options, reference
from tests.laws.test_links import PAGES, ROOT

COMMAND = typer.main.get_command(app)


def test_the_reference_is_what_the_command_knows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(BEGIN) :] == reference(), "python -m tests.clients.python.cli_reference writes it"


def test_the_options_of_the_command_itself_are_described() -> None:
    page = PAGE.read_text(encoding="utf-8")
    names = [name for each in COMMAND.params for name in each.opts]
    assert "--version" in names
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=[path for path, _ in commands()])
def test_every_command_says_what_it_does_and_speaks_json(path: str, command: Any) -> None:
    written = {name: text for name, text, _ in options(command)}
    assert command.help
    assert "--json" in written
    assert [name for name, text in written.items() if name.startswith("-") and not text] == []


# A command in a program, or quoted in a sentence; at the end of a pipe or a condition too.
_COMMAND = re.compile(r"(?:^|[`|(&;] ?|(?:until|if|! )\s*)(?:\.venv/bin/)?(perfmon [^`\n|;)&]+)", re.MULTILINE)


def written(page: str) -> Iterator[list[str]]:
    """Every use of the command on a page, as words."""
    text = re.sub(r"\\\n\s*", "", (ROOT / page).read_text(encoding="utf-8"))
    for found in _COMMAND.findall(text):
        line = found.partition(" #")[0].partition("> ")[0]
        try:
            yield shlex.split(line)[1:]
        except ValueError:  # an apostrophe in a sentence, a quote that goes on in the next line
            yield line.split()[1:]


def unknown(words: list[str]) -> str | None:
    """What of a use the command does not know."""
    node: Any = COMMAND
    rest = list(words)
    while hasattr(node, "commands") and rest and not rest[0].startswith("-"):
        if rest[0] not in node.commands:
            return rest[0]
        node = node.commands[rest.pop(0)]
    known = {name for each in node.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
    wrong = [word for word in rest if re.match(r"--\w", word) and word.partition("=")[0] not in known]
    return wrong[0] if wrong else None


@pytest.mark.parametrize("page", [each for each in PAGES if each != "CHANGELOG.md"])
def test_every_command_on_every_page_is_there_with_its_options(page: str) -> None:
    assert [words for words in written(page) if unknown(words)] == []


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert len(list(written("docs/cli.md"))) >= 20
    assert unknown(["rules", "aply", "x.yml"]) == "aply"
    assert unknown(["rules", "apply", "x.yml", "--prunes"]) == "--prunes"
    assert unknown(["rules", "apply", "x.yml", "--prune"]) is None
