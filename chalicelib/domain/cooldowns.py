"""Cooldown: once a rule has told of a group, its firing again is held back for a while, counted, told at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.domain.notifications import Decision, Reason

_BEGINS_COOLDOWN = frozenset({Reason.FIRING, Reason.COOLDOWN_ENDED, Reason.SILENCE_ENDED})


@dataclass(frozen=True, slots=True)
class Cooldown:
    """Of one rule and group: until when (epoch ms), which episode began it, and how many firings it has held back."""

    until: int
    alert_id: str
    flaps: int = 0
    last_held: str = ""

    def against(self, alert_id: str) -> int | None:
        """Until when it holds back this episode: the one that began it is told, whatever comes."""
        return None if alert_id == self.alert_id else self.until

    def flaps_with(self, alert_id: str) -> int:
        """How many firings it has held back, this episode's included."""
        return self.flaps if alert_id == self.last_held else self.flaps + 1


def after_decision(
    cooldown: Cooldown | None, alert_id: str, decision: Decision, now: int, period: int
) -> Cooldown | None:
    """The cooldown after a decision about any channel; `period` in ms.

    It begins at the first telling of an episode, and counts each episode that it holds back once, however many
    channels the rule has.
    """
    if decision.reason in _BEGINS_COOLDOWN and (cooldown is None or cooldown.alert_id != alert_id):
        return Cooldown(now + period, alert_id)
    if decision.reason is Reason.COOLDOWN and cooldown is not None and cooldown.last_held != alert_id:
        return replace(cooldown, flaps=cooldown.flaps_with(alert_id), last_held=alert_id)
    return cooldown
