"""How long AWS's services are waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.config import Config


def patience() -> Config:
    """Of a client of a queue, a table or a bus: three tries, which end within 20 seconds also where nobody answers.

    boto3's own, a minute for each of five tries, is longer than any of our functions may run.
    """
    from botocore.config import Config

    return Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
