"""What the Python client costs its host: `python -m benchmarks.client_overhead`.

CPU time of the whole process, the thread that sends included, with and without the middleware around an application
that does nothing; the receiver is a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

from perfmon_client import PerformanceMonitoringService
from perfmon_client.web import AsgiMiddleware, WsgiMiddleware

REQUESTS = 5_000
ROUNDS = 7


def receive(pipe: Connection) -> None:
    """Takes batches until it is ended; tells its port first."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps({"accepted": len(body), "rejected": 0}).encode()
            self.send_response(202)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers."""
    start_response("200 OK", [])
    return [b"hello"]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Answers."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def visit_wsgi(app: Any) -> None:
    """Requests as a server makes them."""
    for _ in range(REQUESTS):
        list(app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None))


def visit_asgi(app: Any) -> None:
    """Requests as a server makes them."""

    async def send(message: Any) -> None:
        """Sent."""

    async def all_of_them() -> None:
        for _ in range(REQUESTS):
            await app({"type": "http", "method": "GET", "path": "/"}, None, send)

    asyncio.run(all_of_them())


def cost(work: Callable[[], object]) -> float:
    """Microseconds of CPU a request."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) / REQUESTS * 1e6


def main() -> None:
    """Measure, and say so."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    receiver = context.Process(target=receive, args=(theirs,), daemon=True)
    receiver.start()
    monitoring = PerformanceMonitoringService(f"http://127.0.0.1:{ours.recv()}/api", "pm", max_buffered=REQUESTS * 2)

    def sent(visit: Callable[[Any], None], app: Any) -> None:
        visit(app)
        assert monitoring.flush(60)

    for name, app, watched, visit in (
        ("WSGI", wsgi, WsgiMiddleware(wsgi, monitoring), visit_wsgi),
        ("ASGI", asgi, AsgiMiddleware(asgi, monitoring), visit_asgi),
    ):
        rounds = [
            (cost(lambda: visit(app)), cost(lambda: sent(visit, watched)))  # noqa: B023 -- called at once
            for _ in range(ROUNDS)
        ]
        more = statistics.median(with_it - without for without, with_it in rounds)
        print(f"{name}: {more:.1f} us of CPU a request, sending included")
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        monitoring.record_metric("orders", 1, "count", {"shop": "a"})
    print(f"record_metric: {(time.perf_counter() - begun) / REQUESTS * 1e6:.1f} us until it returns")
    assert monitoring.flush(60)
    assert monitoring.figures().dropped == 0
    monitoring.close()
    receiver.terminate()
    receiver.join()


if __name__ == "__main__":
    main()
