"""The forms of a report: page, mail and CSV, as golden files that people look at.

`python -m tests.unit.rendering.test_report_forms` writes the golden files anew: look at them before committing.
"""

from __future__ import annotations

import csv
import io
import re
import struct
import sys
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chalicelib.rendering.report_chart import HEIGHT, ON_WHITE, WIDTH, line_chart, top_of
from chalicelib.rendering.report_csv import report_csv, safe_cell
from chalicelib.rendering.report_mail import report_mail, to_png
from chalicelib.rendering.report_page import report_page
from tests.unit.rendering.sample_report import HOSTILE, sample_report

GOLDEN = Path(__file__).parent / "golden"


def forms() -> dict[str, str]:
    """Every form that is text, by its golden file."""
    report = sample_report()
    mail = report_mail(report)
    return {
        "report.html": report_page(report),
        "report.csv": report_csv(report),
        "mail.html": mail.html,
        "mail.txt": f"Subject: {mail.subject}\n\n{mail.text}",
    }


@pytest.mark.parametrize("name", ["report.html", "report.csv", "mail.html", "mail.txt"])
def test_a_report_looks_as_it_did_when_somebody_looked(name: str) -> None:
    assert forms()[name] == (GOLDEN / name).read_bytes().decode()


class Tags(HTMLParser):
    """Collects the tags of a page, and what they load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset") or name[:2] == "on"]


def test_names_from_outside_are_text_and_nothing_is_loaded() -> None:
    report = sample_report()
    page, mail = report_page(report), report_mail(report)
    for html in (page, mail.html):
        assert HOSTILE not in html
        found = Tags()
        found.feed(html)
        assert "script" not in found.tags
        assert all(load.startswith("cid:") for load in found.loads)
    assert "&lt;img src=x" in page


def test_the_subject_carries_the_verdict_in_one_line() -> None:
    assert report_mail(sample_report()).subject == "Weekly report, 1–7 Jan 2024: worth a look"


def test_the_mail_shows_every_picture_it_carries_and_stays_small() -> None:
    mail = report_mail(sample_report())
    shown = re.findall(r'src="cid:([^"]+)"', mail.html)
    assert shown == [picture.name for picture in mail.pictures]
    assert shown == ["chart-response-time", "chart-error-rate", "chart-throughput", "chart-cpu-usage"]
    assert mail.html.count(' alt="') == len(shown)
    assert mail.size < 150_000
    for row in ("Response time", "1.20%", "Disk /var on web-3"):
        assert row in mail.html
        assert row in mail.text


def test_the_first_screen_holds_verdict_changes_and_the_top_recommendation() -> None:
    report = sample_report()
    for html in (report_page(report), report_mail(report).html):
        places = [html.lower().rfind(text) for text in ("worth a look<", "biggest changes<", "first of all<")]
        assert -1 not in places
        assert places == sorted(places)
        assert max(places) < html.index("System load")


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and the raw rows of a PNG."""
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    return width, height, zlib.decompress(data)


def test_a_chart_becomes_a_picture_with_something_on_it() -> None:
    width, height, rows = pixels(to_png(line_chart([1.0, 3.0, None, 2.0], ON_WHITE)))
    assert (width, height) == (2 * WIDTH, 2 * HEIGHT)
    assert len(set(rows)) > 10


def test_nothing_is_drawn_across_a_gap() -> None:
    svg = line_chart([1, 2, None, None, 3, 4], ON_WHITE)
    assert svg.count(f'fill="{ON_WHITE.gap}"') == 1
    assert svg.count(f'stroke="{ON_WHITE.line}"') == 2
    assert line_chart([None, 5, None], ON_WHITE).count("<circle") == 1
    assert "<path" in line_chart([None], ON_WHITE)


@pytest.mark.parametrize(
    ("values", "top"),
    [
        *(([245.5], 300), ([0.0], 1), ([], 1), ([None, 1.2], 1.5), ([1000.0], 1000), ([0.0009], 0.001)),
        *(([5e-324], 1e-307), ([1.7e308], sys.float_info.max)),
    ],
)
def test_a_chart_ends_at_a_round_number(values: list[float | None], top: float) -> None:
    assert top_of(values) == pytest.approx(top)


def test_no_cell_is_taken_for_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(report_csv(sample_report()))))
    assert rows[0][:3] == ["from", "averageResponseTime", "errorRate"]
    assert rows[1][0] == "2024-01-01T00:00:00.000Z"
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert [safe_cell(text) for text in ("=1+1", "-2", "web-1")] == ["'=1+1", "'-2", "web-1"]
    gap = [row for row in rows if row and row[0] == "2024-01-03T02:00:00.000Z"]
    assert gap == [["2024-01-03T02:00:00.000Z", *[""] * 7]]


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in forms().items():
        (GOLDEN / name).write_bytes(text.encode())
