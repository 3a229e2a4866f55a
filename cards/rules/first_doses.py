"""Maintenance as the first dose of a course, if the order, the session or the chart shows that it is the first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.outcomes import Evidence, Fired
from cards.knowledge.schema import LevelRole
from cards.readings.course import newest_dose, products_counting
from cards.readings.parts_of_dose import judged_levels
from cards.readings.session_orders import SessionOrders
from cards.rules.dose import dose_evidence, fixes_to, written_dose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cards.knowledge.schema import Level
    from cards.readings.case import Case
    from cards.readings.dosing import DoseReading


class _Loaded(NamedTuple):
    """A loading dose of the session: of which product, and on which days."""

    product: str
    days: frozenset[date]
    line: Evidence


def loading_left_out(case: Case) -> Fired | None:
    """Fire on a maintenance dose that begins the course.

    Courses may begin elsewhere, so that no dose on record says nothing. That it begins here is said by the order
    ("cycle 1"), by a partner that is loaded on the same day, or by one whose doses are on record without any of it.
    """
    if not case.product.reload or _may_have_begun(case):
        return None
    judged = judged_levels(case)
    if any(level is not None and level.role is LevelRole.LOADING for _, level in judged):
        return None
    found = next(
        ((reading, level) for reading, level in judged if level is not None and level.role is LevelRole.MAINTENANCE),
        None,
    )
    if found is None or (shown := next(_shown_by(case), None)) is None:
        return None
    return _left_out(case, *found, shown)


def _may_have_begun(case: Case) -> bool:
    """Return whether a dose of the course, or what may be one, comes before this order's."""
    products = products_counting(case)
    if any(each.product in products for each in case.patient.possible_doses):
        return True
    if any(
        each.product in products and (each.on is None or each.on < case.planned) for each in case.patient.treatments
    ):
        return True
    return case.orders.last_before(case.order, products, case.planned) is not None


def _shown_by(case: Case) -> Iterator[Evidence]:
    """Yield what shows that the course begins with this order."""
    if case.order.text_cycle == 1:
        yield Evidence("first-cycle", str(case.order.text_cycle), case.order.origin)
    own = case.orders.days_of(case.order)
    partners = (each for each in _loaded(case) if each.product != case.product.id)
    yield from (each.line for each in partners if not own.isdisjoint(each.days))
    longest = max(rule.after_days for rule in case.product.reload)
    for partner in case.known.products:
        # A conjugate holds the antibody, too: what goes on from it is not begun.
        if partner.is_oral or not partner.regimens or case.product.generic in partner.generic:
            continue
        last = newest_dose(case, case.doses_of(frozenset({partner.id})))
        if last is not None and last.on is not None and case.age_in_days(last.on) < longest:
            yield Evidence("treatment-given", last.on.isoformat(), last.origin, values=(("drug", partner.name),))


def _loaded(case: Case) -> list[_Loaded]:
    """List the loading doses that the session orders of any drug, once a session."""
    kept: dict[str, list[_Loaded]] = case.orders.worked_out.setdefault("loading doses", {})
    if "all" not in kept:
        none, days_of = SessionOrders((), case.session.today, case.recognizer), case.orders.days_of
        kept["all"] = [
            _Loaded(product.id, days_of(order), Evidence("in-session", f"{product.name} {dose}", order.origin))
            for order, identity in case.orders.identified
            if (product := identity.product) is not None and product.reload
            for dose in _loading_of(replace(case, order=order, identity=identity, orders=none))
        ]
    return kept["all"]


def _loading_of(alone: Case) -> Iterator[str]:
    for reading, level in judged_levels(alone):
        if level is not None and level.role is LevelRole.LOADING:
            yield written_dose(alone, reading)


def _left_out(case: Case, reading: DoseReading, level: Level, shown: Evidence) -> Fired:
    regimen = next(each for each in case.regimens if level in each.levels)
    loading = next(each for each in regimen.levels if each.role is LevelRole.LOADING)
    return Fired(
        values={"dose": written_dose(case, reading), "loading": str(loading.dose)},
        evidence=(*dose_evidence(case, reading), shown),
        cited=(loading.by,),
        variant="loading-left-out",
        fixes=fixes_to(case, loading.dose, (reading.ordered,)),
    )
