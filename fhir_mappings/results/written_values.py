"""Returns the value of a result as it was sent, to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.codings import codings
from fhir_mappings.wire.lenient import child, objects, shown, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

VALUES = frozenset(
    f"value{kind}"
    for kind in (
        "Quantity",
        "CodeableConcept",
        "String",
        "Boolean",
        "Integer",
        "Range",
        "Ratio",
        "SampledData",
        "DateTime",
        "Time",
        "Period",
        # Of later releases, which some servers send: a scan, or a reference to what holds the value.
        "Attachment",
        "Reference",
    )
)
"""The elements that hold the value of a result."""
_OF_EXTENSIONS = frozenset({"valueQuantity", "valueDecimal", "valueInteger"})
_LONGEST = 40
_SIMPLE = ("valueInteger", "valueBoolean", "valueDateTime", "valueTime")
# What holds two quantities, and how these are joined.
_PAIRS = (("valueRange", ("low", "high"), " - "), ("valueRatio", ("numerator", "denominator"), " / "))


def has_strange_value(holder: Json) -> bool:
    """Return whether a holder has no value, and an element that seems to be one: "valueDecimal", or in an extension."""
    if not VALUES.isdisjoint(holder):
        return False
    own = any(name[:5].casefold() == "value" for name in holder)
    return own or any(name in _OF_EXTENSIONS for _, each in objects(holder.get("extension")) for name in each)


def written_value(holder: Json) -> str:
    """Return a value in words, cut to what a card shows; "?" for one without any."""
    if written := _quantity(child(holder, "valueQuantity")):
        return written[:_LONGEST]
    concept, scan = child(holder, "valueCodeableConcept"), child(holder, "valueAttachment")
    display = next((c.display for c in codings(concept) if c.display), "")
    words = (holder.get("valueString"), concept.get("text"), display, scan.get("title"), scan.get("contentType"))
    found = next((said for each in words if (said := text(each))), "")
    found = found or next((_simple(holder[name]) for name in _SIMPLE if holder.get(name) is not None), "")
    for name, ends, between in () if found else _PAIRS:
        both = (_quantity(child(child(holder, name), end)) for end in ends)
        found = found or between.join(each for each in both if each)
    return found[:_LONGEST] or "?"


def _quantity(quantity: Json) -> str:
    return " ".join(shown(quantity[name]) for name in ("comparator", "value", "unit") if quantity.get(name) is not None)


def _simple(value: object) -> str:
    return shown(value).lower() if isinstance(value, bool) else shown(value)
