"""What a test does on a machine that lacks a tool: it says so; under CI, where nothing may be missing, it fails."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str, remedy: str) -> NoReturn:
    """Skip the test for want of something; under CI, fail it."""
    told = f"there is no {what} on this machine: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)
