"""How often each topic fires and how often it cannot be checked, period by period, and what changed when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from cards.facts.topics import Topic
from cds_service.configuration.diff import policy_differences
from cds_service.decisions.reproduce import recorded_policy
from cds_service.learning.control import Point, begin_of, control_charts
from cds_service.learning.judgments import judgments, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from sqlalchemy import Engine

    from cds_service.learning.judgments import Judged
    from cds_service.store.selection import Window

Json = dict[str, Any]
FIRED, NOT_CHECKED = "fired", "could not be checked"
_SHORT = 12
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A version that came into force: when, of what, and for the configuration a description of the change."""

    at: datetime
    period: date
    what: str
    before: str
    after: str
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class Firing:
    """The results for a window.

    ``charts``: topic and measure with its points. ``by_day``: for each product, how many orders each patient had on a
    day.
    """

    orders: int = 0
    decisions: int = 0
    charts: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    by_day: dict[str, dict[date, Counter[str]]] = field(default_factory=dict)


def firing(engine: Engine, window: Window, days: int, rest: Callable[[], None] | None = None) -> Firing:
    """Count a window in periods of ``days``; weeks begin on Monday.

    With ``rest``, which is called after each decision, the window is read day by day, so that no transaction stays
    open.
    """
    found = Firing()
    orders: dict[date, Counter[str]] = {}
    hits: dict[tuple[str, str], dict[date, Counter[str]]] = {}
    last: dict[tuple[str, str | None], str] = {}
    settings: dict[str, Json] = {}
    for each in judgments(engine, window) if rest is None else _day_by_day(engine, window, rest):
        digest = each.found.configuration
        if digest not in settings:
            with engine.connect() as connection:
                settings.update(settings_of(connection, [digest]))
        day = each.at.astimezone(UTC).date()
        period = begin_of(day, days)
        found.decisions += 1
        found.orders += len(each.orders)
        orders.setdefault(period, Counter())[each.patient] += len(each.orders)
        for product in each.orders.values():
            found.by_day.setdefault(product, {}).setdefault(day, Counter())[each.patient] += 1
        for key, count in _counted(each):
            hits.setdefault(key, {}).setdefault(period, Counter())[each.patient] += count
        found.changes += _changes(each, period, settings, last)
    found.charts = control_charts(orders, hits, days)
    return found


def _day_by_day(engine: Engine, window: Window, rest: Callable[[], None]) -> Iterator[Judged]:
    begin, end = window.begin, window.end
    while begin is not None and end is not None and begin < end:
        for each in list(judgments(engine, replace(window, begin=begin, end=min(end, begin + _DAY)))):
            yield each
            rest()
        begin += _DAY


def _counted(each: Judged) -> Iterator[tuple[tuple[str, str], int]]:
    """Count the orders on which a topic fired, shown or not, and those on which it could not be checked."""
    for topic in {topic for topic, _ in each.found.fired | each.found.in_shadow}:
        if topic != Topic.CHECKS_INCOMPLETE:
            yield (topic, FIRED), len(each.found.of(topic) & each.orders.keys())
    for topic in {topic for topic, _, _ in each.found.missing}:
        yield (topic, NOT_CHECKED), len({order for name, order, _ in each.found.missing if name == topic})


def _changes(
    each: Judged, period: date, settings: dict[str, Json], last: dict[tuple[str, str | None], str]
) -> Iterator[Change]:
    """Find what came into force; each profile counts separately."""
    profile = settings[each.found.configuration].get("profile")
    for what, value in each.versions:
        key = (what, profile if what == "configuration" else None)
        before = last.get(key)
        last[key] = value
        if before is not None and before != value:
            words = _words(settings[before], settings[value]) if what == "configuration" else ()
            yield Change(each.at, period, what, before[:_SHORT], value[:_SHORT], words)


def _words(before: Json, after: Json) -> tuple[str, ...]:
    said = [each.says for each in policy_differences(recorded_policy(before), recorded_policy(after))]
    if before["code_maps"] != after["code_maps"]:
        said.append("the code maps of the site are others")
    if before["timezone"] != after["timezone"]:
        said.append(f"days begin in {after['timezone']} instead of {before['timezone']}")
    stopped, settled = (_stopped(each, other) for each, other in ((after, before), (before, after)))
    said = [
        *(f"{topic} stopped by {stop['by']}: {stop['reason']}" for topic, stop in stopped.items()),
        *(f"{topic} is stopped no more" for topic in settled),
        *said,
    ]
    was, now = (_version(each) for each in (before, after))
    if was != now:
        said.insert(0, f"{now} instead of {was}")
    return tuple(said)


def _stopped(settings: Json, other: Json) -> dict[str, Json]:
    """Return the topics that are stopped in one recorded configuration and not in another."""
    elsewhere = other.get("stopped", {})
    return {topic: stop for topic, stop in settings.get("stopped", {}).items() if topic not in elsewhere}


def _version(settings: Json) -> str:
    policy = settings.get("policy")
    return f"version {policy['version']}" if policy else "no version"
