"""Concurrent drugs: HER2 agents that must not be combined, anthracyclines, CYP3A4 inhibitors, duplicates.

A finding about two orders in one session is reported once, on the order whose reference comes last.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Indicator, Missing, Outcome, RemoveOrder
from cards.facts.patient import TreatmentState
from cards.facts.session import planned_day
from cards.readings.case import dated, shortened
from cards.readings.course import given_line, interval_after, newest_dose
from cards.readings.day_total import day_total, total_excess, written_total
from cards.readings.possible_doses import doses_not_counted
from cards.readings.tablets import indicator_of_excess, together
from cards.rules.ordered_already import ordered_already
from cards.rules.tablets import duplicate_tablets
from cards.values.caching import per_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cards.facts.order import DrugOrder
    from cards.identification.identity import Identity
    from cards.knowledge.schema import DrugClass, KeptApart
    from cards.readings.case import Case
    from cards.readings.session_orders import SessionOrders

    _Member = tuple[DrugClass, str, Evidence]

_NO_KEY = ("", "")
_DONE = frozenset({TreatmentState.GIVEN, TreatmentState.COMPLETED})


class ConcurrentDrug(NamedTuple):
    """A drug ordered in the same session or active in the chart."""

    product: str
    names: tuple[str, ...]
    line: Evidence
    in_session: bool


def her2_agents_combined(case: Case) -> Outcome:
    """Fire on HER2 agents that must not be combined, in the session or active in the chart.

    Of two products in one session, the one whose last reference comes later has the finding, on each of its orders. If
    the only evidence is an administered dose within that drug's interval, it is a warning.
    """
    found = list(_pairs(case))
    if not found:
        return _given_lately(case) or _perhaps_given(case) or Clear()
    # The gravest one is reported; the others that are as grave stand beside it.
    other, pair = min(found, key=lambda each: each[1].only_warn)
    alike = {each.product: each.line for each, apart in reversed(found) if apart.only_warn == pair.only_warn}
    return Fired(
        values={"other": case.recognizer.product(other.product).name, "reason": pair.reason},
        evidence=tuple(dict.fromkeys((other.line, *reversed(alike.values())))),
        cited=(pair.by,),
        indicator=Indicator.WARNING if pair.only_warn else None,
        variant="default" if other.in_session else "active",
        fixes=(RemoveOrder(),),
    )


def _pairs(case: Case) -> Iterator[tuple[ConcurrentDrug, KeptApart]]:
    orders = case.orders
    for product in orders.products:
        pair = _kept_apart(case, product) if product != case.product.id else None
        if pair is None:
            continue
        own = orders.last_in_focus.get(case.product.id, _key(case.order))
        if orders.last_in_focus.get(product, _NO_KEY) <= own and not _in_sequence(case, product):
            yield _ordered(orders, product), pair
    for other in _active(case):
        if (pair := _kept_apart(case, other.product)) is not None:
            yield other, pair


def _in_sequence(case: Case, other: str) -> bool:
    """Return whether one of two products of a session begins when the last interval of the other is over.

    A plan may go from one to the next, as Enhertu before surgery to trastuzumab with pertuzumab.
    """
    spans = case.orders.spans
    first, second = sorted((case.product.id, other), key=lambda each: spans[each].first)
    last = spans[first].last
    product = case.recognizer.product(first)
    if last is None or product.is_oral or not product.regimens:
        return False
    longest = max(each.interval_days for each in product.regimens)
    return (spans[second].first - last).days >= longest - case.threshold("interval_window_days")


def _given_lately(case: Case) -> Fired | None:
    """Fire on a dose of such an agent that was given less than its own interval before this dose."""
    window = case.threshold("interval_window_days")
    # For a product with the same antibody, the interval rule reports it.
    shared = case.recognizer.same_antibody[case.product.id]
    done = {each.product for each in case.patient.treatments if each.product and each.state in _DONE}
    for other in sorted(done - shared):
        pair = _kept_apart(case, other)
        product = case.recognizer.product(other) if pair is not None else None
        if pair is None or product is None or product.is_oral or case.product.is_oral:
            continue
        doses = case.doses_of(frozenset({other}))
        last = newest_dose(case, doses)
        if last is None or last.on is None:
            continue
        shortest = min((each.interval_days for each in product.regimens), default=0)
        interval = interval_after(case, last, doses) or shortest
        days = (case.planned - last.on).days
        if days < interval - window:
            return Fired(
                values={
                    "other": product.name,
                    "reason": pair.reason,
                    "days": str(days),
                    "interval": str(interval),
                    "date": last.on.isoformat(),
                },
                evidence=(given_line(last),),
                cited=(pair.by,),
                indicator=Indicator.WARNING,
                variant="given",
            )
    return None


def _perhaps_given(case: Case) -> CannotTell | None:
    """Say which such agents may have been given less than their interval before this dose, by no administration."""
    shared = case.recognizer.same_antibody[case.product.id]
    missing: list[Missing] = []
    for other in sorted({each.product for each in case.patient.possible_doses} - shared):
        product = case.recognizer.product(other)
        if product.is_oral or case.product.is_oral or not product.regimens or _kept_apart(case, other) is None:
            continue
        shortest = min(each.interval_days for each in product.regimens)
        missing += doses_not_counted(case, frozenset({other}), shortest)
    return CannotTell(tuple(missing)) if missing else None


def anthracycline_concurrent(case: Case) -> Outcome:
    """Fire when an anthracycline is in the session or active in the chart.

    One that a plan ends before this dose, by its own rhythm, is the treatment before it.
    """
    return _of_class(case, "anthracycline", ends_before=True)


def cyp3a4_inhibitor(case: Case) -> Outcome:
    """Fire when a strong CYP3A4 inhibitor is given with a product metabolized by CYP3A4."""
    return _of_class(case, "cyp3a4-inhibitor")


def duplicate_order(case: Case) -> Outcome:
    """Fire when the same product is ordered twice for one day; critical where the sum is above the maximum.

    Parts of one dose are not duplicates: orders that say so, or if only their sum is a labeled level. An active order
    in the chart counts if it names the day.
    """
    if case.product.is_oral:
        return _duplicate_tablets(case)
    day = day_total(case)
    if day is None or (day.in_parts and day.total is not None and total_excess(case, day.total) is None):
        return ordered_already(case)
    excess = total_excess(case, day.total) if day.total is not None else None
    if day.in_parts and excess is None:
        return Clear()
    if _is_reported_on_other(case, day.others):
        return Clear()
    limit = case.ceiling
    sums = {
        "sum": written_total(case, day.total) if day.total is not None else "",
        "maximum": str(limit.maximum.dose) if limit is not None else "",
        "count": str(len(day.orders)),
    }
    return Fired(
        values=sums,
        evidence=(*(_line(order, case.product.name) for order in day.others), *case.weight_evidence()),
        cited=(limit.maximum.by if excess is not None and limit is not None else case.product.regimens[0].by,),
        variant="default" if excess is None else "parts-above" if day.in_parts else "above",
        indicator=indicator_of_excess(case, excess),
        fixes=(RemoveOrder(),),
    )


def _duplicate_tablets(case: Case) -> Outcome:
    found = together(case)
    if found is None or _is_reported_on_other(case, found.others):
        return Clear()
    return duplicate_tablets(case, tuple(_line(order, case.product.name) for order in found.others))


def _is_reported_on_other(case: Case, others: Iterable[DrugOrder]) -> bool:
    """Return whether a finding about orders of one product is reported on another of them."""
    own = _key(case.order)
    return any(order.in_focus and _key(order) > own for order in others)


def _of_class(case: Case, group_id: str, *, ends_before: bool = False) -> Outcome:
    if not _active(case) and (case.orders.is_alone(case.order) or not _members(case.orders)):
        return Clear()
    groups = [
        group
        for group in case.known.drug_classes
        if group.id == group_id and (not group.with_products or case.product.id in group.with_products)
    ]
    found = _first_ordered(case, groups, ends_before=ends_before) or _first_active(case, groups)
    if found is None:
        return Clear()
    group, named, line = found
    return Fired(values={"other": shortened(named), "reason": group.reason}, evidence=(line,), cited=(group.by,))


def _first_ordered(case: Case, groups: Sequence[DrugClass], *, ends_before: bool) -> _Member | None:
    """Return the first other order in the session for a drug in one of some classes."""
    first = _first_place(case, groups, ends_before=ends_before)
    if first is None:
        return None
    place, number = first
    order, identity = case.orders.identified[place]
    line = _line_of(order, identity)
    return groups[number], _members(case.orders)[id(groups[number])][place], line


def _first_place(case: Case, groups: Sequence[DrugClass], *, ends_before: bool = False) -> tuple[int, int] | None:
    """Return the position of the first other order for a drug in one of some classes, and the class.

    ``ends_before``: an order that is over before this dose is passed over.
    """
    members = _members(case.orders)
    others = (
        (
            (place, number)
            for place in members.get(id(group), ())
            if case.orders.identified[place][0] is not case.order
            and not (ends_before and _is_over(case, case.orders.identified[place][0]))
        )
        for number, group in enumerate(groups)
    )
    return min((first for each in others if (first := next(each, None)) is not None), default=None)


def _is_over(case: Case, other: DrugOrder) -> bool:
    """Return whether another order is over before this dose: by its own rhythm or, of a single day, by the drug's."""
    first = planned_day(other.start, case.session.today)
    days = other.schedule.days_from(first)
    if not other.schedule.days and len(days) == 1:
        # It may go on.
        return False
    apart = min(
        ((later - earlier).days for earlier, later in pairwise(days)),
        default=max((each.interval_days for each in case.product.regimens), default=0),
    )
    return apart > 0 and (case.planned - days[-1]).days >= apart - case.threshold("interval_window_days")


