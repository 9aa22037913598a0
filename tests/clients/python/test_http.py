"""The client repeats what may be repeated, and says what went wrong without saying the token."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from perfmon_client import ApiError, Http, Unreachable, configuration

from tests.scripted_api import Answer, scripted_api


def http(url: str, waits: list[float] | None = None) -> Http:
    """A client that writes its waits down instead of waiting."""
    return Http(url, "pm_secret", sleep=([] if waits is None else waits).append)


@pytest.mark.parametrize("answer", [Answer(503), Answer(502), Answer(429), Answer(0)], ids=lambda a: str(a.status))
def test_a_get_is_repeated_until_it_is_answered(answer: Answer) -> None:
    with scripted_api(answer, answer, Answer(200, {"types": []})) as api:
        assert http(api.url).get("/monitoring/x", types="a", from_="-1h", to=None) == {"types": []}
    assert api.requests == ["GET /api/monitoring/x?types=a&from=-1h"] * 3
    assert api.headers[0]["Authorization"] == "Bearer pm_secret"


def test_a_post_is_repeated_only_under_its_idempotency_key_which_stays_the_same() -> None:
    with scripted_api(Answer(502), Answer(503)) as api:
        with pytest.raises(ApiError):
            http(api.url).post("/monitoring/tokens", {})
        http(api.url).post("/monitoring/metrics", {}, idempotent=True)
    assert len(api.requests) == 3
    assert "Idempotency-Key" not in api.headers[0]
    assert api.headers[1]["Idempotency-Key"] == api.headers[2]["Idempotency-Key"]


def test_waiting_is_never_shorter_than_the_service_asks() -> None:
    waits: list[float] = []
    with scripted_api(Answer(429, headers={"Retry-After": "7"}), Answer(503)) as api:
        http(api.url, waits).get("/x")
    assert waits[0] == 7
    assert 0.1 < waits[1] < 1


def test_nobody_is_kept_waiting_for_longer_than_a_caller_would() -> None:
    waits: list[float] = []
    refusal = Answer(429, {"detail": "too many"}, headers={"Retry-After": "3600"})
    with scripted_api(refusal) as api, pytest.raises(ApiError, match="too many"):
        http(api.url, waits).get("/x")
    assert waits == []


def test_a_refusal_names_the_field_and_is_not_repeated() -> None:
    refusal = Answer(400, {"detail": "value: is missing.", "field": "value"})
    with scripted_api(refusal) as api, pytest.raises(ApiError, match="value: is missing") as caught:
        http(api.url).get("/x")
    assert (caught.value.status, caught.value.field, len(api.requests)) == (400, "value", 1)


def test_a_service_that_is_away_is_said_to_be_so_without_the_token() -> None:
    with scripted_api() as api:
        url = api.url
    with pytest.raises(Unreachable) as caught:
        http(url).get("/x")
    assert url in str(caught.value)
    assert "pm_secret" not in str(caught.value)


def test_an_answer_without_a_body_is_none() -> None:
    with scripted_api(Answer(200, {})) as api:
        http(api.url).delete("/monitoring/tokens/t")
    assert api.requests == ["DELETE /api/monitoring/tokens/t"]


def test_the_page_of_somebody_else_is_an_error_and_no_answer() -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<h1>Log in</h1>")

        def log_message(self, *_: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        with pytest.raises(ApiError, match="not as the service does: its url ends in /api"):
            http(f"http://127.0.0.1:{server.server_port}").get("/monitoring/health/system")
        answering.join()


def test_the_token_of_a_checkout_is_found_from_any_folder_in_it(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "token").write_text("pm_local\n")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    found = configuration.read({}, inside)
    assert (found.url, found.token) == ("http://127.0.0.1:8000/api", "pm_local")
    assert configuration.read({"PERFMON_TOKEN": "pm_env"}, inside).token == "pm_env"
    assert "pm_local" not in repr(found)
