"""What else changed on the host or service of an alert that has just fired: looked for once, kept, and followed up.

It is looked for after everybody has been told, within two seconds a tick: it delays nobody. The explanation of the
alert shows it, and channels whose messages have threads get it as a reply, once the message itself has arrived: what
would come first of all would take the place of a message that is still tried.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from chalicelib.domain.channels import Channel, ChannelSet
from chalicelib.domain.episodes import Episode
from chalicelib.domain.jobs import notice_of
from chalicelib.domain.ledger import Entry, entry_to
from chalicelib.domain.notifications import Reason
from chalicelib.domain.series import Definition, Kind
from chalicelib.domain.standouts import LOOK_BACK_MS, Standout, levels, most_striking, score_of, tell_standouts
from chalicelib.services.ports.alerting import UnitOfWork
from chalicelib.services.ports.notifying import ChannelBook, ChannelTypes, EntryBook
from chalicelib.services.ports.standouts import PlaceSnapshot, PlaceStore, StandoutBook
from chalicelib.tsdb.columns import join
from chalicelib.tsdb.merge import in_order

PLACES = ("host", "service", "instance", "pod", "container", "app")  # tags that say where; the first one counts
AT_ONCE = 10
NEWS_MS = 600_000  # what fired longer ago is looked into by people already
MAX_SERIES = 1_000
SECONDS = 2.0


class FindStandouts:
    """Looks for what else changed."""

    def __init__(
        self,
        unit: UnitOfWork,
        book: StandoutBook,
        store: PlaceStore,
        channels: ChannelBook,
        types: ChannelTypes,
        entries: EntryBook,
        *,
        new_id: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        """`clock`: seconds that only rise."""
        self._unit = unit
        self._book = book
        self._store = store
        self._channels = channels
        self._types = types
        self._entries = entries
        self._new_id = new_id
        self._clock = clock

    def run(self, now: int) -> int:
        """Look at the alerts that fired lately, as many as two seconds allow; how many. Raises Unavailable."""
        give_up = self._clock() + SECONDS
        done = 0
        for episode in self._book.waiting(now - NEWS_MS, AT_ONCE):
            if self._clock() >= give_up:
                break
            place = place_of(episode.tags)
            found = [] if place is None else self._look(place, episode, give_up)
            sentence = "" if place is None else tell_standouts("=".join(place), found)
            self._book.keep(episode.alert.id, sentence, found, now)
            done += 1
        return done

    def follow_up(self, now: int) -> int:
        """Have channels with threads told, once the alert itself has arrived there; how many. Raises Unavailable."""
        with self._unit.transaction():
            waiting = self._book.to_follow(now - NEWS_MS, self._types.with_threads())
            if not waiting:
                return 0
            channels = ChannelSet(self._channels.all())
            entries = []
            for episode, sentence, channel_id in waiting:
                channel = channels.get(channel_id)
                if channel.enabled and self._types.shows_updates(channel):
                    entries.append(self._entry(episode, channel, sentence, now))
            self._entries.write(entries)
        return len(entries)

    def _look(self, place: tuple[str, str], episode: Episode, give_up: float) -> list[Standout]:
        """The figures of the place that stand out at the instant at which the alert fired."""
        at = episode.alert.fired_at
        assert at is not None  # it fires
        found: list[Standout] = []
        with self._store.snapshot() as snapshot:
            wanted: dict[str, dict[int, Definition]] = defaultdict(dict)
            for series, definition in snapshot.series_tagged(*place, MAX_SERIES).items():
                if definition.metric_type not in episode.metric_types:
                    wanted[definition.metric_type][series] = definition
            for metric_type, definitions in sorted(wanted.items()):
                if self._clock() >= give_up:
                    break
                found += _scored(snapshot, metric_type, definitions, at, place)
        return most_striking(found)

    def _entry(self, episode: Episode, channel: Channel, sentence: str, now: int) -> Entry:
        notice = notice_of(episode, None, Reason.STANDOUTS, now, message=sentence)
        return entry_to(channel, Reason.STANDOUTS, notice, entry_id=self._new_id(), at=now, episode=episode)


def place_of(tags: Mapping[str, str]) -> tuple[str, str] | None:
    """The tag that says where it happens; None: nothing does."""
    return next(((key, tags[key]) for key in PLACES if tags.get(key)), None)


def _scored(
    snapshot: PlaceSnapshot, metric_type: str, definitions: Mapping[int, Definition], at: int, place: tuple[str, str]
) -> Iterator[Standout]:
    samples = join(snapshot.samples_between(metric_type, at - LOOK_BACK_MS, at + 1))
    known = np.array(sorted(definitions), np.int64)
    samples = samples.where(np.isin(samples.ids, known) & (samples.times > at - LOOK_BACK_MS) & (samples.times <= at))
    is_sampled = np.array([definitions[each].kind is Kind.SAMPLED for each in known.tolist()], bool)
    ordered = in_order(samples, lambda ids: is_sampled[np.searchsorted(known, ids)])
    for series in np.unique(ordered.ids).tolist():
        mine = ordered.where(ordered.ids == series)
        found, is_counter = levels(mine.times, mine.values, at)
        score, before, now = score_of(found)
        if score:
            definition = definitions[series]
            tags = tuple(each for each in definition.tags if each != place)
            yield Standout(metric_type, definition.unit, tags, before, now, score, is_counter)
