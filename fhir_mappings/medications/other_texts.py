"""What an order says of its dose outside its instructions and notes, reported as written."""

from __future__ import annotations

import re
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Any

from cards.facts.order import DoseUnit, NotedDose, OrderNote, StatedWeight
from cards.values.quantities import Mg, MgPerKg
from fhir_mappings.codings import texts
from fhir_mappings.medications.dosage import quantity_dose
from fhir_mappings.medications.dose_remarks import dose_remarks
from fhir_mappings.medications.doses_in_text import noted_doses
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.medications.order_notes import note_of
from fhir_mappings.wire.lenient import child, number, objects, text
from fhir_mappings.wire.narratives import goes_on, notes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir_mappings.wire.lenient import Json

_OF_ORDER = ("reasonCode",)
_OF_INSTRUCTION = ("method", "site", "route", "asNeededCodeableConcept", "asNeededFor")
_MOST_TEXTS = 40
_NOTHING = OrderNote("")
_WEIGHTS = frozenset({"kg", "[lb_av]", "lb", "lbs"})
_WORDS = re.compile(r"\w ")
_MARKUP = re.compile(r"<[^<>]{1,200}>")
_has_digit = re.compile(r"\d").search


def noted_elsewhere(order: Json, beside: Iterable[str]) -> tuple[OrderNote, ...]:
    """List the doses in an order's reasons, extensions and the coded parts of its instructions.

    What the reason of its status or an extension says in words counts, too, and a body weight in an extension.
    ``beside`` are its `texts_beside`.
    """
    found: dict[OrderNote, None] = {}
    for written in islice(beside, _MOST_TEXTS):
        if _has_digit(written) and (doses := noted_doses(written)):
            found[OrderNote("", doses)] = None
    reason = _said(order["statusReason"]) if "statusReason" in order else ()
    extended = [each for each in (order, *_instructions(order)) if "extension" in each]
    for written in (*reason, *islice(_extension_words(extended), _MOST_TEXTS)):
        read = note_of(written)
        said = written if read.is_push else ""
        found[OrderNote(said, read.doses, read.remarks, read.other_units, is_push=read.is_push)] = None
    for quantity in islice(_quantities(order), _MOST_TEXTS):
        dose = quantity_dose(quantity)
        if dose is not None and dose.unit in (DoseUnit.MG, DoseUnit.MG_PER_KG):
            amount = Mg(dose.number) if dose.unit is DoseUnit.MG else MgPerKg(dose.number)
            found[OrderNote("", (NotedDose(amount),))] = None
        value = number(quantity.get("value"))
        unit = text(quantity.get("code")) or text(quantity.get("unit"))
        if unit == "%" and value is not None:
            found[OrderNote("", remarks=dose_remarks(f"{value:f} %"))] = None
        if value is not None and unit.casefold() in _WEIGHTS:
            found[OrderNote("", weights=(StatedWeight(value, in_pounds=unit.casefold() != "kg"),))] = None
    return tuple(each for each in found if each != _NOTHING)


def every_text(order: Json, beside: Iterable[str]) -> Iterator[str]:
    """Yield every text of an order that may speak of the patient, at most ``_MOST_TEXTS``.

    ``beside`` are its `texts_beside`.
    """
    return islice(filter(None, _every_text(order, beside)), _MOST_TEXTS)


def is_read_in_full(order: Json) -> bool:
    """Return whether every text of an order that may speak of the patient is read to its end."""
    listed = [*filter(None, _every_text(order, texts_beside(order)))]
    return len(listed) <= _MOST_TEXTS and not any(map(goes_on, listed))


def _every_text(order: Json, beside: Iterable[str]) -> Iterator[str]:
    yield from notes_of(order)
    for instruction in _instructions(order):
        yield from written_in(instruction)
    yield from _said(order.get("statusReason"))
    for _, reason in objects(order.get("reasonReference")):
        yield text(reason.get("display"))
    yield from beside


def _quantities(order: Json) -> Iterator[Json]:
    """Yield the quantities in the extensions of an order, its instructions and their doses."""
    holders = [order]
    for instruction in _instructions(order):
        holders.append(instruction)
        for _, dose in objects(instruction.get("doseAndRate")):
            holders += (dose, child(dose, "doseQuantity"))
    for each in holders:
        # Most have none.
        if "extension" in each:
            yield from _quantities_in(each)


def _quantities_in(element: Json) -> Iterator[Json]:
    for _, extension in objects(element.get("extension")):
        if quantity := child(extension, "valueQuantity"):
            yield quantity
        elif "percent" in text(extension.get("url")).casefold():
            plain = extension.get("valueDecimal", extension.get("valueInteger"))
            yield {"value": plain, "unit": "%"}
        yield from _quantities_in(extension)


def texts_beside(order: Json) -> Iterator[str]:
    """Yield the texts of an order outside its instructions and notes; many are empty."""
    for name in _OF_ORDER:
        if name in order:
            yield from _said(order[name])
    # R5 has the instructions as one text, too.
    yield text(order.get("renderedDosageInstruction"))
    if "extension" in order:
        yield from _in_extensions(order)
    for instruction in _instructions(order):
        yield from _beside_the_text(instruction)


def _instructions(order: Json) -> list[Json]:
    return [instruction for _, instruction in objects(order.get("dosageInstruction"))]


def _extension_words(extended: Iterable[Json]) -> Iterator[str]:
    """Yield the texts in the extensions of an order and its instructions that are more than a name or a code."""
    for each in extended:
        yield from filter(_WORDS.search, _in_extensions(each))


def restated(order: Json) -> tuple[OrderNote, ...]:
    """Read the texts that are to say what the fields of an order say: its narrative, what it is based on."""
    written = [_MARKUP.sub(" ", unescape(text(child(order, "text").get("div"))))] if "text" in order else []
    written += [text(each.get("display")) for _, each in objects(order.get("basedOn"))]
    substitution = child(order, "substitution")
    written += texts(substitution.get("allowedCodeableConcept"))
    return tuple(OrderNote(each, noted_doses(each)) for each in written if each.strip())


def _beside_the_text(instruction: Json) -> Iterator[str]:
    for name in _OF_INSTRUCTION:
        if name in instruction:
            yield from _said(instruction[name])
    timing = instruction.get("timing")
    if timing.__class__ is dict and "code" in timing:
        yield from _said(timing["code"])
    if "extension" in instruction:
        yield from _in_extensions(instruction)
    if "_text" in instruction:
        yield from _in_extensions(child(instruction, "_text"))
    for _, dose in objects(instruction.get("doseAndRate")):
        if "type" in dose:
            yield from _said(dose["type"])
        if "extension" in dose:
            yield from _in_extensions(dose)


def _said(concepts: Any) -> Iterator[str]:
    for _, concept in objects(concepts):
        yield from texts(concept)


def _in_extensions(element: Json) -> Iterator[str]:
    """Yield the texts in the extensions of an element at any depth; a request nests at most a hundred levels."""
    if "extension" not in element:
        return
    for _, extension in objects(element["extension"]):
        yield text(extension.get("valueString")) or text(extension.get("valueMarkdown"))
        if "valueCodeableConcept" in extension:
            yield from _said(extension["valueCodeableConcept"])
        yield from _in_extensions(extension)
