"""What a month costs: `python -m infra.aws.costs` writes the tables of docs/costs.md, from prices and measured work."""

from __future__ import annotations

from dataclasses import dataclass

from infra.aws import prices
from infra.aws.functions import FUNCTIONS
from infra.aws.package import ROOT
from infra.aws.prices import HOURS, SECONDS, tiered

PAGE = ROOT / "docs" / "costs.md"
BEGIN, END = "<!-- written by python -m infra.aws.costs -->", "<!-- until here -->"
METRICS_A_HOST = 50
HOSTS = (10, 100, 1_000, 10_000)
INTERVALS = (10, 20, 60)
TICK_SECONDS = 10
ALARMS = 47  # at most

# Of docs/performance.md, in seconds of a whole core a million samples; a function has memory / 1769 MB of one.
DRAIN, COMPACTION, CORE_MB = 0.50, 0.48, 1769
# Assumed: a recording run waits for Valkey, and for its replica, more than it computes.
INGEST_SECONDS = 0.006
TICK_BASE_SECONDS, SCHEDULE_SECONDS, HEALTH_SECONDS, COMPACT_BASE_SECONDS = 0.15, 0.30, 0.10, 0.5
TICK_CALLS_A_MINUTE = 15 + 7 + 2  # the event source's long polls; deletions; sending in tens
BYTES_A_SAMPLE, DAYS_KEPT = 0.58, 1
ROLLUP_BYTES_A_SERIES = 450_000  # after a year, with indexes: docs/performance.md


@dataclass(frozen=True)
class Size:
    """The stores of so many hosts."""

    database: str
    valkey: str
    copies: int  # 2 = in two zones


def size_of(hosts: int, stage: str) -> Size:
    """Sizes that the measured load asks for, with room."""
    copies = 2 if stage == "prod" else 1
    if hosts <= 100:
        return Size("db.t4g.small" if stage == "prod" else "db.t4g.micro", _VALKEY[stage], copies)
    return Size(
        "db.t4g.medium" if hosts <= 1000 else "db.m7g.large",
        "cache.t4g.small" if hosts <= 1000 else "cache.m7g.large",
        copies,
    )


_VALKEY = {"dev": "cache.t4g.micro", "prod": "cache.t4g.small"}


def requests(hosts: int, interval: int) -> float:
    """Requests a month: each host sends its snapshot each interval."""
    return hosts * SECONDS / interval


def standing(hosts: int, stage: str) -> dict[str, float]:
    """What is paid however little is sent, by line item."""
    size = size_of(hosts, stage)
    return {
        f"PostgreSQL, {size.database} x {size.copies}": prices.DATABASE_HOUR[size.database] * size.copies * HOURS,
        f"Valkey, {size.valkey} x {size.copies}": prices.VALKEY_HOUR[size.valkey] * size.copies * HOURS,
        f"SQS endpoint x {size.copies}": prices.ENDPOINT_HOUR * size.copies * HOURS,
        f"{ALARMS} alarms": prices.ALARM * ALARMS,
        "key and secrets": prices.KEY + 3 * prices.SECRET,
    }


def working(hosts: int, interval: int, stage: str, *, by_url: bool) -> dict[str, float]:
    """What is paid for the load, by line item."""
    calls = requests(hosts, interval)
    millions = calls * METRICS_A_HOST / 1e6
    ticks = SECONDS / TICK_SECONDS
    tick = ticks * TICK_BASE_SECONDS + millions * DRAIN * CORE_MB / FUNCTIONS["Tick"].memory
    compact = SECONDS / 300 * COMPACT_BASE_SECONDS + millions * COMPACTION * CORE_MB / FUNCTIONS["Compact"].memory
    minutes = SECONDS / 60
    gb_seconds = (
        _gb_seconds("Tick", tick)
        + _gb_seconds("Compact", compact)
        + _gb_seconds("ScheduleTicks", minutes * SCHEDULE_SECONDS)
        + _gb_seconds("RecordHealth", minutes * HEALTH_SECONDS)
    )
    runs = ticks + 2 * minutes + SECONDS / 300
    samples = hosts * METRICS_A_HOST / interval * 86_400 * DAYS_KEPT
    stored = (samples * BYTES_A_SAMPLE + hosts * METRICS_A_HOST * ROLLUP_BYTES_A_SERIES) / 1e9
    copies = size_of(hosts, stage).copies
    queued = max(0.0, minutes * TICK_CALLS_A_MINUTE - prices.SQS_FREE)
    return {
        "API Gateway": 0.0 if by_url else tiered(calls, prices.API_GATEWAY_REQUEST),
        "Lambda, recording": calls * prices.LAMBDA_REQUEST
        + _gb_seconds("Ingest", calls * INGEST_SECONDS) * prices.LAMBDA_GB_SECOND,
        "Lambda, ticks and compaction": runs * prices.LAMBDA_REQUEST + gb_seconds * prices.LAMBDA_GB_SECOND,
        "SQS": queued * prices.SQS_REQUEST,
        "disk": max(20.0, stored * 1.5) * prices.DATABASE_GB * copies,
    }


def month(hosts: int, interval: int, stage: str, *, by_url: bool) -> float:
    """Dollars a month."""
    return sum(standing(hosts, stage).values()) + sum(working(hosts, interval, stage, by_url=by_url).values())


def cloudwatch(hosts: int, interval: int) -> float:
    """The same metrics as CloudWatch custom metrics: a price for each, and one for each call that brings them."""
    return tiered(hosts * METRICS_A_HOST, prices.CLOUDWATCH_METRIC) + requests(hosts, interval) * prices.CLOUDWATCH_PUT


def slowest(interval: int) -> int:
    """Seconds from a value's change until the rule without duration fires, at worst: sent, then judged."""
    return interval + TICK_SECONDS + 2


def _gb_seconds(function: str, seconds: float) -> float:
    return seconds * FUNCTIONS[function].memory / 1024


def tables() -> str:
    """The tables of docs/costs.md."""
    lines = [
        "| hosts | every | slowest alert | dev, by URL | prod, by URL | prod, API Gateway | CloudWatch | Datadog |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for hosts in HOSTS:
        for interval in INTERVALS:
            own = [
                month(hosts, interval, "dev", by_url=True),
                month(hosts, interval, "prod", by_url=True),
                month(hosts, interval, "prod", by_url=False),
            ]
            others = [cloudwatch(hosts, interval), hosts * prices.DATADOG_HOST]
            shown = " | ".join(f"${dollars:,.0f}" for dollars in own + others)
            lines.append(f"| {hosts:,} | {interval} s | {slowest(interval)} s | {shown} |")
    for stage in ("dev", "prod"):
        lines += ["", f"| 100 hosts every 10 s, stage {stage}, Function URL | dollars a month |", "|---|---|"]
        items = standing(100, stage) | working(100, 10, stage, by_url=True)
        lines += [f"| {name} | {dollars:,.2f} |" for name, dollars in items.items() if dollars]
        lines.append(f"| **together** | **{sum(items.values()):,.2f}** |")
    return "\n".join(lines)


def main() -> None:
    """Put the tables into docs/costs.md, between its marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{after}")


if __name__ == "__main__":
    main()
