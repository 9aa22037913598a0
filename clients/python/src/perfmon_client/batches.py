"""Samples that travel together: one body, one idempotency key, sent again as they are until there is an answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from perfmon_client.buffer import Buffer
from perfmon_client.samples import Sample

LARGEST_BATCH = 1000  # samples; after an outage, more than a usual buffer goes at once
LARGEST_BODY = 2_000_000  # bytes, below the service's 4 MB


@dataclass(frozen=True)
class Batch:
    """However often it is sent, the service counts it once."""

    key: str
    body: bytes
    samples: list[Sample]

    def accepted(self, receipt: dict[str, Any]) -> Iterator[Sample]:
        """Those that the service certainly has taken; it names the first refused ones only."""
        errors = receipt.get("errors") or []
        refused = {each.get("index", -1) for each in errors}
        # Behind the last one that is named nobody knows which were accepted, if there are more than are named.
        known = max(refused, default=-1) if receipt["rejected"] > len(errors) else len(self.samples)
        return (sample for index, sample in enumerate(self.samples) if index <= known and index not in refused)


def next_batch(buffer: Buffer) -> Batch | None:
    """The oldest samples of a buffer, away from there; None when there are none."""
    samples = buffer.take(LARGEST_BATCH)
    if not samples:
        return None
    texts: list[bytes] = []
    length = 0
    for sample in samples:
        # Half a surrogate pair, as file names can have, is no text that could be sent.
        text = json.dumps(sample, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        length += len(text) + 1
        if length > LARGEST_BODY and texts:
            break
        texts.append(text)
    buffer.put_back(samples[len(texts) :])
    return Batch(str(uuid.uuid4()), b"[" + b",".join(texts) + b"]", samples[: len(texts)])
