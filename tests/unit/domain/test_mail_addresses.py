"""What is taken for an address can be written to: the standard library's own parsers are the judges."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chalicelib.channels.email import write_report_mail
from chalicelib.domain.deliveries import DeliveryFailed, Failure
from chalicelib.domain.mail import Mail, MailJob
from chalicelib.domain.mail_addresses import is_mailable, wrong_address

UNMAILABLE = ["a..b@x.de", ".a@x.de", "a.@x.de", "a@x..de", "a@x.", "ä@x.de", "a@ä.de", "=?utf-8?q?x?=@x", "a\u200b@x"]


def mail_to(*recipients: str) -> EmailMessage:
    """A report's mail to them."""
    return write_report_mail(MailJob("rep_1", recipients, Mail("Report", "text", "")), "alerts@example.com", 0)


@given(st.from_regex(r"[a-z.=?'!*{}-]{1,8}@[a-z.-]{1,8}", fullmatch=True))
@example("ops+night@mail-1.example.com")
@example("o'neil@example.com")
def test_whatever_is_mailable_can_be_written_and_read(address: str) -> None:
    assume(is_mailable(address))
    mail = mail_to(address)
    assert mail.as_bytes(policy=policy.SMTP)
    assert [each.addr_spec for each in mail["To"].addresses] == [address]


@pytest.mark.parametrize("address", UNMAILABLE, ids=ascii)
def test_an_address_that_no_mail_can_be_sent_to_keeps_it_from_none_of_the_others(address: str) -> None:
    assert wrong_address(address) is None  # it may be stored
    assert not is_mailable(address)
    assert [each.addr_spec for each in mail_to(address, "ops@example.com")["To"].addresses] == ["ops@example.com"]
    with pytest.raises(DeliveryFailed) as caught:
        mail_to(address)
    assert caught.value.failure is Failure.PERMANENT
