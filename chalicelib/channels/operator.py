"""The operator: whoever keeps the service running. Told by an SNS topic where there is one, else by mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from chalicelib.domain.deliveries import Delivered, DeliveryFailed, Failure, Letter


class Mails(Protocol):
    """Sends a letter as a mail."""

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        ...


class Topic:
    """An SNS topic."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def publish(self, subject: str, text: str) -> str:
        """Tell everybody who subscribed; the message's id. Raises DeliveryFailed."""
        from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError

        try:
            answer = self._client.publish(TopicArn=self._arn, Subject=subject[:100], Message=text)
        except (ReadTimeoutError, ConnectionClosedError):
            raise DeliveryFailed(Failure.DOUBTFUL, "SNS gave no answer.") from None
        except (ClientError, BotoCoreError) as error:
            raise DeliveryFailed(Failure.TRANSIENT, f"SNS did not take it ({type(error).__name__}).") from None
        found: str = answer["MessageId"]
        return found

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        # One try: the claim decides about another one.
        return boto3.client("sns", config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=15))


@dataclass(frozen=True, slots=True)
class Operator:
    """Tells the topic; without one, the addresses; without these, nobody, and the ledger says so."""

    topic: Topic | None
    mails: Mails
    recipients: Sequence[str]

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        if self.topic is not None:
            return Delivered(self.topic.publish("Performance Monitoring Service", letter.job.notice.message))
        if self.recipients:
            return self.mails.send(_to(letter, self.recipients))
        raise DeliveryFailed(Failure.PERMANENT, "There is no operator to tell: see OPERATOR_TOPIC.")


def _to(letter: Letter, recipients: Sequence[str]) -> Letter:
    target = replace(letter.job.target, config={"to": list(recipients)})
    return replace(letter, job=replace(letter.job, target=target))
