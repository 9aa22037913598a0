"""Which resource of the API a path belongs to, and the parameters in it, as API Gateway decides it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """A resource such as `/alerts/{id}`, and its parameters as they stand in the path: still URL-encoded."""

    resource: str
    parameters: dict[str, str] | None


class Routes:
    """The resources of one API; a literal segment goes before a parameter."""

    def __init__(self, resources: Iterable[str]) -> None:
        """`resources` are paths as Chalice declares them, with parameters in braces."""
        given = sorted(set(resources))
        self._literal = {resource: Match(resource, None) for resource in given if "{" not in resource}
        self._patterns: dict[int, list[tuple[str, list[str]]]] = {}
        for resource in given:
            if "{" in resource:
                segments = resource.split("/")
                self._patterns.setdefault(len(segments), []).append((resource, segments))
        for patterns in self._patterns.values():
            patterns.sort(key=lambda pattern: [segment.startswith("{") for segment in pattern[1]])

    def match(self, path: str) -> Match | None:
        """The resource for an URL-encoded path below the stage; one slash at the end is no matter."""
        if len(path) > 1 and path.endswith("/"):
            path = path[:-1]
        literal = self._literal.get(path)
        if literal is not None:
            return literal
        given = path.split("/")
        for resource, segments in self._patterns.get(len(given), ()):
            parameters = _parameters(segments, given)
            if parameters is not None:
                return Match(resource, parameters)
        return None


def _parameters(segments: list[str], given: list[str]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for segment, value in zip(segments, given, strict=True):
        if segment.startswith("{"):
            if not value:
                return None
            found[segment[1:-1]] = value
        elif segment != value:
            return None
    return found
