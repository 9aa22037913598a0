"""Every page as people have it: wide and narrow, light and dark, by keyboard and screen reader, with hostile names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import PATIENCE_MS, Site, violations
from tests.infra.local.eventually import eventually

pytestmark = pytest.mark.xdist_group("browser")

DESK: dict[str, Any] = {"viewport": {"width": 1360, "height": 900}, "color_scheme": "light"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
SCRIPT = '<img src=x onerror="window.wasHurt=1">'
HOSTILE = (SCRIPT, "w" * 256, "\u202egnp.exe\u202c\u05d0\u05d1")


@pytest.fixture(scope="module")
def alert(site: Site) -> str:
    """The id of an alert that fires on a host whose name is markup; the other hostile names are beside it."""
    service = site.service
    for place, name in enumerate(HOSTILE):
        made = {"type": "email", "config": {"to": ["x@example.com"]}}
        service.call("POST", "/channels", {"name": f"{name[:90]}{place}", **made})
        service.call("POST", "/tokens", {"name": f"{name[:90]}{place}", "scopes": ["ingest"]})
        url = "http://127.0.0.1:9/metrics"
        service.call("POST", "/targets", {"name": f"{name[:90]}{place}", "type": "prometheus", "url": url})
    rule = {
        "name": SCRIPT,
        "metricType": "hostile",
        "condition": "greater_than",
        "threshold": 1,
        "groupBy": ["host"],
        "noData": None,
    }
    rule_id = service.call("POST", "/alerts/rules", rule)["id"]
    conditions = [
        {"metricType": name, "condition": "greater_than", "threshold": 99} for name in ("cpu_usage", "hostile")
    ]
    service.call("POST", "/alerts/rules", {"name": HOSTILE[1][:200], "conditions": conditions, "groupBy": ["host"]})
    ends_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    service.call("POST", "/silences", {"tags": {"host": SCRIPT}, "endsAt": ends_at, "comment": SCRIPT})

    def fired() -> list[str]:
        for name in HOSTILE:
            site.send({"hostile": 5, "cpu_usage": 99, "disk_usage": 99}, host=name, mount=name)
        found = service.call("GET", "/alerts?state=firing")["alerts"]
        ids = [each["id"] for each in found if each["ruleId"] == rule_id]
        return ids if len(ids) == len(HOSTILE) else []

    return eventually(fired, seconds=60)[0]


@pytest.mark.parametrize("look", [DESK, PHONE], ids=["wide and light", "narrow and dark"])
def test_every_page_is_whole_accessible_and_unhurt_by_hostile_names(
    site: Site, browser: Browser, axe: str, alert: str, look: dict[str, Any]
) -> None:
    explored = "explore?metricType=cpu_usage&groupBy=host&from=-15m"
    parts = ["", "hosts", "explore", explored, "alerts", f"alerts/{alert}", "rules", "rules/new", "reports", "channels"]
    several = [each["id"] for each in site.service.call("GET", "/alerts/rules")["rules"] if each.get("conditions")]
    assert several
    parts += [f"rules/{rule_id}" for rule_id in several[:1]]
    parts += [f"hosts/{name}" for name in ("db-1", "%3Cimg%20src%3Dx%20onerror%3D%22window.wasHurt%3D1%22%3E")]
    with site.visit(browser, **look) as visit:
        visit.open()
        for part in [*parts, "targets", "tokens", "nowhere"]:
            page = visit.turn_to(part)
            assert page.evaluate("document.documentElement.scrollWidth") <= look["viewport"]["width"], part
            assert violations(page, axe) == [], part
            assert page.evaluate("window.wasHurt") is None, part
            assert page.locator("#main img[src=x]").count() == 0, part


def test_the_login_is_accessible_and_says_what_is_wrong_with_a_token(site: Site, browser: Browser, axe: str) -> None:
    with site.visit(browser, logged_in=False, **PHONE) as visit:
        page = visit.page
        page.goto("/api/dashboard")
        page.get_by_label("Token").fill("pm_no")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
        assert violations(page, axe) == []
        refused = [wrong for wrong in visit.wrong if "401" in wrong]
        assert visit.wrong == refused, "the browser itself notes the refusal, and nothing else"
        visit.wrong.clear()


def test_by_keyboard_one_gets_past_the_menu(site: Site, browser: Browser) -> None:
    with site.visit(browser, **DESK) as visit:
        page = visit.open("hosts")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.getElementById('main').contains(document.activeElement)")
        expect(page.get_by_role("heading", level=1)).to_have_text("Hosts")
