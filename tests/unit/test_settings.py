"""Settings have the documented defaults, and a bad value is one line."""

from __future__ import annotations

import pytest

from chalicelib.settings import SettingsError, load, names


def test_the_defaults_are_those_of_the_specification() -> None:
    found = load({})
    assert (found.metric_retention_hours, found.metric_buffer_size, found.alert_cooldown_period) == (24, 100, 1800)
    assert (found.log_level, found.tick_seconds, found.max_sample_age_days, found.max_metric_types) == (
        "info",
        10,
        1826,
        2000,
    )
    assert names(found.high_cardinality_tags) == {"userId", "requestId", "sessionId", "traceId"}


def test_an_empty_variable_counts_as_unset() -> None:
    assert load({"METRIC_RETENTION_HOURS": ""}).metric_retention_hours == 24


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("METRIC_RETENTION_HOURS", "0", ">= 1"),
        ("METRIC_RETENTION_HOURS", "a day", "int"),
        ("TICK_SECONDS", "61", "<= 60"),
        ("LOG_LEVEL", "loud", "regex"),
        ("VALKEY_REPLICAS", "-1", ">= 0"),
        ("METRIC_RETENTION_CLASSES", "debug_*", "is not like"),
        ("METRIC_RETENTION_CLASSES", "debug_*=0", "1 to 87600"),
        ("METRIC_RETENTION_CLASSES", "debug_*=2/9999", "1 to 3650"),
        ("METRIC_RETENTION_CLASSES", "debug_*=2/1/0", "1 to 3650"),
        ("TIMEZONE", "Middle/Earth", "an IANA time zone"),
        ("TIMEZONE", "../../etc/passwd", "an IANA time zone"),
    ],
)
def test_a_bad_value_names_the_variable_the_value_and_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({name: value})
    text = str(caught.value)
    assert text.startswith(f"{name}: {value!r}")
    assert allowed in text
    assert "\n" not in text
