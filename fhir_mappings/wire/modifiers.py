"""Finds modifier extensions and implicit rules, which may change what a resource means.

FHIR R4 (extensibility and resource sections): whoever reads a resource must not use it while ignoring a modifier
extension or implicit rules that they do not know. None is known to this service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.wire.lenient import objects

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json


def is_modified(resource: Json) -> bool:
    """Return whether a resource has a modifier extension, or implicit rules."""
    return bool(resource.get("modifierExtension") or resource.get("implicitRules"))


def is_modified_within(resource: Json, name: str) -> bool:
    """Return whether a resource, or one of its elements of a name, is modified."""
    # Most resources have nothing of the kind, and no such element.
    if "modifierExtension" in resource or "implicitRules" in resource:
        return is_modified(resource) or _is_element_modified(resource, name)
    return name in resource and _is_element_modified(resource, name)


def _is_element_modified(resource: Json, name: str) -> bool:
    return any(element.get("modifierExtension") for _, element in objects(resource.get(name)))
