"""Everything the services need of the world, on one page; adapters satisfy these by shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.domain.browsing import MetricEntry, TagEntry
from chalicelib.domain.series import Definition
from chalicelib.domain.tokens import Grant, Token
from chalicelib.tsdb.frame import FrameBuilder
from chalicelib.tsdb.progress import DrainCounts, DrainState

if TYPE_CHECKING:  # the ingest path reads this page and must not import numpy
    from chalicelib.tsdb.head import Head
    from chalicelib.tsdb.hours import HourState


class MetricTypes(Protocol):
    """The bounded set of metric types."""

    def admit(self, metric_type: str) -> bool:
        """Whether this type is known, or was new and there was room for it."""
        ...


class FrameSink(Protocol):
    """Where accepted frames go."""

    @property
    def definitions_lost_at(self) -> int:
        """When (epoch ms) definitions sent before may have been lost; 0 = never."""
        ...

    def append(
        self,
        frame: FrameBuilder,
        *,
        now: int,
        distinct: Sequence[tuple[str, str]] = (),
        once: tuple[str, str, bytes] | None = None,
    ) -> None:
        """Keep a frame; see storage/valkey/stream.py. Raises Unavailable or Unprocessable."""
        ...


class Grants(Protocol):
    """What tokens open."""

    def get(self, digest: str) -> Grant | None:
        """The grant of the token with this digest. Raises Unavailable."""
        ...


class GrantCache(Grants, Protocol):
    """The quick copy of all grants."""

    def put(self, digest: str, grant: Grant) -> None:
        """Remember a grant; a cache that is down is left alone."""
        ...

    def note_use(self, token_id: str, now: int) -> None:
        """Remember that a token was used (epoch ms); a cache that is down is left alone."""
        ...


class Counter(Protocol):
    """Counts events in windows of time, over all containers."""

    def count(self, what: str, whose: str, now: int, seconds: int, *, add: bool = True) -> int:
        """How often it happened in the window that `now` (epoch ms) lies in, this time included. Raises Unavailable."""
        ...


class FrameSource(Protocol):
    """Where the drain takes frames from."""

    def read(self, start: str, count: int) -> list[tuple[str, bytes]]:
        """Up to `count` entries (id, frame) from the id `start` on, inclusive; `-` is the first. Raises Unavailable."""
        ...

    def want_definitions(self) -> None:
        """Ask every container to announce its series again. Raises Unavailable."""
        ...

    def trim_before(self, entry_id: str) -> int:
        """Let go of the entries before an id; how many went. Raises Unavailable."""
        ...


class DrainStep(Protocol):
    """One transaction that holds the drain; it commits when the block ends without an error."""

    @property
    def state(self) -> DrainState:
        """How far the stream is drained."""
        ...

    def marks(self) -> dict[int, int]:
        """How many frames of each writer are drained."""
        ...

    def define(self, definitions: Mapping[int, Definition], now: int) -> dict[int, int]:
        """Put series into the catalogue; series id -> metric type number, without those whose id another series has."""
        ...

    def metrics_of(self, series_ids: Sequence[int]) -> dict[int, int]:
        """Series id -> metric type number of those in the catalogue."""
        ...

    def add_head(self, head: Head, *, now: int, kept_until: int) -> None:
        """Write a head row; instants in epoch ms."""
        ...

    def keep_waiting(self, series_id: int, payload: bytes, now: int) -> None:
        """Keep samples of a series nobody has defined yet, as Columns.pack() packs them."""
        ...

    def take_waiting(self, series_ids: Sequence[int]) -> list[bytes]:
        """Take the samples that waited for these series, in the order of their arrival."""
        ...

    def expire_waiting(self, before: int) -> None:
        """Give up, and count, what arrived before an instant (epoch ms) and was never defined."""
        ...

    def advance(self, state: DrainState, *, marks: Mapping[int, int], counts: DrainCounts, now: int) -> None:
        """Move the offset and the marks, and add to the counts."""
        ...


class DrainStore(Protocol):
    """Where the drain puts samples."""

    def step(self) -> AbstractContextManager[DrainStep | None]:
        """Begin a step; None while another run holds the drain. Raises Unavailable."""
        ...


class Snapshot(Protocol):
    """The store at one instant."""

    def progress(self) -> tuple[DrainState, dict[int, int]]:
        """How far the stream is drained, and how many frames of each writer."""
        ...

    def series_of(self, metric_type: str) -> dict[int, Definition]:
        """Every series of a metric type in the catalogue, by id."""
        ...

    def payloads(self, metric_type: str, start: int, end: int) -> list[bytes]:
        """The packed columns of a metric type from heads that may hold samples of [start, end), in arrival order."""
        ...

    def blocks(self, metric_type: str, start: int, end: int, series: tuple[int, int]) -> list[bytes]:
        """Its blocks that may hold samples of [start, end) of series ids from the first to the second, as they arrived.

        All instants in epoch ms; every block is older than every head of its hour.
        """
        ...


class SampleStore(Protocol):
    """Where samples are read from."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Everything read from it is of one instant. Raises Unavailable."""
        ...


class NewestFrames(Protocol):
    """The stream, read backwards."""

    def read_newest(self, before: str, since: str, count: int) -> list[tuple[str, bytes]]:
        """Up to `count` entries down from the id `before`, not older than `since`; newest first. Raises Unavailable."""
        ...


