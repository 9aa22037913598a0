"""Arrays that are in PostgreSQL's own form: handed over as they are, where psycopg would write element by element."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.tsdb.wire_arrays import FloatArray, IntArray, LongArray

if TYPE_CHECKING:
    from psycopg import Connection

# The types of arrays in PostgreSQL's catalogue, the same everywhere.
_OIDS = {IntArray: 1007, LongArray: 1016, FloatArray: 1022}


def take_arrays(connection: Connection) -> None:
    """Have this connection take them as parameters."""
    for kind, dumper in _dumpers().items():
        connection.adapters.register_dumper(kind, dumper)


@cache
def _dumpers() -> dict[type, Any]:
    from psycopg.adapt import Dumper
    from psycopg.pq import Format

    class AsItIs(Dumper):
        format = Format.BINARY

        def dump(self, obj: bytes) -> bytes:
            return obj

    return {kind: type(kind.__name__, (AsItIs,), {"oid": number}) for kind, number in _OIDS.items()}
