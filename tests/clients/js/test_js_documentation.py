"""Every program in the documentation of the JavaScript client compiles and runs, against the real service."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.clients.js.conftest import Service
from tests.clients.js.workshop import Workshop

ROOT = Path(__file__).parents[3]
# What the programs of docs/javascript.md take for granted: an application, and a request or two of it.
AROUND = """\
import express from 'express';
import { monitoringMiddleware } from 'perfmon-client';
%s
const app = express();
%s
const server = app.listen(0, '127.0.0.1', async () => {
  const { port } = server.address() as { port: number };
  console.log('health', (await fetch(`http://127.0.0.1:${port}/api/monitoring/health/system`)).status);
  server.close();
  await monitoring.close();
  console.log('figures', JSON.stringify(monitoring.figures()));
});
"""

pytestmark = pytest.mark.xdist_group("js")  # one installation, one compiler at a time


def programs(page: str, language: str) -> list[str]:
    """What is written in a language on a page, in order."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_programs_of_the_documentation_compile_and_run(workshop: Workshop, service: Service) -> None:
    record, events, middleware, health = programs("docs/javascript.md", "ts")
    (react,) = programs("docs/javascript.md", "tsx")
    (readme,) = programs("clients/js/README.md", "ts")
    workshop.write("shop.ts", AROUND % (record + events, middleware + health))
    # Of the page's lines the second is an element and the third is inside of a component.
    imported, element, hook = (line for line in react.splitlines() if line)
    shown = f"health ? {element.rstrip(';')} : <b onClick={{refresh}}>{{error?.message}}</b>"
    page = f"export const Page = () => {{ {hook} return {shown}; }};"
    workshop.write("page.tsx", f"{imported}\n{page}\n")
    readme = readme.replace("'http://127.0.0.1:8000/api'", "process.env.PERFMON_URL!")
    workshop.write("readme.ts", readme + "await monitoring.close();\nconsole.log(monitoring.figures().sent);\n")
    workshop.compile()

    local = workshop.folder / "shop.js"  # its address is that of `make run`
    local.write_text(local.read_text().replace("'http://127.0.0.1:8000/api'", "process.env.PERFMON_URL"))
    said = workshop.run("shop.js", service.url, service.token)

    assert "health 200" in said
    assert 'figures {"sent":2,"waiting":0,"dropped":0}' in said
    assert workshop.run("readme.js", service.url, service.token) == "1\n"
    recorded = service.get("/monitoring/metrics/realtime", types="project_created,response_time")
    assert [sample["value"] for sample in recorded["project_created"]] == [1, 1]
    assert recorded["response_time"][0]["tags"]["endpoint"] == "/api/monitoring/health/system"
    assert recorded["response_time"][0]["tags"]["service"] == "shop"


@pytest.mark.parametrize("express", ["express4", "express"])
def test_the_express_application_of_the_how_to_is_watched(workshop: Workshop, service: Service, express: str) -> None:
    (program,) = re.findall(
        r"```js title=shop.mjs\n(.*?)```", (ROOT / "docs/how-to/web-applications.md").read_text(), re.DOTALL
    )
    workshop.write("shop.mjs", program.replace("'express'", f"'{express}'").replace("?? 3000", "?? 0") + VISIT)

    workshop.run("shop.mjs", service.url, service.token)

    live = service.get("/monitoring/metrics/realtime", types="response_time,error_rate")
    told = sorted((each["tags"]["endpoint"], each["tags"]["statusCode"]) for each in live["response_time"])
    assert told == [("/items/:item", status) for status in ("200", "200", "404")]
    assert len(live["error_rate"]) == 1


VISIT = """
server.once('listening', async () => {
  for (const item of [1, 2, 0]) await (await fetch(`http://127.0.0.1:${server.address().port}/items/${item}`)).text();
  process.kill(process.pid, 'SIGTERM');
});
"""
