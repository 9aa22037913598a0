"""Arrays in PostgreSQL's binary form: what goes in comes out, and PostgreSQL reads the same."""

from __future__ import annotations

import numpy as np
import psycopg
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.storage.postgres.arrays import take_arrays
from chalicelib.tsdb.wire_arrays import FloatArray, IntArray, LongArray
from infra.local.postgres import Postgres


@given(st.lists(st.floats()), st.lists(st.integers(-(2**31), 2**31 - 1)), st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_what_goes_in_comes_out(floats: list[float], ints: list[int], longs: list[int]) -> None:
    assert FloatArray.elements_of([FloatArray.of(np.array(floats, np.float64))]).tobytes() == np.array(floats).tobytes()
    assert IntArray.elements_of([IntArray.of(np.array(ints, np.int64)), None]).tolist() == ints
    assert LongArray.elements_of([LongArray.of(np.array(longs, np.int64))] * 2).tolist() == longs * 2


def test_postgresql_takes_them_for_its_own(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url) as connection:
        take_arrays(connection)
        for array in ([], [1], [3, -2, 2**31 - 1]):
            found = connection.execute(
                "SELECT %b::int4[], %b::int8[], %b::float8[], pg_typeof(%b)::text",
                (
                    IntArray.of(np.array(array, np.int64)),
                    LongArray.of(np.array(array, np.int64)),
                    FloatArray.of(np.array(array, np.float64) / 2),
                    LongArray.of(np.array(array, np.int64)),
                ),
            ).fetchone()
            assert found == (array, array, [value / 2 for value in array], "bigint[]")
