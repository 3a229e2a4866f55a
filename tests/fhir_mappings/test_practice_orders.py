"""Orders as a pharmacist would try the service out: each judged by hand first, then sent through the whole path.

What counts is the exact set of topics: a card too many is as wrong as one too few.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from shapes import (
    HCPCS,
    ICD10,
    RXNORM,
    SNOMED,
    TODAY,
    Json,
    bundle,
    cards,
    chart,
    coding,
    concept,
    condition,
    dosage,
    dose_of,
    lab,
    observation,
    order,
    quantity,
    topic,
    topics,
)

BREAST = coding(SNOMED, "254837009")
EVERY_WEEK = {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}}
EVERY_2_WEEKS = {"timing": {"repeat": {"frequency": 1, "period": 2, "periodUnit": "wk"}}}
SUBCUTANEOUS = {"route": {"text": "subcutaneous"}}
INTRAVENOUS = {"route": {"text": "IV"}}


def on(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def drug(name: str, dose: Any = None, unit: str = "mg", *, identifier: str = "order-1", **instruction: Any) -> Json:
    """Return an order by the name of its drug; what concerns its instruction goes there."""
    changes = {key: instruction.pop(key) for key in ("reasonCode", "reasonReference") if key in instruction}
    doses = [dose_of(Decimal(str(dose)), unit)] if dose is not None else []
    return order(dosage(*doses, **instruction), drug=concept(text=name), id=identifier, **changes)


def given(name: str, days: int, dose: Any, unit: str = "mg") -> Json:
    return {
        "resourceType": "MedicationAdministration",
        "id": f"given-{name.split(maxsplit=1)[0]}-{days}",
        "status": "completed",
        "medicationCodeableConcept": {"text": name},
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": on(days),
        "dosage": {"dose": quantity(dose, unit)},
    }


def course(name: str, dose: Any, every: int, times: int, first: int | None = None) -> list[Json]:
    return [given(name, (first or every) + every * n, dose) for n in range(times)]


def active(name: str, status: str = "active") -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": f"active-{name.split(maxsplit=1)[0]}",
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": {"text": name},
        "subject": {"reference": "Patient/pat-1"},
        "authoredOn": on(40),
    }


def her2(value: str, name: str = "her2-1", days: int = 200, code: str = "85319-2", **changes: Any) -> Json:
    return observation(code, name, valueString=value, effectiveDateTime=on(days), **changes)


def cancer(*codings: Json, stage: str = "", text: str = "", name: str = "cancer-1", **changes: Any) -> Json:
    stages = {"stage": [{"summary": {"text": stage}}]} if stage else {}
    return condition(name, *(codings or (BREAST,)), text=text, **stages, **changes)


def labs(**values: Any) -> Json:
    """Return the laboratory list: normal, but for what is said; a value is a resource, or ``None`` for none."""
    normal: dict[str, Json | None] = {
        "ast": lab("1920-8", "ast-1", 24, "U/L", 40),
        "alt": lab("1742-6", "alt-1", 22, "U/L", 40),
        "bilirubin": lab("1975-2", "bili-1", Decimal("0.6"), "mg/dL", Decimal("1.2")),
        "platelets": lab("777-3", "plt-1", 231, "10*3/uL", 400),
        "neutrophils": lab("751-8", "anc-1", Decimal("3.1"), "10*3/uL", 8),
    }
    return bundle(*(each for each in {**normal, **values}.values() if each is not None))


def alt(times: str, **changes: Any) -> Json:
    return {**lab("1742-6", "alt-1", Decimal(times) * 40, "U/L", 40), **changes}


def bilirubin(times: str, **changes: Any) -> Json:
    return {**lab("1975-2", "bili-1", Decimal(times) * Decimal("1.2"), "mg/dL", Decimal("1.2")), **changes}


def count(code: str, value: Any, unit: str = "10*3/uL") -> Json:
    return lab(code, "count-1", Decimal(str(value)), unit, None) | {"referenceRange": []}


def hearts(newest: Any, baseline: Any = None, newest_on: int = 10) -> Json:
    found = [observation("10230-1", "lvef-2", effectiveDateTime=on(newest_on), **newest)]
    if baseline is not None:
        found.append(observation("10230-1", "lvef-1", valueQuantity=quantity(baseline, "%"), effectiveDateTime=on(300)))
    return bundle(*found)


def ef(percent: Any) -> Json:
    return {"valueQuantity": quantity(percent, "%")}


def woman(born: str) -> Json:
    return {"resourceType": "Patient", "id": "pat-1", "gender": "female", "birthDate": born}


METASTATIC = cancer(stage="Stage IV")
EARLY = cancer(stage="Stage IIB")
UNSTAGED = cancer()
SPREAD = condition("bone", coding(ICD10, "C79.51"))
GASTRIC = cancer(coding(ICD10, "C16.9"), stage="Stage IV")
LUNG = cancer(coding(ICD10, "C34.11"), stage="Stage IV")
BILIARY = cancer(coding(ICD10, "C22.1"), stage="Stage IV")
ENHERTU = {"labs": labs()}
KADCYLA, T_DXD, HERCEPTIN, PERJETA = "Kadcyla", "Enhertu", "Herceptin", "Perjeta"


def kadcyla(sentence: str, expected: tuple[str, ...], dose: Any = 252, unit: str = "mg", **changes: Any) -> Any:
    return case(sentence, expected, (drug(KADCYLA, dose, unit),), **changes)


def enhertu(sentence: str, expected: tuple[str, ...], dose: Any = 378, unit: str = "mg", **changes: Any) -> Any:
    return case(sentence, expected, (drug(T_DXD, dose, unit),), **{**ENHERTU, **changes})


def case(sentence: str, expected: tuple[str, ...], entries: tuple[Json, ...], **changes: Any) -> Any:
    return pytest.param(entries, changes, sorted(expected), id=sentence)


CASES = [
    # The dose of Kadcyla, and how it is rounded
    kadcyla("Kadcyla 3.6 mg/kg", (), "3.6", "mg/kg"),
    kadcyla(
        "a whole milligram up at 69.8 kg",
        (),
        252,
        weight=bundle(observation("29463-7", valueQuantity=quantity(Decimal("69.8"), "kg"))),
    ),
    kadcyla("rounded up to the vials, 260 mg", ("dose-above-maximum",), 260),
    kadcyla("rounded down by less than five percent", (), 240),
    kadcyla("rounded down by six percent", ("dose-not-a-level",), 236),
    kadcyla("Enhertu's second reduction on Kadcyla", ("dose-matches-other-drug",), "3.2", "mg/kg"),
    kadcyla("the number of mg/kg as milligrams", ("dose-implausible",), "3.6"),
    kadcyla(
        "weight in pounds",
        (),
        252,
        weight=bundle(observation("29463-7", valueQuantity=quantity(Decimal("154.32"), "[lb_av]"))),
    ),
    kadcyla("grams", (), "0.252", "g"),
    # Kadcyla and liver tests in whatever unit
    kadcyla("bilirubin in umol/L", (), labs=labs(bilirubin=lab("14631-6", "b", 11, "umol/L", 21))),
    kadcyla("AST in ukat/L", (), labs=labs(ast=lab("1920-8", "a", Decimal("0.4"), "ukat/L", Decimal("0.67")))),
    kadcyla("metastatic, ALT 4.75 times: treat", (), labs=labs(alt=alt("4.75"))),
    kadcyla("metastatic, ALT 5.5 times", ("liver-tests-hold",), labs=labs(alt=alt("5.5"))),
    kadcyla("Hy's pair", ("liver-tests-discontinue",), labs=labs(alt=alt("3.25"), bilirubin=bilirubin("2.2"))),
    kadcyla(
        "the bilirubin of the pair is twelve days old",
        ("liver-tests-missing",),
        labs=labs(alt=alt("3.25"), bilirubin=bilirubin("2.2", effectiveDateTime=on(12))),
    ),
    kadcyla("ALT without its upper limit", ("checks-incomplete",), labs=labs(alt={**alt("5.5"), "referenceRange": []})),
    kadcyla(
        "direct bilirubin is no total bilirubin",
        ("liver-tests-missing",),
        labs=labs(bilirubin=lab("1968-7", "d", 3, "mg/dL", 1)),
    ),
    kadcyla(
        "early, bilirubin 1.25 times",
        ("liver-tests-hold",),
        labs=labs(bilirubin=bilirubin("1.25")),
        conditions=bundle(EARLY),
    ),
    kadcyla("metastatic, bilirubin 1.25 times: treat", (), labs=labs(bilirubin=bilirubin("1.25"))),
    kadcyla(
        "stage group IIIC as an Observation, bilirubin 1.25 times",
        ("liver-tests-hold",),
        labs=labs(bilirubin=bilirubin("1.25")),
        conditions=bundle(UNSTAGED),
        tumorMarkers=bundle(
            her2("3+"),
            observation("21908-9", "stage", valueCodeableConcept=concept(coding("http://cancerstaging.org", "3C"))),
        ),
    ),
    kadcyla(
        "cM1 as an Observation, bilirubin 1.25 times: treat",
        (),
        labs=labs(bilirubin=bilirubin("1.25")),
        conditions=bundle(UNSTAGED),
        tumorMarkers=bundle(
            her2("3+"),
            observation("21907-1", "m", valueCodeableConcept=concept(coding(SNOMED, "1229903009"))),
        ),
    ),
    kadcyla(
        "nodular regenerative hyperplasia, normal tests",
        ("liver-tests-discontinue",),
        conditions=bundle(METASTATIC, condition("nrh", text="Nodular regenerative hyperplasia of liver")),
    ),
    kadcyla(
        "nodes alone are no metastasis, bilirubin 1.25 times: the stricter row",
        ("liver-tests-hold",),
        labs=labs(bilirubin=bilirubin("1.25")),
        conditions=bundle(UNSTAGED, condition("n", coding(ICD10, "C77.3"))),
    ),
    # Kadcyla and platelets, heart
    kadcyla("metastatic, platelets 60", (), labs=labs(platelets=count("777-3", 60))),
    kadcyla("platelets 60 000 in a microlitre", (), labs=labs(platelets=count("777-3", 60000, "/uL"))),
    kadcyla("metastatic, platelets 45", ("blood-count-hold",), labs=labs(platelets=count("777-3", 45))),
    kadcyla(
        "early, platelets 60", ("blood-count-hold",), labs=labs(platelets=count("777-3", 60)), conditions=bundle(EARLY)
    ),
    kadcyla("LVEF 44 %, 18 points down", ("lvef-hold",), lvef=hearts(ef(44), 62)),
    kadcyla(
        "LVEF 45-50 % as text, whose ends are in two rows",
        ("checks-incomplete",),
        lvef=hearts({"valueString": "45-50%"}, 52),
    ),
    kadcyla("LVEF as a fraction", (), lvef=hearts({"valueQuantity": quantity(Decimal("0.55"), "1")}, 60)),
    kadcyla("LVEF of more than three months ago", ("lvef-overdue",), lvef=hearts(ef(61), newest_on=99)),
    kadcyla("no LVEF", ("lvef-missing",), lvef=bundle()),
    kadcyla(
        "right ventricular EF is none",
        ("lvef-missing",),
        lvef=bundle(observation("10231-9", valueQuantity=quantity(55, "%"))),
    ),
    # HER2 status for Kadcyla
    kadcyla("IHC 2+, FISH amplified, in one text", (), tumorMarkers=bundle(her2("IHC 2+, FISH amplified (ratio 3.1)"))),
    kadcyla(
        "IHC 2+, FISH negative, in one text", ("her2-not-eligible",), tumorMarkers=bundle(her2("IHC 2+, FISH negative"))
    ),
    kadcyla(
        "IHC 2+, FISH pending, in one text", ("her2-ish-missing",), tumorMarkers=bundle(her2("IHC 2+, FISH pending"))
    ),
    kadcyla(
        "IHC 2+ and six copies",
        (),
        tumorMarkers=bundle(
            her2("2+"), observation("74860-8", "cn", valueQuantity=quantity(Decimal("7.1"), "{copies}"))
        ),
    ),
    kadcyla("IHC 3+, preliminary", ("her2-missing",), tumorMarkers=bundle(her2("3+", status="preliminary"))),
    kadcyla(
        "the primary was 1+ years ago", ("her2-discordant",), tumorMarkers=bundle(her2("3+"), her2("1+", "old", 2500))
    ),
    kadcyla("serum HER2 alone", ("her2-missing",), tumorMarkers=bundle(her2("14.2", code="42914-2"))),
    kadcyla(
        "only a diagnosis code says positive",
        ("her2-missing",),
        tumorMarkers=bundle(),
        conditions=bundle(METASTATIC, condition("z", coding(ICD10, "Z17.31"))),
    ),
    kadcyla(
        "IHC 3+ and a code for HR+ HER2-",
        ("her2-discordant",),
        conditions=bundle(METASTATIC, condition("z", coding(ICD10, "Z17.411"))),
    ),
    kadcyla(
        "IHC 3+ and a code for HR+ HER2+", (), conditions=bundle(METASTATIC, condition("z", coding(ICD10, "Z17.410")))
    ),
    kadcyla("gastric cancer", ("indication-unsupported",), conditions=bundle(GASTRIC)),
    # Who gets Kadcyla, and when
    kadcyla("a woman of forty, no test", ("pregnancy-test-missing",), patient=woman("1986-01-01")),
    kadcyla(
        "a woman of forty after hysterectomy",
        (),
        patient=woman("1986-01-01"),
        conditions=bundle(METASTATIC, condition("h", coding(ICD10, "Z90.710"))),
    ),
    kadcyla(
        "a woman of forty, positive test of two weeks ago",
        ("pregnancy-positive",),
        patient=woman("1986-01-01"),
        labs=labs(hcg=observation("2106-3", "hcg", valueString="Positive", effectiveDateTime=on(14))),
    ),
    kadcyla(
        "a pregnancy of 2009 that nobody closed, test negative",
        (),
        patient=woman("1986-01-01"),
        conditions=bundle(METASTATIC, condition("p", coding(ICD10, "Z34.90"), recordedDate="2009-05-01")),
        labs=labs(hcg=observation("2106-3", "hcg", valueString="Negative")),
    ),
    kadcyla("on treatment for two years", (), administrations=bundle(*course(KADCYLA, 252, 21, 34))),
    kadcyla(
        "a fifteenth adjuvant dose",
        ("cycle-limit-reached",),
        conditions=bundle(EARLY),
        administrations=bundle(*course(KADCYLA, 252, 21, 14)),
    ),
    kadcyla("back up after a reduction", ("dose-re-escalation",), administrations=bundle(given(KADCYLA, 21, 210))),
    kadcyla(
        "210 mg ten months ago and no weight of that time: a reduction or another weight",
        ("checks-incomplete",),
        252,
        administrations=bundle(given(KADCYLA, 300, 210)),
        weight=bundle(observation("29463-7", "now", valueQuantity=quantity(70, "kg"))),
    ),
    kadcyla(
        "seventeen days after the last dose", ("interval-too-short",), administrations=bundle(given(KADCYLA, 17, 252))
    ),
    kadcyla("three weeks after the last trastuzumab", (), administrations=bundle(given(HERCEPTIN, 21, 420))),
    # Kadcyla and beside other drugs
    kadcyla("trastuzumab still active", ("her2-agents-combined",), medications=bundle(active("Herceptin 420 mg IV"))),
    kadcyla("trastuzumab completed", (), medications=bundle(active("Herceptin 420 mg IV", "completed"))),
    kadcyla("ketoconazole shampoo", (), medications=bundle(active("ketoconazole 2 % medicated shampoo"))),
    kadcyla("clarithromycin by a brand", ("cyp3a4-inhibitor",), medications=bundle(active("Klacid 500 mg"))),
    kadcyla("a brand with cobicistat", ("cyp3a4-inhibitor",), medications=bundle(active("Symtuza"))),
    kadcyla("doxorubicin by a brand", ("anthracycline-concurrent",), medications=bundle(active("Adriblastina"))),
    kadcyla("clarithromycin", ("cyp3a4-inhibitor",), medications=bundle(active("clarithromycin 500 MG Oral Tablet"))),
    kadcyla(
        "pneumonitis on the problem list",
        ("ild-active",),
        conditions=bundle(METASTATIC, condition("p", text="Pneumonitis")),
    ),
    kadcyla(
        "radiation pneumonitis of no grade",
        ("checks-incomplete",),
        conditions=bundle(METASTATIC, condition("p", text="Radiation pneumonitis")),
    ),
    kadcyla(
        "radiation pneumonitis of grade 1",
        (),
        conditions=bundle(METASTATIC, condition("p", text="Radiation pneumonitis, grade 1")),
    ),
    kadcyla(
        "history of heart failure", (), conditions=bundle(METASTATIC, condition("h", text="History of heart failure"))
    ),
    case("Kadcyla in dextrose", ("diluent-incompatible",), (drug(KADCYLA, 252, text="in 250 mL D5W over 90 min"),)),
    case(
        "the bag in an instruction of its own",
        (),
        (
            order(
                dosage(dose_of(252, "mg")),
                dosage(dose_of(250, "mL"), text="dilute in 0.9% sodium chloride"),
                drug=concept(text="Kadcyla"),
            ),
        ),
    ),
    case("Kadcyla in sodium chloride", (), (drug(KADCYLA, 252, text="in 250 mL 0.9% sodium chloride"),)),
    case("ADO-TRASTUZUMAB alone", ("drug-ambiguous",), (drug("ADO-TRASTUZUMAB CHEMO IVPB", 252),)),
    case(
        "Kadcyla with Enhertu's code",
        ("hcpcs-mismatch",),
        (order(dosage(dose_of(252, "mg")), drug=concept(coding(HCPCS, "J9358"), text="Kadcyla")),),
    ),
    # Enhertu
    enhertu("Enhertu 378 mg", ()),
    enhertu(
        "85 kg x 5.4 mg/kg, computed with floats",
        (),
        "459.00000000000006",
        weight=bundle(observation("29463-7", valueQuantity=quantity(85, "kg"))),
    ),
    enhertu("Enhertu at Kadcyla's dose", ("dose-matches-other-drug",), "3.6", "mg/kg"),
    enhertu("the gastric dose for breast cancer", ("dose-above-maximum",), "6.4", "mg/kg"),
    enhertu(
        "HER2-low with a bone metastasis", (), conditions=bundle(UNSTAGED, SPREAD), tumorMarkers=bundle(her2("1+"))
    ),
    enhertu(
        "HER2-low, stage II once and a bone metastasis now",
        (),
        conditions=bundle(EARLY, SPREAD),
        tumorMarkers=bundle(her2("1+")),
    ),
    enhertu("HER2-low, stage II", ("her2-not-eligible",), conditions=bundle(EARLY), tumorMarkers=bundle(her2("1+"))),
    enhertu(
        "HER2-low, brain metastases in words",
        (),
        conditions=bundle(EARLY, condition("b", text="Brain metastases")),
        tumorMarkers=bundle(her2("1+")),
    ),
    case(
        "HER2-low, metastatic by the order's reason alone",
        (),
        (drug(T_DXD, 378, reasonCode=[{"text": "Metastatic breast cancer"}]),),
        **ENHERTU,
        conditions=bundle(UNSTAGED),
        tumorMarkers=bundle(her2("1+")),
    ),
    case(
        "HER2-low, metastatic by the condition that the order refers to",
        (),
        (drug(T_DXD, 378, reasonReference=[{"reference": "Condition/cancer-1"}]),),
        **ENHERTU,
        conditions=bundle(METASTATIC, cancer(coding(ICD10, "C61"), stage="Stage II", name="cancer-2")),
        tumorMarkers=bundle(her2("1+")),
    ),
    case(
        "ultralow, HR+ by a code among the order's reasons",
        (),
        (drug(T_DXD, 378, reasonCode=[{"text": "Breast cancer"}, {"coding": [coding(ICD10, "Z17.0")]}]),),
        **ENHERTU,
        tumorMarkers=bundle(her2("HER2-ultralow")),
    ),
    case(
        "gastric by the order's reason, 6.4 mg/kg, in a patient with breast cancer as well",
        ("her2-missing",),
        (drug(T_DXD, "6.4", "mg/kg", reasonCode=[{"coding": [coding(ICD10, "C16.9")]}]),),
        **ENHERTU,
        conditions=bundle(METASTATIC, cancer(coding(ICD10, "C16.9"), stage="Stage IV", name="cancer-2")),
    ),
    enhertu(
        "IHC 0 alone, hormone receptor positive",
        ("her2-tier-unclear",),
        tumorMarkers=bundle(her2("0")),
        conditions=bundle(METASTATIC, condition("z", coding(ICD10, "Z17.0"))),
    ),
    enhertu(
        "ultralow, HR+ HER2- by code",
        (),
        tumorMarkers=bundle(her2("IHC 0 with membrane staining")),
        conditions=bundle(METASTATIC, condition("z", coding(ICD10, "Z17.411"))),
    ),
    enhertu(
        "ultralow, oestrogen receptor negative by code, progesterone unknown",
        ("checks-incomplete",),
        tumorMarkers=bundle(her2("HER2-ultralow")),
        conditions=bundle(METASTATIC, condition("z", coding(ICD10, "Z17.1"))),
    ),
    enhertu(
        "ultralow, HR- HER2- by code",
        ("her2-not-eligible",),
        tumorMarkers=bundle(her2("HER2-ultralow")),
        conditions=bundle(METASTATIC, condition("z", coding(ICD10, "Z17.421"))),
    ),
    enhertu("gastric, 6.4 mg/kg", (), "6.4", "mg/kg", conditions=bundle(GASTRIC)),
    enhertu(
        "gastric, 5.4 mg/kg, first dose", ("dose-wrong-for-indication",), "5.4", "mg/kg", conditions=bundle(GASTRIC)
    ),
    enhertu("lung, no mutation test", ("erbb2-mutation-missing",), conditions=bundle(LUNG), tumorMarkers=bundle()),
    enhertu(
        "lung, a mutation",
        (),
        conditions=bundle(LUNG),
        tumorMarkers=bundle(observation("42783-1", valueString="ERBB2 p.Y772_A775dup")),
    ),
    enhertu(
        "neutrophils 900 in a microlitre", ("blood-count-hold",), labs=labs(neutrophils=count("751-8", 900, "/uL"))
    ),
    enhertu("no neutrophils", ("blood-count-missing",), labs=labs(neutrophils=None)),
    enhertu("LVEF 50 %, 21 points down", ("lvef-hold",), lvef=hearts(ef(50), 71)),
    enhertu("LVEF of a year ago, whose interval the label does not name", (), lvef=hearts(ef(62), newest_on=350)),
    enhertu("three weeks after the last Kadcyla", (), administrations=bundle(given(KADCYLA, 21, 252))),
    case("Enhertu in sodium chloride", ("diluent-incompatible",), (drug(T_DXD, 378, text="in 100 mL NS"),), **ENHERTU),
    case("Enhertu with pertuzumab", (), (drug(T_DXD, 378), drug(PERJETA, 840, identifier="order-2")), **ENHERTU),
    case(
        "Enhertu with trastuzumab",
        ("her2-agents-combined",),
        (drug(T_DXD, 378), drug(HERCEPTIN, 560, identifier="order-2")),
        **ENHERTU,
    ),
    case(
        "trastuzumab deruxtecan under a Kadcyla code",
        ("drug-identity-conflict",),
        (
            order(
                dosage(dose_of(378, "mg")),
                drug=concept(coding(RXNORM, "1371046", "Kadcyla"), text="trastuzumab deruxtecan"),
            ),
        ),
        **ENHERTU,
    ),
    # trastuzumab
    case(
        "a biosimilar after the originator",
        (),
        (drug("Ogivri", 420),),
        administrations=bundle(given(HERCEPTIN, 21, 420)),
    ),
    case(
        "weekly trastuzumab",
        (),
        (drug("trastuzumab", 140, **EVERY_WEEK),),
        administrations=bundle(given("trastuzumab", 7, 140)),
    ),
    case(
        "three-weekly a week after the last weekly dose",
        (),
        (drug("trastuzumab", 420),),
        administrations=bundle(*course("trastuzumab", 140, 7, 12)),
    ),
    case(
        "loading again after three weeks",
        ("dose-wrong-for-indication",),
        (drug("trastuzumab", 560),),
        administrations=bundle(given("trastuzumab", 21, 420)),
    ),
    case(
        "thirty days after the last dose",
        ("reload-required",),
        (drug("trastuzumab", 420),),
        administrations=bundle(given("trastuzumab", 30, 420)),
    ),
    case("loading dose, first", (), (drug("Kanjinti", 8, "mg/kg"),)),
    case(
        "trastuzumab with doxorubicin",
        ("anthracycline-concurrent",),
        (drug("trastuzumab", 420), drug("DOXOrubicin 60 mg/m2", 100, identifier="order-2")),
    ),
    case("trastuzumab at Enhertu's dose", ("dose-matches-other-drug",), (drug("trastuzumab", "5.4", "mg/kg"),)),
    case(
        "54 weeks of adjuvant trastuzumab",
        ("cycle-limit-reached",),
        (drug("trastuzumab", 420),),
        conditions=bundle(EARLY),
        administrations=bundle(*course("trastuzumab", 420, 21, 18)),
    ),
    case(
        "two years of metastatic trastuzumab",
        (),
        (drug("trastuzumab", 420),),
        administrations=bundle(*course("trastuzumab", 420, 21, 35)),
    ),
    case(
        "an echocardiogram of ten years ago is no baseline",
        (),
        (drug("trastuzumab", 420),),
        lvef=bundle(
            observation("10230-1", "new", valueQuantity=quantity(55, "%")),
            observation("10230-1", "old", valueQuantity=quantity(72, "%"), effectiveDateTime="2016-01-01"),
        ),
    ),
    case("Hylecta under the skin", (), (drug("Herceptin Hylecta", 600, **SUBCUTANEOUS),)),
    case("Hylecta into a vein", ("route-wrong",), (drug("Herceptin Hylecta", 600, **INTRAVENOUS),)),
    case(
        "Hylecta two days after trastuzumab",
        ("interval-too-short",),
        (drug("Herceptin Hylecta", 600),),
        administrations=bundle(given("trastuzumab", 2, 420)),
    ),
    # pertuzumab and Phesgo
    case("Perjeta three weeks later", (), (drug(PERJETA, 420),), administrations=bundle(given(PERJETA, 21, 840))),
    case(
        "Perjeta 45 days later",
        ("reload-required",),
        (drug(PERJETA, 420),),
        administrations=bundle(given(PERJETA, 45, 420)),
    ),
    case(
        "Perjeta loading again",
        ("dose-wrong-for-indication",),
        (drug(PERJETA, 840),),
        administrations=bundle(given(PERJETA, 21, 840)),
    ),
    case("Perjeta by weight", ("dose-implausible",), (drug(PERJETA, 6, "mg/kg"),)),
    case("Perjeta as 14 mL", (), (drug(PERJETA, 14, "mL"),)),
    case(
        "Perjeta under ramucirumab's code",
        ("hcpcs-mismatch",),
        (order(dosage(dose_of(420, "mg")), drug=concept(coding(HCPCS, "J9308"), text="Perjeta")),),
    ),
    case("Perjeta with trastuzumab", (), (drug(PERJETA, 840), drug("Trazimera", 560, identifier="order-2"))),
    case("Phesgo maintenance", (), (drug("Phesgo", 1200, **SUBCUTANEOUS),)),
    case(
        "Phesgo after Perjeta",
        (),
        (drug("Phesgo", 1200, **SUBCUTANEOUS),),
        administrations=bundle(given(PERJETA, 21, 420)),
    ),
    case(
        "Phesgo six weeks after Perjeta",
        ("reload-required",),
        (drug("Phesgo", 1200),),
        administrations=bundle(given(PERJETA, 43, 420)),
    ),
    case("Phesgo into a vein", ("route-wrong",), (drug("Phesgo", 1200, **INTRAVENOUS),)),
    case(
        "Phesgo with trastuzumab",
        ("her2-agents-combined",),
        (drug("Phesgo", 1800), drug(HERCEPTIN, 560, identifier="order-2")),
    ),
    # Margenza, Ziihera
    case("Margenza", (), (drug("Margenza", 1050),)),
    case("Margenza, HER2-low", ("her2-not-eligible",), (drug("Margenza", 1050),), tumorMarkers=bundle(her2("1+"))),
    case("Ziihera, biliary", (), (drug("Ziihera", 1400, **EVERY_2_WEEKS),), conditions=bundle(BILIARY)),
    case(
        "Ziihera every week",
        ("interval-too-short",),
        (drug("Ziihera", 1400, **EVERY_2_WEEKS),),
        conditions=bundle(BILIARY),
        administrations=bundle(given("Ziihera", 7, 1400)),
    ),
    case(
        "Ziihera, gastric, whose dose is not on file",
        ("checks-incomplete",),
        (drug("Ziihera", 1800),),
        conditions=bundle(GASTRIC),
    ),
    # look-alikes and others out of scope
    case("ramucirumab", (), (drug("Cyramza", 560),)),
    case("datopotamab deruxtecan", (), (drug("datopotamab deruxtecan", 420),)),
]


@pytest.mark.parametrize(("entries", "changes", "expected"), CASES)
def test_exactly_these_cards(entries: tuple[Json, ...], changes: dict[str, Any], expected: list[str]) -> None:
    assert topics(*entries, prefetch=chart(**changes)) == expected


@pytest.mark.parametrize(("entries", "changes", "expected"), CASES)
def test_a_suggested_change_of_the_order_takes_its_card_away(
    entries: tuple[Json, ...], changes: dict[str, Any], expected: list[str]
) -> None:
    for card in cards(*entries, prefetch=chart(**changes)):
        for suggestion in card.get("suggestions", []):
            actions = suggestion["actions"]
            if any(action["type"] != "update" for action in actions):
                continue
            corrected = {action["resource"]["id"]: action["resource"] for action in actions}
            again = topics(*(corrected.get(each["id"], each) for each in entries), prefetch=chart(**changes))
            assert topic(card) not in again, suggestion["label"]
            assert set(again) <= set(expected)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) > 100
