"""The rules API, as in the specification: create, list, read, change, delete."""

from __future__ import annotations

from chalicelib.api.endpoint import Answer, Resource
from chalicelib.api.request import Request
from chalicelib.domain.rule_form import read_rule, write_rule
from chalicelib.domain.rule_records import RuleRecord, show_rule
from chalicelib.domain.scopes import Scope
from chalicelib.wiring import alerting

rules = Resource(__name__)
_RULES = "/monitoring/alerts/rules"
_RULE = "/monitoring/alerts/rules/{rule_id}"


@rules.endpoint("POST", _RULES, scope=Scope.MANAGE, query=("dryRun",))
def create_rule(request: Request) -> Answer:
    """Create an alert rule; with `dryRun=true` only say what it would be."""
    if request.flag("dryRun"):
        return Answer(write_rule(read_rule(request.json(), rule_id="")))
    record = alerting.rules().create(request.json(), actor=alerting.actor(request.grant.token_id), now=request.now)
    return _shown(record, 201)


@rules.endpoint("GET", _RULES, scope=Scope.READ, query=("after", "metricType", "enabled"))
def list_rules(request: Request) -> Answer:
    """List alert rules, of one metric type or of all."""
    enabled = None if request.query("enabled") is None else request.flag("enabled")
    page, following = alerting.rules().page(
        request.query("after"), metric_type=request.query("metricType"), enabled=enabled
    )
    return Answer({"rules": [show_rule(record) for record in page], "next": following})


@rules.endpoint("GET", _RULE, scope=Scope.READ)
def get_rule(request: Request, rule_id: str) -> Answer:
    """Read one alert rule."""
    return _shown(alerting.rules().get(rule_id))


@rules.endpoint("PUT", _RULE, scope=Scope.MANAGE)
def update_rule(request: Request, rule_id: str) -> Answer:
    """Change the fields of an alert rule that are given, as the specification does."""
    return _change(request, rule_id)


@rules.endpoint("PATCH", _RULE, scope=Scope.MANAGE)
def patch_rule(request: Request, rule_id: str) -> Answer:
    """Change the fields of an alert rule that are given."""
    return _change(request, rule_id)


@rules.endpoint("DELETE", _RULE, scope=Scope.MANAGE)
def delete_rule(request: Request, rule_id: str) -> Answer:
    """Delete an alert rule; its alerts end, their history stays."""
    actor = alerting.actor(request.grant.token_id)
    alerting.rules().delete(rule_id, expected=request.expected_version(), actor=actor, now=request.now)
    return Answer(None, 204)


def _change(request: Request, rule_id: str) -> Answer:
    record = alerting.rules().change(
        rule_id,
        request.json(),
        expected=request.expected_version(),
        actor=alerting.actor(request.grant.token_id),
        now=request.now,
    )
    return _shown(record)


def _shown(record: RuleRecord, status: int = 200) -> Answer:
    return Answer(show_rule(record), status, {"ETag": f'"{record.version}"'})
