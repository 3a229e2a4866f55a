"""Everything a rule may read: the orders, the patient, and today's date."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from cards.facts.order import DrugOrder
from cards.facts.origins import Gap
from cards.facts.patient import Patient
from cards.values.caching import lazy


def planned_day(start: date | None, today: date) -> date:
    """Return the day of an order's next dose: its start if in the future, else today."""
    return start if start is not None and start > today else today


class Hook(StrEnum):
    """The CDS Hooks hook by which the service is called, and what it says of the orders."""

    SELECT = "order-select"
    SIGN = "order-sign"
    DISPATCH = "order-dispatch"
    VIEW = "patient-view"
    """A chart is opened: nothing is ordered, and the patient's current drugs are judged."""

    @lazy
    def has_orders(self) -> bool:
        """Whether something is ordered."""
        return self is not Hook.VIEW

    @lazy
    def variant_without_drug(self) -> str:
        """The variant of a card's text that is about no drug in particular."""
        return "no-drug" if self.has_orders else "treatment-unknown"

    @lazy
    def may_be_incomplete(self) -> bool:
        """Whether the orders are still being written, so a missing dose may yet be filled in."""
        return self is Hook.SELECT

    @lazy
    def orders_are_final(self) -> bool:
        """Whether there are orders and they are complete: being signed, or signed before."""
        return self.has_orders and not self.may_be_incomplete

    @lazy
    def orders_are_signed(self) -> bool:
        """Whether the orders were signed before, so they can be held but not removed."""
        return self is Hook.DISPATCH


class Session(msgspec.Struct, frozen=True):
    """Everything a rule may read: the orders, the patient, and today's date."""

    hook: Hook = msgspec.field(name="moment")
    today: date
    orders: tuple[DrugOrder, ...]
    patient: Patient
    gaps: tuple[Gap, ...] = ()
