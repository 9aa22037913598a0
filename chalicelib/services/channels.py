"""Create, read, change, delete and test channels. Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.channel_form import read_common, show_channel, write_channel
from chalicelib.domain.channels import Channel, ChannelRecord
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.fields import Fields
from chalicelib.domain.jobs import Notice
from chalicelib.domain.ledger import entry_to
from chalicelib.domain.lifecycle import check_version
from chalicelib.domain.notifications import Reason
from chalicelib.services.ports.alerting import AuditBook, UnitOfWork
from chalicelib.services.ports.notifying import ChannelBook, ChannelTypes, EntryBook, Sealer

PAGE = 100
# What is shown of the server that a channel calls, and the secrets that are sent there as they are.
_SERVER = ("apiUrl", "host", "url")
_SENT_ALONG = ("headers", "routingKey", "token")


class Channels:
    """Keeps channels."""

    def __init__(
        self,
        unit: UnitOfWork,
        book: ChannelBook,
        entries: EntryBook,
        types: ChannelTypes,
        sealer: Sealer,
        audit: AuditBook,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._unit = unit
        self._book = book
        self._entries = entries
        self._types = types
        self._sealer = sealer
        self._audit = audit
        self._random_bytes = random_bytes

    def create(self, given: object, *, actor: str, now: int) -> tuple[ChannelRecord, dict[str, str]]:
        """A new channel, and the secrets made for it, to be shown this once. Raises InvalidInput, Conflict."""
        channel, secrets, named = self._read(given, f"chn_{self._random_bytes(8).hex()}", None)
        record = ChannelRecord(replace(channel, sealed=self._sealer.seal(secrets)), 1, now, now)
        with self._unit.transaction():
            _check_name(self._book.add(record), channel)
            self._note("created", None, record, actor, now)
        return record, {name: secret for name, secret in secrets.items() if name == "secret" and name not in named}

    def get(self, channel_id: str) -> ChannelRecord:
        """A channel. Raises NotFound."""
        return _found(self._book.get(channel_id), channel_id)

    def page(self, after: str | None) -> tuple[list[ChannelRecord], str | None]:
        """Up to 100 channels, and the cursor of the next page or None."""
        found = self._book.page(after or "", PAGE + 1)
        return found[:PAGE], found[PAGE - 1].channel.id if len(found) > PAGE else None

    def change(self, channel_id: str, changes: object, *, expected: int | None, actor: str, now: int) -> ChannelRecord:
        """The channel with some fields changed; secrets not named stay. Raises NotFound, InvalidInput, Conflict.

        None is ever sent to another server than the one that it was given for. The secret that is replaced goes on
        signing beside the new one until the next change.
        """
        if not isinstance(changes, Mapping):
            raise InvalidInput("body: must be an object.", field="body")
        with self._unit.transaction():
            before = _found(self._book.get(channel_id, lock=True), channel_id)
            check_version(expected, before.version, lambda: show_channel(before))
            given = {**write_channel(before.channel), **changes}
            channel, secrets, _ = self._read(given, channel_id, before.channel, changes.get("config"))
            _check_secrets_stay_home(before.channel, channel, secrets)
            boxes = {**before.channel.sealed, **self._sealer.seal(secrets)}
            if "secret" in secrets and "secret" in before.channel.sealed:
                boxes["previousSecret"] = before.channel.sealed["secret"]
            reason = None if channel.enabled else before.disabled_reason
            after = replace(
                before,
                channel=replace(channel, sealed=boxes),
                version=before.version + 1,
                updated_at=now,
                disabled_reason=reason,
                last_error=None,
                last_error_at=None,
            )
            _check_name(self._book.replace(after), channel)
            self._note("changed", before, after, actor, now)
        return after

    def delete(self, channel_id: str, *, expected: int | None, actor: str, now: int) -> None:
        """Delete a channel; what was told stays in the ledger. Raises NotFound, Conflict."""
        with self._unit.transaction():
            before = _found(self._book.get(channel_id, lock=True), channel_id)
            check_version(expected, before.version, lambda: show_channel(before))
            self._book.remove(channel_id)
            self._note("deleted", before, None, actor, now)

    def test(self, channel_id: str, *, now: int) -> str:
        """Queue a test message; its id in the ledger. Raises NotFound."""
        channel = self.get(channel_id).channel
        notification_id = f"ntf_{self._random_bytes(16).hex()}"
        notice = Notice(at=now, reason=str(Reason.TEST))
        self._entries.write([entry_to(channel, Reason.TEST, notice, entry_id=notification_id, at=now)])
        return notification_id

    def _read(
        self, given: object, channel_id: str, before: Channel | None, config: object = None
    ) -> tuple[Channel, dict[str, str], frozenset[str]]:
        """The channel, its new secrets, and which of these were given."""
        fields = Fields(given)
        type_name = fields.text("type", most=20)
        if type_name and type_name not in self._types.names():
            fields.refuse("type", f"must be one of {', '.join(self._types.names())}")
        if before is not None and type_name != before.type:
            fields.refuse("type", "cannot be changed; create another channel")
        channel = read_common(fields, channel_id, type_name)
        wanted = fields.raw("config")
        secrets: dict[str, str] = {}
        named: frozenset[str] = frozenset()
        if before is not None and config is None:
            channel = replace(channel, config=before.config)
        elif not fields.errors:
            inner = Fields({} if wanted is None else wanted, path="config", errors=fields.errors)
            kept = frozenset() if before is None else frozenset(before.sealed)
            public, secrets = self._types.read(type_name, inner, kept)
            inner.refuse_unknown()
            named = frozenset(name for name in secrets if inner.has(name))
            channel = replace(channel, config=_merged(before, public, secrets))
        fields.finish()
        return channel, secrets, named

    def _note(
        self, action: str, before: ChannelRecord | None, after: ChannelRecord | None, actor: str, now: int
    ) -> None:
        shown: list[dict[str, Any] | None] = [
            None if each is None else write_channel(each.channel) | {"secrets": sorted(each.channel.sealed)}
            for each in (before, after)
        ]
        record = after or before
        assert record is not None
        self._audit.record(AuditEntry(now, actor, action, "channel", record.channel.id, *shown))


def _merged(before: Channel | None, public: dict[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """What is shown of a secret that stays, like the host of an address, stays too."""
    if before is None or "url" in secrets:
        return public
    return {name: value for name, value in before.config.items() if name == "host"} | public


def _check_secrets_stay_home(before: Channel, after: Channel, given: Mapping[str, str]) -> None:
    """Else whoever may change a channel, and never sees its secrets, would have them sent to a server of their own."""
    kept = [name for name in _SENT_ALONG if name in before.sealed and name not in given]
    # An address that is a secret cannot be compared: one that is given counts as another.
    is_moved = "url" in given or any(before.config.get(name) != after.config.get(name) for name in _SERVER)
    if kept and is_moved:
        field = f"config.{kept[0]}"
        raise InvalidInput(f"{field}: was given for the address before; give it again with the new one.", field=field)


def _check_name(is_free: bool, channel: Channel) -> None:
    if not is_free:
        raise Conflict(f"Another channel is called {channel.name[:100]!r} already; choose another name.")


def _found(record: ChannelRecord | None, channel_id: str) -> ChannelRecord:
    if record is None:
        raise NotFound(f"There is no channel {channel_id[:64]!r}.")
    return record
