"""The inventory of hosts: those of a state among very many, page by page, and how many there are of each."""

from __future__ import annotations

import time
from collections import Counter
from itertools import product
from typing import Any

import pytest

from chalicelib.domain.hosts import Host, HostState
from chalicelib.services.host_inventory import PAGE
from chalicelib.wiring import alerting
from tests.call import Api

HOSTS = "/monitoring/hosts"
HOUR = 3_600_000
NOW = 1_767_225_600_123


def test_a_host_that_is_down_is_found_behind_any_number_that_are_up(api: Api) -> None:
    now = _now()
    alerting.host_book().seen({f"a-{number:03}": now for number in range(PAGE + 5)} | {"z": now - HOUR})

    everything = api.get(HOSTS).body
    assert (len(everything["hosts"]), "z" in _names(everything)) == (PAGE, False)
    down = api.get(HOSTS, state="down,late").body
    assert (_names(down), down["next"]) == (["z"], None)
    assert everything["counts"] == down["counts"] == {"up": PAGE + 5, "late": 0, "down": 1}


def test_those_of_a_state_come_in_pages_and_only_the_first_has_the_counts(api: Api) -> None:
    now = _now()
    silent = {f"h-{number:03}": now - HOUR for number in range(0, 2 * PAGE + 6, 2)}
    alerting.host_book().seen(silent | {f"h-{number:03}": now for number in range(1, 2 * PAGE + 6, 2)})

    first = api.get(HOSTS, state="down").body
    rest = api.get(HOSTS, state="down", after=first["next"]).body
    assert _names(first) + _names(rest) == sorted(silent)
    assert (rest["next"], "counts" in first, "counts" in rest) == (None, True, False)


def test_a_host_that_was_forgotten_counts_no_more(api: Api) -> None:
    alerting.host_book().seen({"gone": _now() - HOUR})
    assert api.delete(f"{HOSTS}/gone").status == 204
    listed = api.get(HOSTS, state="down").body
    assert (listed["hosts"], listed["counts"]["down"]) == ([], 0)


@pytest.mark.parametrize("state", ["dead", "up,dead", "UP"])
def test_a_state_that_there_is_not_is_refused_by_name(api: Api, state: str) -> None:
    refused = api.get(HOSTS, state=state)
    assert (refused.status, refused.body["field"]) == (400, "state")


@pytest.mark.usefixtures("stack")
def test_the_store_and_the_domain_agree_about_every_state() -> None:
    # given hosts on both sides of every bound, of agents of every kind
    silences = [-600_000, 0, *(bound + by for bound in (45_000, 180_000, 900_000, 3_000_000) for by in (-1, 0, 1))]
    agents: list[dict[str, Any]] = [
        {},
        {"interval": 0},
        {"interval": 10},
        {"interval": 300},
        {"version": "1.2"},
        {"interval": 10**17},
    ]
    book, hosts = alerting.host_book(), []
    for place, (silent, agent) in enumerate(product(silences, agents)):
        hosts.append(Host(f"h-{place:03}", NOW - silent, NOW - silent, agent))
    book.seen({host.name: host.last_seen for host in hosts})
    book.describe({host.name: host.agent for host in hosts})

    # when they are asked for by state, then they are those that say so of themselves
    for state in HostState:
        found = {host.name for host in book.page("", 1000, [state], NOW)}
        assert found == {host.name for host in hosts if host.state(NOW) is state}, state
    assert book.counts(NOW) == Counter(host.state(NOW) for host in hosts)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _names(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [each["name"] for each in answer["hosts"]]
