"""Headers that people have sent along with requests: what HTTP allows, and what is not theirs to set."""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_HEADERS = 20
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e]{0,1000}")
_OURS = frozenset({"content-type", "content-length", "host", "connection", "transfer-encoding", "user-agent"})


def wrong_headers(headers: object, is_ours: Callable[[str], bool] = lambda name: False) -> str | None:
    """What is wrong with a JSON object of headers; `is_ours`: further names, in lower case, that the service sets."""
    if not isinstance(headers, dict) or len(headers) > MAX_HEADERS:
        return f"must be an object of at most {MAX_HEADERS} headers"
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            return "must have names that HTTP allows"
        if name.lower() in _OURS or is_ours(name.lower()):
            return f"must not hold {name}: the service sets it"
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            return "must have printable ASCII texts of up to 1000 characters as values"
    return None
