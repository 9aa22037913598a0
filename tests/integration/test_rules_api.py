"""The rules API as people use it: the specification's bodies, every mistake named, changes that follow one another."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.wiring import alerting
from tests.call import Api

RULES = "/monitoring/alerts/rules"
# The specification's example, as written there.
SPEC_RULE: dict[str, Any] = {
    "name": "High Response Time",
    "metricType": "response_time",
    "condition": "greater_than",
    "threshold": 1000,
    "duration": 300,
    "enabled": True,
    "recipients": ["admin@codementor-ai.com"],
    "cooldownPeriod": 1800,
}


def test_the_specifications_rule_is_created_listed_and_updated(api: Api) -> None:
    created = api.post(RULES, SPEC_RULE)
    rule_id = created.body["id"]
    updated = api.call("PUT", f"{RULES}/{rule_id}", {"threshold": 800, "enabled": False})

    assert created.status == 201
    assert created.body | SPEC_RULE == created.body
    assert created.headers["ETag"] == '"1"'
    assert updated.status == 200
    assert (updated.body["threshold"], updated.body["enabled"], updated.body["version"]) == (800, False, 2)
    assert updated.body["recipients"] == SPEC_RULE["recipients"]
    assert api.get(f"{RULES}/{rule_id}").body == updated.body
    assert rule_id in {rule["id"] for rule in api.get(RULES).body["rules"]}


def test_a_new_installation_has_the_default_rules_and_never_gets_them_again(api: Api) -> None:
    defaults = {rule["name"]: rule for rule in api.get(RULES).body["rules"]}
    assert [
        (name, defaults[name]["threshold"], defaults[name]["duration"], defaults[name]["cooldownPeriod"])
        for name in ("High Response Time", "High Error Rate", "High Memory Usage")
    ] == [
        ("High Response Time", 1000, 300, 1800),
        ("High Error Rate", 5, 180, 900),
        ("High Memory Usage", 90, 600, 3600),
    ]
    assert {name for name, rule in defaults.items() if not rule["enabled"]} == {
        *("Disk Almost Full", "High CPU Usage", "Host Down")
    }

    api.delete(f"{RULES}/{defaults['High Error Rate']['id']}")
    assert wiring.seed_rules(0) is False
    assert "High Error Rate" not in {rule["name"] for rule in api.get(RULES).body["rules"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"threshold": "high"}, "threshold"),
        ({"condition": "above"}, "condition"),
        ({"duration": -1}, "duration"),
        ({"recipients": ["nobody"]}, "recipients.0"),
        ({"cooldown": 5}, "cooldown"),
        ({"tags": {"host": "~("}}, "tags.host"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_mistake_is_named_when_creating_and_when_changing(api: Api, body: dict[str, Any], field: str) -> None:
    rule_id = api.post(RULES, SPEC_RULE).body["id"]
    for refused in (api.post(RULES, SPEC_RULE | body), api.call("PATCH", f"{RULES}/{rule_id}", body)):
        assert refused.status == 400
        assert refused.body["field"] == field
        assert refused.body["errors"][0]["reason"]
    assert api.get(f"{RULES}/{rule_id}").body["version"] == 1


@pytest.mark.parametrize("body", ["{", "[]", '"rule"', "nul"])
def test_what_is_no_json_object_is_refused(api: Api, body: str) -> None:
    refused = api.post(RULES, body)
    assert (refused.status, refused.body["field"]) == (400, "body")


def test_a_stale_version_is_a_conflict_that_shows_the_present_state(api: Api) -> None:
    rule_id = api.post(RULES, SPEC_RULE).body["id"]
    api.call("PATCH", f"{RULES}/{rule_id}", {"threshold": 900})

    stale = api.call("PATCH", f"{RULES}/{rule_id}", {"threshold": 1}, headers={"If-Match": '"1"'})
    fresh = api.call("PATCH", f"{RULES}/{rule_id}", {"threshold": 1}, headers={"If-Match": '"2"'})

    assert stale.status == 409
    assert (stale.body["current"]["threshold"], stale.body["current"]["version"]) == (900, 2)
    assert fresh.body["version"] == 3
    assert api.call("DELETE", f"{RULES}/{rule_id}", headers={"If-Match": "x"}).status == 400


def test_many_changes_at_once_all_count(api: Api, postgres: object) -> None:
    """Each changes another field; none is lost, though all read before any has written."""
    from chalicelib.services.respond import Respond
    from chalicelib.services.rules import Rules
    from chalicelib.storage.postgres.alerts import PostgresAlerts
    from chalicelib.storage.postgres.audit import PostgresAudit
    from chalicelib.storage.postgres.channels import PostgresChannels
    from chalicelib.storage.postgres.connection import Database
    from chalicelib.storage.postgres.rules import PostgresRules
    from chalicelib.storage.postgres.silences import PostgresSilences
    from tests.untold import Untold

    rule_id = api.post(RULES, SPEC_RULE).body["id"]
    changes: list[dict[str, Any]] = [
        *({"threshold": 5}, {"duration": 7}, {"severity": "low"}, {"description": "x"}, {"repeatInterval": 0})
    ] * 4
    barrier = threading.Barrier(len(changes))

    def change(given: dict[str, Any]) -> None:
        database = Database(postgres.url)  # type: ignore[attr-defined]
        respond = Respond(
            database, PostgresAlerts(database), PostgresRules(database), PostgresSilences(database), Untold()
        )
        rules = Rules(
            database,
            PostgresRules(database),
            PostgresAudit(database),
            respond,
            PostgresChannels(database),
            lambda size: b"x" * size,
        )
        barrier.wait()
        rules.change(rule_id, given, expected=None, actor="t", now=1)
        database.close()

    threads = [threading.Thread(target=change, args=(given,)) for given in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rule = api.get(f"{RULES}/{rule_id}").body
    assert (rule["threshold"], rule["duration"], rule["severity"]) == (5, 7, "low")
    assert (rule["description"], rule["repeatInterval"], rule["version"]) == ("x", 0, 6)


def test_rules_are_found_by_metric_and_by_whether_they_are_on(api: Api) -> None:
    api.post(RULES, SPEC_RULE | {"name": "one", "metricType": "orders"})
    conditions = [
        {"metricType": metric, "condition": "greater_than", "threshold": 1} for metric in ("payments", "orders")
    ]
    api.post(RULES, {"name": "two", "conditions": conditions, "enabled": False})

    def names(**query: str) -> set[str]:
        return {rule["name"] for rule in api.get(RULES, **query).body["rules"]}

    assert names(metricType="orders") == {"one", "two"}
    assert names(metricType="orders", enabled="true") == {"one"}
    assert names(metricType="payments", enabled="false") == {"two"}
    assert api.get(RULES, enabled="perhaps").status == 400
    assert api.get(RULES, metric="orders").status == 400


def test_rules_come_in_pages(api: Api) -> None:
    for _ in range(101):
        api.post(RULES, SPEC_RULE)
    first = api.get(RULES).body
    second = api.get(RULES, after=first["next"]).body
    assert len(first["rules"]) == 100
    assert second["next"] is None
    assert len({rule["id"] for rule in first["rules"] + second["rules"]}) == 101 + 6


def test_what_is_gone_is_404_and_every_change_has_its_entry(api: Api) -> None:
    rule_id = api.post(RULES, SPEC_RULE).body["id"]
    api.call("PUT", f"{RULES}/{rule_id}", {"threshold": 2})
    api.call("PUT", f"{RULES}/{rule_id}", {"threshold": 2})  # changes nothing: no entry, no version
    assert api.delete(f"{RULES}/{rule_id}").status == 204
    assert [api.call(method, f"{RULES}/{rule_id}", {}).status for method in ("GET", "PUT", "DELETE")] == [404] * 3

    trail = [entry for _, entry in alerting.audit_trail().page(None, 10, resource="rule")]
    assert [(entry.action, entry.actor) for entry in trail] == [
        *(("deleted", "test"), ("changed", "test"), ("created", "test"))
    ]
    assert (trail[1].before or {})["threshold"] == 1000
    assert (trail[1].after or {})["threshold"] == 2


@pytest.mark.parametrize(("scope", "allowed"), [("read", False), ("respond", False), ("manage", True)])
def test_only_who_may_manage_changes_rules(api: Api, scope: str, allowed: bool) -> None:
    caller = Api(api.post("/monitoring/tokens", {"name": "x", "scopes": [scope]}).body["token"])
    assert (caller.post(RULES, SPEC_RULE).status == 201) is allowed
    assert caller.get(RULES).status == 200


def test_a_rule_names_only_channels_that_there_are(api: Api) -> None:
    # given a channel
    config = {"to": ["ann@example.com"]}
    channel = api.post("/monitoring/channels", {"name": "night shift", "type": "email", "config": config}).body

    # then a rule may name it by its id among the recipients too, and by its name
    told = {"recipients": ["bob@example.com", channel["id"]], "channels": ["night shift"]}
    rule = api.post(RULES, SPEC_RULE | told)
    assert (rule.status, rule.body["recipients"]) == (201, told["recipients"])

    # but no other, and every wrong one is named
    wrong = {
        "recipients": ["chn_0123456789abcdef"],
        "channels": ["night shift", "day shift"],
        "escalation": [{"after": 60, "channels": ["nobody"]}],
    }
    refused = api.post(RULES, SPEC_RULE | wrong)
    assert refused.status == 400
    assert [error["field"] for error in refused.body["errors"]] == [
        *("recipients.0", "channels.1", "escalation.0.channels.0")
    ]
    assert "GET /api/monitoring/channels" in refused.body["detail"]
    changed = api.call("PATCH", f"{RULES}/{rule.body['id']}", {"channels": ["day shift"]})
    assert (changed.status, changed.body["field"]) == (400, "channels.0")

    # and a channel that is deleted leaves the rule as it is, to be edited further
    assert api.delete(f"/monitoring/channels/{channel['id']}").status == 204
    assert api.call("PATCH", f"{RULES}/{rule.body['id']}", {"threshold": 7}).status == 200


@pytest.mark.parametrize("wrong", ["ann", "chn_", "chn_0123456789ABCDEF", "chn_0123456789abcdef0", "a@b@c", "@b.de"])
def test_a_recipient_is_an_address_or_a_channels_id(api: Api, wrong: str) -> None:
    refused = api.post(RULES, SPEC_RULE | {"recipients": ["ann@example.com", wrong]})
    assert (refused.status, refused.body["field"]) == (400, "recipients.1")
    assert "must be an email address, or the id of a channel" in refused.body["detail"]


def test_a_receiver_that_no_mail_reaches_is_refused_where_it_is_new(api: Api) -> None:
    refused = api.post(RULES, SPEC_RULE | {"recipients": ["ann@example.com", "a..b@example.com"]})
    assert (refused.status, refused.body["field"]) == (400, "recipients.1")
    config = {"to": ["\u00e4nn@example.com"]}
    refused = api.post("/monitoring/channels", {"name": "mail", "type": "email", "config": config})
    assert (refused.status, refused.body["field"]) == (400, "config.to.0")
    schedule = {"name": "weekly", "period": "weekly", "recipients": ["a.@example.com"]}
    refused = api.post("/monitoring/reports/schedules", schedule)
    assert (refused.status, refused.body["field"]) == (400, "recipients.0")
