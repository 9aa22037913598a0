"""The frames that are accepted but not drained yet, as seen from a snapshot of the store."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.services.ports.drain import FrameSource
from chalicelib.tsdb.frame import FrameHeader
from chalicelib.tsdb.marks import Marks, read_new
from chalicelib.tsdb.progress import DrainState

PAGE = 2_000


def read_undrained(source: FrameSource, state: DrainState, marks: Mapping[int, int]) -> list[tuple[FrameHeader, bytes]]:
    """Every frame that the snapshot does not hold yet, each once, in the order of arrival. Raises Unavailable.

    The marks decide, so a stream that was replaced, or in which a frame lies twice, is read right as well. Frames with
    ids before the offset are looked at only when the stream is not the one that was drained last.
    """
    seen = Marks(marks)
    start = state.entry_id
    entries = source.read(start, PAGE)
    if not entries or entries[0][0] != start:
        start = "-"
        entries = source.read(start, PAGE)
    frames: list[tuple[FrameHeader, bytes]] = []
    while entries:
        new, _ = read_new(entries, seen)
        frames += new
        if len(entries) < PAGE:
            break
        entries = source.read(f"({entries[-1][0]}", PAGE)
    return frames
