"""An alert through the deployed stack: sample, tick, queues, notifier, webhook and mail, acknowledged and reported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.function_events import scheduled_event
from tests.infra.aws.conftest import Stores
from tests.infra.aws.deployment import Deployment, wait_until
from tests.infra.aws.test_stack import new_deployment
from tests.notifications.receiver import Receiver, receiver

pytestmark = pytest.mark.xdist_group("deploy")  # one package, one emulator


@pytest.fixture(scope="module")
def stack(endpoint: str, emulated: Path, stores: Stores) -> Iterator[Deployment]:
    """The package deployed on empty stores, whose notifier may call this machine."""
    deployed = new_deployment(endpoint, stores)
    deployed.create(emulated)
    notify = deployed.physical("Notify")
    variables = deployed.lambdas.get_function_configuration(FunctionName=notify)["Environment"]["Variables"]
    variables |= {"WEBHOOK_ALLOW_LOOPBACK": "true"}
    deployed.lambdas.update_function_configuration(FunctionName=notify, Environment={"Variables": variables})
    yield deployed
    deployed.delete()


def mails_to(endpoint: str, address: str) -> list[dict[str, Any]]:
    """What SES was given for an address."""
    by_account = requests.get(f"{endpoint}/_ministack/ses/messages", timeout=30).json()["messages"]
    return [mail for mails in by_account.values() for mail in mails if address in mail["To"]]


def test_a_crossing_reaches_a_webhook_and_a_mailbox_is_acknowledged_and_reported(
    stack: Deployment, endpoint: str
) -> None:
    token = stack.invoke("MintToken", {"name": "admin"})["token"]

    def call(method: str, path: str, expected: int, **request: Any) -> Any:
        answer = stack.call(method, path, token, **request)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def run_schedule() -> None:
        stack.invoke("ScheduleTicks", scheduled_event("every-minute", datetime.now(UTC), "event-1"))

    with receiver() as hook:
        # given a rule that tells a webhook and a mailbox
        body = {"name": "hook", "type": "webhook", "config": {"url": f"{hook.url}/alerts"}}
        channel = call("POST", "/monitoring/channels", 201, json=body)["id"]
        rule = {
            "name": "Slow",
            "metricType": "response_time",
            "condition": "greater_than",
            "threshold": 1000,
            "recipients": ["oncall@example.org"],
            "channels": [channel],
        }
        rule_id = call("POST", "/monitoring/alerts/rules", 201, json=rule)["id"]

        # when what it watches crosses the threshold, and the schedule runs
        slow = {"metricType": "response_time", "value": 2500, "unit": "ms", "tags": {"endpoint": "/api/projects"}}
        call("POST", "/monitoring/metrics", 202, json=slow)

        def alert_of_rule() -> dict[str, Any] | None:
            active = call("GET", "/monitoring/alerts/active", 200)["alerts"]
            return next((each for each in active if each["ruleId"] == rule_id), None)

        def ledger_of(alert: dict[str, Any] | None) -> list[dict[str, Any]]:
            asked = {"alertId": (alert or {}).get("id", "")}
            found: list[dict[str, Any]] = call("GET", "/monitoring/notifications", 200, params=asked)["notifications"]
            return found

        def both_were_told() -> bool:
            if not alert_of_rule():
                call("POST", "/monitoring/metrics", 202, json=slow)
                run_schedule()
            return len(mails_to(endpoint, "oncall@example.org")) == 1 and len(told_by(hook)) == 1

        # then both were told, once
        wait_until(both_were_told, lambda: f"{len(told_by(hook))} calls; {ledger_of(alert_of_rule())}")
        alert = alert_of_rule()
        assert alert is not None
        assert alert["id"] in json.dumps([got.body for got in told_by(hook)])
        (mail,) = mails_to(endpoint, "oncall@example.org")
        assert (mail["Subject"], mail["Source"]) == ("Medium: Slow", "admin@example.org")
        assert "Slow: response_time is 2500ms, above 1000ms." in mail["BodyText"]

        # and the receipts have come back into the ledger
        def states() -> list[str]:
            return [each["state"] for each in ledger_of(alert)]

        wait_until(lambda: states() == ["sent", "sent"], lambda: f"{ledger_of(alert)}")

    # and it can be acknowledged, and is in the report
    acknowledged = call("POST", f"/monitoring/alerts/{alert['id']}/acknowledge", 200)
    assert acknowledged["acknowledgedAt"]
    today = datetime.now(UTC).date().isoformat()
    days = {"period": "daily", "startDate": today, "endDate": today}
    report = call("GET", "/monitoring/reports/performance", 200, params=days)
    assert report["metrics"]["averageResponseTime"] == 2500
    assert alert["id"] in json.dumps(report["alerts"])


def told_by(hook: Receiver) -> list[Any]:
    """Webhooks about alerts."""
    return [got for got in hook.got if got.path == "/alerts"]
