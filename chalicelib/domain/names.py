"""The metric names that agents, default rules, reports and health agree on, with their units."""

from __future__ import annotations

RESPONSE_TIME = "response_time"
ERROR_RATE = "error_rate"
THROUGHPUT = "throughput"
ACTIVE_USERS = "active_users"
CPU_USAGE = "cpu_usage"
MEMORY_USAGE = "memory_usage"
DISK_USAGE = "disk_usage"
SYSTEM_LOAD = "system_load"

# The unit of a sample that names none. Anything not listed is recorded without a unit.
DEFAULT_UNITS: dict[str, str] = {
    RESPONSE_TIME: "ms",
    ERROR_RATE: "percent",
    THROUGHPUT: "requests/s",
    ACTIVE_USERS: "count",
    CPU_USAGE: "percent",
    MEMORY_USAGE: "percent",
    DISK_USAGE: "percent",
    SYSTEM_LOAD: "load",
}