def _first_active(case: Case, groups: Sequence[DrugClass]) -> _Member | None:
    for other in _active(case):
        for group in groups:
            named = next((name for name in other.names if group in case.recognizer.read_classes(name)), None)
            if named is not None:
                return group, named, other.line
    return None


@per_case
def _members(orders: SessionOrders) -> dict[int, dict[int, str]]:
    """Map the ``id()`` of a drug class to its orders: their position in the session, and a name."""
    found: dict[int, dict[int, str]] = {}
    for place, (order, _) in enumerate(orders.identified):
        for name in orders.recognizer.names_of(order.evidence):
            for group in orders.recognizer.read_classes(name):
                found.setdefault(id(group), {}).setdefault(place, name)
    return found


def first_concurrent(case: Case, group_id: str) -> _Member:
    """Return the first drug of a class given with an order, in the session or active in the chart.

    Raises:
        LookupError: no drug of the class is given with the order.

    """
    groups = [group for group in case.known.drug_classes if group.id == group_id]
    named = [(other.names, other.line) for other in _active(case)]
    if (first := _first_place(case, groups)) is not None:
        order, identity = case.orders.identified[first[0]]
        line = _line_of(order, identity)
        named.insert(0, (case.recognizer.names_of(order.evidence), line))
    for names, beside in named:
        for name in names:
            for group in case.recognizer.read_classes(name):
                if group.id == group_id:
                    return group, name, beside
    raise LookupError(group_id)


