"""Targets of CloudWatch: what AWS measures of RDS, Lambda, SQS, load balancers and the rest, by GetMetricData."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import Any, Protocol

from chalicelib.domain.cloudwatch import MetricQuery, queries_of, range_at
from chalicelib.domain.exposed import Exposed, Fetched, ScrapeFailed
from chalicelib.domain.pulls import Job

_CONNECTING = Lock()  # targets are fetched side by side, and boto3 makes one client at a time
_COMPLETE = frozenset({"Complete", "PartialData"})  # partial: what is missing comes with the next token


class CloudWatchRegion:
    """CloudWatch in one region."""

    def __init__(self, region: str, timeout: int) -> None:
        self._region = region
        self._timeout = timeout

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        patience = Config(connect_timeout=5, read_timeout=self._timeout, retries={"total_max_attempts": 2})
        with _CONNECTING:
            return boto3.client("cloudwatch", region_name=self._region, config=patience)

    def pages(self, request: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """The results of a request, page by page. Raises ScrapeFailed."""
        from botocore.exceptions import BotoCoreError, ClientError

        token: dict[str, str] = {}
        while True:
            try:
                answer = self._client.get_metric_data(**request, **token)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "an error")
                raise ScrapeFailed(f"CloudWatch answered {code}") from None
            except BotoCoreError as error:
                raise ScrapeFailed(f"CloudWatch cannot be reached: {type(error).__name__}") from None
            yield answer["MetricDataResults"]
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


class Region(Protocol):
    """CloudWatch in one region."""

    def pages(self, request: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """The results of a request, page by page. Raises ScrapeFailed."""
        ...


@dataclass(frozen=True, slots=True)
class CloudWatchSource:
    """Asks CloudWatch; `clock` tells epoch ms."""

    clock: Callable[[], int]
    connect: Callable[[str, int], Region] = CloudWatchRegion
    _regions: dict[tuple[str, int], Region] = field(default_factory=dict)

    def instance(self, job: Job) -> str:
        """The tag `instance`: the region."""
        region: str = job.config["region"]
        return region

    def fetch(self, job: Job, secrets: Mapping[str, str]) -> Fetched:
        """The values of the periods that are over and were not asked for yet. Raises ScrapeFailed."""
        wanted = range_at(job.config, job.interval, self.clock(), job.collected_until)
        if not wanted:
            return Fetched((), job.collected_until)
        queries = {f"q{number}": query for number, query in enumerate(queries_of(job.config))}
        # What an outage left may be more than one scrape may bring: the oldest first, the next ones go on there.
        wanted = wanted[: max(1, job.sample_limit // len(queries))]
        request = {
            "StartTime": datetime.fromtimestamp(wanted.start / 1000, UTC),
            "EndTime": datetime.fromtimestamp(wanted.stop / 1000, UTC),
            "ScanBy": "TimestampAscending",
            "MetricDataQueries": [_asked(key, query, job.config["period"]) for key, query in queries.items()],
        }
        place = job.config["region"], job.timeout
        region = self._regions.setdefault(place, self.connect(*place))
        # All pages at once: a range counts as collected only when nothing of it is missing.
        samples = [
            Exposed(query.name, query.tags, float(value), round(at.timestamp() * 1000))
            for page in region.pages(request)
            for result in page
            for query, at, value in _values(queries, result)
        ]
        return Fetched(samples, wanted.stop)


def _asked(key: str, query: MetricQuery, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions]
    metric = {"Namespace": query.namespace, "MetricName": query.metric, "Dimensions": dimensions}
    return {"Id": key, "MetricStat": {"Metric": metric, "Period": period, "Stat": query.statistic}}


def _values(
    queries: Mapping[str, MetricQuery], result: Mapping[str, Any]
) -> Iterator[tuple[MetricQuery, datetime, float]]:
    if result.get("StatusCode", "Complete") not in _COMPLETE:
        raise ScrapeFailed(f"CloudWatch answered {result['StatusCode']} for a metric")
    query = queries[result["Id"]]
    for at, value in zip(result["Timestamps"], result["Values"], strict=True):
        yield query, at, value
