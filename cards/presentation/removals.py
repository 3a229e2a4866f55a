"""Which orders a card offers to remove, if orders are in conflict: the prescriber decides which one stays."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from cards.facts.origins import Origin
from cards.facts.outcomes import Fired, Fix, HoldOrder, RemoveOrder
from cards.facts.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cards.facts.outcomes import Verdict

_PAIR = 2
_CHOICES = 3


class NamedOrder(msgspec.Struct, frozen=True):
    """An order as named on a button: by drug, and if there are several, by the day of its next dose, ``on``.

    ``product`` is set for an order that was judged. ``dose`` is its first dose as written; ``days`` are the days of its
    doses, as far as stated.
    """

    origin: Origin
    drug: str
    on: date | None
    which: str = ""
    product: str | None = None
    dose: str = ""
    days: frozenset[date] = frozenset()


Changes = tuple[tuple[NamedOrder, Fix], ...]


def which_to_remove(
    verdicts: tuple[Verdict, ...], own: Sequence[NamedOrder], names: Mapping[Origin, NamedOrder]
) -> tuple[tuple[Verdict, ...], tuple[Changes, ...]]:
    """Return the findings with the removals that are still theirs, and the other suggestions of the card.

    Of two orders, either may go. Of several for one day, each suggestion keeps one and removes all others.
    """
    fix = next((each for verdict in verdicts for each in removals_of(verdict)), None)
    if fix is None:
        return verdicts, ()
    if verdicts[0].topic is not Topic.DUPLICATE_ORDER:
        return verdicts, _others_instead(verdicts, own, names, fix, of_product=True)
    conflicts = [found for verdict in verdicts if (found := _conflict(verdict, names)) is not None]
    if all(len(each) <= _PAIR for each in conflicts):
        return verdicts, _others_instead(verdicts, own, names, fix, of_product=False)
    choices = dict.fromkeys(_keeping_one(conflicts, place) for place in range(_CHOICES))
    return tuple(map(without_removal, verdicts)), tuple(
        tuple((order, fix) for order in gone) for gone in choices if gone
    )


def removals_of(verdict: Verdict) -> Iterator[Fix]:
    """Yield the fixes of a finding that remove or hold its order."""
    if isinstance(finding := verdict.outcome, Fired):
        yield from (fix for fix in finding.fixes if isinstance(fix, RemoveOrder | HoldOrder))


def without_removal(verdict: Verdict) -> Verdict:
    """Return a verdict without the fixes that remove or hold its order."""
    if not isinstance(finding := verdict.outcome, Fired):
        return verdict
    fixes = tuple(fix for fix in finding.fixes if not isinstance(fix, RemoveOrder | HoldOrder))
    return msgspec.structs.replace(verdict, outcome=msgspec.structs.replace(finding, fixes=fixes))


def _rivals(verdict: Verdict, names: Mapping[Origin, NamedOrder]) -> Iterator[NamedOrder]:
    """Yield the other orders of the session that a finding is about."""
    if isinstance(finding := verdict.outcome, Fired):
        for line in finding.evidence:
            if line.label == "in-session" and line.origin is not None and line.origin in names:
                yield names[line.origin]


def _others_instead(
    verdicts: Sequence[Verdict],
    own: Sequence[NamedOrder],
    names: Mapping[Origin, NamedOrder],
    fix: Fix,
    *,
    of_product: bool,
) -> tuple[Changes, ...]:
    """Offer to remove the other orders instead, if that also resolves the finding."""
    rivals = dict.fromkeys(rival for verdict in verdicts for rival in _rivals(verdict, names))
    if of_product:
        # For two drugs that must not be combined, removing one order of the other drug leaves its next one.
        products = {each.product for each in rivals} - {None}
        rivals.update(dict.fromkeys(each for each in names.values() if each.product in products))
    elif len(rivals) != len(own):
        return ()
    if not rivals:
        return ()
    kept = set(own)
    return (tuple((rival, fix) for rival in rivals if rival not in kept),)


def _conflict(verdict: Verdict, names: Mapping[Origin, NamedOrder]) -> tuple[NamedOrder, ...] | None:
    """Return the orders of which a finding says that only one is needed, in the order of the session."""
    own = names.get(verdict.order) if verdict.order is not None else None
    rivals = tuple(_rivals(verdict, names))
    return (*rivals, own) if own is not None and rivals else None


def _keeping_one(conflicts: Iterable[tuple[NamedOrder, ...]], place: int) -> tuple[NamedOrder, ...]:
    """Return the orders to remove so that one remains for each day: the first with one of the doses ordered.

    Which of the doses is decided by ``place``; the first, if there are fewer.
    """
    gone: dict[NamedOrder, None] = {}
    for orders in conflicts:
        by_dose = {order.dose: order for order in reversed(orders)}
        doses = list(dict.fromkeys(order.dose for order in orders))
        first = by_dose[doses[place] if place < len(doses) else doses[0]]
        taken = set(first.days)
        for order in orders:
            if order is first:
                continue
            if taken.isdisjoint(order.days):
                taken |= order.days
            else:
                gone[order] = None
    return tuple(gone)
