"""A small Chalice app that does on request what a gateway must bear: echo, dawdle, crash, answer nonsense."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, CORSConfig, Rate, Response, SQSEvent

app = Chalice("sample", configure_logs=False)
app.api.binary_types = ["application/octet-stream", "image/*"]
_TYPES = ["application/json", "application/octet-stream", "text/plain"]


@app.route(
    "/echo", methods=["GET", "POST", "PUT"], content_types=_TYPES, cors=CORSConfig(allow_origin="https://a.example")
)
def echo() -> dict[str, Any]:
    """What arrived."""
    request = app.current_request
    assert request is not None
    raw = request.raw_body
    return {"event": request.to_original_event(), "pid": os.getpid(), "length": len(raw), "context": _context()}


@app.route("/things/{name}/parts/{part}")
def thing(name: str, part: str) -> dict[str, str]:
    """The path's parameters."""
    return {"name": name, "part": part}


@app.route("/sleep/{milliseconds}")
def sleep(milliseconds: str) -> dict[str, int]:
    """Takes its time."""
    _note("sleep", {"milliseconds": milliseconds})
    begun = time.time_ns()
    time.sleep(int(milliseconds) / 1000)
    return {"pid": os.getpid(), "from": begun, "to": time.time_ns()}


@app.route("/crash")
def crash() -> None:
    """Takes its container with it."""
    os._exit(7)


@app.route("/unserialisable")
def unserialisable() -> Response:
    """No response at all."""
    unknown: Any = object()
    return Response({"a": "b"}, status_code=unknown)


@app.route("/picture")
def picture() -> Response:
    """Bytes."""
    return Response(b"\x89PNG\xff\x00", headers={"Content-Type": "application/octet-stream"})


@app.route("/large/{megabytes}")
def large(megabytes: str) -> Response:
    """A long answer."""
    return Response("x" * (int(megabytes) * 1_000_000), headers={"Content-Type": "text/plain"})


@app.schedule(Rate(1, Rate.MINUTES))
def every_minute(event: CloudWatchEvent) -> None:
    """Notes that it was called."""
    _note("every_minute", event.to_dict())


@app.on_sqs_message(queue="sample-jobs", batch_size=1)
def job(event: SQSEvent) -> dict[str, Any]:
    """Works on a message of a queue without order; one that has a `later` it gives back the first time."""
    again = []
    for record in event:
        message = record.to_dict()
        if '"later"' in record.body and message["attributes"]["ApproximateReceiveCount"] == "1":
            _note("job", message)
            again.append({"itemIdentifier": message["messageId"]})
        else:
            _work("job", message)
    return {"batchItemFailures": again}


@app.on_sqs_message(queue="sample-ordered.fifo", batch_size=1)
def ordered(event: SQSEvent) -> None:
    """Works on a message of a queue that keeps its order."""
    for record in event:
        _work("ordered", record.to_dict())


@app.lambda_function()
def migrate(event: Any, context: Any) -> dict[str, Any]:
    """As the service's."""
    _note("migrate", {"database": os.environ.get("DATABASE_URL", "")})
    return {"applied": []}


@app.lambda_function()
def mint_token(event: Any, context: Any) -> dict[str, str]:
    """As the service's."""
    _note("mint_token", event)
    return {"token": f"token-of-{event['name'].replace(' ', '-')}"}


@app.route("/monitoring/health/ready")
def ready() -> dict[str, str]:
    """As the service's."""
    return {"status": "ready"}


@app.route("/monitoring/tokens")
def tokens() -> Response:
    """As the service's: 401 for a token that is not known, 403 for one that is no administrator's."""
    assert app.current_request is not None
    given = app.current_request.headers.get("authorization", "")
    status = {"Bearer token-of-local-admin": 200, "Bearer token-of-agent": 403}.get(given, 401)
    return Response({"tokens": []}, status_code=status)


def _work(kind: str, record: dict[str, Any]) -> None:
    """Notes the message; fails as often, and takes as long, as its body says."""
    _note(kind, record)
    wanted = json.loads(record["body"])
    if int(record["attributes"]["ApproximateReceiveCount"]) <= wanted.get("failures", 0):
        raise ValueError("as was asked")
    time.sleep(wanted.get("seconds", 0))
    _note(f"{kind} done", wanted)


def _note(kind: str, what: dict[str, Any]) -> None:
    notes = os.environ.get("SAMPLE_NOTES")
    if notes:
        with Path(notes).open("a") as file:
            file.write(json.dumps({"kind": kind, "pid": os.getpid(), "at": time.time(), "what": what}) + "\n")


def _context() -> dict[str, Any]:
    context = app.lambda_context
    return {
        "request_id": context.aws_request_id,
        "function_name": context.function_name,
        "remaining": context.get_remaining_time_in_millis(),
    }
