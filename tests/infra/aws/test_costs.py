"""The cost model adds up, and its page shows what it says now."""

from __future__ import annotations

import pytest

from infra.aws import alarms, costs, prices
from infra.aws.functions import FUNCTIONS


def test_the_page_shows_what_the_model_says() -> None:
    assert costs.tables() in costs.PAGE.read_text(), "python -m infra.aws.costs writes it"


def test_tiers_are_charged_part_by_part() -> None:
    tiers = ((10.0, 1.0), (20.0, 0.5), (float("inf"), 0.1))
    assert prices.tiered(5, tiers) == 5
    assert prices.tiered(15, tiers) == pytest.approx(12.5)
    assert prices.tiered(120, tiers) == pytest.approx(25)


def test_a_hundred_hosts_every_ten_seconds_are_26_million_requests_and_91_dollars_at_api_gateway() -> None:
    assert costs.requests(100, 10) == pytest.approx(26.28e6)
    assert costs.working(100, 10, "dev", by_url=False)["API Gateway"] == pytest.approx(91.98)
    assert costs.working(100, 10, "dev", by_url=True)["API Gateway"] == 0


def test_each_line_item_is_in_the_sum_and_more_load_never_costs_less() -> None:
    items = costs.standing(100, "prod") | costs.working(100, 20, "prod", by_url=True)
    assert costs.month(100, 20, "prod", by_url=True) == pytest.approx(sum(items.values()))
    for stage in ("dev", "prod"):
        by_load = [
            costs.month(hosts, interval, stage, by_url=True) for hosts in costs.HOSTS for interval in (60, 20, 10)
        ]
        assert by_load == sorted(by_load)


def test_what_the_model_counts_is_there() -> None:
    assert len(alarms.resources()) <= costs.ALARMS
    assert {"Ingest", "Tick", "Compact", "ScheduleTicks", "RecordHealth"} <= set(FUNCTIONS)
