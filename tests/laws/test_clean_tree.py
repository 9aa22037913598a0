"""What must never be committed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

# Written in parts, so that this file does not break its own law.
FORBIDDEN = [
    re.compile(pattern)
    for pattern in (
        r"(?<![\w.])/ro" + r"ot/",
        r"(?<![\w.])/wo" + r"rk/",
        r"files\.pythonhosted" + r"\.org",
        r"registry\.npmjs" + r"\.org",
        r"deb\.debian" + r"\.org",
        r"\bTO" + r"DO\b",
        r"\bFIX" + r"ME\b",
        r"pm_[0-9a-f]" + r"{64}",
    )
]


def test_no_path_of_a_machine_no_registry_no_secret_and_nothing_unfinished(project: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=project, capture_output=True, check=True
    )
    for name in listed.stdout.decode().splitlines():
        try:
            text = (project / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        for pattern in FORBIDDEN:
            assert not pattern.search(text), f"{name}: {pattern.pattern}"
