"""Which results count, by their status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.wire.lenient import text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

CORRECTED = frozenset({"amended", "corrected"})
COUNTED = CORRECTED | {"final"}
"""The states of a result in which its value counts."""


_COUNTS_NOT = frozenset({"registered", "preliminary", "cancelled", "entered-in-error"})


def may_count(observation: Json) -> bool:
    """Return whether a result counts or may count: its sender does not know its status, or FHIR does not have it.

    A value that is sent with a reason for its absence may count, too.
    """
    is_absent = observation.get("dataAbsentReason") and not any(name.startswith("value") for name in observation)
    return text(observation.get("status")) not in _COUNTS_NOT and not is_absent


def counts(observation: Json) -> bool:
    """Return whether the value of a result counts: it is final, and not marked as missing."""
    return text(observation.get("status")) in COUNTED and not observation.get("dataAbsentReason")
