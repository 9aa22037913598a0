"""Everything an evaluation touches, in memory: samples by head row, rules, alerts and what became of them."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chalicelib.domain.alerts import State, Transition
from chalicelib.domain.episodes import Change, Episode
from chalicelib.domain.evaluations import EvaluationState
from chalicelib.domain.hosts import Host
from chalicelib.domain.rule_records import RuleRecord
from chalicelib.domain.rules import Rule
from chalicelib.domain.series import Definition, Kind
from chalicelib.services.evaluate import Evaluate
from chalicelib.services.past import Past
from chalicelib.services.recent import Recent
from chalicelib.services.watch_hosts import WatchHosts
from chalicelib.tsdb.columns import Columns, join
from chalicelib.tsdb.progress import StorePosition
from chalicelib.tsdb.rollups import Part, Rollups, nothing
from tests.untold import Untold

TICK = 10_000
START = 1_800_000_000_000


def series(metric_type: str = "m", *, kind: Kind = Kind.SAMPLED, unit: str = "", **tags: str) -> Definition:
    """A series' definition."""
    return Definition(metric_type, unit, kind, tuple(sorted(tags.items())))


class JudgedWorld:
    """Stands for the stores; `heads` are what the drain wrote, those up to `compacted` are part of blocks."""

    def __init__(self, *rules: Rule, tick_ms: int = TICK, most: int = 1000) -> None:
        self.rules = {rule.id: RuleRecord(rule, 1, 0, 0) for rule in rules}
        self.version = 1
        self.heads: list[Columns] = []
        self.definitions: dict[int, Definition] = {}
        self.compacted = 0
        self.reads_of_everything = 0
        self.last: int | None = None
        self.healthy_since: int | None = None
        self.episodes: dict[str, Episode] = {}
        self.transitions: list[Transition] = []
        self.evidence: dict[str, list[Mapping[str, Any]]] = {}
        self.noted: dict[str, str] = {}
        self.hosts: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self.evaluate = self.container(tick_ms=tick_ms, most=most)

    def container(self, *, tick_ms: int = TICK, most: int = 1000) -> Evaluate:
        """Another container with nothing in its memory."""
        return Evaluate(
            unit=self,
            book=self,
            rules=self,
            alerts=self,
            silences=self,  # type: ignore[arg-type]  # of the book only `relevant` is asked
            teller=Untold(),
            recent=Recent(self),
            past=Past(self),
            hosts=WatchHosts(self),
            new_id=lambda: f"alert-{next(self._numbers)}",
            clock=lambda: 0.0,
            tick_ms=tick_ms,
            max_alerts=most,
        )

    def drain(self, *samples: tuple[Definition, int, float]) -> None:
        """Write one head row."""
        for definition, _, _ in samples:
            self.definitions[definition.series_id] = definition
        self.heads.append(
            Columns(
                np.array([definition.series_id for definition, _, _ in samples], np.int64),
                np.array([at for _, at, _ in samples], np.int64),
                np.array([value for _, _, value in samples], np.float64),
            )
        )

    # the unit of work
    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    # the store of samples
    @contextlib.contextmanager
    def snapshot(self) -> Iterator[JudgedWorld]:
        yield self

    def position(self) -> StorePosition:
        return StorePosition(len(self.heads), self.compacted, 0, len(self.heads))

    def heads_after(self, sequence: int) -> list[dict[str, Columns]]:
        return [self._by_metric(head) for head in self.heads[max(sequence, self.compacted, 0) :]]

    def stored_between(self, metric_type: str, start: int, end: int) -> int:
        return 0  # all of it is in heads

    def is_sealed(self, metric_type: str, start: int, end: int) -> bool:
        return False

    def rollups(self, metric_type: str, seconds: int, start: int, end: int, part: Part) -> Rollups:
        return nothing()

    def samples_between(self, metric_type: str, start: int, end: int, *, but: Sequence[int] = ()) -> list[Columns]:
        self.reads_of_everything += 1
        samples = join([self._by_metric(head).get(metric_type, _none()) for head in self.heads])
        return [samples.where((samples.times >= start) & (samples.times < end))]

    def series_of(self, metric_types: Sequence[str]) -> dict[int, Definition]:
        return {key: each for key, each in self.definitions.items() if each.metric_type in metric_types}

    def series_by_id(self, series_ids: Sequence[int]) -> dict[int, Definition]:
        return {each: self.definitions[each] for each in series_ids}

    def _by_metric(self, head: Columns) -> dict[str, Columns]:
        types = [self.definitions[each].metric_type for each in head.ids.tolist()]
        return {name: head.where(np.array([each == name for each in types], bool)) for name in set(types)}

    # the evaluation's row
    def begin(self) -> EvaluationState:
        return self.state()

    def state(self) -> EvaluationState:
        return EvaluationState(self.last, self.healthy_since, self.version)

    def finish(self, instant: int, healthy_since: int, took_ms: float) -> None:
        self.last, self.healthy_since = instant, healthy_since

    # the rules
    def enabled(self) -> list[RuleRecord]:
        return [record for record in self.rules.values() if record.rule.enabled]

    def errors(self) -> dict[str, str]:
        return dict(self.noted)

    def note_errors(self, errors: Mapping[str, str | None], now: int) -> None:
        known = {**self.noted, **errors}
        self.noted = {rule: error for rule, error in known.items() if error is not None}

    # the alerts
    def live(self, rule_id: str | None = None) -> list[Episode]:
        return [each for each in self.episodes.values() if each.alert.state is not State.RESOLVED]

    def save(
        self, changes: Sequence[Change], evidence: Mapping[str, Mapping[str, Any]], *, actor: str | None = None
    ) -> None:
        for change in changes:
            alert_id = change.episode.alert.id
            self.transitions += change.transitions
            self.evidence.setdefault(alert_id, []).append(evidence[alert_id])
            if change.dropped:
                self.episodes.pop(alert_id, None)
            else:
                self.episodes[alert_id] = change.episode

    def refresh(self, episodes: Sequence[Episode]) -> None:
        self.episodes |= {each.alert.id: each for each in episodes}

    def relevant(self, now: int) -> list[Any]:
        return []

    # the hosts
    def hosts_of(self, series_ids: Sequence[int]) -> Mapping[int, str]:
        found = {each: dict(self.definitions[each].tags).get("host", "") for each in series_ids}
        return {each: host for each, host in found.items() if host}

    def seen(self, hosts: Mapping[str, int]) -> None:
        self.hosts |= hosts

    def known(self, since: int) -> list[Host]:
        return [Host(name, 0, at) for name, at in self.hosts.items() if at >= since]


def _none() -> Columns:
    return Columns(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
