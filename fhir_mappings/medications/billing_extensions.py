"""Finds HCPCS codes and NDCs of an order outside its drug's codings.

They stand in extensions of the order, of its drug, its instructions and its dispensing, in identifiers of its
Medication, in categories, and in words that speak of billing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST
from fhir_mappings.codings import Coding, coding_of, drug_coding, system_name
from fhir_mappings.medications.amounts import without_amounts
from fhir_mappings.medications.doses_in_text import instructed
from fhir_mappings.medications.written_codes import codes_in_text
from fhir_mappings.wire.lenient import child, objects, text
from fhir_mappings.wire.narratives import notes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.facts.origins import Pointer
    from fhir_mappings.wire.lenient import Json

# Elements of an order, other than its drug, that a pharmacy or billing system extends with a code.
_EXTENDED = ("dosageInstruction", "dispenseRequest")
_BILLING_NAMES = ("billing", "hcpcs", "jcode", "j-code")
_NDC_NAME = re.compile(r"(?<![a-z])ndc(?![a-z])")
_HAS_NDC = re.compile(r"ndc|\d-\d{3,4}-\d", re.IGNORECASE)
_DEPTH = 4
_OF_CODE = r"(?:J ?\d|Q5|C9)\d{3}"
# Nearly every text has none, which is quickly seen.
_CODE = re.compile(_OF_CODE, re.IGNORECASE)
# The code that the text begins with, or that it says is billed; of several codes, some are of other drugs.
_BILLED = re.compile(
    r"(?:\A\W{0,3}|\b(?:bill(?:ed|ing)?|charged?|hcpcs|j-?code|code|use|cpt)\b[^.;\n]{0,24}?\b)"
    rf"(?P<code>{_OF_CODE})(?!\w)",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(
    r"\b(?:previous\w{0,2}|prior|former\w{0,2}|denied|rejected|was|were|not|never|no longer|instead of|until)\b",
    re.IGNORECASE,
)


def on_order(order: Json, medication: Json) -> list[tuple[Coding, Pointer]]:
    """List the HCPCS codes and NDCs of a MedicationRequest outside its drug's concept, each with its path in the order.

    Those of the Medication that it refers to are among them.
    """
    found = list(in_extensions(order, ())) if "extension" in order else []
    if "extension" in medication:
        found += [(coding, ()) for coding, _ in in_extensions(medication, ())]
    if medication or "medicationReference" in order:
        found += [*_packages_of(medication), *_packages_of(child(order, "medicationReference"))]
    if "identifier" in order:
        found += _codes_in_identifiers(order)
    for index, category in objects(order.get("category")):
        inside: Pointer = ("category",) if index is None else ("category", index)
        coded = ((place, coding_of(coding)) for place, coding in objects(category.get("coding")))
        found += [
            (coding, (*inside, "coding") if place is None else (*inside, "coding", place))
            for place, coding in coded
            if coding.system == "hcpcs"
        ]
    for name in _EXTENDED:
        for index, element in objects(order.get(name)):
            if "extension" in element:
                found += in_extensions(element, (name,) if index is None else (name, index))
    return found


def words_of(order: Json) -> list[str]:
    """List the texts of the notes and instructions of an order."""
    return [*notes_of(order), *instructed(order)]


def in_words(written: Iterable[str]) -> list[Coding]:
    """List the HCPCS code that a note or an instruction of an order says is billed."""
    return [
        Coding("hcpcs", billed["code"].upper().replace(" ", ""), "")
        for each in written
        if _may_name_code(without_amounts(each))
        and (billed := _BILLED.search(each[:LONGEST]))
        and len(set(codes_in_text(each).hcpcs)) == 1
        and not _NOT_NOW.search(each[:LONGEST])
    ]


@cached_by_text
def _may_name_code(words: str) -> bool:
    return _CODE.search(words) is not None


@cached_by_text
def _may_name_ndc(words: str) -> bool:
    return _HAS_NDC.search(words) is not None


def _packages_of(holder: Json) -> Iterator[tuple[Coding, Pointer]]:
    """Yield the NDCs among the identifiers of a Medication, or of the reference to one."""
    for _, identifier in objects(holder.get("identifier")):
        if system_name(text(identifier.get("system"))) == "ndc":
            yield Coding("ndc", text(identifier.get("value")), ""), ()


def _codes_in_identifiers(order: Json) -> Iterator[tuple[Coding, Pointer]]:
    """Yield the billing codes that stand among the identifiers of an order under the address of their system."""
    for _, identifier in objects(order.get("identifier")):
        system = system_name(text(identifier.get("system")))
        if system in ("hcpcs", "ndc"):
            yield Coding(system, text(identifier.get("value")), ""), ()


def packages_in_words(written: Iterable[str]) -> list[str]:
    """List the NDCs in the notes and instructions of an order, but for those of an earlier time."""
    return [
        ndc
        for each in written
        if _may_name_ndc(without_amounts(each)) and not _NOT_NOW.search(each[:LONGEST])
        for ndc in codes_in_text(each).ndcs
    ]


def on_concept(concept: Json, where: Pointer) -> list[tuple[Coding, Pointer]]:
    """List the HCPCS codes and NDCs in the extensions of a concept and of its codings, each with its path."""
    found = list(in_extensions(concept, where)) if "extension" in concept else []
    for index, coding in objects(concept.get("coding")):
        if "extension" in coding:
            found += in_extensions(coding, (*where, "coding") if index is None else (*where, "coding", index))
    return found


def in_extensions(element: Json, where: Pointer) -> Iterator[tuple[Coding, Pointer]]:
    """Yield the HCPCS codes and NDCs in an element's extensions, at any depth, each with its path.

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
    if coding.system == "ndc" and system_name(text(node.get("system"))) == "ndc":
        yield coding, ()
    if "valueString" in node and _NDC_NAME.search(text(node.get("url")).casefold()):
        for code in codes_in_text(f"NDC {text(node['valueString'])}").ndcs:
            yield Coding("ndc", code, ""), ()
    if is_for_billing:
        for name in ("valueCode", "valueString"):
            for code in codes_in_text(text(node.get(name))).hcpcs:
                yield Coding("hcpcs", code, ""), ()
    if depth:
        for name in ("valueCoding", "valueCodeableConcept", "coding", "extension"):
            for index, below in objects(node.get(name)):
                inside: Pointer = (*where, name) if index is None else (*where, name, index)
                yield from _below(below, inside, depth - 1, is_for_billing=is_for_billing)
