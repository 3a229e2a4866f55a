"""Reads the bare texts that some senders write in an Observation in place of concepts and reference ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

# Each has a text of its own, as the ranges of reference have.
_CONCEPTS = frozenset({"interpretation", "method", "bodySite", "referenceRange"})


def with_concepts(observation: Json) -> Json:
    """Return a result with the bare texts that some senders write in place of concepts and ranges as these."""
    if _CONCEPTS.isdisjoint(observation):
        return observation
    found = {name: value for name in _CONCEPTS if name in observation and (value := _as_concept(observation[name]))}
    return {**observation, **found} if found else observation


def _as_concept(value: Any) -> Any:
    """Return a concept for a bare text, or a list of concepts for a list of texts; ``None`` if no text is there."""
    if value.__class__ is str:
        return {"text": value}
    if value.__class__ is list and str in map(type, value):
        return [{"text": each} if each.__class__ is str else each for each in value]
    return None
