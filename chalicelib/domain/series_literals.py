"""Time series as people write them in rule tests: `40x3 95x5 _x2` is three times 40, five times 95, twice nothing.

`70+5x4` counts up: 70 75 80 85; `70-5x4` down. A word without `x` stands for one sample.
"""

from __future__ import annotations

import math
import re

MAX_SAMPLES = 500_000
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_WORD = re.compile(
    rf"(?:(?P<gap>_)|(?P<first>{_NUMBER})(?P<rise>[+-](?:\d+(?:\.\d*)?|\.\d+))?)(?:x(?P<times>\d{{1,7}}))?"
)


class InvalidSeries(ValueError):
    """A text that is no series; the message names the word that is wrong."""


def parse_values(text: str) -> list[float | None]:
    """The values one after the other, None where there is no sample. Raises InvalidSeries."""
    values: list[float | None] = []
    for word in text.split():
        found = _WORD.fullmatch(word)
        if found is None:
            raise InvalidSeries(f"{word[:40]!r} is not understood: write values like 40, 40x3, 70+5x4 or _x2")
        times = int(found["times"] or 1)
        if len(values) + times > MAX_SAMPLES:
            raise InvalidSeries(f"is longer than {MAX_SAMPLES} samples")
        if found["gap"]:
            values += [None] * times
            continue
        first, rise = float(found["first"]), float(found["rise"] or 0)
        if not math.isfinite(first + rise * times):
            raise InvalidSeries(f"{word[:40]!r} is no finite number")
        values += [first + rise * place for place in range(times)]
    return values


def parse_samples(text: str, *, start: int, interval: int) -> list[tuple[int, float]]:
    """The samples as (epoch ms, value), the first at `start`, one every `interval` ms. Raises InvalidSeries."""
    return [(start + place * interval, value) for place, value in enumerate(parse_values(text)) if value is not None]
