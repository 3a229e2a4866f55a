"""The claim for one order: code, doses in milligrams, vials, units, packages, payment limit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cards.billing.drug_lines import DrugLines, drug_lines
from cards.billing.vials import Drawn, draw
from cards.knowledge.schema import Brand, HcpcsEntry
from cards.readings.dosing import usable_doses
from cards.values.codes import ndc_readings
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.billing_setup import BillingSetup
    from cards.knowledge.prices import Price
    from cards.knowledge.schema import Package
    from cards.knowledge.schema.billing import Vial
    from cards.readings.case import Case

_DOSAGE = re.compile(r"(?<![\d.])([\d.]{1,20})\s?mg\b", re.IGNORECASE)


class BilledDose(msgspec.Struct, frozen=True):
    """One dose in milligrams, the vials it is drawn from, and the drug lines; no lines if there is no billing code."""

    dose: Mg
    drawn: Drawn
    lines: DrugLines | None


class Bill(msgspec.Struct, frozen=True):
    """The claim for an order. ``lacks`` is a key of the wording if no dose can be billed."""

    brand: Brand | None
    entries: tuple[HcpcsEntry, ...]
    doses: tuple[BilledDose, ...]
    lacks: str = ""

    @property
    def unit_mg(self) -> Decimal | None:
        """The milligrams of a billing unit; ``None`` if no code fits, or if the possible codes differ."""
        found = {entry.unit_mg for entry in self.entries}
        return found.pop() if len(found) == 1 else None

    @property
    def code(self) -> str:
        """The only code that fits; empty if there is none, or one for each brand."""
        return self.entries[0].code if len(self.entries) == 1 else ""


def bill(case: Case, setup: BillingSetup) -> Bill:
    """Build the claim for an order whose drug is identified."""
    brand = _brand(case)
    entries = case.recognizer.own_hcpcs(case.product, brand)
    amounts, lacks = _amounts(case)
    empty = Bill(brand, entries, (), lacks)
    if lacks:
        return empty
    unit_mg = empty.unit_mg
    single, multi = _stock(case, brand, setup)
    billed = []
    for amount in amounts:
        drawn = draw(amount.value, single, multi)
        if drawn is None:
            return Bill(brand, entries, (), "vials")
        lines = drug_lines(amount.value, unit_mg, drawn, setup.known.modifiers) if unit_mg is not None else None
        billed.append(BilledDose(amount, drawn, lines))
    return Bill(brand, entries, tuple(billed))


def _brand(case: Case) -> Brand | None:
    """Return the brand: the named one, else that of the order's own billing code or NDC."""
    if case.identity.brand is not None:
        return case.identity.brand
    if len(case.product.brands) == 1:
        return case.product.brands[0]
    by_code = (case.recognizer.hcpcs.get(each.code) for each in case.order.billing if each.linked)
    targets = {meaning.target for meaning in by_code if meaning is not None}
    targets |= {target for ndc in case.order.ndcs if (target := case.recognizer.ndc(ndc.text)) is not None}
    brands = {target.brand for target in targets if target.product == case.product.id and target.brand}
    return case.product.brand(brands.pop()) if len(brands) == 1 else None


def _amounts(case: Case) -> tuple[tuple[Mg, ...], str]:
    """Return the distinct doses of the instructions in milligrams, or what is missing to know them."""
    if not usable_doses(case):
        return (), "dose"
    weight = case.weight.kg if case.weight else None
    by_instruction: dict[int, Mg] = {}
    for reading in usable_doses(case):
        amount = reading.in_mg(weight)
        if amount is None:
            return (), "weight"
        # Ordered milligrams take precedence over those calculated from the weight.
        if isinstance(reading.dose, Mg) or reading.ordered.instruction not in by_instruction:
            by_instruction[reading.ordered.instruction] = amount
    amounts = tuple(dict.fromkeys(by_instruction.values()))
    levels = {level.mg for regimen in case.product.regimens for level in regimen.levels}
    if any(each.value in case.product.component_doses_mg and each.value not in levels for each in amounts):
        return (), "both-antibodies"
    return amounts, ""


def _stock(case: Case, brand: Brand | None, setup: BillingSetup) -> tuple[list[int], list[int]]:
    """Return the sizes of single-dose and of multi-dose vials to draw from.

    The site's stock if configured; otherwise a multi-dose package that the order names, else every single-dose vial, or
    the multi-dose vials of a brand that has no other.
    """
    vials = setup.known.supply(case.product.id).vials
    ordered = [package for package in _ordered_packages(case) if package.multi_dose]
    stocked = setup.stock.get(brand.id if brand else "", setup.stock.get(case.product.id))
    if stocked is not None:
        return _sizes(vials, stocked, multi_dose=False), _sizes(vials, stocked, multi_dose=True)
    if ordered:
        return [], [int(package.contents_mg) for package in ordered]
    sold = packages_in_force(case, brand) if brand else []
    made = {int(package.contents_mg) for package in sold if not package.multi_dose}
    if sold and not made:
        return [], _sizes(vials, {int(package.contents_mg) for package in sold}, multi_dose=True)
    return _sizes(vials, made or {vial.contents_mg for vial in vials}, multi_dose=False), []


def _sizes(vials: Iterable[Vial], wanted: Iterable[int], *, multi_dose: bool) -> list[int]:
    sizes = set(wanted)
    return [vial.contents_mg for vial in vials if vial.contents_mg in sizes and vial.multi_dose is multi_dose]


def _ordered_packages(case: Case) -> list[Package]:
    """List the packages named by NDC on the order."""
    named = {reading for ndc in case.order.ndcs for reading in ndc_readings(ndc.text)}
    return [package for brand in case.product.brands for package in brand.packages if package.ndc in named]


def packages_in_force(case: Case, brand: Brand) -> list[Package]:
    """List a brand's packages marketed on the planned day."""
    return [
        package
        for package in brand.packages
        if (package.since is None or package.since <= case.planned)
        and (package.until is None or case.planned <= package.until)
    ]


def packages_for(case: Case, brand: Brand, contents_mg: int, *, multi_dose: bool) -> tuple[Package, ...]:
    """List the packages of a vial: the one named on the order, else all current ones."""
    fitting = [
        package
        for package in packages_in_force(case, brand)
        if package.contents_mg == contents_mg and package.multi_dose is multi_dose
    ]
    named = [package for package in fitting if package in _ordered_packages(case)]
    return tuple(named or fitting)


def uses_same_unit(price: Price, entry: HcpcsEntry) -> bool:
    """Return whether a price file uses the same unit for a code; if it does not say, it is assumed to."""
    match = _DOSAGE.search(price.dosage)
    return not price.dosage or (match is not None and Decimal(match[1]) == entry.unit_mg)
