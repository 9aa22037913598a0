"""Makes moto's DynamoDB as atomic as AWS's: it looks at a condition and writes in two steps, and serves in threads."""

from __future__ import annotations

import functools
import threading
from typing import Any


def make_conditions_atomic() -> None:
    """From now on one conditional update follows the other in this process."""
    from moto.dynamodb.models import DynamoDBBackend

    whole = DynamoDBBackend.update_item
    if hasattr(whole, "__wrapped__"):
        return
    lock = threading.Lock()

    @functools.wraps(whole)
    def update_item(*arguments: Any, **named: Any) -> Any:
        with lock:
            return whole(*arguments, **named)

    DynamoDBBackend.update_item = update_item  # type: ignore[method-assign] # that is the point
