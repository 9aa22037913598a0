"""The inventory of hosts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chalicelib.domain.hosts import (
    DEFAULT_INTERVAL,
    DOWN_AFTER,
    DOWN_AT_LEAST_MS,
    LATE_AFTER,
    LATE_AT_LEAST_MS,
    Host,
    HostState,
)
from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.storage.postgres.connection import Database

_SELECT = "SELECT name, first_seen, last_seen, agent FROM hosts"
_LISTED = "(forgotten_at IS NULL OR last_seen > forgotten_at)"
# Host.state in SQL, so that a page of a few hosts is found among very many; `now` in epoch ms.
_SILENT = "(%(now)s - 1000 * extract(epoch FROM last_seen))"
_INTERVAL = f"1000 * coalesce(nullif((agent ->> 'interval')::numeric, 0), {DEFAULT_INTERVAL})"
_STATE = (
    f"CASE WHEN {_SILENT} <= greatest({LATE_AFTER} * {_INTERVAL}, {LATE_AT_LEAST_MS}) THEN '{HostState.UP}'"
    f" WHEN {_SILENT} <= greatest({DOWN_AFTER} * {_INTERVAL}, {DOWN_AT_LEAST_MS}) THEN '{HostState.LATE}'"
    f" ELSE '{HostState.DOWN}' END"
)


class PostgresHosts:
    """The truth about hosts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hosts_of(self, series_ids: Sequence[int]) -> Mapping[int, str]:
        """The host of each of these series that carries one. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT id, tags ->> 'host' FROM series_catalogue WHERE id = ANY (%s) AND tags ->> 'host' <> ''",
                (list(series_ids),),
            ).fetchall()
        return dict(rows)

    def seen(self, hosts: Mapping[str, int]) -> None:
        """Note when hosts were seen last (epoch ms). Raises Unavailable."""
        names = sorted(hosts)  # in one order, so that two ticks at once do not wait for each other
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO hosts AS known (name, first_seen, last_seen)"
                " SELECT name, at, at FROM unnest(%s::text[], %s::timestamptz[]) AS seen (name, at)"
                " ON CONFLICT (name) DO UPDATE SET last_seen = greatest(known.last_seen, EXCLUDED.last_seen),"
                " first_seen = least(known.first_seen, EXCLUDED.first_seen)",
                (names, [to_datetime(hosts[name]) for name in names]),
            )

    def describe(self, agents: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what agents say of themselves, of hosts that are known. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        with self._database.transaction() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE hosts SET agent = %(agent)s WHERE name = %(name)s AND agent <> %(agent)s",
                [{"name": name, "agent": Jsonb(dict(agent))} for name, agent in sorted(agents.items())],
            )

    def known(self, since: int) -> list[Host]:
        """The hosts seen since an instant (epoch ms) and not forgotten. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE last_seen >= %s AND {_LISTED}", (to_datetime(since),)
            ).fetchall()
        return [_host(*row) for row in rows]

    def page(self, after: str, limit: int, states: Collection[HostState], now: int) -> list[Host]:
        """Hosts that are in one of these states now (none given: in any), by name, from behind the name `after`.

        Raises Unavailable.
        """
        wanted = f"AND {_STATE} = ANY (%(states)s)" if states else ""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{_SELECT} WHERE name > %(after)s AND {_LISTED} {wanted} ORDER BY name LIMIT %(limit)s",
                {"after": after, "limit": limit, "states": [str(each) for each in states], "now": now},
            ).fetchall()
        return [_host(*row) for row in rows]

    def counts(self, now: int) -> dict[HostState, int]:
        """How many hosts are in each state now. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT {_STATE}, count(*) FROM hosts WHERE {_LISTED} GROUP BY 1",  # noqa: S608 -- of constants
                {"now": now},
            ).fetchall()
        return dict.fromkeys(HostState, 0) | {HostState(state): count for state, count in rows}

    def get(self, name: str) -> Host | None:
        """One host that is not forgotten. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(f"{_SELECT} WHERE name = %s AND {_LISTED}", (name,)).fetchone()
        return None if row is None else _host(*row)

    def forget(self, name: str, now: int) -> None:
        """List it no more until it is seen again; nobody judges until the transaction ends. Raises Unavailable."""
        with self._database.transaction() as connection:
            # An evaluation locks its row and then alerts: the other way round they would wait for each other.
            connection.execute("SELECT FROM evaluation FOR UPDATE")
            connection.execute(
                "UPDATE hosts SET forgotten_at = greatest(%s, last_seen) WHERE name = %s", (to_datetime(now), name)
            )


def _host(name: str, first_seen: Any, last_seen: Any, agent: dict[str, Any]) -> Host:
    return Host(name, from_moment(first_seen), from_moment(last_seen), agent)
