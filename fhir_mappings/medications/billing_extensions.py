"""Finds HCPCS codes in the extensions of an order, of its drug, its instructions and its dispensing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.codings import Coding, coding_of, drug_coding
from fhir_mappings.medications.written_codes import codes_in_text
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.facts.origins import Pointer
    from fhir_mappings.wire.lenient import Json

# Elements of an order, other than its drug, that a pharmacy or billing system extends with a code.
_EXTENDED = ("dosageInstruction", "dispenseRequest")
_BILLING_NAMES = ("billing", "hcpcs", "jcode", "j-code")
_DEPTH = 4


def on_order(order: Json) -> list[tuple[Coding, Pointer]]:
    """List the HCPCS codes in the extensions of a MedicationRequest, each with its path.

    Those of the drug's concept are read with the concept.
    """
    found = list(in_extensions(order, ())) if "extension" in order else []
    for name in _EXTENDED:
        for index, element in objects(order.get(name)):
            if "extension" in element:
                found += in_extensions(element, (name,) if index is None else (name, index))
    return found


def on_concept(concept: Json, where: Pointer) -> list[tuple[Coding, Pointer]]:
    """List the HCPCS codes in the extensions of a concept and of its codings, each with its path."""
    found = list(in_extensions(concept, where)) if "extension" in concept else []
    for index, coding in objects(concept.get("coding")):
        if "extension" in coding:
            found += in_extensions(coding, (*where, "coding") if index is None else (*where, "coding", index))
    return found


def in_extensions(element: Json, where: Pointer) -> Iterator[tuple[Coding, Pointer]]:
    """Yield the HCPCS codes in an element's extensions, at any depth, each with its path.

    An extension named for billing may give a code without a system, or in a text; one in a text has no path, because
    a button replaces codings only. In any other extension, a coding must state its system.
    """
    for index, extension in objects(element.get("extension")):
        inside: Pointer = (*where, "extension") if index is None else (*where, "extension", index)
        named = text(extension.get("url")).casefold()
        yield from _below(extension, inside, _DEPTH, is_for_billing=any(name in named for name in _BILLING_NAMES))


def _below(node: Json, where: Pointer, depth: int, *, is_for_billing: bool) -> Iterator[tuple[Coding, Pointer]]:
    coding = drug_coding(coding_of(node))
    if coding.system == "hcpcs" and (is_for_billing or "system" in node):
        yield coding, where
    if is_for_billing:
        for name in ("valueCode", "valueString"):
            for code in codes_in_text(text(node.get(name))).hcpcs:
                yield Coding("hcpcs", code, ""), ()
    if depth:
        for name in ("valueCoding", "valueCodeableConcept", "coding", "extension"):
            for index, below in objects(node.get(name)):
                inside: Pointer = (*where, name) if index is None else (*where, name, index)
                yield from _below(below, inside, depth - 1, is_for_billing=is_for_billing)
