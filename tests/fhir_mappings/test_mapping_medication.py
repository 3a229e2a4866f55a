"""MedicationRequests into drug orders: everything that says what is ordered is heard, wherever it stands."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from shapes import (
    ATC,
    BILLING_OPTIONS,
    CPT,
    HCPCS,
    ICD10,
    KADCYLA,
    NDC,
    RECOGNIZER,
    RXNORM,
    SNOMED,
    TERMINOLOGY,
    UNII,
    Json,
    coding,
    concept,
    condition,
    dosage,
    dose_of,
    medication_reader,
    order,
    quantity,
    read_order,
    topics,
)

from cards.facts.order import DrugOrder
from cards.identification.identity import identify
from fhir_mappings.codings import CodeMap, Coding
from fhir_mappings.medications.medication import MedicationReader, has_reasons_of, with_reasons_of
from fhir_mappings.medications.services import orders_served, service_billing
from fhir_mappings.patient.conditions import ConditionReader
from fhir_mappings.wire.references import References

HCPCS_WRITTEN = [
    pytest.param({"system": HCPCS}, id="Da Vinci CRD"),
    pytest.param({"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"}, id="http"),
    pytest.param({"system": "https://www.cms.gov/Medicare/Coding/MedHCPCSGenInfo"}, id="general information"),
    pytest.param({"system": "http://www.cms.hhs.gov/MedHCPCSGenInfo/"}, id="the old host"),
    pytest.param({"system": "https://bluebutton.cms.gov/resources/codesystem/hcpcs"}, id="Blue Button"),
    pytest.param({"system": "http://www.nlm.nih.gov/research/umls/hcpcs"}, id="UMLS"),
    pytest.param({"system": "urn:oid:2.16.840.1.113883.6.285"}, id="the OID"),
    pytest.param({"system": "hhttps://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"}, id="the typo"),
    pytest.param({}, id="no system at all"),
]


def drug_of(found: DrugOrder) -> tuple[str, str]:
    """Return the standing of an order's identity, and its product or those it names."""
    identity = identify(found, RECOGNIZER)
    if identity.product is not None:
        return str(identity.status), identity.product.id
    return str(identity.status), ",".join(sorted(product.id for product in identity.named))


def medication(*codings: Json, text: str = "", **changes: Any) -> Json:
    return {"resourceType": "Medication", "id": "med-1", "code": concept(*codings, text=text), **changes}


def referring(written: str, *contained: Json, display: str = "", **changes: Any) -> Json:
    reference = {"reference": written, **({"display": display} if display else {})}
    inside = {"contained": list(contained)} if contained else {}
    return order(medicationCodeableConcept=None, medicationReference=reference, **inside, **changes)


KADCYLA_ALONE = {"text": "Kadcyla"}
"""A name without a route, which counts as well."""


@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        pytest.param(concept(coding(RXNORM, "1371046")), ("settled", "kadcyla"), id="RxNorm of the brand (AE-IG)"),
        pytest.param(concept(coding(RXNORM, "1658084")), ("settled", "kadcyla"), id="RxNorm of the vial (Synthea)"),
        pytest.param(concept(coding(RXNORM, "1371041")), ("settled", "kadcyla"), id="RxNorm of the ingredient"),
        pytest.param(concept(coding(ATC, "L01FD04")), ("settled", "enhertu"), id="ATC"),
        pytest.param(
            concept(coding("http://fhir.de/CodeSystem/bfarm/atc", "L01FD03")), ("settled", "kadcyla"), id="German ATC"
        ),
        pytest.param(
            concept(coding(RXNORM, "2119714", "5 ML hyaluronidase-oysk 2000 UNT/ML / trastuzumab 120 MG/ML Injection")),
            ("settled", "hylecta"),
            id="Hylecta as Synthea writes it",
        ),
        pytest.param(
            concept(text="ADO-TRASTUZUMAB EMTANSINE (KADCYLA) CHEMO IV ORDERABLE"),
            ("settled", "kadcyla"),
            id="Epic, text",
        ),
        pytest.param(
            concept(text="ADO-TRASTUZUMAB EMTANSINE 20 MG/ML IV (WRAPPED WET SOLR VIAL)"),
            ("settled", "kadcyla"),
            id="Epic, wrapped vial",
        ),
        pytest.param(concept(text="fam-trastuzumab deruxtecan-nxki"), ("settled", "enhertu"), id="generic name"),
        pytest.param(
            concept(coding("https://nhi.example.tw", "KC00949255", "KADCYLA 100MG")),
            ("settled", "kadcyla"),
            id="a national code with a display (Taiwan)",
        ),
        pytest.param(
            {"coding": coding(RXNORM, "1371046"), "text": None}, ("settled", "kadcyla"), id="coding sent as an object"
        ),
        pytest.param(coding(RXNORM, "1371046", "Kadcyla"), ("settled", "kadcyla"), id="a Coding for the concept"),
        pytest.param([KADCYLA], ("settled", "kadcyla"), id="the concept sent as an array"),
        pytest.param(
            concept(
                *(coding(ATC, "L01FD"), *(coding(RXNORM, str(n)) for n in range(1, 20)), coding(RXNORM, "1658091"))
            ),
            ("settled", "kadcyla"),
            id="the right one of twenty codings",
        ),
        pytest.param(
            concept(coding(RXNORM, "1371046"), coding(RXNORM, "2267576")),
            ("conflict", "enhertu,kadcyla"),
            id="two codings that disagree",
        ),
        pytest.param(
            concept(coding(RXNORM, "224905", "Trastuzumab"), text="Kadcyla"),
            ("conflict", "kadcyla,trastuzumab"),
            id="coding and text disagree",
        ),
        pytest.param(concept(coding(RXNORM, "860195")), ("unknown", ""), id="another drug (CRD RI)"),
        pytest.param(concept(text="Amoxicillin 500 mg tablet"), ("unknown", ""), id="another drug, text"),
        pytest.param({}, ("unknown", ""), id="no drug"),
        pytest.param({"coding": [None, 5], "text": 7}, ("unknown", ""), id="junk"),
    ],
)
@pytest.mark.parametrize("place", ["on the order", "contained", "in the session"])
def test_the_drug_is_found(drug: Any, expected: tuple[str, str], place: str) -> None:
    if place == "on the order":
        found = read_order(order(drug=drug))
    elif isinstance(drug, list):
        return
    elif place == "contained":
        found = read_order(referring("#med-1", {**medication(), "code": drug}))
    else:
        found = read_order(referring("Medication/med-1"), {**medication(), "code": drug})
    assert drug_of(found) == expected


