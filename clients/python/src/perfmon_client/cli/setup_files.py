"""What people have set up, as one file without ids: channels, rules, silences, maintenance windows, report schedules.

References are names, so that the file fits another service; its rules are those that `perfmon rules` reads. Secrets of
channels never leave the service: importing takes them from a file of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import typer

from perfmon_client.cli.rule_files import SERVERS, changes_between
from perfmon_client.cli.session import below, listed
from perfmon_client.errors import ApiError
from perfmon_client.http import Http

Thing = dict[str, Any]
CHANNELS = "/monitoring/channels"
RULES = "/monitoring/alerts/rules"
SILENCES = "/monitoring/silences"
WINDOWS = "/monitoring/maintenance-windows"
SCHEDULES = "/monitoring/reports/schedules"
# What a file may have, and what each thing of a kind must say.
KINDS: dict[str, tuple[str, ...]] = {
    "channels": ("name", "type", "config"),
    "rules": ("name",),
    "silences": (),
    "maintenanceWindows": (),
    "schedules": (),
}
# What the service says of a thing, and nobody sets.
_SAID = {*SERVERS, "disabledReason", "lastSentAt", "author", "validFrom", "validUntil", "next", "nextDue"}
# Of a secret address the service shows the host, which is no setting.
_SHOWN_OF_SECRETS = "host"


@dataclass
class Outcome:
    """What importing did: how many of each kind, and what it left out, with the reasons."""

    created: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    left_out: list[dict[str, str]] = field(default_factory=list)

    def shown(self) -> Thing:
        """For programs."""
        return {"created": self.created, "changed": self.changed, "leftOut": self.left_out}


def check(content: Mapping[str, Any]) -> None:
    """Whether a file is one of set-up, before anything of it is brought in. Raises BadParameter."""
    for kind, things in content.items():
        if kind not in KINDS:
            raise typer.BadParameter(f"{kind!r} is nothing that can be set up: {', '.join(KINDS)}")
        for thing in things or []:
            if not isinstance(thing, dict) or any(field not in thing for field in KINDS[kind]):
                fields = " and ".join(KINDS[kind])
                raise typer.BadParameter(f"{kind}: each is a mapping{f' with {fields}' if fields else ''}")


def gather(http: Http) -> dict[str, list[Thing]]:
    """Everything, as the file has it."""
    channels = listed(http, CHANNELS, "channels")
    rules = listed(http, RULES, "rules")
    channel_names = {each["id"]: each["name"] for each in channels}
    rule_names = {each["id"]: each["name"] for each in rules}
    return {
        "channels": [_channel(each) for each in channels],
        "rules": [_renamed(_settings(each), channel_names) for each in rules],
        "silences": [_by_rule_name(each, rule_names) for each in listed(http, SILENCES, "silences")],
        "maintenanceWindows": [_by_rule_name(each, rule_names) for each in listed(http, WINDOWS, "maintenanceWindows")],
        "schedules": [_settings(each) for each in listed(http, SCHEDULES, "schedules")],
    }


def restore(
    http: Http, wanted: Mapping[str, list[Thing]], secrets: Mapping[str, Thing], outcome: Outcome
) -> Iterator[None]:
    """Bring it all in, one thing at each step, noted in `outcome`; a second time changes nothing.

    Channels and rules are known by their names; silences, windows and schedules by all that they say. `secrets` has for
    the name of a channel what its config lacks. What the service refuses is left out, and the rest goes on.
    """
    for channel in wanted.get("channels") or []:
        _guarded(outcome, "channels", channel, partial(_channel_in, http, channel, secrets))
        yield
    channel_ids = {each["name"]: each["id"] for each in listed(http, CHANNELS, "channels")}
    existing = [_renamed(each, channel_ids) for each in listed(http, RULES, "rules")]
    for rule in wanted.get("rules") or []:
        _guarded(outcome, "rules", rule, partial(_rule_in, http, _renamed(rule, channel_ids), existing))
        yield
    rule_ids = {each["name"]: each["id"] for each in listed(http, RULES, "rules")}
    for kind, path in (("silences", SILENCES), ("maintenanceWindows", WINDOWS), ("schedules", SCHEDULES)):
        there = [_settings(each) for each in listed(http, path, kind)]
        for thing in wanted.get(kind) or []:
            _guarded(outcome, kind, thing, partial(_new, http, path, thing, there, rule_ids))
            yield


def _guarded(outcome: Outcome, kind: str, thing: Thing, bring: Callable[[], str | None]) -> None:
    try:
        done = bring()
    except (ApiError, LookupError, typer.BadParameter) as error:
        name = str(thing.get("name") or thing.get("comment") or thing.get("period") or "")
        outcome.left_out.append({"kind": kind, "name": name, "reason": str(error.args[0] if error.args else error)})
        return
    if done is not None:
        counts = outcome.created if done == "created" else outcome.changed
        counts[kind] = counts.get(kind, 0) + 1


def _channel_in(http: Http, channel: Thing, secrets: Mapping[str, Thing]) -> str | None:
    same = [each for each in listed(http, CHANNELS, "channels") if each["name"] == channel["name"]]
    given = secrets.get(channel["name"]) or {}
    body = {name: value for name, value in channel.items() if name != "secrets"}
    body["config"] = {**channel["config"], **given}
    if not same:
        # Also those that the service would make anew: nobody would learn the new one.
        if lacking := sorted(set(channel.get("secrets") or []) - set(given)):
            raise LookupError(f"its secrets are not in the file of secrets: {', '.join(lacking)}")
        http.post(CHANNELS, body)
        return "created"
    kept = _channel(same[0])
    if not given and {**body, "secrets": kept["secrets"]} == kept:
        return None
    http.patch(below(CHANNELS, same[0]["id"]), {name: value for name, value in body.items() if name != "type"})
    return "changed"


def _rule_in(http: Http, rule: Thing, existing: list[Thing]) -> str | None:
    # The service itself says what the rule amounts to, with all defaults, or what is wrong with it.
    changes = changes_between(existing, [http.post(f"{RULES}?dryRun=true", rule)], prune=False)
    for change in changes:
        if change.before is None:
            http.post(RULES, rule)
            return "created"
        http.patch(below(RULES, change.before["id"]), change.amendment())
        return "changed"
    return None


def _new(http: Http, path: str, thing: Thing, there: list[Thing], rule_ids: Mapping[str, str]) -> str | None:
    body = dict(thing)
    if "rule" in body:
        name = body.pop("rule")
        if name not in rule_ids:
            raise LookupError(f"there is no rule {name!r}")
        body["ruleId"] = rule_ids[name]
    if body in there:
        return None
    http.post(path, body)
    return "created"


def _settings(thing: Thing) -> Thing:
    """What was set, without what the service says of it and without what has no value."""
    return {name: value for name, value in thing.items() if name not in _SAID and value not in (None, "", [], {})}


def _channel(channel: Thing) -> Thing:
    hidden = _SHOWN_OF_SECRETS if "url" in channel["secrets"] else None
    config = {name: value for name, value in channel["config"].items() if name != hidden}
    return {**_settings(channel), "config": config, "secrets": channel["secrets"]}


def _by_rule_name(thing: Thing, names: Mapping[str, str]) -> Thing:
    found = _settings(thing)
    if "ruleId" in found:
        rule_id = found.pop("ruleId")
        found["rule"] = names.get(rule_id, rule_id)
    return found


def _renamed(rule: Thing, names: Mapping[str, str]) -> Thing:
    """The same rule with each channel under its other name."""
    found = dict(rule)
    for key in ("recipients", "channels"):
        if found.get(key):
            found[key] = [names.get(each, each) for each in found[key]]
    if found.get("escalation"):
        found["escalation"] = [
            {**step, "channels": [names.get(each, each) for each in step["channels"]]} for step in found["escalation"]
        ]
    return found
