"""What an edit of a rule does to its alerts."""

from __future__ import annotations

from chalicelib.domain.alerts import Ending
from chalicelib.domain.rules import Rule, judges_the_same


def ending_of_edit(before: Rule, after: Rule) -> Ending | None:
    """What ends the rule's alerts when it is edited so; None = they live on and are judged anew at the next tick."""
    if before.enabled and not after.enabled:
        return Ending.RULE_DISABLED
    return None if judges_the_same(before, after) else Ending.RULE_CHANGED
