"""Conditions into cancers and their setting."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from shapes import ICD10, SNOMED, TERMINOLOGY, Json, coding, concept, condition

from cards.facts.origins import Origin
from cards.facts.results import CodedHer2
from fhir_mappings.codings import CodeMap, Coding
from fhir_mappings.patient.conditions import ConditionReader, label_of
from fhir_mappings.patient.problem_texts import problem_texts

READER = ConditionReader(TERMINOLOGY)
BREAST = coding(SNOMED, "254837009", "Malignant neoplasm of breast (disorder)")


def icd(code: str) -> Json:
    return coding(ICD10, code)


def staged(*summaries: Any) -> Json:
    return condition("c", BREAST, stage=[{"summary": summary} for summary in summaries])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(concept(BREAST), "breast", id="breast, SNOMED"),
        pytest.param(concept(icd("C50.911")), "breast", id="breast, ICD-10-CM"),
        pytest.param(concept(icd("C50911")), "breast", id="breast, without the dot"),
        pytest.param(concept(icd("c50.911")), "breast", id="breast, in small letters"),
        pytest.param(concept(coding("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "C50.9")), "breast", id="ICD-10-GM"),
        pytest.param(concept(coding(SNOMED, "427685000")), "breast", id="HER2-positive carcinoma of breast"),
        pytest.param(concept(icd("C16.0")), "gastric", id="cardia"),
        pytest.param(concept(icd("C15.5")), "gastric", id="lower oesophagus"),
        pytest.param(concept(icd("C155")), "gastric", id="lower oesophagus, without the dot"),
        pytest.param(concept(icd("C15.3")), "other", id="upper oesophagus"),
        pytest.param(concept(icd("C34.11")), "lung", id="lung"),
        pytest.param(concept(coding(SNOMED, "254637007")), "lung", id="non-small cell lung cancer"),
        pytest.param(concept(icd("C22.1")), "biliary", id="bile duct"),
        pytest.param(concept(icd("C221")), "biliary", id="bile duct, without the dot"),
        pytest.param(concept(icd("C22.0")), "other", id="liver cell"),
        pytest.param(concept(icd("C61")), "other", id="prostate"),
        pytest.param(concept(icd("C44.91")), None, id="skin"),
        pytest.param(concept(icd("C78.7")), None, id="a metastasis is not a primary cancer"),
        pytest.param(
            concept(icd("Z85.3"), text="Personal history of malignant neoplasm of breast"), None, id="history"
        ),
        pytest.param(concept(icd("D05.11"), text="Breast cancer in situ"), None, id="in situ"),
        pytest.param(concept(icd("E11.9")), None, id="diabetes"),
        pytest.param(concept(coding("urn:local", "17"), icd("C50.912")), "breast", id="a local code first"),
        pytest.param(concept(text="Invasive breast cancer, left"), "breast", id="text alone"),
        pytest.param(concept(coding("urn:local", "17", "Breast  Carcinoma")), "breast", id="display alone, two blanks"),
        pytest.param(concept(text="Family history of breast cancer"), None, id="in the family"),
        pytest.param(concept(text="History of breast cancer"), None, id="in the past"),
        pytest.param(concept(text="Suspected breast cancer"), None, id="suspected"),
        pytest.param(concept(text="Screening for breast cancer"), None, id="screening"),
        pytest.param(concept(text="No breast cancer"), None, id="none"),
        pytest.param(concept(text="Secondary malignant neoplasm of breast"), None, id="secondary"),
        pytest.param(concept(text="Small cell lung cancer"), None, id="small cell is not non-small cell"),
        pytest.param(concept(text="Gastric adenocarcinoma"), "gastric", id="gastric by text"),
        pytest.param({}, None, id="nothing"),
        pytest.param({"coding": [None, 5], "text": 5}, None, id="junk"),
    ],
)
def test_cancer(code: Json, expected: str | None) -> None:
    assert READER.concepts.meaning(code).cancer == expected


@pytest.mark.parametrize(
    ("changes", "is_on_record", "is_past"),
    [
        pytest.param({}, True, False, id="active and confirmed"),
        pytest.param({"verificationStatus": None, "clinicalStatus": None}, True, False, id="no status at all"),
        pytest.param({"verificationStatus": "confirmed", "clinicalStatus": "active"}, True, False, id="bare strings"),
        pytest.param({"verificationStatus": concept({"code": "refuted"})}, False, False, id="refuted"),
        pytest.param({"verificationStatus": "entered-in-error "}, False, False, id="entered in error"),
        pytest.param({"clinicalStatus": concept({"code": "resolved"})}, True, True, id="resolved"),
        pytest.param({"clinicalStatus": "remission"}, True, True, id="in remission"),
        pytest.param({"clinicalStatus": {"coding": {"code": "inactive"}}}, True, True, id="inactive, coding an object"),
        pytest.param({"clinicalStatus": concept({"code": "recurrence"})}, True, False, id="recurrence"),
    ],
)
def test_diagnosis(changes: Json, is_on_record: bool, is_past: bool) -> None:  # noqa: FBT001 - columns
    resource = condition("c", BREAST, text="Breast cancer", **changes)
    found = READER.read(resource, Origin("Condition/c", "x")).diagnosis
    assert (found is not None) is is_on_record
    assert READER.is_past(resource) is is_past
    if found is not None:
        assert (found.cancer, found.label) == ("breast", "Breast cancer")


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(condition("c", BREAST), None, id="a cancer alone says neither"),
        pytest.param(condition("c", icd("C78.7")), "metastatic", id="liver metastasis"),
        pytest.param(condition("c", icd("C7951")), "metastatic", id="bone metastasis, without the dot"),
        pytest.param(condition("c", icd("C77.3")), None, id="axillary nodes are regional"),
        pytest.param(condition("c", coding(SNOMED, "128462008")), "metastatic", id="metastatic neoplasm, SNOMED"),
        pytest.param(
            condition("c", coding(SNOMED, "1287652008", "History of metastatic malignant neoplasm")),
            None,
            id="a history of metastasis",
        ),
        pytest.param(
            condition("c", coding(SNOMED, "1287652008"), icd("C78.7")), None, id="a history coded as present, too"
        ),
        pytest.param(condition("c", icd("C78.7"), clinicalStatus="resolved"), None, id="a resolved metastasis"),
        pytest.param(condition("c", icd("C78.7"), verificationStatus="refuted"), None, id="a refuted metastasis"),
        pytest.param(
            condition("c", icd("C78.7"), verificationStatus="provisional"), None, id="a provisional metastasis"
        ),
        pytest.param(
            condition("c", icd("C79.51"), text="Suspected bone metastases"), None, id="a metastasis suspected in words"
        ),
        pytest.param(
            {**staged(concept(text="Stage IV")), "verificationStatus": concept(text="differential")},
            None,
            id="a stage of a diagnosis in doubt",
        ),
        pytest.param(staged(concept(text="Stage IV")), "metastatic", id="stage IV"),
        pytest.param(staged(concept(text="IV")), "metastatic", id="IV alone"),
        pytest.param(staged(concept({"display": "IV"}, text="IV")), "metastatic", id="IV by text and display"),
        pytest.param(staged(concept(text="IV"), concept(text="cT2 N1")), "metastatic", id="IV among other stages"),
        pytest.param(staged(concept(text="AJCC stage 4")), "metastatic", id="stage 4"),
        pytest.param(staged(concept(text="cT2 cN1 cM1")), "metastatic", id="cM1"),
        pytest.param(staged(concept(text="T2N1M1")), "metastatic", id="M1 in one word"),
        pytest.param(staged(concept(text="pT2pN1a(f)pM1")), "metastatic", id="pM1 in one word"),
        pytest.param(staged(concept(text="T2N1M0")), "early", id="M0"),
        pytest.param(staged([concept(text="Stage IV")]), "metastatic", id="a summary sent as an array"),
        pytest.param(staged(concept(text="Stage IIB")), "early", id="stage IIB"),
        pytest.param(staged(concept(text="IIIA")), "early", id="IIIA alone"),
        pytest.param(staged(concept(text="Stage 2")), "early", id="stage 2"),
        pytest.param(staged(concept(text="Stage I"), concept(text="Stage IV")), "metastatic", id="the worst counts"),
        pytest.param(condition("c", BREAST, text="Metastatic breast cancer"), "metastatic", id="metastatic in words"),
        pytest.param(condition("c", BREAST, text="Breast cancer stage IV"), "metastatic", id="stage in the words"),
        pytest.param(condition("c", BREAST, text="Breast cancer stage II"), "early", id="early stage in the words"),
        pytest.param(condition("c", BREAST, text="Non-metastatic breast cancer"), "early", id="non-metastatic"),
        pytest.param(condition("c", BREAST, text="Breast cancer, not metastatic"), "early", id="not metastatic"),
        pytest.param(condition("c", BREAST, text="Breast cancer without metastases"), None, id="without metastases"),
        pytest.param(condition("c", BREAST, text="Breast cancer, no metastasis"), None, id="no metastasis"),
        pytest.param(
            condition("c", BREAST, text="Breast cancer, history of metastasis"), None, id="a history of metastasis"
        ),
        pytest.param(
            condition("c", icd("N18.4"), text="Chronic kidney disease", stage=[{"summary": {"text": "Stage 4"}}]),
            None,
            id="stage 4 kidney disease is not metastasis",
        ),
        pytest.param(
            condition("c", icd("L89.154"), text="Pressure ulcer, stage 4"),
            None,
            id="a stage 4 pressure sore is not a cancer stage",
        ),
        pytest.param(condition("c", BREAST, stage={"summary": concept(text="Stage IV")}), "metastatic", id="an object"),
        pytest.param(condition("c", BREAST, stage=[None, 5, {"summary": "IV"}]), None, id="junk among the stages"),
    ],
)
def test_setting(resource: Json, expected: str | None) -> None:
    staging = READER.read(resource, Origin("Condition/c", "x")).staging
    assert (staging.setting if staging else None) == expected


def test_the_label_is_the_text_a_display_or_the_code() -> None:
    assert label_of(concept(BREAST, text="Breast cancer")) == "Breast cancer"
    assert label_of(concept(BREAST)) == "Malignant neoplasm of breast (disorder)"
    assert label_of(concept(coding("urn:oid:1.2.3", "17"), icd("C50.911"))) == "C50.911"
    assert label_of(concept(coding("urn:oid:1.2.3", "17"))) == "17"
    assert label_of(concept(icd("C50.911"))) == "C50.911"
    assert label_of({}) == ""


def test_a_local_code_is_read_as_the_code_it_maps_to() -> None:
    code_map = CodeMap({("urn:local", "BC"): (Coding("icd10", "C50.9", ""),)})
    reader = ConditionReader(TERMINOLOGY, code_map)
    assert reader.concepts.meaning(concept(coding("urn:local", "BC"))).cancer == "breast"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(condition("c", text="Secondary malignant neoplasm of bone"), "metastatic", id="bone, in words"),
        pytest.param(condition("c", text="Brain metastases"), "metastatic", id="brain metastases"),
        pytest.param(condition("c", coding(SNOMED, "94222008", "Metastasis to bone")), "metastatic", id="by display"),
        pytest.param(condition("c", text="Liver mets"), "metastatic", id="liver mets"),
        pytest.param(condition("c", text="Metastasis to axillary lymph node"), None, id="axillary nodes, in words"),
        pytest.param(
            condition("c", icd("C77.3"), text="Secondary malignant neoplasm of axilla"),
            None,
            id="axilla, code and words",
        ),
        pytest.param(condition("c", text="Metastatic calcification"), None, id="calcium spreads as well"),
        pytest.param(condition("c", text="No evidence of metastasis"), None, id="no evidence of metastasis"),
        pytest.param(condition("c", text="Suspected liver metastases"), None, id="suspected"),
        pytest.param(condition("c", text="Brain metastases ruled out"), None, id="ruled out"),
        pytest.param(
            condition("c", BREAST, text="Metastatic breast cancer, no brain metastases"),
            "metastatic",
            id="one denied, one not",
        ),
        pytest.param(condition("c", text="Chronic kidney disease, stage IV"), None, id="stage IV of the kidney"),
        pytest.param(condition("c", text="History of bone metastases"), None, id="a history"),
        pytest.param(condition("c", text="At risk of bone metastases"), None, id="a risk"),
        pytest.param(
            condition("c", BREAST, text="Metastatic breast cancer to lymph nodes"),
            None,
            id="to nodes, nobody says which",
        ),
        pytest.param(condition("c", BREAST, text="Early-stage breast cancer"), "early", id="early-stage in words"),
        pytest.param(condition("c", BREAST, text="Breast cancer, stage group IIA"), "early", id="stage group"),
        pytest.param(condition("c", BREAST, text="Breast cancer, Stage: IIIC"), "early", id="stage with a colon"),
        pytest.param(staged(concept(text="Anatomic stage IIB")), "early", id="anatomic stage"),
        pytest.param(staged(concept(text="Stage IA1")), "early", id="stage IA1"),
        pytest.param(staged(concept(text="T2 N1 M0(i+)")), "early", id="M0(i+)"),
        pytest.param(staged(concept(text="T2 N1 Mx")), None, id="Mx says neither"),
        pytest.param(staged(concept(coding("http://cancerstaging.org", "3C"))), "early", id="AJCC code 3C"),
        pytest.param(staged(concept(coding("http://cancerstaging.org", "4"))), "metastatic", id="AJCC code 4"),
        pytest.param(staged(concept(coding("http://cancerstaging.org", "cM1"))), "metastatic", id="AJCC code cM1"),
        pytest.param(staged(concept(coding("urn:local", "4"))), None, id="a local code 4 is not a stage"),
        pytest.param(staged(concept(coding(SNOMED, "1229903009"))), "metastatic", id="cM1 by code alone"),
        pytest.param(staged(concept(coding(SNOMED, "1222806003"))), "early", id="IIIC by code alone"),
    ],
)
def test_setting_in_other_words(resource: Json, expected: str | None) -> None:
    staging = READER.read(resource, Origin("Condition/c", "x")).staging
    assert (staging.setting if staging else None) == expected


def test_a_staging_names_its_source_and_date() -> None:
    resource = condition("c", BREAST, stage=[{"summary": concept(text="Stage IIB")}], recordedDate="2024-03-01")
    found = READER.read(resource, Origin("Condition/c", "x")).staging
    assert found is not None
    assert (found.setting, found.label, found.on) == (
        "early",
        "Malignant neoplasm of breast (disorder), Stage IIB",
        date(2024, 3, 1),
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Z17.0", [("ER", True)]),
        ("Z17.1", [("ER", False)]),
        ("Z17.21", [("PR", True)]),
        ("Z17.22", [("PR", False)]),
        ("Z17.31", [("HER2", True)]),
        ("Z17.32", [("HER2", False)]),
        ("Z17.410", [("HR", True), ("HER2", True)]),
        ("Z17.411", [("HR", True), ("HER2", False)]),
        ("Z17.420", [("HR", False), ("HER2", True)]),
        ("Z17421", [("HR", False), ("HER2", False)]),
        ("Z17.4", []),
        ("C50.911", []),
    ],
)
def test_receptor_codes(code: str, expected: list[tuple[str, bool]]) -> None:
    found = READER.read(condition("c", icd(code)), Origin("", "x")).receptors
    said = [("HER2" if isinstance(each, CodedHer2) else str(each.receptor), each.positive) for each in found]
    assert said == expected


def test_a_diagnosis_that_names_her2_says_so_and_a_refuted_one_does_not() -> None:
    positive = coding(SNOMED, "427685000", "HER2-positive carcinoma of breast")
    (found,) = READER.read(condition("c", positive), Origin("", "x")).receptors
    assert (found.positive, found.label) == (True, "427685000 HER2-positive carcinoma of breast")  # type: ignore[union-attr]
    assert list(READER.read(condition("c", positive, verificationStatus="refuted"), Origin("", "x")).receptors) == []


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(condition("c", text="Pneumonitis, grade 2"), "ild", id="pneumonitis"),
        pytest.param(
            condition("c", text="Radiation pneumonitis"),
            "radiation-pneumonitis",
            id="radiation pneumonitis has a rule of its own",
        ),
        pytest.param(condition("c", icd("J70.0")), "radiation-pneumonitis", id="by its code"),
        pytest.param(condition("c", text="Strahlenpneumonitis Grad 3"), "radiation-pneumonitis", id="in German"),
        pytest.param(condition("c", text="Neumonitis por radiaci\u00f3n"), "radiation-pneumonitis", id="in Spanish"),
        pytest.param(condition("c", text="No radiation pneumonitis"), None, id="radiation pneumonitis denied"),
        pytest.param(condition("c", icd("J70.1")), None, id="fibrosis after radiation"),
        pytest.param(condition("c", text="Aspiration pneumonitis"), None, id="aspiration"),
        pytest.param(condition("c", icd("I11.0")), "heart-failure", id="hypertensive heart failure"),
        pytest.param(condition("c", text="Risk of heart failure"), None, id="a risk"),
        pytest.param(condition("c", text="Heart failure, no oedema"), "heart-failure", id="what is denied comes after"),
        pytest.param(condition("c", text="No heart failure"), None, id="heart failure denied"),
        pytest.param(condition("c", text="Not in heart failure"), None, id="not in heart failure"),
        pytest.param(condition("c", icd("Z34.01")), "pregnancy", id="supervision of pregnancy"),
        pytest.param(
            condition("c", icd("Z32.02"), text="Encounter for pregnancy test, result negative"),
            None,
            id="a negative test",
        ),
        pytest.param(
            condition("c", text="Ectopic pregnancy"),
            "pregnancy-over",
            id="an ectopic pregnancy does not need protection",
        ),
        pytest.param(condition("c", text="Contraception to prevent pregnancy"), None, id="contraception"),
        pytest.param(
            condition("c", text="Nodular regenerative hyperplasia of liver"), "nodular-hyperplasia", id="NRH, in words"
        ),
        pytest.param(condition("c", icd("K76.89")), None, id="K76.89 is many things"),
        pytest.param(condition("c", icd("E80.4")), "gilbert", id="Gilbert"),
        pytest.param(condition("c", icd("Z90.710")), "infertile", id="uterus and cervix removed"),
        pytest.param(condition("c", icd("Z90.712")), None, id="the uterus remains"),
        pytest.param(condition("c", text="History of hysterectomy"), "infertile", id="a past hysterectomy counts"),
        pytest.param(condition("c", icd("Z90.710"), clinicalStatus="resolved"), "infertile", id="and a resolved one"),
        pytest.param(condition("c", icd("I50.9"), clinicalStatus="resolved"), "heart-failure", id="a past one"),
        pytest.param(condition("c", icd("Z33.1"), clinicalStatus="resolved"), None, id="a past pregnancy"),
        pytest.param(condition("c", text="Postmenopausal bleeding"), None, id="bleeding is a complaint"),
    ],
)
def test_problem(resource: Json, expected: str | None) -> None:
    found = READER.read(resource, Origin("Condition/c", "x")).problem
    assert (found.problem if found else None) == expected


@pytest.mark.parametrize(
    ("changes", "is_past", "ended"),
    [
        pytest.param({"abatementDateTime": "2026-03-01"}, False, "2026-03-01", id="a day"),
        pytest.param({"abatementDateTime": "2026-02"}, False, "2026-02-28", id="a month ends on its last day"),
        pytest.param({"abatementDateTime": "2025"}, False, "2025-12-31", id="a year likewise"),
        pytest.param({"abatementPeriod": {"start": "2026-01", "end": "2026-03-01"}}, False, "2026-03-01", id="period"),
        pytest.param({"abatementString": "last spring"}, True, None, id="in words"),
        pytest.param({"abatementAge": {"value": 55, "unit": "a"}}, True, None, id="an age"),
        pytest.param({"abatementBoolean": True}, True, None, id="yes, as older releases say"),
        pytest.param({"abatementBoolean": False}, False, None, id="no, as older releases say"),
        pytest.param({"clinicalStatus": {"text": "Resolved"}}, True, None, id="a status in words alone"),
        pytest.param({"clinicalStatus": {"coding": [{"code": "resolved"}]}}, True, None, id="a coded status"),
        pytest.param({"clinicalStatus": "Resolved"}, True, None, id="a bare text"),
        pytest.param({"clinicalStatus": {"text": "In remission"}}, True, None, id="in remission"),
        pytest.param({"clinicalStatus": {"text": "Active"}}, False, None, id="active"),
        pytest.param({}, False, None, id="no stated end"),
    ],
)
def test_a_problem_that_is_over(changes: Json, is_past: bool, ended: str | None) -> None:  # noqa: FBT001 - a column
    found = READER.read(condition("c", icd("J84.9"), **{"clinicalStatus": None, **changes}), Origin("", "x")).problem
    assert found is not None
    assert (found.is_past, found.ended.isoformat() if found.ended else None) == (is_past, ended)


@pytest.mark.parametrize(
    ("status", "is_read"),
    [
        ({"text": "Entered in Error"}, False),
        ({"text": "refuted"}, False),
        ("Refuted", False),
        ({"text": "Confirmed"}, True),
        ({"text": "Unconfirmed"}, False),
    ],
)
def test_a_verification_in_words_counts(status: Any, is_read: bool) -> None:  # noqa: FBT001 - a column
    resource = condition("c", icd("J84.9"), verificationStatus=status)
    assert (READER.read(resource, Origin("", "x")).problem is not None) is is_read


@pytest.mark.parametrize(
    ("changes", "grade"),
    [
        pytest.param({"severity": {"text": "CTCAE grade 1"}}, 1, id="as its severity"),
        pytest.param({"stage": [{"summary": {"text": "Grade 2"}}]}, 2, id="as its stage"),
        pytest.param({"severity": {"text": "Grade 1"}, "stage": [{"summary": {"text": "grade 2"}}]}, None, id="two"),
        pytest.param({"severity": {"text": "Mild"}}, None, id="in words"),
        pytest.param({}, None, id="none"),
    ],
)
def test_the_grade_of_a_problem(changes: Json, grade: int | None) -> None:
    found = READER.read(condition("c", icd("J84.9"), **changes), Origin("", "x")).problem
    assert found is not None
    assert found.grade == grade


def test_a_problem_that_was_recorded_may_have_begun_before() -> None:
    began = READER.read(condition("c", icd("J84.9"), onsetDateTime="2026-09-01"), Origin("", "x")).problem
    recorded = READER.read(condition("c", icd("J84.9"), recordedDate="2026-09-01"), Origin("", "x")).problem
    assert began is not None
    assert recorded is not None
    assert (began.is_onset, recorded.is_onset) == (True, False)


def test_the_onset_of_a_problem() -> None:
    began = condition("c", icd("Z33.1"), onsetDateTime="2026-09-01", recordedDate="2026-10-01")
    recorded = condition("c", icd("Z33.1"), recordedDate="2026-10-01")
    found = [READER.read(each, Origin("", "x")).problem for each in (began, recorded)]
    assert [each.on for each in found if each] == [date(2026, 9, 1), date(2026, 10, 1)]


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        pytest.param({"onsetAge": {"value": 45, "unit": "a"}}, ("2006-05-05", "2007-05-04"), id="a year of life"),
        pytest.param({"onsetAge": {"value": 45, "unit": "years"}}, ("2006-05-05", "2007-05-04"), id="in words"),
        pytest.param({"onsetAge": {"value": 540, "code": "mo"}}, ("2006-05-05", "2006-06-04"), id="in months"),
        pytest.param(
            {"onsetRange": {"low": {"value": 45, "code": "a"}, "high": {"value": 47, "code": "a"}}},
            ("2006-05-05", "2009-05-04"),
            id="a range of ages",
        ),
        pytest.param({"onsetAge": {"value": 45, "code": "a", "comparator": "<"}}, None, id="before an age"),
        pytest.param({"onsetAge": {"value": 45}}, None, id="no unit"),
        pytest.param(
            {"onsetAge": {"value": 45, "unit": "a"}, "onsetDateTime": "2006-08-01"}, ("2006-08-01", None), id="a day"
        ),
    ],
)  # fmt: skip
def test_an_onset_by_age(changes: Json, days: tuple[str, str | None] | None) -> None:
    found = READER.read(condition("c", icd("J84.9"), **changes), Origin("", "x"), date(1961, 5, 5)).problem
    assert found is not None
    stated = tuple(each.isoformat() if each else None for each in (found.on, found.latest))
    assert stated == (days or (None, None))
    assert READER.read(condition("c", icd("J84.9"), **changes), Origin("", "x")).problem is not None


def test_an_end_by_age_is_the_last_day_of_it() -> None:
    resource = condition("c", icd("J84.9"), clinicalStatus=None, abatementAge={"value": 45, "unit": "a"})
    found = READER.read(resource, Origin("", "x"), date(1961, 5, 5)).problem
    assert found is not None
    assert (found.is_past, found.ended) == (False, date(2007, 5, 4))


def test_what_a_refuted_entry_rules_out() -> None:
    refuted = condition(
        "c", icd("J84.9"), verificationStatus="refuted", recordedDate="2026-10-10", onsetDateTime="2026-10-01"
    )
    mistaken = condition("c", icd("J84.9"), verificationStatus="entered-in-error", recordedDate="2026-10-10")
    found = [READER.read(each, Origin("", "x")) for each in (refuted, mistaken)]
    assert [(each.ruled_out, each.began) for each in found] == [("ild", date(2026, 10, 10)), (None, None)]


def test_the_words_of_problems_are_indexed_once_for_each_table() -> None:
    groups, around = TERMINOLOGY.problems, TERMINOLOGY.problem_words
    assert problem_texts(groups, around) is problem_texts(groups, around)
    assert problem_texts(groups[:1], around) is not problem_texts(groups, around)
    assert set(problem_texts(groups[:1], around).read([groups[0].texts[0], groups[-1].texts[0]])) == {groups[0].problem}


GM = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"


def german(code: str, sign: str = "") -> Json:
    extension = {
        "url": "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit",
        "valueCoding": {"code": sign},
    }
    return {"system": GM, "code": code, **({"extension": [extension]} if sign else {})}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(condition("c", icd("J84.9"), clinicalStatus={"text": "abgeklungen"}), "past", id="over in German"),
        pytest.param(condition("c", icd("J84.9"), clinicalStatus={"text": "Résolu"}), "past", id="over in French"),
        pytest.param(condition("c", icd("J84.9"), clinicalStatus={"text": "aktiv"}), "present", id="active in German"),
        pytest.param(
            condition("c", icd("J84.9"), verificationStatus={"text": "Suspected"}), "suspected", id="suspected in words"
        ),
        pytest.param(condition("c", icd("J84.9"), verificationStatus={"text": "Ruled out"}), "none", id="ruled out"),
        pytest.param(condition("c", icd("J84.9"), verificationStatus={"text": "gesichert"}), "present", id="confirmed"),
        pytest.param(condition("c", german("J84.9", "G")), "present", id="G beside the code"),
        pytest.param(
            condition("c", german("J84.9", "V"), verificationStatus=None), "suspected", id="V beside the code"
        ),
        pytest.param(condition("c", german("J84.9", "Z")), "past", id="Z beside the code"),
        pytest.param(condition("c", german("J84.9", "A"), verificationStatus=None), "none", id="A beside the code"),
        pytest.param(condition("c", german("J84.9", "A")), "suspected", id="A, but confirmed"),
        pytest.param(condition("c", german("J84.9V"), verificationStatus=None), "suspected", id="V after the code"),
        pytest.param(condition("c", german("I50.1RG")), "present", id="a side and G after the code"),
        pytest.param(condition("c", german("J84.9 A"), verificationStatus=None), "none", id="A after the code"),
    ],
)
def test_the_state_of_a_problem(resource: Json, expected: str) -> None:
    read = READER.read(resource, Origin("Condition/c", "x"))
    if read.problem is None:
        assert ("suspected" if read.suspected is not None else "none") == expected
    else:
        assert ("past" if read.problem.is_past else "present") == expected


ICD9 = "http://hl7.org/fhir/sid/icd-9-cm"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # An ICD code counts as much as its title.
        pytest.param(concept(icd("J67.9")), "ild", id="hypersensitivity pneumonitis"),
        pytest.param(concept(icd("I09.81")), "heart-failure", id="rheumatic heart failure"),
        pytest.param(concept(icd("O24.410")), "pregnancy", id="gestational diabetes in pregnancy"),
        pytest.param(concept(icd("O99.211")), "pregnancy", id="obesity complicating pregnancy"),
        pytest.param(concept(icd("O24.430")), None, id="gestational diabetes in the puerperium"),
        pytest.param(concept(icd("O99.335")), None, id="tobacco use complicating the puerperium"),
        pytest.param(concept(icd("O00.90")), "pregnancy-over", id="ectopic pregnancy"),
        pytest.param(concept(icd("O80")), "pregnancy-over", id="delivery"),
        pytest.param(concept(coding(GM, "Z33")), "pregnancy", id="incidental pregnancy in ICD-10-GM"),
        pytest.param(concept(icd("Z33.2")), "pregnancy-over", id="termination"),
        pytest.param(concept(icd("I10")), None, id="hypertension"),
        pytest.param(concept(icd("E11.9")), None, id="diabetes"),
        pytest.param(concept(icd("J69.0")), None, id="aspiration"),
        pytest.param(concept(coding(ICD9, "428.0")), "heart-failure", id="ICD-9-CM"),
        pytest.param(concept(coding("urn:oid:2.16.840.1.113883.6.103", "515")), "ild", id="ICD-9-CM, by its OID"),
        pytest.param(concept(coding(ICD9, "401.9")), None, id="ICD-9-CM, hypertension"),
        pytest.param(concept({"code": "J84.10"}), "ild", id="no system, the shape of ICD-10"),
        pytest.param(concept(text="J84.10"), "ild", id="a code as text"),
        # Classes that contain it among others, and headings.
        pytest.param(concept(icd("J70.9")), "may be ild", id="lung disease by an external agent"),
        pytest.param(concept(icd("J70")), "may be ild", id="the heading of radiation and drugs"),
        pytest.param(concept(icd("J70.9"), text="Smoke in the lungs"), None, id="words say which"),
        pytest.param(concept(icd("I42.0")), "may be heart-failure", id="cardiomyopathy"),
        pytest.param(concept(icd("I42.0"), text="Dilated cardiomyopathy"), "may be heart-failure", id="in words"),
        pytest.param(concept(text="Cardiomyopathy due to trastuzumab"), "may be heart-failure", id="in words alone"),
        pytest.param(concept(text="Miocardiopatía dilatada"), "may be heart-failure", id="in Spanish"),
        pytest.param(concept(text="No cardiomyopathy"), None, id="none"),
        pytest.param(concept(text="Trastuzumab cardiotoxicity"), "may be heart-failure", id="cardiotoxicity"),
        pytest.param(
            concept(text="Cancer therapy-related cardiac dysfunction"),
            "may be heart-failure",
            id="its name with a hyphen",
        ),
        pytest.param(concept(text="Cardiotoxicity surveillance"), None, id="care to find it"),
        pytest.param(concept(text="Encounter for monitoring for cardiotoxicity"), None, id="the same, before it"),
        pytest.param(concept(text="Cardiotoxicity ruled out"), None, id="ruled out"),
        pytest.param(concept(text="Pneumonitis, asymptomatic"), "ild", id="a lung disease without symptoms"),
        pytest.param(concept(text="Subclinical ILD"), "ild", id="before symptoms"),
        pytest.param(concept(text="Asymptomatic heart failure"), None, id="heart failure without symptoms: suspected"),
        pytest.param(concept(text="NYHA class III heart failure"), "heart-failure", id="its class before it"),
        pytest.param(concept(text="Family history of cardiomyopathy"), None, id="of the family"),
        pytest.param(concept(text="Cardiomyopathy without heart failure"), None, id="without heart failure"),
        pytest.param(
            concept(text="Ischemic cardiomyopathy with heart failure"), "heart-failure", id="with heart failure"
        ),
        pytest.param(concept(icd("K72.90")), "may be severe-hepatic-impairment", id="hepatic failure"),
        pytest.param(concept(text="Decompensated cirrhosis"), "may be severe-hepatic-impairment", id="in words too"),
        pytest.param(concept(text="Liver cirrhosis, Child-Pugh C"), "severe-hepatic-impairment", id="of class C"),
        pytest.param(concept(text="Liver cirrhosis"), None, id="cirrhosis alone"),
        pytest.param(concept(icd("K76.89")), "may be nodular-hyperplasia", id="other liver disease"),
        pytest.param(concept(icd("O60.00")), "may be pregnancy", id="preterm labor"),
        pytest.param(concept(coding(ICD9, "V22.2")), "may be pregnancy", id="ICD-9-CM, long ago"),
        # Neither a text nor a class.
        pytest.param(concept(coding(SNOMED, "38341003")), None, id="SNOMED, a frequent problem"),
        pytest.param(concept(coding(SNOMED, "10274008")), "SNOMED CT 10274008", id="SNOMED, not known"),
        pytest.param(concept(coding(SNOMED, "10274008"), icd("I10")), None, id="SNOMED beside ICD-10"),
        pytest.param(concept(coding(SNOMED, "10274008", "Pain of the knee")), None, id="SNOMED with words"),
        pytest.param(
            concept(coding(SNOMED, "10274008", "Unknown")), "SNOMED CT 10274008", id="a placeholder for a missing value"
        ),
        pytest.param(concept(coding(SNOMED, "10274008", "10274008")), "SNOMED CT 10274008", id="the code as display"),
        pytest.param(concept(coding("urn:local", "P-17")), "P-17", id="a code of the site"),
        pytest.param(concept(coding("http://hl7.org/fhir/sid/icpc-2", "K77")), "K77", id="ICPC-2 is not ICD-10"),
        pytest.param(concept(icd("NOT-A-CODE")), "ICD-10 NOT-A-CODE", id="no code of ICD-10"),
        pytest.param(concept(text="胃潰瘍"), "胃潰瘍", id="a script that is not read"),
        pytest.param(concept(text="慢性阻塞性肺疾患 (COPD)"), None, id="two scripts, one of them read"),
        pytest.param(concept(coding("urn:ips", "no-known-problems")), None, id="an empty list"),
        pytest.param(concept({"system": SNOMED}), "nothing", id="neither code nor words"),
        pytest.param(concept(text="Unknown"), "nothing", id="only a placeholder for a missing value"),
    ],
)
def test_a_diagnosis_without_words(code: Json, expected: str | None) -> None:
    read = READER.read({**condition("c"), "code": code}, Origin("", "x"))
    problem = read.problem.problem if read.problem is not None else None
    may_be = f"may be {read.may_be}" if read.may_be is not None else None
    assert (problem or may_be or read.not_understood or ("nothing" if read.is_empty else None)) == expected


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        pytest.param({}, True, id="present"),
        # Lung disease that began under treatment stays a stop.
        pytest.param({"clinicalStatus": {"text": "resolved"}}, True, id="over"),
        pytest.param({"verificationStatus": {"text": "refuted"}}, False, id="refuted"),
    ],
)
def test_the_state_of_a_diagnosis_without_words(changes: Json, is_told: bool) -> None:  # noqa: FBT001 - a column
    for code in (icd("J70.9"), coding(SNOMED, "10274008")):
        read = READER.read(condition("c", code, **changes), Origin("", "x"))
        assert bool(read.may_be or read.not_understood) is is_told
