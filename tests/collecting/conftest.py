"""The service with a pair of keys, as every installation has one."""

from __future__ import annotations

import pytest

from chalicelib.sealing import new_keys
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.call import Api
from tests.conftest import wired


@pytest.fixture
def keys(stack: None, postgres: Postgres, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The public and the private one; what is wired from now on has both."""
    public, private = new_keys()
    stores = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
    given = wired(monkeypatch, NOTIFIER_PUBLIC_KEY=public, NOTIFIER_PRIVATE_KEY=private, **stores)
    given.__enter__()
    return public, private


@pytest.fixture
def api(keys: tuple[str, str]) -> Api:
    """The API with an admin token."""
    import app

    return Api(app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"])
