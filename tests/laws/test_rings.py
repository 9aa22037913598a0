"""Who may import whom, and what may be done where."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CODE = sorted([ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")])
STANDARD = sys.stdlib_module_names
# ring -> what it may import beside the standard library; the longest fitting ring counts
RINGS: dict[str, set[str]] = {
    "chalicelib.domain": {"chalicelib.domain", "numpy"},
    "chalicelib.tsdb": {"chalicelib.domain", "chalicelib.tsdb", "numpy", "pcodec", "msgspec"},
    "chalicelib.services": {"chalicelib.domain", "chalicelib.tsdb", "chalicelib.services", "numpy", "msgspec"},
    "chalicelib.storage.postgres": {
        "chalicelib.domain",
        "chalicelib.tsdb",
        "chalicelib.storage.postgres",
        "psycopg",
        "msgspec",
    },
    "chalicelib.rendering": {"chalicelib.domain", "chalicelib.rendering", "resvg_py"},
    "chalicelib.storage.valkey": {
        *("chalicelib.domain", "chalicelib.tsdb", "chalicelib.storage.valkey"),
        *("hiredis", "msgspec"),
    },
    "chalicelib.aws": {"botocore"},
    "chalicelib.storage.dynamodb": {"chalicelib.aws", "chalicelib.domain", "boto3", "botocore"},
    "chalicelib.channels": {"chalicelib.domain", "chalicelib.rendering", "chalicelib.channels", "boto3", "botocore"},
    "chalicelib.collectors": {
        *("chalicelib.domain", "chalicelib.channels.addresses", "chalicelib.channels.http", "chalicelib.collectors"),
        *("boto3", "botocore", "msgspec", "prometheus_client"),
    },
    "chalicelib.sealing": {"chalicelib.domain", "nacl"},
    "chalicelib.queues": {"chalicelib.aws", "chalicelib.domain", "boto3", "botocore", "msgspec"},
    "chalicelib.eventbridge": {"chalicelib.aws", "chalicelib.domain", "boto3", "botocore"},
    "chalicelib.settings": {"chalicelib.domain.retention", "msgspec"},
    "chalicelib.logs": set(),
    "chalicelib.api": {
        *("chalicelib.api", "chalicelib.domain", "chalicelib.services", "chalicelib.settings", "chalicelib.wiring"),
        *(
            "chalicelib.rendering",
            "chalicelib.tsdb.aggregate",
            "chalicelib.tsdb.points",
            "chalice",
            "cramjam",
            "msgspec",
            "pydantic",
        ),
    },
    "chalicelib.wiring": {"chalicelib"},
    "app": {"chalicelib", "chalice"},
}
# Files that got long, and why that is better than two.
LONG: dict[str, str] = {}
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "common.py", "models.py", "db.py", "misc.py"}


def name_of(path: Path) -> str:
    """The module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            # `from chalicelib import wiring` imports chalicelib.wiring
            yield from (f"{module}.{alias.name}" if module == "chalicelib" else module for alias in node.names)


def is_within(module: str, ring: str) -> bool:
    """Whether a module is the ring's or below it."""
    return module == ring or module.startswith(f"{ring}.")


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_module_imports_only_what_its_ring_may(path: Path) -> None:
    module = name_of(path)
    rings = [ring for ring in RINGS if is_within(module, ring)]
    if not rings:
        assert path.name == "__init__.py", f"{module} is in no ring"
        assert not list(imports(path))
        return
    allowed = RINGS[max(rings, key=len)]
    for imported in imports(path):
        if imported.partition(".")[0] in STANDARD:
            continue
        assert any(is_within(imported, each) for each in allowed), f"{module} imports {imported}"


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {name_of(path): {each for each in imports(path) if each.startswith(("chalicelib", "app"))} for path in CODE}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module in done or module not in graph:
            return
        for imported in graph[module]:
            visit(imported, (*way, module))
        done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_only_settings_reads_the_environment_and_only_the_edges_read_the_clock(path: Path) -> None:
    module = name_of(path)
    text = path.read_text()
    if module != "chalicelib.settings":
        assert "os.environ" not in text
        assert "getenv" not in text
    if module.startswith(("chalicelib.domain", "chalicelib.tsdb", "chalicelib.services")):
        for forbidden in ("time.time", "datetime.now", "monotonic(", "perf_counter", "import random", "import secrets"):
            assert forbidden not in text, f"{module}: {forbidden}"


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_file_says_what_it_is_for_and_stays_short(path: Path) -> None:
    text = path.read_text()
    assert path.name not in FORBIDDEN_NAMES
    assert ast.get_docstring(ast.parse(text)), f"{path.name} does not say what it is for"
    if text.count("\n") > 250:
        assert str(path.relative_to(ROOT)) in LONG, f"{path.name} has {text.count(chr(10))} lines"


def test_importing_the_app_brings_no_driver_that_ingest_does_not_need() -> None:
    heavy = ["numpy", "psycopg", "boto3", "botocore", "pydantic", "pcodec", "asyncio"]
    program = f"import sys, app; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
