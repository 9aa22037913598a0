"""A report that shows everything there is to show, with names as an attacker would choose them."""

from __future__ import annotations

import math
from dataclasses import replace

from chalicelib.domain.recommendations import recommend
from chalicelib.domain.report_figures import Coverage
from chalicelib.domain.report_ranges import DAY, HOUR
from chalicelib.domain.reports import (
    FIGURES,
    AlertStatistics,
    EndpointFigures,
    Forecast,
    HostFigures,
    Impact,
    Report,
    ResponseTimes,
    RuleNoise,
    Setup,
    Step,
    SuggestedFix,
)
from tests.unit.domain.reports import JANUARY, report, trend

HOSTILE = '<img src=x onerror="alert(1)">'
BASES = {
    "response_time": 245.5,
    "error_rate": 1.2,
    "throughput": 150.3,
    "active_users": 1250.0,
    "system_load": 0.65,
    "memory_usage": 72.3,
    "cpu_usage": 45.8,
}
GAP = (JANUARY + 50 * HOUR, JANUARY + 56 * HOUR)


def sample_report() -> Report:
    """The first week of 2024 in steps of an hour, a gap of six hours in it."""
    steps = []
    for at in range(JANUARY, JANUARY + 7 * DAY, 2 * HOUR):
        swing = 1 + 0.3 * math.sin((at - JANUARY) / DAY * 2 * math.pi)
        known = not GAP[0] <= at < GAP[1]
        steps.append(Step(at, {name: base * swing if known else None for name, base in BASES.items()}))
    found = report(
        figures=dict(BASES),
        previous={name: BASES[name] * 1.1 for name in FIGURES},
        trends=(
            trend("response_time", 280.6, 245.5),
            trend("error_rate", 0.9, 1.2),
            trend("throughput", 150.0, 150.3),
            trend("active_users", 1100, 1250),
            trend("memory_usage", 72.1, 72.3),
        ),
        coverage=Coverage(96.4, (GAP,), {}, 0.964 * 7 * 86_400),
        steps=tuple(steps),
        response_times=ResponseTimes(220.1, 480.0, 900.4),
        slowest=(
            EndpointFigures("/api/projects/:id/export", 812, 1210.0, 3400.0, 0.4),
            EndpointFigures("/api/projects", 90_312, 180.0, 410.0, 1.1),
            EndpointFigures(HOSTILE, 4_000, 120.0, 300.0, None),
        ),
        failing=(EndpointFigures("/api/login", 5_120, 95.0, 240.0, 6.2),),
        hosts=(
            HostFigures("web-3", 71.2, 93.0, 81.4),
            HostFigures("web-1", 42.0, 66.1, 70.2),
            HostFigures(f"=cmd|{HOSTILE}", 3.1, 6.0, 22.0),
        ),
        alert_statistics=AlertStatistics(
            14, 3, 13, 240.0, 180.0, (RuleNoise("r1", "High Response Time", 11, 2, 9, SuggestedFix(600, 2)),)
        ),
        forecasts=(Forecast("web-3", "/var", 81.6, 2.0, 9.2, 8.1, 10.6),),
        impacts=(Impact("p95 response time", "project_created", -0.62, 15, 0.003, 168),),
        setup=Setup(frozenset({"disk_usage"}), frozenset({"disk_usage"}), 3, 1),
    )
    return replace(found, recommendations=recommend(found))
