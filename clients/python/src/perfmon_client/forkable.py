"""Connections that a forked child can leave behind.

urllib3 keeps idle connections in a queue with a lock, and empties it when it goes, at the end of the process at the
latest. A child that was forked while the sending thread of its parent had that lock would wait for it forever. The
sender has a connection of its own, used in turns: a queue without a lock is all that it needs.
"""

from __future__ import annotations

import queue
from collections import deque
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter


class LocklessQueue:
    """What urllib3 uses of a LifoQueue. Never waits: what is not there is queue.Empty."""

    def __init__(self, maxsize: int = 0) -> None:
        self.maxsize = maxsize
        self._items: deque[Any] = deque()

    def qsize(self) -> int:
        """How many are in it."""
        return len(self._items)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Raises queue.Full."""
        if self.maxsize and len(self._items) >= self.maxsize:
            raise queue.Full
        self._items.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """The last one that was put. Raises queue.Empty."""
        try:
            return self._items.pop()
        except IndexError:
            raise queue.Empty from None


class _Pool(urllib3.HTTPConnectionPool):
    QueueCls = LocklessQueue  # type: ignore[assignment]


class _TlsPool(urllib3.HTTPSConnectionPool):
    QueueCls = LocklessQueue  # type: ignore[assignment]


class ForkableAdapter(HTTPAdapter):
    """Connects as any other, also by proxies."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Called by the base class."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:
        """Called by the base class."""
        manager = super().proxy_manager_for(*arguments, **named)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

    def close(self) -> None:
        """Close idle connections now: urllib3 leaves that to finalizers, which run before our exit handler."""
        pools = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118 -- it is no mapping that can be walked along
            pool = pools.get(key)
            if pool is not None:
                pool.close()
        super().close()
