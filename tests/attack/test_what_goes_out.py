"""What others wrote, on its way to people: text wherever it arrives, never markup, a formula or a line of its own."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from chalicelib.domain.jobs import Notice
from chalicelib.domain.reports import EndpointFigures, HostFigures, Report
from chalicelib.logs import JsonLines
from chalicelib.rendering.confirmation import asking_page, telling_page
from chalicelib.rendering.metric_csv import metric_csv
from chalicelib.rendering.report_csv import report_csv
from chalicelib.rendering.report_mail import report_mail
from chalicelib.rendering.report_page import report_page
from tests.attack.hostile import TEXTS
from tests.notifications.test_messages import NOTICE, WRITERS, letter, mail
from tests.unit.rendering.sample_report import sample_report

# An unpaired surrogate comes in nowhere (test_hostile_input.py); in logs it may stand all the same.
KEPT = {name: text for name, text in TEXTS.items() if name not in ("surrogate", "nul")}
FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "a;=1+1", "a\t=1", 'a";-1', "a\r\n@x", "\uff1d1"]
FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]")


class Structure(HTMLParser):
    """A page without its texts: tags and the names of their attributes, and where links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.targets: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.targets |= {(value or "").partition(":")[0] for name, value in attrs if name in ("href", "src")}


def notice(text: str) -> Notice:
    """An alert with the text wherever somebody else has the word."""
    return replace(
        NOTICE,
        tags={"host": text, "region": "eu"},
        rule_name=text or "x",
        message=text or "x",
        description=text,
        acknowledged_by=text or "x",
    )


def report(text: str) -> Report:
    """A report with an endpoint and a host of this name."""
    found = sample_report()
    return replace(
        found,
        slowest=(EndpointFigures(text, 812, 1210.0, 3400.0, 0.4), *found.slowest[1:2]),
        hosts=(HostFigures(text, 71.2, 93.0, 81.4),),
    )


def strings(value: Any) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        return [each for inner in value.values() for each in strings(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in strings(inner)]
    return [value] if isinstance(value, str) else []


def mail_of_alert(text: str) -> str:
    """The HTML of an alert's mail."""
    return mail(letter(notice(text))).partition("<!doctype html>")[2]


@pytest.mark.parametrize("name", KEPT)
def test_a_page_has_the_same_tags_whatever_is_written_on_it(name: str) -> None:
    text = KEPT[name]
    pairs = [
        (mail_of_alert(text), mail_of_alert("web-1")),
        (asking_page(text, text), asking_page("a", "b")),
        (telling_page(text, text), telling_page("a", "b")),
        (report_page(report(text)), report_page(report("web-1"))),
    ]
    if name in ("html", "attribute"):  # the same texts in the same words, and pictures that take their time
        pairs.append((report_mail(report(text)).html, report_mail(report("web-1")).html))
    for hostile, other in pairs:
        written, harmless = Structure(hostile), Structure(other)
        assert [tag for tag in written.tags if tag not in harmless.tags] == []
        assert len(written.tags) <= len(harmless.tags)
        assert written.targets == harmless.targets


@pytest.mark.parametrize("name", KEPT)
def test_a_mails_headers_are_the_ones_we_write(name: str) -> None:
    headers, _, _ = mail(letter(notice(KEPT[name]))).partition("\n\n")
    assert [line.partition(":")[0] for line in headers.split("\n")] == [
        *("Subject", "From", "To", "Date", "Message-ID", "References")
    ]


@pytest.mark.parametrize("name", KEPT)
def test_slack_sees_no_mention_and_no_link_but_ours(name: str) -> None:
    written = json.loads(WRITERS["slack"](letter(notice(KEPT[name]))))
    ours = {"Acknowledge", "Dashboard", "Runbook"}
    for text in strings(written):
        found = re.findall(r"<([^>]*)>?", text)
        assert {each.rpartition("|")[2] for each in found} <= ours


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_no_cell_is_a_formula_however_a_spreadsheet_cuts_them(text: str, separator: str) -> None:
    """In half of Europe cells are cut at semicolons, whatever the file says."""
    points = [(1_790_000_000_000, 1.5)]
    for written in (metric_csv(["host"], [({"host": text}, points)]), report_csv(report(text))):
        rows = list(csv.reader(io.StringIO(written, newline=""), delimiter=separator))
        cells = [cell for row in rows for cell in row]
        assert cells
        assert [cell for cell in cells if FORMULA.match(cell)] == []


@pytest.mark.parametrize("name", TEXTS)
def test_a_line_of_the_log_stays_one_and_says_the_same(name: str) -> None:
    record = logging.makeLogRecord({"msg": TEXTS[name], "host": TEXTS[name], "levelname": "INFO", "name": "x"})
    written = JsonLines().format(record)

    assert written.splitlines() == [written]
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", written)
    assert written.encode()
    assert json.loads(written)["host"] == TEXTS[name]
