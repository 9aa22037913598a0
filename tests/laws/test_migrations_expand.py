"""Migrations only expand: the code of the version before runs on the new schema too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MIGRATIONS = sorted((Path(__file__).parent.parent.parent / "chalicelib/storage/postgres/migrations").glob("*.sql"))
# What older code may still rely on, and what it would not fill in.
CONTRACTS = {
    "drops what older code may read": r"\bDROP\s+(TABLE|COLUMN|VIEW|TYPE|FUNCTION)\b",
    "renames what older code knows by its name": r"\bRENAME\b",
    "changes a type that older code writes": r"\bALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?TYPE\b",
    "wants a value that older code does not give": r"\bALTER\s+COLUMN\s+\w+\s+SET\s+NOT\s+NULL\b",
    "adds a column that older code leaves empty": r"\bADD\s+COLUMN\b(?!.*\b(DEFAULT|GENERATED)\b)[^,;]*\bNOT\s+NULL\b",
    "forbids what older code may write": r"\bALTER\s+TABLE\s+\w+\s+ADD\s+(CONSTRAINT|CHECK|UNIQUE|FOREIGN)\b",
}


def contractions(sql: str) -> list[str]:
    """What in these statements older code could not bear."""
    plain = re.sub(r"--[^\n]*", "", sql)
    statements = [re.sub(r"\s+", " ", statement) for statement in plain.split(";")]
    return [
        what for what, pattern in CONTRACTS.items() for each in statements if re.search(pattern, each, re.IGNORECASE)
    ]


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_only_expands(path: Path) -> None:
    assert contractions(path.read_text()) == [], (
        "drop what is useless one release later, in docs/decisions/ with its reason"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE rules DROP COLUMN name",
        "ALTER TABLE rules RENAME COLUMN name TO title",
        "ALTER TABLE rules ADD COLUMN owner text NOT NULL",
        "ALTER TABLE rules ALTER COLUMN version TYPE bigint",
        "ALTER TABLE rules\n  ALTER COLUMN last_error SET NOT NULL",
        "DROP TABLE silences",
    ],
)
def test_the_law_sees_what_it_is_about(statement: str) -> None:
    assert contractions(statement)
    assert not contractions("ALTER TABLE rules ADD COLUMN owner text NOT NULL DEFAULT ''; -- DROP TABLE")
