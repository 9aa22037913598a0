"""Mail reports: what the report's maker put into the queue goes out, once, by the road of all mails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from chalicelib.domain.deliveries import DeliveryFailed, Failure
from chalicelib.domain.mail import MailJob

_log = logging.getLogger(__name__)


class Mailed(Protocol):
    """Which mails have gone out."""

    def claim(self, mail_id: str, now: int) -> bool:
        """Whether this mail is the caller's to send; `now` in epoch ms."""
        ...

    def release(self, mail_id: str) -> None:
        """It did not go out: the next one may try."""
        ...


class ReportPost(Protocol):
    """What carries mails."""

    def send_report(self, job: MailJob, now: int) -> None:
        """Hand a mail over. Raises DeliveryFailed."""
        ...


class MailReports:
    """Sends report mails."""

    def __init__(self, mailed: Mailed, post: ReportPost, clock: Callable[[], int]) -> None:
        self._mailed = mailed
        self._post = post
        self._clock = clock

    def run(self, job: MailJob) -> bool:
        """Send a mail unless it has gone out; whether it went now.

        Raises DeliveryFailed when it may be tried again; what never can arrive is logged and let go. After a silence of
        the mail server nobody knows: a report that is missing is asked for again, one that comes twice is a nuisance.
        """
        if not self._mailed.claim(job.id, self._clock()):
            return False
        try:
            self._post.send_report(job, self._clock())
        except DeliveryFailed as error:
            if error.failure is Failure.TRANSIENT:
                self._mailed.release(job.id)
                raise
            _log.error("a report was not mailed", extra={"mail": job.id, "reason": str(error)})
            return False
        return True
