"""Rules in files: read, compared with those of the service, written.

A file holds `rules`, a list of rules with the fields of the API, and may hold `tests`: `{"name", "rule", "interval",
"series", "expect"}`, where `rule` is the name of a rule in the files, or a whole rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
import yaml

Rule = dict[str, Any]
# What the service adds to a rule; no file says it.
SERVERS = ("id", "version", "createdAt", "updatedAt", "lastError", "lastErrorAt")


@dataclass(frozen=True)
class Change:
    """A rule that `before` (None: there is none) is to become `after` (None: to be deleted)."""

    before: Rule | None
    after: Rule | None

    def shown(self) -> dict[str, Any]:
        """What changes, as people and programs read it."""
        rule = self.after or self.before or {}
        kind = "create" if self.before is None else "delete" if self.after is None else "change"
        fields = {name: [old, new] for name, (old, new) in self._fields().items()} if kind == "change" else {}
        return {"change": kind, "name": rule["name"], "fields": fields}

    def amendment(self) -> dict[str, Any]:
        """The body that makes the one the other; null sets a field back."""
        return {name: new for name, (_, new) in self._fields().items()}

    def sides(self) -> dict[str, Rule | None]:
        """Both forms, without what the service adds."""
        return {
            side: None if rule is None else {name: value for name, value in rule.items() if name not in SERVERS}
            for side, rule in (("before", self.before), ("after", self.after))
        }

    def _fields(self) -> dict[str, tuple[Any, Any]]:
        before, after = self.sides()["before"] or {}, self.sides()["after"] or {}
        return {
            name: (before.get(name), after.get(name))
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        }


@dataclass(frozen=True)
class RuleTest:
    """A test's name and its body for the API."""

    name: str
    body: dict[str, Any]


def read_files(paths: Iterable[Path]) -> list[Rule]:
    """The rules of all files. Exits with what is wrong: not YAML, not the form, two rules of one name."""
    rules: list[Rule] = []
    for path, content in _contents(paths):
        for rule in content.get("rules") or []:
            if not isinstance(rule, dict) or not isinstance(rule.get("name"), str):
                raise typer.BadParameter(f"{path}: every rule is a mapping with a name")
            if rule["name"] in {each["name"] for each in rules}:
                raise typer.BadParameter(f"{path}: there are two rules called {rule['name']!r}")
            rules.append(rule)
    return rules


def read_tests(paths: Sequence[Path]) -> list[RuleTest]:
    """The tests of all files, each with its whole rule."""
    rules = {rule["name"]: rule for rule in read_files(paths)}
    tests = []
    for path, content in _contents(paths):
        for number, given in enumerate(content.get("tests") or [], 1):
            if not isinstance(given, dict):
                raise typer.BadParameter(f"{path}: test {number} is not a mapping")
            body = {name: value for name, value in given.items() if name != "name"}
            if isinstance(body.get("rule"), str):
                if body["rule"] not in rules:
                    raise typer.BadParameter(f"{path}: test {number}: there is no rule {body['rule']!r} in the files")
                body["rule"] = rules[body["rule"]]
            tests.append(RuleTest(str(given.get("name", f"{path.name} {number}")), body))
    return tests


def changes_between(existing: Sequence[Rule], wanted: Sequence[Rule], *, prune: bool) -> list[Change]:
    """What makes the existing rules the wanted ones. Exits when the service has two rules of a wanted name."""
    changes = []
    for rule in wanted:
        same = [each for each in existing if each["name"] == rule["name"]]
        if len(same) > 1:
            raise typer.BadParameter(f"the service has {len(same)} rules called {rule['name']!r}: rename all but one")
        change = Change(same[0] if same else None, rule)
        if not same or change.amendment():
            changes.append(change)
    names = {rule["name"] for rule in wanted}
    return changes + [Change(rule, None) for rule in existing if prune and rule["name"] not in names]


def write_rules(rules: Iterable[Rule]) -> str:
    """Rules as a file, without what the service adds and without what has no value."""
    kept = [
        {name: value for name, value in rule.items() if name not in SERVERS and value not in (None, "", [], {})}
        for rule in rules
    ]
    return yaml.safe_dump({"rules": kept}, sort_keys=False, allow_unicode=True)


def read_yaml(file: Path) -> Any:
    """What a file of YAML (or JSON, which is some) holds. Raises BadParameter where it is none."""
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: is not YAML: {error}") from None


def _contents(paths: Iterable[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in paths:
        files = sorted([*path.rglob("*.yml"), *path.rglob("*.yaml")]) if path.is_dir() else [path]
        for file in files:
            content = read_yaml(file)
            if content is not None and not isinstance(content, dict):
                raise typer.BadParameter(f"{file}: must be a mapping with rules, tests or both")
            yield file, content or {}