@pytest.mark.parametrize(
    ("ingredients", "expected"),
    [
        pytest.param(
            [concept(coding(RXNORM, "1371041", "ado-trastuzumab emtansine")), concept(text="Sodium chloride 0.9%")],
            ("settled", "kadcyla"),
            id="the drug and its diluent",
        ),
        pytest.param(
            [concept(text="Dextrose 5% in Water"), concept(text="fam-trastuzumab deruxtecan")],
            ("settled", "enhertu"),
            id="the diluent first",
        ),
        pytest.param(
            [concept(coding(RXNORM, "224905")), concept(coding(RXNORM, "1298944"))],
            ("settled", "phesgo"),
            id="ingredients of a combination add up",
        ),
        pytest.param(
            [concept(text="trastuzumab"), concept(text="hyaluronidase-oysk")],
            ("settled", "hylecta"),
            id="the antibody and its enzyme",
        ),
        pytest.param(
            [concept(text="trastuzumab"), concept(text="vedotin")],
            ("ambiguous", "trastuzumab"),
            id="the antibody and another payload",
        ),
        pytest.param([concept(coding(UNII, "SE2KH7T06F"))], ("settled", "kadcyla"), id="a substance by its UNII"),
        pytest.param(
            [concept(coding(UNII, "K16AIQ8CTM")), concept(coding(UNII, "P188ANX8CK"))],
            ("settled", "phesgo"),
            id="the substances of a combination by UNII",
        ),
        pytest.param([concept(text="Dextrose 5% in Water")], ("unknown", ""), id="the diluent alone"),
        pytest.param([None, {"itemReference": {"display": "Kadcyla"}}], ("settled", "kadcyla"), id="by display"),
    ],
)
def test_ingredients_identify_the_drug(ingredients: list[Any], expected: tuple[str, str]) -> None:
    listed = [
        each if each is None or "itemReference" in each else {"itemCodeableConcept": each} for each in ingredients
    ]
    assert drug_of(read_order(referring("#med-1", medication(ingredient=listed)))) == expected
    if len(listed) == 1:
        one = medication(ingredient=listed[0])
        assert drug_of(read_order(referring("#med-1", one))) == expected


@pytest.mark.parametrize("antibody", [coding(RXNORM, "224905"), coding(UNII, "P188ANX8CK")])
def test_code_and_ingredient_that_disagree_are_a_conflict(antibody: Json) -> None:
    mixed = medication(text="Kadcyla", ingredient=[{"itemCodeableConcept": concept(antibody)}])
    assert drug_of(read_order(referring("#med-1", mixed))) == ("conflict", "kadcyla,trastuzumab")


def _made_of(name: str, *parts: str, kind: str = "Medication", code: str = "") -> Json:
    """Return a contained resource that consists of others."""
    item = "itemReference" if kind == "Medication" else "substanceReference"
    listed = [{item: {"reference": f"#{part}"}} for part in parts]
    return {"resourceType": kind, "id": name, **({"code": {"text": code}} if code else {}), "ingredient": listed}


def test_the_ingredients_of_ingredients_identify_the_drug() -> None:
    drug = {"substanceCodeableConcept": {"text": "Trastuzumab emtansine"}}
    mixture = {"resourceType": "Substance", "id": "inner", "code": {"text": "Mixture"}, "ingredient": [drug]}
    sent = referring("#bag", _made_of("bag", "outer"), _made_of("outer", "inner", kind="Substance"), mixture)
    assert drug_of(read_order(sent)) == ("settled", "kadcyla")
    enhertu = referring("#bag", _made_of("bag", "inner", code="Enhertu"), mixture)
    assert drug_of(read_order(enhertu)) == ("conflict", "enhertu,kadcyla")


def test_a_medication_that_consists_of_itself_is_read_once() -> None:
    sent = referring(
        "#bag", _made_of("bag", *["bag", "other"] * 200, code="Kadcyla"), _made_of("other", *["bag"] * 200)
    )
    assert drug_of(read_order(sent)) == ("settled", "kadcyla")


def test_inactive_substances_by_unii_are_no_other_drug() -> None:
    listed = [
        {"itemCodeableConcept": concept(coding(UNII, code)), "isActive": is_active}
        for code, is_active in (("SE2KH7T06F", True), ("C151H8M554", False), ("7T1F30V5YH", False))
    ]
    assert drug_of(read_order(referring("#med-1", medication(text="Kadcyla", ingredient=listed)))) == (
        "settled",
        "kadcyla",
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        pytest.param("Medication/other", ["unresolved-drug"], id="not in the payload"),
        pytest.param("urn:uuid:nobody", ["unresolved-drug"], id="a urn that is nobody's"),
        pytest.param("#other", ["unresolved-drug"], id="contained nowhere"),
        pytest.param("", [], id="no reference"),
    ],
)
def test_a_drug_that_cannot_be_found_is_a_gap(written: str, reason: list[str]) -> None:
    found = read_order(referring(written))
    assert drug_of(found) == ("unknown", "")
    assert [gap.reason for gap in found.gaps] == reason


def test_the_display_of_a_reference_is_evidence_and_may_contradict() -> None:
    assert drug_of(read_order(referring("Medication/x", display="Kadcyla 100 mg vial"))) == ("settled", "kadcyla")
    beside = medication(coding(RXNORM, "2267576"))
    found = read_order(referring("Medication/med-1", display="Kadcyla"), beside)
    assert drug_of(found) == ("conflict", "enhertu,kadcyla")


@pytest.mark.parametrize("system", HCPCS_WRITTEN)
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_hcpcs_in_the_codings(system: Json, case: Any) -> None:
    if not system and case is str.lower:
        return  # without a system only the format of the code identifies it
    drug = concept(*KADCYLA["coding"], {**system, "code": case("J9308"), "display": "Pertuzumab"})
    found = read_order(order(drug=drug))
    assert [(billing.code, billing.pointer) for billing in found.billing] == [
        ("J9308", ("medicationCodeableConcept", "coding", 1))
    ]
    assert drug_of(found) == ("settled", "kadcyla"), "what a billing code is displayed as names no drug"


