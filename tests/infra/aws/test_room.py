"""A first deployment of prod is refused where the account lets too few functions run at once, before it begins."""

from __future__ import annotations

from typing import Any

import pytest

from infra.aws.account import Account, check_room
from infra.aws.functions import FUNCTIONS
from infra.aws.refusals import Refused

SET_ASIDE = sum(each.at_most or 0 for each in FUNCTIONS.values())


class Lambda:
    """An account of which so many runs at once are nobody's yet."""

    def __init__(self, free: int) -> None:
        self._free = free

    def client(self, service: str, region_name: str) -> Any:
        return self

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": self._free}}


def account_with(free: int) -> Account:
    return Account(Lambda(free), "123456789012", "eu-central-1")


@pytest.mark.parametrize("free", [10, SET_ASIDE + 99])
def test_an_account_without_room_is_told_how_much_to_ask_for(free: int) -> None:
    with pytest.raises(Refused, match=rf"{free} functions at once .* prod needs {SET_ASIDE + 100}: .*Service Quotas"):
        check_room(account_with(free), SET_ASIDE)


def test_what_aws_wants_left_over_is_enough() -> None:
    check_room(account_with(SET_ASIDE + 100), SET_ASIDE)
