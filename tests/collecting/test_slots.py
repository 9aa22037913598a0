"""When targets are due: on the grid, once an interval, each at a place of its own, and planned without gaps."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from chalicelib.domain.pulls import JOBS_AT_ONCE, Planned, plan
from chalicelib.domain.slots import SLOT_MS, due_slots
from chalicelib.domain.targets import Target, TargetType

NOW = 1_760_000_000_000


def target(name: str, interval: int = 60) -> Target:
    """A target of that id."""
    return Target(id=name, name=name, type=TargetType.PROMETHEUS, interval=interval)


@pytest.mark.parametrize("interval", [10, 15, 60, 3600, 86_400])
def test_a_target_is_due_once_an_interval(interval: int) -> None:
    found = list(due_slots("tgt_1", interval, NOW, NOW + 5 * interval * 1000))

    assert len(found) == 5
    assert all(each % SLOT_MS == 0 for each in found)
    assert {later - each for each, later in pairwise(found)} == {interval * 1000}


def test_pieces_of_time_join_without_gap_or_overlap() -> None:
    cuts = [NOW, NOW + 1, NOW + 29_999, NOW + 30_000, NOW + 95_000, NOW + 180_000]

    pieces = [each for start, end in pairwise(cuts) for each in due_slots("tgt_1", 15, start, end)]

    assert pieces == list(due_slots("tgt_1", 15, cuts[0], cuts[-1]))


def test_targets_spread_over_the_interval() -> None:
    slots = Counter(due_slots(f"tgt_{number}", 60, NOW, NOW + 60_000)[0] for number in range(1200))

    assert len(slots) == 12
    assert max(slots.values()) < 150  # a hundred each, more or less


def test_what_is_due_together_goes_together_and_what_was_missed_is_not_made_up_for() -> None:
    many = [Planned(target(f"tgt_{number}", 10), until=1) for number in range(90)]

    pulls = plan(many, NOW, NOW + 9_999, "box")

    assert sum(len(each.jobs) for each in pulls) == 90
    assert all(NOW <= each.at < NOW + 10_000 and each.token == "box" for each in pulls)
    assert max(len(each.jobs) for each in pulls) == JOBS_AT_ONCE
    assert [each.at for each in pulls] == sorted(each.at for each in pulls)


def test_a_new_target_is_pulled_at_once() -> None:
    slow = Planned(target("tgt_1", 3600), until=0)

    assert [each.at for each in plan([slow], NOW, NOW + 75_000, "box")][:1] == [NOW]
    assert plan([Planned(slow.target, until=NOW)], NOW, NOW + 75_000, "box") == []
