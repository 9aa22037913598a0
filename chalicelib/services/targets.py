"""Create, read, change and delete targets. Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.fields import Fields
from chalicelib.domain.lifecycle import check_version
from chalicelib.domain.target_form import SECRETS, origin, read_secrets, read_target, show_target, write_target
from chalicelib.domain.targets import Target, TargetRecord
from chalicelib.services.ports.alerting import AuditBook, UnitOfWork
from chalicelib.services.ports.collecting import TargetBook
from chalicelib.services.ports.notifying import Sealer

PAGE = 100
MAX_TARGETS = 2000


class Targets:
    """Keeps targets."""

    def __init__(
        self,
        unit: UnitOfWork,
        book: TargetBook,
        sealer: Sealer,
        audit: AuditBook,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._unit = unit
        self._book = book
        self._sealer = sealer
        self._audit = audit
        self._random_bytes = random_bytes

    def create(self, given: object, *, actor: str, now: int) -> TargetRecord:
        """A new target. Raises InvalidInput, Conflict."""
        target, secrets = _read(given, f"tgt_{self._random_bytes(8).hex()}")
        record = TargetRecord(replace(target, sealed=self._sealer.seal(secrets)), 1, now, now)
        with self._unit.transaction():
            if self._book.count() >= MAX_TARGETS:
                raise Conflict(f"There are {MAX_TARGETS} targets already; delete some, or put a Prometheus in between.")
            _check_name(self._book.add(record), target)
            self._note("created", None, record, actor, now)
        return record

    def get(self, target_id: str) -> TargetRecord:
        """A target. Raises NotFound."""
        return _found(self._book.get(target_id), target_id)

    def page(self, after: str | None) -> tuple[list[TargetRecord], str | None]:
        """Up to 100 targets, and the cursor of the next page or None."""
        found = self._book.page(after or "", PAGE + 1)
        return found[:PAGE], found[PAGE - 1].target.id if len(found) > PAGE else None

    def change(self, target_id: str, changes: object, *, expected: int | None, actor: str, now: int) -> TargetRecord:
        """The target with some fields changed; secrets that are not named stay, those that are null go.

        Secrets are never sent to another server than the one they were given for. Raises NotFound, InvalidInput,
        Conflict.
        """
        if not isinstance(changes, Mapping):
            raise InvalidInput("body: must be an object.", field="body")
        with self._unit.transaction():
            before = _found(self._book.get(target_id, lock=True), target_id)
            check_version(expected, before.version, lambda: show_target(before))
            target, secrets = _read({**write_target(before.target), **changes}, target_id, before.target)
            kept = {name: box for name, box in before.target.sealed.items() if name not in changes}
            _check_secrets_stay_home(before.target, target, kept)
            after = replace(
                before,
                target=replace(target, sealed=kept | self._sealer.seal(secrets)),
                version=before.version + 1,
                updated_at=now,
            )
            _check_name(self._book.replace(after), target)
            self._note("changed", before, after, actor, now)
        return after

    def delete(self, target_id: str, *, expected: int | None, actor: str, now: int) -> None:
        """Delete a target; its samples stay. Raises NotFound, Conflict."""
        with self._unit.transaction():
            before = _found(self._book.get(target_id, lock=True), target_id)
            check_version(expected, before.version, lambda: show_target(before))
            self._book.remove(target_id)
            self._note("deleted", before, None, actor, now)

    def _note(self, action: str, before: TargetRecord | None, after: TargetRecord | None, actor: str, now: int) -> None:
        shown: list[dict[str, Any] | None] = [
            None if each is None else write_target(each.target) | {"secrets": sorted(each.target.sealed)}
            for each in (before, after)
        ]
        record = after or before
        assert record is not None
        self._audit.record(AuditEntry(now, actor, action, "target", record.target.id, *shown))


def _read(given: object, target_id: str, before: Target | None = None) -> tuple[Target, dict[str, str]]:
    """The target and the secrets that are given for it."""
    fields = Fields(given)
    target = read_target(fields, target_id)
    if before is not None and target.type is not before.type:
        fields.refuse("type", "cannot be changed; create another target")
    secrets = read_secrets(fields, target.type)
    fields.finish()
    return target, secrets


def _check_secrets_stay_home(before: Target, after: Target, kept: Mapping[str, str]) -> None:
    if kept and origin(before.config["url"]) != origin(after.config["url"]):
        missing = " and ".join(name for name in SECRETS if name in kept)
        raise InvalidInput(
            f"url: is another server than the one that {missing} was given for; give it again, or null.", field="url"
        )


def _check_name(is_free: bool, target: Target) -> None:
    if not is_free:
        raise Conflict(f"Another target is called {target.name[:100]!r} already; choose another name.")


def _found(record: TargetRecord | None, target_id: str) -> TargetRecord:
    if record is None:
        raise NotFound(f"There is no target {target_id[:64]!r}.")
    return record
