"""What the concepts that name a drug say: its identity, its billing codes and its packages, each with its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.order import BillingCode, EvidenceKind, IdentityEvidence, WrittenNdc
from cards.facts.origins import Origin, Pointer
from cards.knowledge.schema import Diluent
from cards.values.codes import hcpcs_with_modifiers
from fhir_mappings.codings import CLINICAL, Coding, coding_of, codings, drug_coding
from fhir_mappings.medications import billing_extensions, diluents
from fhir_mappings.medications.written_codes import codes_in_text
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir_mappings.codings import CodeMap
    from fhir_mappings.wire.lenient import Json

_CPT = re.compile(r"\d{4}[0-9A-Z](?:[\s-]{0,2}[A-Z0-9]{2}){0,3}")
_LONGEST_CODE = 20


class Source(NamedTuple):
    """A concept that names the drug: its place, and its path in the order, empty if outside the order."""

    concept: Json
    path: str
    pointer: Pointer


class BillingSaid(NamedTuple):
    """A HCPCS code, its attached modifiers as written, and its path."""

    code: str
    modifiers: str
    pointer: Pointer
    display: str = ""


class Said(NamedTuple):
    """What concepts say about a drug: its identity, billing codes with their place, and supply codes.

    ``supply_texts`` are the texts next to billing and supply codes, ``diluents`` those named in any text.
    """

    evidence: tuple[IdentityEvidence, ...]
    billing: tuple[BillingSaid, ...]
    ndcs: tuple[WrittenNdc, ...]
    supply_texts: tuple[IdentityEvidence, ...]
    diluents: frozenset[Diluent]


def said_of_drug(sources: Iterable[Source], code_map: CodeMap) -> Said:
    """Sort the codes of the drug into clinical, billing and supply codes."""
    evidence: list[IdentityEvidence] = []
    billing: list[BillingSaid] = []
    ndcs: list[WrittenNdc] = []
    supply_texts: list[IdentityEvidence] = []
    named: set[Diluent] = set()
    for source in sources:
        named |= diluents.of_concept(source.concept)
        for coding, pointer, where in written_codings(source):
            if coding.system == "hcpcs":
                billing += codes_billed(coding, pointer)
            elif coding.system == "ndc":
                ndcs.append(WrittenNdc(coding.code, pointer, where, coding.display))
            elif coding.system in CLINICAL:
                evidence.append(IdentityEvidence(EvidenceKind.CODING, coding.system, coding.code, where))
            if coding.display:
                of_supply = coding.system in ("hcpcs", "ndc")
                kind = EvidenceKind.SUPPLY_TEXT if of_supply else EvidenceKind.TEXT
                said = IdentityEvidence(kind, "", coding.display, where)
                (supply_texts if of_supply else evidence).append(said)
        evidence += [
            IdentityEvidence(EvidenceKind.CODING, coding.system, coding.code, source.path)
            for coding in (codings(source.concept, code_map) if code_map else ())
            if coding.system in CLINICAL
        ]
        if text(source.concept.get("text")):
            evidence.append(IdentityEvidence(EvidenceKind.TEXT, "", text(source.concept["text"]), source.path))
        for coding, pointer in billing_extensions.on_concept(source.concept, source.pointer):
            if coding.system == "ndc":
                ndcs.append(WrittenNdc(coding.code, (), source.path))
            else:
                billing += codes_billed(coding, pointer if source.pointer else ())
    for each in (*evidence, *supply_texts):
        if not each.system:
            in_text = codes_in_text(each.value)
            evidence += [IdentityEvidence(EvidenceKind.CODING, *code, each.path) for code in in_text.clinical]
            billing += [said for code in in_text.hcpcs for said in codes_billed(Coding("hcpcs", code, ""), ())]
            ndcs += [WrittenNdc(ndc, (), each.path) for ndc in in_text.ndcs]
    billing = each_once(billing)
    return Said(tuple(dict.fromkeys(evidence)), tuple(billing), tuple(ndcs), tuple(supply_texts), frozenset(named))


def written_codings(source: Source) -> Iterator[tuple[Coding, Pointer, str]]:
    """Yield each coding as written, with its path in the resource."""
    listed = source.concept.get("coding", source.concept if "code" in source.concept else None)
    for index, raw in objects(listed):
        coding = drug_coding(coding_of(raw))
        inside: Pointer = ("coding",) if index is None else ("coding", index)
        yield coding, (*source.pointer, *inside) if source.pointer else (), f"{source.path}.coding[{index or 0}]"


def codes_billed(coding: Coding, pointer: Pointer) -> list[BillingSaid]:
    """Read a HCPCS code; a CPT code under the HCPCS address is for administration, not for the drug."""
    read = hcpcs_with_modifiers(coding.code)
    if read is not None:
        return [BillingSaid(str(read[0]), read[1], pointer, coding.display)]
    if not coding.code or _CPT.fullmatch(coding.code.upper()):
        return []
    if len(written := set(codes_in_text(coding.code).hcpcs)) == 1:
        # The code with words: "J9354 - per 1 mg".
        return codes_billed(Coding("hcpcs", written.pop(), coding.display), pointer)
    # Not a HCPCS code: its meaning is unknown, which is reported.
    return [BillingSaid(coding.code[:_LONGEST_CODE], "", pointer)]


def billing_code(
    said: BillingSaid, origin: Origin, *, on_the_order: bool = True, beside_drug: bool = False
) -> BillingCode:
    """Return a billing code as the fact it is: where it stands, and what it is billed with."""
    return BillingCode(
        said.code,
        origin,
        said.pointer,
        on_the_order=on_the_order,
        modifiers=said.modifiers,
        display=said.display,
        beside_drug=beside_drug,
    )


def each_once(billing: list[BillingSaid]) -> list[BillingSaid]:
    """Drop codes in the text that repeat one already coded on the order."""
    coded = {each.code for each in billing if each.pointer}
    return [each for each in billing if each.pointer or each.code not in coded]
