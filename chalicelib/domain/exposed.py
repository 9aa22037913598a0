"""What a target exposes, on its way to becoming samples of ours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.pulls import Job
from chalicelib.domain.relabelling import NAME, is_kept


class ScrapeFailed(Exception):
    """A target brought nothing; the message says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """One value; `at` (epoch ms) if the target says when it was so."""

    name: str
    tags: Mapping[str, str]
    value: float
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back; `samples` may be read once, and raises ScrapeFailed where it cannot be read on.

    `collected_until` (epoch ms) is for types that ask for a range.
    """

    samples: Iterable[Exposed]
    collected_until: int | None = None


def own_tags(job: Job, instance: str) -> dict[str, str]:
    """The tags of everything that comes from a target, as Prometheus has them; the target's labels win."""
    return {"job": job.name, "instance": instance, **job.labels}


def kept_samples(samples: Iterable[Exposed], job: Job, tags: Mapping[str, str]) -> Iterator[Exposed]:
    """The samples with the target's own tags, as far as the target's rules let them pass.

    A tag of a sample that the target has too becomes `exported_…`, as Prometheus has it. Raises ScrapeFailed when more
    than the target's limit pass.
    """
    count = 0
    for sample in samples:
        merged = _merged(sample.tags, tags)
        if job.relabel and not is_kept(job.relabel, {**merged, NAME: sample.name}):
            continue
        count += 1
        if count > job.sample_limit:
            raise ScrapeFailed(f"more than {job.sample_limit} samples: raise sampleLimit, or drop some with relabel")
        yield Exposed(sample.name, merged, sample.value, sample.at)


def _merged(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """A sample's tags with the target's; an empty one is the same as none."""
    merged = {key: value for key, value in given.items() if value and key not in own}
    for key in own.keys() & given.keys():
        name = f"exported_{key}"
        while name in own or name in given:
            name = f"exported_{name}"
        if given[key]:
            merged[name] = given[key]
    merged |= own
    return merged


def snapshots(samples: Iterable[Exposed], now: int) -> list[dict[str, Any]]:
    """The samples as the API takes them, values of the same tags and time together; what is no number is left out."""
    found: dict[tuple[tuple[tuple[str, str], ...], int], dict[str, float]] = {}
    for sample in samples:
        if math.isfinite(sample.value):
            key = (tuple(sorted(sample.tags.items())), now if sample.at is None else sample.at)
            found.setdefault(key, {})[sample.name] = sample.value
    return [{"tags": dict(tags), "timestamp": at, "metrics": metrics} for (tags, at), metrics in found.items()]
