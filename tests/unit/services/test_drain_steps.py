"""A backlog is drained in steps that fit into memory."""

from __future__ import annotations

from chalicelib.services import drain
from chalicelib.services.drain import Drain
from tests.unit.services.drained_world import CPU, NOW, World


def test_a_backlog_of_large_frames_takes_more_steps_not_more_memory() -> None:
    # given twice as many bytes of frames as a step takes
    world = World()
    samples = 5_000
    frames = 2 * drain.BYTES_A_STEP // (samples * 28)
    world.announce([CPU])
    for number in range(frames):
        world.arrive([float(number)] * samples)

    # when they are drained
    drained = Drain(world, world, retention_ms=1, live_window_ms=1).run(NOW)  # type: ignore[arg-type]  # as much as is called

    # then no step is larger than it may be by more than what is read at once, and nothing is left
    most = drain.BYTES_A_STEP // (samples * 28) + drain.FRAMES_AT_ONCE
    assert max(each.frames for each in world.counts) <= most < frames
    assert (drained.frames, drained.samples, drained.lost) == (frames + 1, frames * samples, 0)


def test_frames_that_fill_a_page_exactly_are_drained_once() -> None:
    world = World()
    world.announce([CPU])
    for number in range(2 * drain.FRAMES_AT_ONCE - 1):
        world.arrive([float(number)])
    ours = Drain(world, world, retention_ms=1, live_window_ms=1)  # type: ignore[arg-type]

    first, again = ours.run(NOW), ours.run(NOW)

    assert (first.frames, again.frames) == (2 * drain.FRAMES_AT_ONCE, 0)
    assert sorted(value for each in world.stored for value in each) == [*map(float, range(199))]
