"""Report mails: written with their pictures inside, sent once, tried again only when they did not arrive."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from chalicelib.channels.email import Email
from chalicelib.domain.deliveries import DeliveryFailed, Failure
from chalicelib.domain.mail import Mail, MailJob, Picture
from chalicelib.services.mail_reports import MailReports
from chalicelib.storage.dynamodb.mailed import DynamoMailed
from tests.notifications.conftest import Cloud

NOW = 1_790_000_000_000
JOB = MailJob(
    "rep_1:ann@example.com",
    ("ann@example.com", "bob@example.com"),
    Mail("Weekly report:\r\nBcc: x@example.com", "All is well.", '<img src="cid:cpu">', (Picture("cpu", b"\x89PNG"),)),
)


class Post:
    """Remembers what it was handed; fails as told, then works."""

    def __init__(self, *failures: Failure) -> None:
        self.failures = list(failures)
        self.sent: list[EmailMessage] = []

    def send(self, mail: EmailMessage) -> str | None:
        if self.failures:
            raise DeliveryFailed(self.failures.pop(0), "no")
        self.sent.append(mail)
        return None


def reports(post: Post) -> MailReports:
    """The service with moto's table of claims."""
    return MailReports(DynamoMailed("perfmon-claims"), Email(post, "perfmon@example.com"), lambda: NOW)


def test_a_mail_carries_text_html_and_pictures_and_one_line_of_subject(cloud: Cloud) -> None:
    post = Post()
    assert reports(post).run(JOB)
    (mail,) = post.sent
    assert mail["Subject"] == "Weekly report: Bcc: x@example.com"
    assert [each.addr_spec for each in mail["To"].addresses] == ["ann@example.com", "bob@example.com"]
    text, html = mail.get_body(("plain",)), mail.get_body(("related", "html"))
    assert text is not None
    assert text.get_content().strip() == "All is well."
    assert html is not None
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<cpu>"
    assert picture.get_content() == b"\x89PNG"


def test_a_message_that_comes_twice_is_mailed_once(cloud: Cloud) -> None:
    post = Post()
    assert [reports(post).run(JOB) for _ in range(3)] == [True, False, False]
    assert len(post.sent) == 1


@pytest.mark.parametrize(("failure", "sent"), [(Failure.PERMANENT, 0), (Failure.DOUBTFUL, 0), (Failure.TRANSIENT, 1)])
def test_only_what_did_not_arrive_is_tried_again(cloud: Cloud, failure: Failure, sent: int) -> None:
    post = Post(failure)
    if failure is Failure.TRANSIENT:
        with pytest.raises(DeliveryFailed):
            reports(post).run(JOB)
    else:
        assert not reports(post).run(JOB)
    reports(post).run(JOB)
    assert len(post.sent) == sent
