"""A month's report over 10,000 series, from rollups. `python -m benchmarks.reports`.

Two months (the report compares with the one before) of 200 hosts: CPU, memory, load, three disks each; 200 series of
response times with sketches and as many of errors; a business metric. The catalogue holds 10,000 series; the rollups of
those that no report reads are left out. Samples are gone, as they are after a day. Prints wall-clock seconds.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from chalicelib.domain.instants import from_moment, to_datetime
from chalicelib.domain.report_ranges import HOUR, Period, last_complete
from chalicelib.domain.series import Definition, Kind
from chalicelib.tsdb.rollups import Ints, Rollups
from chalicelib.tsdb.sketch import bins_of
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey

HOSTS, ENDPOINTS, DISKS, SERIES = 200, 50, ("/", "/var", "/data"), 10_000
SAMPLED, REQUESTS = 360, 400  # an hour and series


def definitions() -> Iterator[Definition]:
    """Every series of the fleet that a report reads, then others up to 10,000."""
    for number in range(HOSTS):
        host = ("host", f"host-{number:03}")
        for metric, unit in (("cpu_usage", "percent"), ("memory_usage", "percent"), ("system_load", "load")):
            yield Definition(metric, unit, Kind.SAMPLED, (host,))
        for mount in DISKS:
            yield Definition("disk_usage", "percent", Kind.SAMPLED, (host, ("mount", mount)))
    for number in range(ENDPOINTS):
        for method in ("DELETE", "GET", "POST", "PUT"):
            tags = (("endpoint", f"/api/things-{number}"), ("method", method))
            yield Definition("response_time", "ms", Kind.EVENT, tags)
            yield Definition("error_rate", "count", Kind.EVENT, tags)
    yield Definition("orders", "count", Kind.EVENT, ())
    for number in range(SERIES - HOSTS * (3 + len(DISKS)) - ENDPOINTS * 8 - 1):
        yield Definition(f"other_{number % 44}", "count", Kind.SAMPLED, (("host", f"host-{number // 44:03}"),))


def rollups(ids: Ints, hour: int, level: float, count: int, bins: int, random: np.random.Generator) -> Rollups:
    """One hour of one metric's series around a level; `bins` in each sketch, 0 for none."""
    size = len(ids)
    values = level * (1 + 0.2 * np.sin(hour / 86_400_000 * 2 * np.pi)) * random.uniform(0.8, 1.2, size)
    counts = np.full(size, count, np.int64)
    spread = np.linspace(0.5, 2.5, bins) if bins else np.empty(0)
    return Rollups(
        ids=ids,
        times=np.full(size, hour, np.int64),
        counts=counts,
        sums=values * counts,
        mins=values * 0.5,
        maxs=values * 2.5,
        lasts=values,
        sizes=np.full(size, bins, np.int64),
        bins=np.sort(bins_of(np.outer(values, spread)), axis=1).ravel() if bins else np.empty(0, np.int64),
        weights=np.full(size * bins, count // max(1, bins), np.int64),
    )


def fill(start: int, end: int) -> int:
    """Write the catalogue and the rollups; how many hours."""
    from chalicelib import wiring
    from chalicelib.domain.series_limits import SeriesLimits
    from chalicelib.storage.postgres.catalogue import define_series
    from chalicelib.storage.postgres.rollups import write_rollups

    random = np.random.default_rng(1)
    every = list(definitions())
    levels = {"cpu_usage": 45, "memory_usage": 60, "system_load": 0.6, "disk_usage": 50, "response_time": 200}
    with wiring.database().transaction() as connection:
        known = {each.series_id: each for each in every}
        defined, _ = define_series(connection, known, datetime.now(UTC), SeriesLimits(10**6, 10**7))
        numbers = defined.numbers
        connection.execute("SET LOCAL statement_timeout = 0")
        later = to_datetime(end + 400 * 86_400_000).date()
        for hour in range(start, end, HOUR):
            for metric in (*levels, "error_rate", "orders"):
                ids = np.array(sorted(i for i, each in known.items() if each.metric_type == metric), np.int64)
                if metric in ("error_rate", "orders"):
                    found = rollups(ids, hour, 1.0, 4, 1, random)
                elif metric == "response_time":
                    found = rollups(ids, hour, levels[metric], REQUESTS, 40, random)
                else:
                    found = rollups(ids, hour, levels[metric], SAMPLED, 0, random)
                number, long_ago = numbers[int(ids[0])], date(2000, 1, 1)
                write_rollups(connection, number, 3600, to_datetime(hour), found, later, complete_until=long_ago)
    with wiring.database().transaction() as connection:
        connection.execute("ANALYZE")
    return (end - start) // HOUR


def main() -> None:
    """Print what a month's report costs."""
    directory = Path(tempfile.mkdtemp(prefix="perfmon-reports-"))
    postgres, valkey = Postgres(directory / "postgres", fsync=False), Valkey(directory / "valkey", appendfsync="no")
    postgres.start()
    valkey.start()
    os.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "LOG_LEVEL": "error"}
    try:
        from chalicelib import wiring
        from chalicelib.wiring import reports

        wiring.migrate()
        now = from_moment(datetime.now(UTC))
        month = last_complete(Period.MONTHLY, now, ZoneInfo("UTC"))
        hours = fill(month.before().start, month.end)
        for _ in range(3):
            begun, cpu = time.perf_counter(), time.process_time()
            report = reports.reporting().build(month, now)
            print(
                f"{hours} hours of {SERIES} series: {time.perf_counter() - begun:.2f} s,"
                f" of which {time.process_time() - cpu:.2f} s CPU in Python; {len(report.steps)} days,"
                f" {report.coverage.percent:.0f} % covered, p95 {report.response_times.p95:.0f} ms"
            )
    finally:
        postgres.stop()
        valkey.stop()


if __name__ == "__main__":
    main()
