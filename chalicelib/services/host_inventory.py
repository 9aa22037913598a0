"""Read the inventory of hosts, and forget one: its alerts end, and its silence is no news any more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from chalicelib.domain.alert_form import AlertFilter
from chalicelib.domain.alerts import Ending, State
from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.episodes import Episode
from chalicelib.domain.errors import NotFound
from chalicelib.domain.hosts import Host, HostState
from chalicelib.services.ports.alerting import AlertBook, AuditBook, UnitOfWork
from chalicelib.services.respond import Respond

PAGE = 100
MAX_ALERTS = 1_000


class HostRegister(Protocol):
    """The inventory."""

    def page(self, after: str, limit: int, states: Collection[HostState], now: int) -> list[Host]:
        """Hosts that are in one of these states now (none given: in any), by name, from behind the name `after`.

        Raises Unavailable.
        """
        ...

    def counts(self, now: int) -> dict[HostState, int]:
        """How many hosts are in each state now. Raises Unavailable."""
        ...

    def get(self, name: str) -> Host | None:
        """One host that is not forgotten. Raises Unavailable."""
        ...

    def forget(self, name: str, now: int) -> None:
        """List it no more until it is seen again; nobody judges until the transaction ends. Raises Unavailable."""
        ...


class HostInventory:
    """Reads hosts and forgets them."""

    def __init__(
        self, unit: UnitOfWork, register: HostRegister, alerts: AlertBook, respond: Respond, audit: AuditBook
    ) -> None:
        self._unit = unit
        self._register = register
        self._alerts = alerts
        self._respond = respond
        self._audit = audit

    def page(self, after: str | None, states: Collection[HostState], now: int) -> tuple[list[Host], str | None]:
        """Up to 100 hosts in these states (none given: in any), and the cursor of the next page or None."""
        found = self._register.page(after or "", PAGE + 1, states, now)
        return found[:PAGE], found[PAGE - 1].name if len(found) > PAGE else None

    def counts(self, now: int) -> dict[HostState, int]:
        """How many hosts are in each state."""
        return self._register.counts(now)

    def get(self, name: str) -> tuple[Host, list[Episode]]:
        """A host and its live alerts. Raises NotFound."""
        host = self._register.get(name)
        if host is None:
            raise NotFound(f"There is no host {name[:64]!r}; a host appears once it has sent a sample tagged host.")
        return host, self._live(name)

    def forget(self, name: str, *, actor: str, now: int) -> None:
        """Take a host off the list and end its alerts; if it sends again, it is back. Raises NotFound."""
        with self._unit.transaction():
            self.get(name)
            self._register.forget(name, now)
            locked = (self._alerts.get(episode.alert.id, lock=True) for episode in self._live(name))
            self._respond.end([each for each in locked if each is not None], Ending.FORGOTTEN, actor=actor, now=now)
            self._audit.record(AuditEntry(now, actor, "forgotten", "host", name))

    def _live(self, name: str) -> list[Episode]:
        wanted = AlertFilter(states=(State.PENDING, State.FIRING), tags={"host": name})
        return self._alerts.page(wanted, None, MAX_ALERTS)
