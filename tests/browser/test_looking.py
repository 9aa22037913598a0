"""Looking closer: zoom and back, comparison, search; what a page says when the service is away, or the session over."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import PATIENCE_MS, Site, violations

pytestmark = pytest.mark.xdist_group("browser")
_FIXED = re.compile(r"(?=.*[?&]from=2\d{3}-)(?=.*&to=2\d{3}-)")
_BARE = "fetch('/api/monitoring/health/system').then(async (answer) => [answer.status, (await answer.json()).status])"


def test_a_chart_is_zoomed_by_dragging_and_the_search_leads_to_a_host(site: Site, browser: Browser, axe: str) -> None:
    with site.visit(browser, viewport={"width": 1360, "height": 900}) as visit:
        expect.set_options(timeout=PATIENCE_MS)
        page = visit.open("explore?metricType=cpu_usage&groupBy=host&from=-3h&topk=5")

        # given a chart and what it was an hour before
        page.get_by_label("Compare with").select_option("1h")
        expect(page.get_by_text("an hour before", exact=False).last).to_be_visible()
        chart = page.locator(".u-over").bounding_box()
        assert chart is not None

        # when the pointer is dragged over it, then the address has that stretch, and back is back
        page.mouse.move(chart["x"] + chart["width"] * 0.3, chart["y"] + 90)
        expect(page.locator(".tip")).to_contain_text("UTC")
        page.mouse.down()
        page.mouse.move(chart["x"] + chart["width"] * 0.6, chart["y"] + 90, steps=4)
        page.mouse.up()
        expect(page).to_have_url(_FIXED)
        expect(page.get_by_role("button", name="Show")).to_be_visible()
        assert violations(page, axe) == []
        page.go_back()
        expect(page.get_by_label("Time range")).to_have_value("-3h")

        # and a slash finds a host
        page.locator("h1").click()
        page.keyboard.press("/")
        page.keyboard.type("db-2")
        expect(page.get_by_role("option", name="db-2")).to_be_visible()
        assert violations(page, axe) == []
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("db-2")

        # and a component of this origin reads with a bare fetch, as the specification's does
        status, health = page.evaluate(_BARE)
        assert (status, health in ("healthy", "warning", "critical")) == (200, True)


def test_a_page_whose_script_does_not_come_says_so(site: Site, browser: Browser) -> None:
    with site.visit(browser) as visit:
        page = visit.page
        page.route("**/assets/index-*.js", lambda route: route.abort())
        page.goto("/api/dashboard")
        expect(page.get_by_text("could not be loaded")).to_be_visible(timeout=PATIENCE_MS)
        visit.wrong[:] = [each for each in visit.wrong if "ERR_FAILED" not in each]


def test_what_is_old_looks_old_and_a_session_that_is_over_says_so(site: Site, browser: Browser) -> None:
    with site.visit(browser, viewport={"width": 390, "height": 844}) as visit:
        page = visit.open("rules")
        page.context.set_offline(True)
        expect(page.get_by_role("alert").first).to_contain_text("cannot be reached")
        expect(page.locator("main.stale")).to_be_visible()
        page.context.set_offline(False)

        page.context.clear_cookies()
        page.reload()
        expect(page.get_by_role("status")).to_contain_text("session has ended")
        assert page.url.endswith("#/rules"), "one comes back to the same page"

        # the browser itself notes what did not arrive and what was refused; nothing else went wrong
        visit.wrong[:] = [each for each in visit.wrong if "ERR_INTERNET" not in each and "401" not in each]
