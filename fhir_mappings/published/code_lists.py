"""The codes that the service uses, as FHIR CodeSystems (its own) and ValueSets (of standard codes)."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import Kind, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cards.knowledge.schema import CodeEntry, Knowledge, Product
    from fhir_mappings.wire.lenient import Json

PUBLISHER = "her2-cds"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM, NDC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/ndc"
ATC, HCPCS = "http://www.whocc.no/atc", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ICD10, UNII = "http://hl7.org/fhir/sid/icd-10-cm", "http://fdasis.nlm.nih.gov"
_COPYRIGHT = {
    LOINC: "LOINC is copyright Regenstrief Institute, Inc. and the LOINC Committee; see http://loinc.org/license.",
    SNOMED: "SNOMED CT is copyright the International Health Terminology Standards Development Organisation.",
}


class Include(NamedTuple):
    """Codes of one code system: listed ones, each with its display, and all descendants of ``under``."""

    system: str
    codes: tuple[tuple[str, str], ...] = ()
    under: tuple[str, ...] = ()


def code_system(base_url: str, identifier: str, version: str, title: str, concepts: Mapping[str, str]) -> Json:
    """Build a complete CodeSystem of the service; ``concepts`` are the codes with their displays."""
    return {
        **_head("CodeSystem", base_url, identifier, version, title),
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "concept": [{"code": code, "display": display} for code, display in concepts.items()],
    }


def _head(kind: str, base_url: str, identifier: str, version: str, title: str) -> Json:
    return {
        "resourceType": kind,
        "id": identifier,
        "url": f"{base_url}/{kind}/{identifier}",
        "version": version,
        "name": _name(identifier),
        "title": title,
        "status": "active",
        "experimental": False,
        "publisher": PUBLISHER,
    }


def value_sets(known: Knowledge, base_url: str) -> dict[str, Json]:
    """Build a ValueSet for each known measurement, product, cancer and problem, by id."""
    listed = chain(_measurements(known), _products(known), _conditions(known), _rules(known))
    return {
        identifier: _value_set(base_url, known.version, identifier, title, includes)
        for identifier, title, includes in listed
        if includes
    }


_Listed = tuple[str, str, list[Include]]


def _measurements(known: Knowledge) -> Iterator[_Listed]:
    for name, concept in known.terminology.concepts.items():
        if concept.kind is Kind.SITE:
            continue
        includes = [Include(LOINC, _codes(concept.loinc)), Include(SNOMED, _codes(concept.snomed))]
        yield f"measurement-{name}", f"{concept.display}: codes of results", _filled(includes)


def _rules(known: Knowledge) -> Iterator[_Listed]:
    """Yield the codes that only a site rule uses."""
    for rule in known.site_rules:
        concepts = [each for name in rule.tests if (each := known.terminology.concepts[name]).kind is Kind.SITE]
        standard = [(LOINC, _codes(each.loinc)) for each in concepts] + [
            (SNOMED, _codes(each.snomed)) for each in concepts
        ]
        local = [(code.system, ((code.code, each.display),)) for each in concepts for code in each.local]
        includes = [Include(system, codes) for system, codes in (*standard, *local)]
        yield f"rule-{rule.topic}", f"{rule.display}: codes of results", _filled(includes)


def _products(known: Knowledge) -> Iterator[_Listed]:
    for product in known.products:
        if product.scope is Scope.CHECKED:
            yield f"product-{product.id}", f"{product.name}: codes of the drug and its packages", _filled(_of(product))


def _of(product: Product) -> list[Include]:
    brands = [(brand, brand.name) for brand in product.brands]
    rxnorm = [(entry.code, product.name) for entry in product.rxnorm]
    rxnorm += [(entry.code, name) for brand, name in brands for entry in brand.rxnorm]
    atc = [(entry.code, product.name) for entry in product.atc]
    atc += [(entry.code, name) for brand, name in brands for entry in brand.atc]
    hcpcs = [(entry.code, entry.descriptor) for brand, _ in brands for entry in brand.hcpcs]
    packages = [
        (package.ndc, f"{name} {package.contents_mg} mg") for brand, name in brands for package in brand.packages
    ]
    return [
        Include(RXNORM, _once(rxnorm)),
        Include(SNOMED, _once((entry.code, product.name) for entry in product.snomed)),
        Include(UNII, _once((entry.code, product.name) for entry in product.unii)),
        Include(ATC, _once(atc)),
        Include(HCPCS, _once(hcpcs)),
        Include(NDC, _once(packages)),
    ]


def _conditions(known: Knowledge) -> Iterator[_Listed]:
    words = known.terminology
    for cancer in words.diagnoses:
        includes = [Include(ICD10, under=cancer.icd10), Include(SNOMED, _codes(cancer.snomed))]
        yield f"cancer-{cancer.cancer}", f"Diagnoses of {cancer.cancer} cancer", _filled(includes)
    for problem in words.problems:
        includes = [Include(ICD10, under=problem.icd10), Include(SNOMED, _codes(problem.snomed))]
        yield f"problem-{problem.problem}", f"Diagnoses read as {problem.problem}", _filled(includes)
    spread = words.metastasis
    includes = [Include(ICD10, under=spread.icd10), Include(SNOMED, _codes(spread.snomed))]
    yield "metastasis", "Diagnoses that say the cancer has spread", _filled(includes)
    states = [(code.icd10, "") for code in words.receptor_codes.codes if code.icd10]
    found = [(code.snomed, "") for code in words.receptor_codes.codes if code.snomed]
    includes = [Include(ICD10, _once(states)), Include(SNOMED, _once(found))]
    yield "receptor-status", "Diagnosis codes that state a receptor status", _filled(includes)


def _codes(entries: Iterable[CodeEntry]) -> tuple[tuple[str, str], ...]:
    return _once((entry.code, entry.display) for entry in entries)


def _once(codes: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return each code once, with its first display."""
    found: dict[str, str] = {}
    for code, display in codes:
        found.setdefault(code, display)
    return tuple(found.items())


def _filled(includes: Iterable[Include]) -> list[Include]:
    return [each for each in includes if each.codes or each.under]


def _value_set(base_url: str, version: str, identifier: str, title: str, includes: Iterable[Include]) -> Json:
    compose = [part for each in includes for part in _parts(each)]
    notices = dict.fromkeys(_COPYRIGHT[part["system"]] for part in compose if part["system"] in _COPYRIGHT)
    written = {**_head("ValueSet", base_url, identifier, version, title), "compose": {"include": compose}}
    return {**written, "copyright": " ".join(notices)} if notices else written


def _parts(include: Include) -> Iterator[Json]:
    """Write the listed codes as one part, and each hierarchy as another: a part holds what meets all its filters."""
    if include.codes:
        listed = [{"code": code, "display": display} if display else {"code": code} for code, display in include.codes]
        yield {"system": include.system, "concept": listed}
    for code in include.under:
        yield {"system": include.system, "filter": [{"property": "concept", "op": "is-a", "value": code}]}


def _name(identifier: str) -> str:
    """Return a computer-friendly name: CamelCase, only letters and digits."""
    return "".join(part.capitalize() for part in identifier.replace("+", "-").split("-"))
