"""Every program in the documentation of the Python client runs, against the real service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from perfmon_client import PerformanceMonitoringService

from tests.clients.python.served import Served, serving

ROOT = Path(__file__).parents[3]
PAGES = ["docs/python.md", "clients/python/README.md"]


def programs(page: str) -> list[str]:
    """The Python on a page, in order."""
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def served(stack: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The real service, where the programs find it."""
    with serving(monkeypatch) as served:
        monkeypatch.setenv("PERFMON_URL", served.url)
        monkeypatch.setenv("PERFMON_TOKEN", served.token)
        yield served


@pytest.mark.parametrize("page", PAGES)
def test_every_program_runs_one_after_the_other(served: Served, page: str) -> None:
    names: dict[str, Any] = {"__name__": "shop"}
    clients: list[PerformanceMonitoringService] = []
    assert programs(page)
    for number, program in enumerate(programs(page), 1):
        exec(compile(program, f"{page}, program {number}", "exec"), names)
        if names["monitoring"] not in clients:
            clients.append(names["monitoring"])
    for client in clients:
        client.close()
        assert client.figures().dropped == 0
    recorded = served.get("/monitoring/metrics/realtime", types="project_created")
    assert {sample["value"] for sample in recorded["project_created"]} == {1}


def test_the_applications_of_the_documentation_are_watched(served: Served) -> None:
    (flask, fastapi, django) = programs("docs/python.md")[-3:]
    names: dict[str, Any] = {"__name__": "shop"}
    exec(compile(flask, "flask", "exec"), names)
    answer = names["app"].test_client().get("/nowhere")
    assert b"not found" in answer.data
    answer.close()
    names["monitoring"].close()
    assert names["monitoring"].figures().sent == 2

    exec(compile(fastapi, "fastapi", "exec"), names)
    assert "AsgiMiddleware" in str(names["app"].user_middleware)
    names["monitoring"].close()

    exec(compile(django, "django", "exec"), names)
    assert names["PERFORMANCE_MONITORING"].endswith(".monitoring")
