"""What people would have set up around the fleet: channels, rules, and a report that comes by mail."""

from __future__ import annotations

from typing import Any

from infra.demo.service import Service

_CHANNELS: tuple[dict[str, Any], ...] = (
    {"name": "Operations mail", "type": "email", "config": {"to": ["operations@example.com"]}},
    {
        "name": "Chat hook",
        "type": "webhook",
        "config": {"url": "https://hooks.example.com/monitoring"},
        "enabled": False,
    },
)
_RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Mail queue too long",
        "metricType": "queue_length",
        "condition": "greater_than",
        "threshold": 40,
        "aggregation": "last",
        "groupBy": ["queue"],
        "duration": 30,
        "severity": "medium",
        "description": "Mails wait. It happens every twenty minutes in the demo.",
    },
    {
        "name": "Slow checkout",
        "metricType": "response_time",
        "condition": "greater_than",
        "threshold": 600,
        "aggregation": "avg",
        "window": 300,
        "tags": {"endpoint": "/api/checkout"},
        "duration": 300,
        "severity": "high",
        "description": "Customers wait more than half a second at the till.",
    },
    {
        "name": "Checkout slower than last week",
        "metricType": "response_time",
        "condition": "percent_increase",
        "threshold": 25,
        "window": 3600,
        "compareTo": 604_800,
        "tags": {"endpoint": "/api/checkout"},
        "severity": "low",
        "description": "Against the same hour a week ago.",
    },
)
_SWITCHED_ON = ("disk-almost-full", "high-cpu-usage")


def furnish(service: Service) -> None:
    """Make what is missing by name; what is there stays as it is. Raises Refused, OSError."""
    known = {each["name"]: each["id"] for each in service.call("GET", "/channels")["channels"]}
    for channel in _CHANNELS:
        if channel["name"] not in known:
            known[channel["name"]] = service.call("POST", "/channels", channel)["id"]
    rules = {each["name"] for each in service.call("GET", "/alerts/rules")["rules"]}
    mail = known["Operations mail"]
    for rule in _RULES:
        if rule["name"] not in rules:
            service.call("POST", "/alerts/rules", {**rule, "channels": [mail]})
    for rule_id in _SWITCHED_ON:
        service.call("PATCH", f"/alerts/rules/{rule_id}", {"enabled": True, "channels": [mail]})
