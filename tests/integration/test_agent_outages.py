"""The agent at the real API through a network that fails: nothing it has read is lost, nothing is counted twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import requests
from perfmon_agent.agent import Agent
from perfmon_agent.backoff import Backoff
from perfmon_agent.buffer import Buffer
from perfmon_agent.delivery import Delivery
from perfmon_agent.reading import Reading
from perfmon_agent.readings import Readings
from perfmon_agent.sender import Sender
from perfmon_agent.spool import Spool

from tests.call import Api
from tests.served_api import served_api

PATIENCE = 60.0


class Network:
    """What is between the agent and the API. `swallows` hands requests on and loses the answers."""

    def __init__(self, api: str) -> None:
        self.state: Literal["works", "is away", "swallows"] = "works"
        self.url = ""
        self.handed_on: list[tuple[str, int]] = []
        self._api = api

    def carry(self, path: str, headers: dict[str, str], body: bytes) -> requests.Response | None:
        """The API's answer, None if there is none."""
        if self.state == "is away":
            return None
        sent = {name: value for name, value in headers.items() if name not in ("Host", "Connection")}
        answer = requests.post(self._api + path, body, headers=sent, timeout=PATIENCE)
        self.handed_on.append((headers["Idempotency-Key"], answer.status_code))
        return answer if self.state == "works" else None


@contextmanager
def network(api: str) -> Iterator[Network]:
    """A network for the length of a block."""
    carrying = Network(api)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = carrying.carry(self.path.removeprefix("/api"), dict(self.headers), body)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    carrying.url = f"http://127.0.0.1:{server.server_port}/api"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield carrying
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Noted(Readings):
    """Remembers every instant at which something was read."""

    def __init__(self, noted: list[int]) -> None:
        super().__init__([One()])
        self._noted = noted

    def every(self, interval: int, stop: threading.Event) -> Iterator[tuple[int, list[Reading]]]:
        """As ever."""
        for at_ms, readings in super().every(interval, stop):
            yield at_ms, readings
            self._noted.append(at_ms)


class One:
    """A probe with one figure."""

    def read(self, now: float) -> Iterable[Reading]:
        yield Reading("cpu_usage", 12.5, "percent")


@contextmanager
def agent(url: str, token: str, spool: Path, noted: list[int]) -> Iterator[Delivery]:
    """An agent that reads every second and is ended as by a signal."""
    sender = Sender(url, token, "test")
    buffer = Buffer(1000)
    delivery = Delivery(sender.send, buffer, Spool(spool, 1 << 20), Backoff(uniform=lambda low, high: low))
    stop = threading.Event()
    running = Agent(Noted(noted), {"host": "web-1"}, buffer, delivery, 1)
    thread = threading.Thread(target=running.run, args=(stop,))
    thread.start()
    try:
        yield delivery
    finally:
        stop.set()
        thread.join()
        sender.close()


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens on other threads."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_outages_lost_answers_and_a_restart_cost_nothing_and_double_nothing(
    api: Api, drain: Callable[[], Any], tmp_path: Path
) -> None:
    token = api.post("/monitoring/tokens", {"name": "agent", "scopes": ["ingest"]}).body["token"]
    noted: list[int] = []
    with served_api() as url, network(url) as between:
        with agent(between.url, token, tmp_path, noted) as first:
            until(lambda: len(between.handed_on) > 0)
            between.state = "is away"
            at_the_cut = len(noted)
            until(lambda: len(noted) >= at_the_cut + 2 and first.waiting > 0)
        with agent(between.url, token, tmp_path, noted) as second:
            until(lambda: len(noted) >= at_the_cut + 3)
            between.state = "swallows"
            swallowed = len(between.handed_on)
            until(lambda: len(between.handed_on) > swallowed)
            between.state = "works"
            until(lambda: second.waiting == 0)

    drain()
    sent_again = [key for key, _ in between.handed_on if [each for each, _ in between.handed_on].count(key) > 1]
    assert sent_again, "an answer was lost, so its request must have come twice"
    assert {status for _, status in between.handed_on} == {202}
    found = api.get(
        "/monitoring/metrics/query",
        **{"metricType": "cpu_usage", "from": str(noted[0]), "to": str(noted[-1] + 1000), "step": "1"},
        aggregation="count",
    )
    (series,) = found.body["series"]
    assert series["points"] == [[at_ms, 1] for at_ms in sorted(noted)]