EXTENSIONS = [
    pytest.param({"valueCoding": coding(HCPCS, "J9308")}, ("valueCoding",), id="valueCoding"),
    pytest.param(
        {"valueCodeableConcept": concept(coding("x", "1"), coding(HCPCS, "J9308"))},
        ("valueCodeableConcept", "coding", 1),
        id="valueCodeableConcept",
    ),
    pytest.param(
        {"extension": [{"url": "units", "valueInteger": 1}, {"url": "code", "valueCoding": coding(HCPCS, "J9308")}]},
        ("extension", 1, "valueCoding"),
        id="nested",
    ),
    pytest.param(
        {"extension": {"url": "code", "valueCodeableConcept": {"coding": coding(HCPCS, "J9308")}}},
        ("extension", "valueCodeableConcept", "coding"),
        id="nested, objects for arrays",
    ),
    pytest.param({"valueCoding": {"code": "J9308"}}, ("valueCoding",), id="without a system"),
]


@pytest.mark.parametrize(("value", "way"), EXTENSIONS)
@pytest.mark.parametrize("place", ["order", "contained", "session", "service"])
def test_hcpcs_in_the_billing_options_extension(value: Json, way: tuple[Any, ...], place: str) -> None:
    carrier = {**copy.deepcopy(KADCYLA), "extension": [{"url": "http://x"}, {"url": BILLING_OPTIONS, **value}]}
    if place == "order":
        resource, root = order(drug=carrier), ("medicationCodeableConcept", "extension", 1)
    elif place == "contained":
        resource = referring("#med-1", {"resourceType": "Patient", "id": "p"}, {**medication(), "code": carrier})
        root = ("contained", 1, "code", "extension", 1)
    elif place == "session":
        resource, root = referring("Medication/med-1"), ()
    else:
        (billing,) = service_billing({"resourceType": "ServiceRequest", "id": "s", "code": carrier}, "x")
        assert (billing.code, billing.pointer, billing.on_the_order) == ("J9308", ("code", "extension", 1, *way), False)
        return
    found = read_order(resource, {**medication(), "code": carrier})
    expected = (*root, *way) if root else ()
    assert [(billing.code, billing.pointer) for billing in found.billing] == [("J9308", expected)]
    if root:
        node: Any = resource
        for step in expected:
            node = node[step]
        assert node["code"] == "J9308"


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param({"url": BILLING_OPTIONS, "valueCoding": coding(SNOMED, "1")}, id="a code of another system"),
        pytest.param(
            {"url": "http://example.org/other", "valueCoding": {"code": "J9308"}}, id="no system in another extension"
        ),
        pytest.param({"url": "http://example.org/other", "valueString": "J9308"}, id="a text in another extension"),
        pytest.param({"url": BILLING_OPTIONS, "valueCoding": coding(HCPCS, "96413")}, id="a CPT code"),
        pytest.param({"url": BILLING_OPTIONS, "valueString": "buy and bill"}, id="a text without a code"),
        pytest.param({"url": BILLING_OPTIONS, "extension": 5}, id="junk"),
        pytest.param({"url": 5}, id="a url that is a number"),
        pytest.param(None, id="null"),
    ],
)
def test_a_text_that_is_not_a_billing_code_is_not_read_as_one(extension: Any) -> None:
    assert read_order(order(drug={**KADCYLA, "extension": [extension]})).billing == ()


@pytest.mark.parametrize("url", [BILLING_OPTIONS, "http://example.org/charge"])
@pytest.mark.parametrize(
    "way",
    [
        ("extension", 0),
        ("medicationCodeableConcept", "extension", 0),
        ("medicationCodeableConcept", "coding", 0, "extension", 0),
        ("dosageInstruction", 0, "extension", 0),
        ("dispenseRequest", "extension", 0),
    ],
)
def test_a_hcpcs_code_is_read_in_any_extension_of_the_order(way: tuple[Any, ...], url: str) -> None:
    resource = copy.deepcopy({"dispenseRequest": {}, **order(drug=KADCYLA)})
    extended: Any = resource
    for step in way[:-2]:
        extended = extended[step]
    extended["extension"] = [{"url": url, "valueCodeableConcept": {"coding": [coding(HCPCS, "J9358")]}}]
    expected = (*way, "valueCodeableConcept", "coding", 0)
    assert [(each.code, each.pointer) for each in read_order(resource).billing] == [("J9358", expected)]


@pytest.mark.parametrize("drug", [concept(text="Paclitaxel 130 mg"), {}])
def test_a_hcpcs_code_beside_the_drug_does_not_say_which_drug_it_is(drug: Json) -> None:
    charged = {"url": "http://example.org/charge", "valueCoding": coding(HCPCS, "J9354")}
    found = read_order({**order(drug=drug), "extension": [charged]})
    assert [(each.code, each.beside_drug) for each in found.billing] == [("J9354", True)]
    assert drug_of(found) == ("unknown", "")


@pytest.mark.parametrize("said", [{"valueString": "Bill as J9358-JZ"}, {"valueCode": "J9358"}])
def test_a_text_in_an_extension_named_for_billing_is_read(said: Json) -> None:
    resource = {**order(drug=KADCYLA), "extension": [{"url": "http://example.org/hcpcs-code", **said}]}
    ((code, pointer),) = [(each.code, each.pointer) for each in read_order(resource).billing]
    assert (code, pointer) == ("J9358", ())


def test_a_hcpcs_code_among_the_categories_of_an_order_is_read() -> None:
    listed = [
        concept(coding("http://example.org/place", "outpatient")),
        concept(coding("x", "1"), coding(HCPCS, "J9358")),
    ]
    found = read_order(order(drug=KADCYLA, category=listed))
    assert [(each.code, each.pointer) for each in found.billing] == [("J9358", ("category", 1, "coding", 1))]


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        pytest.param("Bill J9358, 252 units", ["J9358"], id="billed"),
        pytest.param("J9358 infuse over 90 minutes", ["J9358"], id="at the beginning"),
        pytest.param("HCPCS code: J9358-JZ", ["J9358"], id="with a modifier"),
        pytest.param("Give after pertuzumab (J9306)", [], id="of a drug beside it"),
        pytest.param("Bill J9354, and J9306 for pertuzumab", [], id="of several drugs"),
        pytest.param("Approved 2026-11-01, no code needed", [], id="none"),
        pytest.param("Billing code J9355 was denied, now on T-DM1", [], id="of a former drug"),
        pytest.param("Claim for J9355 pending", [], id="of a claim"),
    ],
)
def test_a_code_that_words_say_is_billed_is_read(written: str, codes: list[str]) -> None:
    in_note = read_order(order(drug=KADCYLA, note=[{"text": written}]))
    assert [each.code for each in in_note.billing] == codes
    in_instruction = read_order(order(dosage(text=written), drug=KADCYLA))
    assert [(each.code, each.on_the_order) for each in in_instruction.billing] == [(code, False) for code in codes]


