"""The dashboard: a token becomes a cookie that reads, and that changes things only with a header of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.api import dashboard
from tests.call import Api, Reply

CURRENT = "/monitoring/sessions/current"
CHANNEL = {"name": "x", "type": "email", "config": {"to": ["a@example.com"]}}


class Browser:
    """Calls as a page of the dashboard's origin does: with the cookie alone."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        return Api(None).call(method, path, body, headers={"Cookie": f"theme=dark; {self.cookie}", **headers})


def log_in(api: Api) -> tuple[Reply, Browser]:
    """The answer and the browser with its cookie."""
    reply = Api(None).post("/monitoring/sessions", {"token": api.token})
    return reply, Browser(reply.headers["Set-Cookie"].partition(";")[0])


def test_a_token_becomes_a_cookie_that_no_script_and_no_other_site_can_use(api: Api) -> None:
    reply, browser = log_in(api)
    assert (reply.status, reply.body["name"]) == (201, "test")
    for part in ("HttpOnly", "SameSite=Strict", "Path=/api", "Secure", "Max-Age=43200"):
        assert part in reply.headers["Set-Cookie"]
    assert "pm_" not in str(reply.body)
    assert browser.call("GET", CURRENT).body == {"name": "Dashboard session: test", "scopes": ["admin"]}
    assert browser.call("GET", "/monitoring/health/system").status == 200


def test_a_change_by_cookie_needs_the_header(api: Api) -> None:
    _, browser = log_in(api)
    refused = browser.call("POST", "/monitoring/channels", CHANNEL)
    assert refused.status == 403
    assert "X-Requested-With" in refused.body["detail"]
    assert browser.call("POST", "/monitoring/channels", CHANNEL, X_Requested_With="perfmon").status == 201


def test_a_revoked_token_takes_its_sessions_with_it_and_no_others(api: Api) -> None:
    made = api.post("/monitoring/tokens", {"name": "lost", "scopes": ["admin"]}).body
    _, lost = log_in(Api(made["token"]))
    _, kept = log_in(api)
    assert api.delete(f"/monitoring/tokens/{made['id']}").status == 204

    from chalicelib import wiring

    wiring.authenticate.cache_clear()  # within ten seconds a container may still remember it
    assert (lost.call("GET", CURRENT).status, kept.call("GET", CURRENT).status) == (401, 200)


def test_a_session_is_no_admin_token_that_is_left(api: Api) -> None:
    (token,) = api.get("/monitoring/tokens").body["tokens"]
    _, browser = log_in(api)
    assert api.delete(f"/monitoring/tokens/{token['id']}").status == 409
    assert browser.call("DELETE", CURRENT, X_Requested_With="perfmon").status == 204


def test_a_session_begins_no_other(api: Api) -> None:
    _, browser = log_in(api)
    secret = browser.cookie.partition("=")[2]
    assert Api(None).post("/monitoring/sessions", {"token": secret}).status == 403


def test_logging_out_ends_the_session_and_a_token_is_no_session(api: Api) -> None:
    _, browser = log_in(api)
    assert browser.call("DELETE", CURRENT, X_Requested_With="perfmon").status == 204
    from chalicelib import wiring

    wiring.authenticate.cache_clear()  # within ten seconds a container may still remember it
    assert browser.call("GET", CURRENT).status == 401
    assert api.delete(CURRENT).status == 409


@pytest.mark.parametrize(("body", "status"), [({}, 400), ({"token": "pm_no"}, 401), ({"token": "x", "y": 1}, 400)])
def test_a_wrong_token_is_refused(api: Api, body: dict[str, str], status: int) -> None:
    assert Api(None).post("/monitoring/sessions", body).status == status


def test_a_token_that_may_not_read_opens_no_session(api: Api) -> None:
    token = api.post("/monitoring/tokens", {"name": "agent", "scopes": ["ingest"]}).body["token"]
    assert Api(None).post("/monitoring/sessions", {"token": token}).status == 403


def test_the_page_is_served_with_its_files_and_nothing_else(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>é</title>")
    (tmp_path / "assets" / "index-1a.js").write_text("1")
    (tmp_path / "secret.js").write_text("2")
    monkeypatch.setattr(dashboard, "BUNDLE", tmp_path)
    dashboard._read.cache_clear()

    page = Api(None).raw("GET", "/dashboard")
    script = Api(None).raw("GET", "/dashboard/assets/index-1a.js")
    dashboard._read.cache_clear()

    assert (page["statusCode"], page["body"]) == (200, "<title>é</title>")
    assert "default-src 'none'" in page["headers"]["Content-Security-Policy"]
    assert page["headers"]["Cache-Control"] == "no-cache"
    assert (script["statusCode"], script["body"]) == (200, "1")
    assert script["headers"]["Content-Type"].startswith("text/javascript")
    assert "immutable" in script["headers"]["Cache-Control"]
    for name in ("secret.js", "..%2Fsecret.js", "x.html"):
        assert Api(None).raw("GET", f"/dashboard/assets/{name}")["statusCode"] == 404


def test_an_unbuilt_page_says_what_to_do(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "BUNDLE", tmp_path)
    dashboard._read.cache_clear()
    page = Api(None).raw("GET", "/dashboard")
    dashboard._read.cache_clear()
    assert page["statusCode"] == 503
    assert "make dashboard" in page["body"]
