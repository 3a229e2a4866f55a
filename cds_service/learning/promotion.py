"""The promotion report: whether a topic on trial may be shown, by the site's criteria."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cards.presentation.wording import default_wording
from cds_service.learning.statistics import wilson
from cds_service.learning.trial import trials
from cds_service.store.reviews import outcomes

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_service.configuration.policy_settings import PromotionSettings
    from cds_service.learning.trial import Tally
    from cds_service.store.selection import Window

Json = dict[str, Any]


def promotion_report(
    engine: Engine, window: Window, gate: PromotionSettings, topic: str | None = None, version: int | None = None
) -> list[Json]:
    """Report on every topic on trial, or on one; ``version``: only decisions in which this version was on trial."""
    reviewed = outcomes(engine)
    found = trials(engine, window, topic, version)
    return [_topic(name, found[name], reviewed, gate) for name in sorted(found)]


def _topic(name: str, tally: Tally, reviewed: dict[tuple[str, str], str], gate: PromotionSettings) -> Json:
    cases = {(case.decision, case.topic) for case in tally.cases}
    said = Counter(verdict for case, verdict in reviewed.items() if case in cases)
    return {
        "topic": name,
        "display": words.display if (words := default_wording().topics.get(name)) is not None else name,
        **{what: {"inForce": now, "onTrial": then} for what, (now, then) in tally.changed.items()},
        "orders": tally.orders,
        "wouldFire": tally.would_fire,
        **_per_100(tally.would_fire, tally.orders),
        "firesNow": tally.fires_now,
        "new": tally.new,
        "gone": tally.gone,
        "byDrug": _groups(tally.by_drug),
        "byPrescriber": _groups(tally.by_prescriber),
        "byClient": _groups(tally.by_client),
        "couldNotCheck": [{"what": what, "decisions": count} for what, count in tally.missing.most_common()],
        "cases": len(tally.cases),
        "reviewed": {verdict: said[verdict] for verdict in ("right", "wrong", "unsure")},
        "gate": _gate(tally, said, gate),
    }


def _per_100(hits: int, of: int) -> Json:
    low, high = wilson(hits, of)
    return {"per100Orders": round(100 * hits / of, 2) if of else None, "interval95": [_percent(low), _percent(high)]}


def _percent(share: float) -> float:
    return round(100 * share, 2)


def _groups(groups: dict[str, Counter[str]]) -> list[Json]:
    ordered = sorted(groups.items(), key=lambda each: (-each[1]["fires"], -each[1]["orders"], each[0]))
    return [
        {"name": name, "orders": each["orders"], "wouldFire": each["fires"], **_per_100(each["fires"], each["orders"])}
        for name, each in ordered
    ]


def _gate(tally: Tally, said: Counter[str], gate: PromotionSettings) -> Json:
    """Check a topic against the site's criteria; criteria that are not set are not checked."""
    reviewed, right = said.total(), said["right"]
    rate = 100 * tally.would_fire / tally.orders if tally.orders else 0.0
    share = right / reviewed if reviewed else 0.0
    checks = []
    if gate.min_orders is not None:
        checks.append((tally.orders >= gate.min_orders, f"{tally.orders} orders judged, at least {gate.min_orders}"))
    if gate.max_per_100_orders is not None:
        limit = f"{gate.max_per_100_orders:g}"
        checks.append((rate <= gate.max_per_100_orders, f"{rate:.2f} per 100 orders, at most {limit}"))
    if gate.min_reviewed is not None:
        checks.append((reviewed >= gate.min_reviewed, f"{reviewed} cases reviewed, at least {gate.min_reviewed}"))
    if gate.min_right_share is not None:
        says = f"{right} of {reviewed} reviewed cases right ({share:.0%}), at least {gate.min_right_share:.0%}"
        checks.append((reviewed > 0 and share >= gate.min_right_share, says))
    if not checks:
        return {"result": "none", "reasons": ["promotion sets no gate"]}
    return {
        "result": "pass" if all(holds for holds, _ in checks) else "fail",
        "reasons": [f"{'yes' if holds else 'no'}: {says}" for holds, says in checks],
    }
