"""The checks on drugs and doses: prior therapy, concurrent drugs, dose and frequency."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from cards.coverage.view import Assessment, Status, View, decided, does_not_apply, met, not_known, not_met
from cards.facts.outcomes import Evidence
from cards.facts.patient import TreatmentState
from cards.knowledge.label_doses import near
from cards.readings.case import dated
from cards.readings.dosing import usable_doses
from cards.values.quantities import MgPerKg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cards.facts.patient import Treatment
    from cards.knowledge.schema.billing import DrugGroup
    from cards.knowledge.schema.coverage import CurrentlyOn, DoseLimit, GivenWith, PriorTherapy, SingleAgent, StartsAt

_OTHER_CANCER_DRUG = "cancer-drug"


def single_agent(criterion: SingleAgent, view: View) -> Assessment:
    """Look for another cancer drug in the session or active. An unidentified drug leaves it open."""
    others = [
        line
        for product, names, line in _other_drugs(view)
        if product not in (view.case.product.id, *criterion.beside)
        and (product or _is_of(view, view.known.group(_OTHER_CANCER_DRUG), product, names))
    ]
    if others:
        return not_met(*others)
    unsettled = [
        Evidence("in-session", " / ".join(each.name for each in identity.named), order.origin)
        for order, identity in view.case.others
        if identity.product is None and identity.named
    ]
    if unsettled or not view.treatments_are_complete:
        return not_known(*(unsettled or (Evidence("chart-incomplete", ""),)))
    return met(Evidence("no-other-cancer-drug", ""))


def given_with(criterion: GivenWith, view: View) -> Assessment:
    """Look for a partner in the session or active."""
    partners = [line for product, _, line in _other_drugs(view) if product in criterion.products]
    if partners:
        return met(*partners)
    names = " / ".join(view.case.recognizer.product(each).name for each in criterion.products)
    return not_known(Evidence("not-beside", names))


def _other_drugs(view: View) -> Iterator[tuple[str, tuple[str, ...], Evidence]]:
    """List the other orders in the session and the active drugs, with their product, if any."""
    for order, identity in view.case.others:
        names = view.case.recognizer.names_of(order.evidence)
        product = identity.product.id if identity.product else ""
        shown = names[0] if names else product
        yield product, names, Evidence("in-session", shown, order.origin)
    for each in view.case.patient.treatments:
        if each.state is TreatmentState.ACTIVE:
            yield each.product, each.names, Evidence("active-drug", dated(each.names[0], each.on), each.origin)


def _is_of(view: View, group: DrugGroup, product: str, names: tuple[str, ...]) -> bool:
    """Return whether a drug belongs to a group, as a product or by name."""
    if product:
        return product in group.products
    return any(each.id in group.classes for name in names for each in view.case.recognizer.read_classes(name))


def prior_therapy(criterion: PriorTherapy, view: View) -> Assessment:
    """Look for a dose, or a completed order, of every group before this order. What is not on record is not known."""
    lines: list[Evidence] = []
    is_whole = True
    for group_id in criterion.groups:
        group = view.known.group(group_id)
        earlier = next((each for each in view.case.patient.treatments if _came_before(each, group, view)), None)
        if earlier is None:
            is_whole = False
            lines.append(Evidence("lacks-earlier", group.name))
        else:
            lines.append(Evidence("earlier-dose", dated(earlier.names[0], earlier.on), earlier.origin))
    if not criterion.hormone_receptor_positive:
        return decided(is_whole or None, *lines)
    positive = view.case.patient.hormone_receptor_positive
    if positive is False:
        return not_met(Evidence("hormone-receptor-negative", ""))
    if positive is None:
        lines.append(Evidence("lacks-hormone-receptor", ""))
    else:
        lines.append(Evidence("hormone-receptor-positive", ""))
    return decided((is_whole and positive) or None, *lines)


def _came_before(treatment: Treatment, group: DrugGroup, view: View) -> bool:
    """Return whether another treatment was given before.

    Earlier doses of the ordered product are this treatment, and an active order does not show that a dose was given.
    """
    if treatment.product == view.case.product.id:
        return False
    if treatment.state is TreatmentState.ACTIVE or not _is_of(view, group, treatment.product, treatment.names):
        return False
    return treatment.on is None or treatment.on < view.case.planned


def dose_limit(criterion: DoseLimit, view: View) -> Assessment:
    """Check dose, interval and count against their limits; each must be known for the criterion to be met."""
    case = view.case
    if criterion.increase_only and not _is_raised(view):
        return does_not_apply(Evidence("not-raised", ""))
    parts = [_dose_within(criterion, view), _interval_within(criterion, view)]
    if criterion.doses is not None:
        parts.append(_count_within(criterion.doses, view))
    if criterion.setting is not None:
        is_setting = None if case.setting is None else case.setting is criterion.setting
        parts.insert(0, decided(is_setting, *view.setting_lines))
    found = {part.status for part in parts}
    status = next((each for each in (Status.NOT_MET, Status.NOT_KNOWN) if each in found), Status.MET)
    return Assessment(status, tuple(line for part in parts for line in part.evidence))


def _dose_within(criterion: DoseLimit, view: View) -> Assessment:
    """Compare as for the label's maximum: a dose up to the limit, rounded up to a whole milligram, is within it."""
    case = view.case
    weight = case.weight.kg if case.weight else None
    limit = MgPerKg(criterion.mg_per_kg)
    if not usable_doses(case):
        return not_known(Evidence("lacks-dose", ""))
    within: list[bool] = []
    for reading in usable_doses(case):
        in_mg, per_kg = reading.in_mg(weight), reading.per_kg(weight)
        if in_mg is not None and weight is not None:
            within.append(in_mg <= (limit * weight).whole_up())
        elif per_kg is not None:
            within.append(per_kg <= limit)
        else:
            return not_known(Evidence("dose", str(reading.dose)), Evidence("lacks-weight", ""))
    largest = max(
        (reading.per_kg(weight) for reading in usable_doses(case)), key=lambda dose: dose.value if dose else 0
    )
    return decided(all(within), Evidence("dose", str(largest)), *case.weight_evidence())


