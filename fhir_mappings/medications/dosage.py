"""Reads dose quantities from dosage instructions: from any field, interpreted by unit.

A dose may be a quantity, a range, or a "rate" in mg/m2; it may be stated three times (ordered, calculated, amount to
give), as the volume of a bag with the drug's strength, or only in the text.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cards.facts.order import DoseUnit, NotedDose, OrderedDose, OrderNote
from cards.facts.origins import Pointer
from cards.values.quantities import Mg, MgPerKg
from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import codings
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.results.units import ONE, dose_scale
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, day, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from fhir_mappings.wire.lenient import Json

_DOSE_IN_TEXT = re.compile(
    r"(?<![\d.,/])(?P<amount>\d{1,9}(?:[.,]\d{1,6}){0,2})\s*"
    r"(?P<unit>(?:mg|milligrams?|g|grams?)(?P<kg>\s*(?:/|per\b)\s*kg(?:\s*/\s*dose)?)?)"
    r"(?![\w/])(?!\s*/)(?!\s*(?:per\b|vials?\b|sol|dextrose|glucose|protein|(?:oral\s|film[ -]coated\s)?tab))",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(r"([^\W\d_]{2,40})[^\w.;]{1,3}\Z")
_BEFORE_DOSE = 44
_WORD = re.compile(r"[^\W\d_]{2,40}")
_WORD_BEFORE = re.compile(r"([^\W\d_]{2,40})(?: ?: ?| \(?| -? ?)\Z")
# One that is followed by a number has an amount of its own.
_WORD_BEHIND = re.compile(r" (?:of |po |iv |oral |orally )?([^\W\d_]{2,40})\b(?! ?:? ?\d)", re.IGNORECASE)
# "Previous dose 210 mg", "vials of 160 mg": neither is what this order gives.
_NOT_THIS_DOSE = re.compile(
    r"\b(?:(?:previous|prior|earlier) (?:dose|cycle|infusion)|vials? (?:of|contains?|size|strength))"
    r"(?: was| of| is|:)? ?\Z",
    re.IGNORECASE,
)
_THOUSANDS_BY_BLANK = re.compile(r"(?<![\d.,])\d{1,3}\s\d{3}\s*$")
_GROUPED_AND_DECIMAL = re.compile(r"(?P<whole>\d{1,3}(?:\.\d{3}(?=,)|,\d{3}(?=\.)))[.,](?P<part>\d{1,6})")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3}){1,2}|\d{1,3}(?:\.\d{3}){2}")
_PART = re.compile(
    r"\b(?:bags?|parts?|syringes?|containers?|ivpb|beutel|teil|bolsa|poche|sacca|zak|parte|partie)"
    r"\s*(?:no\.?\s*|n°\s*|#\s*)?\d{1,2}\s*(?:of|/|von|de|di|sur|van)\s*\d{1,2}\b"
    r"|\b\d{1,2}\s*(?:of|/)\s*\d{1,2}\s*(?:bags|parts|syringes|containers)\b"
    r"|\b(?:split dose|divided dose|half of the dose|part of the dose|partial dose)\b",
    re.IGNORECASE,
)
_LONGEST_OF_PART = 2000
_PER_TIME = re.compile(r"/(?:h|hr|min|s|d|day)\b", re.IGNORECASE)


class Strength(NamedTuple):
    """How much drug a volume holds: milligrams in millilitres."""

    mg: Decimal
    ml: Decimal


def doses(resource: Json, strength: Strength | None) -> Iterator[OrderedDose]:
    """Yield every dose quantity of an order, each with its path."""
    for number_of, (index, instruction) in enumerate(objects(resource.get("dosageInstruction"))):
        where: Pointer = ("dosageInstruction",) if index is None else ("dosageInstruction", index)
        found = list(_of_instruction(instruction, where, number_of))
        if strength is not None:
            found = [_through_strength(dose, strength) for dose in found]
        given = [dose for dose in found if dose.slot != "admin-amount"]
        yield from given or found


def _of_instruction(instruction: Json, where: Pointer, number_of: int) -> Iterator[OrderedDose]:
    listed = instruction.get("doseAndRate")
    for index, dose_and_rate in objects(listed):
        inside: Pointer = (*where, "doseAndRate") if index is None else (*where, "doseAndRate", index)
        slot = _slot(dose_and_rate)
        yield from _of_slot(dose_and_rate, inside, number_of, slot)
    # STU3 has the quantity on the instruction itself.
    yield from _of_slot(instruction, where, number_of, "")


def _of_slot(holder: Json, where: Pointer, number_of: int, slot: str) -> Iterator[OrderedDose]:
    dose: OrderedDose | None = None
    if isinstance(holder.get("doseQuantity"), dict):
        dose = _quantity(holder["doseQuantity"], (*where, "doseQuantity"), number_of, slot)
    elif isinstance(holder.get("doseRange"), dict):
        dose = _of_range(holder["doseRange"], (*where, "doseRange"), number_of, slot)
    if dose is not None:
        yield dose
        # The volume of a bag says nothing about the drug in it; the dose may be stated separately.
        if dose.unit is not DoseUnit.ML:
            return
    # A rate in mg/kg or mg/m2, without a time, is a dose in the wrong field.
    rate = holder.get("rateQuantity")
    if isinstance(rate, dict) and not _PER_TIME.search(text(rate.get("code")) or text(rate.get("unit"))):
        dose = _quantity(rate, (*where, "rateQuantity"), number_of, slot)
        if dose is not None and dose.unit in (DoseUnit.MG, DoseUnit.MG_PER_KG, DoseUnit.MG_PER_M2):
            yield dose
            return
    ratio = child(holder, "rateRatio")
    if ratio and number(child(ratio, "denominator").get("value")) != 1:
        # An amount per 90 minutes is a dose with its infusion time; an amount per hour is a rate.
        dose = _quantity(child(ratio, "numerator"), (*where, "rateRatio", "numerator"), number_of, slot)
        if dose is not None and dose.unit in (DoseUnit.MG, DoseUnit.MG_PER_KG):
            yield dose


def _of_range(ends: Json, where: Pointer, number_of: int, slot: str) -> OrderedDose | None:
    """Read the high end of a range, which may be given, and the low end if it differs."""
    low = _quantity(child(ends, "low"), (*where, "low"), number_of, slot)
    dose = _quantity(child(ends, "high"), (*where, "high"), number_of, slot)
    if dose is None and low is not None:
        # Open to the top: what is ordered is not known, whatever its lower end is.
        return msgspec.structs.replace(low, low=Decimal(0), low_as_written=low.as_written)
    if dose is None or low is None or (low.number, low.unit) == (dose.number, dose.unit):
        return dose
    comparable = low.number if low.unit is dose.unit and low.unit is not DoseUnit.OTHER else Decimal(0)
    return msgspec.structs.replace(dose, low=comparable, low_as_written=low.as_written)


def _quantity(quantity: Json, where: Pointer, number_of: int, slot: str) -> OrderedDose | None:
    value = number(quantity.get("value"))
    code, unit = text(quantity.get("code")), text(quantity.get("unit"))
    if value is None:
        return _unread(quantity.get("value"), unit or code, where, number_of, slot)
    written = f"{value:f} {unit or code}".strip()
    scale = dose_scale(code, unit)
    if scale is None:
        if unit and code and unit != code:
            written = f"{written} [{code}]"
        return OrderedDose(value, DoseUnit.OTHER, written[:40], where, number_of, ONE, slot, unit or code)
    return OrderedDose(
        value * scale.factor, scale.unit, written[:40], where, number_of, scale.factor, slot, unit or code
    )


def _unread(value: object, unit: str, where: Pointer, number_of: int, slot: str) -> OrderedDose | None:
    """Return an amount that is not a number, such as the text "252,0": unreadable is not the same as missing."""
    if value is None or value in ("", [], {}):
        return None
    written = f"{value} {unit}".strip()[:40]
    return OrderedDose(Decimal(0), DoseUnit.OTHER, written, where, number_of, ONE, slot, unit or "?")


def quantity_dose(quantity: Json) -> OrderedDose | None:
    """Read a dose quantity outside an order, as in an administration."""
    return _quantity(quantity, (), 0, "") if quantity else None


def _slot(dose_and_rate: Json) -> str:
    kind = child(dose_and_rate, "type")
    if not kind:
        return ""
    return next((coding.code for coding in codings(kind) if coding.code), text(kind.get("text"))).casefold()


def _through_strength(dose: OrderedDose, strength: Strength) -> OrderedDose:
    """Convert the volume of a bag to the amount of drug in it."""
    if dose.unit is not DoseUnit.ML or strength.ml <= 0:
        return dose
    held = dose.number * strength.mg / strength.ml
    return OrderedDose(
        held,
        DoseUnit.MG,
        f"{held.normalize():f} mg",
        dose.pointer,
        dose.instruction,
        ONE,
        dose.slot,
        "mg",
        computed=True,
    )


def is_part_of_dose(resource: Json) -> bool:
    """Return whether an order says that it is one part of a dose: bag 1 of 2."""
    for _, instruction in objects(resource.get("dosageInstruction")):
        if any(says_part(each) for each in written_in(instruction) if each):
            return True
    return any(says_part(text(note.get("text"))) for _, note in objects(resource.get("note")))


@cached_by_text
def says_part(written: str) -> bool:
    """Return whether a text names one part of a dose of several: "bag 1 of 2"."""
    return _PART.search(written[:_LONGEST_OF_PART]) is not None


def text_doses(resource: Json, supportive_drugs: frozenset[str] = frozenset()) -> tuple[Mg | MgPerKg, ...]:
    """List the doses that stand in the text of the instructions, except those of a supportive drug beside them."""
    found: dict[Mg | MgPerKg, None] = {}
    for _, instruction in objects(resource.get("dosageInstruction")):
        for written in written_in(instruction):
            if not (named := doses_in(written)):
                continue
            if supportive_drugs and _names(written, supportive_drugs):
                named = tuple(_of_own_drug(written, supportive_drugs))
            found.update(dict.fromkeys(named))
    return tuple(found)


def names_drug_of(resource: Json, drugs: frozenset[str]) -> bool:
    """Return whether the instructions name one of some drugs, which must be written as single folded words."""
    return any(
        _names(written, drugs)
        for _, instruction in objects(resource.get("dosageInstruction"))
        for written in written_in(instruction)
    )


def _names(written: str, drugs: frozenset[str]) -> bool:
    return not drugs.isdisjoint(_WORD.findall(fold(written)))


def _of_own_drug(written: str, supportive_drugs: frozenset[str]) -> Iterator[Mg | MgPerKg]:
    """Yield the doses of a text that no supportive drug stands beside: "acetaminophen 650 mg", "8 mg dexamethasone"."""
    for match in _DOSE_IN_TEXT.finditer(written):
        before = _WORD_BEFORE.search(written[max(match.start() - _BEFORE_DOSE, 0) : match.start()])
        behind = _WORD_BEHIND.match(written, match.end())
        beside = {fold(found[1]) for found in (before, behind) if found is not None}
        if supportive_drugs.isdisjoint(beside):
            yield from doses_in(match[0])


def notes(resource: Json) -> tuple[OrderNote, ...]:
    """Read the notes on an order."""
    found = []
    for _, annotation in objects(resource.get("note")):
        if written := text(annotation.get("text")):
            found.append(OrderNote(written, tuple(_noted(written))))
    return tuple(found)


def _noted(written: str) -> Iterator[NotedDose]:
    """Yield each dose in a note with the last word before it in the same clause."""
    end = 0
    for match in _DOSE_IN_TEXT.finditer(written):
        before = _LAST_WORD.search(written[max(end, match.start() - _BEFORE_DOSE) : match.start()])
        for dose in doses_in(match[0]):
            yield NotedDose(dose, before[1] if before else "")
        end = match.end()


@cached_by_text
def doses_in(written: str) -> tuple[Mg | MgPerKg, ...]:
    """List the doses in a text."""
    found: list[Mg | MgPerKg] = []
    for match in _DOSE_IN_TEXT.finditer(written):
        if _NOT_THIS_DOSE.search(written[max(match.start() - _BEFORE_DOSE, 0) : match.start()]):
            continue
        per_kg = match["kg"] is not None
        amounts = [_amount(match["amount"], per_kg=per_kg)]
        before = written[max(match.start() - 4, 0) : match.end("amount")]
        if _THOUSANDS_BY_BLANK.search(before):
            # "2 520 mg": the space may separate thousands or two numbers, so both readings count.
            amounts.insert(0, _amount("".join(_THOUSANDS_BY_BLANK.findall(before)[0].split()), per_kg=per_kg))
        thousandfold = match["unit"].casefold().startswith("g")
        for amount in amounts:
            if amount is not None:
                value = amount * 1000 if thousandfold else amount
                found.append(MgPerKg(value) if per_kg else Mg(value))
    return tuple(found)


def _amount(written: str, *, per_kg: bool) -> Decimal | None:
    """Read a number with a decimal point or comma, or with thousands separators; ``None`` if ambiguous.

    Three digits after a comma are thousands in milligrams ("2,520 mg"), and decimals in a dose per kilogram.
    """
    if _GROUPED.fullmatch(written) and not per_kg:
        return Decimal(written.replace(",", "").replace(".", ""))
    if (match := _GROUPED_AND_DECIMAL.fullmatch(written)) is not None:
        return Decimal(f"{match['whole'].replace(',', '').replace('.', '')}.{match['part']}")
    if written.count(".") + written.count(",") > 1:
        return None
    return Decimal(written.replace(",", "."))


def start(resource: Json) -> date | None:
    """Return the first day on which a dose is planned, if the order says so."""
    days = []
    for _, instruction in objects(resource.get("dosageInstruction")):
        timing = child(instruction, "timing")
        events = timing.get("event")
        first = events[0] if isinstance(events, list) and events else events
        bounds = child(child(timing, "repeat"), "boundsPeriod")
        days += [found for found in (day(first), day(bounds.get("start"))) if found is not None]
    return min(days, default=None)
