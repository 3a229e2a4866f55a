"""What the Medication of an infusion or injection holds, and what is dispensed for it, compared with its dose."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.order import DoseUnit, HeldWhere
from cards.facts.outcomes import Missing
from cards.knowledge.label_doses import near
from cards.knowledge.schema import Basis, Route
from cards.readings.dosing import in_basis
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cards.facts.order import HeldAmount
    from cards.readings.case import Case

_HALF = Decimal(1) / 2
_MOST_DOSES = 60
"""A bound: no one is dispensed more doses at once."""


def held_otherwise(case: Case) -> Iterator[Missing]:
    """Yield an amount that is neither the dose, nor several doses where it is dispensed, nor the vials for them."""
    ordered = sorted(dose.value for _, dose in in_basis(case, Mg))
    if case.product.is_oral or not ordered:
        return
    written = in_basis(case, Mg)[0][0].ordered.as_written
    tolerance = case.threshold("dose_rounding_tolerance_percent")
    sizes = sorted({each.contents_mg for each in case.recognizer.packages(case.product, None)})
    # Of a fixed dose the vial is the dose, so that a larger one is another dose.
    is_fixed = case.product.basis is Basis.FIXED
    of_dose = () if is_fixed else sizes
    prepared = [each for each in case.order.held if each.where is HeldWhere.PREPARED]
    if prepared and (case.product.component_doses_mg or len(prepared) == 1):
        # Both antibodies of a combination are ingredients.
        whole = sum((each.number for each in prepared), Decimal(0))
        is_vial = whole in sizes and (not is_fixed or whole < ordered[0])
        if not is_vial and not _makes(whole, ordered, of_dose, tolerance, most=1):
            yield Missing("dose-prepared", values={"held": str(Mg(whole)), "dose": written}, is_urgent=True)
    for each in case.order.held:
        amount = _in_mg(case, each, ordered) if each.where is HeldWhere.DISPENSED else None
        if amount is not None and not _makes(amount, ordered, of_dose, tolerance, most=_MOST_DOSES):
            yield Missing("dose-dispensed", values={"held": each.as_written, "dose": written})


def _in_mg(case: Case, held: HeldAmount, ordered: Sequence[Decimal]) -> Decimal | None:
    """Return what is dispensed in milligrams; a volume only of an injection, or as small as that of the vials."""
    if held.unit is DoseUnit.MG:
        return held.number
    strength = case.product.concentration
    if strength is None:
        return None
    amount = held.number * strength.mg_per_ml
    is_of_drug = case.product.route is Route.SUBCUTANEOUS or amount <= ordered[-1] * 2
    return amount if is_of_drug else None


def _makes(
    amount: Decimal, ordered: Sequence[Decimal], sizes: Sequence[Decimal], tolerance: Decimal, *, most: int
) -> bool:
    """Return whether an amount is that of 1 to ``most`` doses, or of whole vials that hold at least one dose."""
    for dose in ordered:
        doses = min(int(amount / dose + _HALF), most)
        if doses and near(dose * doses, amount, tolerance):
            return True
    return ordered[0] <= amount <= ordered[-1] * most + (sizes[-1] if sizes else 0) and _is_of_vials(amount, sizes)


def _is_of_vials(amount: Decimal, sizes: Sequence[Decimal]) -> bool:
    """Return whether an amount is that of some number of vials of one or two sizes."""
    if not sizes:
        return False
    largest, *others = reversed(sizes)
    left = [amount - largest * count for count in range(int(amount / largest) + 1)]
    return any(each % size == 0 for each in left for size in others or (largest,))