def _interval_within(criterion: DoseLimit, view: View) -> Assessment:
    """Check the interval that the order states, or else the shortest one between the orders of a plan."""
    order = view.case.order
    days = order.interval_days
    if days is None and not order.schedule.unread and not order.schedule.conflicting_intervals:
        planned = _planned_days(view)
        days = min((Decimal((later - day).days) for day, later in pairwise(planned)), default=None)
    if days is None:
        return not_known(Evidence("lacks-interval", ""))
    return decided(days >= criterion.every_days, Evidence("interval", str(int(days))))


def _planned_days(view: View) -> tuple[date, ...]:
    return view.case.orders.days_of_product(view.case.product.id)


def _count_within(limit: int, view: View) -> Assessment:
    """Count the doses on record and those that the order, or the plan it is part of, adds to them: at least one."""
    case = view.case
    count = len(case.history) + max(case.order.cycles or 1, len(_planned_days(view)))
    line = Evidence("dose-number", str(count), values=(("given", str(len(case.history))),))
    if count > limit:
        return not_met(line)
    return decided(True if view.treatments_are_complete else None, line)


def _is_raised(view: View) -> bool:
    """Return whether the dose is above the last one on record, or might be."""
    case = view.case
    weight = case.weight.kg if case.weight else None
    last = next((each for each in case.history if each.dose is not None), None)
    if last is None or last.dose is None or not usable_doses(case):
        return True
    then = case.weight_at(last.on) if last.on else None
    if isinstance(last.dose, MgPerKg):
        before: MgPerKg | None = last.dose
    else:
        before = last.dose / then.kg if then else None
    now = [reading.per_kg(weight) for reading in usable_doses(case)]
    if before is None or any(dose is None for dose in now):
        return True
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    return any(dose is not None and dose > before and not near(dose.value, before.value, tolerance) for dose in now)


def starts_at(criterion: StartsAt, view: View) -> Assessment:
    """Check a first dose against the required level; a lower one later may be a reduction."""
    case = view.case
    weight = case.weight.kg if case.weight else None
    doses = [dose for reading in usable_doses(case) if (dose := reading.per_kg(weight)) is not None]
    if not doses:
        return not_known(Evidence("lacks-dose", ""))
    line = Evidence("dose", str(max(doses)))
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    if all(near(dose.value, criterion.mg_per_kg, tolerance) for dose in doses):
        return met(line)
    earlier = tuple(Evidence("earlier-dose", dated(each.names[0], each.on), each.origin) for each in case.history[:1])
    return decided(None if earlier and max(doses).value < criterion.mg_per_kg else False, line, *earlier)


def currently_on(criterion: CurrentlyOn, view: View) -> Assessment:
    """Check the first dose on record."""
    history = view.case.history
    if not history:
        return not_known(Evidence("lacks-earlier-dose", ""))
    first = history[-1]
    line = Evidence("earlier-dose", dated(first.names[0], first.on), first.origin)
    days = view.case.age_in_days(first.on) if first.on else None
    # The first dose on record may not be the first one given.
    return decided(True if days is not None and days >= criterion.days else None, line)
