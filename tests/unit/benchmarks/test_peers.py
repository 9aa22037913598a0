"""The run that measures stores side by side: what it plans, what its tables say, what it says of a missing store."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.peers import __main__ as run
from benchmarks.peers.peer import ONE_SERIES, WEEK
from benchmarks.peers.stores import STORES


def test_a_store_that_is_not_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Given a machine without any of the other stores
    monkeypatch.setenv("PATH", str(tmp_path))

    # When each is asked what it misses
    missing = {name: peer().missing() for name, peer in STORES.items()}

    # Then ours are there, and the others name a package
    assert missing.pop("handler") is None
    assert missing.pop("http") is None
    assert missing == {
        "victoria-metrics": "apt-get install victoria-metrics",
        "prometheus": "apt-get install prometheus",
        "influxdb": "apt-get install influxdb",
        "graphite": "apt-get install graphite-carbon",
    }


def test_a_round_measures_every_protocol_in_both_sizes_and_the_week_once_a_store() -> None:
    # Given all stores
    # When a round is planned
    planned = list(run.plan(list(STORES)))

    # Then nothing is measured twice, and only the flat list is left out in small requests, Graphite in the week
    assert len(planned) == len(set(planned))
    for samples in (50, 5_000):
        protocols = {(store, protocol) for store in STORES for protocol in STORES[store]().protocols}
        left_out = protocols - {(store, protocol) for store, protocol, size in planned if size == samples}
        assert left_out == ({("handler", "flat list"), ("http", "flat list")} if samples == 50 else set())
    assert {store for store, _, size in planned if size == 0} == STORES.keys() - {"graphite"}


def test_the_tables_show_medians_and_a_dash_where_nothing_was_measured() -> None:
    # Given three rounds in large requests, one of which failed, and a week
    def told(cpu: float, latency: float) -> dict[str, object]:
        queries = {ONE_SERIES: {"latency": latency, "cpu": latency / 2}}
        return {"cpu": cpu, "memory": cpu * 1e8, "bytes": {"samples": 0.5, "everything": 1.5}, "queries": queries}

    week = {"queries": {WEEK: {"latency": 40.0, "cpu": 30.0}}}
    results: run.Results = {
        ("prometheus", "remote write", 5_000): [told(1.0, 4.0), {}, told(3.0, 8.0)],
        ("prometheus", "remote write", 0): [week],
    }

    # When the tables are made
    rows = list(run.table(results))
    queries = list(run.queries(results))

    # Then they hold the medians of the rounds that did not fail
    assert rows[2:] == ["| Prometheus, remote write | - | 2.00 | 0.50 | 1.50 | - | 200 |"]
    assert queries[2] == f"| {ONE_SERIES} | 6.0 (3.0) |"
    assert queries[3].endswith("| - (-) |")
    assert queries[-1] == f"| {WEEK} | 40.0 (30.0) |"
