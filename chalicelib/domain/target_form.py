"""The JSON form of a target: what all types have in common, and what each has of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.domain import cloudwatch
from chalicelib.domain.fields import Fields, wrong_tag_key
from chalicelib.domain.http_headers import wrong_headers
from chalicelib.domain.instants import to_iso
from chalicelib.domain.relabelling import MAX_RULES, Relabel, read_relabel, write_relabel
from chalicelib.domain.series import MAX_TAG_VALUE
from chalicelib.domain.slots import SLOT_SECONDS
from chalicelib.domain.targets import (
    DEFAULT_INTERVAL,
    DEFAULT_SAMPLE_LIMIT,
    DEFAULT_TIMEOUT,
    MAX_INTERVAL,
    MAX_SAMPLE_LIMIT,
    MAX_TIMEOUT,
    MIN_INTERVAL,
    Scrape,
    Target,
    TargetRecord,
    TargetType,
)
from chalicelib.domain.urls import read_url

MAX_LABELS = 10  # a series has 20 tags at most, and the exporter's own need room
MAX_SECRET = 4000
SECRETS = ("bearerToken", "headers")


def read_target(fields: Fields, target_id: str) -> Target:
    """A target without its secrets; what is wrong is noted in `fields`."""
    target_type = fields.choice("type", TargetType)
    if target_type is None and not fields.has("type"):
        fields.refuse("type", f"is missing: one of {', '.join(TargetType)}")
    of_aws = target_type is TargetType.CLOUDWATCH
    default, least = (
        (cloudwatch.DEFAULT_INTERVAL, cloudwatch.MIN_INTERVAL) if of_aws else (DEFAULT_INTERVAL, MIN_INTERVAL)
    )
    interval = fields.whole("interval", default=default, low=least, high=MAX_INTERVAL)
    if interval % SLOT_SECONDS:
        fields.refuse("interval", f"must be a multiple of {SLOT_SECONDS} seconds")
    timeout = fields.whole("timeout", default=min(DEFAULT_TIMEOUT, interval), low=1, high=MAX_TIMEOUT)
    if timeout > interval:
        fields.refuse("timeout", "must not be longer than the interval")
    return Target(
        id=target_id,
        name=fields.text("name", most=100),
        type=target_type or TargetType.PROMETHEUS,
        config=_READERS[target_type](fields) if target_type else {},
        enabled=fields.flag("enabled", default=True),
        interval=interval,
        timeout=timeout,
        labels=_read_labels(fields),
        relabel=_read_rules(fields),
        sample_limit=fields.whole(
            "sampleLimit", default=DEFAULT_SAMPLE_LIMIT, low=1, high=MAX_SAMPLE_LIMIT, meaning="samples"
        ),
    )


def read_secrets(fields: Fields, target_type: TargetType) -> dict[str, str]:
    """The secrets that are given, by name: `bearerToken`, and `headers` as JSON; only exporters are sent any."""
    if target_type is not TargetType.PROMETHEUS:
        return {}
    secrets: dict[str, str] = {}
    token = fields.text("bearerToken", most=MAX_SECRET, default="")
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        fields.refuse("bearerToken", "must be printable ASCII without spaces")
    elif token:
        secrets["bearerToken"] = token
    headers = fields.raw("headers")
    if headers is not None and (wrong := wrong_headers(headers)):
        fields.refuse("headers", wrong)
    elif headers:
        secrets["headers"] = json.dumps(headers)
    return secrets


def write_target(target: Target) -> dict[str, Any]:
    """Everything of a target but its id and its secrets."""
    return {
        "name": target.name,
        "type": str(target.type),
        **target.config,
        "enabled": target.enabled,
        "interval": target.interval,
        "timeout": target.timeout,
        "labels": dict(target.labels),
        "relabel": [write_relabel(rule) for rule in target.relabel],
        "sampleLimit": target.sample_limit,
    }


def show_target(record: TargetRecord) -> dict[str, Any]:
    """A target as the API shows it: of its secrets only the names."""
    target = record.target
    return {
        "id": target.id,
        **write_target(target),
        "secrets": sorted(target.sealed),
        "state": "unknown" if record.last is None else str(record.last.state),
        "lastScrape": None if record.last is None else _show_scrape(record.last),
        "lastUpAt": None if record.last_up_at is None else to_iso(record.last_up_at),
        "version": record.version,
        "createdAt": to_iso(record.created_at),
        "updatedAt": to_iso(record.updated_at),
    }


def origin(url: str) -> tuple[str, str, int | None]:
    """Whom an address is of: secrets meant for one are not for another."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _show_scrape(scrape: Scrape) -> dict[str, Any]:
    return {
        "at": to_iso(scrape.at),
        "error": scrape.error,
        "samples": scrape.samples,
        "rejected": scrape.rejected,
        "durationSeconds": round(scrape.seconds, 3),
    }


def _read_prometheus(fields: Fields) -> Mapping[str, Any]:
    return {"url": read_url(fields, "url", kept=False)}


_READERS: dict[TargetType, Callable[[Fields], Mapping[str, Any]]] = {
    TargetType.PROMETHEUS: _read_prometheus,
    TargetType.CLOUDWATCH: cloudwatch.read_cloudwatch,
}


def _read_labels(fields: Fields) -> dict[str, str]:
    given = fields.raw("labels")
    if given is None:
        return {}
    if not isinstance(given, Mapping) or len(given) > MAX_LABELS:
        fields.refuse("labels", f"must be an object of at most {MAX_LABELS} labels")
        return {}
    inner = Fields(given, path="labels", errors=fields.errors)
    labels = {str(key): inner.text(str(key), most=MAX_TAG_VALUE) for key in given}
    for key in labels:
        if wrong := wrong_tag_key(key):
            inner.refuse(key[:100], wrong)
        elif key.startswith("__") or not key.isprintable():
            inner.refuse(key, "must be printable and not begin with __")
    return labels


def _read_rules(fields: Fields) -> tuple[Relabel, ...]:
    if fields.raw("relabel") == []:
        return ()
    return fields.objects("relabel", most=MAX_RULES, read=read_relabel)
