"""What the tests of the deployment share: one package for this machine's processor, one emulator, empty stores."""

from __future__ import annotations

import fcntl
import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.aws.package import PACKAGE, ROOT, TEMPLATE, build
from infra.local.postgres import running_postgres
from infra.local.valkey import running_valkey
from tests.infra.aws.emulator import emulator


@dataclass(frozen=True, slots=True)
class Stores:
    """Where PostgreSQL and Valkey are, for this process and for the emulated functions alike."""

    database_url: str
    redis_url: str


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the package and its template, as for a deployment but for this machine's processor.

    Built once a run: the processes that pytest-xdist distributes tests to share a parent directory.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    out = shared / "package"
    with (shared / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / TEMPLATE).exists():  # it is written last
            build(out, architecture="arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64")
    return out


@pytest.fixture(scope="session")
def emulated(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without what the emulator does not know."""
    out = tmp_path_factory.mktemp("emulated")
    (out / PACKAGE).hardlink_to(package / PACKAGE)
    template = json.loads((package / TEMPLATE).read_text())
    unknown = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::Budgets::Budget"]
    for name in unknown:
        del template["Resources"][name]
    (out / TEMPLATE).write_text(json.dumps(template))
    return out


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the AWS emulator."""
    with emulator(ROOT, tmp_path_factory.mktemp("emulator")) as address:
        yield address


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Stores of a test module's own: an emulator's schedules write to theirs whenever they like.

    Functions that an emulator runs in containers cannot reach this machine's 127.0.0.1; E2E_DATABASE_URL and
    E2E_REDIS_URL then name stores that they and this process can reach.
    """
    given = os.environ.get("E2E_DATABASE_URL"), os.environ.get("E2E_REDIS_URL")
    if given[0] and given[1]:
        yield Stores(given[0], given[1])
        return
    with (
        running_postgres(tmp_path_factory.mktemp("postgres"), fsync=False) as database_url,
        running_valkey(tmp_path_factory.mktemp("valkey"), appendfsync="no") as redis_url,
    ):
        yield Stores(database_url, redis_url)
