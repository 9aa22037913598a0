"""Real applications in Flask, Django and FastAPI, under load, while the service goes and comes back."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest
import requests
from perfmon_client import Figures, PerformanceMonitoringService, sender

from tests.clients.python.receiver import LOSE, Receiver, receiving, until
from tests.clients.python.served import serving
from tests.clients.python.web.shops import SHOPS, open_shop


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once."""
    monkeypatch.setattr(sender, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(sender, "LONGEST_WAIT", 0.05)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A service with memory."""
    with receiving() as receiver:
        yield receiver


@pytest.mark.parametrize("shop", SHOPS)
def test_a_hundred_requests_of_which_six_fail_make_six_percent(
    stack: None, monkeypatch: pytest.MonkeyPatch, shop: str
) -> None:
    with serving(monkeypatch) as served:
        client = PerformanceMonitoringService(served.url, served.token)
        with client as monitoring, open_shop(shop, monitoring) as url, requests.Session() as caller:
            statuses = Counter(caller.get(f"{url}/api/projects/{each}").status_code for each in range(1, 100))
            assert caller.get(f"{url}/api/broken").status_code == 500
        recorded = served.get("/monitoring/metrics/realtime", types="response_time")["response_time"]
        template = SHOPS[shop][2]

        assert statuses == {200: 94, 404: 5}
        assert {sample["tags"]["endpoint"] for sample in recorded} == {template, "/api/broken"}
        assert {sample["tags"]["method"] for sample in recorded} == {"GET"}
        assert served.error_rate() == 6.0


@pytest.mark.parametrize("shop", SHOPS)
def test_an_application_under_load_never_notices_that_the_service_is_killed_and_nothing_is_lost(
    receiver: Receiver, shop: str
) -> None:
    trouble: list[str] = []

    def visit(url: str) -> None:
        with requests.Session() as caller:
            for each in range(60):
                status = caller.get(f"{url}/api/projects/{each}").status_code
                if status != (404 if each % 17 == 0 else 200):
                    trouble.append(f"{each}: {status}")

    with (
        PerformanceMonitoringService(
            receiver.url, "pm_secret", buffer_size=10, flush_interval=0.01, close_timeout=30
        ) as monitoring,
        open_shop(shop, monitoring) as url,
    ):
        callers = [threading.Thread(target=visit, args=(url,)) for _ in range(4)]
        for caller in callers:
            caller.start()
        until(lambda: len(receiver.samples) > 20, "the first samples")
        receiver.told = [LOSE]
        receiver.stop()
        until(lambda: monitoring.figures().waiting > 50 or not any(each.is_alive() for each in callers))
        receiver.start()
        for caller in callers:
            caller.join()

    assert trouble == []
    counted = Counter(sample["metricType"] for sample in receiver.samples)
    assert counted == {"response_time": 240, "error_rate": 16}  # 0, 17, 34 and 51, four times
    assert monitoring.figures() == Figures(sent=256, waiting=0, dropped=0)


@pytest.mark.parametrize("shop", SHOPS)
def test_streams_failures_and_what_nobody_answers_are_told_by_template(receiver: Receiver, shop: str) -> None:
    client = PerformanceMonitoringService(receiver.url, "pm_secret", tags={"service": "shop"})
    with client as monitoring, open_shop(shop, monitoring) as url:
        assert requests.get(f"{url}/api/stream").text == "onetwo"
        assert requests.get(f"{url}/api/broken").status_code == 500
        assert requests.get(f"{url}/wp-login.php").status_code == 404
        assert requests.request("PROPFIND", f"{url}/wp-login.php").status_code == 404

    told = Counter(
        (each["metricType"], each["tags"]["endpoint"], each["tags"]["method"], each["tags"]["statusCode"])
        for each in receiver.samples
    )
    assert told == {
        ("response_time", "/api/stream", "GET", "200"): 1,
        ("response_time", "/api/broken", "GET", "500"): 1,
        ("error_rate", "/api/broken", "GET", "500"): 1,
        ("response_time", "unmatched", "GET", "404"): 1,
        ("error_rate", "unmatched", "GET", "404"): 1,
        ("response_time", "unmatched", "other", "404"): 1,
        ("error_rate", "unmatched", "other", "404"): 1,
    }
    assert {each["tags"]["service"] for each in receiver.samples} == {"shop"}
