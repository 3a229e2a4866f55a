"""Loads and validates the knowledge: every value has a source, every code is well formed, every reference resolves.

The YAML files next to this module are owned by oncology pharmacy.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import yaml

from cards.knowledge.names import check_names, structs_in
from cards.knowledge.schema import (
    Cited,
    CodedDrugs,
    DiagnosisCodes,
    DrugWords,
    Knowledge,
    KnowledgeError,
    NoteStatements,
    Product,
    ReferenceRanges,
    ResultDoubts,
    Shared,
    Source,
    Terminology,
    Threshold,
    Units,
)
from cards.knowledge.shipped import ShippedFile, shipped_file
from cards.values.caching import once
from cards.values.codes import (
    AtcCode,
    AtcGroup,
    HcpcsCode,
    Icd10Code,
    LoincAnswerCode,
    LoincCode,
    Ndc,
    RxNormCode,
    SnomedCode,
    UniiCode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

T = TypeVar("T")

_TWO_LISTS = 2
"""How many lists stand apart from each other."""


def load(root: Traversable | None = None) -> Knowledge:
    """Read the knowledge files and check them against each other.

    Raises:
        KnowledgeError: a file has an unknown field, a value without a source, or a malformed code.

    """
    root = root or files("cards") / "knowledge"
    digest = hashlib.sha256()

    parts: list[tuple[str, Any]] = []

    def read(name: str, shape: type[T]) -> T:
        file = shipped_file(root / name)
        digest.update(file.text.encode())
        part = parse(file, name, shape)
        parts.append((name, part))
        return part

    sources = read("sources.yaml", dict[str, Source])
    shared = read("shared.yaml", Shared)
    terminology = msgspec.structs.replace(
        read("terminology.yaml", Terminology),
        units=read("units.yaml", Units),
        reference_ranges=read("reference_ranges.yaml", ReferenceRanges),
        result_doubts=read("result_doubts.yaml", ResultDoubts),
        note_statements=read("note_statements.yaml", NoteStatements),
        diagnosis_codes=read("diagnosis_codes.yaml", DiagnosisCodes),
    )
    drug_words = read("drug_words.yaml", DrugWords)
    drug_codes = read("drug_codes.yaml", CodedDrugs)
    thresholds = read("thresholds.yaml", dict[str, Threshold])
    product_files = sorted(entry.name for entry in (root / "products").iterdir() if entry.name.endswith(".yaml"))
    products = []
    for name in product_files:
        found = read(f"products/{name}", list[Product])
        products.extend(found)
    # Loaded elsewhere (`cards.knowledge.billing_loader`), but answers depend on it, so it is part of the version.
    policies = sorted(entry.name for entry in (root / "policies").iterdir() if entry.name.endswith(".yaml"))
    for name in ("billing.yaml", *(f"policies/{name}" for name in policies)):
        digest.update((root / name).read_bytes())
    knowledge = Knowledge(
        products=tuple(products),
        sources=sources,
        ambiguous_names=shared.ambiguous_names,
        unspecific_hcpcs=shared.unspecific_hcpcs,
        kept_apart=shared.kept_apart,
        drug_classes=shared.drug_classes,
        not_checked=shared.not_checked,
        pounds=shared.pounds,
        weekly=shared.weekly,
        procedures=shared.procedures,
        terminology=terminology,
        drug_words=drug_words,
        drug_codes=drug_codes,
        thresholds=thresholds,
        version=digest.hexdigest()[:12],
    )
    for name, part in parts:
        check_names(part, knowledge, name)
    check_references(knowledge)
    return knowledge


def parse(file: ShippedFile, name: str, shape: type[T]) -> T:
    """Parse one knowledge file; numbers are exact.

    Raises:
        KnowledgeError: it is not YAML, or has an unknown field, a missing one, or one of the wrong type.

    """
    try:
        return file.read(shape)
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        msg = f"{name}: {error}"
        raise KnowledgeError(msg) from error


@once
def default_knowledge() -> Knowledge:
    """Return the shipped knowledge; read once."""
    return load()


def citations(node: Any) -> Iterator[Cited]:
    """Return every citation in a piece of knowledge."""
    return (each for each in structs_in(node) if isinstance(each, Cited))


def check(known: Knowledge) -> None:
    """Check what the schema cannot: unknown sources, unknown products, malformed codes, duplicate ids.

    Raises:
        KnowledgeError: one of these was found.

    """
    for cited in citations(known):
        _need_source(known, cited.source)
    check_references(known)


def check_references(known: Knowledge) -> None:
    """Check what ``check`` does except the sources, which ``check_names`` has found in the shipped files.

    Raises:
        KnowledgeError: one reference leads nowhere.

    """
    ids = [product.id for product in known.products] + [b.id for p in known.products for b in p.brands if b.id != p.id]
    if len(ids) != len(set(ids)):
        msg = f"an id is used twice: {sorted(i for i in ids if ids.count(i) > 1)}"
        raise KnowledgeError(msg)
    for product in known.products:
        _check_product(known, product)
    for ambiguous in known.ambiguous_names:
        for meant in ambiguous.may_mean:
            known.product(meant)
    named = [pair.products for pair in known.kept_apart] + [group.with_products for group in known.drug_classes]
    named += [entry.products for entry in known.not_checked]
    named += [rule.also_after for product in known.products for rule in product.reload]
    for product_id in (each for products in named for each in products):
        known.product(product_id)
    _check_terminology(known.terminology)
    _check_note_statements(known.terminology.note_statements)
    _check_drug_codes(known)


def _need_source(known: Knowledge, source: str) -> None:
    if source not in known.sources:
        msg = f"unknown source {source!r}"
        raise KnowledgeError(msg)


def _check_product(known: Knowledge, product: Product) -> None:
    """Resolve a product's references and construct its codes, which raises for a malformed one."""
    for other in (*product.look_alikes, *product.parts):
        known.product(other)
    for regimen in product.regimens:
        _ = regimen.maximum.dose, [level.dose for level in regimen.levels]
    named = (*product.rxnorm, *(entry for brand in product.brands for entry in brand.rxnorm))
    classified = (*product.atc, *(entry for brand in product.brands for entry in brand.atc))
    for rxnorm in named:
        RxNormCode(rxnorm.code)
    for atc in classified:
        AtcCode(atc.code)
    for snomed in product.snomed:
        SnomedCode(snomed.code)
    for unii in product.unii:
        UniiCode(unii.code)
    for brand in product.brands:
        _need_source(known, brand.label)
        for code in (*(entry.code for entry in brand.hcpcs), *(entry.code for entry in brand.retired_hcpcs)):
            HcpcsCode(code)
        for package in brand.packages:
            Ndc(package.ndc)


