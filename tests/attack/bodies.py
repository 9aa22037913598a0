"""A body for every route that takes one, each good enough to get past its form: what is hostile then gets far."""

from __future__ import annotations

import time
from typing import Any

from chalicelib.domain.instants import to_iso

NOW = time.time_ns() // 1_000_000

RULE: dict[str, Any] = {
    "name": "hot",
    "metricType": "cpu_usage",
    "condition": "greater_than",
    "threshold": 90,
    "thresholdHigh": None,
    "aggregation": "avg",
    "window": 60,
    "tags": {"env": "~prod.*"},
    "groupBy": ["host"],
    "duration": 30,
    "severity": "high",
    "noData": "alert",
    "recipients": ["on-call@example.com"],
    "channels": [],
    "escalation": None,
    "cooldownPeriod": 60,
    "repeatInterval": 3600,
    "description": "see the\nrunbook",
    "runbookUrl": "https://wiki.example/hot",
    "enabled": True,
}
CHANNEL: dict[str, Any] = {
    "name": "hook",
    "type": "webhook",
    "config": {"url": "https://hooks.example/a", "headers": {"X-Team": "ops"}},
    "enabled": True,
    "defaults": {"severity": ["high"], "tags": {"env": "prod"}},
    "quietHours": {"from": "22:00", "to": "07:00", "timeZone": "Europe/Berlin", "severity": ["low"]},
    "rateLimit": 60,
}
TARGET: dict[str, Any] = {
    "name": "node",
    "type": "prometheus",
    "url": "http://exporter.example:9100/metrics",
    "interval": 30,
    "timeout": 5,
    "labels": {"env": "prod"},
    "relabel": [{"action": "drop", "sourceLabels": ["mode"], "separator": ";", "regex": "go_.*"}],
    "sampleLimit": 100,
    "bearerToken": "s3cret-of-a-target",
    "headers": {"X-Team": "ops"},
    "enabled": True,
}
SCHEDULE: dict[str, Any] = {
    "name": "weekly",
    "period": "weekly",
    "timezone": "Europe/Berlin",
    "hour": 8,
    "recipients": ["boss@example.com"],
    "format": "html",
    "enabled": True,
}
SILENCE: dict[str, Any] = {
    "ruleId": "rule_1",
    "metricType": "cpu_usage",
    "severity": ["high"],
    "tags": {"host": "web-1"},
    "startsAt": to_iso(NOW),
    "endsAt": to_iso(NOW + 3_600_000),
    "comment": "known",
}
WINDOW: dict[str, Any] = {
    "start": "0 2 * * sun",
    "duration": 7200,
    "timeZone": "Europe/Berlin",
    "tags": {"host": "web-1"},
    "comment": "patches",
}
SAMPLE: dict[str, Any] = {
    "metricType": "cpu_usage",
    "value": 250,
    "unit": "percent",
    "tags": {"host": "web-1"},
    "timestamp": to_iso(NOW),
}
QUERY: dict[str, Any] = {
    "metricType": "cpu_usage",
    "from": "-1h",
    "to": "now",
    "step": "5m",
    "aggregation": "avg",
    "groupBy": ["host"],
    "tags": {"env": "prod"},
    "unit": "percent",
    "fill": "none",
    "topk": 3,
}
OTLP: dict[str, Any] = {
    "resourceMetrics": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
            "scopeMetrics": [
                {
                    "scope": {"name": "meter", "version": "1"},
                    "metrics": [
                        {
                            "name": "queue_depth",
                            "unit": "1",
                            "description": "how much waits",
                            "gauge": {"dataPoints": [{"asDouble": 3.5, "timeUnixNano": str(NOW * 1_000_000)}]},
                        }
                    ],
                }
            ],
        }
    ]
}
SOME_RULE = {name: RULE[name] for name in ("name", "metricType", "condition", "threshold", "groupBy", "duration")}

# By "METHOD path". What takes no body is sent one all the same, an empty object.
BODIES: dict[str, Any] = {
    "POST /monitoring/metrics": {"metrics": [SAMPLE]},
    "POST /monitoring/metrics/query": QUERY,
    "POST /otlp/v1/metrics": OTLP,
    "POST /prometheus/api/v1/write": {},
    "POST /monitoring/alerts/rules": RULE,
    "PUT /monitoring/alerts/rules/{rule_id}": RULE,
    "PATCH /monitoring/alerts/rules/{rule_id}": RULE,
    "POST /monitoring/alerts/rules/backtest": {"rule": SOME_RULE, "from": "-10m", "to": "now"},
    "POST /monitoring/alerts/rules/suggest": {"rule": SOME_RULE, "pagesPerWeek": 1, "from": "-10m", "to": "now"},
    "POST /monitoring/alerts/rules/test": {
        "rule": SOME_RULE,
        "interval": 10,
        "series": [{"metricType": "cpu_usage", "tags": {"host": "web-1"}, "values": "40x6 99x12"}],
        "expect": [{"at": 50, "state": "none", "tags": {"host": "web-1"}}],
    },
    "POST /monitoring/alerts/rules/import": {
        "groups": [
            {
                "name": "node",
                "rules": [
                    {
                        "alert": "Hot",
                        "expr": 'avg by (host) (cpu_usage{env=~"prod.*"}) > 90',
                        "for": "5m",
                        "labels": {"severity": "critical"},
                        "annotations": {"summary": "{{ $labels.host }} is hot", "description": "since a while"},
                    }
                ],
            }
        ]
    },
    "POST /monitoring/alerts/{alert_id}/acknowledge": {"comment": "mine", "expiresAt": to_iso(NOW + 3_600_000)},
    "POST /monitoring/alerts/{alert_id}/resolve": {"comment": "done"},
    "POST /monitoring/channels": CHANNEL,
    "PUT /monitoring/channels/{channel_id}": CHANNEL,
    "PATCH /monitoring/channels/{channel_id}": CHANNEL,
    "POST /monitoring/channels/{channel_id}/test": {},
    "POST /monitoring/targets": TARGET,
    "PUT /monitoring/targets/{target_id}": TARGET,
    "PATCH /monitoring/targets/{target_id}": TARGET,
    "POST /monitoring/reports/schedules": SCHEDULE,
    "PUT /monitoring/reports/schedules/{schedule_id}": SCHEDULE,
    "PATCH /monitoring/reports/schedules/{schedule_id}": SCHEDULE,
    "POST /monitoring/silences": SILENCE,
    "POST /monitoring/silences/preview": SILENCE,
    "POST /monitoring/maintenance-windows": WINDOW,
    "POST /monitoring/maintenance-windows/preview": WINDOW,
    "POST /monitoring/notifications/{notification_id}/retry": {},
    "POST /monitoring/tokens": {"name": "agent", "scopes": ["ingest"], "expiresAt": to_iso(NOW + 3_600_000)},
    "POST /monitoring/sessions": {"token": "pm_" + "0" * 64},
    "POST /monitoring/confirm": {},
    "POST /integrations/slack/actions": {},
}
