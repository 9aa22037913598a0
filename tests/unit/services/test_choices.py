"""What was chosen before holds for as long as the catalogue knows the same series, and not a moment longer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.series import Definition, Kind
from chalicelib.services.choice import Choice, Choosing, choose
from chalicelib.services.choices import Choices
from chalicelib.tsdb.progress import DrainState
from chalicelib.tsdb.stored import CatalogueMark, Stored

ASKED = Choosing("load", None, (), ("host",), is_count=False, is_topk=False)
STORED = Stored(DrainState("1-0", 1, 1, 0, 10), {}, CatalogueMark(0, 2, 1.5), False, [], [])


def chosen(*hosts: str) -> Choice:
    """A series of each host."""
    made = [Definition("load", "", Kind.SAMPLED, (("host", host),)) for host in hosts]
    return choose(ASKED, {each.series_id: each for each in made})


def test_a_choice_holds_while_the_catalogue_is_the_same() -> None:
    choices, choice = Choices(), chosen("a", "b")
    assert choices.get(ASKED) is None
    choices.keep(ASKED, choice, STORED)
    assert choices.get(ASKED) is choice
    assert choices.holds(ASKED, STORED)
    assert choices.holds(ASKED, replace(STORED, state=DrainState("2-0", 1, 2, 0, 20)))


@pytest.mark.parametrize(
    "catalogue",
    [CatalogueMark(0, 3, 1.5), CatalogueMark(1, 2, 1.5), CatalogueMark(0, 2, 2.5)],
    ids=["a new series", "series were deleted, others added", "another server"],
)
def test_it_holds_no_longer_when_the_catalogue_has_changed(catalogue: CatalogueMark) -> None:
    choices = Choices()
    choices.keep(ASKED, chosen("a", "b"), STORED)
    assert not choices.holds(ASKED, replace(STORED, catalogue=catalogue))
    assert choices.get(ASKED) is None


def test_it_holds_no_longer_in_a_database_that_was_restored() -> None:
    choices = Choices()
    choices.keep(ASKED, chosen("a", "b"), STORED)
    restored = replace(STORED, state=DrainState("0-5", 1, 1, 0, 9))
    assert not choices.holds(ASKED, restored)
    choices.keep(ASKED, chosen("c"), restored)
    assert choices.holds(ASKED, restored)


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    choices = Choices(most_series=30)
    first, second, third = (replace(ASKED, metric_type=name) for name in ("one", "two", "three"))
    choices.keep(first, chosen("a"), STORED)
    choices.keep(second, chosen("b"), STORED)
    assert choices.holds(first, STORED)
    choices.keep(third, chosen("c"), STORED)
    assert [choices.get(each) is not None for each in (first, second, third)] == [True, False, True]
    choices.keep(third, chosen(*"abcdefghijklmnopqrstuvwxyz"), STORED)
    assert [choices.get(each) is not None for each in (first, second, third)] == [False, False, False]
