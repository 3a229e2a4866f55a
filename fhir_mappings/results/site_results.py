"""Reads results that only a site's rules use, as written: with each code, display and text of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.results import SiteResult
from cards.values.intervals import Bound
from fhir_mappings.results.amounts import BOUNDS, read_amount
from fhir_mappings.wire.lenient import child, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cards.facts.origins import Origin
    from fhir_mappings.wire.lenient import Json

_LONGEST, _SHOWN, _MOST = 200, 60, 20
# HL7's codes for the interpretation of an observation, in words.
_INTERPRETATIONS = {
    "pos": "positive",
    "det": "detected",
    "neg": "negative",
    "nd": "not detected",
    "ind": "indeterminate",
}


def read_site_result(test: str, holder: Json, on: date | None, origin: Origin) -> SiteResult:
    """Read one result; a value that is neither a number nor text is shown as "?"."""
    says = tuple(dict.fromkeys(_says(holder)))[:_MOST]
    amount = _amount(test, holder, on, origin)
    if amount is not None:
        return SiteResult(test, on, origin, amount.as_reported, amount.value, amount.unit, amount.bound, says)
    written = (text(holder.get("valueString")) or _words(child(holder, "valueCodeableConcept")))[:_SHOWN]
    if not written and isinstance(holder.get("valueBoolean"), bool):
        written = "yes" if holder["valueBoolean"] else "no"
    return SiteResult(test, on, origin, written or next(iter(says), "?")[:_SHOWN], says=says)


def _amount(test: str, holder: Json, on: date | None, origin: Origin) -> SiteResult | None:
    """Read a number with its unit and comparator, from a quantity, an integer, or a text with nothing else."""
    quantity = child(holder, "valueQuantity")
    value = number(quantity.get("value"))
    if value is not None:
        comparator = text(quantity.get("comparator"))
        bound = BOUNDS.get(comparator.casefold())
        unit = text(quantity.get("code")) or text(quantity.get("unit"))
        shown = f"{comparator} {value} {text(quantity.get('unit')) or unit}".strip()[:_SHOWN]
        if bound is None:
            return None
        return SiteResult(test, on, origin, shown, value, unit[:_SHOWN], bound)
    whole = number(holder.get("valueInteger"))
    if whole is not None:
        return SiteResult(test, on, origin, str(whole), whole, "", Bound.EXACT)
    written = text(holder.get("valueString")).strip()
    reading = read_amount(written) if written and len(written) <= _LONGEST else None
    if reading is None or reading.upper is not None or reading.bound is None:
        return None
    return SiteResult(test, on, origin, written[:_SHOWN], reading.value, reading.unit, reading.bound)


def _says(holder: Json) -> Iterator[str]:
    """Yield the answer in every form, in lower case."""
    concept = child(holder, "valueCodeableConcept")
    for _, coding in objects(concept.get("coding")):
        if code := text(coding.get("code")):
            yield f"{text(coding.get('system')).rstrip('/')}|{code}".casefold()[:_LONGEST]
        if display := text(coding.get("display")):
            yield _folded(display)
    for written in (text(concept.get("text")), text(holder.get("valueString"))):
        if written:
            yield _folded(written)
    if isinstance(holder.get("valueBoolean"), bool):
        yield "yes" if holder["valueBoolean"] else "no"
    for _, interpretation in objects(holder.get("interpretation")):
        for _, coding in objects(interpretation.get("coding")):
            code = text(coding.get("code")).casefold()
            if code in _INTERPRETATIONS:
                yield _INTERPRETATIONS[code]


def _words(concept: Json) -> str:
    displays = (text(coding.get("display")) for _, coding in objects(concept.get("coding")))
    return text(concept.get("text")) or next((each for each in displays if each), "")


def _folded(written: str) -> str:
    return " ".join(written[:_LONGEST].casefold().split())
