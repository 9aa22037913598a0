"""A query by body says the same as one by address, and either comes as CSV to whoever asks for that."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.call import Api

QUERY = "/monitoring/metrics/query"
BEGIN = 1_705_314_600_000


@pytest.fixture
def filled(api: Api) -> Api:
    """Two hosts, one of them with a name that a spreadsheet would run, half an hour of two samples."""
    for host, value in (("a", 1.5), ("=1+1", 3)):
        for time in (BEGIN, BEGIN + 120_000):
            tags = {"host": host, "region": "eu"}
            sample = {"metricType": "cpu_usage", "value": value, "tags": tags, "timestamp": time}
            assert api.post("/monitoring/metrics", sample).status == 202
    return api


def test_a_query_by_body_answers_as_one_by_address(filled: Api) -> None:
    by_address = filled.get(
        QUERY,
        metricType="cpu_usage",
        from_=str(BEGIN),
        to=str(BEGIN + 180_000),
        step="60",
        groupBy="host,region",
        tags="region:eu",
        topk="2",
    )
    body = {"metricType": "cpu_usage", "from": BEGIN, "to": BEGIN + 180_000, "step": 60, "topk": 2}
    by_body = filled.post(QUERY, body | {"groupBy": ["host", "region"], "tags": {"region": "eu"}})

    assert (by_address.status, by_body.status) == (200, 200)
    assert by_body.body == by_address.body
    assert len(by_body.body["series"]) == 2


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"host": "a"}, {"a"}),
        ({"host": "a", "region": "eu"}, {"a"}),
        ({"host": "a", "region": "us"}, set()),
        ({"host": "!a"}, {"=1+1"}),
        ({"host": "~[a-c]", "region": "e."}, set()),
        ({"host": "~[a-c]", "region": "~e."}, {"a"}),
        ({"host": "!~[a-c]"}, {"=1+1"}),
        ({"host": "!a", "region": "eu"}, {"=1+1"}),
        ({"host": ""}, set()),
        ({"rack": "", "host": "=1+1"}, {"=1+1"}),
        ({"host": "a\x00"}, set()),
        ({"host": "\ud800"}, set()),
        ({"host": "' OR 1=1 --"}, set()),
    ],
)
@pytest.mark.parametrize("is_drained", [False, True], ids=["in the buffer", "in the store"])
def test_matchers_choose_the_same_series_wherever_their_samples_are(
    filled: Api, drain: Callable[[], Any], tags: dict[str, str], found: set[str], is_drained: bool
) -> None:
    if is_drained:
        drain()
    asked = {"metricType": "cpu_usage", "from": str(BEGIN), "to": str(BEGIN + 180_000), "step": "60"}
    reply = filled.call("GET", QUERY, query=asked | {"groupBy": "host", "tags": json.dumps(tags)})

    assert reply.status == 200, reply.body
    assert {each["tags"]["host"] for each in reply.body["series"]} == found


def test_who_accepts_csv_gets_a_row_a_point_and_no_formula(filled: Api) -> None:
    asked = {"metricType": "cpu_usage", "from": BEGIN, "to": BEGIN + 180_000, "step": 60, "groupBy": "host"}
    reply = filled.raw("POST", QUERY, asked | {"fill": "null"}, headers={"Accept": "text/csv"})
    header, *rows = csv.reader(io.StringIO(reply["body"]))

    assert reply["headers"]["Content-Type"] == "text/csv; charset=utf-8"
    assert header == ["time", "host", "value"]
    assert ["2024-01-15T10:30:00.000Z", "a", "1.5"] in rows
    assert ["2024-01-15T10:31:00.000Z", "a", ""] in rows
    assert {row[1] for row in rows} == {"a", "'=1+1"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"groupby": "host"}, "groupby"),
        ({"groupBy": ["host,region"]}, "groupBy"),
        ({"topk": True}, "topk"),
        ({"step": 1.5}, "step"),
        ({"tags": ["region:eu"]}, "tags"),
        ({"aggregation": 7}, "aggregation"),
        ({"metricType": None}, "metricType"),
    ],
)
def test_a_wrong_field_of_the_body_is_named(filled: Api, wrong: dict[str, object], field: str) -> None:
    reply = filled.post(QUERY, {"metricType": "cpu_usage"} | wrong)
    assert reply.status == 400
    assert reply.body["detail"].startswith(f"{field}: ")


def test_a_body_that_is_no_object_is_refused(filled: Api) -> None:
    assert filled.post(QUERY, ["cpu_usage"]).status == 400
