"""What a pool and its containers say to each other: length-prefixed MessagePack over a socket pair.

parent -> container   Call: run a handler with an event
container -> parent   first one Hello (what the app declares, or why it could not be imported), then an Outcome per Call
"""

from __future__ import annotations

import struct
from typing import Any

import msgspec

_LENGTH = struct.Struct("!I")
HEADER_SIZE = _LENGTH.size


class Function(msgspec.Struct, frozen=True, array_like=True):
    """A function that AWS would call: `handler` is "module.attribute", `seconds` its time limit."""

    name: str
    handler: str
    seconds: int


class Schedule(msgspec.Struct, frozen=True, array_like=True):
    """A function called by EventBridge; `expression` is rate(...) or cron(...)."""

    function: Function
    expression: str


class QueueSource(msgspec.Struct, frozen=True, array_like=True):
    """A function called with the messages of a queue, at most `concurrency` at a time."""

    function: Function
    queue: str
    batch_size: int
    concurrency: int


class Resource(msgspec.Struct, frozen=True, array_like=True):
    """A path of the API: its methods, and the headers that answer a preflight (None = none is answered)."""

    path: str
    methods: list[str]
    cors: dict[str, str] | None


class Hello(msgspec.Struct, frozen=True, array_like=True):
    """What the app declares; with `error`, why it could not be imported."""

    error: str | None = None
    app_name: str = ""
    api: Function = Function("api_handler", "app.app", 60)
    resources: list[Resource] = []
    binary_types: list[str] = []
    schedules: list[Schedule] = []
    queues: list[QueueSource] = []


class Call(msgspec.Struct, frozen=True, array_like=True):
    """Run a handler; `deadline` is epoch seconds."""

    handler: str
    function_name: str
    request_id: str
    deadline: float
    event: Any


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What the handler returned, or the error it raised: "Type: message"."""

    result: Any
    error: str | None = None


_encoder = msgspec.msgpack.Encoder()
hello_decoder = msgspec.msgpack.Decoder(Hello)
call_decoder = msgspec.msgpack.Decoder(Call)
outcome_decoder = msgspec.msgpack.Decoder(Outcome)


def encode(message: Hello | Call | Outcome) -> bytes:
    """A frame; raises TypeError when an event or a result holds what JSON cannot."""
    payload = bytearray(HEADER_SIZE)
    _encoder.encode_into(message, payload, HEADER_SIZE)
    _LENGTH.pack_into(payload, 0, len(payload) - HEADER_SIZE)
    return bytes(payload)


def payload_length(header: bytes | bytearray | memoryview) -> int:
    """How many bytes follow the header."""
    length: int = _LENGTH.unpack_from(header)[0]
    return length
