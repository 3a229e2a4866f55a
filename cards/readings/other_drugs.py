"""A patient's other drugs, in the session or active in the chart, by every name that a site rule may use."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from cards.facts.outcomes import Evidence
from cards.readings.case import dated
from cards.values.caching import per_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.facts.order import DrugOrder
    from cards.identification.recognizer import Recognizer
    from cards.readings.case import Case
    from cards.readings.session_orders import SessionOrders

_IN_CHART = "drugs of the chart by name"


def evidence_lines(case: Case, name: str) -> Iterator[Evidence]:
    """Yield a line for each other drug that a name covers: a product, a brand, or a class of drugs."""
    ordered = _in_session(case.orders).get(name, {})
    yield from (line for order, line in ordered.values() if order is not case.order)
    yield from _in_chart(case).get(name, ())


def is_concurrent(case: Case, names: Iterable[str]) -> bool:
    """Return whether one of some names covers another drug of the patient."""
    return next(chain.from_iterable(evidence_lines(case, name) for name in names), None) is not None


@per_case
def _in_session(orders: SessionOrders) -> dict[str, dict[int, tuple[DrugOrder, Evidence]]]:
    """Map each name to the session's orders that it covers; computed once for all of them."""
    found: dict[str, dict[int, tuple[DrugOrder, Evidence]]] = {}
    for order, identity in orders.identified:
        names = orders.recognizer.names_of(order.evidence)
        product = identity.product.id if identity.product is not None else ""
        brand = identity.brand.id if identity.brand is not None else ""
        line = Evidence("in-session", names[0] if names else product or "?", order.origin)
        coded = (
            name
            for evidence in order.evidence
            if evidence.system
            for name in orders.recognizer.coded_classes(evidence.system, evidence.value)
        )
        for name in (*_names_of(orders.recognizer, (product, brand), names), *coded):
            found.setdefault(name, {}).setdefault(id(order), (order, line))
    return found


def _in_chart(case: Case) -> dict[str, list[Evidence]]:
    """Map each name to the active drugs of the chart that it covers; computed once for all orders of the session."""
    kept: dict[str, dict[str, list[Evidence]]] = case.orders.worked_out
    if _IN_CHART not in kept:
        found: dict[str, list[Evidence]] = {}
        for treatment in case.patient.treatments:
            if treatment.is_active(case.session.today):
                line = Evidence("active-drug", dated(treatment.names[0], treatment.on), treatment.origin)
                known = _names_of(case.recognizer, (treatment.product,), treatment.names)
                for name in dict.fromkeys((*known, *treatment.classes)):
                    found.setdefault(name, []).append(line)
        kept[_IN_CHART] = found
    return kept[_IN_CHART]


def _names_of(recognizer: Recognizer, ids: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    yield from (each for each in ids if each)
    for name in names:
        yield from (group.id for group in recognizer.read_classes(name))
