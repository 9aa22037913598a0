"""Is a package complete? Chalice leaves out, without an error, whatever has no wheel for the target."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MAX_ZIPPED = 50 * 1024 * 1024
MAX_UNZIPPED = 200 * 1024 * 1024
# In the Lambda runtime already: 21 MB that no package needs to carry.
IN_THE_RUNTIME = frozenset({"boto3", "botocore", "s3transfer"})


class IncompletePackage(Exception):
    """Something that the code needs is not in the package, or the package is too large; the message says what."""


@dataclass(frozen=True, slots=True)
class _Distribution:
    version: str
    requires: tuple[str, ...]
    tags: tuple[str, ...]


def check(package: Path, requirements: Iterable[str], *, architecture: str) -> None:
    """Raise IncompletePackage unless every requirement and all it requires is there, built for the architecture.

    `requirements` are the lines of a requirements.txt; `architecture` is "aarch64" or "x86_64".
    """
    with zipfile.ZipFile(package) as archive:
        shipped = _distributions(archive)
        unzipped = sum(entry.file_size for entry in archive.infolist())
    if superfluous := sorted(IN_THE_RUNTIME & set(shipped)):
        raise IncompletePackage(f"{', '.join(superfluous)} must not be in the package: Lambda's runtime brings it.")
    _check_requirements(shipped, requirements, architecture)
    zipped = package.stat().st_size
    if zipped > MAX_ZIPPED or unzipped > MAX_UNZIPPED:
        raise IncompletePackage(
            f"The package is too large: {zipped} bytes (at most {MAX_ZIPPED}), {unzipped} unzipped"
            f" (at most {MAX_UNZIPPED})."
        )


def _distributions(archive: zipfile.ZipFile) -> dict[str, _Distribution]:
    """What is in the package, by canonical name, as the wheels' own metadata say."""
    names = set(archive.namelist())
    found: dict[str, _Distribution] = {}
    for name in names:
        folder, _, file = name.partition("/")
        if folder.endswith(".dist-info") and file == "METADATA":
            metadata = HeaderParser().parsestr(archive.read(name).decode())
            wheel = archive.read(f"{folder}/WHEEL").decode() if f"{folder}/WHEEL" in names else ""
            found[canonicalize_name(metadata["Name"])] = _Distribution(
                version=metadata["Version"],
                requires=tuple(metadata.get_all("Requires-Dist", [])),
                tags=tuple(HeaderParser().parsestr(wheel).get_all("Tag", [])),
            )
    return found


def _check_requirements(shipped: dict[str, _Distribution], lines: Iterable[str], architecture: str) -> None:
    # What a marker asks is answered for Lambda, not for the machine that builds the package.
    target = {
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": architecture,
        "platform_python_implementation": "CPython",
    }
    wanted = [(Requirement(line), frozenset({""})) for line in map(str.strip, lines) if line and line[0] != "#"]
    seen: set[tuple[str, frozenset[str]]] = set()
    while wanted:
        requirement, asked_extras = wanted.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        marker = requirement.marker
        if marker is not None and not any(marker.evaluate({**target, "extra": extra}) for extra in asked_extras):
            continue
        if (name, extras) in seen or name in IN_THE_RUNTIME:
            continue
        seen.add((name, extras))
        if name not in shipped:
            raise IncompletePackage(
                f"{requirement} is not in the package: it has no wheel for Lambda ({architecture})."
            )
        _check_distribution(requirement, shipped[name], architecture)
        wanted += [(Requirement(line), extras | {""}) for line in shipped[name].requires]


def _check_distribution(requirement: Requirement, found: _Distribution, architecture: str) -> None:
    if not requirement.specifier.contains(found.version, prereleases=True):
        raise IncompletePackage(f"{requirement} is in the package as version {found.version}.")
    if not any(tag.endswith(("-any", f"_{architecture}")) for tag in found.tags):
        built_for = ", ".join(found.tags) or "an unknown target"
        raise IncompletePackage(f"{requirement} was built for {built_for}, not for {architecture}.")
