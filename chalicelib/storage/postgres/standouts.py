"""What else changed when alerts fired, by alert; and where it is looked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chalicelib.domain.episodes import Episode
from chalicelib.domain.instants import to_datetime
from chalicelib.domain.series import Definition
from chalicelib.domain.standouts import Standout, show_standout
from chalicelib.storage.postgres.alerts import SELECT, read_episode
from chalicelib.storage.postgres.catalogue import series_tagged
from chalicelib.storage.postgres.connection import Database
from chalicelib.storage.postgres.recent import PostgresRecentSnapshot


class PostgresStandouts:
    """What was found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, since: int, limit: int) -> list[Episode]:
        """Alerts that fire since then (epoch ms) and were not looked at yet, the oldest first. Raises Unavailable."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"{SELECT} WHERE state = 'firing' AND fired_at >= %s"
                " AND NOT EXISTS (SELECT FROM alert_standouts WHERE alert_id = alerts.id) ORDER BY fired_at LIMIT %s",
                (to_datetime(since), limit),
            ).fetchall()
        return [read_episode(row) for row in rows]

    def keep(self, alert_id: str, sentence: str, found: Sequence[Standout], now: int) -> None:
        """Keep what was found, unless somebody else has or the alert is gone. Raises Unavailable."""
        from psycopg.types.json import Jsonb

        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO alert_standouts (alert_id, at, sentence, standouts)"
                " SELECT id, %s, %s, %s FROM alerts WHERE id = %s ON CONFLICT DO NOTHING",
                (to_datetime(now), sentence, Jsonb([show_standout(each) for each in found]), alert_id),
            )

    def to_follow(self, since: int, channel_types: Sequence[str]) -> list[tuple[Episode, str, str]]:
        """Alerts looked at since then, what was found, and each channel that has heard of the alert but not of that.

        Nobody else follows up the same until the transaction ends. Raises Unavailable.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT s.alert_id, s.sentence, array_agg(DISTINCT n.channel_id ORDER BY n.channel_id)"
                " FROM (SELECT alert_id, sentence FROM alert_standouts WHERE at >= %s AND sentence <> ''"
                "       FOR UPDATE SKIP LOCKED) AS s"
                " JOIN notifications n ON n.alert_id = s.alert_id AND n.state = 'sent' AND n.channel_type = ANY (%s)"
                " WHERE NOT EXISTS (SELECT FROM notifications f WHERE f.alert_id = s.alert_id"
                "   AND f.channel_id = n.channel_id AND f.reason = 'standouts') GROUP BY 1, 2",
                (to_datetime(since), list(channel_types)),
            ).fetchall()
            ids = [alert_id for alert_id, _, _ in rows]
            found = connection.execute(f"{SELECT} WHERE id = ANY (%s)", (ids,)).fetchall() if rows else []
        episodes = {episode.alert.id: episode for episode in map(read_episode, found)}
        return [
            (episodes[alert_id], sentence, channel) for alert_id, sentence, channels in rows for channel in channels
        ]

    def of_alert(self, alert_id: str) -> Mapping[str, Any] | None:
        """What was found, as the API shows it; None: nobody has looked, or there was nowhere to. Raises Unavailable."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT sentence, standouts FROM alert_standouts WHERE alert_id = %s AND sentence <> ''", (alert_id,)
            ).fetchone()
        return None if row is None else {"message": row[0], "standouts": row[1]}


class PostgresPlaces:
    """Hands out snapshots of the store, in which series are found by a tag."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        """`clock`: epoch ms."""
        self._database = database
        self._clock = clock

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[_PlaceSnapshot]:
        """All that is read in the block is of one instant. Raises Unavailable."""
        with self._database.transaction(snapshot=True) as connection:
            yield _PlaceSnapshot(connection, self._clock())


class _PlaceSnapshot(PostgresRecentSnapshot):
    """The newest samples at one instant, and the series of a place."""

    def series_tagged(self, key: str, value: str, limit: int) -> dict[int, Definition]:
        """Up to `limit` series that carry a tag, by id."""
        return series_tagged(self._connection, key, value, limit)
