"""Hosts are noted from what arrived, whatever is remembered of their series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from chalicelib.domain.hosts import Host
from chalicelib.services.recent import Arrived
from chalicelib.services.watch_hosts import WatchHosts


class Book:
    """An inventory in which the series n is of the host `host-n`, but for 0, which has none."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.noted: dict[str, int] = {}

    def hosts_of(self, series_ids: Sequence[int]) -> Mapping[int, str]:
        """The host of each series."""
        self.asked.append(list(series_ids))
        return {each: f"host-{each}" for each in series_ids if each}

    def seen(self, hosts: Mapping[str, int]) -> None:
        """Note when hosts were seen last."""
        self.noted |= hosts

    def known(self, since: int) -> list[Host]:
        """The hosts seen since an instant."""
        return [Host(name, 0, at) for name, at in self.noted.items() if at >= since]


def arrived(at: int, *ids: int) -> Arrived:
    """A sample of each of these series."""
    return Arrived(np.array(ids, np.int64), np.full(len(ids), at, np.int64))


def test_a_series_is_looked_up_once() -> None:
    book = Book()
    watch = WatchHosts(book)
    for at in (1, 60_000):
        watch.note(arrived(at, 0, 1, 2))
    assert book.asked == [[0, 1, 2]]
    assert book.noted == {"host-1": 60_000, "host-2": 60_000}


def test_series_that_are_long_gone_do_not_pile_up() -> None:
    book = Book()
    watch = WatchHosts(book, most=3)
    for at in range(1, 6):
        watch.note(arrived(at * 60_000, 1, 2 * at, 2 * at + 1))
    assert book.noted["host-1"] == book.noted["host-11"] == 300_000
    assert book.asked[-1] == [1, 10, 11]  # the fifth time only those that send are remembered
