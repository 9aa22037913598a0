"""Metric types that look like one another: probably one metric under two names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable


def lookalikes(names: Iterable[str]) -> dict[str, list[str]]:
    """Each name that has others like it: the same but for case, dashes, dots, underscores, or a plural."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        groups[_bare(name)].append(name)
    return {
        name: [other for other in group if other != name] for group in groups.values() for name in group if group[1:]
    }


def _bare(name: str) -> str:
    words = re.split(r"[-_.:]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    return "_".join(
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in words
    )
