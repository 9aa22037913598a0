"""The rules that a new installation begins with; the last ones wait to be switched on."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.conditions import Condition, Operator
from chalicelib.domain.names import CPU_USAGE, DISK_USAGE, ERROR_RATE, MEMORY_USAGE, RESPONSE_TIME, SYSTEM_LOAD
from chalicelib.domain.rules import NoData, Rule, Severity

_ABOVE = Operator.GREATER_THAN
_RULES = (
    Rule(
        id="high-response-time",
        name="High Response Time",
        conditions=(Condition(RESPONSE_TIME, _ABOVE, 1000.0),),
        duration=300,
        cooldown_period=1800,
        severity=Severity.HIGH,
        description="Requests take more than a second on average.",
    ),
    Rule(
        id="high-error-rate",
        name="High Error Rate",
        conditions=(Condition(ERROR_RATE, _ABOVE, 5.0),),
        duration=180,
        cooldown_period=900,
        severity=Severity.CRITICAL,
        description="More than 5 % of requests fail.",
    ),
    Rule(
        id="high-memory-usage",
        name="High Memory Usage",
        conditions=(Condition(MEMORY_USAGE, _ABOVE, 90.0),),
        group_by=("host",),
        duration=600,
        cooldown_period=3600,
        severity=Severity.HIGH,
        description="A host has less than a tenth of its memory left.",
    ),
    Rule(
        id="disk-almost-full",
        name="Disk Almost Full",
        conditions=(Condition(DISK_USAGE, _ABOVE, 90.0, recovery_threshold=85.0, aggregation="max", window=300),),
        group_by=("host", "mount"),
        duration=300,
        severity=Severity.HIGH,
        enabled=False,
        description="A file system is more than 90 % full.",
    ),
    Rule(
        id="high-cpu-usage",
        name="High CPU Usage",
        conditions=(Condition(CPU_USAGE, _ABOVE, 90.0, recovery_threshold=80.0),),
        group_by=("host",),
        duration=900,
        enabled=False,
        description="A host has been busy for a quarter of an hour.",
    ),
    # Every host sends its load, however little else it sends. A count is never below 1 while there is data: the
    # condition cannot hold, only the absence of data can.
    Rule(
        id="host-down",
        name="Host Down",
        conditions=(Condition(SYSTEM_LOAD, Operator.LESS_THAN, 1.0, aggregation="count"),),
        group_by=("host",),
        duration=120,
        no_data=NoData.ALERT,
        severity=Severity.CRITICAL,
        enabled=False,
        description="A host has stopped sending.",
    ),
)


def default_rules(recipients: tuple[str, ...]) -> tuple[Rule, ...]:
    """The default rules, telling these recipients (ALERT_DEFAULT_RECIPIENTS). Their ids never change."""
    return tuple(replace(rule, recipients=recipients) for rule in _RULES)
