"""Email: by SMTP where SMTP_HOST is set, else by SES; text and HTML, one thread for each alert."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from functools import cached_property
from hashlib import blake2b
from typing import Any, Protocol

from chalicelib.domain.deliveries import Delivered, DeliveryFailed, Failure, Letter
from chalicelib.domain.fields import Fields
from chalicelib.domain.mail import MailJob
from chalicelib.domain.mail_addresses import UNMAILABLE, is_mailable
from chalicelib.rendering.mail import html_of, text_of
from chalicelib.rendering.words import compose

MAX_ADDRESSES = 50
MAX_SUBJECT = 200
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")


class Post(Protocol):
    """What carries mails."""

    def send(self, mail: EmailMessage) -> str | None:
        """Hand a mail over; what the carrier calls it. Raises DeliveryFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Email:
    """Writes mails."""

    post: Post
    sender: str

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        mail = write_mail(letter, self.sender)
        return Delivered(self.post.send(mail) or str(mail["Message-ID"]))

    def send_report(self, job: MailJob, now: int) -> None:
        """Deliver a report's mail. Raises DeliveryFailed."""
        self.post.send(write_report_mail(job, self.sender, now))


def write_mail(letter: Letter, sender: str) -> EmailMessage:
    """The mail of a letter: its Message-ID is the same over all attempts, its thread that of the alert."""
    job = letter.job
    message = compose(job, possible_duplicate=letter.possible_duplicate)
    domain = sender.rpartition("@")[2].rstrip(">") or "localhost"
    mail = EmailMessage()
    mail["Subject"] = _CONTROL.sub(" ", message.subject)[:MAX_SUBJECT]
    mail["From"] = sender
    mail["To"] = _addresses(job.target.config["to"])
    mail["Date"] = formatdate(job.notice.at / 1000)
    mail["Message-ID"] = f"<{job.id}@{domain}>"
    if job.notice.alert_id:
        root = blake2b(job.thread.encode(), digest_size=12).hexdigest()
        mail["In-Reply-To"] = mail["References"] = f"<{root}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text_of(message))
    mail.add_alternative(html_of(message), subtype="html", cte="quoted-printable")
    return mail


def write_report_mail(job: MailJob, sender: str, now: int) -> EmailMessage:
    """The mail of a report, with its pictures inside; the same Message-ID however often it is tried."""
    domain = sender.rpartition("@")[2].rstrip(">") or "localhost"
    mail = EmailMessage()
    mail["Subject"] = _CONTROL.sub(" ", job.mail.subject)[:MAX_SUBJECT]
    mail["From"] = sender
    mail["To"] = _addresses(job.recipients)
    mail["Date"] = formatdate(now / 1000)
    mail["Message-ID"] = f"<{blake2b(job.id.encode(), digest_size=12).hexdigest()}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(job.mail.text)
    if job.mail.html:
        mail.add_alternative(job.mail.html, subtype="html", cte="quoted-printable")
        html = mail.get_payload()[-1]  # type: ignore[index]
        for picture in job.mail.pictures:
            html.add_related(picture.png, "image", "png", cid=f"<{picture.name}>", filename=f"{picture.name}.png")  # type: ignore[union-attr]
    return mail


def _addresses(to: Iterable[str]) -> list[Address]:
    """One that no header can hold keeps the mail from none of the others. Raises DeliveryFailed when there are none."""
    found = [Address(addr_spec=address) for address in to if is_mailable(address)]
    if not found:
        raise DeliveryFailed(Failure.PERMANENT, "None of the receivers is an address that mails can be sent to.")
    return found


class SesPost:
    """SES, in the region of the service."""

    def send(self, mail: EmailMessage) -> str | None:
        """Hand a mail over; its id. Raises DeliveryFailed."""
        from botocore.exceptions import BotoCoreError, ClientError

        from chalicelib.channels.ses import failure_of

        try:
            answer = self._client.send_email(
                FromEmailAddress=str(mail["From"]),
                Destination={"ToAddresses": [each.addr_spec for each in mail["To"].addresses]},
                Content={"Raw": {"Data": mail.as_bytes(policy=policy.SMTP)}},
            )
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error) from None
        found: str = answer["MessageId"]
        return found

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        # One try: the claim decides about another one.
        return boto3.client(
            "sesv2", config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=15)
        )


def read_config(
    fields: Fields, kept: frozenset[str], random_bytes: Callable[[int], bytes]
) -> tuple[dict[str, Any], dict[str, str]]:
    """`{"to": [addresses]}`."""
    to = fields.texts("to", most=MAX_ADDRESSES, check=lambda text: None if is_mailable(text) else UNMAILABLE)
    if not to and not fields.errors:
        fields.refuse("to", "must name at least one email address")
    return {"to": list(to)}, {}
