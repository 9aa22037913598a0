"""What SES's refusals mean for a mail."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError

from chalicelib.domain.deliveries import DeliveryFailed, Failure

_FOR_GOOD = frozenset(
    {"MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException", "NotFoundException"}
)


def failure_of(error: ClientError | BotoCoreError) -> DeliveryFailed:
    """The failure that an error of boto3 stands for."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        failure = Failure.PERMANENT if code in _FOR_GOOD else Failure.TRANSIENT
        return DeliveryFailed(failure, f"SES answered {code}.", status=status)
    if isinstance(error, ReadTimeoutError | ConnectionClosedError):
        return DeliveryFailed(Failure.DOUBTFUL, "SES gave no answer.")
    return DeliveryFailed(Failure.TRANSIENT, f"SES could not be reached ({type(error).__name__}).")
