"""The promotion report: whether a topic on trial may be shown, by the site's criteria."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cards.presentation.wording import default_wording
from cds_service.learning.statistics import wilson
from cds_service.learning.trial import trials
from cds_service.page_words import IN_ENGLISH
from cds_service.store.reviews import outcomes

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cds_service.configuration.policy_settings import PromotionSettings
    from cds_service.learning.trial import Tally
    from cds_service.page_words import PageWords
    from cds_service.store.selection import Window

Json = dict[str, Any]


def promotion_report(
    engine: Engine,
    window: Window,
    gate: PromotionSettings,
    topic: str | None = None,
    version: int | None = None,
    words: PageWords = IN_ENGLISH,
) -> list[Json]:
    """Report on every topic on trial, or on one; ``version``: only decisions in which this version was on trial.

    ``words``: the language of the reasons of the gate.
    """
    reviewed = outcomes(engine)
    found = trials(engine, window, topic, version)
    return [_topic(name, found[name], reviewed, gate, words) for name in sorted(found)]


def _topic(
    name: str, tally: Tally, reviewed: dict[tuple[str, str], str], gate: PromotionSettings, words: PageWords
) -> Json:
    cases = {(case.decision, case.topic) for case in tally.cases}
    said = Counter(verdict for case, verdict in reviewed.items() if case in cases)
    return {
        "topic": name,
        "display": own.display if (own := default_wording().topics.get(name)) is not None else name,
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
        "gate": _gate(tally, said, gate, words),
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


def _gate(tally: Tally, said: Counter[str], gate: PromotionSettings, words: PageWords) -> Json:
    """Check a topic against the site's criteria; criteria that are not set are not checked."""
    t = words.plain
    reviewed, right = said.total(), said["right"]
    rate = 100 * tally.would_fire / tally.orders if tally.orders else 0.0
    share = right / reviewed if reviewed else 0.0
    checks = []
    if gate.min_orders is not None:
        says = t("{count} orders judged, at least {least}", count=tally.orders, least=gate.min_orders)
        checks.append((tally.orders >= gate.min_orders, says))
    if gate.max_per_100_orders is not None:
        most = words.figure(f"{gate.max_per_100_orders:g}")
        says = t("{number} per 100 orders, at most {most}", number=f"{rate:.2f}", most=most)
        checks.append((rate <= gate.max_per_100_orders, says))
    if gate.min_reviewed is not None:
        says = t("{count} cases reviewed, at least {least}", count=reviewed, least=gate.min_reviewed)
        checks.append((reviewed >= gate.min_reviewed, says))
    if gate.min_right_share is not None:
        says = t(
            "{right} of {count} reviewed cases right ({share}), at least {least}",
            right=right,
            count=reviewed,
            share=f"{share:.0%}",
            least=f"{gate.min_right_share:.0%}",
        )
        checks.append((reviewed > 0 and share >= gate.min_right_share, says))
    if not checks:
        return {"result": "none", "reasons": [t("promotion sets no gate")]}
    return {
        "result": "pass" if all(holds for holds, _ in checks) else "fail",
        "reasons": [t("yes: {says}", says=says) if holds else t("no: {says}", says=says) for holds, says in checks],
    }
