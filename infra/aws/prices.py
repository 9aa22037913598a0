"""What AWS and others charge, as this project assumes it: list prices in us-east-1, dollars, 2026-11."""

from __future__ import annotations

AS_OF = "2026-11"
REGION = "us-east-1"
HOURS = 730
SECONDS = HOURS * 3600

# (up to so many, price of one); the last goes on for ever
Tiers = tuple[tuple[float, float], ...]

API_GATEWAY_REQUEST: Tiers = ((333e6, 3.50e-6), (1e9, 2.80e-6), (20e9, 2.38e-6), (float("inf"), 1.51e-6))
LAMBDA_REQUEST = 0.20e-6
LAMBDA_GB_SECOND = 0.0000133334  # arm64
SQS_REQUEST = 0.40e-6
SQS_FREE = 1e6
LOG_GB = 0.50
ALARM = 0.10
SECRET = 0.40
KEY = 1.00
ENDPOINT_HOUR = 0.01
DATABASE_HOUR = {
    "db.t4g.micro": 0.016,
    "db.t4g.small": 0.032,
    "db.t4g.medium": 0.065,
    "db.t4g.large": 0.129,
    "db.m7g.large": 0.168,
    "db.m7g.xlarge": 0.337,
}  # in two zones: twice that
DATABASE_GB = 0.115
VALKEY_HOUR = {
    "cache.t4g.micro": 0.0128,
    "cache.t4g.small": 0.0256,
    "cache.t4g.medium": 0.052,
    "cache.m7g.large": 0.1264,
}

CLOUDWATCH_METRIC: Tiers = ((10e3, 0.30), (250e3, 0.10), (1e6, 0.05), (float("inf"), 0.02))
CLOUDWATCH_PUT = 0.01e-3
DATADOG_HOST = 15.00  # Infrastructure Pro, billed for a year; 100 custom metrics a host are in it


def tiered(amount: float, tiers: Tiers) -> float:
    """The price of an amount whose first part costs one price, the next another."""
    total, begin = 0.0, 0.0
    for end, price in tiers:
        total += max(0.0, min(amount, end) - begin) * price
        begin = end
    return total
