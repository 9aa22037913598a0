"""One connection to Valkey, used with whole batches of commands: a round trip and few objects per request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import Unavailable

if TYPE_CHECKING:
    from redis.connection import ConnectionInterface

Command = tuple[str | bytes | int | float, ...]
CONNECT_TIMEOUT = 1.0
ANSWER_TIMEOUT = 3.0


class Valkey:
    """Sends commands and reads their answers. Opens nothing before the first command; not thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: ConnectionInterface | None = None
        self.reconnected = False  # whether the last `run` had to send its commands twice

    def run(self, *commands: Command) -> list[Any]:
        """The answers to commands sent in one go; a command's own error stands in its place.

        A connection found broken is opened anew once and the commands are sent again: they must bear being carried
        out twice. Raises Unavailable when Valkey cannot be reached, is still loading, or does not answer in time.
        """
        from redis.exceptions import ConnectionError as Broken
        from redis.exceptions import TimeoutError as TooSlow

        self.reconnected = False
        try:
            try:
                return self._exchange(commands)
            except Broken:
                self.close()
                self.reconnected = True
                return self._exchange(commands)
        except (Broken, TooSlow, OSError) as error:
            self.close()
            raise Unavailable("The buffer (Valkey) cannot be reached; nothing was kept.") from error

    def value(self, *command: str | bytes | int | float) -> Any:
        """The answer to one command; its own error is raised."""
        (answer,) = self.run(command)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Let go of the connection; the next command opens another."""
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None

    def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        from redis.exceptions import BusyLoadingError, MasterDownError, ReadOnlyError, ResponseError

        connection = self._connection or self._open()
        connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        answers: list[Any] = []
        for _ in commands:
            try:
                answers.append(connection.read_response())
            except (BusyLoadingError, MasterDownError, ReadOnlyError) as error:
                # A node that just started, or is no longer the primary: another connection may find the right one.
                self.close()
                raise Unavailable("The buffer (Valkey) is starting or failing over; nothing was kept.") from error
            except ResponseError as error:
                answers.append(error)
        return answers

    def _open(self) -> ConnectionInterface:
        from redis import ConnectionPool
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        connection = ConnectionPool.from_url(
            self._url,
            protocol=2,
            socket_connect_timeout=CONNECT_TIMEOUT,
            socket_timeout=ANSWER_TIMEOUT,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),
        ).make_connection()
        connection.connect()
        self._connection = connection
        return connection
