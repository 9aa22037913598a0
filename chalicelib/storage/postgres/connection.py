"""One connection to PostgreSQL per container, opened when first used and again when it broke."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import Unavailable

if TYPE_CHECKING:
    from psycopg import Connection

CONNECT_TIMEOUT = 5
# A frozen Lambda must not keep a row lock, and a query must not outlive the request that wanted it.
_OPTIONS = " ".join(
    f"-c {option}"
    for option in (
        "idle_in_transaction_session_timeout=15s",
        "statement_timeout=25s",
        "lock_timeout=10s",
        "tcp_keepalives_idle=10",
        "tcp_keepalives_interval=5",
        "tcp_keepalives_count=3",
        "TimeZone=UTC",
        "jit=off",  # these queries are short; compiling them costs more than it saves
    )
)


class Database:
    """Hands out transactions; not thread-safe: a container serves one request at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    @contextlib.contextmanager
    def transaction(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """One transaction, committed at the end of the block; with `snapshot`, read-only and all of one instant.

        Raises Unavailable when PostgreSQL cannot be reached, goes away meanwhile or takes too long: nothing was
        committed for certain.
        """
        import psycopg

        with self._telling(), contextlib.ExitStack() as block:
            connection = self._begin(block, snapshot=snapshot)
            yield connection
            if connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
                # The block went on after an error that it did not pass on. COMMIT would be a ROLLBACK without a word.
                raise Unavailable("The database (PostgreSQL) gave up a part of this; nothing of it was kept.")

    def ask(self, question: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """The rows of one statement that only reads, in a transaction of its own: all they say is of one instant.

        A third of the price of a snapshot with one statement in it. Raises Unavailable.
        """
        import psycopg

        with self._telling():
            if self._connection is not None and not self._connection.closed:
                try:
                    return self._execute(self._connection, question, parameters)
                except psycopg.OperationalError:
                    if not self._connection.closed:
                        raise  # it lives: the statement took too long
                    # Broken while it lay idle, or just now: what only reads may be asked again, of another.
            self.close()
            self._connection = self._connect()
            return self._execute(self._connection, question, parameters)

    def close(self) -> None:
        """Let go of the connection; the next transaction opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Raises Unavailable for what psycopg raises in the block where the database is at fault, not the statement."""
        import psycopg

        try:
            yield
        except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable) as error:
            # The connection is as good as before: only the statement was given up.
            raise Unavailable("The database (PostgreSQL) took too long.") from error
        except psycopg.errors.IdleInTransactionSessionTimeout as error:
            self.close()
            raise Unavailable("The database (PostgreSQL) was kept waiting for too long.") from error
        except psycopg.OperationalError as error:
            self.close()
            raise Unavailable("The database (PostgreSQL) cannot be reached.") from error

    def _begin(self, block: contextlib.ExitStack, *, snapshot: bool) -> Connection:
        import psycopg

        if self._connection is not None and not self._connection.closed:
            is_idle = self._connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            try:
                return self._enter(block, self._connection, snapshot=snapshot)
            except psycopg.OperationalError:
                if not is_idle:
                    raise
                # Broken while it lay idle: nothing of ours was under way, and BEGIN can be said to another.
        self.close()
        self._connection = self._connect()
        return self._enter(block, self._connection, snapshot=snapshot)

    def _enter(self, block: contextlib.ExitStack, connection: Connection, *, snapshot: bool) -> Connection:
        import psycopg

        if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if snapshot else None
            connection.read_only = True if snapshot else None
        elif snapshot:
            raise RuntimeError("a snapshot within a transaction would not be of one instant")
        block.enter_context(connection.transaction())
        return connection

    @staticmethod
    def _execute(connection: Connection, question: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        return connection.execute(question, parameters, binary=True, prepare=True).fetchall()

    def _connect(self) -> Connection:
        import psycopg

        from chalicelib.storage.postgres.cursor import LightCursor

        return psycopg.connect(
            self._url,
            autocommit=True,
            cursor_factory=LightCursor,
            connect_timeout=CONNECT_TIMEOUT,
            options=_OPTIONS,
            application_name="perfmon",
            # A primary that fails over may vanish without a word: what was sent and not acknowledged so long (ms) is
            # given up, and so is one that does not answer to a knock. The next transaction then finds the new one.
            tcp_user_timeout=10_000,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=2,
        )
