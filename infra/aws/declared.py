"""The resources written by hand: the YAML files of resources/, as one template for Chalice to merge with its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "resources"


def declared(folder: Path = FOLDER) -> dict[str, Any]:
    """All files in one. Raises ValueError for a name that two files declare."""
    merged: dict[str, Any] = {}
    for path in sorted(folder.glob("*.yaml")):
        for section, content in yaml.safe_load(path.read_text()).items():
            if not isinstance(content, dict):
                merged[section] = content
                continue
            known = merged.setdefault(section, {})
            if twice := known.keys() & content.keys():
                raise ValueError(f"{path.name}: {section} has {', '.join(sorted(twice))} already, in another file.")
            known |= content
    return merged
