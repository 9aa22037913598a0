"""The agent runs on older Pythons than the service does."""

from __future__ import annotations

import ast
import re
from pathlib import Path


def test_every_file_is_written_in_the_oldest_python_that_the_package_promises(project: Path) -> None:
    promised = re.search(r'requires-python = ">=3\.(\d+)"', (project / "agent" / "pyproject.toml").read_text())
    assert promised is not None
    sources = sorted((project / "agent" / "src").rglob("*.py"))
    assert len(sources) > 30
    for source in sources:
        tree = ast.parse(source.read_text(), feature_version=(3, int(promised[1])))
        # `X | None` in annotations is text then, and not looked at.
        assert "from __future__ import annotations" in source.read_text() or not list(ast.walk(tree))[20:], source.name
