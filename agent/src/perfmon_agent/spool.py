"""Requests on disk while the API is away: bounded by bytes, the oldest go first and are counted.

Every file is one request (segment.py), numbered in the order of its beginning. What was tried already is a file of
its own, with its key, written whole or not at all. What was never tried is appended to one file, a record each time,
until that file is large enough or it is its turn: after that it never changes, so it is the same request each time.
Everything is on the disk (fsync) before a call returns; a file goes only when its request is done.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections import deque
from io import FileIO
from pathlib import Path

from perfmon_agent import segment
from perfmon_agent.lock import Lock
from perfmon_agent.request import Request
from perfmon_agent.segment import SUFFIX, Segment

SEGMENT_SAMPLES = 5000
SEGMENT_BYTES = 1 << 20


class Spool:
    """First in, first out; for one thread of one process: the folder is locked."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        """Take over what a folder holds. Raises OSError if it cannot be used, InUse if another agent uses it."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._max_bytes = max_bytes
        self._segment_bytes = min(SEGMENT_BYTES, max(1, max_bytes // 8))
        self._lock = Lock(directory / "lock")
        self._segments: deque[Segment] = deque()
        self._open: FileIO | None = None
        self._next = 1
        self.bytes = 0
        self.samples = 0
        self.dropped = 0
        try:
            self._take_over()
            self._make_room(0)
        except OSError:
            self._lock.release()
            raise

    def keep(self, request: Request) -> None:
        """Put a request that was tried behind the others, with its key. Raises OSError."""
        self._seal()
        content = segment.opening(request.key) + segment.record(request.parts, request.samples)
        if not self._make_room(len(content)):
            self.dropped += request.samples
            return
        path = self._new_path()
        unfinished = path.with_suffix(".part")
        try:
            with FileIO(unfinished, "w") as file:
                _write(file, content)
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)  # while a disk is full, each round would leave another one behind
            raise
        self._sync_directory()
        self._note(Segment(path, len(content), request.samples))

    def add(self, parts: tuple[bytes, ...], samples: int) -> None:
        """Put snapshots that were never tried behind the others. Raises OSError."""
        content = segment.record(parts, samples)
        if self._open is not None and not self._has_room(len(content), samples):
            self._seal()
        if not self._make_room(len(content) + 100):
            self.dropped += samples
            return
        if self._open is None:
            self._begin()
        assert self._open is not None
        before = self._segments[-1]
        try:
            _write(self._open, content)
        except OSError:
            # Part of a record may be there: nothing may be written behind it.
            self._seal()
            raise
        self._segments[-1] = Segment(before.path, before.size + len(content), before.samples + samples)
        self.bytes += len(content)
        self.samples += samples

    def oldest(self) -> Request | None:
        """The request to send next; it stays until `done`. What cannot be read is counted as dropped."""
        while self._segments:
            if len(self._segments) == 1:
                self._seal()
            if not self._segments:
                break
            first = self._segments[0]
            try:
                found = segment.read(first.path)
            except OSError:
                found = None
            if found is not None:
                self.dropped += first.samples - found.samples
                self.samples -= first.samples - found.samples
                self._segments[0] = Segment(first.path, first.size, found.samples)
                return found
            self._drop_oldest()
        return None

    def done(self) -> None:
        """Let go of the request that `oldest` gave."""
        self._forget(self._segments.popleft())

    def close(self) -> None:
        """Let others have the folder."""
        self._seal()
        self._lock.release()

    def _take_over(self) -> None:
        for unfinished in self._directory.glob("*.part"):
            unfinished.unlink()
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            if not path.stem.isdigit():
                continue
            self._next = max(self._next, int(path.stem) + 1)
            found = segment.survey(path)
            if found is None:
                path.unlink()
            else:
                self._note(found)

    def _begin(self) -> None:
        path = self._new_path()
        content = segment.opening(uuid.uuid4().hex)
        file = FileIO(path, "w")
        try:
            _write(file, content)
            self._sync_directory()
        except OSError:
            file.close()
            path.unlink()
            raise
        self._open = file
        self._note(Segment(path, len(content), 0))

    def _has_room(self, size: int, samples: int) -> bool:
        last = self._segments[-1]
        return last.samples + samples <= SEGMENT_SAMPLES and last.size + size <= self._segment_bytes

    def _seal(self) -> None:
        if self._open is None:
            return
        self._open.close()
        self._open = None
        if not self._segments[-1].samples:
            self._forget(self._segments.pop())

    def _make_room(self, size: int) -> bool:
        """Drop the oldest until `size` more fit; False if they never will."""
        if size > self._max_bytes:
            return False
        while self.bytes + size > self._max_bytes and self._segments:
            self._drop_oldest()
        return True

    def _drop_oldest(self) -> None:
        if len(self._segments) == 1:
            self._seal()
            if not self._segments:
                return
        first = self._segments.popleft()
        self.dropped += first.samples
        self._forget(first)

    def _note(self, added: Segment) -> None:
        self._segments.append(added)
        self.bytes += added.size
        self.samples += added.samples

    def _forget(self, gone: Segment) -> None:
        self.bytes -= gone.size
        self.samples -= gone.samples
        gone.path.unlink(missing_ok=True)

    def _new_path(self) -> Path:
        path = self._directory / f"{self._next:012d}{SUFFIX}"
        self._next += 1
        return path

    def _sync_directory(self) -> None:
        if os.name == "nt":  # folders cannot be opened there; NTFS keeps a journal of names
            return
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(file: FileIO, content: bytes) -> None:
    # Unbuffered: what could not be written must not be tried again when the file is closed.
    if file.write(content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(file.fileno())
