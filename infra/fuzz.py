"""`make fuzz`: Schemathesis sends what the API's description allows, and what it forbids, to a running service.

A stack of its own is started in a temporary directory. Whatever is sent, there must be no answer of 500, none whose
status, type or body is not described, and nothing may be taken that the description forbids.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.local.program import REPOSITORY

ENVIRONMENT = REPOSITORY / ".venv-fuzz"
REQUIREMENTS = REPOSITORY / "requirements-fuzz.txt"
EXAMPLES = 8  # of each operation and phase: some 7,000 requests, three minutes
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "negative_data_rejection"),
)
# They read forms and protocols of others, and the session is what a browser has.
LEFT_OUT = "slack|otlp|prometheus|confirm|sessions"
_READY = re.compile(r"ready: (\S+) token: (\S+)")


def main() -> int:
    """The command; the exit code."""
    program = _installed()
    with tempfile.TemporaryDirectory() as directory:
        given = {"LOCAL_DIR": directory, "PORT": "0", "AGENT": "0"}
        stack = subprocess.Popen(
            [sys.executable, "-m", "infra.local"],
            env={**os.environ, **given},
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert stack.stdout is not None
            ready = _READY.search(stack.stdout.readline())
            if ready is None:
                print("The stack did not start.", file=sys.stderr)
                return 1
            return _run(program, ready[1], ready[2], Path(directory))
        finally:
            stack.send_signal(signal.SIGINT)
            stack.wait()


def _run(program: Path, address: str, token: str, directory: Path) -> int:
    command = [
        *(str(program), "run", f"{address}/api/monitoring/openapi.json", "--url", f"{address}/api"),
        *("--header", f"Authorization: Bearer {token}", "--checks", ",".join(CHECKS)),
        *("--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES), "--generation-deterministic"),
        *("--exclude-path-regex", LEFT_OUT, "--request-timeout", "30", "--continue-on-failure"),
    ]
    return subprocess.run(command, cwd=directory, check=False).returncode


def _installed() -> Path:
    """Schemathesis' program, installed if need be."""
    stamp = ENVIRONMENT / ".requirements"
    if not stamp.exists() or stamp.read_text() != REQUIREMENTS.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        python = str(ENVIRONMENT / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(REQUIREMENTS.read_text())
    return ENVIRONMENT / "bin" / "schemathesis"


if __name__ == "__main__":
    sys.exit(main())
