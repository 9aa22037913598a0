"""What a WSGI server sees of an application stays as it is; what is recorded is how it ended."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.util import FileWrapper

import pytest
from perfmon_client.web import WsgiMiddleware

from tests.clients.python.web.recording import Recording

ENVIRON = {"REQUEST_METHOD": "GET", "PATH_INFO": "/orders/17"}


def calling(app: Any, recording: Recording, **options: Any) -> Iterable[bytes]:
    """One call as a server makes it."""
    return WsgiMiddleware(app, recording, **options)(dict(ENVIRON), lambda *_: None)


def streaming(environ: Any, start_response: Callable[..., Any]) -> Iterator[bytes]:
    """Two pieces."""
    start_response("200 OK", [])
    yield b"one"
    yield b"two"


def test_a_stream_counts_at_its_end_and_once() -> None:
    recording = Recording()
    body = calling(streaming, recording)
    pieces = iter(body)
    assert [next(pieces), next(pieces)] == [b"one", b"two"]
    assert recording.told == []
    assert list(pieces) == []
    body.close()  # type: ignore[attr-defined]
    body.close()  # type: ignore[attr-defined]
    assert recording.told == [("response_time", "unmatched", "200")]


def test_a_caller_who_leaves_in_the_middle_is_no_error() -> None:
    recording = Recording()
    body = calling(streaming, recording)
    next(iter(body))
    body.close()  # type: ignore[attr-defined]
    assert recording.told == [("response_time", "unmatched", "499")]


def test_what_a_server_drops_without_closing_it_counts_all_the_same() -> None:
    recording = Recording()
    body = calling(streaming, recording)
    next(iter(body))
    del body
    gc.collect()
    assert recording.told == [("response_time", "unmatched", "499")]


def test_a_response_whose_body_nobody_asks_for_counts_as_it_is() -> None:
    recording = Recording()

    def answers(environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("204 No Content", [])
        return iter([])

    calling(answers, recording).close()  # type: ignore[attr-defined]
    assert recording.told == [("response_time", "unmatched", "204")]


def test_a_stream_that_fails_does_so_for_the_server_and_counts_as_an_error() -> None:
    def fails(environ: Any, start_response: Callable[..., Any]) -> Iterator[bytes]:
        yield from streaming(environ, start_response)
        raise RuntimeError("in the middle")

    recording = Recording()
    body = calling(fails, recording)
    with pytest.raises(RuntimeError, match="in the middle"):
        list(body)
    body.close()  # type: ignore[attr-defined]
    assert recording.told == [("response_time", "unmatched", "500"), ("error_rate", "unmatched", "500")]


def test_an_application_that_raises_does_so_for_the_server() -> None:
    def fails(environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise RuntimeError("at once")

    recording = Recording()
    with pytest.raises(RuntimeError, match="at once"):
        calling(fails, recording)
    assert recording.told == [("response_time", "unmatched", "500"), ("error_rate", "unmatched", "500")]


def test_complete_bodies_and_files_reach_the_server_as_they_are(tmp_path: Any) -> None:
    complete = [b"all of it"]
    recording = Recording()
    assert calling(lambda *_: complete, recording) is complete
    with (tmp_path / "file").open("wb+") as opened:
        file = FileWrapper(opened)
        middleware = WsgiMiddleware(lambda *_: file, recording)
        assert middleware({**ENVIRON, "wsgi.file_wrapper": FileWrapper}, lambda *_: None) is file


def test_somebodys_own_route_is_asked_and_may_fail() -> None:
    recording = Recording()
    for route in (lambda environ: "/orders/{id}", lambda environ: environ["missing"]):
        body = calling(streaming, recording, route=route)
        list(body)
        body.close()  # type: ignore[attr-defined]
    assert [endpoint for _, endpoint, _ in recording.told] == ["/orders/{id}", "unmatched"]
