"""No client of AWS waits as long as boto3 would by itself: a minute for each of five tries."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from chalicelib.aws import patience

CODE = Path(__file__).parent.parent.parent / "chalicelib"
CLIENTS = [
    (path, node)
    for path in sorted(CODE.rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "boto3.client"
]


@pytest.mark.parametrize(("path", "node"), CLIENTS, ids=[f"{path.stem}:{node.lineno}" for path, node in CLIENTS])
def test_every_client_of_aws_says_how_long_it_waits(path: Path, node: ast.Call) -> None:
    assert "config" in {each.arg for each in node.keywords}, f"{path} waits for {ast.unparse(node.args[0])} too long"


def test_a_queue_that_does_not_answer_ends_before_the_request_that_waits_for_it() -> None:
    given = patience()
    tries = given.retries["total_max_attempts"]
    pauses = sum(2**number for number in range(tries - 1))  # at most, in mode "standard"
    assert given.retries["mode"] == "standard"
    assert tries * (given.connect_timeout + given.read_timeout) + pauses < 29


def test_the_law_sees_what_it_is_about() -> None:
    assert {path.stem for path, _ in CLIENTS} >= {"queues", "claims", "mailed", "eventbridge", "operator", "email"}
