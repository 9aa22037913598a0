"""Why was nobody told? Mail, rules, recipients, cooldowns."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from perfmon_client.doctor.finding import Finding, fail, ok, skipped, warn
from perfmon_client.doctor.service import Api

SECONDS = 10
_ADDRESS = re.compile(r'[^@\s,<>"]+@[^@\s,<>"]+\.[^@\s,<>"]+')


def mail(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Does the mail server take us? Sends nothing."""
    host = environment.get("SMTP_HOST", "")
    if not host:
        yield skipped("mail", "SMTP_HOST is not set: mails go by SES", "On AWS: is the address verified in SES?")
        return
    user, password = environment.get("SMTP_USER", ""), environment.get("SMTP_PASS", "")
    mode = environment.get("SMTP_TLS") or "auto"
    try:
        port = int(environment.get("SMTP_PORT") or 587)
        context = ssl.create_default_context()
        at_once = mode == "always" or (mode == "auto" and port == 465)
        opened = (
            smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=context)
            if at_once
            else smtplib.SMTP(host, port, timeout=SECONDS)
        )
        with opened as server:
            server.ehlo()
            if not at_once and mode != "never" and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            if user:
                server.login(user, password)
    except ValueError:
        yield fail("mail", "SMTP_PORT is not a number", "Usual are 587 and 465.")
    except smtplib.SMTPAuthenticationError as error:
        says = f"{host} refuses the login of {user} ({error.smtp_code})"
        yield fail("mail", says, "Correct SMTP_USER and SMTP_PASS; many providers want an app password.")
    except smtplib.SMTPNotSupportedError:
        yield fail("mail", f"{host} offers no login on this port", "Try SMTP_PORT=587, or leave SMTP_USER empty.")
    except ssl.SSLError as error:
        yield fail(
            "mail", f"{host}:{port} speaks no TLS that can be verified: {error.reason}", "See SMTP_PORT, SMTP_TLS."
        )
    except (smtplib.SMTPException, OSError) as error:
        yield fail(
            "mail",
            f"{host}:{port} cannot be reached: {error}",
            "Correct SMTP_HOST and SMTP_PORT.",
        )
    else:
        yield ok("mail", f"{host}:{port} takes us")


def rules(api: Api) -> Iterator[Finding]:
    """Can the rules fire, and would anybody hear of it?"""
    known = all_of(api, "/monitoring/alerts/rules", "rules")
    if not known:
        yield warn("rules", "there is no rule", "Create one: docs/api.md, alert rules.")
        return
    recorded = {each["metricType"] for each in all_of(api, "/monitoring/metrics/catalog", "metrics")}
    judged = [rule for rule in known if rule["enabled"]]
    if off := ", ".join(repr(rule["name"]) for rule in known if not rule["enabled"]):
        switch_on = 'Switch one on: perfmon rules enable "its name".'
        if judged:  # somebody's choice, and that of a new installation
            yield skipped("rules", f"switched off: {off}", switch_on)
        else:
            yield warn("rules", f"every rule is switched off: {off}", switch_on)
    troubles = 0
    for rule in judged:
        name = f"rule {rule['name']!r}"
        if rule.get("lastError"):
            yield fail("rules", f"{name} cannot be judged: {rule['lastError']}", "Correct the rule.")
        elif missing := sorted(metrics_of(rule) - recorded):
            yield warn(
                "rules", f"{name} is about {', '.join(missing)}, which nobody has ever sent", "Is the name right?"
            )
        else:
            continue
        troubles += 1
    if judged and not troubles:
        yield ok("rules", f"{len(judged)} rules can be judged")
    yield from _recipients(known)


def metrics_of(rule: Mapping[str, Any]) -> set[str]:
    """The metric types that a rule reads."""
    parts = rule.get("conditions") or [rule]
    return {part["metricType"] for part in parts if part.get("metricType")}


def _recipients(known: list[Mapping[str, Any]]) -> Iterator[Finding]:
    silent, troubles = [], 0
    for rule in known:
        wrong = [each for each in rule.get("recipients") or [] if "@" in each and not _ADDRESS.fullmatch(each)]
        if wrong:
            troubles += 1
            yield fail("recipients", f"rule {rule['name']!r} tells {', '.join(wrong)}", "That is no e-mail address.")
        if rule["enabled"] and not (rule.get("recipients") or rule.get("channels") or rule.get("escalation")):
            silent.append(rule["name"])
    if silent:
        says = f"these rules name nobody to tell: {', '.join(map(repr, silent))}"
        yield warn("recipients", says, "Give them recipients or channels, or set ALERT_DEFAULT_RECIPIENTS.")
    elif not troubles:
        yield ok("recipients", "every rule has somebody to tell, by an address that can be one")


def cooldowns(api: Api, now: datetime) -> Iterator[Finding]:
    """Did something fire again so soon that its rule's cooldown kept it from being told?"""
    held = 0
    rules_by_id = {rule["id"]: rule for rule in all_of(api, "/monitoring/alerts/rules", "rules")}
    for alert in all_of(api, "/monitoring/alerts/active", "alerts"):
        rule = rules_by_id.get(alert["ruleId"])
        if rule is None or not alert.get("firedAt"):
            continue
        cooldown = timedelta(seconds=rule.get("cooldownPeriod") or 0)
        fired = instant(alert["firedAt"])
        for other in api.get("/monitoring/alerts", ruleId=alert["ruleId"])["alerts"]:
            is_before = other["id"] != alert["id"] and other["tags"] == alert["tags"] and other.get("firedAt")
            if is_before and instant(other["firedAt"]) <= fired < instant(other["firedAt"]) + cooldown:
                held += 1
                until = instant(other["firedAt"]) + cooldown
                yield warn(
                    "cooldown",
                    f"{alert['ruleName']!r} fired again at {fired:%Y-%m-%d %H:%M:%S} UTC, within the cooldown of"
                    f" {cooldown.total_seconds():.0f} s: not told {'before' if until > now else 'before it ended at'}"
                    f" {until:%Y-%m-%d %H:%M:%S} UTC",
                    "Lower the rule's cooldownPeriod if each firing shall be told.",
                )
                break
    if not held:
        yield ok("cooldown", "no cooldown holds anything back")


def instant(text: str) -> datetime:
    """An instant of the API."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def all_of(api: Api, path: str, name: str) -> list[Any]:
    """All things of a list, page by page."""
    page = api.get(path)
    found: list[Any] = list(page[name])
    while page.get("next"):
        page = api.get(path, after=page["next"])
        found += page[name]
    return found
