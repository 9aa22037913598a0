"""The queries in PromQL, for the servers that speak it."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from benchmarks.peers.http import Client
from benchmarks.peers.peer import HOST, MEAN, MEAN_STEPS, METRIC, ONE_SERIES, QUANTILE, QUANTILE_STEPS, Query, Window


def queries(client: Client, window: Window, **options: str) -> dict[str, Query]:
    """All but the week's; `options` go into every address."""
    last = f"{window.end / 1000 - 1:.0f}"
    return {
        ONE_SERIES: ranged(client, f'{METRIC}{{host="{HOST}"}}', window, 10, series=1, **options),
        MEAN: _instant(client, f"avg by (host) (avg_over_time({METRIC}[1h]))", last, **options),
        QUANTILE: _instant(client, f"avg by (host) (quantile_over_time(0.95, {METRIC}[1h]))", last, **options),
        MEAN_STEPS: ranged(client, f"avg by (host) ({METRIC})", window, 10, series=200, **options),
        QUANTILE_STEPS: ranged(
            client, f"avg by (host) (quantile_over_time(0.95, {METRIC}[1m]))", window, 60, series=200, **options
        ),
    }


def week(client: Client, window: Window, **options: str) -> Query:
    """Hourly means by host."""
    after = Window(window.begin + 3_600_000, window.end + 1)  # a value is of the hour that ends at it
    return ranged(client, f"avg by (host) (avg_over_time({METRIC}[1h]))", after, 3600, series=200, **options)


def ranged(client: Client, query: str, window: Window, step: int, *, series: int, **options: str) -> Query:
    """A range query that must answer with so many series of full length."""
    asked = {"query": query, "start": str(window.begin // 1000), "end": str(window.end // 1000 - 1), "step": str(step)}
    path = f"/api/v1/query_range?{urlencode(asked | options)}"
    points = (window.end - window.begin) // (step * 1000)
    found = json.loads(client.ask("GET", path))["data"]["result"]
    counts = {len(each["values"]) for each in found}
    if len(found) != series or min(counts) < points - 1:
        raise RuntimeError(f"{query}: {len(found)} series of {counts} points, not {series} of {points}")
    return lambda: client.ask("GET", path)


def _instant(client: Client, query: str, at: str, **options: str) -> Query:
    path = f"/api/v1/query?{urlencode({'query': query, 'time': at} | options)}"
    found = json.loads(client.ask("GET", path))["data"]["result"]
    if len(found) != 200:
        raise RuntimeError(f"{query}: {len(found)} series")
    return lambda: client.ask("GET", path)
