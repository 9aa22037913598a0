"""Builds what is deployed: `python -m infra.aws.package OUT` writes deployment.zip and sam.json there.

1. The sources are copied aside, so that nothing else can reach the package.
2. Chalice packages them and merges the files of resources/ into its template.
3. The package is made small and quick to start, and checked to be complete.
4. The template is finished.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.aws.complete import IncompletePackage, check
from infra.aws.declared import declared
from infra.aws.repack import repack
from infra.aws.template import finish

ROOT = Path(__file__).parent.parent.parent
SOURCES = ("app.py", "chalicelib", "requirements.txt", ".chalice/config.json")
ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
STAGE = "dev"
PACKAGE, TEMPLATE = "deployment.zip", "sam.json"


def build(
    out: Path, *, architecture: str = "arm64", root: Path = ROOT, trusted: Mapping[str, bytes] | None = None
) -> None:
    """Write deployment.zip and sam.json into `out`. `root` is the project. Raises IncompletePackage.

    `trusted` are files to put beside the code: the certificates that the stores' own are signed by.
    """
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory) / "project"
        for name in SOURCES:
            target = project / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (root / name).is_dir():
                shutil.copytree(root / name, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(root / name, target)
        _set_architecture(project / ".chalice" / "config.json", architecture)
        made = Path(directory) / "made"
        merged = Path(directory) / "declared.json"
        merged.write_text(json.dumps(declared()))
        _chalice(project, made, merged)
        package = Path(directory) / PACKAGE
        repack(made / PACKAGE, package, beside=trusted or {})
        requirements = (project / "requirements.txt").read_text().splitlines()
        check(package, requirements, architecture=ARCHITECTURES[architecture])
        template = finish(json.loads((made / TEMPLATE).read_text()), code=digest(package))
        out.mkdir(parents=True, exist_ok=True)
        shutil.copy(package, out)
        (out / TEMPLATE).write_text(json.dumps(template, indent=2, sort_keys=True) + "\n")


def digest(package: Path) -> str:
    """What tells one package from another: the template carries it, so that a deployment sees that code changed."""
    return hashlib.sha256(package.read_bytes()).hexdigest()


def _set_architecture(config: Path, architecture: str) -> None:
    content = json.loads(config.read_text())
    content["lambda_architecture"] = architecture
    config.write_text(json.dumps(content))


def _chalice(project: Path, out: Path, merged: Path) -> None:
    command = [str(Path(sys.executable).parent / "chalice"), "package", "--stage", STAGE]
    command += ["--merge-template", str(merged), str(out)]
    # Chalice wants a region, though the template names none.
    environment = {"AWS_DEFAULT_REGION": "us-east-1"} | dict(os.environ)
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise IncompletePackage(f"chalice package failed:\n{done.stdout}{done.stderr}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code."""
    parser = argparse.ArgumentParser(description="Build the package and the template.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--architecture", choices=sorted(ARCHITECTURES), default="arm64")
    given = parser.parse_args(arguments)
    try:
        build(given.out, architecture=given.architecture)
    except IncompletePackage as error:
        print(error, file=sys.stderr)
        return 1
    size = (given.out / PACKAGE).stat().st_size
    print(f"{given.out / PACKAGE} ({size / 1e6:.1f} MB) and {TEMPLATE} are ready for {given.architecture}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