OF_ENHERTU = coding(NDC, "65597-0406-01")
AS_IDENTIFIER = [{"system": "urn:x", "value": "1"}, {"system": NDC, "value": "65597-0406-01"}]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(order(extension=[{"url": "http://x", "valueCoding": OF_ENHERTU}]), id="an extension"),
        pytest.param(
            order(dispenseRequest={"extension": [{"url": "http://x", "valueCodeableConcept": concept(OF_ENHERTU)}]}),
            id="an extension of what is dispensed",
        ),
        pytest.param(
            order(extension=[{"url": "http://x/NDC-11", "valueString": "65597040601"}]), id="a text named for it"
        ),
        pytest.param(
            order(extension=[{"url": "http://x", "extension": [{"url": "ndc", "valueString": "65597-0406-01"}]}]),
            id="a text named for it, nested",
        ),
        pytest.param(
            order(drug={**KADCYLA, "extension": [{"url": "http://x", "valueCoding": OF_ENHERTU}]}), id="of the drug"
        ),
        pytest.param(referring("#med-1", medication(text="Kadcyla", identifier=AS_IDENTIFIER)), id="of the Medication"),
        pytest.param(
            order(
                medicationCodeableConcept=None,
                medicationReference={"display": "Kadcyla", "identifier": AS_IDENTIFIER[1]},
            ),
            id="of the reference",
        ),
    ],
)
def test_a_package_code_beside_the_drug_is_read(sent: Json) -> None:
    found = read_order(sent)
    assert [(each.text, each.pointer) for each in found.ndcs] in (
        [("65597-0406-01", ())],
        [("65597040601", ())],
    )
    assert drug_of(found) == ("settled", "kadcyla")
    assert "ndc-mismatch" in topics(sent)


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param(
            {"url": "http://x", "valueCoding": {"system": "urn:policy", "code": "65597-0406-01"}}, id="a number"
        ),
        pytest.param({"url": "http://foundcare", "valueString": "65597-0406-01"}, id="another text"),
        pytest.param({"url": "http://x/ndc", "valueString": 5}, id="junk"),
    ],
)
def test_a_number_that_nothing_calls_an_ndc_is_none(extension: Json) -> None:
    assert read_order(order(extension=[extension])).ndcs == ()


def test_a_hcpcs_code_in_an_extension_of_a_separate_medication_is_read() -> None:
    charged = {"url": "http://example.org/charge", "valueCoding": coding(HCPCS, "J9358")}
    found = read_order(referring("Medication/med-1"), {**medication(), "extension": [charged]})
    assert [(each.code, each.pointer) for each in found.billing] == [("J9358", ())]


@pytest.mark.parametrize("code", ["96413", "96415", "96413-59", "0001F", ""])
def test_an_administration_code_is_not_a_drug_code(code: str) -> None:
    """96413 is CPT, which calls itself HCPCS level I: right on the administration, no word about the drug."""
    service = {"resourceType": "ServiceRequest", "id": "s", "code": concept(coding(HCPCS, code))}
    assert service_billing(service, "x") == []
    assert read_order(order(drug=concept(*KADCYLA["coding"], coding(HCPCS, code)))).billing == ()


@pytest.mark.parametrize(
    ("system", "code", "read"),
    [
        pytest.param(HCPCS, "J9308-JZ", ("J9308", "-JZ"), id="a modifier after a hyphen"),
        pytest.param(HCPCS, "J9308 - per 5 mg", ("J9308", ""), id="with its unit in words"),
        pytest.param(HCPCS, "J9308JZ", ("J9308", "JZ"), id="a modifier attached"),
        pytest.param(HCPCS, "J9308 JW", ("J9308", " JW"), id="a modifier after a blank"),
        pytest.param(HCPCS, "j9308:tb:jz", ("J9308", ":tb:jz"), id="two modifiers, in small letters"),
        pytest.param(HCPCS, "J 9308-JZ", ("J9308", "-JZ"), id="a blank in the code"),
        pytest.param(HCPCS, "HCPCS: J9308", ("J9308", ""), id="its system before the code"),
        pytest.param(HCPCS, '"J9308".', ("J9308", ""), id="marks around the code"),
        pytest.param(HCPCS, "\uff2a\uff19\uff13\uff10\uff18", ("J9308", ""), id="in fullwidth letters"),
        pytest.param(CPT, "J9308", ("J9308", ""), id="under the address of CPT"),
        pytest.param("urn:oid:2.16.840.1.113883.6.12", "J9308-JZ", ("J9308", "-JZ"), id="under the OID of CPT"),
        pytest.param("2.16.840.1.113883.6.285", "J9308", ("J9308", ""), id="under a bare OID"),
        pytest.param("https://hospital.example/charges", "J9308", ("J9308", ""), id="in a local system, by its shape"),
        pytest.param(HCPCS, "J93", ("J93", ""), id="an invalid code is kept as written, to be reported"),
    ],
)
def test_a_billing_code_is_read_with_what_is_attached(system: str, code: str, read: tuple[str, str]) -> None:
    found = read_order(order(drug=concept(*KADCYLA["coding"], coding(system, code)))).billing
    assert [(each.code, each.modifiers) for each in found] == [read]


@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        pytest.param(concept({"system": RXNORM, "code": 1371041}), "kadcyla", id="RxNorm as a number"),
        pytest.param(concept({"system": RXNORM, "code": Decimal(1371041)}), "kadcyla", id="RxNorm as a decimal"),
        pytest.param(concept(coding("http://snomed.info/sct", "702836004")), "kadcyla", id="SNOMED CT"),
        pytest.param(concept(coding("http://snomed.info/sct", "838469001")), "enhertu", id="SNOMED CT of T-DXd"),
        pytest.param(concept(coding(ATC, "L01XC14")), "kadcyla", id="ATC until 2021"),
        pytest.param(concept(coding(ATC, "L01XC41")), "enhertu", id="ATC of T-DXd until 2021"),
        pytest.param(concept(coding(ATC, "l01 fd03")), "kadcyla", id="ATC in small letters with a blank"),
        pytest.param(concept(coding("urn:oid:1.2.276.0.76.5.999", "L01FD03")), "kadcyla", id="ATC by its shape"),
        pytest.param(concept(text="Chemo IVPB J9354"), "kadcyla", id="HCPCS in the text"),
        pytest.param(concept(text="RxNorm 1371041"), "kadcyla", id="RxNorm in the text"),
        pytest.param(concept(text="rxcui: 1371041"), "kadcyla", id="RxNorm in the text, by its other name"),
        pytest.param(concept(text="L01FD04 infusion"), "enhertu", id="ATC in the text"),
        pytest.param(concept(text="SNOMED CT 702836004"), "kadcyla", id="SNOMED CT in the text"),
        pytest.param(concept(text="vial NDC 50242-088-01"), "kadcyla", id="NDC in the text"),
        pytest.param(concept(text="order 1371041"), "", id="a bare number is not a code"),
        pytest.param(
            concept(coding("http://snomed.info/sct", "704226002")), "kadcyla,pertuzumab", id="filed under two drugs"
        ),
    ],
)
def test_codes_are_read_wherever_and_however_they_stand(drug: Json, expected: str) -> None:
    assert drug_of(read_order(order(drug=drug)))[1] == expected


