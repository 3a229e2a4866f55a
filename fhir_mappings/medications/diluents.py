"""The diluent of an infusion, if the order names it: as an inactive ingredient, or "in 250 mL sodium chloride".

A bag for flushing the line is not a diluent, and "do not mix with dextrose" does not name one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.knowledge.schema import Diluent
from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import texts
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.wire.lenient import child, objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json

_NAMES = {
    Diluent.DEXTROSE: r"dextrose|d5w|d5-w|glucose",
    Diluent.SODIUM_CHLORIDE: r"sodium chloride|nacl|normal saline|saline|ns",
}
_STRENGTH = r"(?:0?[.,]?\d{1,2}(?:[.,]\d)?\s*%\s*)?"
_ANYWHERE = {diluent: re.compile(rf"\b(?:{names})\b", re.IGNORECASE) for diluent, names in _NAMES.items()}
_MADE_UP_IN = {
    diluent: re.compile(
        rf"(?:\bin|\bdilute[d]?\s+(?:in|with)|\+|\bpremix)\s+(?:\d+\s*ml\s+)?(?:of\s+)?{_STRENGTH}(?:{names})\b",
        re.IGNORECASE,
    )
    for diluent, names in _NAMES.items()
}
_BAG = {
    diluent: re.compile(
        rf"(?:\bin|\bdilute[d]?\s+(?:in|with)|\+)\s+(?:(\d{{1,4}}(?:[.,]\d{{1,2}})?)\s?ml\s+)?(?:of\s+)?{_STRENGTH}(?:{names})\b"
        r"(?:\s*\d{1,2}(?:[.,]\d)?\s?%)?[\s,]{0,3}(?:(\d{1,4}(?:[.,]\d{1,2})?)\s?ml\b(?!\s?/))?",
        re.IGNORECASE,
    )
    for diluent, names in _NAMES.items()
}
_HINTS = ("dextrose", "d5", "glucose", "chloride", "nacl", "saline", "ns")
_WARNING = re.compile(r"\b(?:not|never|no|avoid|incompatible)\b[^.;)]*", re.IGNORECASE)


def of_ingredients(medication: Json) -> frozenset[Diluent]:
    """List the diluents among the ingredients of a Medication."""
    return frozenset(
        each
        for _, ingredient in objects(medication.get("ingredient"))
        for written in texts(child(ingredient, "itemCodeableConcept"))
        for each, pattern in _ANYWHERE.items()
        if pattern.search(written)
    )


def of_concept(concept: Json) -> frozenset[Diluent]:
    """List the diluents named in a concept's text."""
    return frozenset(each for written in texts(concept) for each in _made_up_in(written))


def of_instructions(resource: Json) -> frozenset[Diluent]:
    """List the diluents named in the dosage instructions of an order."""
    return frozenset(each for written in _texts(resource) for each in _made_up_in(written))


def volume_of_instructions(resource: Json) -> Decimal | None:
    """Return the milliliters of diluent that the dosage instructions name; ``None`` if none or several."""
    found = {volume for written in _texts(resource) for volume in _volumes(written)}
    return found.pop() if len(found) == 1 else None


@cached_by_text
def _volumes(written: str) -> tuple[Decimal, ...]:
    if not _may_name_one(written):
        return ()
    plain = _WARNING.sub(" ", written)
    matches = (match for pattern in _BAG.values() for match in pattern.finditer(plain))
    return tuple(Decimal(each.replace(",", ".")) for match in matches for each in match.groups() if each)


@cached_by_text
def _made_up_in(written: str) -> tuple[Diluent, ...]:
    if not _may_name_one(written):
        return ()
    plain = _WARNING.sub(" ", written)
    return tuple(each for each, pattern in _MADE_UP_IN.items() if pattern.search(plain))


def _may_name_one(written: str) -> bool:
    """Return False quickly for texts without a diluent, which most are; a pattern takes several times longer."""
    folded = written.casefold()
    for hint in _HINTS:
        if hint in folded:
            return True
    return not written.isascii()


def _texts(resource: Json) -> Iterator[str]:
    for _, instruction in objects(resource.get("dosageInstruction")):
        yield from written_in(instruction)
