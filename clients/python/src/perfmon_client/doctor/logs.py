"""What the service's own log says went wrong: files of `make run`, or CloudWatch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from perfmon_client.doctor.finding import Finding, ok, skipped, warn

SPAN = timedelta(minutes=15)
MOST = 3
TAIL = 512 * 1024


def of_folder(folder: Path, now: datetime) -> Iterator[Finding]:
    """Errors of the last minutes in the files of a folder."""
    if not folder.is_dir():
        yield skipped("log", f"there is no {folder}", "Start in the folder of make run, or name the stack: --stack.")
        return
    yield from errors((line for path in sorted(folder.glob("*.log")) for line in _tail(path)), now)


def of_stack(stack: str, now: datetime, session: Any) -> Iterator[Finding]:
    """Errors of the last minutes in CloudWatch, and the alarms that are on. `session` is boto3's."""
    client = session.client("logs")
    since = int((now - SPAN).timestamp() * 1000)
    lines: list[str] = []
    for group in client.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{stack}/")["logGroups"]:
        found = client.filter_log_events(logGroupName=group["logGroupName"], startTime=since, limit=500)
        lines += [each["message"] for each in found["events"]]
    yield from errors(lines, now)
    alarms = session.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{stack}-", StateValue="ALARM")
    on = alarms["MetricAlarms"]
    for alarm in on:
        yield warn("alarms", alarm.get("AlarmDescription") or alarm["AlarmName"], "docs/operations.md has its page.")
    if not on:
        yield ok("alarms", "none is on")


def errors(lines: Iterable[str], now: datetime) -> Iterator[Finding]:
    """The errors that are most frequent among lines of JSON."""
    counted: Counter[str] = Counter()
    for line in lines:
        try:
            said = json.loads(line)
            at = datetime.fromisoformat(said["time"].replace("Z", "+00:00"))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if said.get("level") in ("error", "critical") and now - at < SPAN:
            last = str(said.get("traceback", "")).strip().splitlines()
            counted[f"{said.get('message')}{f' ({last[-1][:160]})' if last else ''}"] += 1
    for message, count in counted.most_common(MOST):
        yield warn("log", f"{count} times in {SPAN.seconds // 60} minutes: {message}", "The log has more around it.")
    if not counted:
        yield ok("log", f"no error in the last {SPAN.seconds // 60} minutes")


def _tail(path: Path) -> list[str]:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - TAIL))
        return file.read().decode(errors="replace").splitlines()
