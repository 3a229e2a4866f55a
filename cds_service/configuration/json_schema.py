"""The JSON Schema of the configuration, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import (
    TypeAdapter,
)

from cards.facts.topics import topics_of
from cards.knowledge.loader import default_knowledge
from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from cards.knowledge.schema import Knowledge


def json_schema(known: Knowledge | None = None) -> dict[str, Any]:
    """Return the JSON Schema of the configuration, with the bounds and meanings of the thresholds, for editors.

    With ``known``, a site's knowledge, the topics of its rules are included.
    """
    known = known or default_knowledge()
    schema = TypeAdapter(Settings).json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "her2-cds configuration"
    schema["properties"]["thresholds"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {
                # One value for all products, or an object with values for some of them.
                "type": ["number", "object", "null"] if threshold.default is None else ["number", "object"],
                "additionalProperties": {
                    "type": ["number", "null"] if threshold.default is None else "number",
                    "minimum": float(threshold.minimum),
                    "maximum": float(threshold.maximum),
                },
                "default": None if threshold.default is None else float(threshold.default),
                "minimum": float(threshold.minimum),
                "maximum": float(threshold.maximum),
                "description": f"{threshold.meaning} Unit: {threshold.unit}.",
            }
            for name, threshold in known.thresholds.items()
        },
    }
    schema["properties"]["cards"]["propertyNames"] = {"enum": [str(topic) for topic in topics_of(known)]}
    return schema
