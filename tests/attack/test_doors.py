"""Every route and every caller: who may not come in is told so, and nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from chalicelib.api.endpoint import CSRF_HEADER, SESSION_COOKIE, Route
from chalicelib.domain.scopes import Scope
from tests.attack.surface import guarded, label, path_of
from tests.call import Api

# What each token may do, said once more and by hand: a slip in the product's own table must not pass here.
MAY = {
    "ingest": {Scope.INGEST},
    "read": {Scope.READ},
    "respond": {Scope.READ, Scope.RESPOND},
    "manage": {Scope.READ, Scope.RESPOND, Scope.MANAGE},
    "admin": set(Scope),
}
UNKNOWN = ["", "Bearer", "Bearer pm_" + "0" * 64, "Basic cG06cG0=", "bearer null", "Bearer *", "Bearer ' OR 1=1 --"]


def minted(*scopes: str, seconds: int | None = None) -> str:
    """A new token's secret."""
    import app

    ends = {} if seconds is None else {"seconds": seconds}
    return str(app.mint_token({"name": "caller", "scopes": list(scopes), **ends}, None)["token"])


def statuses(headers: Callable[[Route], dict[str, str]], *, network: str = "203.0.113") -> dict[str, int]:
    """What each guarded route answers; every call comes from another address, else guessing is slowed down."""
    numbers = count()
    answered = {}
    for route in guarded():
        number = next(numbers)
        caller = Api(None, address=f"{network}.{number % 250}")
        answered[label(route)] = caller.call(route.method, path_of(route), headers=headers(route)).status
    return answered


@pytest.mark.parametrize("scope", MAY)
def test_a_token_opens_the_routes_of_its_scope_and_no_other(stack: None, scope: str) -> None:
    secret = minted(scope)
    answered = statuses(lambda _: {"Authorization": f"Bearer {secret}"})

    refused = {name for name, status in answered.items() if status in (401, 403)}
    assert refused == {label(route) for route in guarded() if route.scope not in MAY[scope]}
    assert {answered[name] for name in refused} <= {403}
    assert {name: status for name, status in answered.items() if status >= 500} == {}


def test_no_token_opens_nothing(stack: None) -> None:
    for place, header in enumerate(UNKNOWN):
        answered = statuses(lambda _, given=header: {"Authorization": given} if given else {}, network=f"203.0.{place}")  # type: ignore[misc]
        assert set(answered.values()) == {401}, header


def test_a_revoked_token_opens_nothing(api: Api) -> None:
    made = api.post("/monitoring/tokens", {"name": "gone", "scopes": ["admin"]}).body
    assert api.delete(f"/monitoring/tokens/{made['id']}").status == 204

    answered = statuses(lambda _: {"Authorization": f"Bearer {made['token']}"})
    assert set(answered.values()) == {401}


def test_an_expired_token_opens_nothing(stack: None) -> None:
    secret = minted("admin", seconds=0)
    answered = statuses(lambda _: {"Authorization": f"Bearer {secret}"})
    assert set(answered.values()) == {401}


def test_a_page_of_another_origin_changes_nothing_with_somebodys_session(api: Api) -> None:
    """The browser sends the cookie along whoever asks; the header it sends only for pages of ours."""
    cookie = api.post("/monitoring/sessions", {"token": api.token}).headers["Set-Cookie"].partition(";")[0]
    assert cookie.startswith(f"{SESSION_COOKIE}=")

    answered = statuses(lambda _: {"Cookie": cookie})
    changing = {label(route) for route in guarded() if route.method != "GET"}
    assert {name for name, status in answered.items() if status == 403} == changing
    with_header = statuses(lambda route: {"Cookie": cookie, CSRF_HEADER: "fetch"} if route.method == "GET" else {})
    assert {name for name, status in with_header.items() if status == 401} == changing


def test_a_session_is_worth_no_more_than_the_token_it_came_from(stack: None) -> None:
    reader = minted("read")
    cookie = Api(None).post("/monitoring/sessions", {"token": reader}).headers["Set-Cookie"].partition(";")[0]

    answered = statuses(lambda _: {"Cookie": cookie, CSRF_HEADER: "fetch"})
    refused = {name for name, status in answered.items() if status in (401, 403)}
    assert refused == {label(route) for route in guarded() if route.scope is not Scope.READ}


def test_what_only_some_may_read_is_kept_by_no_cache_and_taken_for_nothing_else(stack: None) -> None:
    caller = Api(minted("admin"))
    for route in guarded():
        if route.scope is not Scope.INGEST:  # its answers are counts, thousands a second
            headers = caller.call(route.method, path_of(route)).headers
            assert headers["Cache-Control"] == "no-store", label(route)
            assert headers["X-Content-Type-Options"] == "nosniff", label(route)
