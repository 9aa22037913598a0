"""What an HTTP answer means for a delivery: the one place where statuses become kinds of failure."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from chalicelib.channels.http import Http, RequestFailed, Response
from chalicelib.domain.deliveries import DeliveryFailed, Failure

_TRANSIENT = frozenset({408, 421, 423, 425, 429})


def post(http: Http, url: str, headers: Mapping[str, str], body: bytes, *, now: int) -> Response:
    """POST, and the answer if it is a success. Raises DeliveryFailed; `now` (epoch ms) is for dates in Retry-After."""
    try:
        answer = http.request("POST", url, headers, body)
    except RequestFailed as error:
        failure = Failure.PERMANENT if error.is_permanent else Failure.DOUBTFUL if error.left else Failure.TRANSIENT
        raise DeliveryFailed(
            failure, f"The receiver gave {error.message}." if error.left else f"{_sentence(error)}."
        ) from None
    check(answer, now=now)
    return answer


def check(answer: Response, *, now: int) -> None:
    """Nothing for a success. Raises DeliveryFailed: a redirect is permanent, 410 says that the receiver is gone."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status == 410:
        raise DeliveryFailed(
            Failure.PERMANENT,
            "The receiver is gone for good (410); the channel is switched off.",
            status=410,
            disable=True,
        )
    if status in _TRANSIENT or status >= 500:
        raise DeliveryFailed(
            Failure.TRANSIENT, f"The receiver answered {status}.", status=status, retry_after=_retry_after(answer, now)
        )
    why = "; redirects are not followed" if 300 <= status < 400 else ""
    raise DeliveryFailed(Failure.PERMANENT, f"The receiver answered {status}{why}.", status=status)


def _retry_after(answer: Response, now: int) -> int | None:
    given = answer.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit() and len(given) < 10:
        return int(given)
    try:
        return max(0, round(parsedate_to_datetime(given).timestamp() - now / 1000))
    except (TypeError, ValueError, OverflowError):
        return None


def _sentence(error: RequestFailed) -> str:
    return error.message[:1].upper() + error.message[1:]
