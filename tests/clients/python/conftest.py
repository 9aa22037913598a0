"""The command `perfmon` beside the real service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.python.served import serving
from tests.clients.python.shell import Shell


@pytest.fixture
def shell(stack: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """It, with an administrator's token."""
    with serving(monkeypatch) as served:
        yield Shell(capsys, monkeypatch, served.url, served.token)
