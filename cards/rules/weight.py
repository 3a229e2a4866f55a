"""Body weights that cannot both be right, and doses based on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Indicator,
    Missing,
    NotApplicable,
    OrderTests,
    Outcome,
)
from cards.facts.topics import Topic
from cards.knowledge.label_doses import ceiling
from cards.readings.case import counted, dated
from cards.readings.dosing import is_over, usable_doses
from cards.readings.weights import WeightDoubt, stated_otherwise, weight_doubt
from cards.rules.preliminary import hears_preliminary
from cards.values.quantities import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.readings.case import Case


@hears_preliminary
def weight_implausible(case: Case) -> Outcome:
    """Fire when the newest weight differs implausibly from the previous one, or the dose from the last one.

    Either may be wrong. Critical if the dose is above the maximum at the other weight, or if the two differ like pounds
    and kilograms.
    """
    if not case.needs_weight:
        return NotApplicable("the dose does not depend on the weight")
    if case.weight is None:
        return CannotTell((Missing("weight", reported_by=Topic.DOSE_CANNOT_VERIFY),))
    doubt = weight_doubt(case)
    if doubt is None:
        otherwise = stated_otherwise(case) if case.weight_based else None
        return CannotTell((otherwise,)) if otherwise is not None else Clear()
    critical = doubt.is_pounds or _is_over_at_other(case, doubt)
    notes: list[tuple[str, Mapping[str, str]]] = [("pounds", {})] if doubt.is_pounds else []
    return Fired(
        values={**_doubt_text(doubt), "percent": plain(abs(doubt.percent).to_integral_value())},
        evidence=_evidence(case, doubt),
        cited=(case.known.thresholds["weight_change_percent"].by,),
        variant=_variant(doubt),
        indicator=None if critical else Indicator.WARNING,
        notes=tuple(notes),
        fixes=(OrderTests(("weight",)),),
    )


def _variant(doubt: WeightDoubt) -> str:
    if doubt.other is None:
        return "doses"
    return "same-time" if doubt.other.on == doubt.newest.on else "weights"


def _is_over_at_other(case: Case, doubt: WeightDoubt) -> bool:
    if doubt.other is None:
        return False
    other = doubt.other.kg
    of_other = tuple(each for each in case.product.regimens if each.is_for(other.value))
    limit = case.ceiling if case.weight_based else ceiling(of_other)
    if limit is None:
        return False
    return any(is_over(reading, limit, other) for reading in usable_doses(case))


def _doubt_text(doubt: WeightDoubt) -> dict[str, str]:
    newest, other, last = doubt.newest, doubt.other, doubt.last
    told = {"weight": str(newest.kg), "date": newest.on.isoformat() if newest.on else ""}
    if other is not None and other.on is not None and newest.on is not None:
        told |= {"other": str(other.kg), "days": counted((newest.on - other.on).days, "day")}
    if last is not None:
        told |= {"last": str(last.dose), "last_date": last.on.isoformat() if last.on else ""}
    return told


def _evidence(case: Case, doubt: WeightDoubt) -> tuple[Evidence, ...]:
    lines = [Evidence("dose", reading.ordered.as_written, case.order.origin) for reading in usable_doses(case)[:1]]
    lines += case.weight_evidence()
    if doubt.other is not None:
        lines.append(Evidence("weight", dated(str(doubt.other.kg), doubt.other.on), doubt.other.origin))
    if doubt.last is not None:
        lines.append(Evidence("earlier-dose", dated(str(doubt.last.dose), doubt.last.on), doubt.last.origin))
    return tuple(lines)
