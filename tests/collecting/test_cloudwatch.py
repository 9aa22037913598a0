"""CloudWatch as a target: what may be asked, what comes of it, and that no value is asked for twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.collectors.cloudwatch import CloudWatchRegion, CloudWatchSource
from chalicelib.domain.cloudwatch import MAX_CATCH_UP_MS, queries_of, range_at, snake
from chalicelib.domain.exposed import ScrapeFailed
from chalicelib.domain.pulls import Job
from chalicelib.domain.targets import TargetType
from tests.call import Api

TARGETS = "/monitoring/targets"
MINUTE = 60_000
NOW = 1_760_000_040_000  # a whole minute
RDS: dict[str, Any] = {
    "region": "eu-central-1",
    "period": 60,
    "delay": 120,
    "queries": [
        {
            "namespace": "AWS/RDS",
            "metrics": ["CPUUtilization", "FreeStorageSpace"],
            "dimensions": {"DBInstanceIdentifier": "db-1"},
            "statistics": ["Average", "Maximum"],
        }
    ],
}
LONG = {f"d{number}": "x" * 200 for number in range(10)}
TOO_MANY = [f"m{number}" for number in range(251)]


def job(
    config: Mapping[str, Any] = RDS,
    *,
    collected_until: int | None = None,
    interval: int = 300,
    sample_limit: int = 20_000,
) -> Job:
    """A job of that config."""
    return Job(
        id="tgt_1",
        name="database",
        type=TargetType.CLOUDWATCH,
        config=config,
        sealed={},
        interval=interval,
        timeout=10,
        labels={},
        sample_limit=sample_limit,
        collected_until=collected_until,
    )


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """CloudWatch, emulated in this process; a client to put values in with."""
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("cloudwatch", region_name="eu-central-1")


def put(aws: Any, metric: str, at: int, value: float, **dimensions: str) -> None:
    """A value of a metric."""
    given = [{"Name": name, "Value": text} for name, text in dimensions.items()]
    data = {
        "MetricName": metric,
        "Dimensions": given,
        "Timestamp": datetime.fromtimestamp(at / 1000, UTC),
        "Value": value,
    }
    aws.put_metric_data(Namespace="AWS/RDS", MetricData=[data])


def test_values_come_with_the_names_that_exporters_of_cloudwatch_use(aws: Any) -> None:
    at = NOW - 5 * MINUTE
    put(aws, "CPUUtilization", at + 1000, 10, DBInstanceIdentifier="db-1")
    put(aws, "CPUUtilization", at + 2000, 30, DBInstanceIdentifier="db-1")
    put(aws, "FreeStorageSpace", at, 5e9, DBInstanceIdentifier="db-1")
    put(aws, "CPUUtilization", at, 99, DBInstanceIdentifier="db-2")

    fetched = CloudWatchSource(lambda: NOW).fetch(job(), {})

    found = {(each.name, each.value, each.at) for each in fetched.samples}
    assert found == {
        ("aws_rds_cpuutilization_average", 20, at),
        ("aws_rds_cpuutilization_maximum", 30, at),
        ("aws_rds_free_storage_space_average", 5e9, at),
        ("aws_rds_free_storage_space_maximum", 5e9, at),
    }
    assert {tuple(each.tags.items()) for each in fetched.samples} == {(("dbinstance_identifier", "db-1"),)}
    assert fetched.collected_until == NOW - 2 * MINUTE


def test_each_value_is_brought_once_however_often_it_is_asked(aws: Any) -> None:
    for minute in range(30):
        put(aws, "FreeStorageSpace", NOW + minute * MINUTE, minute, DBInstanceIdentifier="db-1")
    brought: list[int | None] = []
    until: int | None = NOW

    # every 95 seconds, with a pause of ten minutes in between
    for seconds in (150, 245, 340, 435, 530, 1130, 1225, 1320):
        now = NOW + seconds * 1000
        fetched = CloudWatchSource(partial(int, now)).fetch(job(collected_until=until), {})
        brought += [each.at for each in fetched.samples if each.name.endswith("space_average")]
        until = fetched.collected_until

    assert brought == [NOW + minute * MINUTE for minute in range(1320 // 60 - 2)]


@pytest.mark.parametrize(
    ("now", "until", "wanted"),
    [
        (NOW, None, (NOW - 7 * MINUTE, NOW - 2 * MINUTE)),  # the first time: one interval
        (NOW + 59_999, None, (NOW - 7 * MINUTE, NOW - 2 * MINUTE)),  # only whole periods
        (NOW, NOW - 4 * MINUTE, (NOW - 4 * MINUTE, NOW - 2 * MINUTE)),
        (NOW, NOW - 2 * MINUTE, (NOW - 2 * MINUTE, NOW - 2 * MINUTE)),  # nothing new yet
        (NOW, NOW + MINUTE, (NOW - 2 * MINUTE, NOW - 2 * MINUTE)),  # the delay was raised
        (NOW, NOW - 4 * MINUTE + 1, (NOW - 3 * MINUTE, NOW - 2 * MINUTE)),
        (NOW, 0, (NOW - 2 * MINUTE - MAX_CATCH_UP_MS, NOW - 2 * MINUTE)),
    ],
    ids=["first", "whole", "goes-on", "nothing", "delay-raised", "period-changed", "long-ago"],
)
def test_only_whole_periods_are_asked_for(now: int, until: int | None, wanted: tuple[int, int]) -> None:
    found = range_at(RDS, 300, now, until)

    assert (found.start, found.stop) == wanted


def test_nothing_new_costs_no_request() -> None:
    def connect(region: str, timeout: int) -> CloudWatchRegion:
        raise AssertionError("nobody is to be asked")

    fetched = CloudWatchSource(lambda: NOW, connect).fetch(job(collected_until=NOW), {})

    assert (list(fetched.samples), fetched.collected_until) == ([], NOW)


def test_pages_are_read_to_the_end_in_one_range() -> None:
    request: dict[str, Any] = {}

    class Paged:
        def pages(self, given: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
            """Two pages of one metric."""
            request.update(given)
            for minute in (1, 2):
                at = datetime.fromtimestamp((NOW + minute * MINUTE) / 1000, UTC)
                yield [{"Id": "q0", "StatusCode": "PartialData", "Timestamps": [at], "Values": [minute]}]

    fetched = CloudWatchSource(lambda: NOW, lambda region, timeout: Paged()).fetch(job(), {})

    assert [each.at for each in fetched.samples] == [NOW + MINUTE, NOW + 2 * MINUTE]
    assert [each["Id"] for each in request["MetricDataQueries"]] == ["q0", "q1", "q2", "q3"]


def test_what_an_outage_left_is_made_up_for_in_pieces_within_the_limit() -> None:
    # given a target of four statistics, not collected for two hours, that may bring 50 samples at once
    ranges: list[tuple[int, int]] = []

    class Counted:
        def pages(self, given: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
            """A value of each statistic for each period."""
            start, stop = (round(given[name].timestamp() * 1000) for name in ("StartTime", "EndTime"))
            ranges.append((start, stop))
            at = [datetime.fromtimestamp(each / 1000, UTC) for each in range(start, stop, MINUTE)]
            yield [{"Id": f"q{n}", "Timestamps": at, "Values": [1.0] * len(at)} for n in range(4)]

    source = CloudWatchSource(lambda: NOW, lambda region, timeout: Counted())
    until: int | None = NOW - 120 * MINUTE

    # when it is pulled again and again
    brought = []
    for _ in range(12):
        fetched = source.fetch(job(collected_until=until, sample_limit=50), {})
        brought.append(len([*fetched.samples]))
        until = fetched.collected_until

    # then no scrape brings more, and nothing is asked for twice or left out
    assert max(brought) <= 50
    assert ranges[0][0] == NOW - 120 * MINUTE
    assert all(before[1] == after[0] for before, after in pairwise(ranges))
    assert ranges[-1][1] == until == NOW - RDS.get("delay", 300) * 1000


@pytest.mark.parametrize("code", ["AccessDenied", "ThrottlingException"])
def test_what_cloudwatch_refuses_is_told(aws: Any, code: str) -> None:
    region = CloudWatchRegion("eu-central-1", 5)
    with Stubber(region._client) as stub:
        stub.add_client_error("get_metric_data", code, "with an account's number in it")
        with pytest.raises(ScrapeFailed, match=f"CloudWatch answered {code}$"):
            list(region.pages({"StartTime": datetime.now(UTC), "EndTime": datetime.now(UTC), "MetricDataQueries": []}))


def test_a_metric_that_failed_fails_the_range_so_that_it_is_asked_again() -> None:
    class Failing:
        def pages(self, given: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
            """Half an answer."""
            yield [{"Id": "q0", "StatusCode": "InternalError", "Timestamps": [], "Values": []}]

    with pytest.raises(ScrapeFailed, match="InternalError"):
        CloudWatchSource(lambda: NOW, lambda region, timeout: Failing()).fetch(job(), {})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AWS/ApplicationELB", "aws_application_elb"),
        ("CPUUtilization", "cpuutilization"),
        ("ApproximateAgeOfOldestMessage", "approximate_age_of_oldest_message"),
        ("HTTPCode_Target_5XX_Count", "httpcode_target_5_xx_count"),
        ("p99.9", "p99_9"),
        ("My Own-App", "my_own_app"),
    ],
    ids=str,
)
def test_names_in_snake_case(text: str, name: str) -> None:
    assert snake(text) == name


def test_a_target_of_cloudwatch_over_the_api(api: Api) -> None:
    created = api.post(TARGETS, {"name": "db", "type": "cloudwatch", **RDS})

    assert created.status == 201
    assert created.body | RDS == created.body
    assert (created.body["interval"], created.body["secrets"]) == (300, [])
    assert len(list(queries_of(created.body))) == 4
    changed = api.call("PATCH", f"{TARGETS}/{created.body['id']}", {"delay": 600})
    assert (changed.status, changed.body["delay"]) == (200, 600)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"region": "Frankfurt"}, "region"),
        ({"period": 90}, "period"),
        ({"interval": 30}, "interval"),
        ({"queries": None}, "queries"),
        ({"queries": [{"namespace": "AWS/RDS", "metrics": []}]}, "queries.0.metrics"),
        ({"queries": [{"metrics": ["X"]}]}, "queries.0.namespace"),
        ({"queries": [{"namespace": "A", "metrics": ["X"], "statistics": ["Mean"]}]}, "queries.0.statistics.0"),
        ({"queries": [{"namespace": "A", "metrics": ["X"], "dimensions": {"a": ""}}]}, "queries.0.dimensions"),
        ({"queries": [{"namespace": "A", "metrics": TOO_MANY, "statistics": ["p50", "p99"]}]}, "queries"),
        ({"queries": [{"namespace": "A" * 255, "metrics": ["X" * 255], "dimensions": LONG}] * 60}, "queries"),
        ({"url": "http://127.0.0.1/"}, "url"),
        ({"bearerToken": "x"}, "bearerToken"),
    ],
    ids=lambda each: str(each)[:60],
)
def test_what_is_wrong_with_it_is_named(api: Api, given: dict[str, Any], field: str) -> None:
    refused = api.post(TARGETS, {"name": "db", "type": "cloudwatch", **RDS, **given})

    assert refused.status == 400
    assert field in [each["field"] for each in refused.body["errors"]]


def test_a_type_stays_what_it_is(api: Api) -> None:
    created = api.post(TARGETS, {"name": "db", "type": "cloudwatch", **RDS})

    changed = api.call("PATCH", f"{TARGETS}/{created.body['id']}", {"type": "prometheus", "url": "http://db/"})

    assert changed.status == 400
    assert "type" in [each["field"] for each in changed.body["errors"]]
