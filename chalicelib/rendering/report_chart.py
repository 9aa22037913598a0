"""Charts as SVG: a line over the steps of a report. Gaps stay open and are shaded; nothing is drawn across them.

Shapes only: words stand beside the picture as text, where they can be read aloud, enlarged and searched, and where no
font has to be shipped to draw them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 140
_MARGIN = 4


@dataclass(frozen=True, slots=True)
class Colours:
    """What a chart is painted with; CSS variables will do where CSS is at hand."""

    line: str
    area: str
    grid: str
    gap: str
    reference: str
    background: str = "none"


ON_WHITE = Colours("#2563eb", "#dbeafe", "#e5e7eb", "#eeeeee", "#6b7280", "#ffffff")
BY_CSS = Colours("var(--line)", "var(--area)", "var(--grid)", "var(--gap)", "var(--muted)")


def top_of(values: Sequence[float | None], reference: float | None = None) -> float:
    """The value at the upper edge: the next round number."""
    highest = max((value for value in (*values, reference) if value is not None), default=0.0)
    if highest <= 0:
        return 1.0
    power = 10.0 ** max(math.floor(math.log10(highest)), sys.float_info.min_10_exp)
    top = next(power * step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if power * step >= highest)
    return min(top, sys.float_info.max)


def line_chart(values: Sequence[float | None], colours: Colours, *, reference: float | None = None) -> str:
    """The SVG of a series; `reference` is drawn as a dashed line across: the average of the period before."""
    top = top_of(values, reference)
    width = (WIDTH - 2 * _MARGIN) / max(1, len(values))

    def x(place: float) -> float:
        return _MARGIN + (place + 0.5) * width

    def y(value: float) -> float:
        return HEIGHT - _MARGIN - max(0.0, value) / top * (HEIGHT - 2 * _MARGIN)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colours.background}"/>',
    ]
    runs = _runs(values)
    parts += [
        f'<rect x="{x(first - 0.5):.1f}" y="{_MARGIN}" width="{width * (last - first):.1f}"'
        f' height="{HEIGHT - 2 * _MARGIN}" fill="{colours.gap}"/>'
        for first, last, is_gap in runs
        if is_gap
    ]
    parts += [
        f'<path d="M{_MARGIN} {level:.1f}H{WIDTH - _MARGIN}" stroke="{colours.grid}" stroke-width="1" fill="none"/>'
        for level in (y(0), y(top / 2), y(top))
    ]
    if reference is not None:
        parts.append(
            f'<path d="M{_MARGIN} {y(reference):.1f}H{WIDTH - _MARGIN}" stroke="{colours.reference}"'
            ' stroke-width="1.5" stroke-dasharray="5 5" fill="none"/>'
        )
    for first, last, is_gap in runs:
        if not is_gap:
            points = [(x(place), y(value)) for place in range(first, last) if (value := values[place]) is not None]
            parts += _line(points, y(0), colours)
    return "".join([*parts, "</svg>"])


def _line(points: list[tuple[float, float]], floor: float, colours: Colours) -> list[str]:
    if len(points) == 1:
        ((x, y),) = points
        return [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colours.line}"/>']
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return [
        f'<path d="M{points[0][0]:.1f} {floor:.1f}L{path}L{points[-1][0]:.1f} {floor:.1f}Z" fill="{colours.area}"/>',
        f'<path d="M{path}" stroke="{colours.line}" stroke-width="2" stroke-linejoin="round" fill="none"/>',
    ]


def _runs(values: Sequence[float | None]) -> list[tuple[int, int, bool]]:
    """(first, behind the last, whether it is a gap) of each stretch with or without values."""
    runs: list[tuple[int, int, bool]] = []
    for place, value in enumerate(values):
        if runs and runs[-1][2] == (value is None):
            runs[-1] = (runs[-1][0], place + 1, value is None)
        else:
            runs.append((place, place + 1, value is None))
    return runs
