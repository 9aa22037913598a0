"""Which new series are refused: those of a metric that has too many, and those that are too many new ones."""

from __future__ import annotations

from chalicelib.domain.series_limits import Refusal, SeriesLimits, admit

A, B = 1, 2
FULL, HOURLY = Refusal.SERIES_PER_METRIC, Refusal.NEW_SERIES_PER_HOUR


def test_a_metric_that_has_too_many_leaves_room_for_the_others() -> None:
    fresh = [(10, A), (11, A), (12, A), (20, B), (21, B)]
    refused = admit(fresh, {A: 2, B: 0}, 0, SeriesLimits(per_metric=3, new_per_hour=100))
    assert refused == {11: (A, FULL), 12: (A, FULL)}


def test_the_first_that_come_are_taken_until_the_hour_is_full() -> None:
    fresh = [(10, A), (20, B), (11, A)]
    assert admit(fresh, {}, 8, SeriesLimits(per_metric=100, new_per_hour=10)) == {11: (A, HOURLY)}
    assert admit(fresh, {}, 12, SeriesLimits(per_metric=100, new_per_hour=10)) == {
        10: (A, HOURLY),
        20: (B, HOURLY),
        11: (A, HOURLY),
    }


def test_what_a_metric_may_not_have_takes_nothing_of_the_hours_room() -> None:
    fresh = [(10, A), (11, A), (20, B)]
    assert admit(fresh, {A: 1}, 0, SeriesLimits(per_metric=1, new_per_hour=1)) == {10: (A, FULL), 11: (A, FULL)}