def _check_drug_codes(known: Knowledge) -> None:
    """Construct every code by which a drug may stand alone; its name must be one that a rule reads."""
    names = {name for group in known.drug_classes for name in group.names}
    codes = known.drug_codes
    if unnamed := {*(drug.name for drug in codes.drugs), *(drug.name for drug in codes.billed)} - names:
        msg = f"drug_codes.yaml: {', '.join(sorted(unnamed))} is in no class of drugs"
        raise KnowledgeError(msg)
    for drug in codes.drugs:
        for rxnorm in drug.rxnorm:
            RxNormCode(rxnorm)
        for snomed in drug.snomed:
            SnomedCode(snomed)
    for group in (*codes.open_atc, *codes.fluids_atc, *(code for drug in codes.drugs for code in drug.atc)):
        AtcGroup(group)
    billed = [code for drug in codes.billed for code in drug.codes]
    for code in (*billed, *codes.others_billed):
        HcpcsCode(code)
    standing = Counter(code for drug in codes.drugs for code in (*drug.atc, *drug.rxnorm, *drug.snomed))
    standing.update((*billed, *codes.others_billed))
    if twice := {code for code, count in standing.items() if count > 1}:
        msg = f"drug_codes.yaml: {', '.join(sorted(twice))} stands for two drugs"
        raise KnowledgeError(msg)
    read = {code for drug in codes.drugs for code in drug.rxnorm}
    for rxnorm in codes.others:
        RxNormCode(rxnorm)
    if both := read & codes.others.keys():
        msg = f"drug_codes.yaml: {', '.join(sorted(both))} cannot be of a drug that is read and of one that is not"
        raise KnowledgeError(msg)


def _check_note_statements(known: NoteStatements) -> None:
    """Resolve the lists that statements name, and refuse one that no statement uses."""
    named = {name for each in known.statements for name in (*each.all, *each.unless, *each.unless_before)}
    for name in sorted(named ^ known.words.keys()):
        msg = f"note_statements: the list {name!r} is {'not there' if name in named else 'not used'}"
        raise KnowledgeError(msg)
    for each in known.statements:
        if each.apart is not None and len(each.all) != _TWO_LISTS:
            msg = f"note_statements: {each.because!r} has words apart, so it needs two lists"
            raise KnowledgeError(msg)


def _check_terminology(terminology: Terminology) -> None:
    """Construct every code of the terminology, which raises for a wrong check digit."""
    metastasis = terminology.metastasis
    concepts = terminology.concepts.values()
    loinc = [entry.code for concept in concepts for entry in (*concept.loinc, *concept.never)]
    loinc += [concept.order_loinc for concept in concepts if concept.order_loinc is not None]
    snomed = [entry.code for concept in concepts for entry in concept.snomed]
    snomed += [code for value in terminology.her2_values for code in value.snomed]
    snomed += [entry.code for group in terminology.diagnoses for entry in group.snomed]
    snomed += [entry.code for group in terminology.problems for entry in group.snomed]
    snomed += [entry.code for words in terminology.routes for entry in words.snomed]
    snomed += [entry.code for words in terminology.stages for entry in words.snomed]
    snomed += [entry.code for entry in terminology.diagnosis_codes.not_used_snomed]
    snomed += [code.snomed for code in terminology.receptor_codes.codes if code.snomed is not None]
    loinc += [terminology.genes.gene_studied, terminology.genes.variant_assessment, terminology.genes.significance]
    snomed += [entry.code for entry in (*metastasis.snomed, *metastasis.history_snomed)]
    tables = terminology.units.tables
    for name, concept in terminology.concepts.items():
        unit = tables[concept.units].unit if concept.units in tables else None
        if unit != concept.unit:
            msg = f"{name}: its unit is {concept.unit}, that of its table of units is {unit}"
            raise KnowledgeError(msg)
    for code in loinc:
        LoincCode(code)
    for code in snomed:
        SnomedCode(code)
    for value in terminology.her2_values:
        for answer in value.loinc_answers:
            LoincAnswerCode(answer)
    prefixes = [prefix for group in terminology.diagnoses for prefix in group.icd10]
    prefixes += [prefix for group in terminology.problems for prefix in group.icd10]
    for coded in (*terminology.diagnosis_codes.problems, *terminology.diagnosis_codes.may_be):
        prefixes += [*coded.icd10, *coded.except_icd10]
    prefixes += [code.icd10 for code in terminology.receptor_codes.codes if code.icd10 is not None]
    prefixes += [each for pair in terminology.other_cancers.icd10 for each in pair]
    for prefix in (*prefixes, *metastasis.icd10, *metastasis.regional_icd10, *terminology.other_cancers.never_icd10):
        Icd10Code(prefix)
