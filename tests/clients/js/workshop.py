"""A folder in which programs of the JavaScript client are compiled and run."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OLDEST_NODE = 18
TSCONFIG = {
    "compilerOptions": {
        "strict": True,
        "target": "ES2022",
        "lib": ["ES2022", "DOM"],
        "module": "NodeNext",
        "jsx": "react-jsx",
        "types": ["node"],
    }
}


class Workshop:
    """Resolves `perfmon-client`, Express 4 (`express4`) and 5, React and jsdom."""

    def __init__(self, folder: Path, package: Path) -> None:
        self.folder = folder
        self._typescript = package / "node_modules" / "typescript" / "bin" / "tsc"
        modules = folder / "node_modules"
        modules.mkdir()
        for installed in (package / "node_modules").iterdir():
            (modules / installed.name).symlink_to(installed)
        (modules / "perfmon-client").symlink_to(package)
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "tsconfig.json").write_text(json.dumps(TSCONFIG))

    def write(self, name: str, text: str) -> None:
        """A program, `name` with its ending."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def compile(self) -> None:
        """Check the types of everything that is written in TypeScript, and make it run."""
        done = subprocess.run(["node", self._typescript, "-p", "."], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

    def start(self, name: str, url: str, token: str) -> subprocess.Popen[str]:
        """A program at work, with PERFMON_URL and PERFMON_TOKEN."""
        environment = os.environ | {"PERFMON_URL": url, "PERFMON_TOKEN": token}
        return subprocess.Popen(
            ["node", name],
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, name: str, url: str, token: str) -> str:
        """What a program says until it ends, which must be well."""
        with self.start(name, url, token) as program:
            said, _ = program.communicate(timeout=60)
            assert program.returncode == 0, said
        return said


def ready_package(project: Path) -> Path:
    """The client's folder, installed and compiled; both only when something changed since the last time."""
    package = project / "clients" / "js"
    trouble = _missing()
    if trouble is None:
        with _one_at_a_time(package):
            _when_changed(package, "install", [package / "package-lock.json"], ["npm", "ci"])
            sources = sorted([*(package / "src").iterdir(), *package.glob("*.json"), *package.glob("scripts/*")])
            _when_changed(package, "compile", sources, ["npm", "run", "build"])
        return package
    if os.environ.get("CI"):
        pytest.fail(trouble)
    pytest.skip(trouble)


def _missing() -> str | None:
    if not shutil.which("node") or not shutil.which("npm"):
        return "the JavaScript client's tests need Node.js 18 or newer with npm"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    major = int(version.lstrip("v").split(".")[0])
    return None if major >= OLDEST_NODE else f"the JavaScript client needs Node.js 18 or newer; this is {version}"


@contextmanager
def _one_at_a_time(package: Path) -> Iterator[None]:
    (package / "build").mkdir(exist_ok=True)
    with (package / "build" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _when_changed(package: Path, what: str, files: list[Path], command: list[str]) -> None:
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    stamp = package / "build" / f"{what}.sha256"
    if stamp.exists() and stamp.read_text() == digest and (package / "node_modules").exists():
        return
    done = subprocess.run(command, cwd=package, capture_output=True, text=True)
    if done.returncode:
        said = f"{' '.join(command)} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        unreachable = what == "install" and any(
            code in said for code in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")
        )
        if unreachable and not os.environ.get("CI"):
            pytest.skip("the JavaScript client's tests need a package registry once, to install Express and React")
        pytest.fail(said)
    stamp.write_text(digest)
