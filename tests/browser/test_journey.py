"""A person's way through the dashboard, in a real browser: from the token to the report."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import PATIENCE_MS, Site, eventually_sent

TRAVELLED = """performance.getEntriesByType('resource').filter((each) => each.name.includes('/assets/'))
  .reduce((sum, each) => sum + each.transferSize, 0)"""

pytestmark = pytest.mark.xdist_group("browser")


def test_from_the_login_to_an_acknowledged_alert_and_the_report(site: Site, browser: Browser) -> None:
    with site.visit(browser, logged_in=False) as visit:
        page = visit.page
        menu = page.get_by_role("navigation")
        expect.set_options(timeout=PATIENCE_MS)

        # given somebody with a token: the origin leads to the dashboard, and the token opens it
        page.goto("/")
        page.get_by_label("Token").fill(site.token)
        page.get_by_role("button", name="Log in").click()
        visit.settle()
        assert page.evaluate(TRAVELLED) < 90_000, "the page's files come packed, and its script comes once"

        # then the health of the system stands there in the specification's words
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("All is well|Something"))
        for check in ("Memory Usage", "Active Alerts", "PostgreSQL"):
            expect(page.get_by_role("heading", name=check, exact=True, level=2)).to_be_visible()

        # and a host opens with charts that have data
        page.get_by_role("link", name="db-1", exact=True).click()
        expect(page.get_by_role("img", name="CPU: cpu_usage")).to_be_visible()

        # when a metric is explored, the address keeps what one looks at
        menu.get_by_role("link", name="Explore").click()
        page.get_by_label("Metric").fill("cpu_usage")
        page.get_by_label("Group by").fill("host")
        expect(page.get_by_role("img", name="cpu_usage: host=")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Group by")).to_have_value("host")
        expect(page.get_by_role("img", name="cpu_usage: host=")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        assert download.value.path().read_bytes().startswith(b"time,tags,value\r\n")

        # when a rule is made, it is tried on the past first
        menu.get_by_role("link", name="Rules").click()
        page.get_by_role("link", name="New rule").click()
        page.get_by_label("Name").fill("Line too long")
        page.get_by_label("Metric").fill("queue_length")
        page.get_by_label("Threshold").fill("50")
        page.get_by_label("Aggregation").select_option("last")
        page.get_by_label("For seconds").fill("0")
        page.get_by_label("Group by").fill("queue")
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_role("status")).to_contain_text("would have fired")
        visit.settle()
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("link", name="Line too long", exact=True)).to_be_visible()

        # and it gets a second condition later, one of two being enough
        page.get_by_role("link", name="Line too long", exact=True).click()
        page.get_by_role("button", name="Add a condition").click()
        second = page.get_by_role("group", name="Condition 2")
        second.get_by_label("Metric").fill("queue_age")
        second.get_by_label("Condition").select_option("outside_range")
        second.get_by_label("Lower end").fill("0")
        second.get_by_label("Upper end").fill("600")
        page.get_by_label("It is breached when").select_option("any")
        visit.settle()
        page.get_by_role("button", name="Save").click()
        words = "last queue_length greater than 50 or queue_age outside range 0 to 600 by queue"
        expect(page.get_by_role("cell", name=words)).to_be_visible()

        # then the alert that it raises appears on the overview by itself, and is taken in hand there
        menu.get_by_role("link", name="Overview").click()
        row = "li.alert:has-text('Line too long on queue=till')"
        eventually_sent(site, page, row, {"queue_length": 75}, queue="till")
        page.locator(row).get_by_role("button", name="Acknowledge").click()
        expect(page.locator(row)).to_contain_text("taken by")
        page.locator(row).get_by_role("link").click()
        expect(page.get_by_role("heading", name="Timeline")).to_be_visible()

        # and the report has the day's figures
        menu.get_by_role("link", name="Reports").click()
        expect(page.locator("dt:text-is('CPU') + dd")).to_contain_text("%")

        # and whoever logs out is out
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Token")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Token")).to_be_visible()
