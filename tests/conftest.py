"""What every test may ask for: real servers, started once per test process, and a clean environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from chalicelib import settings, wiring
from chalicelib.settings import Settings
from infra.local.postgres import Postgres
from infra.local.valkey import Valkey
from tests.blank import make_blank

# The same examples every time: a test that fails here fails for everybody.
hypothesis_settings.register_profile("steady", deadline=None, derandomize=True, max_examples=100)
hypothesis_settings.load_profile("steady")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups, whose tests one process runs one after the other, come first: nobody waits for one that began last."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting leaks in from the developer's shell."""
    for name in Settings.__struct_encode_fields__:
        if name in os.environ:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One PostgreSQL for all tests of this process, without fsync: no test that shares it cuts the power."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), fsync=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One Valkey for all tests of this process."""
    server = Valkey(tmp_path_factory.mktemp("valkey"), appendfsync="no")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def stack(postgres: Postgres, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The service wired to empty, migrated stores."""
    import redis

    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
    with wired(monkeypatch, DATABASE_URL=postgres.url, REDIS_URL=valkey.url):
        make_blank(postgres.url)
        yield


class wired:  # noqa: N801 -- reads as a statement: with wired(...)
    """The service with these settings, for the length of a block; everything it opened is closed again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
        self._monkeypatch = monkeypatch
        self._environment = environment

    def __enter__(self) -> None:
        forget_wiring()
        for name, value in self._environment.items():
            self._monkeypatch.setenv(name, value)

    def __exit__(self, *_: object) -> None:
        forget_wiring()


def forget_wiring() -> None:
    """Close what is open; the next use builds everything anew, from the environment as it is then."""
    if wiring.valkey.cache_info().currsize:
        wiring.valkey().close()
    if wiring.database.cache_info().currsize:
        wiring.database().close()
    begin_container()


def begin_container() -> None:
    """From now on everything is built anew, as in a container that starts; what was built before lives on beside it."""
    settings.current.cache_clear()
    areas = [module for name, module in sys.modules.items() if f"{name}.".startswith("chalicelib.wiring.")]
    for area in areas:
        for built in vars(area).values():
            if hasattr(built, "cache_clear"):
                built.cache_clear()


@pytest.fixture
def project() -> Path:
    """The project's root."""
    return Path(__file__).parent.parent
