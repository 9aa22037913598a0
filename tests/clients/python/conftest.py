"""The command `perfmon` beside the real service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib import sealing
from tests.clients.python.served import serving
from tests.clients.python.shell import Shell
from tests.conftest import wired


@pytest.fixture
def shell(stack: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """It, with an administrator's token."""
    with wired(monkeypatch, NOTIFIER_PUBLIC_KEY=sealing.new_keys()[0]), serving(monkeypatch) as served:
        yield Shell(capsys, monkeypatch, served.url, served.token)
