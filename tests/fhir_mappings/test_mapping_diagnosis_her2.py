"""The HER2 status in the words of a diagnosis: read where it is plain, nothing where a word makes it uncertain."""

from __future__ import annotations

import pytest

from cards.facts.origins import Origin
from cards.facts.results import CodedHer2
from cards.knowledge.loader import default_knowledge
from fhir_mappings.patient.conditions import ConditionReader
from fhir_mappings.patient.diagnosis_her2 import DiagnosisHer2Reader

TERMINOLOGY = default_knowledge().terminology
READER = DiagnosisHer2Reader(TERMINOLOGY.diagnosis_her2)
CONDITIONS = ConditionReader(TERMINOLOGY)
ORIGIN = Origin("Condition/1", "prefetch.conditions.entry[0].resource")


@pytest.mark.parametrize(
    ("written", "positive"),
    [
        ("MBC HER2+", True),
        ("HER2+ MBC", True),
        ("Her-2/neu positive metastatic CA", True),
        ("Breast cancer ER+/PR+/HER2+ stage IV", True),
        ("Metastatic breast cancer (HER2 3+)", True),
        ("HER2-positive carcinoma of breast", True),
        ("HER2 (IHC): positive", True),
        ("HER2: amplified", True),
        ("c-erbB-2 pos. breast ca", True),
        ("Triple positive breast cancer", True),
        ("Mammakarzinom, HER2 positiv", True),
        ("Carcinoma de mama HER2 positivo", True),
        ("Cancer du sein HER2 positif", True),
        ("Breast cancer ER+ PR+ HER2-", False),
        ("Breast cancer (HER2-)", False),
        ("HER2-negative breast cancer", False),
        ("HER2 neg.", False),
        ("HER2-low breast cancer", False),
        ("HER2 1+", False),
        ("ER/PR/HER2 negative", False),
        ("TNBC", False),
        ("triple-negative breast cancer", False),
        ("Tripel-negatives Mammakarzinom", False),
        ("HER2 2+", None),
        ("HER2 status unknown", None),
        ("HER2 pending", None),
        ("HER2?", None),
        ("HER2 not amplified", False),
        ("previously HER2-negative, HER2-positive at recurrence", None),
        ("HER2 positive left, HER2 negative right", None),
        ("History of HER2+ breast cancer", None),
        ("HER2 - see pathology", None),
        ("HER2 directed therapy", None),
        ("ER positive breast cancer", None),
        ("Breast cancer", None),
        ("HER20 cohort", None),
        ("", None),
    ],
)
def test_the_status_in_words(written: str, positive: bool | None) -> None:  # noqa: FBT001
    assert READER.read([written]) is positive


def test_two_texts_that_disagree_say_nothing() -> None:
    assert READER.read(["HER2+ breast cancer", "HER2-negative breast cancer"]) is None


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param({"code": {"text": "HER2+ breast cancer"}}, [True], id="present"),
        pytest.param({"code": {"text": "HER2+ breast cancer"}, "abatementDateTime": "2019-01-01"}, [], id="over"),
        pytest.param({"code": {"text": "HER2+ breast cancer"}, "clinicalStatus": {"text": "resolved"}}, [], id="past"),
        pytest.param(
            {"code": {"text": "HER2+ breast cancer"}, "verificationStatus": {"coding": [{"code": "provisional"}]}},
            [],
            id="not certain",
        ),
        pytest.param({"code": {"text": "HER2 positive"}}, [], id="no cancer is named"),
        pytest.param(
            {
                "code": {
                    "coding": [{"system": "http://snomed.info/sct", "code": "431396003"}],
                    "text": "HER2-negative breast cancer",
                }
            },
            [False],
            id="once, if a code says it",
        ),
    ],
)
def test_whose_status_counts(condition: dict[str, object], found: list[bool]) -> None:
    read = CONDITIONS.read({"resourceType": "Condition", **condition}, ORIGIN)
    assert [each.positive for each in read.receptors if isinstance(each, CodedHer2)] == found
