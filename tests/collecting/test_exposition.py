"""Expositions become samples: as they stand there, from real clients, from the formats' corners, and from garbage."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.exposition import choose_encoder

from chalicelib.collectors.exposition import MAX_LINE, OPENMETRICS, exposed
from chalicelib.domain.exposed import ScrapeFailed
from tests.collecting.exporter import TEXT

Key = tuple[str, tuple[tuple[str, str], ...]]


def read(body: bytes | str, content_type: str = TEXT) -> dict[Key, float]:
    """Values by name and tags."""
    raw = body.encode() if isinstance(body, str) else body
    return {(each.name, tuple(sorted(each.tags.items()))): each.value for each in exposed(raw, content_type)}


@pytest.fixture
def registry() -> CollectorRegistry:
    """What a Python program with one of each kind exposes."""
    registry = CollectorRegistry()
    Counter("requests", "Requests.", ["method"], registry=registry).labels("GET").inc(3)
    Gauge("temperature_celsius", "Now.", registry=registry).set(21.5)
    latency = Histogram("latency_seconds", "How long.", buckets=(0.1, 1), registry=registry)
    for seconds in (0.05, 0.5, 5):
        latency.observe(seconds)
    Summary("size_bytes", "How large.", registry=registry).observe(7)
    return registry


def test_counters_gauges_histograms_and_summaries_keep_their_names(registry: CollectorRegistry) -> None:
    found = read(generate_latest(registry))

    # the names and tags that Prometheus gives them, and so the ones that remote write brings
    values = {key: value for key, value in found.items() if not key[0].endswith("_created")}
    assert values == {
        ("requests_total", (("method", "GET"),)): 3,
        ("temperature_celsius", ()): 21.5,
        ("latency_seconds_bucket", (("le", "0.1"),)): 1,
        ("latency_seconds_bucket", (("le", "1.0"),)): 2,
        ("latency_seconds_bucket", (("le", "+Inf"),)): 3,
        ("latency_seconds_count", ()): 3,
        ("latency_seconds_sum", ()): 5.55,
        ("size_bytes_count", ()): 1,
        ("size_bytes_sum", ()): 7,
    }


def test_both_formats_bring_the_same(registry: CollectorRegistry) -> None:
    encode, content_type = choose_encoder(f"{OPENMETRICS}; version=1.0.0")

    assert content_type.startswith(OPENMETRICS)
    assert read(encode(registry), content_type) == read(generate_latest(registry))


def test_a_counter_without_total_keeps_its_name() -> None:
    # as node_exporter's node_intr and many others have it; the parser alone would append _total
    assert read("# TYPE node_intr counter\nnode_intr 12\n") == {("node_intr", ()): 12}


def test_a_quantile_is_a_tag() -> None:
    text = '# TYPE rpc summary\nrpc{quantile="0.5"} 4\nrpc{quantile="0.99"} NaN\nrpc_sum 9\nrpc_count 2\n'

    found = read(text)

    assert found["rpc", (("quantile", "0.5"),)] == 4
    assert math.isnan(found["rpc", (("quantile", "0.99"),)])


def test_labels_may_hold_what_is_escaped() -> None:
    assert read('disk{path="C:\\\\x",said="\\"a\\nb\\"",of="a}b,c=#"} 1 \n') == {
        ("disk", (("of", "a}b,c=#"), ("path", "C:\\x"), ("said", '"a\nb"'))): 1
    }


@pytest.mark.parametrize("value", ["+Inf", "-Inf", "1e3", "0x10", "-0.5"], ids=str)
def test_numbers_are_read_as_go_writes_them(value: str) -> None:
    if value == "0x10":
        with pytest.raises(ScrapeFailed, match="line 1"):
            read(f"x {value}\n")
    else:
        assert read(f"x {value}\n") == {("x", ()): float(value)}


def test_a_sample_may_say_when_it_was_so() -> None:
    (text,) = exposed(b"x 1 1700000000123\n", TEXT)
    (metrics,) = exposed(b"# TYPE x gauge\nx 1 1700000000.123\n# EOF\n", OPENMETRICS)

    assert text.at == metrics.at == 1_700_000_000_123


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("<!DOCTYPE html>\n<html></html>\n", 1),
        ("good 1\nbad{ 1\n", 2),
        ("good 1\n\n# a comment\nbad\n", 4),
        ('bad{a="1" 1\n', 1),
        ("bad 1 9e999\n", 1),
        ("bad " + "9" * 5000 + "x\n", 1),
    ],
    ids=lambda each: str(each)[:20],
)
def test_what_is_no_exposition_is_refused_with_its_line_and_not_repeated(body: str, line: int) -> None:
    with pytest.raises(ScrapeFailed, match=f"line {line}$") as failed:
        read(body)
    assert "bad" not in f"{failed.value}"


def test_openmetrics_is_read_strictly() -> None:
    with pytest.raises(ScrapeFailed, match="OpenMetrics"):
        read("x 1\n", OPENMETRICS)  # no end


def test_a_line_is_bounded() -> None:
    with pytest.raises(ScrapeFailed, match="longer"):
        read("x" * (MAX_LINE + 1))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ScrapeFailed, match="UTF-8"):
        read(b"\x89PNG\r\n\x1a\n\xff")


PIECES = (
    "# TYPE ",
    "# HELP ",
    "# EOF\n",
    " counter\n",
    "x",
    '{a="',
    '"}',
    " 1",
    " NaN",
    "\n",
    "\\",
    ",",
    " # {} 1 ",
    "é",
    "\t",
)


@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join),
    st.sampled_from([TEXT, OPENMETRICS]),
)
def test_garbage_is_samples_or_a_refusal_and_nothing_else(body: str, content_type: str) -> None:
    try:
        found = list(exposed(body.encode(), content_type))
    except ScrapeFailed:
        return
    assert all(isinstance(each.value, float) for each in found)
