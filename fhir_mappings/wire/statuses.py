"""Which results count, by their status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.wire.lenient import text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

CORRECTED = frozenset({"amended", "corrected"})
COUNTED = CORRECTED | {"final"}
"""The states of a result in which its value counts."""


def counts(observation: Json) -> bool:
    """Return whether the value of a result counts: it is final, and not marked as missing."""
    return text(observation.get("status")) in COUNTED and not observation.get("dataAbsentReason")
