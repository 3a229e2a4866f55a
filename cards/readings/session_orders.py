"""Index of the orders in a session.

It is built once for a session, so that a rule's lookup of other orders does not slow down with their number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from cards.facts.session import planned_day
from cards.values.caching import lazy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cards.facts.order import DrugOrder
    from cards.identification.identity import Identity
    from cards.identification.recognizer import Recognizer


class OrderOfDay(NamedTuple):
    """An order, and a day on which it gives a dose."""

    day: date
    order: DrugOrder
    identity: Identity


class Span(NamedTuple):
    """The days of the first and last dose of a product's orders; ``last`` is ``None`` if an order names none."""

    first: date
    last: date | None


class SameDay(NamedTuple):
    """Orders that give a dose on the same day; ``ids`` are those of the objects."""

    orders: tuple[DrugOrder, ...]
    ids: frozenset[int]


_NONE = SameDay((), frozenset())


class SessionOrders:
    """The orders of a session, each with its identity, in the order in which they were sent."""

    def __init__(self, identified: Iterable[tuple[DrugOrder, Identity]], today: date, recognizer: Recognizer) -> None:
        """Keep the orders; ``today`` is the day of those that do not start later.

        ``worked_out`` caches readings shared by several orders.
        """
        self.identified = tuple(identified)
        self.recognizer = recognizer
        self.worked_out: dict[str, Any] = {}
        self._same_days: dict[tuple[str, frozenset[date]], SameDay] = {}
        self._today = today

    def days_of(self, order: DrugOrder) -> frozenset[date]:
        """Return the days on which an order has a dose, as far as stated; at least its next one."""
        return frozenset(order.schedule.days or (planned_day(order.start, self._today),))

    def others(self, own: DrugOrder) -> tuple[tuple[DrugOrder, Identity], ...]:
        """Return every order but one, with its identity."""
        return tuple(each for each in self.identified if each[0] is not own)

    def of_same_day(self, own: DrugOrder, product: str) -> SameDay:
        """Return the orders of a product that give a dose on a day of this one, itself included.

        Orders for the same days share the result, so that many of them take no longer than one for each.
        """
        if self.is_alone(own):
            return _NONE
        days = self.days_of(own)
        found = self._same_days.get((product, days))
        if found is None:
            orders = tuple(self.identified[place][0] for place in self._places_on(product, days))
            found = self._same_days[product, days] = SameDay(orders, frozenset(map(id, orders)))
        return found if id(own) in found.ids else SameDay((own, *found.orders), found.ids | {id(own)})

    def _places_on(self, product: str, days: frozenset[date]) -> Iterable[int]:
        if len(days) == 1:
            (day,) = days
            return self._by_day.get((product, day), ())
        return sorted({place for day in days for place in self._by_day.get((product, day), ())})

    def of_next_day(self, own: DrugOrder, product: str) -> tuple[DrugOrder, ...]:
        """Return the other orders of a product whose next dose is on the day of this one's."""
        places = self._by_next_day.get((product, planned_day(own.start, self._today)), ())
        return tuple(order for place in places if (order := self.identified[place][0]) is not own)

    def last_before(self, own: DrugOrder, products: Iterable[str], day: date) -> OrderOfDay | None:
        """Return the other order with the last dose of the products before a day."""
        found: list[tuple[date, int]] = []
        if self.is_alone(own):
            return None
        for product in products:
            days = self._days.get(product, ())
            place = bisect_left(days, (day, -1)) - 1
            while place >= 0 and self.identified[days[place][1]][0] is own:
                place -= 1
            if place >= 0:
                found.append(days[place])
        if not found:
            return None
        last, place = max(found)
        return OrderOfDay(last, *self.identified[place])

    def is_alone(self, own: DrugOrder) -> bool:
        """Return whether a session has only one order."""
        return len(self.identified) == 1 and self.identified[0][0] is own

    def doses_before(self, product: str, day: date) -> int:
        """Count the doses in a product's orders whose next dose is before a day."""
        if product not in self._doses:
            return 0
        days, sums = self._doses[product]
        place = bisect_left(days, day)
        return sums[place - 1] if place else 0

    def of_product(self, product: str) -> tuple[DrugOrder, ...]:
        """Return the orders of a product."""
        return tuple(self.identified[place][0] for place in self._of_product.get(product, ()))

    def days_of_product(self, product: str) -> tuple[date, ...]:
        """Return the days on which the orders of a product plan a dose, each once, in order."""
        return tuple(dict.fromkeys(day for day, _ in self._days.get(product, ())))

    def first_of(self, product: str) -> tuple[DrugOrder, Identity]:
        """Return the first order of a product in the session."""
        return self.identified[self._of_product[product][0]]

    @lazy
    def spans(self) -> dict[str, Span]:
        """The span of each product's orders: a repeat without an end beside no named day goes on and on."""
        found: dict[str, Span] = {}
        for product, places in self._of_product.items():
            orders = [self.identified[place][0] for place in places]
            days = [
                order.schedule.days_from(day) for order in orders for day in [planned_day(order.start, self._today)]
            ]
            ends = all(order.schedule.days or len(each) > 1 for order, each in zip(orders, days, strict=True))
            found[product] = Span(min(map(min, days)), max(map(max, days)) if ends else None)
        return found

    @lazy
    def products(self) -> tuple[str, ...]:
        """The products ordered, each once."""
        return tuple(self._of_product)

    @lazy
    def last_in_focus(self) -> dict[str, tuple[str, str]]:
        """The last reference and path among the orders in focus of each product."""
        found: dict[str, tuple[str, str]] = {}
        for order, identity in self.identified:
            if order.in_focus and identity.product is not None and identity.in_scope:
                key = (order.origin.reference, order.origin.path)
                found[identity.product.id] = max(key, found.get(identity.product.id, key))
        return found

    @lazy
    def judged(self) -> int:
        """The number of orders in focus that are checked."""
        return sum(order.in_focus and identity.in_scope for order, identity in self.identified)

    @lazy
    def orders_by_billing_code(self) -> Counter[str]:
        """For each billing code, the number of orders for its drug."""
        return Counter(code for _, identity in self.identified for code in self.codes_of(identity))

    def codes_of(self, identity: Identity) -> frozenset[str]:
        """Return the billing codes of a drug; none if it is not identified."""
        if identity.product is None:
            return frozenset()
        return frozenset(entry.code for entry in self.recognizer.own_hcpcs(identity.product, identity.brand))

    @lazy
    def classes(self) -> Counter[str]:
        """For each drug class, the number of orders that name one of its drugs."""
        return Counter(name for order, _ in self.identified for name in self.classes_of(order))

    def classes_of(self, order: DrugOrder) -> frozenset[str]:
        """Return the classes of the drug that an order names."""
        named = self.recognizer.names_of(order.evidence)
        return frozenset(group.id for name in named for group in self.recognizer.read_classes(name))

    @lazy
    def _of_product(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, (_, identity) in enumerate(self.identified):
            if identity.product is not None:
                found.setdefault(identity.product.id, []).append(place)
        return found

    @lazy
    def _by_day(self) -> dict[tuple[str, date], list[int]]:
        found: dict[tuple[str, date], list[int]] = {}
        for product, days in self._days.items():
            for day, place in days:
                found.setdefault((product, day), []).append(place)
        return found

    @lazy
    def _by_next_day(self) -> dict[tuple[str, date], list[int]]:
        found: dict[tuple[str, date], list[int]] = {}
        for product, places in self._of_product.items():
            for place in places:
                day = planned_day(self.identified[place][0].start, self._today)
                found.setdefault((product, day), []).append(place)
        return found

    @lazy
    def _days(self) -> dict[str, list[tuple[date, int]]]:
        return {
            product: sorted((day, place) for place in places for day in self.days_of(self.identified[place][0]))
            for product, places in self._of_product.items()
        }

    @lazy
    def _doses(self) -> dict[str, tuple[list[date], list[int]]]:
        found: dict[str, tuple[list[date], list[int]]] = {}
        for product, places in self._of_product.items():
            orders = (self.identified[place][0] for place in places)
            doses = sorted((planned_day(order.start, self._today), order.cycles or 1) for order in orders)
            found[product] = [day for day, _ in doses], list(accumulate(count for _, count in doses))
        return found