class Catalogue(Protocol):
    """Which series there are."""

    def series_of(self, metric_types: Sequence[str]) -> dict[int, Definition]:
        """Every series of these metric types, by id. Raises Unavailable."""
        ...

    def metric_types(self) -> list[str]:
        """The names of all metric types. Raises Unavailable."""
        ...


class CatalogueBrowser(Protocol):
    """The catalogue as people browse it."""

    def metrics(self, after: str, limit: int) -> list[MetricEntry]:
        """Up to `limit` metric types in the order of their names, from behind the name `after`. Raises Unavailable."""
        ...

    def names(self) -> list[str]:
        """The names of all metric types. Raises Unavailable."""
        ...

    def tags(self, metric_type: str | None, limit: int) -> list[TagEntry]:
        """Up to `limit` tags of one metric type or of all, by key. Raises Unavailable."""
        ...


class TickStore(Protocol):
    """Remembers the last instant."""

    def advance(self, instant: int) -> bool:
        """Make `instant` (epoch ms) the last one; False when it is not after the one before. Raises Unavailable."""
        ...


class TickQueue(Protocol):
    """Brings instants back when they have come."""

    def send(self, delays: Mapping[int, int]) -> None:
        """Send instants (epoch ms), each with a delay in whole seconds."""
        ...


class TokenTruth(Protocol):
    """What the tick needs of the tokens."""

    def grants(self) -> dict[str, Grant]:
        """All grants by digest. Raises Unavailable."""
        ...

    def note_uses(self, uses: Mapping[str, int]) -> None:
        """Record when tokens were last used (epoch ms)."""
        ...


class GrantRebuild(Protocol):
    """What the tick needs of the grants' cache."""

    def rebuild(self, grants: Mapping[str, Grant]) -> None:
        """Replace all grants in one step. Raises Unavailable."""
        ...

    def take_uses(self) -> dict[str, int]:
        """When tokens were last used (epoch ms), since the last call. Raises Unavailable."""
        ...


class GrantWriter(Protocol):
    """What changes of tokens need of the grants' cache."""

    def put(self, digest: str, grant: Grant) -> None:
        """Remember a grant; a cache that is down is left alone."""
        ...

    def remove(self, digest: str) -> None:
        """Forget a grant; a cache that is down is left alone."""
        ...


class TokenBook(Protocol):
    """Where tokens are kept."""

    def add(self, token: Token, digest: str) -> None:
        """Keep a new token."""
        ...

    def page(self, after: str | None, limit: int) -> list[Token]:
        """Up to `limit` tokens in the order of their ids, from behind the id `after`."""
        ...

    def remove(self, token_id: str, now: datetime) -> str | None:
        """Delete a token; its digest, None when there is no such token, '' when it is the last admin token."""
        ...


class KnownTypes(Protocol):
    """The bounded set of metric types, as the tick restores it."""

    def rebuild(self, metric_types: Sequence[str]) -> None:
        """Add what the catalogue knows, and keep the set alive. Raises Unavailable."""
        ...


class Housekeeping(Protocol):
    """Lets go of what has been kept for long enough."""

    def run(self, now: int) -> None:
        """Delete what has expired at `now` (epoch ms). Raises Unavailable."""
        ...


class DrainReport(Protocol):
    """What the drain counted."""

    def report(self) -> dict[str, Any]:
        """Counts and instants under the names that health shows. Raises Unavailable."""
        ...


class BufferLength(Protocol):
    """How much lies in the buffer."""

    def length(self) -> int:
        """Frames in the stream, drained ones that are kept to be read live among them. Raises Unavailable."""
        ...


class CompactionStep(Protocol):
    """One transaction that holds the compaction of one hour; it commits when the block ends without an error."""

    def state(self) -> HourState:
        """What the hour holds now."""
        ...

    def head_metrics(self) -> list[int]:
        """The metric types in the hour's heads. The heads are those of the step's begin; later ones are left alone."""
        ...

    def head_payloads(self, metric: int) -> list[bytes]:
        """A metric type's packed columns in the heads, in the order of arrival."""
        ...

    def delete_heads(self) -> None:
        """Delete the heads whose samples are in blocks now."""
        ...

    def block_metrics(self) -> list[int]:
        """The metric types in the hour's blocks."""
        ...

    def take_blocks(self, metric: int) -> list[bytes]:
        """Delete a metric type's blocks and return them in the order of arrival."""
        ...

    def sampled_series(self, metric: int) -> list[int]:
        """The ids of a metric type's sampled series."""
        ...

    def add_block(self, metric: int, payload: bytes, *, series: tuple[int, int], samples: int, is_full: bool) -> None:
        """Write a block of what was read last; `series` are its lowest and highest series id."""
        ...


class CompactionStore(Protocol):
    """Where compaction works."""

    def hours(self) -> list[HourState]:
        """Every hour that holds heads, or blocks that are not full, the oldest first. Raises Unavailable."""
        ...

    def step(self, hour: int) -> AbstractContextManager[CompactionStep | None]:
        """Begin with an hour (epoch ms); None while another run compacts. Raises Unavailable."""
        ...
