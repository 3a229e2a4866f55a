"""The drugs beside an order, by every name that a rule of the site may use: those of the session and of the chart.

All of them count, whatever day they are planned for: a rule says that a drug is ordered, not when. They are arranged
once for a session, so that a plan of many orders is not read once more for each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cards.facts.outcomes import Evidence
from cards.readings.case import dated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cards.facts.order import DrugOrder
    from cards.identification.recogniser import Recogniser
    from cards.readings.case import Case

_SHOWN = 10
_ENOUGH = 2
"""How many orders are kept that are written alike: one of them may be the order that is asked about."""


class _Entry(NamedTuple):
    order: DrugOrder | None
    line: Evidence


def is_beside(case: Case, names: Collection[str]) -> bool:
    """Return whether the patient is on one of these drugs, or another order of the session is for one."""
    entries = _by_name(case)
    return any(each.order is not case.order for name in names for each in entries.get(name, ()))


def lines_beside(case: Case, names: Collection[str]) -> Iterator[Evidence]:
    """Yield the first few of these drugs that are there, a line for each way in which they are written."""
    entries = _by_name(case)
    found = (each.line for name in names for each in entries.get(name, ()) if each.order is not case.order)
    alike: dict[tuple[str, str], Evidence] = {}
    for line in found:
        if (line.label, line.text) not in alike:
            alike[line.label, line.text] = line
            if len(alike) == _SHOWN:
                break
    yield from alike.values()


def _by_name(case: Case) -> dict[str, list[_Entry]]:
    kept: dict[str, list[_Entry]] | None = case.orders.worked_out.get("site drugs")
    if kept is None:
        kept = case.orders.worked_out["site drugs"] = {}
        alike: dict[tuple[str, str, str], int] = {}
        for name, entry in _named(case):
            key = (name, entry.line.label, entry.line.text)
            alike[key] = alike.get(key, 0) + 1
            if alike[key] <= _ENOUGH or entry.order is None:
                kept.setdefault(name, []).append(entry)
    return kept


def _named(case: Case) -> Iterator[tuple[str, _Entry]]:
    """Yield every drug by each of its names, once for a name."""
    for order, identity in case.orders.identified:
        words = [evidence.value for evidence in order.evidence if not evidence.system]
        product = identity.product.id if identity.product is not None else ""
        brand = identity.brand.id if identity.brand is not None else ""
        coded = (
            name
            for evidence in order.evidence
            if evidence.system
            for name in case.recogniser.coded_classes(evidence.system, evidence.value)
        )
        entry = _Entry(order, Evidence("in-session", words[0] if words else product or "?", order.origin))
        names = (*_known_as(case.recogniser, (product, brand), words), *coded)
        yield from ((name, entry) for name in dict.fromkeys(names))
    for treatment in case.patient.treatments:
        if treatment.is_active(case.session.today):
            line = Evidence("active-drug", dated(treatment.names[0], treatment.on), treatment.origin)
            names = (*_known_as(case.recogniser, (treatment.product,), treatment.names), *treatment.classes)
            yield from ((name, _Entry(None, line)) for name in dict.fromkeys(names))


def _known_as(recogniser: Recogniser, ids: Iterable[str], words: Iterable[str]) -> Iterator[str]:
    yield from (each for each in ids if each)
    for word in words:
        yield from (group.id for group in recogniser.read_classes(word))