@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        pytest.param(
            {"system": HCPCS, "code": "J9355", "display": "Inj trastuzumab excl biosimi"}, "trastuzumab", id="J"
        ),
        pytest.param({"system": HCPCS, "code": "J9358", "display": "Inj fam-trastu deru-nxki 1mg"}, "enhertu", id="D"),
        pytest.param({"system": HCPCS, "code": "C9292"}, "pertuzumab", id="a retired code alone"),
        pytest.param({"system": NDC, "code": "50242-132-01", "display": "HERCEPTIN VL 150"}, "trastuzumab", id="NDC"),
        pytest.param(
            {"system": HCPCS, "code": "J9355", "display": "trastuzumab vedotin"}, "trastuzumab", id="another payload"
        ),
    ],
)
def test_the_descriptor_of_a_billing_code_is_read_for_what_it_names(drug: Json, expected: str) -> None:
    standing, product = drug_of(read_order(order(drug=concept(drug))))
    assert product == expected
    assert (standing == "settled") == ("vedotin" not in str(drug))


def test_a_billing_code_in_the_words_of_a_service_is_read() -> None:
    service = {"resourceType": "ServiceRequest", "id": "s", "code": {"text": "Bill J9308-JZ for the infusion"}}
    assert [(each.code, each.pointer) for each in service_billing(service, "x")] == [("J9308", ())]


def test_billing_codes_identify_an_order_that_names_no_drug() -> None:
    assert drug_of(read_order(order(drug=concept(coding(HCPCS, "J9354"))))) == ("settled", "kadcyla")
    named = read_order(order(drug=concept({"system": HCPCS, "code": "J0000", "display": "Kadcyla, 1 mg"})))
    assert drug_of(named) == ("settled", "kadcyla"), "their display does when nothing else names one"


J9358 = coding(HCPCS, "J9358")
KADCYLA_NDC = coding(NDC, "50242-088-01")


@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        # Nothing else, or only what names no drug: the billing code says it.
        pytest.param(concept(J9358), ("settled", "enhertu"), id="no words"),
        pytest.param(concept(J9358, text="CHEMOTHERAPY INFUSION"), ("settled", "enhertu"), id="words of no drug"),
        pytest.param(concept(J9358, text="Onkologische Infusion"), ("settled", "enhertu"), id="words in German"),
        pytest.param(concept(J9358, text="\u5316\u7597"), ("settled", "enhertu"), id="words in Chinese"),
        pytest.param(concept(J9358, coding(ATC, "L01FD")), ("settled", "enhertu"), id="the ATC group of HER2 drugs"),
        pytest.param(concept(J9358, coding(ATC, "B05BB01")), ("settled", "enhertu"), id="the ATC code of a fluid"),
        pytest.param(concept(J9358, coding("urn:local", "774")), ("settled", "enhertu"), id="a local code"),
        # Another drug by name or clinical code: the order is for that drug, and out of scope.
        pytest.param(concept(J9358, text="Paclitaxel 175 mg/m2"), ("unknown", ""), id="paclitaxel"),
        pytest.param(concept(J9358, text="nab-Paclitaxel (ABRAXANE)"), ("unknown", ""), id="a brand"),
        pytest.param(concept(J9358, text="docetaxelum 20 mg/ml"), ("unknown", ""), id="the Latin name"),
        pytest.param(
            concept(J9358, text="\u0414\u043e\u0446\u0435\u0442\u0430\u043a\u0441\u0435\u043b"),
            ("unknown", ""),
            id="Cyrillic",
        ),
        pytest.param(concept(J9358, text="Ondansetron 8 mg frobnitz"), ("unknown", ""), id="and a word not known"),
        pytest.param(concept(J9358, coding(RXNORM, "56946")), ("unknown", ""), id="RxNorm of paclitaxel"),
        pytest.param(concept(J9358, coding(SNOMED, "387374002"), text="Chemo"), ("unknown", ""), id="SNOMED CT of it"),
        pytest.param(concept(J9358, coding(ATC, "L01CD01")), ("unknown", ""), id="ATC of it"),
        pytest.param(concept(J9358, coding(ATC, "A04A")), ("unknown", ""), id="the ATC group of antiemetics"),
        pytest.param(concept(coding(HCPCS, "C9302"), text="Taxol"), ("unknown", ""), id="a retired code"),
        pytest.param(concept(J9358, coding(HCPCS, "J9354"), text="Paclitaxel"), ("unknown", ""), id="two codes"),
        # A clinical code of another drug contradicts the name; one of its own group, or one not known, does not.
        pytest.param(
            concept(coding(ATC, "L01CD01"), text="Kadcyla"), ("conflict", "kadcyla"), id="name, ATC of another"
        ),
        pytest.param(concept(coding(ATC, "L01CD"), text="Kadcyla"), ("conflict", "kadcyla"), id="name, another group"),
        pytest.param(concept(coding(ATC, "L01FD"), text="Kadcyla"), ("settled", "kadcyla"), id="name, its own group"),
        pytest.param(concept(coding(ATC, "V07AB"), text="Kadcyla"), ("settled", "kadcyla"), id="name, a solvent"),
        pytest.param(concept(coding(ATC, "L01FD99"), text="Kadcyla"), ("settled", "kadcyla"), id="name, a new code"),
        # What is not understood is asked about.
        pytest.param(concept(J9358, text="Blorbex 100 mg"), ("ambiguous", "enhertu"), id="a word not known"),
        pytest.param(concept(J9358, text="Zelobelimab"), ("ambiguous", "enhertu"), id="an antibody not known"),
        pytest.param(concept(J9358, coding(RXNORM, "99999999")), ("ambiguous", "enhertu"), id="RxNorm not known"),
        pytest.param(concept(J9358, coding(ATC, "L01FD99")), ("ambiguous", "enhertu"), id="a new HER2 drug of ATC"),
        pytest.param(concept(J9358, text="Premed: dexamethasone"), ("ambiguous", "enhertu"), id="premedication"),
        pytest.param(
            concept({**J9358, "display": "Injection, paclitaxel, 1 mg"}), ("ambiguous", "enhertu"), id="its descriptor"
        ),
        # A package is what is dispensed: it contradicts the name of another drug.
        pytest.param(concept(KADCYLA_NDC, text="Paclitaxel"), ("conflict", "kadcyla"), id="NDC, paclitaxel"),
        pytest.param(concept(KADCYLA_NDC, coding(ATC, "L01CD01")), ("conflict", "kadcyla"), id="NDC, ATC of it"),
        pytest.param(concept(KADCYLA_NDC, text="Zelobelimab"), ("conflict", "kadcyla"), id="NDC, like a drug's name"),
        pytest.param(concept({**KADCYLA_NDC, "display": "Taxol vial"}), ("conflict", "kadcyla"), id="NDC's descriptor"),
        pytest.param(concept(KADCYLA_NDC, text="Ward 7b mix"), ("settled", "kadcyla"), id="NDC, a word not known"),
        pytest.param(
            concept(KADCYLA_NDC, text="Sodium chloride 0.9 % 250 mL"), ("settled", "kadcyla"), id="NDC, a fluid"
        ),
        pytest.param(concept(KADCYLA_NDC, J9358, text="Infusion"), ("settled", "kadcyla"), id="NDC before HCPCS"),
    ],
)
def test_what_a_billing_or_package_code_settles_beside_words_and_codes(drug: Json, expected: tuple[str, str]) -> None:
    assert drug_of(read_order(order(drug=drug))) == expected


