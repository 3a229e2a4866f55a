"""The learning report: responses to cards, rules that went silent or loud, and clinicians' comments."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from cards.facts.topics import Topic
from cards.presentation.wording import default_wording
from cds_service.clock import now
from cds_service.learning.answers import ACCEPTED, IGNORED, OVERRIDDEN, UNKNOWN, answers
from cds_service.learning.control import PERIODS
from cds_service.learning.firing import firing
from cds_service.learning.judgments import newest
from cds_service.learning.statistics import wilson
from cds_service.learning.volume import product_names, volume_report, volumes
from cds_service.policies.stop_log import StopLog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Engine

    from cds_service.clock import Clock
    from cds_service.learning.answers import Answer
    from cds_service.learning.control import Point
    from cds_service.store.selection import Window

Json = dict[str, Any]
_OUTCOMES = (ACCEPTED, OVERRIDDEN, IGNORED)


def learning_report(
    engine: Engine, window: Window, period: str, at_most: int | None = None, clock: Clock = now
) -> Json:
    """Report on a window in weeks or days; with ``at_most``, only on its newest decisions, which it says.

    ``clock`` tells which weeks are over: in a week that is not, fewer orders than usual mean nothing.
    """
    until = min(window.end or clock(), clock()).astimezone(UTC).date()
    whole = window
    if at_most is not None:
        window = newest(engine, window, at_most)
    given = answers(engine, window)
    counted = firing(engine, window, PERIODS[period])
    return {
        "service": window.service,
        "issuer": window.issuer,
        "tenant": window.tenant,
        "period": period,
        "cut": None if window is whole else {"decisions": at_most, "from": _written(window.begin)},
        "stopped": stopped_now(engine, clock),
        "decisions": counted.decisions,
        "orders": counted.orders,
        "cards": len(given),
        "topics": [{"topic": topic, **_rates(of)} for topic, of in _grouped(given)],
        "reasons": _reasons(given),
        "weeks": [
            {"week": week, "topic": topic, **_rates(of)}
            for topic, those in _grouped(given)
            for week, of in sorted(_weeks(those).items())
        ],
        "comments": [_comment(each) for each in given if each.reason.get("comment")],
        "changes": [
            {**dataclasses.asdict(each), "at": each.at.isoformat(), "period": str(each.period)}
            for each in counted.changes
        ],
        "charts": [
            {
                "topic": topic,
                "display": _display(topic),
                "measure": measure,
                "points": [_point(each) for each in points],
            }
            for (topic, measure), points in counted.charts.items()
        ],
        "signals": [
            {"topic": topic, "measure": measure, **_point(each)}
            for (topic, measure), points in counted.charts.items()
            for each in points
            if each.signal
        ],
        "volume": volume_report(volumes(counted.by_day, product_names(), until), until),
    }


def stopped_now(engine: Engine, clock: Clock = now) -> list[Json]:
    """Return the topics that are stopped, with who stopped them and why."""
    return [
        {"topic": stop.topic, "since": stop.at.isoformat(), "by": stop.by, "reason": stop.reason}
        for stop in (each.stop for each in StopLog(engine, clock).open())
    ]


def _written(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _display(topic: str) -> str:
    return default_wording().topics[Topic(topic)].display if topic in set(Topic) else topic


def _grouped(given: Iterable[Answer]) -> list[tuple[str, list[Answer]]]:
    groups: dict[str, list[Answer]] = {}
    for each in given:
        groups.setdefault(each.topic, []).append(each)
    return sorted(groups.items(), key=lambda each: (-len(each[1]), each[0]))


def _weeks(given: Iterable[Answer]) -> dict[str, list[Answer]]:
    weeks: dict[str, list[Answer]] = {}
    for each in given:
        day = each.at.astimezone(UTC).date()
        weeks.setdefault(str(day - timedelta(days=day.weekday())), []).append(each)
    return weeks


def _rates(given: list[Answer]) -> Json:
    """Return the shares among cards with known responses, each with its 95 % interval."""
    counts = Counter(each.outcome for each in given)
    known = len(given) - counts[UNKNOWN]
    shares = {}
    for outcome in _OUTCOMES:
        low, high = wilson(counts[outcome], known)
        shares[outcome] = {
            "cards": counts[outcome],
            "share": round(counts[outcome] / known, 4) if known else None,
            "interval95": [round(low, 4), round(high, 4)],
        }
    return {"shown": len(given), "unknown": counts[UNKNOWN], "outcomes": shares}


def _reasons(given: list[Answer]) -> list[Json]:
    """Count override reasons by topic, as shares of the topic's overrides."""
    found = []
    for topic, those in _grouped(each for each in given if each.outcome == OVERRIDDEN):
        said = Counter(_reason(each) for each in those)
        for reason, count in said.most_common():
            low, high = wilson(count, len(those))
            found.append(
                {
                    "topic": topic,
                    "reason": reason,
                    "cards": count,
                    "share": round(count / len(those), 4),
                    "interval95": [round(low, 4), round(high, 4)],
                }
            )
    return found


def _reason(each: Answer) -> str:
    """Return our own text for a reason whose code is ours."""
    code = each.reason.get("code", "")
    named = default_wording().override_reasons.get(code) or each.reason.get("display")
    return f"{named} ({code})" if named and code else named or code or "no coded reason"


def _comment(each: Answer) -> Json:
    return {
        "at": each.outcome_at.isoformat() if each.outcome_at else "",
        "topic": each.topic,
        "drug": each.product,
        "outcome": each.outcome,
        "reason": _reason(each),
        "comment": each.reason["comment"],
        "card": each.card,
    }


def _point(point: Point) -> Json:
    return {
        "begin": str(point.count.begin),
        "orders": point.count.orders,
        "hits": point.count.hits,
        "per100Orders": round(100 * point.count.hits / point.count.orders, 2) if point.count.orders else None,
        "expected": None if point.expected is None else round(point.expected, 2),
        "lower": point.lower,
        "upper": point.upper,
        "signal": point.signal,
        "over": point.over,
    }
