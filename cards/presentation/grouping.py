"""Decides which findings share a card, which are folded into a "stop" card, and the order of the cards.

Each rule's verdict stays separate; only the display is combined.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from cards.facts.origins import Origin
from cards.facts.outcomes import Fired, OrderTests, SetDose, Verdict
from cards.facts.session import planned_day
from cards.facts.topics import Topic
from cards.presentation.removals import Changes, NamedOrder, which_to_remove
from cards.presentation.urgency import Urgency, indicator_of, urgency_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cards.facts.order import DrugOrder
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.presentation.wording import Wording

# One card asks for tests that several products need.
_SHARED = frozenset(
    {
        Topic.HER2_MISSING,
        Topic.HER2_ISH_MISSING,
        Topic.ERBB2_MUTATION_MISSING,
        Topic.LVEF_MISSING,
        Topic.LVEF_OVERDUE,
        Topic.LIVER_TESTS_MISSING,
        Topic.BLOOD_COUNT_MISSING,
        Topic.PREGNANCY_TEST_MISSING,
        Topic.MONITORING_PLANNED,
    }
)
_SHIPPED = frozenset(Topic)
_ONE_PER_ORDER = frozenset({Topic.BILLING_SUMMARY})
# Two orders that cannot both stay; which one to remove is the prescriber's choice.
_RIVALS = frozenset({Topic.HER2_AGENTS_COMBINED, Topic.DUPLICATE_ORDER})
# Changing the dose would not fix an order with one of these.
_NO_DOSE_BESIDE = frozenset({Topic.ROUTE_WRONG, Topic.WEIGHT_IMPLAUSIBLE})


class CardContent(msgspec.Struct, frozen=True):
    """The findings on one card: all of one topic, gravest first, each with the fixes that may be offered.

    ``orders`` are the orders concerned. ``folded`` are findings shown as lines of this card, because it says stop.
    ``choices`` are alternative fixes, each a list of changes.
    """

    verdicts: tuple[Verdict, ...]
    orders: tuple[NamedOrder, ...] = ()
    folded: tuple[Verdict, ...] = ()
    choices: tuple[Changes, ...] = ()
    urgency: Urgency = Urgency.INFO

    @property
    def lead(self) -> Verdict:
        """The finding that the summary is about."""
        return self.verdicts[0]

    @property
    def all_verdicts(self) -> tuple[Verdict, ...]:
        """Every finding on the card, including folded ones."""
        return (*self.verdicts, *self.folded)


class _Judged(msgspec.Struct):
    """A finding with its urgency; ``fixes`` are those still offered."""

    verdict: Verdict
    finding: Fired
    urgency: Urgency


def grouped(
    verdicts: Sequence[Verdict], shown: Iterable[Verdict], session: Session, policy: Policy, wording: Wording
) -> tuple[CardContent, ...]:
    """Group the shown findings into cards, one per topic and product, most urgent first.

    If one says stop, the warnings of the same product become lines of its card and no card offers a dose. ``verdicts``
    are all verdicts of the session, used for naming its orders.
    """
    judged = [
        _Judged(verdict, finding, urgency_of(verdict, indicator_of(verdict, wording, policy.indicators)))
        for verdict in shown
        if isinstance(finding := verdict.outcome, Fired)
    ]
    if not judged:
        return ()
    names = _named_orders(session, verdicts, judged)
    places = wording.places
    last = len(places)
    judged.sort(key=lambda each: (each.urgency, places.get(each.verdict.topic, last)))
    stops = _stops(judged)
    kept, folded = _folded(judged, stops)
    if session.hook.has_orders:
        kept = _planned_on_another(kept, folded)
    without_dose = _without_dose(judged, stops)
    groups: dict[Any, list[_Judged]] = {}
    # For an opened chart, due tests are already grouped by drug.
    is_view = not session.hook.has_orders
    for each in kept:
        key = (each.verdict.topic, each.verdict.order) if is_view else _key(each.verdict, each.finding)
        groups.setdefault(key, []).append(each)
    return tuple(
        _content(group, names, without_dose, _lines(group, folded), session.today) for group in groups.values()
    )


def _stops(judged: Sequence[_Judged]) -> dict[str, _Judged]:
    """Return the gravest "stop" finding of each product; ``judged`` is sorted gravest first."""
    found: dict[str, _Judged] = {}
    for each in judged:
        if each.verdict.product and each.urgency in (Urgency.DISCONTINUE, Urgency.HOLD):
            found.setdefault(each.verdict.product, each)
    return found


def _folded(judged: Sequence[_Judged], stops: Mapping[str, _Judged]) -> tuple[list[_Judged], dict[int, list[Verdict]]]:
    """Split the findings into those with their own card and those folded into a "stop" card."""
    kept: list[_Judged] = []
    lines: dict[int, list[Verdict]] = {}
    for each in judged:
        stop = stops.get(each.verdict.product or "")
        under = stop is not None and (
            each.urgency > Urgency.CRITICAL or (each.urgency is Urgency.HOLD and stop.urgency is Urgency.DISCONTINUE)
        )
        if stop is None or not under:
            kept.append(each)
        else:
            lines.setdefault(id(stop.verdict), []).append(each.verdict)
    return kept, lines


def _planned_on_another(kept: list[_Judged], folded: dict[int, list[Verdict]]) -> list[_Judged]:
    """Fold the needs of later doses into the most urgent card about that product, or else about any, to save a card."""
    hosts: dict[str | None, _Judged] = {}
    for each in kept:
        if each.verdict.order is not None and each.verdict.topic is not Topic.MONITORING_PLANNED:
            hosts.setdefault(each.verdict.product, each)
    first = next(iter(hosts.values()), None)
    left = []
    for each in kept:
        host = hosts.get(each.verdict.product, first)
        if each.verdict.topic is not Topic.MONITORING_PLANNED or host is None:
            left.append(each)
        else:
            folded.setdefault(id(host.verdict), []).append(each.verdict)
    return left


def _without_dose(judged: Sequence[_Judged], stops: Mapping[str, _Judged]) -> frozenset[Origin]:
    """List the orders for which no card offers a dose.

    If either of two orders for one day may be removed, correcting one dose may leave the day's sum too high.
    """
    found: set[Origin] = set()
    for each in judged:
        topic, order = each.verdict.topic, each.verdict.order
        if order is not None and (each.verdict.product in stops or topic in _NO_DOSE_BESIDE):
            found.add(order)
        if order is not None and topic is Topic.DUPLICATE_ORDER:
            found.add(order)
            found.update(line.origin for line in each.finding.evidence if line.label == "in-session" and line.origin)
    return frozenset(found)


def _key(verdict: Verdict, finding: Fired) -> Any:
    if verdict.order is None:
        return verdict.topic
    if verdict.topic in _ONE_PER_ORDER:
        return verdict.topic, verdict.order
    if verdict.topic in _SHARED or _asks_for_test_of_site(verdict, finding):
        return verdict.topic
    if verdict.product is None:
        return verdict.topic, verdict.drug, tuple(finding.values.items())
    # A billing or coverage card covers several orders only if it says the same about each.
    return verdict.topic, verdict.product, finding.sections


def _asks_for_test_of_site(verdict: Verdict, finding: Fired) -> bool:
    """Return whether it is a site rule's request for a test, which several products may need."""
    return verdict.topic not in _SHIPPED and any(isinstance(fix, OrderTests) for fix in finding.fixes)


