"""Whole requests in the wording of EHRs, laboratories and pharmacies, each with the exact set of its topics."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from shapes import (
    ICD10,
    SNOMED,
    Json,
    bundle,
    cards,
    chart,
    coding,
    concept,
    condition,
    observation,
    order,
    quantity,
    topics,
)
from test_practice_orders import (
    LUNG,
    METASTATIC,
    active,
    cancer,
    case,
    count,
    course,
    drug,
    hearts,
    her2,
    lab,
    labs,
    on,
)


def routed(name: str, mg: int, route: Any) -> Json:
    return drug(name, mg, route=route)


def ast(value: int, system: str) -> Json:
    return observation(
        "1920-8",
        "ast-1",
        code={"coding": [coding(system, "1920-8")] if system else [{"code": "1920-8"}]},
        valueQuantity=quantity(value, "U/L"),
        referenceRange=[{"high": quantity(40, "U/L")}],
    )


def suspected(text: str, status: str = "provisional", **changes: Any) -> Json:
    verification = {"verificationStatus": {"coding": [{"code": status}]}}
    return cancer(*changes.pop("codings", ()), text=text, name="problem-1", **verification, **changes)


def reported(conclusion: str, **changes: Any) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": "report-1",
        "status": "final",
        "code": concept(text="Report"),
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": on(5),
        "conclusion": conclusion,
        **changes,
    }


def concluded(code: Json) -> Json:
    return reported("See codes.", conclusionCode=[concept(code)])


LOCAL = "urn:oid:2.16.840.1.113883.3.9999.7"
ILD = coding("http://hl7.org/fhir/sid/icd-10-cm", "J84.9")
CASES = [
    case("a lot number with its sign", (), (drug("Kadcyla 100 mg n° lot 3456A", 252),)),
    case("premedication named as such", (), (drug("Kadcyla; premed: dexamethasone 8 mg, ondansetron", 252),)),
    case("a payload behind it", ("drug-ambiguous",), (drug("trastuzumab premed: vedotin", 420),)),
    case("a day of a cycle in French", (), (drug("Kadcyla J1 d'un cycle de 21 jours", 252),)),
    case(
        "two bags that say so in the drug's text",
        (),
        (drug("Kadcyla bag 1 of 2", 160), drug("Kadcyla bag 2 of 2", 92, identifier="order-2")),
    ),
    case(
        "the same where they do not",
        ("dose-not-a-level", "dose-wrong-for-indication", "duplicate-order"),
        (drug("Kadcyla", 160), drug("Kadcyla", 92, identifier="order-2")),
    ),
    case("a drip through a port", (), (routed("Kadcyla", 252, concept(text="IV drip via port")),)),
    case("into the spinal canal", ("route-wrong",), (routed("Kadcyla", 252, concept(text="Intrathecal")),)),
    case("a code for that", ("route-wrong",), (routed("Kadcyla", 252, concept(coding(SNOMED, "72607000"))),)),
    case("a route nobody knows", ("checks-incomplete",), (routed("Kadcyla", 252, concept(text="per protocol")),)),
    case("the route in the text alone", ("route-wrong",), (drug("Kadcyla", 252, text="252 mg SC every 3 weeks"),)),
    case("over an hour and a half", (), (drug("Kadcyla", 252, text="252 mg IV over 1.5 hours"),)),
    case(
        "AST under an address that is not LOINC's",
        ("checks-incomplete",),
        (drug("Kadcyla", 252),),
        labs=labs(ast=ast(24, "http://laboratory.example.org")),
    ),
    case("AST under no address", ("checks-incomplete",), (drug("Kadcyla", 252),), labs=labs(ast=ast(400, ""))),
    case(
        "an addendum with the FISH",
        (),
        (drug("Kadcyla", 252),),
        tumorMarkers=bundle(her2("HER2 IHC: Equivocal (2+). ADDENDUM 05/20/2026: FISH amplified, ratio 3.4")),
    ),
    case(
        "an addendum that takes it back",
        ("her2-missing",),
        (drug("Kadcyla", 252),),
        tumorMarkers=bundle(her2("HER2 3+. ADDENDUM: HER2 corrected to 1+")),
    ),
    case(
        "a synoptic report of ten lines",
        (),
        (drug("Kadcyla", 252),),
        tumorMarkers=bundle(
            her2(
                "ER Status: Negative (less than 1%)\nInternal control cells present and stain as expected\n"
                "PgR Status: Negative (less than 1%)\nHER2 (by immunohistochemistry): Positive (Score 3+)\n"
                "  Percentage of Cells with Uniform Intense Complete Membrane Staining: 90%\n"
                "Test Type: FDA cleared (test / vendor): Ventana PATHWAY\nPrimary Antibody: 4B5\n"
                "Ki-67 Percentage of Positive Nuclei: 60%\nPrimary Antibody: MIB-1\nImage Analysis: Not performed"
            )
        ),
    ),
    case(
        "a group 4 that the review by IHC made negative",
        ("her2-not-eligible",),
        (drug("Kadcyla", 252),),
        tumorMarkers=bundle(
            her2("2+"),
            her2("Group 4 (ratio 1.6, 4.7 copies); HER2 negative after additional IHC review", "ish", code="85318-4"),
        ),
    ),
    case(
        "the ISH in the note of a 2+",
        (),
        (drug("Kadcyla", 252),),
        tumorMarkers=bundle(her2("2+", note=[{"text": "HER2 FISH: amplified, ratio 4.1"}])),
    ),
    case(
        "a ratio with its word",
        (),
        (drug("Kadcyla", 252),),
        tumorMarkers=bundle(her2("2+"), her2("4.3 (amplified)", "ratio", code="49683-6")),
    ),
    *(
        case(
            f"a report whose conclusion has the code {code['code']}",
            expected,
            (drug("Kadcyla", 252),),
            tumorMarkers=bundle(her2("3+"), concluded(code)),
        )
        for code, expected in (
            (coding(SNOMED, "431396003", "HER2-negative carcinoma of breast"), ("checks-incomplete",)),
            (coding(ICD10, "Z17.32"), ("checks-incomplete",)),
            (coding(SNOMED, "427685000", "HER2-positive carcinoma of breast"), ()),
            (coding(SNOMED, "260385009", "Negative"), ()),
        )
    ),
    *(
        case(
            f"a report beside IHC 3+: {written}",
            expected,
            (drug("Kadcyla", 252),),
            tumorMarkers=bundle(her2("3+"), reported(written)),
        )
        for written, expected in (
            ("HER2: Score 1+ (negativ).", ("checks-incomplete",)),
            ("No HER2 amplification by FISH.", ("checks-incomplete",)),
            ("ER 3+, PR 2+, HER2 pending.", ()),
            ("HER2 controls: 0, 1+ and 3+ appropriate.", ()),
            ("HER2 positive control appropriate.", ()),
            ("HER2 result is in error, please disregard.", ("checks-incomplete",)),
        )
    ),
    *(
        case(
            f"a result under the local code {code} alone: {value}",
            expected,
            (drug("Kadcyla", 252),),
            tumorMarkers=bundle(her2("3+"), observation(code, system=LOCAL, valueString=value)),
        )
        for code, value, expected in (
            ("HER2IHC", "0", ("checks-incomplete",)),
            ("HER2IHC", "3+", ()),
            ("ERBB2FISH", "Not amplified", ("checks-incomplete",)),
            ("HER2MUT", "Not detected", ()),
        )
    ),
    *(
        case(
            f"an ejection fraction under the local code {code} alone",
            expected,
            (drug("Kadcyla", 252),),
            lvef=bundle(
                observation("10230-1", "lvef-1", valueQuantity=quantity(60, "%"), effectiveDateTime=on(40)),
                observation(code, "lvef-2", system=LOCAL, valueQuantity=quantity(42, "%")),
            ),
        )
        for code, expected in (("LVEF_ECHO", ("checks-incomplete",)), ("RVEF", ()))
    ),
    *(
        case(
            f"an ejection fraction in a text: {written}",
            expected,
            (drug("Kadcyla", 252),),
            lvef=hearts({"valueString": written}, 62),
        )
        for written, expected in (
            ("LVEF 57 % (prior 59 %)", ()),
            ("Normal LV size and function. LVEF 60%. Trace MR. No pericardial effusion. RV function is normal.", ()),
            ("LVEF 46 % (prior 62 %)", ("checks-incomplete", "lvef-overdue")),
            ("LVEF 55-", ("checks-incomplete", "lvef-overdue")),
        )
    ),
    *(
        case(
            f"a newer report that says: {written}",
            expected,
            (drug("Kadcyla", 252),),
            lvef=bundle(
                observation("10230-1", "lvef-2", valueQuantity=quantity(60, "%"), effectiveDateTime=on(40)),
                observation("10230-1", "lvef-1", valueQuantity=quantity(66, "%"), effectiveDateTime=on(300)),
                reported(written),
            ),
        )
        for written, expected in (
            ("LVEF 58 %, RVEF 45 %.", ()),
            ("LVEF 56 %.", ("checks-incomplete",)),
            ("LVEF 48 %.", ("checks-incomplete",)),
            ("Severely reduced LVEF.", ("checks-incomplete",)),
            ("Ejektionsfraktion 42 %.", ("checks-incomplete",)),
            ("LVEF hochgradig reduziert.", ("checks-incomplete",)),
            ("RVEF 35 %.", ()),
            ("LVEF preserved.", ()),
            ("LVEF could not be measured.", ()),
        )
    ),
    *(
        case(
            f"a report of several genes: {written}",
            expected,
            (drug("Enhertu", 378),),
            labs=labs(),
            conditions=bundle(LUNG),
            tumorMarkers=bundle(observation("42783-1", valueString=written)),
        )
        for written, expected in (
            ("EGFR, ALK, ROS1: negative. ERBB2: p.Y772_A775dup detected, VAF 21 %", ()),
            ("EGFR exon 20 insertion detected; ERBB2 wild type", ("erbb2-mutation-missing",)),
            ("EGFR exon 20 insertion", ("erbb2-mutation-missing",)),
        )
    ),
    *(
        case(
            f"lung disease that is {status}",
            ("checks-incomplete",),
            (drug("Kadcyla", 252),),
            conditions=bundle(METASTATIC, suspected("Interstitial lung disease", status, codings=(ILD,))),
        )
        for status in ("provisional", "differential", "unconfirmed")
    ),
    case(
        "lung disease that was suspected once",
        (),
        (drug("Kadcyla", 252),),
        conditions=bundle(
            METASTATIC,
            suspected("Interstitial lung disease", codings=(ILD,), clinicalStatus={"coding": [{"code": "resolved"}]}),
        ),
    ),
    *(
        case(
            f"lung disease that ended before it began during treatment: {min(ended)}",
            ("ild-active",),
            (drug("Kadcyla", 252),),
            administrations=bundle(*course("Kadcyla", 252, 21, 4)),
            conditions=bundle(
                METASTATIC,
                condition(
                    "problem-1", ILD, onsetDateTime=on(30), clinicalStatus=concept(coding("", "resolved")), **ended
                ),
            ),
        )
        for ended in ({"abatementDateTime": on(200)}, {"abatementPeriod": {"end": on(200)}})
    ),
    case(
        "lung disease that was ruled out",
        (),
        (drug("Kadcyla", 252),),
        conditions=bundle(METASTATIC, suspected("Interstitial lung disease", "refuted", codings=(ILD,))),
    ),
]


CASES += [
    case(
        f"problem in words alone: {written}",
        expected,
        (drug("Kadcyla", 252),),
        conditions=bundle(METASTATIC, condition("problem-1", text=written)),
    )
    for written, expected in (
        ("CHF, NYHA III", ("heart-failure-active",)),
        ("Herzinsuffizienz NYHA III", ("heart-failure-active",)),
        ("Heart failure education", ()),
        ("Pneumopathie interstitielle", ("ild-active",)),
        ("History of interstitial lung disease", ("ild-active",)),
        ("Suspected pneumonitis", ("checks-incomplete",)),
        ("Xyzal pneumonitis", ("checks-incomplete",)),
        ("No evidence of pneumonitis", ()),
        ("Embarazo de 12 semanas", ("pregnancy-positive",)),
    )
]
CASES += [
    case(
        f"active beside it: {written}",
        expected,
        (drug("Kadcyla", 252),),
        medications=bundle(active(written)),
    )
    for written, expected in (
        ("Doxorrubicina 50 mg", ("anthracycline-concurrent",)),
        ("épirubicine", ("anthracycline-concurrent",)),
        ("Itraconazol 100 mg Hartkapseln", ("cyp3a4-inhibitor",)),
        ("Ketoconazol Creme 20 mg/g", ()),
        ("clarithromycine 500 mg", ("cyp3a4-inhibitor",)),
        ("Paracetamol 1 g", ()),
    )
]
CASES += [
    case(
        f"whether the patient has died: {said}",
        expected,
        (drug("Kadcyla", 252),),
        patient={"resourceType": "Patient", "id": "pat-1", "gender": "female", "birthDate": "1960-05-02"} | said,
    )
    for said, expected in (
        ({"deceasedBoolean": "Y"}, ("checks-incomplete",)),
        ({"deceasedBoolean": 1}, ("checks-incomplete",)),
        ({"deceasedBoolean": "false"}, ()),
    )
]
EARLIER = {
    "ast": ("1920-8", 24, 300, 190, "U/L", 40),
    "platelets": ("777-3", 231, 20, 60, "10*3/uL", 400),
    "bilirubin": ("1975-2", Decimal("0.6"), Decimal("3.4"), Decimal("1.5"), "mg/dL", Decimal("1.2")),
}


def with_preliminary(name: str, value: Any, days: int = 0, **changes: Any) -> Json:
    """Build the laboratory results with a normal one of two days ago and a preliminary one of ``days`` ago."""
    code, normal, *_, unit, high = EARLIER[name]
    final = lab(code, "final-1", normal, unit, high) | {"effectiveDateTime": on(2)}
    newer = lab(code, "preliminary-1", value, unit, high) | {"effectiveDateTime": on(days), "status": "preliminary"}
    kept = {each: None for each in EARLIER if each == name}
    return bundle(*(entry["resource"] for entry in labs(**kept)["entry"]), final, newer | changes)


CASES += [
    *(
        case(
            f"a preliminary result on which the label acts: {name}",
            ("checks-incomplete",),
            (drug("Kadcyla", 252),),
            labs=with_preliminary(name, worse),
        )
        for name, (_, _, worse, *_) in EARLIER.items()
    ),
    *(
        case(
            f"a preliminary result on which it does not: {name}",
            (),
            (drug("Kadcyla", 252),),
            labs=with_preliminary(name, mild),
        )
        for name, (_, _, _, mild, *_) in EARLIER.items()
    ),
    case(
        "a preliminary result before the final one",
        (),
        (drug("Kadcyla", 252),),
        labs=with_preliminary("ast", 300, days=3),
    ),
    case(
        "a preliminary result of the time of the final one",
        (),
        (drug("Kadcyla", 252),),
        labs=with_preliminary("ast", 300, days=2),
    ),
    case(
        "a preliminary result dated after today",
        (),
        (drug("Kadcyla", 252),),
        labs=with_preliminary("ast", 300, days=-9),
    ),
    case(
        "a cancelled result",
        (),
        (drug("Kadcyla", 252),),
        labs=with_preliminary("platelets", 20, status="cancelled"),
    ),
    case(
        "a preliminary count of cells that the label does not ask for",
        (),
        (drug("Kadcyla", 252),),
        labs=labs(neutrophils=count("751-8", 0.2) | {"status": "preliminary"}),
    ),
    case(
        "a preliminary ejection fraction",
        ("checks-incomplete",),
        (drug("Kadcyla", 252),),
        lvef=bundle(
            observation("10230-1", "lvef-1", valueQuantity=quantity(60, "%"), effectiveDateTime=on(40)),
            observation("10230-1", "lvef-2", valueQuantity=quantity(38, "%"), status="preliminary"),
        ),
    ),
    *(
        case(
            f"a preliminary weight {sentence}",
            expected,
            (drug("Kadcyla", 252),),
            weight=bundle(
                observation("29463-7", "weight-1", valueQuantity=quantity(70, "kg"), effectiveDateTime=on(5)),
                observation(
                    "29463-7", "weight-2", valueQuantity=quantity(kg, "kg"), effectiveDateTime=on(0), **changes
                ),
            ),
        )
        for sentence, kg, expected, changes in (
            ("far from the last one", 50, ("checks-incomplete",), {"status": "preliminary"}),
            ("under the status registered", 50, ("checks-incomplete",), {"status": "registered"}),
            ("near the last one", 68, (), {"status": "preliminary"}),
            ("in error", 50, (), {"status": "entered-in-error"}),
        )
    ),
    case(
        "a result that is registered, with its value",
        ("checks-incomplete",),
        (drug("Kadcyla", 252),),
        labs=with_preliminary("ast", 300, status="registered"),
    ),
    case(
        "a result that is registered, without a value",
        (),
        (drug("Kadcyla", 252),),
        labs=with_preliminary("ast", 300, status="registered", valueQuantity=None),
    ),
    case(
        "a result that is a scan",
        ("checks-incomplete",),
        (drug("Kadcyla", 252),),
        labs=labs(ast=observation("1920-8", "ast-1", valueAttachment={"title": "AST.pdf"})),
    ),
]
YOUNG = {"resourceType": "Patient", "id": "pat-1", "gender": "female", "birthDate": "1990-05-02"}
CASES += [
    case(
        f"pregnancy test: {written}",
        expected,
        (drug("Kadcyla", 252),),
        patient=YOUNG,
        labs=labs(hcg=observation("2106-3", "hcg-1", valueString=written)),
    )
    for written, expected in (
        ("negativ", ()),
        ("Négatif", ()),
        ("Urine hCG: negative", ()),
        ("nicht nachgewiesen", ()),
        ("(-)", ()),
        ("POSITIVO", ("pregnancy-positive",)),
        ("dodatni", ("pregnancy-positive",)),
        ("negative for gonorrhea", ("checks-incomplete",)),
        ("positive / negative", ("checks-incomplete",)),
        ("not positive", ("checks-incomplete",)),
    )
]
CASES += [
    case(
        f"a preliminary pregnancy test after a negative one: {written}",
        expected,
        (drug("Kadcyla", 252),),
        patient=YOUNG,
        labs=bundle(
            *(entry["resource"] for entry in labs()["entry"]),
            observation("2106-3", "hcg-1", valueString="negative", effectiveDateTime=on(3)),
            observation("2106-3", "hcg-2", valueString=written, status="preliminary"),
        ),
    )
    for written, expected in (("positive", ("checks-incomplete",)), ("negative", ()))
]
LATER = {"effectiveDateTime": "2030-02-01"}
CASES += [
    case(
        "a future result does not hide the bad one of today",
        ("checks-incomplete", "liver-tests-hold"),
        (drug("Kadcyla", 252),),
        labs=labs(
            ast=lab("1920-8", "ast-1", 300, "U/L", 40),
            later={**lab("1920-8", "ast-2", 24, "U/L", 40), **LATER},
        ),
    ),
    case(
        "nor does a future ejection fraction stop a dose",
        ("checks-incomplete",),
        (drug("Kadcyla", 252),),
        lvef=bundle(
            observation("10230-1", "lvef-1", valueQuantity=quantity(60, "%")),
            observation("10230-1", "lvef-2", valueQuantity=quantity(38, "%"), **LATER),
        ),
    ),
]


@pytest.mark.parametrize(("entries", "changes", "expected"), CASES)
def test_exactly_these_cards(entries: tuple[Json, ...], changes: dict[str, Any], expected: list[str]) -> None:
    assert topics(*entries, prefetch=chart(**changes)) == expected


def test_a_result_under_a_foreign_address_stands_on_the_card_with_its_value() -> None:
    (card,) = cards(order(), prefetch=chart(labs=labs(ast=ast(400, "http://laboratory.example.org"))))
    assert card["indicator"] == "warning"
    assert "400 U/L" in card["detail"]
    assert "1920-8" in card["detail"]


def test_a_future_weight_is_on_the_card_with_its_unit_once() -> None:
    later = observation("29463-7", "weight-later", valueQuantity=quantity(70, "kg"), **LATER)
    (card,) = cards(order(), prefetch=chart(weight=bundle(later)))
    assert card["source"]["topic"]["code"] == "dose-cannot-verify"
    assert "2030-02-01: 70 kg is dated in the future" in card["detail"]


def test_a_suspected_problem_is_a_warning_that_names_it() -> None:
    conditions = bundle(METASTATIC, suspected("Interstitial lung disease", codings=(ILD,)))
    (card,) = cards(order(), prefetch=chart(conditions=conditions))
    assert card["indicator"] == "warning"
    assert "Interstitial lung disease" in card["detail"]
    assert "provisional" in card["detail"]


def by_reference(display: str, *ingredients: str, **of_drug: Any) -> dict[str, Any]:
    """Return an order by reference, and the chart with the Medication that it refers to."""
    drug_of = concept(**of_drug) if of_drug else concept(text=display)
    parts = [{"itemCodeableConcept": concept(text=each)} for each in ingredients]
    medication = {"resourceType": "Medication", "id": "m-1", "code": drug_of, "ingredient": parts}
    referred = order(medicationReference={"reference": "Medication/m-1", "display": display})
    del referred["medicationCodeableConcept"]
    return {"order": referred, "prefetch": {**chart(), "medications-of-orders": bundle(medication)}}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(by_reference("Kadcyla", "sodium chloride 0.9 %"), [], id="the same drug in saline"),
        pytest.param(by_reference("Kadcyla", "dextrose 5 %"), ["diluent-incompatible"], id="in dextrose"),
        pytest.param(by_reference("Kadcyla", text="Enhertu"), ["drug-identity-conflict"], id="another drug"),
    ],
)
def test_the_medication_in_the_chart_counts_even_if_the_reference_has_a_display(
    sent: dict[str, Any], expected: list[str]
) -> None:
    assert topics(sent["order"], prefetch=sent["prefetch"]) == expected


def test_an_ingredient_that_is_a_medication_of_its_own_is_read() -> None:
    part = {"resourceType": "Medication", "id": "part", "code": concept(text="trastuzumab emtansine")}
    bag = {
        "resourceType": "Medication",
        "id": "bag",
        "code": concept(text="Chemotherapy bag"),
        "ingredient": [{"itemReference": {"reference": "#part"}}],
    }
    ordered = order(medicationReference={"reference": "#bag"}, contained=[bag, part])
    del ordered["medicationCodeableConcept"]
    assert topics(ordered, prefetch=chart()) == []
    ordered["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"] = quantity(420, "mg")
    assert topics(ordered, prefetch=chart()) == ["dose-above-maximum"]
