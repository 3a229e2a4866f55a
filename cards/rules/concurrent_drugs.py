"""Drugs beside the ordered one: HER2 agents the labels keep apart, anthracyclines, CYP3A4 inhibitors, duplicates.

A finding about two orders of one session is told once, on the order whose reference comes last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cards.facts.origins import Origin
from cards.facts.outcomes import Clear, Evidence, Fired, Indicator, Outcome, RemoveOrder
from cards.readings.case import brief, dated
from cards.readings.day_total import day_total, total_excess
from cards.readings.tablets import together
from cards.rules.tablets import duplicate_tablets
from cards.values.caching import per_case

if TYPE_CHECKING:
    from cards.knowledge.schema import KeptApart
    from cards.readings.case import Case
    from cards.readings.dosing import DoseReading


class Beside(NamedTuple):
    """A drug that is ordered in the same session or active in the chart."""

    product: str
    names: tuple[str, ...]
    line: Evidence
    origin: Origin
    in_session: bool


def her2_agents_combined(case: Case) -> Outcome:
    """Fire on HER2 agents that the labels keep apart, in the session or active in the chart."""
    pairs = [
        (other, pair)
        for other in drugs_beside(case)
        if (pair := _kept_apart(case, other.product)) is not None
        and not (other.in_session and _told_there(case, other))
    ]
    if not pairs:
        return Clear()
    # The gravest pair speaks; removing its other drug means removing every order of it.
    other, pair = min(pairs, key=lambda each: each[1].only_warn)
    alike = [each for each, _ in pairs if each.product == other.product and each.in_session == other.in_session]
    return Fired(
        values={"other": case.recogniser.product(other.product).name, "reason": pair.reason},
        evidence=tuple(each.line for each in alike),
        cited=(pair.by,),
        indicator=Indicator.WARNING if pair.only_warn else None,
        variant="default" if other.in_session else "active",
        fixes=(RemoveOrder(),),
    )


def anthracycline_concurrent(case: Case) -> Outcome:
    """Fire when an anthracycline is in the session or active in the chart."""
    return _of_class(case, "anthracycline")


def cyp3a4_inhibitor(case: Case) -> Outcome:
    """Fire when a strong CYP3A4 inhibitor stands beside a product that CYP3A4 breaks down."""
    return _of_class(case, "cyp3a4-inhibitor")


def duplicate_order(case: Case) -> Outcome:
    """Fire when the same product is ordered twice for one day; critical where the sum is above the maximum.

    Parts of one dose are not duplicates: orders that say so, or of which only the sum is a labelled level.
    """
    if case.product.is_oral:
        return _duplicate_tablets(case)
    day = day_total(case)
    if day is None:
        return Clear()
    excess = total_excess(case, day.total) if day.total is not None else None
    if day.in_parts and excess is None:
        return Clear()
    others = {order.origin for order in day.others}
    beside = [each for each in drugs_beside(case) if each.in_session and each.origin in others]
    if any(_told_there(case, each) for each in beside):
        return Clear()
    limit = case.ceiling
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    sums = {
        "sum": _written_sum(case, day.total) if day.total is not None else "",
        "maximum": str(limit.maximum.dose) if limit is not None else "",
        "count": str(len(day.others) + 1),
    }
    return Fired(
        values=sums,
        evidence=(*(each.line for each in beside), *case.weight_evidence()),
        cited=(limit.maximum.by if excess is not None and limit is not None else case.product.regimens[0].by,),
        variant="default" if excess is None else "parts-above" if day.in_parts else "above",
        indicator=None if excess is not None and excess > tolerance else Indicator.WARNING,
        fixes=(RemoveOrder(),),
    )


def _duplicate_tablets(case: Case) -> Outcome:
    found = together(case)
    if found is None:
        return Clear()
    others = {order.origin for order in found.others}
    beside = [each for each in drugs_beside(case) if each.in_session and each.origin in others]
    if any(_told_there(case, each) for each in beside):
        return Clear()
    return duplicate_tablets(case, tuple(each.line for each in beside))


def _written_sum(case: Case, total: DoseReading) -> str:
    per_kg = total.per_kg(case.kg) if case.weight_based else None
    return f"{total.dose} ({per_kg})" if per_kg is not None else f"{total.dose}"


def _of_class(case: Case, group_id: str) -> Outcome:
    beside = drugs_beside(case)
    if not beside:
        return Clear()
    groups = [
        group
        for group in case.known.drug_classes
        if group.id == group_id and (not group.with_products or case.product.id in group.with_products)
    ]
    for other in beside:
        for group in groups:
            named = next((name for name in other.names if group in case.recogniser.read_classes(name)), None)
            if named is not None:
                return Fired(
                    values={"other": brief(named), "reason": group.reason}, evidence=(other.line,), cited=(group.by,)
                )
    return Clear()


@per_case
def drugs_beside(case: Case) -> list[Beside]:
    """List the other orders of the session and the active drugs of the chart."""
    found = []
    for order, identity in case.others:
        names = tuple(evidence.value for evidence in order.evidence if not evidence.system)
        product = identity.product.id if identity.product else ""
        shown = names[0] if names else identity.product.name if identity.product else "?"
        found.append(Beside(product, names, Evidence("in-session", shown, order.origin), order.origin, in_session=True))
    for treatment in case.patient.treatments:
        if treatment.is_active(case.session.today) and treatment.product != case.product.id:
            line = Evidence("active-drug", dated(treatment.names[0], treatment.on), treatment.origin)
            found.append(Beside(treatment.product, treatment.names, line, treatment.origin, in_session=False))
    return found


def _kept_apart(case: Case, other: str) -> KeptApart | None:
    if not other:
        return None
    return next(
        (
            pair
            for pair in case.known.kept_apart
            if other in pair.products
            and {case.product.id, other} == set(pair.products)
            and (pair.until is None or case.planned < pair.until)
        ),
        None,
    )


def _told_there(case: Case, other: Beside) -> bool:
    """Tell whether the card about two orders of the session belongs on the other one."""
    rivals = {order.origin: (order.in_focus, identity.in_scope) for order, identity in case.others}
    in_focus, in_scope = rivals[other.origin]
    own, theirs = case.order.origin, other.origin
    return in_focus and in_scope and (theirs.reference, theirs.path) > (own.reference, own.path)
