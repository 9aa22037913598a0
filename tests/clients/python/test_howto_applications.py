"""docs/how-to/web-applications.md: each application as it stands there is started, visited and watched."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.python.served import serving

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "web-applications.md"
TEMPLATES = {"Flask": "/items/<int:item>", "FastAPI": "/items/{item}", "Django": "/items/<int:item>"}
# How each is asked without a server: by its own client for tests, or as a server would.
VISITS = {
    "Flask": "from shop import app\nask = lambda path: app.test_client().get(path, buffered=True)",
    "FastAPI": "import asyncio\nfrom shop import app\n"
    "async def receive(): return {'type': 'http.request', 'body': b''}\n"
    "async def send(message): pass\n"
    "def ask(path):\n    scope = {'type': 'http', 'method': 'GET', 'path': path, 'query_string': b'', 'headers': []}\n"
    "    asyncio.run(app(scope, receive, send))\n",
    "Django": "from shop import app\nfrom wsgiref.util import setup_testing_defaults\n"
    "def ask(path):\n    environ = {'PATH_INFO': path}\n    setup_testing_defaults(environ)\n"
    "    app(environ, lambda *_: None).close()\n",
}


def application(framework: str) -> str:
    """The file that the page shows for a framework."""
    (section,) = re.findall(rf"### {framework}\n(.*?)(?=\n##)", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (program,) = re.findall(r"```\w+ title=\S+\n(.*?)```", section, re.DOTALL)
    return str(program)


@pytest.mark.parametrize("framework", TEMPLATES)
def test_the_application_of_the_page_is_watched(
    stack: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, project: Path, framework: str
) -> None:
    (tmp_path / "shop.py").write_text(application(framework))
    (tmp_path / "visit.py").write_text(f"{VISITS[framework]}\nfor item in (1, 2, 0): ask(f'/items/{{item}}')\n")
    with serving(monkeypatch) as served:
        source = str(project / "clients" / "python" / "src")
        environment = os.environ | {"PERFMON_URL": served.url, "PERFMON_TOKEN": served.token, "PYTHONPATH": source}
        done = subprocess.run(
            [sys.executable, "visit.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
        live = served.get("/monitoring/metrics/realtime", types="response_time,error_rate")

    told = sorted((each["tags"]["endpoint"], each["tags"]["statusCode"]) for each in live["response_time"])
    assert told == [(TEMPLATES[framework], status) for status in ("200", "200", "404")]
    assert len(live["error_rate"]) == 1
    assert {each["tags"]["service"] for each in live["response_time"]} == {"shop"}
