"""The suggestions on a card: each fixes every order that the card is about, and its button names them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from cards.facts.outcomes import (
    Fired,
    Fix,
    HoldOrder,
    OrderTests,
    RemoveNdc,
    RemoveOrder,
    ReplaceBillingCode,
    SetDose,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cards.facts.origins import Origin
    from cards.knowledge.schema import Terminology
    from cards.presentation.grouping import CardContent
    from cards.presentation.language import Localizer
    from cards.presentation.removals import Changes, NamedOrder

_LISTED = 4
_EITHER = " / "


class SuggestionWriter:
    """Combines the fixes of the findings on one card, and labels each."""

    def __init__(self, words: Mapping[str, str], terminology: Terminology, localizer: Localizer) -> None:
        """Keep the button texts, the test names, and the localizer."""
        self._words = words
        self._localizer = localizer
        self._terminology = terminology
        self._displays = Counter(concept.display for concept in terminology.concepts.values())

    def suggestions(self, content: CardContent) -> Iterator[tuple[str, tuple[tuple[Origin, Fix], ...]]]:
        """Yield each suggestion of a card: its label, and the changes to each order."""
        for changes in (*_together(content), *content.choices):
            yield self._label(changes), tuple((order.origin, fix) for order, fix in changes)

    def _label(self, changes: Changes) -> str:
        orders = [order for order, _ in changes]
        drug, which = self._drugs(orders), self._localizer.text(self._which(orders))
        match changes[0][1]:
            case SetDose():
                return self._words["set-dose"].format(
                    drug=drug, dose=self._localizer.text(self._doses(changes)), which=which
                )
            case OrderTests(is_all=True):
                return self._words["order-all"].format(drug=drug)
            case OrderTests(by=by):
                tests = dict.fromkeys(
                    self._short(concept)
                    for _, fix in changes
                    if isinstance(fix, OrderTests)
                    for concept in fix.concepts
                )
                by = min((fix.by for _, fix in changes if isinstance(fix, OrderTests) and fix.by), default=by)
                until = self._words["by"].format(day=self._localizer.figures(by.isoformat())) if by else ""
                return self._words["order-tests"].format(
                    drug=drug, tests=self._localizer.text(", ".join(tests)), by=until
                )
            case ReplaceBillingCode(code=code):
                wrong = dict.fromkeys(fix.wrong.code for _, fix in changes if isinstance(fix, ReplaceBillingCode))
                return self._words["replace-billing-code"].format(
                    drug=drug, wrong=", ".join(wrong), code=code, which=which
                )
            case RemoveNdc():
                ndcs = dict.fromkeys(fix.ndc.text for _, fix in changes if isinstance(fix, RemoveNdc))
                return self._words["remove-ndc"].format(drug=drug, ndc=", ".join(ndcs), which=which)
            case HoldOrder():
                return self._words["hold-order"].format(drug=drug, which=which)
            case RemoveOrder():
                # Two names with a slash between them would read as two removed drugs.
                label = "remove-unsettled" if _EITHER in drug else "remove-order"
                return self._words[label].format(drug=drug, which=which)

    def _which(self, orders: Sequence[NamedOrder]) -> str:
        """Say which of several orders of a drug are meant."""
        named = dict.fromkeys(order.which for order in orders if order.which)
        if not named:
            return ""
        if len(named) > _LISTED:
            days = sorted(order.on for order in orders if order.on)
            several = "orders" if days[0] != days[-1] else "orders-of-day"
            listed = self._words[several].format(count=len(named), first=days[0], last=days[-1])
        else:
            listed = join_listed(named)
        return f" ({listed})"

    def _drugs(self, orders: Iterable[NamedOrder]) -> str:
        return self._localizer.joined(dict.fromkeys(order.drug for order in orders))

    def _doses(self, changes: Changes) -> str:
        doses = dict.fromkeys(fix.dose for _, fix in changes if isinstance(fix, SetDose))
        return " / ".join(doses)

    def _short(self, concept: str) -> str:
        known = self._terminology.concepts[concept]
        if known.button is not None:
            return known.button
        # HER2 stains of the breast and of any tissue have the same name; the order distinguishes them.
        ordered = known.order_display or known.display
        return ordered if self._displays[known.display] > 1 else min((known.display, ordered), key=len)


def join_listed(named: Iterable[str]) -> str:
    """Join the names of orders; with a semicolon if one has a comma, as in "252 mg, 2026-11-29"."""
    listed = tuple(named)
    return ("; " if any(", " in each for each in listed) else ", ").join(listed)


def _together(content: CardContent) -> Iterator[Changes]:
    """Group the fixes that belong to one suggestion: the same kind on each order."""
    orders = {order.origin: order for order in content.orders}
    slots: dict[tuple[type[Fix], int], list[tuple[NamedOrder, Fix]]] = {}
    for verdict in content.verdicts:
        order = orders.get(verdict.order) if verdict.order is not None else None
        if order is None or not isinstance(verdict.outcome, Fired):
            continue
        seen: dict[type[Fix], int] = {}
        for fix in verdict.outcome.fixes:
            kind = type(fix)
            # A finding may offer several doses or tests to choose from; codes are all corrected together.
            place = seen.get(kind, 0) if isinstance(fix, SetDose | OrderTests) else 0
            seen[kind] = seen.get(kind, 0) + 1
            slots.setdefault((kind, place), []).append((order, fix))
    for (kind, _), changes in slots.items():
        yield _each_once(changes) if kind is OrderTests else tuple(changes)


def _each_once(changes: Sequence[tuple[NamedOrder, Fix]]) -> Changes:
    """Ask for each test once, for the earliest dose that needs it."""
    first: dict[str, tuple[NamedOrder, OrderTests]] = {}
    for order, fix in sorted(changes, key=lambda change: change[0].on or date.min):
        if isinstance(fix, OrderTests):
            for concept in fix.concepts:
                first.setdefault(concept, (order, fix))
    asked: dict[Origin, tuple[NamedOrder, OrderTests, list[str]]] = {}
    for concept, (order, fix) in first.items():
        asked.setdefault(order.origin, (order, fix, []))[2].append(concept)
    return tuple(
        (order, msgspec.structs.replace(fix, concepts=tuple(concepts))) for order, fix, concepts in asked.values()
    )
