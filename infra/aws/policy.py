"""`make policy`: the template against checkov's policies; exceptions and their reasons are in policy.yaml."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from infra.aws.package import ROOT, TEMPLATE, build

ENVIRONMENT = ROOT / ".venv-policy"
REQUIREMENTS = ROOT / "requirements-policy.txt"


def main() -> int:
    """The command; the exit code."""
    checkov = ENVIRONMENT / "bin" / "checkov"
    stamp = ENVIRONMENT / ".requirements"
    if not stamp.exists() or stamp.read_text() != REQUIREMENTS.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
        install = [
            str(ENVIRONMENT / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(REQUIREMENTS.read_text())
    with tempfile.TemporaryDirectory() as directory:
        build(Path(directory))
        exceptions = Path(__file__).parent / "policy.yaml"
        command = [str(checkov), "--config-file", str(exceptions), "--file", f"{directory}/{TEMPLATE}"]
        done = subprocess.run(command, check=False).returncode
    if not done:
        print("The template keeps all policies but those excepted in infra/aws/policy.yaml.")
    return done


if __name__ == "__main__":
    sys.exit(main())
