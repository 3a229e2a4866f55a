"""Checks quantities on the order and on claim lines against the dose and the code's billing unit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.billing.bill import bill
from cards.billing.claim_sheet import codes
from cards.billing.denials import claim_lines
from cards.billing.drug_lines import units
from cards.coverage.view import View
from cards.facts.billing import Counted, Quantity
from cards.facts.origins import Origin
from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, Outcome
from cards.values.quantities import plain

if TYPE_CHECKING:
    from cards.billing.bill import Bill, BilledDose
    from cards.knowledge.billing_setup import BillingSetup
    from cards.readings.case import Case

_EXACT = frozenset({Counted.MG, Counted.UNITS, Counted.VIALS})


class Stated(NamedTuple):
    """A quantity, what it counts, its place, and the modifiers of its line."""

    what: str
    quantity: Quantity
    origin: Origin
    modifiers: tuple[str, ...] = ()


class BillingUnits:
    """Checks quantities against the claim for an order, with one setup."""

    def __init__(self, setup: BillingSetup) -> None:
        """Keep the setup of the site."""
        self._setup = setup

    def judge(self, case: Case) -> Outcome:
        """Fire when a quantity on the order or a claim line does not match the dose and the code's billing unit.

        The quantity may be for the dose or for whole vials, and for one dose or for all planned doses.
        """
        if case.product.is_oral:
            return NotApplicable("tablets are dispensed and billed by a pharmacy, not by HCPCS units")
        view = View(case, self._setup.known)
        billed = bill(case, self._setup)
        quantities = _quantities(case, view, billed)
        if not quantities:
            return NotApplicable("no quantity to compare")
        if not billed.doses:
            return CannotTell(
                (Missing(f"billing-{billed.lacks}", values={"quantity": quantities[0].quantity.as_written}),)
            )
        fits = {each: self._fits(each, billed, case) for each in quantities}
        wrong = [each for each in quantities if fits[each] is False]
        if wrong:
            return self._fired(case, billed, wrong)
        unclear = [each for each in quantities if fits[each] is None]
        if unclear:
            return CannotTell((Missing("quantity-unit", values={"quantity": unclear[0].quantity.as_written}),))
        return Clear()

    def _fits(self, stated: Stated, billed: Bill, case: Case) -> bool | None:
        """Return whether a quantity matches any of the doses; nothing if it could be milligrams or units."""
        number, counted = stated.quantity.number, stated.quantity.counted
        modifiers = self._setup.known.modifiers
        # A line with both modifiers is contradictory, which the billing summary reports.
        is_discarded = modifiers.discarded in stated.modifiers and modifiers.nothing_discarded not in stated.modifiers
        doses = {1, case.order.cycles or 1}
        by_kind = {
            kind: any(
                _follows(number, each, kind, times, is_discarded=is_discarded)
                for each in billed.doses
                for times in doses
            )
            for kind in _EXACT
        }
        if counted in _EXACT:
            return by_kind[counted]
        if by_kind[Counted.VIALS] or by_kind[Counted.UNITS]:
            return True
        return None if by_kind[Counted.MG] else False

    def _fired(self, case: Case, billed: Bill, wrong: list[Stated]) -> Fired:
        label, quantity = wrong[0].what, wrong[0].quantity
        dose = billed.doses[0]
        stated = [Evidence("quantity", e.quantity.as_written, e.origin, values=(("what", e.what),)) for e in wrong]
        unit_mg = billed.unit_mg
        by_code = unit_mg is not None and dose.lines is not None
        return Fired(
            values={
                "what": label,
                "quantity": quantity.as_written,
                "dose": str(dose.dose),
                "unit": plain(unit_mg) if unit_mg is not None else "",
                "units": str(units(dose.dose.value, unit_mg)) if unit_mg is not None else "",
                "billed": str(dose.lines.billed_units) if dose.lines is not None else "",
                "drawn": str(dose.drawn.contents_mg),
                "code": billed.code or codes(billed),
            },
            variant=_variant(quantity, by_code=by_code),
            evidence=(*stated, Evidence("dose", str(dose.dose)), *case.weight_evidence()),
            cited=tuple(entry.by for entry in billed.entries[:1]) or (self._setup.known.supply(case.product.id).by,),
        )


def _variant(quantity: Quantity, *, by_code: bool) -> str:
    if quantity.counted in (Counted.UNITS, Counted.UNSAID) and by_code:
        return "units"
    return "vials" if quantity.counted is Counted.VIALS else "amount"


def _quantities(case: Case, view: View, billed: Bill) -> list[Stated]:
    """List the quantities to compare: the dispensed one, and those of the drug's own lines."""
    supplied = view.facts.supplied.get(case.order.origin.path)
    own = {entry.code for entry in billed.entries}
    found: list[Stated] = []
    if supplied is not None and supplied.dispensed is not None:
        found.append(Stated("dispensed", supplied.dispensed, case.order.origin))
    for line in claim_lines(view):
        if line.code in own and line.quantity is not None:
            # The quantity of a billing code counts billing units unless it says otherwise.
            counted = Counted.UNITS if line.quantity.counted is Counted.UNSAID else line.quantity.counted
            quantity = Quantity(line.quantity.number, counted, line.quantity.as_written)
            found.append(Stated(line.code, quantity, line.origin, line.modifiers))
    return [each for each in found if each.quantity.counted in (*_EXACT, Counted.UNSAID)]


def _follows(number: Decimal, dose: BilledDose, kind: Counted, doses: int, *, is_discarded: bool) -> bool:
    drawn = dose.drawn
    if kind is Counted.MG:
        return number in (dose.dose.value * doses, Decimal(drawn.contents_mg * doses))
    if kind is Counted.VIALS:
        smallest, largest = min(size for size, _ in drawn.vials), max(size for size, _ in drawn.vials)
        each = number / doses
        # Other vial sizes than chosen here may be used, so only too few or too many milligrams are wrong.
        return each * largest >= dose.dose.value and (each - 1) * smallest < dose.dose.value
    if dose.lines is None:
        return False
    if is_discarded:
        return number == dose.lines.discarded_units * doses
    return number in (dose.lines.administered_units * doses, dose.lines.billed_units * doses)
