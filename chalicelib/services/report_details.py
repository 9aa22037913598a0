"""What a report says beyond its figures: percentiles, endpoints, hosts, disks that fill, business that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chalicelib.domain.forecasts import forecast_disk
from chalicelib.domain.impact import find_impacts
from chalicelib.domain.names import CPU_USAGE, DISK_USAGE, ERROR_RATE, MEMORY_USAGE, RESPONSE_TIME
from chalicelib.domain.report_figures import Floats
from chalicelib.domain.report_ranges import DAY, HOUR, MINUTE, ReportRange
from chalicelib.domain.reports import (
    APDEX_THRESHOLD,
    EndpointFigures,
    Forecast,
    HostFigures,
    Impact,
    Report,
    ResponseTimes,
)
from chalicelib.services.report_readings import ReportReadings
from chalicelib.tsdb.aggregate import SHARE_UP_TO

MAX_PLACES = 200
SHOWN_PLACES = 10
_FORECAST_FROM_MS = 14 * DAY
_SHORTEST_FOR_IMPACT_MS = 6 * HOUR


def with_details(report: Report, readings: ReportReadings, business: Sequence[str], now: int) -> Report:
    """The report with all that. `business` names metric types that may follow performance."""
    ranges = report.range
    slowest, failing = _endpoints(readings, ranges)
    return replace(
        report,
        response_times=ResponseTimes(
            p50=readings.overall(RESPONSE_TIME, ranges, "p50", "ms"),
            p95=readings.overall(RESPONSE_TIME, ranges, "p95", "ms"),
            p99=readings.overall(RESPONSE_TIME, ranges, "p99", "ms"),
            apdex=_apdex(readings, ranges),
        ),
        slowest=slowest,
        failing=failing,
        hosts=_hosts(readings, ranges),
        forecasts=_forecasts(readings.in_cells(HOUR), ranges, now),
        impacts=_impacts(readings, ranges, business),
    )


def _apdex(readings: ReportReadings, ranges: ReportRange) -> float | None:
    """Satisfied requests count whole, those that took up to four times as long by half."""
    satisfied, tolerated = (
        readings.overall(RESPONSE_TIME, ranges, f"{SHARE_UP_TO}{factor * APDEX_THRESHOLD}", "ms") for factor in (1, 4)
    )
    return None if satisfied is None or tolerated is None else (satisfied + tolerated) / 2


def _forecasts(readings: ReportReadings, ranges: ReportRange, now: int) -> tuple[Forecast, ...]:
    """When disks will be full, the first one first; looks back two weeks also in the report of a day."""
    end = min(ranges.end, now)
    seen = replace(ranges, start=min(ranges.start, end - _FORECAST_FROM_MS), end=end)
    disks = readings.cells_by_tags(DISK_USAGE, seen, "percent", ("host", "mount"), MAX_PLACES)
    found = [forecast_disk(host, mount, cells, end) for (host, mount), cells in disks.items()]
    return tuple(sorted(filter(None, found), key=lambda each: (each.days, each.host, each.mount)))[:SHOWN_PLACES]


def _impacts(readings: ReportReadings, ranges: ReportRange, business: Sequence[str]) -> tuple[Impact, ...]:
    if not business or ranges.end - ranges.start < _SHORTEST_FOR_IMPACT_MS:
        return ()
    width = 15 * MINUTE if ranges.end - ranges.start <= 8 * DAY else HOUR
    buckets = readings.in_cells(width)
    performance = {
        "p95 response time": buckets.cells(RESPONSE_TIME, ranges, "ms", "p95"),
        "error rate": buckets.cells(ERROR_RATE, ranges, "percent", "avg"),
        "CPU usage": buckets.cells(CPU_USAGE, ranges, "percent", "avg"),
    }
    counted = {name: buckets.cells(name, ranges, None, "sum") for name in business}
    return find_impacts(_present(performance), _counted(counted), width)


def _endpoints(
    readings: ReportReadings, ranges: ReportRange
) -> tuple[tuple[EndpointFigures, ...], tuple[EndpointFigures, ...]]:
    """The slowest endpoints by their 95th percentile, and those that fail most; of those asked most often."""
    tags = ("endpoint",)
    counts = readings.by_tags(RESPONSE_TIME, ranges, "count", "ms", tags, MAX_PLACES)
    averages = readings.by_tags(RESPONSE_TIME, ranges, "avg", "ms", tags, 10_000)
    slow = readings.by_tags(RESPONSE_TIME, ranges, "p95", "ms", tags, 10_000)
    rates = readings.by_tags(ERROR_RATE, ranges, "avg", "percent", tags, 10_000)
    found = [
        EndpointFigures(key[0], round(count), averages[key], slow[key], rates.get(key))
        for key, count in counts.items()
        if key[0]
    ]
    # A handful of requests says little: an endpoint needs a hundredth of what the one asked most often gets.
    busiest = max((each.requests for each in found), default=0)
    found = [each for each in found if each.requests * 100 >= busiest]
    slowest = sorted(found, key=lambda each: (-each.p95, each.endpoint))[:SHOWN_PLACES]
    failing = sorted(
        (each for each in found if each.error_rate), key=lambda each: (-(each.error_rate or 0), each.endpoint)
    )
    return tuple(slowest), tuple(failing[:SHOWN_PLACES])


def _hosts(readings: ReportReadings, ranges: ReportRange) -> tuple[HostFigures, ...]:
    """Hosts, the busiest first."""
    tags = ("host",)
    cpu = readings.by_tags(CPU_USAGE, ranges, "avg", "percent", tags, MAX_PLACES)
    peaks = readings.by_tags(CPU_USAGE, ranges, "p95", "percent", tags, 10_000)
    memory = readings.by_tags(MEMORY_USAGE, ranges, "avg", "percent", tags, MAX_PLACES)
    found = [HostFigures(key[0], cpu.get(key), peaks.get(key), memory.get(key)) for key in {**cpu, **memory} if key[0]]
    return tuple(sorted(found, key=lambda each: (-(each.cpu or 0), each.host)))


def _present(cells: dict[str, Floats | None]) -> dict[str, Floats]:
    return {name: each for name, each in cells.items() if each is not None}


def _counted(cells: dict[str, Floats | None]) -> dict[str, Floats]:
    """Nothing counted in a bucket is zero there."""
    return {name: np.nan_to_num(each, nan=0.0) for name, each in cells.items() if each is not None}
