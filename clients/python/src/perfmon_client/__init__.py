"""Client of the Performance Monitoring Service."""

from perfmon_client.errors import ApiError, PerfmonError, Unreachable
from perfmon_client.http import Http

__version__ = "0.1.0"
__all__ = ["ApiError", "Http", "PerfmonError", "Unreachable"]
