"""Which frames have been drained: one number a writer; tells new frames from old ones, and counts what was lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chalicelib.tsdb.frame import NO_WRITER, CorruptFrame, FrameHeader, read_header


class Marks:
    """How many frames of each writer are drained; a copy to work on, the caller keeps what `changed` holds.

    Frames come in the order of the stream, in which one writer's numbers only rise. So a number below the mark was
    drained before, and one above it says that the frames between them were acknowledged and are gone.
    """

    def __init__(self, frames_by_writer: Mapping[int, int]) -> None:
        self._frames = dict(frames_by_writer)
        self.changed: dict[int, int] = {}
        self.lost = 0

    def admit(self, header: FrameHeader) -> bool:
        """Whether this frame is new; if so it counts as drained from now on."""
        previous = header.previous_writer
        # A writer goes on naming the previous one for as long as it lives. Once the previous one's mark has been
        # forgotten, after days of silence, only a writer that is new itself says anything about a loss.
        if previous != NO_WRITER and (previous in self._frames or header.writer not in self._frames):
            self._advance(previous, header.previous_count)
        if header.number < self._frames.get(header.writer, 0):
            return False
        self._advance(header.writer, header.number)
        self._set(header.writer, header.number + 1)
        return True

    def _advance(self, writer: int, frames: int) -> None:
        missing = frames - self._frames.get(writer, 0)
        if missing > 0:
            self.lost += missing
            self._set(writer, frames)

    def _set(self, writer: int, frames: int) -> None:
        self._frames[writer] = self.changed[writer] = frames


def read_new(
    entries: Iterable[tuple[str, bytes]], marks: Marks
) -> tuple[list[tuple[FrameHeader, bytes]], list[tuple[str, CorruptFrame]]]:
    """The frames among stream entries that the marks have not seen, and those entries that are no frames."""
    new, corrupt = [], []
    for entry_id, frame in entries:
        try:
            header = read_header(frame)
        except CorruptFrame as error:
            corrupt.append((entry_id, error))
            continue
        if marks.admit(header):
            new.append((header, frame))
    return new, corrupt
