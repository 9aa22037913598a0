"""What a function of app.py can reach: read from the source, through wiring, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import app
from chalicelib.api.function_url import recording_routes

ROOT = Path(__file__).parent.parent.parent
WIRING = "chalicelib.wiring"
API = "chalicelib.api"


@dataclass
class Reach:
    """`built`: (module, class) of what wiring builds; `modules`: all code that is imported; `said`: methods called."""

    built: set[tuple[str, str]] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)


def path_of(module: str) -> Path | None:
    """A module's file; None when it is not ours."""
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists() and (module == "app" or module.startswith("chalicelib")):
            return path
    return None


@cache
def tree_of(module: str) -> ast.Module:
    """A module's source, parsed."""
    path = path_of(module)
    assert path is not None, module
    return ast.parse(path.read_text())


def reach_of(function: str) -> Reach:
    """What a function of app.py reaches, by its Python name; `app` and `ingest` through the routes they serve."""
    reach = Reach()
    if function in ("app", "ingest"):
        for module in _route_modules(only_recording=function == "ingest"):
            _add_module(module, reach)
        _add_module(f"{API}.endpoint", reach)
    if function != "app":
        _add_body(_function("app", function), _imports(tree_of("app"), deep=False), reach)
    return reach


def _route_modules(*, only_recording: bool) -> Iterator[str]:
    recording = {path for _, path in recording_routes(app.app)}
    for path in sorted((ROOT / "chalicelib" / "api").glob("*.py")):
        text = path.read_text()
        if not only_recording or any(f'"{route}"' in text and "Scope.INGEST" in text for route in recording):
            yield f"{API}.{path.stem}"


def _function(module: str, name: str) -> ast.FunctionDef:
    found = [each for each in tree_of(module).body if isinstance(each, ast.FunctionDef) and each.name == name]
    assert found, f"{module} has no function {name}"
    return found[0]


def _has_function(module: str, name: str) -> bool:
    return any(isinstance(each, ast.FunctionDef) and each.name == name for each in tree_of(module).body)


def _imports(node: ast.AST, *, deep: bool) -> dict[str, str]:
    """name in this scope -> what it stands for, dotted; not what only type checkers import."""
    found: dict[str, str] = {}
    for each in _statements(node, deep=deep):
        if isinstance(each, ast.ImportFrom) and each.module:
            found |= {alias.asname or alias.name: f"{each.module}.{alias.name}" for alias in each.names}
        elif isinstance(each, ast.Import):
            found |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in each.names}
    return found


def _statements(node: ast.AST, *, deep: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        if deep or not isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _statements(child, deep=deep)


def _add_body(function: ast.FunctionDef, scope: dict[str, str], reach: Reach, module: str = "app") -> None:
    """Follow a function's own calls: into wiring function by function, elsewhere by whole modules."""
    scope = scope | _imports(function, deep=True)
    for each in ast.walk(function):
        if isinstance(each, ast.Attribute):
            reach.said.add(each.attr)
            if isinstance(each.value, ast.Name) and (target := scope.get(each.value.id)):
                _add_name(f"{target}.{each.attr}", reach)
        elif isinstance(each, ast.Name):
            if each.id in scope:
                _add_name(scope[each.id], reach)
            elif module.startswith(WIRING) and _has_function(module, each.id):
                _add_name(f"{module}.{each.id}", reach)


def _add_name(name: str, reach: Reach) -> None:
    module, _, attribute = name.rpartition(".")
    if path_of(name) is not None:
        if not name.startswith(WIRING):
            _add_module(name, reach)
    elif path_of(module) is None:
        reach.modules.add(name)  # not ours
    elif module.startswith(WIRING):
        if _has_function(module, attribute) and (module, attribute) not in reach.built:
            reach.built.add((module, attribute))
            _add_body(_function(module, attribute), _imports(tree_of(module), deep=False), reach, module)
    else:
        reach.built.add((module, attribute))
        _add_module(module, reach)


def _add_module(module: str, reach: Reach) -> None:
    if module in reach.modules:
        return
    reach.modules.add(module)
    tree = tree_of(module)
    scope = _imports(tree, deep=True)
    if not module.startswith("chalicelib.storage") and module != "chalicelib.queues":
        reach.said |= {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
    for each in ast.walk(tree):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in scope:
            target = scope[each.value.id]
            if target.startswith(WIRING):
                _add_name(f"{target}.{each.attr}", reach)
    for target in scope.values():
        ours = target if path_of(target) else target.rpartition(".")[0]
        if path_of(ours) is None:
            reach.modules.add(target)
        elif ours.startswith(WIRING):
            if ours != target:
                _add_name(target, reach)
        else:
            _add_module(ours, reach)
