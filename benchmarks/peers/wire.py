"""The fleet's snapshots in the forms that stores of metrics take."""

from __future__ import annotations

import functools
import json
import pickle
import struct
from collections.abc import Sequence
from typing import Any

import cramjam

from tests.remote_write import field, number

Snapshot = dict[str, Any]


def as_snapshots(snapshots: Sequence[Snapshot]) -> bytes:
    """Our own form, as the agent sends it."""
    return json.dumps({"snapshots": snapshots}, separators=(",", ":")).encode()


def as_flat(snapshots: Sequence[Snapshot]) -> bytes:
    """Our own form with one object a sample."""
    flat = [
        {"metricType": name, "value": value, "tags": each["tags"], "timestamp": each["timestamp"]}
        for each in snapshots
        for name, value in each["metrics"].items()
    ]
    return json.dumps({"metrics": flat}, separators=(",", ":")).encode()


def as_lines(snapshots: Sequence[Snapshot]) -> bytes:
    """InfluxDB's line protocol: a line a host, all its metrics as fields, milliseconds."""
    return "\n".join(
        f"fleet,host={each['tags']['host']} "
        f"{','.join(f'{name}={value}' for name, value in each['metrics'].items())} {each['timestamp']}"
        for each in snapshots
    ).encode()


def as_json_lines(snapshots: Sequence[Snapshot]) -> bytes:
    """VictoriaMetrics' own import form: an object a series."""
    return "\n".join(
        f'{{"metric":{{"__name__":"{name}","host":"{each["tags"]["host"]}"}},'
        f'"values":[{value}],"timestamps":[{each["timestamp"]}]}}'
        for each in snapshots
        for name, value in each["metrics"].items()
    ).encode()


def as_remote_write(snapshots: Sequence[Snapshot]) -> bytes:
    """Prometheus' remote write 1.0: a series a sample, snappy around all."""
    double = struct.Struct("<d").pack
    series = []
    for each in snapshots:
        host, at = each["tags"]["host"], b"\x10" + number(each["timestamp"])
        for name, value in each["metrics"].items():
            sample = b"\x09" + double(value) + at
            content = _labels(name, host) + b"\x12" + bytes((len(sample),)) + sample
            series.append(b"\x0a" + number(len(content)) + content)
    return bytes(cramjam.snappy.compress_raw(b"".join(series)))


def as_pickle(snapshots: Sequence[Snapshot]) -> bytes:
    """Graphite's pickle protocol: whole seconds, the length in front."""
    points = [
        (f"fleet.{each['tags']['host'].replace('.', '-')}.{name}", (each["timestamp"] // 1000, value))
        for each in snapshots
        for name, value in each["metrics"].items()
    ]
    content = pickle.dumps(points, protocol=2)
    return struct.pack("!L", len(content)) + content


@functools.cache
def _labels(name: str, host: str) -> bytes:
    return b"".join(
        field(1, field(1, label) + field(2, value)) for label, value in (("__name__", name), ("host", host))
    )