@pytest.mark.parametrize(
    "written", ["50242-088-01", "50242-0088-01", "50242008801", "5024208801", "NDC 50242-088-01", "50242-088"]
)
def test_an_ndc_is_kept_as_written_and_identifies(written: str) -> None:
    found = read_order(order(drug=concept(coding(NDC, written))))
    assert [(ndc.text, ndc.pointer) for ndc in found.ndcs] == [(written, ("medicationCodeableConcept", "coding", 0))]
    assert drug_of(found) == ("settled", "kadcyla")


def test_a_contained_medication_by_ndc_is_found(  # the R4 core example of an antibody-drug conjugate
) -> None:
    found = read_order(referring("#med-1", medication(coding(NDC, "65597-406-01"))))
    assert drug_of(found) == ("settled", "enhertu")
    assert found.ndcs[0].pointer == ("contained", 0, "code", "coding", 0)


def test_contained_sent_as_an_object_keeps_its_path() -> None:
    resource = referring("#med-1")
    resource["contained"] = medication(coding(HCPCS, "J9354"))
    assert [billing.pointer for billing in read_order(resource).billing] == [("contained", "code", "coding", 0)]


@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        pytest.param(medication(ingredient=[]), ["500 mL"], id="no strength"),
        pytest.param(
            medication(
                text="Kadcyla 252 mg + Premix Sodium Chloride 0.9% 250 mL",
                ingredient=[
                    {
                        "itemCodeableConcept": concept(coding(RXNORM, "1371041")),
                        "strength": {"numerator": quantity(252, "mg"), "denominator": quantity(250, "mL")},
                    },
                    {
                        "itemCodeableConcept": concept(coding("urn:local", "2", "Sodium Chloride 0.9%")),
                        "strength": {"numerator": quantity(250, "mL"), "denominator": quantity(250, "mL")},
                    },
                ],
            ),
            ["504 mg"],
            id="the bag of Cerner: drug in a volume, and its diluent",
        ),
        pytest.param(
            medication(
                ingredient={"strength": {"numerator": quantity(1, "g"), "denominator": quantity(1, "L")}},
            ),
            ["500 mg"],
            id="grams in litres, ingredient sent as an object",
        ),
        pytest.param(
            medication(
                ingredient=[
                    {"strength": {"numerator": quantity(mass, "mg"), "denominator": quantity(250, "mL")}}
                    for mass in (252, 100)
                ]
            ),
            ["500 mL"],
            id="two ingredients in milligrams: nothing is computed",
        ),
        pytest.param(
            medication(ingredient=[{"strength": {"numerator": quantity(100, "mg"), "denominator": {"value": 1}}}]),
            ["500 mL"],
            id="milligrams in a vial",
        ),
        pytest.param(medication(ingredient=[{"strength": 5}, None]), ["500 mL"], id="junk"),
    ],
)
def test_the_strength_of_a_bag_turns_its_volume_into_drug(drug: Json, expected: list[str]) -> None:
    resource = referring("#med-1", drug, dosageInstruction=[dosage(dose_of(500, "mL"))])
    assert [dose.as_written for dose in read_order(resource).doses] == expected


def test_the_strength_in_a_name_is_not_a_dose() -> None:
    found = read_order(order(drug=concept(text="ado-trastuzumab emtansine 100 MG Injection"), dosageInstruction=None))
    assert (found.doses, found.text_doses) == ((), ())


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        pytest.param(concept(coding(SNOMED, "47625008")), "intravenous", id="intravenous route"),
        pytest.param(concept(coding(SNOMED, "255560000")), "intravenous", id="the older intravenous"),
        pytest.param(concept(coding(SNOMED, "34206005")), "subcutaneous", id="subcutaneous route"),
        pytest.param(concept(text="IV"), "intravenous", id="IV"),
        pytest.param(concept(coding("urn:local", "1", "Subcutaneous")), "subcutaneous", id="by display"),
        pytest.param(concept(text="oral"), "oral", id="oral"),
        pytest.param(concept(text="Intravenous drip via PICC"), "intravenous", id="words around it"),
        pytest.param(concept(text="i.v. Infusion"), "intravenous", id="with points"),
        pytest.param(concept(text="Infusion"), "intravenous", id="an infusion"),
        pytest.param(concept(text="subcutaneous infusion"), "subcutaneous", id="a subcutaneous infusion"),
        pytest.param(concept(text="voie sous-cutan\u00e9e"), "subcutaneous", id="French"),
        pytest.param(concept(text="dożylnie"), "intravenous", id="Polish"),
        pytest.param(concept(text="внутривенно"), "intravenous", id="Russian"),
        pytest.param(concept(coding("urn:local", "IVPUSH")), "intravenous", id="the code of a push"),
        pytest.param(concept(text="i.th."), "other", id="into the spinal canal, cut short"),
        pytest.param(concept(coding("urn:local", "IVINF")), "intravenous", id="a local code alone"),
        pytest.param(concept(text="rectal"), "other", id="another route"),
        pytest.param(concept(text="Intrathecal"), "other", id="intrathecal"),
        pytest.param(concept(coding(SNOMED, "78421000")), "other", id="intramuscular"),
        pytest.param(concept(coding(SNOMED, "47625008"), text="Intrathecal"), "other", id="the more harmful of two"),
        pytest.param("IV", "intravenous", id="a text for the concept"),
        pytest.param([concept(text="subcutaneous")], "subcutaneous", id="a list of concepts"),
        pytest.param(concept(coding("http://standardterms.edqm.eu", "20045000")), "intravenous", id="a code of EDQM"),
        pytest.param(concept(coding("http://ncimeta.nci.nih.gov", "C38299")), "subcutaneous", id="a code of the NCI"),
        pytest.param(None, None, id="not said"),
    ],
)
def test_route(route: Any, expected: str | None) -> None:
    assert read_order(order(dosage(route=route), drug=KADCYLA_ALONE)).route == expected


