"""Hands mails to an SMTP server, with STARTTLS or TLS and a login, and tells what its refusals mean."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage

from chalicelib.domain.deliveries import DeliveryFailed, Failure

TLS_PORT = 465
SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class SmtpPost:
    """An SMTP server. `tls`: starttls (needed unless there is no login), always (from the first byte), or never."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = "auto"
    seconds: float = SECONDS
    context: ssl.SSLContext | None = None

    def send(self, mail: EmailMessage) -> str | None:
        """Hand a mail over. Raises DeliveryFailed; what it says names neither the server nor the login."""
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryFailed(
                Failure.TRANSIENT, f"The mail server refused the login ({error.smtp_code}).", status=error.smtp_code
            ) from None
        except ssl.SSLError:
            raise DeliveryFailed(Failure.TRANSIENT, "No secure connection to the mail server.") from None
        except (OSError, smtplib.SMTPException) as error:
            raise _unreachable(error) from None
        try:
            self._envelope(server, mail)
            self._data(server, mail)
        finally:
            server.close()
        return None

    def _connected(self) -> smtplib.SMTP:
        context = self.context or ssl.create_default_context()
        if self.tls == "always" or (self.tls == "auto" and self.port == TLS_PORT):
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.seconds, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.seconds)
        try:
            server.ehlo_or_helo_if_needed()
            is_plain = not isinstance(server, smtplib.SMTP_SSL)
            # A password never goes over an open line; without one, a server that offers no TLS is used as it is.
            if is_plain and self.tls != "never" and (self.user or server.has_extn("starttls")):
                server.starttls(context=context)
                server.ehlo()
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _envelope(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        """Sender and receivers: at least one receiver must be accepted."""
        sender = mail["From"].addresses[0].addr_spec
        receivers = [each.addr_spec for each in mail["To"].addresses]
        try:
            _check(*server.mail(sender), "the sender")
            answers = [server.rcpt(receiver) for receiver in receivers]
        except (OSError, smtplib.SMTPException) as error:
            raise _unreachable(error) from None
        if not any(code in (250, 251) for code, _ in answers):
            # What may pass is waited for, also when other receivers are refused for good.
            code, text = min(answers, key=lambda answer: answer[0])
            _check(code, text, "every receiver")

    def _data(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        try:
            code, text = server.data(mail.as_bytes(policy=policy.SMTP))
        except smtplib.SMTPDataError as error:
            _check(error.smtp_code, b"", "the mail")
            raise DeliveryFailed(Failure.TRANSIENT, "The mail server answered out of turn.") from None
        except (OSError, smtplib.SMTPException):
            raise DeliveryFailed(Failure.DOUBTFUL, "The mail server took the mail and gave no answer.") from None
        _check(code, text, "the mail")


def _check(code: int, text: bytes, what: str) -> None:
    """What a server says is not shown: it may quote anything."""
    if code in (250, 251):
        return
    failure = Failure.PERMANENT if 500 <= code < 600 else Failure.TRANSIENT
    raise DeliveryFailed(failure, f"The mail server refused {what} ({code}).", status=code)


def _unreachable(error: Exception) -> DeliveryFailed:
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryFailed(Failure.TRANSIENT, "The mail server offers no STARTTLS or no login; see SMTP_TLS.")
    kind = "timed out" if isinstance(error, TimeoutError) else "could not be reached"
    return DeliveryFailed(Failure.TRANSIENT, f"The mail server {kind}.")
