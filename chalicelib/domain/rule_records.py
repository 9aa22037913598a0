"""A rule as it is kept: with its version, when it was made and changed, and why it could not be judged, if so."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.instants import to_iso
from chalicelib.domain.rule_form import write_rule
from chalicelib.domain.rules import Rule


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """All instants in epoch ms. `version` rises with every edit; `last_error` is None when it was judged well last."""

    rule: Rule
    version: int
    created_at: int
    updated_at: int
    last_error: str | None = None
    last_error_at: int | None = None


def show_rule(record: RuleRecord) -> dict[str, object]:
    """The rule as the API shows it: what it is written as, its id, and what became of it."""
    return {
        "id": record.rule.id,
        **write_rule(record.rule),
        "version": record.version,
        "createdAt": to_iso(record.created_at),
        "updatedAt": to_iso(record.updated_at),
        "lastError": record.last_error,
        "lastErrorAt": None if record.last_error_at is None else to_iso(record.last_error_at),
    }
