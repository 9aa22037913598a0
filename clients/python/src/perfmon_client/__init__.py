"""Client of the Performance Monitoring Service."""

from perfmon_client.asynchronous import AsyncPerformanceMonitoringService
from perfmon_client.errors import ApiError, PerfmonError, Unreachable
from perfmon_client.http import Http
from perfmon_client.recorder import Figures
from perfmon_client.service import PerformanceMonitoringService

__version__ = "0.1.0"
__all__ = [
    "ApiError",
    "AsyncPerformanceMonitoringService",
    "Figures",
    "Http",
    "PerfmonError",
    "PerformanceMonitoringService",
    "Unreachable",
]
