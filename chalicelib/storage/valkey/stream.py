"""The stream of frames: where an accepted request lies until the drain has put it into PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.domain.errors import Unavailable, Unprocessable
from chalicelib.storage.valkey import keys
from chalicelib.storage.valkey.connection import Command, Valkey
from chalicelib.tsdb.frame import FrameBuilder
from chalicelib.tsdb.writer import Writer

ROOM_SECONDS = 60
IDEMPOTENCY_SECONDS = 7200
DISTINCT_SECONDS = 48 * 3600
ACKNOWLEDGE_WITHIN_MS = 250
WANTED_SECONDS = 7200
_CHECK_MS = 1000

# One atomic step: the key is remembered if and only if the frame is in the stream. 1 = added, 0 = the same body was
# added before under this key, -1 = another body was.
_ADD_ONCE = """
local seen = redis.call('GET', KEYS[1])
if seen then
  if seen == ARGV[1] then return 0 else return -1 end
end
redis.call('XADD', KEYS[2], '*', 'f', ARGV[2])
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return 1
"""


class FrameStream:
    """Appends frames under a writer's identity, and reads them back in order.

    `definitions_lost_at` is when (epoch ms) definitions sent before may have been lost: the connection broke, or the
    drain asked for them. Series announced up to then should be announced again.
    """

    def __init__(self, valkey: Valkey, writer: Writer, *, replicas: int, max_frames: int) -> None:
        self._valkey = valkey
        self._writer = writer
        self._replicas = replicas
        self._max_frames = max_frames
        self._length = 0
        self._checked = 0
        self._wanted: object = None
        self.definitions_lost_at = 0

    def append(
        self,
        frame: FrameBuilder,
        *,
        now: int,
        distinct: Sequence[tuple[str, str]] = (),
        once: tuple[str, str, bytes] | None = None,
    ) -> None:
        """Put a frame into the stream and count the distinct tag values; on return it is acknowledged.

        `once` = (token id, idempotency key, digest of the body): a frame that was added under it before is not added
        again. Raises Unprocessable when another body came under that key, and Unavailable when the frame is not in the
        stream for certain, or Valkey is full: the caller may send the same again.
        """
        self._refuse_when_full(now)
        packed = frame.pack(*self._writer.identity(now))
        commands: list[Command] = []
        if once is None:
            commands.append(("XADD", keys.STREAM, "*", "f", packed))
        else:
            key = keys.idempotency(once[0], once[1])
            commands.append(("EVAL", _ADD_ONCE, 2, key, keys.STREAM, once[2], packed, IDEMPOTENCY_SECONDS))
        if self._replicas:
            commands.append(("WAIT", self._replicas, ACKNOWLEDGE_WITHIN_MS))
        if distinct:
            commands += _count_distinct(distinct, now // 3_600_000)
        if now - self._checked >= _CHECK_MS:
            commands += [("XLEN", keys.STREAM), ("GET", keys.DEFINITIONS_WANTED)]
        try:
            answers = self._valkey.run(*commands)
            added = self._judge(answers)
        except Unavailable:
            self._writer.interrupted()
            self.definitions_lost_at = now
            raise
        if self._valkey.reconnected:
            self.definitions_lost_at = now
        if added == 1:
            self._writer.acknowledged()
        elif self._valkey.reconnected:
            # Sent twice and "seen before": by the first of the two, or by an earlier request? The number may be taken.
            self._writer.interrupted()
        if added == -1:
            raise Unprocessable("This Idempotency-Key came with another body before; use a new key for a new body.")
        if commands[-1][0] == "GET":
            self._note_check(answers[-2], answers[-1], now)

    def read(self, start: str, count: int, end: str = "+") -> list[tuple[str, bytes]]:
        """Up to `count` entries (id, frame) from the id `start` on, inclusive; `(id` excludes it, `-` is the first."""
        entries = self._valkey.value("XRANGE", keys.STREAM, start, end, "COUNT", count)
        return [(entry_id.decode(), fields[1]) for entry_id, fields in entries]

    def read_newest(self, before: str, since: str, count: int) -> list[tuple[str, bytes]]:
        """Up to `count` entries down from the id `before`, not older than `since`; newest first."""
        entries = self._valkey.value("XREVRANGE", keys.STREAM, before, since, "COUNT", count)
        return [(entry_id.decode(), fields[1]) for entry_id, fields in entries]

    def trim_before(self, entry_id: str) -> int:
        """Let go of the entries before an id; how many went."""
        return int(self._valkey.value("XTRIM", keys.STREAM, "MINID", "~", entry_id))

    def length(self) -> int:
        """How many frames lie in the stream, drained ones that are kept to be read live among them."""
        return int(self._valkey.value("XLEN", keys.STREAM))

    def check_room(self) -> None:
        """Raises Unavailable when Valkey would not take a frame now: out of memory, or without its replicas."""
        commands: list[Command] = [("SET", keys.ROOM, "1", "EX", ROOM_SECONDS)]
        if self._replicas:
            commands.append(("WAIT", self._replicas, ACKNOWLEDGE_WITHIN_MS))
        self._judge(self._valkey.run(*commands))

    def want_definitions(self) -> None:
        """Ask every container to announce its series again. Raises Unavailable."""
        self._valkey.run(("INCR", keys.DEFINITIONS_WANTED), ("EXPIRE", keys.DEFINITIONS_WANTED, WANTED_SECONDS))

    def _note_check(self, length: object, wanted: object, now: int) -> None:
        if isinstance(length, int):
            self._length = length
        if self._checked and wanted != self._wanted:
            self.definitions_lost_at = now
        self._wanted = wanted
        self._checked = now

    def _refuse_when_full(self, now: int) -> None:
        if self._length <= self._max_frames:
            return
        if now - self._checked >= _CHECK_MS:
            self._length, self._checked = self.length(), now
        if self._length > self._max_frames:
            raise Unavailable("The buffer is full: samples arrive faster than they are stored.", retry_after=5)

    def _judge(self, answers: list[object]) -> int:
        """1 added, 0 added before, -1 another body under that key; Unavailable when it is none of these for certain."""
        added = answers[0]
        if isinstance(added, Exception):
            if "OOM" in str(added):
                raise Unavailable("The buffer (Valkey) is out of memory; nothing was kept.", retry_after=5) from added
            raise Unavailable("The buffer (Valkey) refused the samples; nothing was kept.") from added
        if self._replicas:
            replicas = answers[1]
            if not isinstance(replicas, int) or replicas < self._replicas:
                raise Unavailable("No replica of the buffer acknowledged in time; send the same again.", retry_after=1)
        return added if isinstance(added, int) else 1


def _count_distinct(values: Sequence[tuple[str, str]], hour: int) -> list[Command]:
    by_tag: dict[str, list[str]] = {}
    for tag, value in values:
        by_tag.setdefault(tag, []).append(value)
    commands: list[Command] = []
    for tag, found in by_tag.items():
        key = keys.distinct(tag, hour)
        commands += [("PFADD", key, *found), ("EXPIRE", key, DISTINCT_SECONDS)]
    return commands
