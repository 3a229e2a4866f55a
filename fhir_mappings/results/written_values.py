"""Returns the value of a result as it was sent, to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.codings import codings
from fhir_mappings.wire.lenient import child, shown, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_LONGEST = 40


def written_value(holder: Json) -> str:
    """Return a value in words, cut to what a card shows; "?" for one without any."""
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict) and quantity:
        parts = (shown(quantity[name]) for name in ("comparator", "value", "unit") if quantity.get(name) is not None)
        return " ".join(parts)[:_LONGEST] or "?"
    concept = child(holder, "valueCodeableConcept")
    display = next((c.display for c in codings(concept) if c.display), "")
    scan = child(holder, "valueAttachment")
    words = (holder.get("valueString"), concept.get("text"), display, scan.get("title"), scan.get("contentType"))
    return next((said for each in words if (said := text(each))), "?")[:_LONGEST]
