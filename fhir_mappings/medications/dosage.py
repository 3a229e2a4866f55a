"""Reads dose quantities from dosage instructions: from any field, interpreted by unit.

A dose may be a quantity, a range, or a "rate" in mg/m2; it may be stated three times (ordered, calculated, amount to
give), as the volume of a bag with the drug's strength, or only in the text.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cards.facts.order import DoseUnit, OrderedDose
from cards.facts.origins import Pointer
from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import codings
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.results.units import ONE, dose_scale
from fhir_mappings.wire.lenient import child, day, number, objects, shown, text
from fhir_mappings.wire.narratives import notes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from fhir_mappings.wire.lenient import Json

_PART = re.compile(
    r"\b(?:bags?|parts?|syringes?|containers?|ivpb|beutel|teil|bolsa|poche|sacca|zak|parte|partie)"
    r"\s*(?:no\.?\s*|n°\s*|#\s*)?\d{1,2}\s*(?:of|/|von|de|di|sur|van)\s*\d{1,2}\b"
    r"|\b\d{1,2}\s*(?:of|/)\s*\d{1,2}\s*(?:bags|parts|syringes|containers)\b"
    r"|\b(?:split dose|divided dose|half of the dose|part of the dose|partial dose)\b",
    re.IGNORECASE,
)
_LONGEST_OF_PART = 2000
_MAXIMA = ("maxDosePerAdministration", "maxDosePerPeriod", "maxDosePerLifetime")
_RATES = frozenset({"rateQuantity", "rateRatio"})
_AMOUNTS = _RATES | {"doseQuantity", "doseRange"}
_ONE_DAY = frozenset(
    {(Decimal(1), "d"), (Decimal(1), "day"), (Decimal(24), "h"), (Decimal(24), "hour"), (Decimal(24), "hours")}
)
_CONTAINERS = frozenset({
    "dose", "doses", "bag", "bags", "vial", "vials", "each", "ea", "infusion", "infusions", "syringe", "syringes",
    "kit", "ampule", "ampules", "application", "dosis", "beutel", "flasche", "vial(s)", "dose(s)", "ivpb",
})  # fmt: skip
_PER_TIME = re.compile(r"/(?:h|hr|min|s|d|day)\b", re.IGNORECASE)


class Strength(NamedTuple):
    """How much drug a volume holds: milligrams in millilitres."""

    mg: Decimal
    ml: Decimal


def doses(resource: Json, strength: Strength | None) -> Iterator[OrderedDose]:
    """Yield every dose quantity of an order, each with its path."""
    for number_of, (index, instruction) in enumerate(objects(resource.get("dosageInstruction"))):
        where: Pointer = ("dosageInstruction",) if index is None else ("dosageInstruction", index)
        found = _of_instruction(instruction, where, number_of)
        if strength is not None:
            found = [_through_strength(dose, strength) for dose in found]
        given = [dose for dose in found if dose.slot != "admin-amount" and not _counts_containers(dose)]
        yield from given or found


def _counts_containers(dose: OrderedDose) -> bool:
    """Return whether a quantity is "1 dose" or "1 bag", which says nothing of the dose that stands beside it."""
    if dose.unit is DoseUnit.VIAL:
        return True
    return dose.unit is DoseUnit.OTHER and dose.as_written_unit.strip("{}").casefold() in _CONTAINERS


def _of_instruction(instruction: Json, where: Pointer, number_of: int) -> list[OrderedDose]:
    found: list[OrderedDose] = []
    for index, dose_and_rate in objects(instruction.get("doseAndRate")):
        inside: Pointer = (*where, "doseAndRate") if index is None else (*where, "doseAndRate", index)
        found += _of_slot(dose_and_rate, inside, number_of, _slot(dose_and_rate) if "type" in dose_and_rate else "")
    if not _AMOUNTS.isdisjoint(instruction):
        # STU3 has the quantity on the instruction itself.
        found += _of_slot(instruction, where, number_of, "")
    return found


def _of_slot(holder: Json, where: Pointer, number_of: int, slot: str) -> list[OrderedDose]:
    stated: list[OrderedDose | None] = []
    if isinstance(holder.get("doseQuantity"), dict):
        stated.append(_quantity(holder["doseQuantity"], (*where, "doseQuantity"), number_of, slot))
    if isinstance(holder.get("doseRange"), dict):
        # FHIR has one of the two; where both stand, neither is passed over.
        stated.append(_of_range(holder["doseRange"], (*where, "doseRange"), number_of, slot))
    found = [dose for dose in stated if dose is not None]
    if not _RATES.isdisjoint(holder):
        found += _of_rates(holder, where, number_of, slot, found)
    return found


def _of_rates(
    holder: Json, where: Pointer, number_of: int, slot: str, stated: Sequence[OrderedDose]
) -> Iterator[OrderedDose]:
    """Yield a dose that stands in the field of a rate."""
    in_rate = _of_rate(holder, where, number_of, slot)
    if in_rate is not None:
        # A mass without a time is a dose in the wrong field; beside a dose, another one.
        yield in_rate
        return
    # The volume of a bag says nothing about the drug in it; the dose may be stated separately.
    if any(dose.unit is not DoseUnit.ML for dose in stated):
        return
    ratio = child(holder, "rateRatio")
    if ratio and number(child(ratio, "denominator").get("value")) != 1:
        # An amount per 90 minutes is a dose with its infusion time; an amount per hour is a rate.
        dose = _quantity(child(ratio, "numerator"), (*where, "rateRatio", "numerator"), number_of, slot)
        if dose is not None and dose.unit in (DoseUnit.MG, DoseUnit.MG_PER_KG):
            yield dose


def _of_rate(holder: Json, where: Pointer, number_of: int, slot: str) -> OrderedDose | None:
    """Read a rate in mg, mg/kg or mg/m2 without a time."""
    rate = holder.get("rateQuantity")
    if not isinstance(rate, dict) or _PER_TIME.search(text(rate.get("code")) or text(rate.get("unit"))):
        return None
    dose = _quantity(rate, (*where, "rateQuantity"), number_of, slot)
    is_mass = dose is not None and dose.unit in (DoseUnit.MG, DoseUnit.MG_PER_KG, DoseUnit.MG_PER_M2)
    return dose if is_mass else None


def _of_range(ends: Json, where: Pointer, number_of: int, slot: str) -> OrderedDose | None:
    """Read the high end of a range, which may be given, and the low end if it differs."""
    low = _quantity(child(ends, "low"), (*where, "low"), number_of, slot)
    dose = _quantity(child(ends, "high"), (*where, "high"), number_of, slot)
    if dose is None and low is not None:
        # Open to the top: what is ordered is not known, whatever its lower end is.
        return msgspec.structs.replace(low, low=Decimal(0), low_as_written=low.as_written)
    if dose is not None and "low" not in ends:
        # "Up to 252 mg".
        return msgspec.structs.replace(dose, low=Decimal(0), low_as_written=f"0 {dose.as_written_unit}")
    if dose is not None and low is not None and low.unit is dose.unit and low.number > dose.number:
        low, dose = dose, low
    if dose is None or low is None or (low.number, low.unit) == (dose.number, dose.unit):
        return dose
    comparable = low.number if low.unit is dose.unit and low.unit is not DoseUnit.OTHER else Decimal(0)
    return msgspec.structs.replace(dose, low=comparable, low_as_written=low.as_written)


def _quantity(quantity: Json, where: Pointer, number_of: int, slot: str) -> OrderedDose | None:
    value = number(quantity.get("value"))
    code, unit = text(quantity.get("code")), text(quantity.get("unit"))
    if value is not None and (sign := text(quantity.get("comparator"))):
        # What is to be given is not known: only that it is less or more.
        return _unread(f"{sign} {value}", unit or code, where, number_of, slot)
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
    written = f"{shown(value)} {unit}".strip()[:40]
    return OrderedDose(Decimal(0), DoseUnit.OTHER, written, where, number_of, ONE, slot, unit or "?")


def max_dose(resource: Json, in_words: tuple[Decimal, ...] = ()) -> OrderedDose | None:
    """Return the least of the maxima of an order with one instruction, per administration, period or lifetime.

    ``in_words`` are the milligrams that a text calls a maximum.
    """
    instructions = resource.get("dosageInstruction")
    limits: list[OrderedDose] = []
    for number_of, (_, instruction) in enumerate(objects(instructions) if instructions.__class__ is list else ()):
        for name in filter(instruction.__contains__, _MAXIMA):
            # R5 has lists of them; that of a period is a ratio.
            for _, limit in objects(instruction.get(name)):
                found = _quantity(child(limit, "numerator") or limit, (), number_of, "")
                if found is not None and found.unit in (DoseUnit.MG, DoseUnit.MG_PER_KG, DoseUnit.ML, DoseUnit.TABLET):
                    limits.append(found)
    limits += [OrderedDose(most, DoseUnit.MG, f"{most:f} mg", (), 0, ONE) for most in in_words]
    if not limits:
        return None
    # A volume is that of an injection, or of a bag: any mass goes before it.
    limits.sort(key=lambda each: each.unit is DoseUnit.ML)
    return min((each for each in limits if each.unit is limits[0].unit), key=lambda each: each.number)


def least_in_words(maxima: Iterable[Decimal]) -> OrderedDose | None:
    """Return the least of some maxima in milligrams that words name."""
    least = min(maxima, default=None)
    return None if least is None else OrderedDose(least, DoseUnit.MG, f"{least:f} mg", (), 0, ONE)


def max_of_day(resource: Json) -> OrderedDose | None:
    """Return the least maximum of one day that an order states, in milligrams or tablets."""
    limits: list[OrderedDose] = []
    for number_of, (_, instruction) in enumerate(objects(resource.get("dosageInstruction"))):
        for _, limit in objects(instruction.get("maxDosePerPeriod")):
            period = child(limit, "denominator")
            unit = (text(period.get("code")) or text(period.get("unit"))).casefold()
            if (number(period.get("value")), unit) not in _ONE_DAY:
                continue
            found = _quantity(child(limit, "numerator"), (), number_of, "")
            if found is not None and found.unit in (DoseUnit.MG, DoseUnit.TABLET):
                limits.append(found)
    return min(limits, key=lambda each: each.number, default=None) if len({each.unit for each in limits}) == 1 else None


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
    return any(map(says_part, notes_of(resource)))


@cached_by_text
def says_part(written: str) -> bool:
    """Return whether a text names one part of a dose of several: "bag 1 of 2"."""
    return _PART.search(written[:_LONGEST_OF_PART]) is not None


def start(resource: Json) -> date | None:
    """Return the first day on which a dose is planned, if the order says so."""
    return min((found for named in starts(resource) if (found := day(named)) is not None), default=None)


def starts(resource: Json) -> Iterator[Any]:
    """Yield, for each instruction as written, its first event and the start of its period; ``None`` if absent."""
    for _, instruction in objects(resource.get("dosageInstruction")):
        timing = child(instruction, "timing")
        events = timing.get("event")
        yield events[0] if isinstance(events, list) and events else events
        yield child(child(timing, "repeat"), "boundsPeriod").get("start")
