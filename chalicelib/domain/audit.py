"""The audit trail: who changed what, when, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change; `before` None: it was created, `after` None: it is gone. Secrets never stand in either.

    Written by the adapter in the very transaction of the change.
    """

    at: int
    actor: str
    action: str
    resource: str
    resource_id: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
