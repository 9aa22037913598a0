"""Choices made before, for as long as the catalogue says the same: an open dashboard asks the same again and again."""

from __future__ import annotations

from chalicelib.services.choice import Choice, Choosing
from chalicelib.tsdb.stored import CatalogueMark, Stored

MOST_SERIES = 50_000  # of all choices together, each a few hundred bytes


class Choices:
    """A container's memory of choices, the latest asked for. Whoever takes one shows that it still holds."""

    def __init__(self, most_series: int = MOST_SERIES) -> None:
        self._most_series = most_series
        self._held: dict[Choosing, tuple[CatalogueMark, Choice]] = {}
        self._series = 0
        self._frames = 0

    def get(self, choosing: Choosing) -> Choice | None:
        """What was chosen last; whether it holds, `holds` says of what the store then answers."""
        held = self._held.get(choosing)
        return None if held is None else held[1]

    def holds(self, choosing: Choosing, stored: Stored) -> bool:
        """Whether the store knows just the series that it knew when this was chosen; otherwise it is forgotten."""
        held = self._held.get(choosing)
        if held is None or held[0] != stored.catalogue or stored.state.frames < self._frames:
            self._forget(choosing)
            return False
        self._held[choosing] = self._held.pop(choosing)  # the latest stands last
        self._frames = stored.state.frames
        return True

    def keep(self, choosing: Choosing, choice: Choice, stored: Stored) -> None:
        """Remember what was chosen of the series that the store knew; what was not asked for longest goes."""
        if stored.state.frames < self._frames:  # a database restored from a backup: other series may follow
            self._held.clear()
            self._series = 0
        self._frames = stored.state.frames
        self._forget(choosing)
        self._held[choosing] = stored.catalogue, choice
        self._series += _size(choice)
        while self._series > self._most_series and self._held:
            self._forget(next(iter(self._held)))

    def _forget(self, choosing: Choosing) -> None:
        if (held := self._held.pop(choosing, None)) is not None:
            self._series -= _size(held[1])


def _size(choice: Choice) -> int:
    return 10 + len(choice.ids)