@per_case
def _active(case: Case) -> list[ConcurrentDrug]:
    """List the active drugs of the chart, other than the ordered one."""
    return [
        ConcurrentDrug(
            treatment.product,
            treatment.names,
            Evidence("active-drug", dated(treatment.names[0], treatment.on), treatment.origin),
            in_session=False,
        )
        for treatment in case.patient.treatments
        if treatment.is_active(case.session.today) and treatment.product != case.product.id
    ]


def _ordered(orders: SessionOrders, product: str) -> ConcurrentDrug:
    """Return the first order of a product."""
    order, identity = orders.first_of(product)
    line = _line_of(order, identity)
    return ConcurrentDrug(product, orders.recognizer.names_of(order.evidence), line, in_session=True)


def _line_of(order: DrugOrder, identity: Identity) -> Evidence:
    return _line(order, identity.product.name if identity.product else "?")


def _line(order: DrugOrder, product: str) -> Evidence:
    names = _names(order)
    return Evidence("in-session", names[0] if names else product, order.origin)


def _names(order: DrugOrder) -> tuple[str, ...]:
    return tuple(evidence.value for evidence in order.evidence if not evidence.system)


def _key(order: DrugOrder) -> tuple[str, str]:
    """Return the sort key that decides on which of two orders a finding about both is reported."""
    return order.origin.reference, order.origin.path


def _kept_apart(case: Case, other: str) -> KeptApart | None:
    if not other:
        return None
    return next(
        (
            pair
            for pair in case.known.kept_apart
            if pair.separates(case.product.id, other) and (pair.until is None or case.planned < pair.until)
        ),
        None,
    )
