"""What a plugin prints: `name value unit tag=value …` on each line; `#` begins a comment, `-` is no unit.

Values with blanks are quoted as in a shell: `queue_length 7 count queue="to print"`.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Collection

from perfmon_agent.reading import Reading, tag

MOST_READINGS = 500
MOST_TAGS = 10
MOST_TAGS_OF_A_SERIES = 20  # the API's bound
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_TAG = re.compile(r"([^=]{1,64})=(.{1,256})", re.DOTALL)


class BadLine(Exception):
    """Why a line says nothing."""


def parse(output: str, agents: Collection[str] = ()) -> tuple[list[Reading], list[str]]:
    """The readings of an output, and what is wrong with each of the lines that are none.

    `agents` are the names of the tags that the agent adds: with them no reading has more than the API takes.
    """
    readings: list[Reading] = []
    bad: list[str] = []
    for number, line in enumerate(output.splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            if len(readings) >= MOST_READINGS:
                raise BadLine(f"one run may print {MOST_READINGS} figures")
            reading = _reading(text)
            _check_room(reading, agents)
            readings.append(reading)
        except BadLine as why:
            bad.append(f"line {number} {text[:80]!r}: {why}")
    return readings, bad


def _reading(text: str) -> Reading:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadLine(f"{error}") from None
    if len(words) < 2:
        raise BadLine("must be: name value unit tag=value …")
    name, value = words[:2]
    if not _NAME.fullmatch(name):
        raise BadLine("the name must be letters, digits and _ . : -, and begin with a letter or _")
    unit, tags = ("", words[2:]) if len(words) == 2 or "=" in words[2] else (words[2], words[3:])
    if len(unit) > 32:
        raise BadLine("the unit is longer than 32 characters")
    if len(tags) > MOST_TAGS:
        raise BadLine(f"there are more than {MOST_TAGS} tags")
    return Reading(name, _value(value), "" if unit == "-" else unit, dict(map(_pair, tags)))


def _check_room(reading: Reading, agents: Collection[str]) -> None:
    together = len({*agents, *reading.tags})
    if together > MOST_TAGS_OF_A_SERIES:
        raise BadLine(
            f"with the agent's {len(agents)} tags (host and `tags`) there are {together}, "
            f"more than the {MOST_TAGS_OF_A_SERIES} that a series may have"
        )


def _value(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadLine(f"{text[:40]!r} is not a number") from None
    if not math.isfinite(value):
        raise BadLine("the value must be finite")
    return value


def _pair(word: str) -> tuple[str, str]:
    found = _TAG.fullmatch(word)
    if found is None:
        raise BadLine(f"{word[:40]!r} must be tag=value, up to 64 and 256 characters")
    return tag(found[1]), tag(found[2])
