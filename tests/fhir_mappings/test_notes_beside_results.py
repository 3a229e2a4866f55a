"""What laboratories write beside a right result needs no card: methods, keys to scores, policies, other findings."""

from __future__ import annotations

import pytest
from shapes import Json, bundle, chart, observation, quantity, topics
from test_practice_orders import LUNG, drug, her2, labs, on
from test_variant_assessments import YVMA, variant

BESIDE_POSITIVE = (
    "Stained with clone 4B5 on fixed tissue. Positive and negative controls were examined.",
    "A test of this laboratory that the FDA has not cleared.",
    "HER2 scoring: 0 = no staining; 1+ = faint, incomplete; 2+ = weak to moderate, complete; 3+ = strong, complete.",
    "Per ASCO/CAP 2023 guidelines, IHC 3+ is reported as positive.",
    "Dr. Meyer was notified on 11/02.",
    "Case reviewed at tumor board.",
    "ER: 95 %, strong. PR: 20 %, moderate. Ki-67: 45 %.",
    "Tumor cells show strong, complete, circumferential membrane staining in 95 % of cells.",
    "No HER2-targeted therapy received before biopsy.",
    "Patient is a candidate for HER2-targeted therapy.",
    "Cold ischemia time 25 min, fixation 18 h.",
    "Block A2. Tumor content 80 %.",
    "If discordant with imaging, consider re-biopsy.",
    "If FISH is required, please contact the laboratory.",
    "Reflex ISH is not indicated for IHC 3+.",
    "FISH was not performed as IHC is 3+.",
    "Negative control: no staining.",
    "Internal control: normal ducts negative.",
    "Result called to Dr. X at 10:15.",
    "Prior: HER2 3+ (2021).",
    "Concordant with prior core biopsy (HER2 3+).",
    "Lymph node negative for carcinoma (0/3).",
    "Margins are negative.",
    "DCIS also present.",
    "The in situ component also shows 3+ staining.",
    "Staining heterogeneity not identified.",
    "Synoptic report attached.",
    "See pathology report S26-1234.",
    "Scored by Dr. A and Dr. B.",
    "Method: Ventana Benchmark Ultra.",
    "HER2 low (IHC 1+ or 2+/ISH-) tumors may be eligible for trastuzumab deruxtecan.",
    "HER2-low is defined as IHC 1+ or 2+ with negative ISH.",
    "HER2-negative tumors are not eligible for this drug.",
    "Wiederholung bei negativem Befund empfohlen.",
    "Kontrollen regelrecht.",
    "Contrôles internes et externes satisfaisants.",
    "Controles adecuados.",
    "Bei HER2-negativem Befund erfolgt eine FISH.",
    "In case of a HER2 negative result, repeat testing on the resection is recommended.",
    "When HER2 is negative on core biopsy, repeat testing may be considered.",
    "A negative result does not exclude response to therapy.",
    "False-negative results may occur because of fixation.",
)
BESIDE_LOW = (
    "HER2-low. Patients with HER2-positive breast cancer (IHC 3+ or ISH amplified) are eligible for trastuzumab.",
    "Score 1+: faint incomplete staining in 20 % of cells.",
    "IHC 3+ and 2+ cases are reported as positive or equivocal.",
    "FISH not indicated.",
    "Positive control stained appropriately.",
    "ER positive, PR positive.",
    "Lymph nodes positive for carcinoma.",
    "If HER2 is positive on the resection, treatment may change.",
    "A positive HER2 result (3+) predicts response to trastuzumab.",
)
BESIDE_NORMAL = (
    "Simpson biplane. Good image quality.",
    "Normal LV size and function. Mild MR. RVSP 28 mmHg.",
    "Prior EF 58 % on 02/2026.",
    "GLS -19 %.",
    "RV function mildly reduced.",
    "LA severely dilated.",
    "Diastolic function mildly impaired.",
    "Aortic stenosis: mean gradient 12 mmHg.",
    "EF unchanged from prior study.",
    "Normal EF is 52-72 %.",
    "Reference: LVEF 55-70 %",
    "RVEF 45 %",
    "No wall motion abnormalities during stress.",
    "Severely reduced image quality.",
    "Severely calcified valve.",
    "LVEF by visual estimate 55-60 %.",
    "FAC 38 %",
    "FS 32 %",
    "E/e' 8, TAPSE 22 mm",
    "Left atrium severely enlarged",
    "Compared with the prior study EF has improved from 45 %.",
)
BESIDE_MUTATION = (
    "Activating mutation; see report.",
    "VAF 22 %. Depth 1200x.",
    "Variants of uncertain significance are listed in the report.",
    "No other pathogenic variants detected.",
    "EGFR, ALK, ROS1 negative.",
    "Somatic; tumor-only sequencing.",
    "Germline testing recommended.",
    "Limit of detection 5 %.",
    "PD-L1 TPS 0 %.",
    "TMB 4 mut/Mb, MSS.",
    "Known driver in NSCLC. Not detected in matched normal.",
    "Benign variants are not reported.",
)


def note(written: str) -> list[Json]:
    return [{"text": written}]


@pytest.mark.parametrize("written", BESIDE_POSITIVE)
def test_beside_a_positive_score(written: str) -> None:
    found = bundle(her2("3+", note=note(written)))
    assert topics(drug("Kadcyla", 252), prefetch=chart(tumorMarkers=found)) == []


@pytest.mark.parametrize("written", BESIDE_LOW)
def test_beside_a_low_score(written: str) -> None:
    found = bundle(her2("1+", note=note(written)))
    assert topics(drug("Enhertu", 378), prefetch=chart(labs=labs(), tumorMarkers=found)) == []


@pytest.mark.parametrize("written", BESIDE_NORMAL)
def test_beside_a_normal_ejection_fraction(written: str) -> None:
    newest = observation(
        "10230-1", "new", valueQuantity=quantity(60, "%"), note=note(written), effectiveDateTime=on(10)
    )
    first = observation("10230-1", "first", valueQuantity=quantity(62, "%"), effectiveDateTime=on(300))
    assert topics(drug("Kadcyla", 252), prefetch=chart(lvef=bundle(newest, first))) == []


@pytest.mark.parametrize("written", BESIDE_MUTATION)
def test_beside_a_mutation(written: str) -> None:
    found = chart(labs=labs(), conditions=bundle(LUNG), tumorMarkers=bundle(variant(YVMA, note=note(written))))
    assert topics(drug("Enhertu", 378), prefetch=found) == []


@pytest.mark.parametrize(
    ("specimen", "expected"),
    [
        ("Breast IDC and DCIS, excision", []),
        ("Lymph node, axillary", []),
        ("HER2 control slide", ["her2-missing"]),
        ("Breast, DCIS", ["her2-missing"]),
    ],
)
def test_the_specimen_of_a_score(specimen: str, expected: list[str]) -> None:
    found = bundle(her2("3+", specimen={"display": specimen}))
    assert topics(drug("Kadcyla", 252), prefetch=chart(tumorMarkers=found)) == expected
