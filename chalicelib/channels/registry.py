"""Every type of channel: a line each. `read_config` and the sender stand in the module of the type's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from chalicelib.domain.channels import Channel
from chalicelib.domain.deliveries import Delivered, DeliveryFailed, Failure, Letter
from chalicelib.domain.fields import Fields

# type -> whether an acknowledgement can be shown in what was sent before, by the channel's config
TYPES: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "email": lambda config: False,
    "slack": lambda config: "channel" in config,  # only a bot can edit
    "webhook": lambda config: False,
    "pagerduty": lambda config: True,
    "teams": lambda config: False,
    "sink": lambda config: False,
}


class Sender(Protocol):
    """One type's way out."""

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        ...


class Registry:
    """What the API has to know of the types."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes

    def names(self) -> Sequence[str]:
        """The types that a channel may have."""
        return tuple(TYPES)

    def read(self, type_name: str, fields: Fields, kept: frozenset[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """What can be read by anybody and the secrets of a config; `kept`: secrets that the channel has already."""
        read: tuple[dict[str, Any], dict[str, str]] = import_module(f"chalicelib.channels.{type_name}").read_config(
            fields, kept, self._random_bytes
        )
        return read

    def can_group(self, channel: Channel) -> bool:
        """Whether one message can tell of several alerts: PagerDuty keeps an incident for each."""
        return channel.type != "pagerduty"

    def with_threads(self) -> Sequence[str]:
        """The types where something can be said below what was sent before, if their channel shows updates."""
        return ("slack",)

    def shows_updates(self, channel: Channel) -> bool:
        """Whether an acknowledgement can be shown in what was sent before."""
        shows = TYPES.get(channel.type)
        return shows is not None and shows(channel.config)


class AllSenders:
    """Sends each letter the way of its channel's type; a sender is built when it is first needed."""

    def __init__(self, builders: Mapping[str, Callable[[], Sender]]) -> None:
        self._builders = builders
        self._built: dict[str, Sender] = {}

    def send(self, letter: Letter) -> Delivered:
        """Deliver. Raises DeliveryFailed."""
        type_name = letter.job.target.type
        if type_name not in self._builders:
            raise DeliveryFailed(Failure.PERMANENT, "This version of the notifier does not know the channel's type.")
        if type_name not in self._built:
            self._built[type_name] = self._builders[type_name]()
        return self._built[type_name].send(letter)
