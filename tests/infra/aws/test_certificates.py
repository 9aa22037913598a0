"""RDS's certificates are in the package whenever the stack makes the database, and are not asked for otherwise."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from infra.aws import authorities
from infra.aws.deploy import Wish, makes_database
from infra.aws.package import PACKAGE
from tests.infra.aws.test_change_set import Aws, stack_of

OURS = "postgresql://user:secret@db.example.org/perfmon"


@pytest.mark.parametrize(
    ("given", "database", "makes"),
    [
        ({}, None, False),  # a database of the user's own, named by an earlier deployment
        ({}, "db-1", True),
        ({"DatabaseUrl": OURS}, "db-1", False),
        ({"DatabaseUrl": ""}, None, True),  # from one's own to the stack's
    ],
)
def test_whether_the_stack_makes_the_database(given: dict[str, str], database: str | None, *, makes: bool) -> None:
    made = {"ResourceStatus": "CREATE_COMPLETE", "PhysicalResourceId": database} if database else None
    _, stack = stack_of(Aws("UPDATE_COMPLETE", {"Database": made} if made else {}))

    assert makes_database(Wish(stage="dev", parameters=given), stack) is makes


@pytest.mark.parametrize(("given", "makes"), [({}, True), ({"DatabaseUrl": OURS}, False)])
def test_whether_a_first_deployment_makes_it(given: dict[str, str], *, makes: bool) -> None:
    _, stack = stack_of(Aws("DELETE_COMPLETE", {}))

    assert makes_database(Wish(stage="dev", parameters=given), stack) is makes


def test_a_package_that_was_made_before_may_lack_them(tmp_path: Path) -> None:
    for name in ("app.py", authorities.FILE):
        with zipfile.ZipFile(tmp_path / PACKAGE, "a") as package:
            package.writestr(name, "")
        assert authorities.are_in(tmp_path / PACKAGE) is (name == authorities.FILE)
