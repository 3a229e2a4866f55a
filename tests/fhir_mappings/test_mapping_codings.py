"""Codes under every address they are sent with, and a site's local codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from shapes import ATC, HCPCS, ICD10, LOINC, NDC, RXNORM, SNOMED, Json, coding, concept

from fhir_mappings.code_maps.files import read_code_map
from fhir_mappings.codings import CodeMap, CodeMapError, Coding, codings, system_name, texts

if TYPE_CHECKING:
    from pathlib import Path

LOCAL = "https://hospital.example.org/lab"

HCPCS_ADDRESSES = [
    pytest.param(HCPCS, id="Da Vinci CRD"),
    pytest.param("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", id="http (Da Vinci pct)"),
    pytest.param(f"{HCPCS}/Alpha-Numeric-HCPCS.html", id="the page of the yearly file"),
    pytest.param("https://www.cms.gov/Medicare/Coding/MedHCPCSGenInfo", id="general information"),
    pytest.param("https://www.cms.gov/Medicare/Coding/MedHCPCSGenInfo/index.html", id="its index page"),
    pytest.param("http://www.cms.hhs.gov/MedHCPCSGenInfo/", id="the old host"),
    pytest.param("https://bluebutton.cms.gov/resources/codesystem/hcpcs", id="Blue Button"),
    pytest.param("http://www.nlm.nih.gov/research/umls/hcpcs", id="UMLS"),
    pytest.param("urn:oid:2.16.840.1.113883.6.285", id="the OID"),
    pytest.param("hhttps://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", id="the typo of the CRD test kit"),
    pytest.param(" https://www.cms.gov/medicare/coding/hcpcsreleasecodesets ", id="other case and blanks"),
]


@pytest.mark.parametrize("address", HCPCS_ADDRESSES)
def test_hcpcs_has_several_system_urls(address: str) -> None:
    assert system_name(address) == "hcpcs"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param(LOINC, "loinc", id="LOINC"),
        pytest.param("http://loinc.org/", "loinc", id="LOINC with a slash at the end"),
        pytest.param("urn:oid:2.16.840.1.113883.6.1", "loinc", id="LOINC by OID"),
        pytest.param(SNOMED, "snomed", id="SNOMED CT"),
        pytest.param("urn:oid:2.16.840.1.113883.6.96", "snomed", id="SNOMED CT by OID"),
        pytest.param(RXNORM, "rxnorm", id="RxNorm"),
        pytest.param("HTTP://WWW.NLM.NIH.GOV/research/umls/rxnorm", "rxnorm", id="RxNorm in capitals"),
        pytest.param(NDC, "ndc", id="NDC"),
        pytest.param("urn:oid:2.16.840.1.113883.6.69", "ndc", id="NDC by OID"),
        pytest.param(ATC, "atc", id="ATC"),
        pytest.param("http://fhir.de/CodeSystem/bfarm/atc", "atc", id="the German ATC"),
        pytest.param(ICD10, "icd10", id="ICD-10-CM"),
        pytest.param("http://hl7.org/fhir/sid/icd-10", "icd10", id="the WHO's ICD-10"),
        pytest.param("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "icd10", id="the German ICD-10"),
        pytest.param("http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full", "icd10", id="the Japanese ICD-10"),
        pytest.param("http://www.ama-assn.org/go/cpt", "cpt", id="CPT, whose address stands over HCPCS codes, too"),
        pytest.param("urn:oid:2.16.840.1.113883.6.12", "cpt", id="CPT by OID"),
        pytest.param("2.16.840.1.113883.6.88", "rxnorm", id="RxNorm by a bare OID"),
        pytest.param("oid:2.16.840.1.113883.6.96", "snomed", id="SNOMED CT by a half introduced OID"),
        pytest.param("http://snomed.info/sct/731000124108", "snomed", id="an edition of SNOMED CT"),
        pytest.param("http://snomed.info/sct|http://snomed.info/sct/11000274103", "snomed", id="with its version"),
        pytest.param("https://rxnav.nlm.nih.gov/REST/rxcui", "rxnorm", id="the address of the RxNorm service"),
        pytest.param("http://fhir.de/CodeSystem/dimdi/atc", "atc", id="the German ATC of former years"),
        pytest.param("https://www.whocc.no/atc_ddd_index/", "atc", id="the index of ATC"),
        pytest.param("https://atcddd.fhi.no/atc_ddd_index", "atc", id="its address of today"),
        pytest.param("https://www.whocc.no/atc", "atc", id="ATC with https"),
        pytest.param("http://fdasis.nlm.nih.gov", "unii", id="UNII"),
        pytest.param("urn:oid:2.16.840.1.113883.4.9", "unii", id="UNII by its OID"),
        pytest.param("https://gsrs.ncats.nih.gov/ginas/app/beta/", "unii", id="UNII by the address of its registry"),
        pytest.param("http://hl7.org/fhir/sid/unii", "unii", id="UNII under an address of HL7"),
        pytest.param("http://comuniitaliani.it/codes", "", id="the letters of UNII in another word"),
        pytest.param("http://terminology.hl7.org/CodeSystem/HCPCS", "hcpcs", id="HCPCS at HL7"),
        pytest.param("https://example.org/batch/atcode", "", id="an address that only sounds like it"),
        pytest.param("https://fhir.cerner.com/ec2458f2/codeSet/72", "", id="a local system is unknown"),
        pytest.param("", "", id="no system"),
    ],
)
def test_system_name(address: str, expected: str) -> None:
    assert system_name(address) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(
            concept(coding("urn:local", "1"), coding(LOINC, "718-7", "Hgb")),
            [Coding("", "1", ""), Coding("loinc", "718-7", "Hgb")],
            id="every coding is given, the standard one may be second",
        ),
        pytest.param({"coding": coding(LOINC, "718-7")}, [Coding("loinc", "718-7", "")], id="a coding sent as object"),
        pytest.param(coding(LOINC, "718-7"), [Coding("loinc", "718-7", "")], id="a Coding in place of the concept"),
        pytest.param({"coding": [{"code": "J9354"}]}, [Coding("hcpcs", "J9354", "")], id="a bare J code is HCPCS"),
        pytest.param({"coding": [{"code": "Q5117"}]}, [Coding("hcpcs", "Q5117", "")], id="a bare Q code is HCPCS"),
        pytest.param({"coding": [{"code": "1371046"}]}, [Coding("", "1371046", "")], id="a bare number is nothing"),
        pytest.param(
            {"coding": [{"system": "urn:local", "code": "J9354"}]},
            [Coding("", "J9354", "")],
            id="a J code of another system is that system's",
        ),
        pytest.param(
            concept(coding(RXNORM, " 1371046 ")), [Coding("rxnorm", "1371046", "")], id="blanks around a code"
        ),
        pytest.param({"text": "Kadcyla"}, [], id="text alone has no coding"),
        pytest.param({"coding": [None, 5, {"code": None}]}, [Coding("", "", "")], id="junk among codings"),
        pytest.param("Kadcyla", [], id="a text in place of the concept"),
        pytest.param(None, [], id="absent"),
    ],
)
def test_codings(value: Any, expected: list[Coding]) -> None:
    assert list(codings(value)) == expected


def test_texts_give_the_text_before_the_displays() -> None:
    value = concept(coding(LOINC, "1", "display"), coding(LOINC, "2"), text="text")
    assert list(texts(value)) == ["text", "display"]
    assert list(texts(None)) == []


def code_map(tmp_path: Path, *elements: Json, **changes: Any) -> CodeMap:
    group = {"source": LOCAL, "target": LOINC, "element": list(elements)}
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": [{**group, **changes}]}), encoding="utf-8")
    return read_code_map([path])


def element(code: str, target: str, equivalence: str | None = "equivalent") -> Json:
    said = {"code": target, **({"equivalence": equivalence} if equivalence else {})}
    return {"code": code, "display": "Body weight", "target": [said]}


@pytest.mark.parametrize(
    ("equivalence", "is_used"),
    [
        pytest.param("equal", True, id="equal"),
        pytest.param("equivalent", True, id="equivalent"),
        pytest.param("wider", True, id="wider: the standard code says less"),
        pytest.param("subsumes", True, id="subsumes: the standard code says less"),
        pytest.param("narrower", False, id="narrower: the standard code says more than is known"),
        pytest.param("specializes", False, id="specializes: the standard code says more than is known"),
        pytest.param("inexact", False, id="inexact"),
        pytest.param("relatedto", False, id="related only"),
        pytest.param("unmatched", False, id="unmatched"),
        pytest.param("disjoint", False, id="disjoint"),
        pytest.param(None, False, id="not said"),
    ],
)
def test_a_local_code_maps_to_an_equal_or_wider_code(
    tmp_path: Path,
    equivalence: str | None,
    is_used: bool,  # noqa: FBT001 - a column
) -> None:
    found = code_map(tmp_path, element("WT", "29463-7", equivalence))
    assert bool(found) is is_used
    expected = [Coding("", "WT", ""), *([Coding("loinc", "29463-7", "Body weight")] if is_used else [])]
    assert list(codings(concept(coding(LOCAL, "WT")), found)) == expected
    assert list(found.local_for("loinc", "29463-7")) == ([(LOCAL, "WT")] if is_used else [])


def test_a_local_code_may_stand_for_a_code_in_each_of_two_systems(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    groups = [
        {"source": LOCAL, "target": LOINC, "element": [element("WT", "29463-7")]},
        {"source": LOCAL, "target": SNOMED, "element": [element("WT", "27113001")]},
    ]
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": groups}), encoding="utf-8")
    found = read_code_map([path])
    assert [target.system for target in found.standard(LOCAL, "WT")] == ["loinc", "snomed"]


def test_codes_of_other_systems_and_unknown_targets_are_not_translated(tmp_path: Path) -> None:
    found = code_map(tmp_path, element("WT", "29463-7"))
    assert list(codings(concept(coding("urn:other", "WT")), found)) == [Coding("", "WT", "")]
    assert not code_map(tmp_path, element("WT", "29463-7"), target="urn:unknown")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param('{"resourceType": "ValueSet"}', id="no ConceptMap"),
        pytest.param(None, id="no file"),
    ],
)
def test_a_code_map_that_cannot_be_used_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "map.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(CodeMapError, match=r"map\.json"):
        read_code_map([path])
