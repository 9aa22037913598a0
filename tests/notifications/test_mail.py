"""Mail servers that refuse, hang up and time out; TLS and logins; SES."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from chalicelib.channels.email import SesPost
from chalicelib.channels.smtp import SmtpPost
from chalicelib.domain.deliveries import DeliveryFailed, Failure
from tests.notifications.conftest import Cloud


class Box:
    """Keeps what comes; `refuse` answers in its place."""

    def __init__(self) -> None:
        self.kept: list[Envelope] = []
        self.logins: list[bytes] = []
        self.data_answer = "250 OK"
        self.rcpt_answer: Callable[[str], str] = lambda address: "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """A receiver."""
        answer = self.rcpt_answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        """A mail."""
        self.kept.append(envelope)
        if self.data_answer == "hang up":
            server.transport.abort()
        return self.data_answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """A login."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        return AuthResult(success=data.password == b"right", handled=False)


@contextmanager
def server(box: Box, **options: Any) -> Iterator[int]:
    """A mail server in a thread of its own; its port."""
    loop = asyncio.new_event_loop()
    implicit = options.pop("implicit_tls", None)
    made = loop.run_until_complete(
        loop.create_server(
            lambda: SMTP(box, hostname="localhost", authenticator=box.authenticate, loop=loop, **options),
            "127.0.0.1",
            0,
            ssl=implicit,
        )
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield made.sockets[0].getsockname()[1]
    finally:

        async def end() -> None:
            made.close()  # here, not in the test's thread: a server belongs to its loop
            for task in asyncio.all_tasks(loop):
                if task is not asyncio.current_task():
                    task.cancel()
            await asyncio.sleep(0)
            loop.stop()

        asyncio.run_coroutine_threadsafe(end(), loop)
        thread.join()
        loop.close()


def mail(*to: str) -> EmailMessage:
    """A mail."""
    message = EmailMessage()
    message["From"] = "perfmon@example.com"
    message["To"] = ", ".join(to or ("ops@example.com",))
    message["Subject"] = "s"
    message.set_content("text\n.\nafter a lonely dot\n")
    return message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, and its key, in one file."""
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(directory / "key"), "-out", str(directory / "cert")),
        ],
        check=True,
        capture_output=True,
    )
    return directory


def contexts(certificate: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate / "cert", certificate / "key")
    return ours, ssl.create_default_context(cafile=str(certificate / "cert"))


def test_a_mail_arrives_whole() -> None:
    box = Box()
    with server(box) as port:
        SmtpPost("127.0.0.1", port).send(mail("a@example.com", "b@example.com"))
    (kept,) = box.kept
    assert kept.rcpt_tos == ["a@example.com", "b@example.com"]
    assert isinstance(kept.content, bytes)
    assert b"\r\n.\r\nafter a lonely dot" in kept.content


def test_with_a_login_the_line_is_encrypted_first(certificate: Path) -> None:
    ours, theirs = contexts(certificate)
    box = Box()
    with server(box, tls_context=ours, auth_require_tls=True) as port:
        SmtpPost("127.0.0.1", port, "user", "right", context=theirs).send(mail())
    assert len(box.kept) == 1
    assert box.logins == [b"right"]


def test_tls_from_the_first_byte(certificate: Path) -> None:
    ours, theirs = contexts(certificate)
    box = Box()
    with server(box, implicit_tls=ours) as port:
        SmtpPost("127.0.0.1", port, tls="always", context=theirs).send(mail())
    assert len(box.kept) == 1


def refused(post: SmtpPost, *to: str) -> DeliveryFailed:
    """What it fails with."""
    with pytest.raises(DeliveryFailed) as caught:
        post.send(mail(*to))
    for secret in ("s3cret", "127.0.0.1", "user"):
        assert secret not in caught.value.message
    return caught.value


def test_a_password_never_goes_over_an_open_line() -> None:
    box = Box()
    with server(box, auth_require_tls=False) as port:
        failed = refused(SmtpPost("127.0.0.1", port, "user", "s3cret"))
    assert failed.failure is Failure.TRANSIENT
    assert "STARTTLS" in failed.message
    assert not box.logins


def test_a_certificate_that_is_not_trusted_is_refused(certificate: Path) -> None:
    ours, _ = contexts(certificate)
    with server(Box(), tls_context=ours) as port:
        assert "No secure connection" in refused(SmtpPost("127.0.0.1", port, "user", "s3cret")).message


def test_a_wrong_password_is_tried_again_because_somebody_may_correct_it(certificate: Path) -> None:
    ours, theirs = contexts(certificate)
    with server(Box(), tls_context=ours) as port:
        failed = refused(SmtpPost("127.0.0.1", port, "user", "s3cret", context=theirs))
    assert (failed.failure, failed.status) == (Failure.TRANSIENT, 535)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [("451 later", Failure.TRANSIENT), ("554 spam s3cret", Failure.PERMANENT), ("hang up", Failure.DOUBTFUL)],
    ids=["451", "554", "hang up"],
)
def test_what_the_server_says_of_a_mail_decides(answer: str, failure: Failure) -> None:
    box = Box()
    box.data_answer = answer
    with server(box) as port:
        assert refused(SmtpPost("127.0.0.1", port)).failure is failure


def test_one_receiver_that_is_refused_does_not_keep_it_from_the_others() -> None:
    box = Box()
    box.rcpt_answer = lambda address: "550 unknown" if address.startswith("gone") else "250 OK"
    with server(box) as port:
        SmtpPost("127.0.0.1", port).send(mail("gone@example.com", "here@example.com"))
        assert refused(SmtpPost("127.0.0.1", port), "gone@example.com").failure is Failure.PERMANENT
    assert [kept.rcpt_tos for kept in box.kept] == [["here@example.com"]]


def test_a_server_that_says_nothing_or_is_not_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert refused(SmtpPost("127.0.0.1", port, seconds=0.2)).failure is Failure.TRANSIENT
    assert refused(SmtpPost("127.0.0.1", port, seconds=0.2)).failure is Failure.TRANSIENT


def test_ses_takes_a_mail_from_a_verified_address_and_refuses_others(cloud: Cloud) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        SesPost().send(mail())
    assert caught.value.failure is Failure.PERMANENT
    boto3.client("sesv2").create_email_identity(EmailIdentity="perfmon@example.com")
    assert SesPost().send(mail())
