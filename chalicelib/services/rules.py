"""Create, read, change and delete rules; a change ends the alerts that lose their meaning with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.alerts import Ending
from chalicelib.domain.audit import AuditEntry
from chalicelib.domain.channels import channels_named
from chalicelib.domain.errors import FieldError, InvalidInput, NotFound
from chalicelib.domain.lifecycle import check_version
from chalicelib.domain.mail_addresses import check_mailable
from chalicelib.domain.rule_edits import ending_of_edit
from chalicelib.domain.rule_form import amend_rule, read_rule, write_rule
from chalicelib.domain.rule_records import RuleRecord, show_rule
from chalicelib.domain.rules import Rule
from chalicelib.services.ports.alerting import AuditBook, RuleBook, UnitOfWork
from chalicelib.services.ports.notifying import ChannelBook
from chalicelib.services.respond import Respond

PAGE = 100


class Rules:
    """Keeps rules."""

    def __init__(
        self,
        unit: UnitOfWork,
        book: RuleBook,
        audit: AuditBook,
        respond: Respond,
        channels: ChannelBook,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._unit = unit
        self._book = book
        self._audit = audit
        self._respond = respond
        self._channels = channels
        self._random_bytes = random_bytes

    def create(self, given: object, *, actor: str, now: int) -> RuleRecord:
        """A new rule out of its JSON form. Raises InvalidInput with everything that is wrong."""
        rule = read_rule(given, rule_id=f"rule_{self._random_bytes(8).hex()}")
        check_mailable(rule.recipients, known=())
        record = RuleRecord(rule, 1, now, now)
        with self._unit.transaction():
            self._check_channels(rule, known=frozenset())
            self._book.add(record)
            self._audit.record(AuditEntry(now, actor, "created", "rule", rule.id, None, write_rule(rule)))
        return record

    def get(self, rule_id: str) -> RuleRecord:
        """A rule. Raises NotFound."""
        return _found(self._book.get(rule_id), rule_id)

    def page(
        self, after: str | None, *, metric_type: str | None = None, enabled: bool | None = None
    ) -> tuple[list[RuleRecord], str | None]:
        """Up to 100 rules, and the cursor of the next page or None."""
        found = self._book.page(after or "", PAGE + 1, metric_type=metric_type, enabled=enabled)
        return found[:PAGE], found[PAGE - 1].rule.id if len(found) > PAGE else None

    def change(self, rule_id: str, changes: object, *, expected: int | None, actor: str, now: int) -> RuleRecord:
        """The rule with some of its fields changed. Raises NotFound, InvalidInput, or Conflict for a stale version.

        Two changes at once follow one another: the second sees what the first has made of the rule.
        """
        with self._unit.transaction():
            before = _found(self._book.get(rule_id, lock=True), rule_id)
            check_version(expected, before.version, lambda: show_rule(before))
            rule = amend_rule(before.rule, changes)
            if rule == before.rule:
                return before
            check_mailable(rule.recipients, known=before.rule.recipients)
            self._check_channels(rule, known=_channels_of(before.rule))
            after = replace(before, rule=rule, version=before.version + 1, updated_at=now)
            self._book.replace(after)
            ending = ending_of_edit(before.rule, rule)
            if ending is not None:
                self._respond.end_all(before.rule, rule, ending, actor=actor, now=now)
            self._audit.record(
                AuditEntry(now, actor, "changed", "rule", rule_id, write_rule(before.rule), write_rule(rule))
            )
        return after

    def delete(self, rule_id: str, *, expected: int | None, actor: str, now: int) -> None:
        """Delete a rule and end its alerts; the history stays. Raises NotFound, or Conflict for a stale version."""
        with self._unit.transaction():
            before = _found(self._book.get(rule_id, lock=True), rule_id)
            check_version(expected, before.version, lambda: show_rule(before))
            # First the rule, then its alerts: from here on no evaluation is under way that could still begin one.
            self._book.remove(rule_id)
            self._respond.end_all(before.rule, None, Ending.RULE_DELETED, actor=actor, now=now)
            self._audit.record(AuditEntry(now, actor, "deleted", "rule", rule_id, write_rule(before.rule), None))

    def _check_channels(self, rule: Rule, *, known: frozenset[str]) -> None:
        """Refuse channels that there are not; those that the rule named before (`known`) may have been deleted since.

        Raises InvalidInput.
        """
        if not (wanted := _channels_of(rule) - known):
            return
        found = {name for channel in self._channels.all() for name in (channel.id, channel.name)}
        reason = "is no channel's id or name; GET /api/monitoring/channels lists them"
        errors = [
            FieldError(None, f"{field}.{place}", reason)
            for field, names in (
                ("recipients", rule.recipients),
                ("channels", rule.channels),
                *((f"escalation.{number}.channels", step.channels) for number, step in enumerate(rule.escalation)),
            )
            for place, name in enumerate(names)
            if name in wanted - found
        ]
        if errors:
            first = errors[0]
            raise InvalidInput(f"{first.field}: {first.reason}.", field=first.field, errors=errors)


def _channels_of(rule: Rule) -> frozenset[str]:
    steps = [name for step in rule.escalation for name in step.channels]
    return frozenset(channels_named(rule.recipients, [*rule.channels, *steps]))


def _found(record: RuleRecord | None, rule_id: str) -> RuleRecord:
    if record is None:
        raise NotFound(f"There is no rule {rule_id[:64]!r}.")
    return record
