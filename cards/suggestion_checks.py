"""Prevents offers to remove an order if that would leave another with a new critical finding.

Two orders for one product and day are judged by their sum. If one is removed, the other is judged by itself, and an
amount that was right as part of a dose may be wrong as a whole dose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.engine import judge
from cards.facts.outcomes import Fired, Indicator
from cards.facts.policy import Mode
from cards.facts.session import planned_day
from cards.identification.identity import identify
from cards.presentation.removals import removals_of, without_removal
from cards.presentation.urgency import indicator_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from cards.facts.order import DrugOrder
    from cards.facts.origins import Origin
    from cards.facts.outcomes import Verdict
    from cards.facts.policy import Policy
    from cards.facts.session import Session
    from cards.facts.topics import TopicCode
    from cards.identification.recognizer import Recognizer
    from cards.presentation.grouping import CardContent
    from cards.presentation.removals import Changes
    from cards.presentation.wording import Wording

    _Days = Mapping[tuple[str, date], list[DrugOrder]]
    _Criticals = frozenset[tuple[TopicCode, str | None]]


def without_harmful_removals(
    contents: tuple[CardContent, ...], session: Session, recognizer: Recognizer, policy: Policy, wording: Wording
) -> tuple[CardContent, ...]:
    """Withdraw offers to remove an order if another of the same product and day would then be wrong."""
    if len(session.orders) < 2 or not any(  # noqa: PLR2004 - another order
        _offered(content) or content.choices for content in contents
    ):
        return contents
    check = _Check(contents, session, recognizer, policy, wording)
    return tuple(check.checked(content) for content in contents)


def without_removals(contents: tuple[CardContent, ...]) -> tuple[CardContent, ...]:
    """Take back every offer to remove or hold an order, where it could not be checked what would be left."""
    return tuple(
        msgspec.structs.replace(content, verdicts=tuple(map(without_removal, content.verdicts)), choices=())
        for content in contents
    )


class _Check:
    """Judges the rest of a session after a removal: only the orders for the same day."""

    def __init__(
        self,
        contents: Iterable[CardContent],
        session: Session,
        recognizer: Recognizer,
        policy: Policy,
        wording: Wording,
    ) -> None:
        self._session, self._recognizer, self._policy, self._wording = session, recognizer, policy, wording
        self._told = self._criticals(verdict for content in contents for verdict in content.all_verdicts)
        self._of_day: dict[tuple[str, date], list[DrugOrder]] = {}
        self._of_orders: dict[frozenset[Origin], _Criticals] = {}
        self._places: dict[Origin, list[tuple[str, date]]] = {}
        for order in session.orders:
            product = identify(order, recognizer).product
            days = set(order.schedule.days or (planned_day(order.start, session.today),)) if product else ()
            self._places[order.origin] = [(product.id, day) for day in days] if product else []
            for place in self._places[order.origin]:
                self._of_day.setdefault(place, []).append(order)

    def checked(self, content: CardContent) -> CardContent:
        """Return a card without harmful removals."""
        gone = _offered(content)
        if gone and self._is_harmful(gone):
            content = msgspec.structs.replace(content, verdicts=tuple(map(without_removal, content.verdicts)))
        choices = self._harmless(content.choices)
        return content if choices == content.choices else msgspec.structs.replace(content, choices=choices)

    def _harmless(self, choices: tuple[Changes, ...]) -> tuple[Changes, ...]:
        """Return the choices that do no harm; of several, those that leave the fewest critical findings."""
        left = {
            choice: self._left_by(gone)
            for choice in choices
            if not self._is_harmful(gone := frozenset(order.origin for order, _ in choice))
        }
        fewest = min(map(len, left.values()), default=0)
        return tuple(choice for choice in left if len(left[choice]) == fewest)

    def _left_by(self, gone: frozenset[Origin]) -> _Criticals:
        """Return the critical findings about the orders of the same days once some orders are gone."""
        return self._judged(self._same_days(gone) - gone)

    def _is_harmful(self, gone: frozenset[Origin]) -> bool:
        left = self._same_days(gone) - gone
        if not left:
            return False
        group = self._same_days(left)
        after = self._judged(group - gone)
        # What was critical before matters only for a critical finding that was not told, which is rare.
        return not (after <= self._told or after <= self._judged(group) | self._told)

    def _same_days(self, origins: frozenset[Origin]) -> frozenset[Origin]:
        """Return the orders of the same products and days, the orders themselves included."""
        places = {place for origin in origins for place in self._places.get(origin, ())}
        return frozenset(order.origin for place in places for order in self._of_day[place])

    def _judged(self, origins: frozenset[Origin]) -> _Criticals:
        if origins not in self._of_orders:
            orders = tuple(order for order in self._session.orders if order.origin in origins)
            session = msgspec.structs.replace(self._session, orders=orders)
            self._of_orders[origins] = self._criticals(judge(session, self._recognizer, self._policy))
        return self._of_orders[origins]

    def _criticals(self, verdicts: Iterable[Verdict]) -> _Criticals:
        return frozenset(
            (verdict.topic, verdict.product)
            for verdict in verdicts
            if isinstance(verdict.outcome, Fired)
            and self._policy.mode(verdict.topic) is Mode.LIVE
            and indicator_of(verdict, self._wording, self._policy.indicators) is Indicator.CRITICAL
        )


def _offered(content: CardContent) -> frozenset[Origin]:
    """Return the orders that a card's main suggestion removes or holds."""
    return frozenset(
        verdict.order for verdict in content.verdicts if verdict.order is not None and any(removals_of(verdict))
    )