@pytest.mark.parametrize(
    ("route", "written"),
    [
        pytest.param(concept(text="per protocol"), "per protocol", id="no route"),
        pytest.param(concept(text="im Beutel"), "im Beutel", id="a word of another language"),
        pytest.param(
            concept(coding(SNOMED, "47625008"), text="Subcutaneous"), "Subcutaneous", id="code and text disagree"
        ),
        pytest.param(concept(text="IV or SC"), "IV or SC", id="two routes"),
        pytest.param(concept(coding("urn:local", "4711")), "4711", id="a code that is not known"),
    ],
)
def test_a_route_that_is_not_understood_is_kept_as_it_is_written(route: Any, written: str) -> None:
    found = read_order(order(dosage(route=route)))
    assert (found.route, found.route_written) == (None, written)


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ("252 mg IV over 90 minutes", "intravenous"),
        ("252 mg (3.6 mg/kg) SC every 3 weeks", "subcutaneous"),
        ("3.6 mg/kg intrathecally", "other"),
        ("252 mg in 250 mL saline", None),
        ("acetaminophen 650 mg PO, then 252 mg IV", "intravenous"),
        ("IV access before the dose of 252 mg", None),
        ("Give IM", "other"),
        ("252 mg IM every 3 weeks", "other"),
        ("administer i.m.", "other"),
        ("Route: IM. Freq: once.", "other"),
        ("s.c. alle 3 Wochen", "subcutaneous"),
        ("subcutaneous injection into the abdomen", "subcutaneous"),
        ("intramuscular cada 3 semanas", "other"),
        ("IV infusion over 30 min", "intravenous"),
        ("Give it over 30 min", None),
        ("252 mg im Beutel", None),
        ("im Rahmen der Studie", None),
        ("Give IM octreotide tomorrow", None),
    ],
)
def test_the_route_in_words_counts_where_no_field_names_one(instructions: str, expected: str | None) -> None:
    assert read_order(order(dosage(text=instructions, route=None), drug=KADCYLA_ALONE)).route == expected


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("Subcutaneous tissue of abdomen", "Subcutaneous tissue of abdomen"),
        ("intrathecal catheter", "intrathecal catheter"),
        ("Port-a-cath, right chest", ""),
        ("Implanted subcutaneous port", ""),
    ],
)
def test_a_site_that_is_given_to_by_another_route(site: str, expected: str) -> None:
    read = read_order(order(dosage(route={"text": "Intravenous"}, site={"text": site})))
    assert read.route_in_text == expected


@pytest.mark.parametrize(
    ("method", "route", "beside_iv"),
    [
        ("Subcutaneous injection", "subcutaneous", "Subcutaneous injection"),
        ("By mouth", "oral", "By mouth"),
        ("IV push", "intravenous", ""),
        ("Infusion", "intravenous", ""),
    ],
)
def test_a_method_that_is_a_route(method: str, route: str | None, beside_iv: str) -> None:
    assert read_order(order(dosage(method={"text": method}), drug=KADCYLA_ALONE)).route == route
    read = read_order(order(dosage(text="252 mg IV every 3 weeks", method={"text": method})))
    assert (read.route, read.route_in_text) == ("intravenous", beside_iv)


@pytest.mark.parametrize(
    ("name", "alone", "beside_iv"),
    [
        ("Kadcyla SC", "subcutaneous", "Kadcyla SC"),
        ("KADCYLA subcutaneous injection", "subcutaneous", "KADCYLA subcutaneous injection"),
        ("ado-trastuzumab emtansine (KADCYLA) IV", "intravenous", ""),
        ("Kadcyla IV intrathecal", None, "Kadcyla IV intrathecal"),
        ("KADCYLA PO LIOF 100MG FA", None, ""),
        ("KADCYLA 160 mg pó p/ conc p/ sol p/ perf", None, ""),
        ("Kadcyla PO", "oral", ""),
        ("Kadcyla IV or SC", None, ""),
        ("Kadcyla 160 mg", None, ""),
    ],
)
def test_the_route_in_the_name_of_a_drug(name: str, alone: str | None, beside_iv: str) -> None:
    assert read_order(order(drug={"text": name})).route == alone
    stated = read_order(order(dosage(route={"text": "Intravenous"}), drug={"text": name}))
    assert (stated.route, stated.route_in_text) == ("intravenous", beside_iv)


@pytest.mark.parametrize(
    "words",
    [
        {"text": "252 mg IV every 3 weeks. SC"},
        {"text": "252 mg IV every 3 weeks", "patientInstruction": "SC"},
        {"text": "252 mg IV every 3 weeks", "additionalInstruction": [{"text": "Give SC"}]},
    ],
)
def test_two_routes_in_the_words_of_an_instruction_are_told(words: dict[str, Any]) -> None:
    read = read_order(order(dosage(**words)))
    assert (read.route, read.route_in_text) == ("intravenous", "sc")


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("give IM", "other"),
        ("Give subcutaneously", "subcutaneous"),
        ("Give IV via port", "intravenous"),
        ("Patient on SC heparin", None),
        ("SC heparin", None),
        ("give SC Xgeva today", None),
        ("IV fluids running", None),
        ("give SC in the abdomen", "subcutaneous"),
        ("Neulasta 6 mg SC tomorrow", None),
    ],
)
def test_the_route_of_a_note_counts_where_the_order_names_none(note: str, expected: str | None) -> None:
    assert read_order(order(dosage(route=None), drug=KADCYLA_ALONE, note=[{"text": note}])).route == expected


