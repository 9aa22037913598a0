"""Runs a function of the unzipped package as Lambda does: AWS's own runtime client, asking a runtime API for events."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import psutil

_API = "/2018-06-01/runtime"
PATIENCE = 30.0


class FunctionFailed(Exception):
    """The function raised, could not be imported, or its process ended; the message is what is known of it."""


@dataclass(frozen=True, slots=True)
class _Report:
    """What the runtime client sent: to `/response`, `/error` or `/init/error`."""

    path: str
    body: bytes


class RunningFunction:
    """One container of a function: a process that takes one event at a time."""

    def __init__(self, python: Path, code: Path, handler: str, environment: dict[str, str]) -> None:
        """`python` has the runtime client, `code` is the unzipped package, `handler` is "app.tick" for example."""
        self._events: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._reports: queue.SimpleQueue[_Report] = queue.SimpleQueue()
        self._server = _RuntimeApi(self._events, self._reports)
        self._output: list[str] = []
        self._process = subprocess.Popen(
            [python, "-m", "awslambdaric", handler],
            cwd=code,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": handler,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "LAMBDA_TASK_ROOT": str(code),
                "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's code directory cannot be written to
                **environment,
            },
        )
        self._reader = threading.Thread(target=self._read_output)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._events.put(None)
        self._server.stop()

    @property
    def spent(self) -> float:
        """Seconds of CPU since its process was started: on an idle machine the time that has passed, nearly."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def invoke(self, event: dict[str, Any]) -> Any:
        """What the function returns for an event. Raises FunctionFailed."""
        self._events.put(json.dumps(event).encode())
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                report = self._reports.get(timeout=0.1)
            except queue.Empty:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise FunctionFailed("".join(self._output)) from None
            else:
                break
        if not report.path.endswith("/response"):
            raise FunctionFailed(f"{report.path}: {report.body.decode()}\n{''.join(self._output)}")
        return json.loads(report.body)

    def _read_output(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            self._output.extend(lines)


class _RuntimeApi(ThreadingHTTPServer):
    """The HTTP interface that Lambda offers to runtimes."""

    daemon_threads = True

    def __init__(self, events: queue.SimpleQueue[bytes | None], reports: queue.SimpleQueue[_Report]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events, self.reports = events, reports
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _RuntimeApi
    wbufsize = -1  # headers and body leave in one packet

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionResetError):  # the function's process is killed while it waits for an event
            super().handle()

    def do_GET(self) -> None:
        event = self.server.events.get() if self.path == f"{_API}/invocation/next" else None
        if event is None:  # the test is over
            self.close_connection = True
            return
        self._answer(
            200,
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": "00000000-0000-4000-8000-000000000000",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + PATIENCE) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:tested",
            },
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.reports.put(_Report(self.path, body))
        self._answer(202, b"{}", {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Not a word."""
