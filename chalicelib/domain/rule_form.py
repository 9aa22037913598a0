"""The JSON form of a rule, as the API and rules kept as code write it: read, write, amend.

With one condition its fields stand in the rule itself (the spec's form), several stand in `conditions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from urllib.parse import urlsplit

from chalicelib.domain.channels import CHANNEL_ID
from chalicelib.domain.conditions import Condition, read_condition, write_condition
from chalicelib.domain.fields import Fields, wrong_tag_key
from chalicelib.domain.mail_addresses import wrong_address
from chalicelib.domain.rules import DEFAULT_REPEAT_INTERVAL, EscalationStep, Match, NoData, Rule, Severity

MAX_CONDITIONS = 10
MAX_GROUP_TAGS = 5
MAX_RECIPIENTS = 50
MAX_CHANNELS = 20
MAX_ESCALATION_STEPS = 10
HOUR = 3600
WEEK = 7 * 86_400
MONTH = 30 * 86_400
_CONDITION_FIELDS = (
    *("metricType", "condition", "threshold", "thresholdHigh", "recoveryThreshold"),
    *("aggregation", "window", "tags", "compareTo"),
)


def read_rule(given: object, *, rule_id: str) -> Rule:
    """The rule that a JSON object describes. Raises InvalidInput with every wrong, missing or unknown field."""
    fields = Fields(given)
    rule = Rule(
        id=rule_id,
        name=fields.text("name", most=200),
        conditions=_read_conditions(fields),
        match=fields.choice("match", Match, Match.ALL) or Match.ALL,
        group_by=fields.texts("groupBy", most=MAX_GROUP_TAGS, check=wrong_tag_key),
        duration=fields.whole("duration", default=0, low=0, high=WEEK),
        keep_firing_for=fields.whole("keepFiringFor", default=0, low=0, high=WEEK),
        no_data=fields.choice("noData", NoData),
        severity=fields.choice("severity", Severity, Severity.MEDIUM) or Severity.MEDIUM,
        enabled=fields.flag("enabled", default=True),
        recipients=fields.texts("recipients", most=MAX_RECIPIENTS, check=_wrong_recipient),
        channels=fields.texts("channels", most=MAX_CHANNELS, check=_wrong_channel),
        escalation=_read_escalation(fields),
        cooldown_period=fields.whole_or_none("cooldownPeriod", low=0, high=MONTH),
        repeat_interval=fields.whole("repeatInterval", default=DEFAULT_REPEAT_INTERVAL, low=0, high=MONTH),
        group_wait=fields.whole("groupWait", default=0, low=0, high=HOUR),
        description=fields.text("description", most=4000, default="", multiline=True),
        runbook_url=_read_url(fields, "runbookUrl"),
    )
    if 0 < rule.repeat_interval < 60:
        fields.refuse("repeatInterval", "must be 0 (never) or at least 60 seconds")
    fields.finish()
    return rule


def write_rule(rule: Rule) -> dict[str, object]:
    """Every field that `read_rule` reads; without the id. What has no value of its own is null."""
    if len(rule.conditions) == 1:
        written = {"name": rule.name, **write_condition(rule.conditions[0])}
    else:
        conditions = [write_condition(condition) for condition in rule.conditions]
        written = {"name": rule.name, "conditions": conditions, "match": str(rule.match)}
    return written | {
        "groupBy": list(rule.group_by),
        "duration": rule.duration,
        "keepFiringFor": rule.keep_firing_for,
        "noData": None if rule.no_data is None else str(rule.no_data),
        "severity": str(rule.severity),
        "enabled": rule.enabled,
        "recipients": list(rule.recipients),
        "channels": list(rule.channels),
        "escalation": [{"after": step.after, "channels": list(step.channels)} for step in rule.escalation] or None,
        "cooldownPeriod": rule.cooldown_period,
        "repeatInterval": rule.repeat_interval,
        "groupWait": rule.group_wait,
        "description": rule.description,
        "runbookUrl": rule.runbook_url,
    }


def amend_rule(rule: Rule, changes: object) -> Rule:
    """The rule with some fields changed; null sets a field back to its default. Raises InvalidInput.

    A change to `conditions` replaces a single condition and the other way round. Changing the operator lets go of
    the old operator's `thresholdHigh`, `compareTo` and `recoveryThreshold` unless they are named again.
    """
    if not isinstance(changes, Mapping):
        return read_rule(changes, rule_id=rule.id)
    kept = write_rule(rule)
    if changes.get("conditions") is not None:
        for name in _CONDITION_FIELDS:
            kept.pop(name, None)
    elif {"metricType", "condition", "threshold"} <= {name for name, value in changes.items() if value is not None}:
        kept.pop("conditions", None)
        kept.pop("match", None)
    if changes.get("condition") not in (None, kept.get("condition")):
        for name in ("thresholdHigh", "compareTo", "recoveryThreshold"):
            kept.pop(name, None)
    return read_rule(kept | dict(changes), rule_id=rule.id)


def _read_conditions(fields: Fields) -> tuple[Condition, ...]:
    if not fields.has("conditions"):
        fields.skip("conditions")  # null is no mistake
        return (read_condition(fields),)
    for name in _CONDITION_FIELDS:
        if fields.has(name):
            fields.refuse(name, "stands in each of conditions when conditions are given")
        fields.skip(name)
    return fields.objects("conditions", most=MAX_CONDITIONS, read=read_condition)


def _read_escalation(fields: Fields) -> tuple[EscalationStep, ...]:
    def read(step: Fields) -> EscalationStep:
        if not step.has("after"):
            step.refuse("after", "is missing")
        channels = step.texts("channels", most=MAX_CHANNELS, check=_wrong_channel)
        if not step.has("channels"):
            step.refuse("channels", "is missing")
        return EscalationStep(step.whole("after", default=0, low=1, high=WEEK), channels)

    steps = fields.objects("escalation", most=MAX_ESCALATION_STEPS, read=read)
    if any(later.after <= earlier.after for earlier, later in pairwise(steps)):
        fields.refuse("escalation", "must be in the order of after, each later than the one before")
    return steps


def _read_url(fields: Fields, name: str) -> str:
    url = fields.text(name, most=2000, default="")
    try:
        parts = urlsplit(url)
    except ValueError:
        fields.refuse(name, "must be an http or https address")
        return ""
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or any(map(str.isspace, url))):
        fields.refuse(name, "must be an http or https address")
    return url


def _wrong_recipient(text: str) -> str | None:
    is_right = CHANNEL_ID.fullmatch(text) or wrong_address(text) is None
    return None if is_right else "must be an email address, or the id of a channel"


def _wrong_channel(text: str) -> str | None:
    return None if 1 <= len(text.strip()) <= 200 else "must be a channel's id or name, 1 to 200 characters long"
