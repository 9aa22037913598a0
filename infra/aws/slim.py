"""Leaves out of a package what no function reads: tests, type stubs and C sources that wheels carry along."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

_OURS = ("app.py", "chalicelib")
_FOLDERS = frozenset({"tests", "__pycache__"})
_SUFFIXES = frozenset({".a", ".c", ".f90", ".h", ".pxd", ".pyc", ".pyi", ".pyx"})
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def slim(package: Path, out: Path) -> None:
    """Write `package` to `out` without what is not needed; the same content gives the same bytes.

    Our own files are all kept, and so are licences and the metadata that says what is in the package.
    """
    with (
        zipfile.ZipFile(package) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as smaller,
    ):
        for name in sorted(archive.namelist()):
            if not is_needed(name):
                continue
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Readable by all, as Lambda runs the code as another user; the mode otherwise follows the builder's umask.
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            smaller.writestr(entry, archive.read(name))


def is_needed(name: str) -> bool:
    """Whether a function may need the file of this name."""
    path = PurePosixPath(name)
    if name.endswith("/"):
        return False
    return path.parts[0] in _OURS or not (path.suffix in _SUFFIXES or _FOLDERS.intersection(path.parts[:-1]))
