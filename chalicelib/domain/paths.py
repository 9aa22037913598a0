"""Request paths as tag values: what varies by request is taken out, so that not every path is a series."""

from __future__ import annotations

import re

_VARIABLE_SEGMENT = re.compile(
    r"[0-9]+"  # 42
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"  # a UUID
    r"|(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{12,}"  # a long hexadecimal id; words like `facade` have no digit
)


def normalise_path(path: str) -> str:
    """`/api/projects/42?page=2` -> `/api/projects/:id`."""
    path = path.partition("?")[0].partition("#")[0]
    return "/".join(":id" if _VARIABLE_SEGMENT.fullmatch(segment) else segment for segment in path.split("/"))
