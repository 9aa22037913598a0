"""The service as it stands for those who attack it: whole, on real PostgreSQL and Valkey."""

from __future__ import annotations

import pytest

from tests.call import Api


@pytest.fixture
def api(stack: None) -> Api:
    """The API with an admin token."""
    import app

    return Api(app.mint_token({"name": "test", "scopes": ["admin"]}, None)["token"])
