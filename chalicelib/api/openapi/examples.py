"""A body for each route that takes one, as it can be sent: what a reader copies first."""

from __future__ import annotations

from typing import Any

_RULE: dict[str, Any] = {
    "name": "High Response Time",
    "metricType": "response_time",
    "condition": "greater_than",
    "threshold": 1000,
    "duration": 300,
    "recipients": ["on-call@example.com"],
    "cooldownPeriod": 1800,
}
_CANDIDATE = {
    "name": "Hot",
    "metricType": "cpu_usage",
    "condition": "greater_than",
    "groupBy": ["host"],
    "duration": 60,
}
_SILENCE = {"tags": {"host": "web-1"}, "startsAt": "2099-03-01T22:00:00Z", "endsAt": "2099-03-02T06:00:00Z"}
_WINDOW = {"start": "0 2 * * sun", "duration": 7200, "timeZone": "Europe/Berlin", "tags": {"env": "prod"}}

EXAMPLES: dict[str, Any] = {
    "POST /monitoring/metrics": {
        "metricType": "response_time",
        "value": 250,
        "unit": "ms",
        "tags": {"endpoint": "/api/projects", "method": "GET"},
    },
    "POST /monitoring/metrics/query": {
        "metricType": "cpu_usage",
        "from": "-1h",
        "step": "5m",
        "aggregation": "max",
        "groupBy": ["host"],
    },
    "POST /monitoring/alerts/rules": _RULE,
    "PUT /monitoring/alerts/rules/{rule_id}": {"threshold": 800, "enabled": False},
    "PATCH /monitoring/alerts/rules/{rule_id}": {"threshold": 800},
    "POST /monitoring/alerts/rules/backtest": {"rule": {**_CANDIDATE, "threshold": 90}, "from": "-7d"},
    "POST /monitoring/alerts/rules/suggest": {"rule": _CANDIDATE, "pagesPerWeek": 1, "from": "-28d"},
    "POST /monitoring/alerts/rules/test": {
        "rule": {**_CANDIDATE, "threshold": 90},
        "series": [{"metricType": "cpu_usage", "tags": {"host": "web-1"}, "values": "40x6 99x20"}],
        "expect": [{"at": 250, "state": "firing", "tags": {"host": "web-1"}}],
    },
    "POST /monitoring/alerts/rules/import": {
        "groups": [{"name": "node", "rules": [{"alert": "Hot", "expr": "avg by (host) (cpu_usage) > 90", "for": "5m"}]}]
    },
    "POST /monitoring/alerts/{alert_id}/acknowledge": {"comment": "looking at the database"},
    "POST /monitoring/alerts/{alert_id}/resolve": {"comment": "rolled back"},
    "POST /monitoring/silences": _SILENCE,
    "POST /monitoring/silences/preview": _SILENCE,
    "POST /monitoring/maintenance-windows": _WINDOW,
    "POST /monitoring/maintenance-windows/preview": _WINDOW,
    "POST /monitoring/channels": {
        "name": "on call",
        "type": "slack",
        "config": {"url": "https://hooks.slack.com/services/T000/B000/XXXX"},
        "defaults": {"severity": ["high", "critical"]},
    },
    "PUT /monitoring/channels/{channel_id}": {"enabled": False},
    "PATCH /monitoring/channels/{channel_id}": {"rateLimit": 30},
    "POST /monitoring/targets": {
        "name": "node db-1",
        "type": "prometheus",
        "url": "http://10.0.3.7:9100/metrics",
        "interval": 30,
    },
    "PUT /monitoring/targets/{target_id}": {"enabled": False},
    "PATCH /monitoring/targets/{target_id}": {"interval": 60},
    "POST /monitoring/reports/schedules": {"period": "weekly", "hour": 8, "recipients": ["team@example.com"]},
    "PUT /monitoring/reports/schedules/{schedule_id}": {"enabled": False},
    "PATCH /monitoring/reports/schedules/{schedule_id}": {"hour": 9},
    "POST /monitoring/tokens": {"name": "shop", "scopes": ["ingest"]},
}
