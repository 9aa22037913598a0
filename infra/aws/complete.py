"""Is a package complete? Chalice leaves out, without an error, whatever has no wheel for the target."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MAX_ZIPPED = 50 * 1024 * 1024
MAX_UNZIPPED = 200 * 1024 * 1024
# In the Lambda runtime already, or put in by Chalice under another name.
NOT_SHIPPED = frozenset({"boto3", "botocore"})


class IncompletePackage(Exception):
    """Something that the code needs is not in the package, or the package is too large; the message says what."""


def check(package: Path, requirements: Iterable[str], *, architecture: str) -> None:
    """Raise IncompletePackage unless every requirement and all it requires is there, built for the architecture."""
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        size = sum(info.file_size for info in archive.infolist())
        shipped: dict[str, dict[str, Message]] = {}
        for name in names:
            folder, _, file = name.partition("/")
            if folder.endswith(".dist-info") and file in ("METADATA", "WHEEL"):
                headers = HeaderParser().parsestr(archive.read(name).decode())
                shipped.setdefault(folder, {})[file] = headers
    known = {canonicalize_name(files["METADATA"]["Name"]): files for files in shipped.values() if "METADATA" in files}
    wanted = [Requirement(line) for line in map(str.strip, requirements) if line and not line.startswith("#")]
    seen: set[tuple[str, frozenset[str]]] = set()
    while wanted:
        requirement = wanted.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen or name in NOT_SHIPPED:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        seen.add((name, extras))
        if name not in known:
            raise IncompletePackage(f"{requirement} is not in the package: it has no wheel for {architecture}.")
        tags = known[name]["WHEEL"].get_all("Tag", []) if "WHEEL" in known[name] else []
        if not any(tag.endswith("-any") or architecture in tag for tag in tags):
            raise IncompletePackage(f"{requirement} was built for {', '.join(tags)}, not for {architecture}.")
        for line in known[name]["METADATA"].get_all("Requires-Dist", []):
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
                needed.marker = None
                wanted.append(needed)
    if package.stat().st_size > MAX_ZIPPED or size > MAX_UNZIPPED:
        raise IncompletePackage(f"The package has {package.stat().st_size} bytes, {size} unzipped: too large.")
