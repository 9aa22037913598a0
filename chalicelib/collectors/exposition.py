"""The text formats of exporters: Prometheus' and OpenMetrics, by prometheus-client's own parsers."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, cast

from chalicelib.domain.exposed import Exposed, ScrapeFailed

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.samples import Sample

OPENMETRICS = "application/openmetrics-text"
MAX_LINE = 16_384  # the parsers take longer for long lines than their length alone; a series of ours fits in
_FARTHEST = 253_402_300_799.0  # seconds; the last of year 9999


def exposed(body: bytes, content_type: str) -> Iterator[Exposed]:
    """The samples, as they stand there and in their order. Raises ScrapeFailed where they cannot be read on."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ScrapeFailed("the answer is no exposition: it is not UTF-8") from None
    lines = _Lines(io.StringIO(text, newline="\n"), with_comments=content_type.strip().lower().startswith(OPENMETRICS))
    try:
        for sample in _parsed(lines):
            yield Exposed(sample.name, sample.labels, float(sample.value), _instant(sample))
    except ScrapeFailed:
        raise
    except Exception:  # noqa: BLE001 -- whatever a parser makes of garbage; its words would repeat the garbage
        form = "OpenMetrics" if lines.with_comments else "Prometheus' text format"
        raise ScrapeFailed(f"the answer is not {form}: line {lines.number}") from None


def _parsed(lines: _Lines) -> Iterator[Sample]:
    from prometheus_client.openmetrics.parser import text_fd_to_metric_families as parse_openmetrics
    from prometheus_client.parser import text_fd_to_metric_families as parse_text

    # They ask for a file and only ever take its lines.
    parse = cast(
        "Callable[[Iterable[str]], Iterable[Metric]]", parse_openmetrics if lines.with_comments else parse_text
    )
    for family in parse(lines):
        yield from family.samples


class _Lines:
    """Hands a parser line after line, and knows where it is.

    Of the text format only the lines with samples: once the parser knows from a comment that something is a counter, it
    appends `_total` to its name. Prometheus does not, and series are to be called the same whichever way they come.
    """

    def __init__(self, lines: Iterable[str], *, with_comments: bool) -> None:
        self._lines = lines
        self.with_comments = with_comments
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.number += 1
            if len(line) > MAX_LINE:
                raise ScrapeFailed(f"line {self.number} of the answer is longer than {MAX_LINE} characters")
            if self.with_comments or (line.strip() and not line.lstrip().startswith("#")):
                yield line


def _instant(sample: Sample) -> int | None:
    if sample.timestamp is None:
        return None
    seconds = float(sample.timestamp)
    if not math.isfinite(seconds) or abs(seconds) > _FARTHEST:
        raise ValueError("timestamp")
    return round(seconds * 1000)
