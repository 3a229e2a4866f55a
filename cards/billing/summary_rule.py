"""The billing summary of an order, for billers and infusion pharmacists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.billing import claim_sheet as sheet
from cards.billing.bill import bill
from cards.billing.denials import denials, has_both_modifiers
from cards.coverage.view import View
from cards.facts.outcomes import CannotTell, Evidence, Fired, Missing, NotApplicable, Outcome, Section
from cards.identification.identity import IdentityStatus
from cards.rules.dose import dose_above_maximum
from cards.values.quantities import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.billing.bill import Bill
    from cards.knowledge.billing_setup import BillingSetup
    from cards.knowledge.schema import Cited
    from cards.readings.case import Case


_MODIFIED = ("discarded", "nothing-discarded", "multi-dose")


class BillingSummary:
    """Writes the billing sheet of an order with one setup."""

    def __init__(self, setup: BillingSetup) -> None:
        """Keep the setup of the site."""
        self._setup = setup

    def judge(self, case: Case) -> Outcome:
        """Fire on every order in scope: code, units, vials, claim lines, packages, administration and diagnosis codes.

        If the dose cannot be billed, the card says what is missing and still gives the codes.
        """
        if case.identity.status is not IdentityStatus.SETTLED:
            return CannotTell((Missing("identity"),))
        if case.product.is_oral:
            return NotApplicable("tablets are dispensed and billed by a pharmacy, not by HCPCS units")
        view = View(case, self._setup.known)
        billed = bill(case, self._setup)
        sections = [
            Section(heading, tuple(_of_product(line, view) for line in lines))
            for heading, lines in (
                (
                    "claim",
                    (
                        *sheet.code_lines(case, billed, view.known),
                        *sheet.written_claim_lines(billed, self._setup.known),
                        *sheet.authorization_lines(view, billed),
                    ),
                ),
                ("vials", sheet.vial_lines(case, billed, self._setup.known)),
                ("administration", sheet.administration_lines(view)),
                ("diagnoses", sheet.diagnosis_lines(view)),
                ("payment", sheet.payment_lines(case, billed, self._setup.known, self._setup.prices)),
                ("site-of-care", sheet.site_lines(view)),
                ("denials", denials(view, billed)),
                ("records", sheet.record_lines(view, billed) if billed.doses else ()),
            )
            if lines
        ]
        values, variant = self._summary(case, view, billed)
        return Fired(
            values=values,
            variant=variant,
            evidence=(*_doses(billed), *case.weight_evidence()),
            cited=tuple(dict.fromkeys(_cited(sections))),
            notes=(("several-doses", {}),) if len(billed.doses) > 1 else (),
            sections=tuple(sections),
        )

    def _summary(self, case: Case, view: View, billed: Bill) -> tuple[dict[str, str], str]:
        """Choose the headline: a dose above the maximum first, then contradictory modifiers."""
        values, variant = _summary(billed)
        if not billed.doses:
            return values, variant
        above = dose_above_maximum(case)
        if isinstance(above, Fired):
            return {**values, "limit": above.values["limit"]}, f"{variant}-above"
        if variant in _MODIFIED and has_both_modifiers(view, billed):
            return values, f"{variant}-both"
        return values, variant


def _of_product(line: Evidence, view: View) -> Evidence:
    """Cite the product's own document instead of another product's with the same statement."""
    if line.by is None and not line.parts:
        return line
    product = view.case.product.id
    by = view.known.cited(product, line.by) if line.by is not None else None
    return msgspec.structs.replace(line, by=by, parts=tuple(_of_product(part, view) for part in line.parts))


def _cited(sections: list[Section]) -> Iterator[Cited]:
    for section in sections:
        for line in section.lines:
            yield from (each.by for each in (line, *line.parts) if each.by is not None)


def _doses(billed: Bill) -> Iterator[Evidence]:
    return (Evidence("dose", str(each.dose)) for each in billed.doses)


def _summary(billed: Bill) -> tuple[dict[str, str], str]:
    """Fill the summary with the numbers a biller needs first."""
    code = billed.code or (sheet.codes(billed) if billed.entries else "")
    if not billed.doses:
        return {"code": code or "-", "lacks": billed.lacks}, f"no-{billed.lacks}"
    first = billed.doses[0]
    values = {"dose": str(first.dose), "vials": sheet.vials(first.drawn), "code": code}
    if first.lines is None:
        return values, "no-code"
    values |= {
        "units": str(first.lines.administered_units),
        "discarded": f"{plain(first.drawn.discarded_mg)} mg",
        "discarded_units": str(first.lines.discarded_units),
    }
    if first.drawn.multi_dose:
        return values, "multi-dose"
    return values, "discarded" if first.lines.discarded_units else "nothing-discarded"
