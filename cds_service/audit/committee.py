"""The monthly report for a committee: what fired, how clinicians responded, what changed, what to review first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from cards.facts.outcomes import Indicator
from cards.presentation.wording import default_wording
from cds_service.audit.effects import Timeline, effects
from cds_service.clock import Clock, now
from cds_service.learning.answers import ACCEPTED, OVERRIDDEN, answers
from cds_service.learning.judgments import newest
from cds_service.learning.report import learning_report
from cds_service.store.listing import listed, next_of_patient
from cds_service.store.selection import CardFilter, decided_in
from cds_service.store.tables import decisions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from cds_service.audit.effects import Counted
    from cds_service.store.listing import ListedCard, ListedDecision
    from cds_service.store.selection import Window

Json = dict[str, Any]
BEFORE = timedelta(weeks=16)
"""How long before the month is used to establish what is usual, and the effect of changes."""
_CASES = 20
_READ = 200
_DISAGREES = frozenset({"does-not-align-latest-evidence", "expert-contradicts", "policy-contradicts"})
"""Override reasons that mean the card itself is wrong."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in the site's time zone."""

    year: int
    number: int
    zone: ZoneInfo

    @property
    def name(self) -> str:
        """The month as written in a URL or a file name."""
        return f"{self.year:04}-{self.number:02}"

    @property
    def begin(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.before_or_after(1).begin

    def before_or_after(self, months: int) -> Month:
        """Return the month that many months later, or earlier."""
        count = self.year * 12 + self.number - 1 + months
        return Month(count // 12, count % 12 + 1, self.zone)


def month_of(moment: datetime, zone: str) -> Month:
    """Return the month of a point in time, in the site's time zone."""
    here = moment.astimezone(ZoneInfo(zone))
    return Month(here.year, here.month, ZoneInfo(zone))


def month_in(text: str, zone: str) -> Month:
    """Read a month as ``2026-11``.

    Raises:
        ValueError: the text is not a month.

    """
    first = date.fromisoformat(f"{text}-01")
    if len(text) != len("2026-11") or not 2000 <= first.year <= 2200:  # noqa: PLR2004 - years of any record
        msg = "write a month as 2026-11"
        raise ValueError(msg)
    return Month(first.year, first.month, ZoneInfo(zone))


def months_on_record(engine: Engine, window: Window, zone: str) -> tuple[Month, Month] | None:
    """Return the first and the last month with a decision that a window selects; ``None`` without decisions."""
    statement = select(func.min(decisions.c.at), func.max(decisions.c.at)).where(*decided_in(window))
    with engine.connect() as connection:
        first, last = connection.execute(statement).one()
    return None if first is None else (month_of(first, zone), month_of(last, zone))


def committee_report(
    engine: Engine, window: Window, month: Month, at_most: int | None = None, clock: Clock = now
) -> Json:
    """Report on one month of the decisions that a window selects; the window's own dates are ignored.

    ``at_most``: read only that many decisions, the newest of the month and of the weeks before it.
    """
    end = min(month.end, clock())
    own = replace(window, begin=month.begin, end=end)
    wide = replace(window, begin=month.begin - BEFORE, end=end)
    wide = wide if at_most is None else newest(engine, wide, at_most)
    cut = wide.begin is not None and wide.begin > month.begin - BEFORE
    own = own if not cut or wide.begin is None else replace(own, begin=max(month.begin, wide.begin))
    here = learning_report(engine, own, "week", clock=clock)
    usual = learning_report(engine, wide, "week", clock=clock)
    timeline = Timeline(engine, wide)
    previous = month.before_or_after(-1)
    counted, before = timeline.between(month.begin, end), timeline.between(previous.begin, month.begin)
    changes = [each for each in usual["changes"] if datetime.fromisoformat(each["at"]) >= month.begin]
    moments = [datetime.fromisoformat(each["at"]) for each in changes]
    first = month.begin.astimezone(UTC).date() - timedelta(days=6)
    return {
        **here,
        "month": month.name,
        "previousMonth": previous.name,
        "timezone": str(month.zone),
        "isOver": month.end <= clock(),
        "cutTo": wide.begin.isoformat() if cut and wide.begin is not None else None,
        "client": {"issuer": window.issuer, "tenant": window.tenant},
        "ordersBefore": before.orders,
        "byTopic": list(_by_topic(here["topics"], counted, before)),
        "signals": [each for each in usual["signals"] if date.fromisoformat(each["begin"]) >= first],
        "charts": usual["charts"],
        "volume": usual["volume"],
        "usualChanges": usual["changes"],
        "effects": effects(timeline, changes, end, moments),
        "stopped": [{**each, "unseen": counted.unseen[each["topic"]]} for each in here["stopped"]],
        "criticalOverridden": sum(
            each.indicator == Indicator.CRITICAL and each.outcome == OVERRIDDEN for each in answers(engine, own)
        ),
        "cases": _cases(engine, own),
    }


def _by_topic(fates: list[Json], counted: Counted, before: Counted) -> Iterator[Json]:
    """Yield each topic that fired or could not be checked, the most often shown first."""
    shown = {each["topic"]: each for each in fates}
    words = default_wording().topics
    names = {*shown, *counted.fired, *counted.unseen, *counted.not_checked}
    for topic in sorted(names, key=lambda name: (-counted.fired[name], -counted.unseen[name], name)):
        own = shown.get(topic)
        fate = own["outcomes"] if own else {}
        yield {
            "topic": topic,
            "display": words[topic].display if topic in words else topic,
            "orders": counted.fired[topic],
            "per100": _per_100(counted.fired[topic], counted.orders),
            "per100Before": _per_100(before.fired[topic], before.orders),
            "unseen": counted.unseen[topic],
            "notChecked": counted.not_checked[topic],
            "cards": own["shown"] if own else 0,
            "overridden": fate[OVERRIDDEN]["cards"] if fate else 0,
            "accepted": fate[ACCEPTED]["cards"] if fate else 0,
            "unknown": own["unknown"] if own else 0,
        }


def _per_100(hits: int, orders: int) -> float | None:
    return round(100 * hits / orders, 1) if orders else None


def _cases(engine: Engine, window: Window) -> list[Json]:
    """Return what to review first: overrides of critical cards, then of cards that clinicians call wrong.

    A card that an EHR got several times, because it sent the same call again, is one case: that of its first decision.
    """
    found: dict[tuple[str | None, str | None, str], tuple[int, ListedDecision, ListedCard]] = {}
    for cards in (CardFilter(indicator=Indicator.CRITICAL, outcome="overridden"), CardFilter(outcome="overridden")):
        for each in listed(engine, window, cards, count=_READ).decisions:
            for card in each.cards:
                if card.outcome == "overridden":
                    # The list begins with the newest.
                    found[each.issuer, each.tenant, card.uuid] = _rank(card), each, card
    ranked = sorted(found.values(), key=lambda case: (case[0], -case[1].at.timestamp()))
    return [_case(engine, *case) for case in ranked[:_CASES] if case[0] < _NOT_FIRST]


_NOT_FIRST = 3


def _rank(card: ListedCard) -> int:
    if card.indicator == Indicator.CRITICAL:
        return 0
    if card.reason.get("code") in _DISAGREES:
        return 1
    return 2 if card.reason.get("comment") else _NOT_FIRST


_WHY = ("critical, overridden", "called wrong", "has a comment")


def _case(engine: Engine, rank: int, decision: ListedDecision, card: ListedCard) -> Json:
    code = card.reason.get("code", "")
    later = next_of_patient(engine, decision)
    critical = Counter(each.topic for one in later for each in one.cards if each.indicator == Indicator.CRITICAL)
    return {
        "why": _WHY[rank],
        "at": decision.at.isoformat(),
        "decision": decision.id,
        "topic": card.topic,
        "drug": card.product,
        "indicator": card.indicator,
        "summary": card.summary,
        "reason": default_wording().override_reasons.get(code) or card.reason.get("display") or code,
        "comment": card.reason.get("comment", ""),
        "later": len(later),
        "laterCritical": [f"{topic} ({count})" for topic, count in critical.most_common()],
    }
