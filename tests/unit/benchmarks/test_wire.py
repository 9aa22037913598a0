"""What the other stores are sent is the same fleet that we are sent."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from benchmarks.fleet import Fleet
from benchmarks.peers import wire
from chalicelib.api.schemas.remote_write import read_remote_write
from chalicelib.api.schemas.samples import read_batch

AT = 1_800_000_000_000
Flat = list[tuple[str, str, int, float]]  # metric, host, epoch ms, value


def of_snapshots(body: bytes) -> Flat:
    snapshots = [each for _, each in read_batch(body).snapshots]
    return [
        (name, each.tags["host"], AT, value)
        for each in snapshots
        for name, value in each.metrics.items()
        if each.timestamp == AT
    ]


def of_flat(body: bytes) -> Flat:
    events = read_batch(body).events
    samples = [each for _, each in events.one_by_one()] if events else []
    return [(each.metric_type, each.tags["host"], AT, each.value) for each in samples if each.timestamp == AT]


def of_remote_write(body: bytes) -> Flat:
    batch = read_remote_write(body)
    for run in batch.runs:
        run.add_to(batch.points)
    points = batch.points
    return [
        (series.metric_type, series.tags["host"], time, value)
        for series, time, value in zip(points.series, points.times, points.values, strict=True)
    ]


def of_lines(body: bytes) -> Flat:
    found = []
    for line in body.decode().split("\n"):
        key, fields, at = line.split(" ")
        measurement, host = key.split(",host=")
        assert measurement == "fleet"
        for each in fields.split(","):
            name, value = each.split("=")
            found.append((name, host, int(at), float(value)))
    return found


def of_json_lines(body: bytes) -> Flat:
    series = map(json.loads, body.splitlines())
    return [(e["metric"]["__name__"], e["metric"]["host"], e["timestamps"][0], e["values"][0]) for e in series]


def of_pickle(body: bytes) -> Flat:
    (length,) = struct.unpack_from("!L", body)
    assert length == len(body) - 4
    found = []
    for path, (at, value) in pickle.loads(body[4:]):
        prefix, host, name = path.split(".")
        assert prefix == "fleet"
        found.append((name, host.replace("-eu-", ".eu-"), at * 1000, value))
    return found


@pytest.mark.parametrize(
    ("write", "read"),
    [
        pytest.param(wire.as_snapshots, of_snapshots, id="snapshots"),
        pytest.param(wire.as_flat, of_flat, id="flat list"),
        pytest.param(wire.as_remote_write, of_remote_write, id="remote write"),
        pytest.param(wire.as_lines, of_lines, id="line protocol"),
        pytest.param(wire.as_json_lines, of_json_lines, id="JSON lines"),
        pytest.param(wire.as_pickle, of_pickle, id="pickle"),
    ],
)
def test_every_form_carries_every_sample_of_the_fleet(
    write: Callable[[Sequence[dict[str, Any]]], bytes], read: Callable[[bytes], Flat]
) -> None:
    # Given three hosts of fifty metrics at one instant
    snapshots = list(Fleet(3, 50).snapshots(AT))

    # When they are written in one of the forms
    found = read(write(snapshots))

    # Then each sample is there once: name, host, time and value
    assert sorted(found) == sorted(
        (name, each["tags"]["host"], AT, value) for each in snapshots for name, value in each["metrics"].items()
    )