@pytest.mark.parametrize(
    ("changes", "is_order"),
    [
        pytest.param({}, True, id="draft"),
        pytest.param({"status": "active"}, True, id="active"),
        pytest.param({"status": "on-hold"}, True, id="on hold"),
        pytest.param({"status": None}, True, id="no status"),
        pytest.param({"status": "cancelled"}, False, id="cancelled"),
        pytest.param({"status": "entered-in-error "}, False, id="entered in error, with a blank"),
        pytest.param({"status": "stopped"}, False, id="stopped"),
        pytest.param({"status": "completed"}, False, id="completed"),
        pytest.param({"doNotPerform": True}, False, id="not to be done"),
        pytest.param({"doNotPerform": False}, True, id="to be done"),
    ],
)
def test_what_is_an_order(changes: Json, is_order: bool) -> None:  # noqa: FBT001 - a column
    assert medication_reader().is_order(order(**changes)) is is_order


@pytest.mark.parametrize(
    ("intent", "tentative"),
    [("order", False), ("proposal", True), ("plan ", True), ("original-order", False), (None, False), (5, False)],
)
def test_an_order_with_intent_proposal_is_tentative(intent: Any, tentative: bool) -> None:  # noqa: FBT001 - a column
    assert read_order(order(intent=intent)).tentative is tentative


def test_an_order_knows_where_it_came_from() -> None:
    assert read_order(order()).origin.reference == "MedicationRequest/order-1"
    assert read_order(order(id=None)).origin.reference == ""
    assert read_order(order(id="draft\u2011rx\u20111")).origin.reference == "MedicationRequest/draft\u2011rx\u20111"
    assert read_order(order(id=5)).origin.path == "x"


def test_an_order_without_dosage_has_no_dose() -> None:
    found = read_order(order(drug=KADCYLA_ALONE, dosageInstruction=None))
    assert (found.doses, found.text_doses, found.interval_days, found.route, found.start) == ((), (), None, None, None)


def reasons(resource: Json, *beside: Json, is_of_patient: bool = True) -> list[tuple[str, str]]:
    references = References()
    for each in beside:
        references.add(each)
    reader = medication_reader()
    ordered, alike = reader.read(resource, "x", references), reader.read(resource, "entry[12].resource", references)
    found = reader.with_reasons(ordered, resource, references, lambda _: is_of_patient)
    if has_reasons_of(resource, resource):
        again = reader.with_reasons(alike, resource, references, lambda _: is_of_patient)
        assert with_reasons_of(alike, found) == again
    return [(diagnosis.cancer, diagnosis.label) for diagnosis in found.reasons]


CANCER = condition("cancer-1", coding(ICD10, "C16.0"), text="Gastric cancer")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"reasonCode": [concept(coding(ICD10, "C50.911"))]}, [("breast", "C50.911")], id="a code without words"
        ),
        pytest.param({"reasonCode": concept(text="Breast cancer")}, [("breast", "Breast cancer")], id="an object"),
        pytest.param({"reasonCode": [concept(text="Nausea"), None]}, [], id="another reason"),
        pytest.param(
            {"reasonReference": [{"reference": "Condition/cancer-1"}]},
            [("gastric", "Gastric cancer")],
            id="a reference",
        ),
        pytest.param(
            {"reasonReference": {"reference": "#inside"}, "contained": [{**CANCER, "id": "inside"}]},
            [("gastric", "Gastric cancer")],
            id="contained",
        ),
        pytest.param(
            {"reasonReference": [{"reference": "Condition/other"}, "x", None]}, [], id="a reference to nobody"
        ),
    ],
)
def test_reasons(changes: Json, expected: list[tuple[str, str]]) -> None:
    assert reasons(order(**changes), CANCER) == expected


def test_a_condition_of_another_patient_is_not_a_reason() -> None:
    resource = order(reasonReference=[{"reference": "Condition/cancer-1"}])
    assert reasons(resource, CANCER, is_of_patient=False) == []


def test_a_refuted_condition_is_not_a_reason() -> None:
    resource = order(reasonReference=[{"reference": "Condition/cancer-1"}])
    assert reasons(resource, {**CANCER, "verificationStatus": "refuted"}) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"basedOn": [{"reference": "MedicationRequest/order-1"}]}, {"MedicationRequest/order-1"}, id="based"
        ),
        pytest.param(
            {"supportingInfo": {"reference": "https://ehr.example.org/fhir/MedicationRequest/order-1"}},
            {"MedicationRequest/order-1"},
            id="supporting, absolute, an object",
        ),
        pytest.param({"basedOn": [{"reference": "urn:uuid:o"}]}, {"MedicationRequest/order-1"}, id="by fullUrl"),
        pytest.param({"basedOn": [{"reference": "CarePlan/1"}, None]}, set(), id="something else"),
        pytest.param({"basedOn": [{"reference": "urn:uuid:nobody"}]}, set(), id="a fullUrl that is nobody's"),
        pytest.param({}, set(), id="nothing"),
    ],
)
def test_orders_served(changes: Json, expected: set[str]) -> None:
    references = References()
    references.add(order(), "urn:uuid:o")
    assert orders_served({"resourceType": "ServiceRequest", **changes}, references) == expected


def test_local_codes_of_drugs_and_ingredients_are_read_as_the_codes_they_map_to() -> None:
    code_map = CodeMap({("urn:local", "TDM1"): (Coding("rxnorm", "1371041", ""),)})
    reader = MedicationReader(ConditionReader(TERMINOLOGY), code_map)
    local = concept(coding("urn:local", "TDM1"))
    bag = medication(ingredient=[{"itemCodeableConcept": local}])
    for resource in (order(drug=local), referring("#med-1", bag)):
        assert drug_of(reader.read(resource, "x", References())) == ("settled", "kadcyla")


def test_the_dose_and_drug_of_an_order_are_read_together() -> None:
    found = read_order(order(dosage(dose_of(Decimal("3.6"), "mg/kg"), text="3.6 mg/kg q21d")))
    assert [str(dose.unit) for dose in found.doses] == ["mg/kg"]
    assert found.interval_days == Decimal(21)
    assert [str(dose) for dose in found.text_doses] == ["3.6 mg/kg"]
