"""A trial in the shadow: what a topic would have done, on how many orders, and which cases reviewers should see.

A topic is on trial if its mode is ``shadow``, or if another policy is tried alongside the one in force. If that policy
changed during the window, only its newest state counts. If a version is named, every decision with it counts, because
an approved version does not change.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from cards.facts.policy import Mode
from cds_service.learning.judgments import judgments, settings_of
from cds_service.store.selection import decided_in
from cds_service.store.tables import decisions, shadow_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from cds_service.learning.judgments import Judged
    from cds_service.store.selection import Window

Json = dict[str, Any]
_SET = ("mode", "indicator")
# A topic that the settings at the time did not have.
_UNKNOWN = {"mode": str(Mode.OFF), "indicator": ""}


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """An order on which a topic would have fired but showed no card."""

    decision: str
    topic: str
    order: str


@dataclass(slots=True)
class Tally:
    """The counts for a topic on trial."""

    orders: int = 0
    would_fire: int = 0
    fires_now: int = 0
    new: int = 0
    gone: int = 0
    by_drug: dict[str, Counter[str]] = field(default_factory=dict)
    by_prescriber: dict[str, Counter[str]] = field(default_factory=dict)
    by_client: dict[str, Counter[str]] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    cases: list[ReviewCase] = field(default_factory=list)
    changed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Mode and indicator if the policy on trial has different ones: in force, and on trial."""

    def add(self, topic: str, each: Judged, in_force: Json, tried: Json | None) -> None:
        """Count a decision in which the topic was on trial; ``in_force`` and ``tried`` say how the topic is set."""
        source = each.tried or each.found
        would, now = source.of(topic), each.found.shown(topic)
        # A topic in the shadow is tried as if live; a topic that the policy on trial puts there would disappear.
        then = would if in_force["mode"] == Mode.SHADOW else source.shown(topic)
        if tried is not None:
            # A topic that only the trial has, of a new rule, has no indicator in force.
            both = {what: (in_force[what], tried[what]) for what in _SET if in_force[what]}
            self.changed = {what: (was, now) for what, (was, now) in both.items() if was != now}
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
        self.new += len(then - now)
        self.gone += len(now - then)
        self.cases += [ReviewCase(each.id, topic, order) for order in sorted(then - now)]
        self.missing.update({what for name, _, what in source.missing if name == topic})


def trials(engine: Engine, window: Window, topic: str | None = None, version: int | None = None) -> dict[str, Tally]:
    """Count the results of every topic on trial, or of one; topics without any difference are left out.

    ``version``: only decisions in which this policy version was on trial.
    """
    every = list(judgments(engine, window))
    with engine.connect() as connection:
        digests = {each.found.configuration for each in every} | {
            each.tried.configuration for each in every if each.tried
        }
        settings = settings_of(connection, digests)
    if version is not None:
        every = [each for each in every if each.tried and _version(settings, *_digests(each)) == version]
    newest = {settings[each.tried.configuration]["profile"]: each.tried.configuration for each in every if each.tried}
    found: dict[str, Tally] = {}
    for each in every:
        if version is None and each.tried is not None and each.tried.configuration not in newest.values():
            continue
        for name in _on_trial(each, settings) if topic is None else (topic,):
            in_force, tried = (settings[digest]["topics"].get(name) if digest else None for digest in _digests(each))
            found.setdefault(name, Tally()).add(name, each, in_force or _UNKNOWN, tried)
    used = {digest for each in every for digest in _digests(each) if digest}
    shadowed = {
        name for digest in used for name, one in settings[digest]["topics"].items() if one["mode"] == Mode.SHADOW
    }
    return {
        name: tally
        for name, tally in found.items()
        if topic or name in shadowed or tally.new or tally.gone or tally.changed
    }


def versions_tried(engine: Engine, window: Window) -> dict[int, int]:
    """Count the decisions in a window with each version on trial, newest version first."""
    pairs = (decisions.c.configuration_hash, shadow_verdicts.c.configuration_hash)
    joined = select(*pairs, func.count()).join(shadow_verdicts, shadow_verdicts.c.decision_id == decisions.c.id)
    with engine.connect() as connection:
        counted = connection.execute(joined.where(*decided_in(window)).group_by(*pairs)).all()
        settings = settings_of(connection, {digest for row in counted for digest in row[:2]})
    found: dict[int, int] = {}
    for in_force, tried, count in counted:
        version = _version(settings, in_force, tried)
        if version is not None:
            found[version] = found.get(version, 0) + count
    return dict(sorted(found.items(), reverse=True))


def version_tried(in_force: Json, tried: Json) -> int | None:
    """Return the version on trial in recorded settings; none if a file or only thresholds were on trial."""
    policy = tried.get("policy")
    return policy["version"] if policy and policy != in_force.get("policy") else None


def _version(settings: dict[str, Json], in_force: str, tried: str | None) -> int | None:
    return version_tried(settings[in_force], settings[tried]) if tried is not None else None


def _digests(each: Judged) -> tuple[str, str | None]:
    return each.found.configuration, each.tried.configuration if each.tried is not None else None


def _on_trial(each: Judged, settings: dict[str, Json]) -> Iterable[str]:
    """Return the topics on trial in a decision: all of them if another policy is tried."""
    if each.tried is not None:
        return dict.fromkeys(
            name for digest in _digests(each) if digest is not None for name in settings[digest]["topics"]
        )
    topics = settings[each.found.configuration]["topics"]
    return [name for name, one in topics.items() if one["mode"] == Mode.SHADOW]


def sample(cases: Iterable[ReviewCase], count: int, seed: int) -> list[ReviewCase]:
    """Draw a random sample of cases; the same seed and record give the same cases, whatever their order."""

    def lot(case: ReviewCase) -> str:
        return hashlib.sha256(f"{seed}|{case.decision}|{case.topic}|{case.order}".encode()).hexdigest()

    return sorted(cases, key=lot)[:count]
