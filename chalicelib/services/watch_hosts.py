"""Watch hosts: note when each was seen last, from the samples that have just been drained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chalicelib.domain.hosts import Host
from chalicelib.services.recent import Arrived

NOTED_EVERY_MS = 15_000  # closer than anything that asks when a host was seen
NONE = -1
MAX_REMEMBERED = 500_000  # series, 16 bytes each: those that are long gone are among them


class HostBook(Protocol):
    """The inventory of hosts."""

    def hosts_of(self, series_ids: Sequence[int]) -> Mapping[int, str]:
        """The host of each of these series that carries one. Raises Unavailable."""
        ...

    def seen(self, hosts: Mapping[str, int]) -> None:
        """Note when hosts were seen last (epoch ms). Raises Unavailable."""
        ...

    def known(self, since: int) -> list[Host]:
        """The hosts seen since an instant (epoch ms) and not forgotten. Raises Unavailable."""
        ...


class WatchHosts:
    """Keeps the inventory up to date."""

    def __init__(self, book: HostBook, *, most: int = MAX_REMEMBERED) -> None:
        """`most`: how many series are remembered before all are forgotten, and those that send looked up once more."""
        self._book = book
        self._most = most
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._host_of: NDArray[np.int64] = np.empty(0, np.int64)
        self._numbers: dict[str, int] = {}
        self._noted: dict[str, int] = {}

    def note(self, arrived: Arrived) -> None:
        """Write down the hosts that sent, each at most every quarter of a minute. Raises Unavailable."""
        if not len(arrived.ids):
            return
        self._learn(arrived.ids)
        hosts = self._host_of[np.searchsorted(self._ids, arrived.ids)]
        has_host = hosts != NONE
        newest = np.zeros(len(self._numbers), np.int64)  # 0 = did not send
        np.maximum.at(newest, hosts[has_host], arrived.newest[has_host])
        due = {
            name: int(newest[number])
            for name, number in self._numbers.items()
            if newest[number] and newest[number] - self._noted.get(name, -NOTED_EVERY_MS) >= NOTED_EVERY_MS
        }
        if due:
            self._book.seen(due)
            self._noted |= due

    def known(self, since: int) -> list[Host]:
        """The hosts seen since an instant (epoch ms) and not forgotten."""
        return self._book.known(since)

    def _learn(self, ids: NDArray[np.int64]) -> None:
        unknown = np.setdiff1d(ids, self._ids)
        if not len(unknown):
            return
        if len(self._ids) + len(unknown) > self._most:
            self._ids, self._host_of, unknown = np.empty(0, np.int64), np.empty(0, np.int64), np.unique(ids)
            self._numbers.clear()
            self._noted.clear()
        names = self._book.hosts_of(unknown.tolist())
        numbers = [
            self._numbers.setdefault(names[each], len(self._numbers)) if each in names else NONE
            for each in unknown.tolist()
        ]
        merged = np.concatenate((self._ids, unknown))
        order = np.argsort(merged)
        self._ids = merged[order]
        self._host_of = np.concatenate((self._host_of, np.array(numbers, np.int64)))[order]
