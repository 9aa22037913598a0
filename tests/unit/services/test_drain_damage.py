"""A frame that is damaged is counted and told of; it keeps no other from being drained or read."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from chalicelib.services.drain import Drain
from chalicelib.tsdb.columns import read_definitions, read_definitions_of, read_frames
from chalicelib.tsdb.frame import read_header
from tests.unit.services.drained_world import CPU, MEMORY, NOW, World


def cut_off(frame: bytes) -> bytes:
    """Definitions that promise more than there is."""
    at = read_header(frame).lengths_end
    return frame[:at] + b"\xdd\x7f" + frame[at + 2 :]


def no_text(frame: bytes) -> bytes:
    """Definitions with a name that is not UTF-8."""
    return frame.replace(b"memory_usage", b"memory\xffusage")


def of_a_kind_to_come(frame: bytes) -> bytes:
    """Definitions that a later version wrote."""
    ours = msgspec.msgpack.encode(("memory_usage", "percent", 0))[1:]
    return frame.replace(ours, ours[:-1] + b"\x63")


def too_long(frame: bytes) -> bytes:
    """A run of more samples than there are, by far."""
    at = read_header(frame).times_end
    return frame[:at] + b"\xff\xff\xff\xff" + frame[at + 4 :]


@pytest.mark.parametrize("damage", [cut_off, no_text, of_a_kind_to_come])
def test_damaged_definitions_cost_no_sample(damage: Callable[[bytes], bytes]) -> None:
    # given a frame with damaged definitions between two good ones
    world = World()
    world.arrive([1.0], [CPU])
    world.arrive([2.0], [MEMORY])
    world.arrive([3.0], [MEMORY])
    entry, frame = world.entries[1]
    world.entries[1] = entry, damage(frame)
    assert world.entries[1][1] != frame

    # when they are drained
    drained = Drain(world, world, retention_ms=1, live_window_ms=1).run(NOW)  # type: ignore[arg-type]  # as much as is called

    # then all samples are stored, all other definitions heard, and the frame is counted
    assert sorted(value for each in world.stored for value in each) == [1.0, 2.0, 3.0]
    assert world.defined == [{"cpu_usage", "memory_usage"}]
    assert (drained.samples, [each.corrupt for each in world.counts]) == (3, [1])


def test_samples_of_a_series_whose_definition_is_damaged_wait_for_it() -> None:
    world = World()
    world.arrive([1.0], [CPU, MEMORY])
    entry, frame = world.entries[0]
    world.entries[0] = entry, no_text(frame)
    Drain(world, world, retention_ms=1, live_window_ms=1).run(NOW)  # type: ignore[arg-type]
    assert (world.waiting, world.stored, world.definitions_wanted) == ([1.0], [], 1)


def test_samples_without_their_times_are_left_out_and_their_frame_counted() -> None:
    world = World()
    for value in (1.0, 2.0, 3.0):
        world.arrive([value], [CPU])
    entry, frame = world.entries[1]
    world.entries[1] = entry, too_long(frame)
    drained = Drain(world, world, retention_ms=1, live_window_ms=1).run(NOW)  # type: ignore[arg-type]
    assert sorted(value for each in world.stored for value in each) == [1.0, 3.0]
    assert (drained.samples, [each.corrupt for each in world.counts]) == (2, [1])


@pytest.mark.parametrize("damage", [cut_off, no_text, of_a_kind_to_come, too_long])
def test_readers_of_what_is_not_drained_pass_it_over(damage: Callable[[bytes], bytes]) -> None:
    world = World()
    world.arrive([1.0], [MEMORY])
    world.arrive([2.0], [CPU])
    frames = [(read_header(frame), frame) for frame in (damage(world.entries[0][1]), world.entries[1][1])]
    assert CPU in read_definitions(frames).values()
    assert set(read_definitions_of("cpu_usage", frames).values()) == {CPU}
    assert set(read_definitions_of("memory_usage", frames).values()) <= {MEMORY}
    assert read_frames(frames).values.tolist()[-1] == 2.0
