"""Metrics that follow from others: error_rate from error events, throughput from requests, histograms' percentiles.

An application that records `response_time` for each request and an `error_rate` event (unit count) for each failed one
has recorded everything: the rate in percent is 100 x events / requests over the same window, and the throughput is the
number of requests a second.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chalicelib.domain.names import ERROR_RATE, RESPONSE_TIME, THROUGHPUT
from chalicelib.services.histograms import percentiles
from chalicelib.services.metric_query import MetricQuery
from chalicelib.services.query import MetricAnswer, MetricTable, QueryMetrics, present
from chalicelib.tsdb.aggregate import share_of

EVENT_UNIT = "count"


class DerivedQueries:
    """Answers queries, those of derived metrics too."""

    def __init__(self, recorded: QueryMetrics) -> None:
        self._recorded = recorded

    def run(self, query: MetricQuery) -> MetricAnswer:
        """The points asked for. Raises what QueryMetrics.run raises."""
        if query.metric_type == ERROR_RATE and query.unit in (None, "percent"):
            return self._error_rate(query)
        if query.metric_type == THROUGHPUT and query.unit in (None, "requests/s"):
            return self._throughput(query)
        if (share := share_of(query.aggregation)) is not None:
            return self._percentile(query, share)
        return self._recorded.run(query)

    def _percentile(self, query: MetricQuery, share: float) -> MetricAnswer:
        """Of the samples of that name, or else of the histogram."""
        recorded = self._recorded.table(query)
        if not recorded.groups and (of_histogram := percentiles(self._recorded, query, share)).groups:
            return present(query, of_histogram)
        return present(query, recorded)

    def _error_rate(self, query: MetricQuery) -> MetricAnswer:
        """Percent of requests that failed; steps without a request have none. Recorded percentages as they are."""
        shared = query
        if query.selection or query.group_by:
            # Only what both metrics carry can tell their samples apart alike; what neither carries chooses nothing.
            of_events, of_requests = self._recorded.tag_keys(ERROR_RATE), self._recorded.tag_keys(RESPONSE_TIME)
            selection = tuple(each for each in query.selection if each[0] not in of_events ^ of_requests)
            group_by = tuple(key for key in query.group_by if key in of_events & of_requests)
            shared = replace(query, selection=selection, group_by=group_by)
        events = self._events(shared)
        if not events.groups:
            recorded = self._recorded.table(query)
            # Of what has never failed no series says so: then it counts whether others' failures are events.
            are_any = query.selection and self._events(replace(query, selection=(), group_by=(), topk=0)).groups
            if recorded.groups or not are_any:
                return present(query, recorded)
        return present(shared, _percent(events, self._requests(shared)))

    def _events(self, query: MetricQuery) -> MetricTable:
        return self._recorded.table(replace(query, unit=EVENT_UNIT, aggregation="sum"))

    def _throughput(self, query: MetricQuery) -> MetricAnswer:
        """Requests a second: as recorded, or else counted from response times."""
        recorded = self._recorded.table(query)
        if recorded.groups:
            return present(query, recorded)
        if query.selection or query.group_by:
            query = _restricted(query, self._recorded.tag_keys(RESPONSE_TIME))
        requests = self._requests(query)
        seconds = query.step / 1000
        return present(query, MetricTable("requests/s", requests.groups, requests.values / seconds, requests.tier))

    def _requests(self, query: MetricQuery) -> MetricTable:
        return self._recorded.table(replace(query, metric_type=RESPONSE_TIME, unit=None, aggregation="count"))


def _restricted(query: MetricQuery, keys: set[str]) -> MetricQuery:
    selection = tuple(each for each in query.selection if each[0] in keys)
    return replace(query, selection=selection, group_by=tuple(key for key in query.group_by if key in keys))


def _percent(events: MetricTable, requests: MetricTable) -> MetricTable:
    """100 x events / requests by group and step: 0 where nothing failed, NaN where nobody asked."""
    rows = {group: row for row, group in enumerate(events.groups)}
    failed = np.zeros_like(requests.values)
    for place, group in enumerate(requests.groups):
        if group in rows:
            failed[place] = np.nan_to_num(events.values[rows[group]], nan=0.0)
    return MetricTable("percent", requests.groups, 100 * failed / requests.values, requests.tier)
