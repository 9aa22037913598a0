"""Builds what belongs to health and reports."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.wiring import database, query, stream

if TYPE_CHECKING:
    from chalicelib.services.health import SystemHealth
    from chalicelib.services.reporting import Reporting


@cache
def system_health() -> SystemHealth:
    """Judges the system."""
    from chalicelib.domain.health import Limits
    from chalicelib.services.health import HealthLimits, SystemHealth
    from chalicelib.storage.postgres.health import PostgresHealth, PostgresHealthHistory

    given = settings.current()
    limits = HealthLimits(
        response_time=Limits(*settings.limits(given.health_response_time)),
        error_rate=Limits(*settings.limits(given.health_error_rate)),
        memory=Limits(*settings.limits(given.health_memory_usage)),
        cpu=Limits(*settings.limits(given.health_cpu_usage)),
        disk=Limits(*settings.limits(given.health_disk_usage)),
        window_seconds=given.health_window_seconds,
    )
    return SystemHealth(query(), PostgresHealth(database()), stream(), PostgresHealthHistory(database()), limits)


@cache
def reporting() -> Reporting:
    """Builds reports."""
    from chalicelib.services.reporting import Reporting
    from chalicelib.storage.postgres.report_facts import PostgresReportFacts
    from chalicelib.wiring.alerting import alert_book

    return Reporting(query(), alert_book(), PostgresReportFacts(database()))
