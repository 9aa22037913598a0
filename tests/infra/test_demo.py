"""The demo's fleet: the same every time, with a story that shows."""

from __future__ import annotations

from statistics import mean

from infra.demo.fleet import DAY, DAYS, HOUR, STEP, Story

STORY = Story(1_790_000_000_000 // HOUR * HOUR)


def values(metric: str, begin: int, end: int, step: int = STEP, **tags: str) -> list[float]:
    """All values of a metric whose tags are these among others."""
    return [
        snapshot["metrics"][metric]
        for at in range(begin, end, step)
        for snapshot in STORY.snapshots(at)
        if metric in snapshot["metrics"] and tags.items() <= snapshot["tags"].items()
    ]


def test_an_instant_always_has_the_same_values() -> None:
    assert list(STORY.snapshots(STORY.begin)) == list(Story(STORY.end).snapshots(STORY.begin))
    assert list(STORY.snapshots(STORY.begin)) != list(STORY.snapshots(STORY.begin + STEP))


def test_the_story_shows() -> None:
    # a disk fills, and is nearly full at the end
    disk = values("disk_usage", STORY.begin, STORY.end, DAY, host="db-1", mount="/data")
    assert disk == sorted(disk)
    assert len(disk) == DAYS
    assert 60 < disk[0] < 62
    assert values("disk_usage", STORY.end, STORY.end + 1, host="db-1", mount="/data")[0] > 90

    # two incidents stand out among the errors
    quiet = max(values("error_rate", STORY.end - 5 * DAY, STORY.end - 5 * DAY + 2 * HOUR))
    for days in (9, 3):
        begin = STORY.end - days * DAY
        assert mean(values("error_rate", begin + 2 * STEP, begin + 8 * STEP)) > 10 * quiet

    # the second week is slow, and costs orders
    for metric, more in (("response_time", True), ("orders_placed", False)):
        first = mean(values(metric, STORY.begin, STORY.end - 7 * DAY, HOUR))
        second = mean(values(metric, STORY.end - 7 * DAY, STORY.end, HOUR))
        assert (second > 1.3 * first) if more else (second < 0.8 * first)
