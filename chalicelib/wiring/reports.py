"""Builds what belongs to health and reports."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings
from chalicelib.wiring import active_users, database, stream

if TYPE_CHECKING:
    from chalicelib.services.due_reports import DueReports
    from chalicelib.services.health import SystemHealth
    from chalicelib.services.one_instant import OneInstant
    from chalicelib.services.report_schedules import ReportSchedules
    from chalicelib.services.reporting import Reporting
    from chalicelib.services.stored_reports import StoredReports
    from chalicelib.storage.postgres.report_schedules import PostgresReportSchedules
    from chalicelib.storage.postgres.reports import PostgresReports


@cache
def one_instant() -> OneInstant:
    """Opens the store for many queries."""
    import time

    from chalicelib.services.one_instant import OneInstant
    from chalicelib.storage.postgres.samples import PostgresSamples

    return OneInstant(stream(), PostgresSamples(database(), lambda: time.time_ns() // 1_000_000))


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
    store = PostgresHealth(database(), tells_by_default=bool(given.alert_default_recipients))
    return SystemHealth(one_instant(), store, stream(), PostgresHealthHistory(database()), limits)


@cache
def reporting() -> Reporting:
    """Builds reports."""
    from chalicelib.services.reporting import Reporting
    from chalicelib.storage.postgres.report_facts import PostgresReportFacts
    from chalicelib.wiring.alerting import alert_book

    tells_by_default = bool(settings.current().alert_default_recipients)
    facts = PostgresReportFacts(database(), tells_by_default=tells_by_default)
    return Reporting(one_instant(), alert_book(), facts, active_users())


@cache
def schedule_book() -> PostgresReportSchedules:
    """Where schedules are kept."""
    from chalicelib.storage.postgres.report_schedules import PostgresReportSchedules

    return PostgresReportSchedules(database())


@cache
def schedules() -> ReportSchedules:
    """Keeps schedules."""
    import secrets

    from chalicelib.services.report_schedules import ReportSchedules
    from chalicelib.wiring.alerting import audit_trail

    zone = settings.current().timezone
    return ReportSchedules(database(), schedule_book(), audit_trail(), secrets.token_bytes, zone=zone)


@cache
def report_book() -> PostgresReports:
    """Where reports are kept."""
    from chalicelib.storage.postgres.reports import PostgresReports

    return PostgresReports(database())


@cache
def stored_reports() -> StoredReports:
    """Reads the reports that were made on schedules."""
    from chalicelib.services.stored_reports import StoredReports

    return StoredReports(report_book())


@cache
def due_reports() -> DueReports:
    """Makes the reports of schedules."""
    import secrets

    from chalicelib.queues import SqsMailRoad
    from chalicelib.rendering.report_mail import report_mail
    from chalicelib.rendering.report_page import report_page
    from chalicelib.services.due_reports import DueReports

    given = settings.current()
    return DueReports(
        database(),
        schedule_book(),
        report_book(),
        reporting(),
        SqsMailRoad(given.report_mail_queue),
        report_page,
        report_mail,
        secrets.token_bytes,
        retention_ms=given.report_retention_days * 86_400_000,
    )
