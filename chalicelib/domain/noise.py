"""Noisy rules: would a longer duration have kept the short alerts away? Tried on the very alerts that fired.

An alert that lasted L seconds after it came to fire would not have fired with a duration more than L longer. So a
longer duration can be tried on alerts of any age, long after the samples they rest on are gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.reports import SuggestedFix

LONGER_BY = (60, 120, 300, 600, 900, 1800)
ENOUGH = 0.8  # of the short alerts must go
SHORT_SECONDS = 300.0


def suggest_fix(lasted: Sequence[float | None], duration: int) -> SuggestedFix | None:
    """The shortest longer duration that keeps away enough of the short alerts; None when none does, or none is short.

    `lasted`: the seconds that each alert's breach went on after it came to fire; None = it has not ended by itself.
    """
    short = sum(each is not None and each < SHORT_SECONDS for each in lasted)
    if not short:
        return None
    for longer in LONGER_BY:
        left = sum(each is None or each >= longer for each in lasted)
        if len(lasted) - left >= ENOUGH * short:
            return SuggestedFix(duration + longer, left)
    return None
