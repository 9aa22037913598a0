"""Email addresses: what may stand in a rule, and what a mail can be written to.

The second is narrower, and came later: what is stored is read as it is, and left out when a mail is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from chalicelib.domain.errors import FieldError, InvalidInput

_ADDRESS = re.compile(r"[^@\s,;<>\"()\[\]\\:]{1,64}@[^@\s,;<>\"()\[\]\\:]{1,253}")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9_-]+"
_MAILABLE = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*")
_ENCODED_WORD = "=?"  # would be read as the beginning of another text
UNMAILABLE = "must be an email address that mails can be sent to: ASCII, and no dots side by side or at an end"


def wrong_address(text: str) -> str | None:
    """What is wrong with an email address."""
    return None if len(text) <= 254 and _ADDRESS.fullmatch(text) else "must be an email address"


def is_mailable(text: str) -> bool:
    """Whether a mail's header and SMTP's envelope can hold it."""
    return wrong_address(text) is None and _MAILABLE.fullmatch(text) is not None and _ENCODED_WORD not in text


def check_mailable(recipients: Sequence[str], *, known: Collection[str]) -> None:
    """Nothing, or InvalidInput for addresses that no mail can be sent to, but for those that are `known`."""
    errors = [
        FieldError(None, f"recipients.{place}", UNMAILABLE)
        for place, each in enumerate(recipients)
        if "@" in each and each not in known and not is_mailable(each)
    ]
    if errors:
        raise InvalidInput(f"{errors[0].field}: {UNMAILABLE}.", field=errors[0].field, errors=errors)
