"""The only reader of the environment: every setting with its default, its bounds and what it means.

msgspec converts and checks in a tenth of the start-up time that pydantic-settings takes (docs/decisions/0002).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from chalicelib.domain.retention import Retentions

_LIMITS = r"^\d{1,9}(\.\d{1,6})?,\d{1,9}(\.\d{1,6})?$"

_NETWORKS = r"^( *[0-9a-fA-F.:]+/\d{1,3} *(,|$))*$"


class SettingsError(Exception):
    """A setting has a value that is not allowed; one line names the variable, the value and what is allowed."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """Every environment variable the service reads, under its own name in lower case."""

    database_url: Annotated[str, Meta(description="PostgreSQL, where everything is kept; empty = not reachable.")] = ""
    redis_url: Annotated[str, Meta(description="Valkey, the write buffer; empty = not reachable.")] = ""
    log_level: Annotated[
        str, Meta(description="debug, info, warning or error.", pattern="^(debug|info|warning|error)$")
    ] = "info"
    public_url: Annotated[str, Meta(description="Where people reach the service; used in links.")] = ""
    cors_origin: Annotated[
        str, Meta(description="The one origin browsers may call from; empty = same origin only.")
    ] = ""

    tick_seconds: Annotated[int, Meta(description="The grid that rules are judged on.", ge=1, le=60)] = 10
    tick_queue: Annotated[str, Meta(description="The SQS queue of delayed ticks.")] = "perfmon-ticks"

    metric_retention_hours: Annotated[int, Meta(description="How long raw samples are kept.", ge=1, le=87_600)] = 24
    rollup_5m_retention_days: Annotated[
        int, Meta(description="How long five-minute rollups are kept.", ge=1, le=3650)
    ] = 63
    rollup_1h_retention_days: Annotated[int, Meta(description="How long one-hour rollups are kept.", ge=1, le=3650)] = (
        455
    )
    metric_retention_classes: Annotated[
        str,
        Meta(
            description="Metric types kept otherwise, like `checkout_*=168/455/1826,debug_*=2`: hours of raw samples,"
            " days of either rollups; of several that match the first counts."
        ),
    ] = ""
    metric_buffer_size: Annotated[
        int, Meta(description="Clients and agent send when so many wait.", ge=1, le=10_000)
    ] = 100
    alert_cooldown_period: Annotated[int, Meta(description="Cooldown of rules that name none, in seconds.", ge=0)] = (
        1800
    )
    alert_default_recipients: Annotated[
        str, Meta(description="Comma-separated email addresses that the default rules tell; empty = nobody.")
    ] = ""
    max_alerts_per_rule: Annotated[
        int, Meta(description="More groups of one rule breached at once than this is an error on the rule.", ge=1)
    ] = 1000
    alert_retention_days: Annotated[int, Meta(description="How long resolved alerts and events are kept.", ge=1)] = 400
    audit_retention_days: Annotated[int, Meta(description="How long the audit trail is kept.", ge=1)] = 400
    max_sample_age_days: Annotated[int, Meta(description="How far back a sample's time may lie.", ge=1, le=36_500)] = (
        1826
    )
    max_metric_types: Annotated[int, Meta(description="How many metric types there may be.", ge=1, le=65_535)] = 2000
    max_series_per_metric: Annotated[
        int, Meta(description="How many series one metric type may have; more are refused.", ge=1, le=1_000_000)
    ] = 20_000
    max_new_series_per_hour: Annotated[
        int, Meta(description="How many series may be new in an hour; more are refused.", ge=1, le=10_000_000)
    ] = 100_000
    high_cardinality_tags: Annotated[str, Meta(description="Comma-separated; counted, but no part of a series.")] = (
        "userId,requestId,sessionId,traceId"
    )
    path_like_tags: Annotated[str, Meta(description="Comma-separated; ids in their values become `:id`.")] = (
        "endpoint,path,url,route"
    )

    realtime_window_seconds: Annotated[
        int, Meta(description="How long frames stay in Valkey to be read live.", ge=60, le=3600)
    ] = 300
    max_buffered_frames: Annotated[int, Meta(description="More frames in Valkey than this: 503.", ge=1000)] = 500_000
    valkey_replicas: Annotated[
        int, Meta(description="Replicas that must acknowledge a frame before the 202.", ge=0, le=5)
    ] = 0
    smtp_host: Annotated[str, Meta(description="The mail server; empty = mails go by SES.")] = ""
    smtp_port: Annotated[int, Meta(description="Its port; 465 speaks TLS at once.", ge=1, le=65_535)] = 587
    smtp_user: Annotated[str, Meta(description="Its login; empty = none.")] = ""
    smtp_pass: Annotated[str, Meta(description="The login's password.")] = ""
    smtp_tls: Annotated[
        str,
        Meta(
            description="auto (TLS on port 465, else STARTTLS, which a login needs), always, starttls or never.",
            pattern="^(auto|always|starttls|never)$",
        ),
    ] = "auto"
    email_from: Annotated[str, Meta(description="Who mails are from; empty = SMTP_USER.")] = ""
    notification_queue: Annotated[str, Meta(description="The SQS FIFO queue of notifications.", pattern=r"\.fifo$")] = (
        "perfmon-notifications.fifo"
    )
    dead_letter_queue: Annotated[
        str, Meta(description="The SQS FIFO queue of notifications that exhausted their tries.", pattern=r"\.fifo$")
    ] = "perfmon-dead-letters.fifo"
    receipt_queue: Annotated[str, Meta(description="The SQS queue of receipts.")] = "perfmon-receipts"
    event_bus_name: Annotated[
        str, Meta(description="The EventBridge bus that is told what the feed of events tells; empty = none.")
    ] = ""
    event_queue: Annotated[str, Meta(description="The SQS queue of events on their way to it.")] = "perfmon-events"
    claims_table: Annotated[str, Meta(description="The DynamoDB table of claims.")] = "perfmon-claims"
    notifier_public_key: Annotated[
        str, Meta(description="Seals the channels' secrets, base64; empty = channels with secrets are refused.")
    ] = ""
    notifier_private_key: Annotated[
        str, Meta(description="Opens the channels' secrets, base64; only the notifier has it.")
    ] = ""
    link_secret: Annotated[
        str, Meta(description="Signs the links in messages; empty = messages have no acknowledge link.")
    ] = ""
    slack_signing_secret: Annotated[
        str, Meta(description="Of the Slack app; empty = the buttons of its messages are refused.")
    ] = ""
    heartbeat_url: Annotated[
        str, Meta(description="Called every hour by the canary; a dead man's switch of yours; empty = none.")
    ] = ""
    operator_topic: Annotated[
        str, Meta(description="The SNS topic told when the service itself fails; empty = OPERATOR_RECIPIENTS.")
    ] = ""
    operator_recipients: Annotated[
        str, Meta(description="Comma-separated email addresses told instead; empty = ALERT_DEFAULT_RECIPIENTS.")
    ] = ""
    webhook_allow_private: Annotated[
        bool, Meta(description="Channels may call private addresses (10.0.0.0/8 and the like).")
    ] = False
    webhook_allow_loopback: Annotated[
        bool, Meta(description="Channels may call this very machine; make run sets it.")
    ] = False

    pull_queue: Annotated[str, Meta(description="The SQS queue of targets to be pulled.")] = "perfmon-pulls"
    scrape_queue: Annotated[str, Meta(description="The SQS queue of what became of pulls.")] = "perfmon-scrapes"
    collector_ingest_url: Annotated[
        str, Meta(description="Where the collector records what it pulled; empty = PUBLIC_URL.")
    ] = ""
    collector_allowed_networks: Annotated[
        str,
        Meta(
            description="Comma-separated networks beside the internet that targets may be in, like 10.0.0.0/8.",
            pattern=_NETWORKS,
        ),
    ] = ""

    max_requests_per_second: Annotated[int, Meta(description="Per token; more: 429. 0 = no limit.", ge=0)] = 0

    timezone: Annotated[
        str, Meta(description="The IANA time zone of reports and mails that name none.", min_length=1)
    ] = "UTC"
    report_mail_queue: Annotated[str, Meta(description="The SQS queue of reports to be mailed.")] = (
        "perfmon-report-mails"
    )
    report_retention_days: Annotated[
        int, Meta(description="How long reports that were made on schedules are kept.", ge=1)
    ] = 400
    health_window_seconds: Annotated[
        int, Meta(description="Health averages figures over so many seconds.", ge=10, le=3600)
    ] = 300
    health_response_time: Annotated[
        str, Meta(description="Health warns above the first and fails above the second, in ms.", pattern=_LIMITS)
    ] = "500,1000"
    health_error_rate: Annotated[str, Meta(description="The same for the error rate, in percent.", pattern=_LIMITS)] = (
        "2,5"
    )
    health_memory_usage: Annotated[
        str, Meta(description="The same for memory at the worst host, in percent.", pattern=_LIMITS)
    ] = "80,90"
    health_cpu_usage: Annotated[
        str, Meta(description="The same for the processors of the worst host, in percent.", pattern=_LIMITS)
    ] = "85,95"
    health_disk_usage: Annotated[
        str, Meta(description="The same for the fullest disk, in percent.", pattern=_LIMITS)
    ] = "85,95"


def load(environment: Mapping[str, str]) -> Settings:
    """Settings from an environment; an empty variable counts as unset. Raises SettingsError."""
    given = {name: environment[name] for name in Settings.__struct_encode_fields__ if environment.get(name)}
    try:
        found = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        name = where.rstrip("`")
        # A URL may hold a password; no other setting is echoed in full either.
        is_secret = name.endswith(("_URL", "_PASS", "_KEY", "_SECRET"))
        shown = "its value" if is_secret else repr(given.get(name, "")[:60])
        raise SettingsError(f"{name}: {shown} is not allowed: {what[:1].lower()}{what[1:]}") from None
    if found.timezone != "UTC":
        _check_zone(found.timezone)
    if found.metric_retention_classes:
        retentions(found)
    return found


def _check_zone(name: str) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"TIMEZONE: {name[:60]!r} is not allowed: expected an IANA time zone, like UTC or Europe/Berlin"
        ) from None


def retentions(given: Settings) -> Retentions:
    """How long which metric types are kept. Raises SettingsError."""
    from chalicelib.domain.retention import Retention, read_classes

    default = Retention(given.metric_retention_hours, given.rollup_5m_retention_days, given.rollup_1h_retention_days)
    try:
        return read_classes(given.metric_retention_classes, default)
    except ValueError as error:
        raise SettingsError(f"METRIC_RETENTION_CLASSES: {error}") from None


def names(comma_separated: str) -> frozenset[str]:
    """The names in a comma-separated setting."""
    return frozenset(name.strip() for name in comma_separated.split(",") if name.strip())


def limits(pair: str) -> tuple[float, float]:
    """The two numbers of a setting like `500,1000`, the lower one first."""
    lower, higher = sorted(map(float, pair.split(",")))
    return lower, higher


@cache
def current() -> Settings:
    """The settings of this process, read once."""
    return load(os.environ)
