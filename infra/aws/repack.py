"""Makes a package small and quick to start: without what no function reads, with its Python already compiled.

Lambda's code directory cannot be written to, so that a container without bytecode compiles every source it imports, at
every cold start: that is half of the time until the first answer (docs/operations.md has the figures). The bytecode is
not compared with its source; both come from the same build. Chalice takes Lambda's Python from the Python that runs
this, so that the versions fit; should they ever not, Python compiles the sources as if there were no bytecode.
"""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

CODE = "/var/task"  # where Lambda unpacks a package; tracebacks name it
_OURS = ("app.py", "chalicelib")
_FOLDERS = frozenset({"tests", "__pycache__"})
_SUFFIXES = frozenset({".a", ".c", ".f90", ".h", ".pxd", ".pyc", ".pyi", ".pyx"})
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def repack(package: Path, out: Path, *, beside: Mapping[str, bytes] | None = None) -> None:
    """Write `package` to `out`, slim and compiled; the same content gives the same bytes.

    Our own files are all kept, and so are licences and the metadata that says what is in the package. `beside` are
    files to add.
    """
    with tempfile.TemporaryDirectory() as directory:
        code = Path(directory).resolve()
        with zipfile.ZipFile(package) as archive:
            archive.extractall(code, [name for name in archive.namelist() if is_needed(name)])
        for name, content in (beside or {}).items():
            (code / name).write_bytes(content)
        _compile(code)
        with zipfile.ZipFile(out, "w") as smaller:
            for path in sorted(path for path in code.rglob("*") if path.is_file()):
                _add(smaller, path.relative_to(code).as_posix(), path.read_bytes())


def is_needed(name: str) -> bool:
    """Whether a function may need the file of this name."""
    path = PurePosixPath(name)
    if name.endswith("/") or path.suffix == ".pyc":
        return False
    return path.parts[0] in _OURS or not (path.suffix in _SUFFIXES or _FOLDERS.intersection(path.parts[:-1]))


def _compile(code: Path) -> None:
    # In a process of its own: what this one has imported and warned about leaves no trace in the bytecode.
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    # A file that does not compile stays a source; those of ours have all been imported by Chalice.
    subprocess.run([*command, "-s", str(code), "-p", CODE, str(code)], capture_output=True, check=False)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    # Readable by all, as Lambda runs the code as another user; the mode otherwise follows the builder's umask.
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    archive.writestr(entry, content)
