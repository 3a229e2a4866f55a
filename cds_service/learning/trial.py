"""A trial in the shadow: what a topic would have done, on how many orders, and which cases reviewers should see.

A topic is on trial where its mode is ``shadow``, and where another policy is judged by beside the one in force. Of a
policy that was changed during the window only the newest state counts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cards.policy import Mode
from cards.topics import Topic
from cds_service.learning.judgements import judgements, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from cds_service.learning.judgements import Judged, Window

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """An order on which a topic would have fired and did not show a card."""

    decision: str
    topic: str
    order: str


@dataclass(slots=True)
class Tally:
    """What a topic on trial came to."""

    orders: int = 0
    would_fire: int = 0
    fires_now: int = 0
    new: int = 0
    gone: int = 0
    by_drug: dict[str, Counter[str]] = field(default_factory=dict)
    by_prescriber: dict[str, Counter[str]] = field(default_factory=dict)
    by_client: dict[str, Counter[str]] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    cases: list[Case] = field(default_factory=list)

    def add(self, topic: str, each: Judged) -> None:
        """Count a decision in which the topic was on trial."""
        source = each.tried or each.found
        would, now = source.of(topic), {order for name, order in each.found.fired if name == topic}
        orders = each.orders or {"": "not settled"}
        for order, product in orders.items():
            for group, key in (
                (self.by_drug, product),
                (self.by_prescriber, each.prescriber),
                (self.by_client, each.client),
            ):
                group.setdefault(key, Counter()).update(orders=1, fires=int(order in would))
        self.orders += len(orders)
        self.would_fire += len(would)
        self.fires_now += len(now)
        self.new += len(would - now)
        self.gone += len(now - would)
        self.cases += [Case(each.id, topic, order) for order in sorted(would - now)]
        self.missing.update({what for name, _, what in source.missing if name == topic})


def trials(engine: Engine, window: Window, topic: str | None = None) -> dict[str, Tally]:
    """Count what every topic on trial came to, or one topic alone; those that make no difference are left out."""
    every = list(judgements(engine, window))
    with engine.connect() as connection:
        digests = {each.found.configuration for each in every} | {
            each.tried.configuration for each in every if each.tried
        }
        settings = settings_of(connection, digests)
    newest = {settings[each.tried.configuration]["profile"]: each.tried.configuration for each in every if each.tried}
    found: dict[str, Tally] = {}
    for each in every:
        if each.tried is not None and each.tried.configuration not in newest.values():
            continue
        for name in _on_trial(each, settings) if topic is None else (topic,):
            found.setdefault(name, Tally()).add(name, each)
    shadowed = {
        name for each in settings.values() for name, one in each["topics"].items() if one["mode"] == Mode.SHADOW
    }
    return {name: tally for name, tally in found.items() if topic or name in shadowed or tally.new or tally.gone}


def _on_trial(each: Judged, settings: dict[str, Json]) -> Iterable[str]:
    """Name the topics that are on trial in a decision: all, where another policy is tried."""
    if each.tried is not None:
        return [str(topic) for topic in Topic]
    topics = settings[each.found.configuration]["topics"]
    return [name for name, one in topics.items() if one["mode"] == Mode.SHADOW]


def sample(cases: Iterable[Case], count: int, seed: int) -> list[Case]:
    """Draw cases by lot; the same seed and the same record give the same cases, in whatever order they come."""

    def lot(case: Case) -> str:
        return hashlib.sha256(f"{seed}|{case.decision}|{case.topic}|{case.order}".encode()).hexdigest()

    return sorted(cases, key=lot)[:count]