def _lines(group: Sequence[_Judged], folded: Mapping[int, list[Verdict]]) -> tuple[Verdict, ...]:
    return tuple(line for each in group for line in folded.get(id(each.verdict), ()))


def _content(
    group: list[_Judged],
    names: Mapping[Origin, NamedOrder],
    without_dose: frozenset[Origin],
    folded: tuple[Verdict, ...],
    today: date,
) -> CardContent:
    group.sort(key=lambda each: (each.urgency, _day(each.verdict, names)))
    verdicts = tuple(_offering(each, names, without_dose, today) for each in group)
    orders = tuple(names[each.order] for each in verdicts if each.order is not None and each.order in names)
    choices: tuple[Changes, ...] = ()
    if group[0].verdict.topic in _RIVALS:
        verdicts, choices = which_to_remove(verdicts, orders, names)
    return CardContent(verdicts, tuple(dict.fromkeys(orders)), folded, choices, group[0].urgency)


def _day(verdict: Verdict, names: Mapping[Origin, NamedOrder]) -> date:
    named = names.get(verdict.order) if verdict.order is not None else None
    return named.on if named is not None and named.on is not None else date.min


def _offering(
    each: _Judged, names: Mapping[Origin, NamedOrder], without_dose: frozenset[Origin], today: date
) -> Verdict:
    """Remove doses that must not be offered from a finding, and date the tests that a later dose needs."""
    if not each.finding.fixes:
        return each.verdict
    on = _day(each.verdict, names)
    fixes = tuple(
        msgspec.structs.replace(fix, by=on, is_urgent=False) if isinstance(fix, OrderTests) and on > today else fix
        for fix in each.finding.fixes
        if not (isinstance(fix, SetDose) and each.verdict.order in without_dose)
    )
    return msgspec.structs.replace(each.verdict, outcome=msgspec.structs.replace(each.finding, fixes=fixes))


def _named_orders(session: Session, verdicts: Iterable[Verdict], judged: Iterable[_Judged]) -> dict[Origin, NamedOrder]:
    """Name the orders of a session by drug, day and dose, as far as needed to distinguish them."""
    judged_orders: dict[Origin, Verdict] = {}
    last: Origin | None = None
    for verdict in verdicts:
        # Verdicts are grouped by order, and name the same drug.
        if verdict.order is not last and verdict.order is not None:
            judged_orders[verdict.order] = verdict
        last = verdict.order
    drugs = {origin: verdict.drug for origin, verdict in judged_orders.items()}
    rivals = {
        line.origin: line.text
        for each in judged
        if each.verdict.topic in _RIVALS
        for line in each.finding.evidence
        if line.label == "in-session" and line.origin is not None and line.origin not in drugs
    }
    drugs = {**drugs, **rivals}
    orders = [order for order in session.orders if order.origin in drugs]
    days = {order.origin: planned_day(order.start, session.today) for order in orders}
    many = Counter(drugs[order.origin] for order in orders)
    dated = Counter((drugs[order.origin], days[order.origin]) for order in orders)
    dosed = Counter((drugs[order.origin], days[order.origin], _dose(order)) for order in orders)
    named, used = {}, Counter[str]()
    for order in orders:
        drug, day = drugs[order.origin], days[order.origin]
        which = ""
        if many[drug] > 1:
            which = day.isoformat()
            if dated[drug, day] > 1:
                which = f"{_dose(order)}, {which}" if _dose(order) else which
            if dosed[drug, day, _dose(order)] > 1:
                used[drug + which] += 1
                which = f"{which}, no. {used[drug + which]}"
        about = judged_orders.get(order.origin)
        product = about.product if about else None
        named[order.origin] = NamedOrder(
            order.origin, drug, day, which, product, _dose(order), frozenset(order.schedule.days or (day,))
        )
    return named


def _dose(order: DrugOrder) -> str:
    return order.doses[0].as_written if order.doses else ""
