"""The diluent of an infusion, if the order names it: as an inactive ingredient, or "in 250 mL sodium chloride".

A bag for flushing the line is not a diluent, and "do not mix with dextrose" does not name one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.identification.folding import fold
from cards.knowledge.schema import Diluent
from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import texts
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.wire.lenient import child, objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json

# Folded: without case and accents, Cyrillic letters as Latin ones.
_NAMES = {
    Diluent.DEXTROSE: (
        r"dextros[ae]|glicosado|s?g ?5 ?%|s?g ?5(?![\d.,])|sg(?= (?:al )?5)|d5w|d5-w|d5"
        r"|glucos[eai]\w{0,6}|glukos[ea]\w{0,3}|glukoz\w{1,3}|glicose"
        r"|glucoz[aei]\w{0,2}|destrosio|glyukoz\w{1,2}|葡萄糖|フトウ糖|포도당"
    ),
    Diluent.SODIUM_CHLORIDE: (
        r"sodium chloride|nacl|normal saline|saline|ns|nss|s?sf|fysiologisch(?:e zoutoplossing| zout)"
        r"|natriumchlorid\w{0,7}|kochsalz\w{0,7}"
        r"|cloruro (?:sodico|de sodio|di sodio)|suero (?:fisiologico|salino)|solucion (?:salina|fisiologica)"
        r"|(?:soluzione )?fisiologica|cloreto de sodio|soro fisiologico|chlorure de sodium|serum physiologique"
        r"|sodu chlorek|chlor\w{1,3} sodu|soli fizjologicznej|natriya khlorid\w?|fizrastvor\w?"
        r"|fysiologisk koksalt\w{0,8}|natriumklorid\w{0,2}|natriumkloridi\w{0,3}|氯化钠|生理盐水|生理食塩\w?|생리식염수"
    ),
}
_STRENGTH = r"(?:0?[.,]?\d{1,2}(?:[.,]\d)?\s?%?(?:ige[rn]?|iger)?\s?)?"
_NOUN = r"(?:(?:suero|soro|serum|siero|sol(?:\.|ucion|uzione|ucao|ution|uto)?|isoton\w{0,8}|steril\w{0,3}) ){0,2}"
_ANYWHERE = {diluent: re.compile(rf"(?<![^\W_])(?:{names})(?![^\W_])") for diluent, names in _NAMES.items()}
_MADE_UP = (
    r"(?:(?<![^\W_])(?:in|en|dans|em|w|v|na|premix|verdunn\w{0,3} mit|rozcien\w{0,4} w"
    r"|dilu\w{0,8} (?:in|with|en|con|avec|em|com|dans|nel\w{0,2}))\s|\+\s?|mg\]\s|mg\s?/\s?(?=\d))"
)
_VOLUME = r"\d{1,4}(?:[.,]\d{1,2})?"
_MADE_UP_IN = {
    diluent: re.compile(
        rf"{_MADE_UP}\s?(?:({_VOLUME})\s?(?:ml|cc)\s)?"
        rf"(?:of |de |di |du |del |d'|von |einer |un |una )?{_NOUN}{_STRENGTH}(?:{names})(?![^\W_])"
        rf"(?:\s?\d{{1,2}}(?:[.,]\d)?\s?%)?[\s,]{{0,3}}(?:({_VOLUME})\s?ml\b(?!\s?/))?"
    )
    for diluent, names in _NAMES.items()
}
# The fluid of an order of its own: "sodium chloride 0.9 % 250 mL, diluent for Kadcyla".
_AS_DILUENT = {
    diluent: re.compile(rf"(?:{names})(?![^\W_]).{{0,40}}\b(?:diluent|diluente|diluant|dilution|to dilute)\b")
    for diluent, names in _NAMES.items()
}
# A fluid with its volume, and nothing else: "D5W 250 mL".
_ALONE = {
    diluent: re.compile(
        rf"(?:{_VOLUME}\s?(?:ml|cc)\s)?(?:of |de |di |von )?{_NOUN}{_STRENGTH}(?:{names})(?![^\W_])"
        r"(?:\s?\d{1,2}(?:[.,]\d)?\s?%)?"
        rf"(?:[\s,]{{0,3}}{_VOLUME}\s?(?:ml|cc))?[ .]{{0,2}}"
    )
    for diluent, names in _NAMES.items()
}
_HINTS = (
    "dextros", "d5", "g5", "g 5", "gl", "destros", "chlor", "nacl", "salin", "ns", "salz", "fisiolog", "clorur",
    "fizjo", "clor", "fizra", "sg", "sf", "zout",
)  # fmt: skip
_WARNING = re.compile(
    r"\b(?:not|never|no|avoid|incompatible|instead of|nicht|kein\w{0,2}|nie|nunca|jamais|ne|non|nao)\b[^.;)]*"
)


def of_ingredients(medication: Json) -> frozenset[Diluent]:
    """List the diluents among the ingredients of a Medication."""
    return frozenset(
        each
        for _, ingredient in objects(medication.get("ingredient"))
        for written in texts(child(ingredient, "itemCodeableConcept"))
        for each, pattern in _ANYWHERE.items()
        if pattern.search(fold(written))
    )


def of_concept(concept: Json) -> frozenset[Diluent]:
    """List the diluents named in a concept's text."""
    return frozenset(each for written in texts(concept) for each in diluents_in(written))


def of_instructions(resource: Json) -> frozenset[Diluent]:
    """List the diluents named in the dosage instructions of an order."""
    return frozenset(each for written in _texts(resource) for each in diluents_in(written))


def volume_of_instructions(resource: Json) -> Decimal | None:
    """Return the milliliters of diluent that the dosage instructions name; ``None`` if none or several."""
    found = {volume for written in _texts(resource) for volume in _volumes(written)}
    return found.pop() if len(found) == 1 else None


@cached_by_text
def _volumes(written: str) -> tuple[Decimal, ...]:
    if not _may_name_one(written):
        return ()
    plain = _WARNING.sub(" ", fold(written))
    matches = (match for pattern in _MADE_UP_IN.values() for match in pattern.finditer(plain))
    return tuple(Decimal(each.replace(",", ".")) for match in matches for each in match.groups() if each)


@cached_by_text
def diluents_in(written: str) -> tuple[Diluent, ...]:
    """List the diluents that a text makes a dose up in."""
    if not _may_name_one(written):
        return ()
    plain = _WARNING.sub(" ", fold(written))
    return tuple(
        each
        for each, pattern in _MADE_UP_IN.items()
        if pattern.search(plain)
        or ("dilu" in plain and _AS_DILUENT[each].match(plain))
        or ("m" in plain and _ALONE[each].fullmatch(plain.strip()) is not None and any(map(str.isdigit, plain)))
    )


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
