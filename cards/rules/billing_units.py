"""Quantities of the order and of the session's claim lines against the dose and the code's own unit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cards.billing.bill import bill
from cards.billing.claim import units
from cards.billing.denials import claim_lines
from cards.billing.facts import Counted, Quantity
from cards.coverage.view import View
from cards.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, Outcome
from cards.quantities import plain

if TYPE_CHECKING:
    from cards.billing.bill import Bill, BilledDose
    from cards.billing.setup import BillingSetup
    from cards.case import Case
    from cards.facts import Origin
    from cards.outcomes import Evidence as Line

_EXACT = {Counted.MG, Counted.UNITS, Counted.VIALS}


class BillingUnits:
    """Holds quantities against the claim of an order with one setup."""

    def __init__(self, setup: BillingSetup) -> None:
        """Keep the setup of the site."""
        self._setup = setup

    def judge(self, case: Case) -> Outcome:
        """Fire when a quantity on the order or a claim line does not follow from the dose and the code's own unit.

        The quantity may be that of the dose or of the whole vials, for one dose or for all that the order plans.
        """
        view = View(case, self._setup.known)
        billed = bill(case, self._setup)
        quantities = _quantities(case, view, billed)
        if not quantities:
            return NotApplicable("no quantity to compare")
        if not billed.doses:
            return CannotTell((Missing(f"billing-{billed.lacks}", values={"quantity": quantities[0][1].as_written}),))
        wrong = [each for each in quantities if _fits(each[1], billed, case, modifiers=each[3]) is False]
        if wrong:
            return self._fired(case, billed, wrong)
        unclear = [each for each in quantities if _fits(each[1], billed, case, modifiers=each[3]) is None]
        if unclear:
            return CannotTell((Missing("quantity-unit", values={"quantity": unclear[0][1].as_written}),))
        return Clear()

    def _fired(self, case: Case, billed: Bill, wrong: list[tuple[str, Quantity, Origin, tuple[str, ...]]]) -> Fired:
        label, quantity, _, _ = wrong[0]
        dose = billed.doses[0]
        evidence: list[Line] = [
            Evidence("quantity", each.as_written, origin, values=(("what", what),)) for what, each, origin, _ in wrong
        ]
        unit_mg = billed.unit_mg
        by_code = unit_mg is not None and dose.claim is not None
        return Fired(
            values={
                "what": label,
                "quantity": quantity.as_written,
                "dose": str(dose.dose),
                "unit": plain(unit_mg) if unit_mg is not None else "",
                "units": str(units(dose.dose.value, unit_mg)) if unit_mg is not None else "",
                "billed": str(dose.claim.billed_units) if dose.claim is not None else "",
                "drawn": str(dose.drawn.contents_mg),
                "code": billed.code or "the brand's code",
            },
            variant=_variant(quantity, by_code=by_code),
            evidence=(*evidence, Evidence("dose", str(dose.dose)), *case.weight_evidence()),
            cited=tuple(entry.by for entry in billed.entries[:1]) or (self._setup.known.supply(case.product.id).by,),
        )


def _variant(quantity: Quantity, *, by_code: bool) -> str:
    if quantity.counted in (Counted.UNITS, Counted.UNSAID) and by_code:
        return "units"
    return "vials" if quantity.counted is Counted.VIALS else "amount"


def _quantities(case: Case, view: View, billed: Bill) -> list[tuple[str, Quantity, Origin, tuple[str, ...]]]:
    """List what is to be compared: what it is of, the quantity, where, and the modifiers of a line."""
    supplied = view.facts.supplied.get(case.order.origin.path)
    own = {entry.code for entry in billed.entries}
    found: list[tuple[str, Quantity, Origin, tuple[str, ...]]] = []
    if supplied is not None and supplied.dispensed is not None:
        found.append(("dispensed", supplied.dispensed, case.order.origin, ()))
    for line in claim_lines(view):
        if line.code in own and line.quantity is not None:
            # A quantity of a billing code counts its units unless it says otherwise.
            counted = Counted.UNITS if line.quantity.counted is Counted.UNSAID else line.quantity.counted
            quantity = Quantity(line.quantity.number, counted, line.quantity.as_written)
            found.append((line.code, quantity, line.origin, line.modifiers))
    return [each for each in found if each[1].counted in (*_EXACT, Counted.UNSAID)]


def _fits(quantity: Quantity, billed: Bill, case: Case, *, modifiers: tuple[str, ...]) -> bool | None:
    """Tell whether a quantity follows from any of the doses; nothing when it has no unit and could be milligrams."""
    doses = {1, case.order.cycles or 1}
    by_kind = {
        kind: any(_follows(quantity.number, each, kind, number, modifiers) for each in billed.doses for number in doses)
        for kind in _EXACT
    }
    if quantity.counted in _EXACT:
        return by_kind[quantity.counted]
    if by_kind[Counted.VIALS] or by_kind[Counted.UNITS]:
        return True
    return None if by_kind[Counted.MG] else False


def _follows(number: Decimal, dose: BilledDose, kind: Counted, doses: int, modifiers: tuple[str, ...]) -> bool:
    drawn = dose.drawn
    if kind is Counted.MG:
        return number in (dose.dose.value * doses, Decimal(drawn.contents_mg * doses))
    if kind is Counted.VIALS:
        smallest, largest = min(size for size, _ in drawn.vials), max(size for size, _ in drawn.vials)
        each = number / doses
        # Other sizes than the ones chosen here may be on the shelf: only too few or too many are wrong.
        return each * largest >= dose.dose.value and (each - 1) * smallest < dose.dose.value
    if dose.claim is None:
        return False
    if "JW" in modifiers:
        return number == dose.claim.discarded_units * doses
    return number in (dose.claim.administered_units * doses, dose.claim.billed_units * doses)
