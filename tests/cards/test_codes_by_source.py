"""Every code stands in the source that it cites: a YAML anchor cannot lend it another's.

ICD-10-CM codes are looked up in the tabular list of April 2026, the others in a list of what each source holds.
"""

from __future__ import annotations

from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from builders import KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Cited

Code = tuple[str, str, str]
HELD = yaml.safe_load((Path(__file__).parent / "codes_by_source.yaml").read_text(encoding="utf-8"))
_KINDS = (
    ("rxnorm", "rxnorm"), ("atc", "atc"), ("snomed", "snomed"), ("unii", "unii"), ("hcpcs", "hcpcs"),
    ("retired_hcpcs", "hcpcs"),
)  # fmt: skip


def of_products() -> Iterator[Code]:
    for product in KNOWN.products:
        for holder in (product, *product.brands):
            for field, kind in _KINDS:
                yield from ((entry.by.source, kind, entry.code) for entry in getattr(holder, field, ()))
            yield from ((entry.by.source, "ndc", entry.ndc) for entry in getattr(holder, "packages", ()))
    yield from ((entry.by.source, "hcpcs", entry.code) for entry in KNOWN.unspecific_hcpcs)


def of_group(kind: str, entries: Iterable[object], by: Cited) -> Iterator[Code]:
    for entry in entries:
        cited = getattr(entry, "by", None) or by
        yield cited.source, kind, getattr(entry, "code", "") or str(entry)


def of_terminology() -> Iterator[Code]:
    known = KNOWN.terminology
    for concept in known.concepts.values():
        yield from of_group("loinc", (*concept.loinc, *concept.never), concept.by)
        yield from of_group("loinc", filter(None, [concept.order_loinc]), concept.by)
        yield from of_group("snomed", concept.snomed, concept.by)
    for value in known.her2_values:
        yield from of_group("loinc", value.loinc_answers, value.by)
        yield from of_group("snomed", value.snomed, value.by)
    for each in (*known.diagnoses, *known.problems):
        yield from of_group("icd10", each.icd10, each.by)
        yield from of_group("snomed", each.snomed, each.by)
    for words in (*known.stages, *known.routes):
        yield from of_group("snomed", words.snomed, words.by)
    alone = known.diagnosis_codes
    for coded in (*alone.problems, *alone.may_be):
        # The WHO's ICD-10 has codes that are not in ICD-10-CM.
        kind = "icd10" if coded.by.source == "icd-10-cm" else "icd10-who"
        yield from of_group(kind, (*coded.icd10, *coded.except_icd10), coded.by)
        yield from of_group("icd9", coded.icd9, coded.by)
    assert alone.by_icd9 is not None
    assert alone.by_snomed is not None
    yield from of_group("icd9", (code for each in alone.cancers for code in each.icd9), alone.by_icd9)
    yield from of_group("icd9", alone.metastasis_icd9, alone.by_icd9)
    yield from of_group("snomed", alone.not_used_snomed, alone.by_snomed)
    spread = known.metastasis
    yield from of_group("icd10", (*spread.icd10, *spread.regional_icd10), spread.by)
    yield from of_group("snomed", (*spread.snomed, *spread.history_snomed), spread.by)
    for code in known.receptor_codes.codes:
        written = code.icd10 or code.snomed or ""
        yield known.receptor_codes.source_of(written).source, "icd10" if code.icd10 else "snomed", written


CODES = sorted({*of_products(), *of_terminology()})


@pytest.fixture(scope="module")
def tabular() -> frozenset[str]:
    """Return the codes of ICD-10-CM; read from the package's file, since its import takes seconds."""
    listed = next(each for each in files("simple-icd-10-cm") or () if each.name.startswith("code-list"))
    return frozenset(listed.read_text(encoding="utf-8").split())


def test_every_code_stands_in_the_source_that_it_cites() -> None:
    wrong = [
        f"{source} is not known to hold {kind} {code}"
        for source, kind, code in CODES
        if kind != "icd10" and code not in HELD.get(source, {}).get(kind, ())
    ]
    assert not wrong, "look it up there, then list it in codes_by_source.yaml: " + "; ".join(wrong)


def test_no_list_holds_a_code_that_nothing_cites() -> None:
    listed = {(source, kind, code) for source, kinds in HELD.items() for kind, codes in kinds.items() for code in codes}
    assert listed == {each for each in CODES if each[1] != "icd10"}


def test_every_icd_10_code_stands_in_the_tabular_list(tabular) -> None:
    assert len(tabular) > 90_000
    assert not [code for _, kind, code in CODES if kind == "icd10" and code.replace(".", "") not in tabular]


def test_the_tabular_list_would_show_a_wrong_code(tabular) -> None:
    assert {"C50911", "Z17421"} <= tabular
    assert not {"C509111", "Z17430", "C99"} & tabular
