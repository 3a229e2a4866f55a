"""What clients rely on, as a table: a sentence about cards, a request, and the cards of its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from calls import (
    COVERAGE,
    DISPATCH,
    KEYS,
    PATIENT,
    SELECT,
    SIGN,
    UCUM,
    VIEW,
    Json,
    bundle,
    cancer,
    clean_prefetch,
    days_ago,
    dose_given,
    ihc,
    labs,
    lvef,
    observation,
    on_kadcyla,
    order,
    weight,
    without,
)

HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
NDC = "http://hl7.org/fhir/sid/ndc"
EARLY = {**cancer(), "stage": [{"summary": {"text": "Stage IIB"}}]}
IV, SUBCUTANEOUS, ORAL = "Intravenous", "Subcutaneous", "Oral"


@dataclass(frozen=True)
class Promise:
    """One sentence: orders, what of a clean chart is different, and the cards in their order, as "C topic".

    ``also`` are cards that may or may not be there. ``says`` are parts of all that the cards show.
    """

    sentence: str
    cards: str = ""
    orders: tuple[Json, ...] = field(default_factory=lambda: (order(),))
    chart: Json = field(default_factory=dict)
    service: str = SIGN
    says: tuple[str, ...] = ()
    also: str = ""
    context: Json = field(default_factory=dict)


def drug(  # noqa: PLR0913
    name: str,
    mg: float | None,
    *,
    on: int | tuple[int, ...] | None = None,
    weeks: int | None = 3,
    unit: str = "mg",
    route: str = IV,
    key: str = "order-1",
    code: tuple[str, str] | None = None,
    text: str | None = None,
    timing: Json | None = None,
    **changes: Any,
) -> Json:
    """Return an order of a drug by its name, planned ``on`` so many days from today."""
    days = () if on is None else on if isinstance(on, tuple) else (on,)
    repeat = {"repeat": {"frequency": 1, "period": weeks, "periodUnit": "wk"}} if weeks else {}
    events = {"event": [days_ago(-each) for each in days]} if days else {}
    instruction: Json = {"route": {"text": route}, "timing": timing or {**repeat, **events}}
    if mg is not None:
        instruction["doseAndRate"] = [{"doseQuantity": {"value": mg, "unit": unit, "system": UCUM, "code": unit}}]
    if text is not None:
        instruction["text"] = text
    concept: Json = {"text": name}
    if code is not None:
        concept["coding"] = [{"system": code[0], "code": code[1]}]
    return {**order(name=key), "medicationCodeableConcept": concept, "dosageInstruction": [instruction], **changes}


def daily(name: str, mg: float, times: int = 1, **more: Any) -> Json:
    """Return an order of tablets."""
    return drug(name, mg, route=ORAL, timing={"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}, **more)


def plan(*mgs: float, name: str = "Kadcyla", every: int = 21) -> tuple[Json, ...]:
    """Return the cycles of a plan, the first one today."""
    return tuple(drug(name, mg, on=every * n, weeks=None, key=f"cycle-{n}") for n, mg in enumerate(mgs))


def given(days: int, mg: float = 252, name: str = "Kadcyla") -> Json:
    """Return a dose that was given."""
    quantity = {"value": mg, "unit": "mg", "system": UCUM, "code": "mg"}
    concept = {"text": name}
    return {**dose_given(days, f"{name}-{days}"), "medicationCodeableConcept": concept, "dosage": {"dose": quantity}}


def active(name: str, **more: Any) -> Json:
    """Return an active order in the chart."""
    return {**drug(name, None, weeks=None, key="active-1"), "status": "active", "authoredOn": days_ago(20), **more}


def result(code: str, value: float, unit: str, high: float | None = None, days: int = 2) -> Json:
    """Return a laboratory result."""
    quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    limit = {"referenceRange": [{"high": {"value": high}}]} if high else {}
    return observation(f"result-{code}", code, days, valueQuantity=quantity, **limit)


def problem(text: str) -> Json:
    """Return an active problem in words."""
    return {**without(cancer(), "stage"), "id": "problem-1", "code": {"text": text}}


def normal_labs() -> list[Json]:
    """Return all laboratory results that any of the products wants."""
    return [*labs(), result("751-8", 3.1, "10*3/uL")]


def with_labs(*results: Json) -> Json:
    """Return laboratory results in place of the normal ones of the same tests."""
    codes = {each["code"]["coding"][0]["code"] for each in results}
    left = [each for each in normal_labs() if each["code"]["coding"][0]["code"] not in codes]
    return {"labs": bundle(*results, *left)}


def history(*doses: Json) -> Json:
    """Return a chart of doses given."""
    return {"administrations": bundle(*doses)}


def beside(*resources: Json) -> Json:
    """Return a chart of active drugs."""
    return {"medications": bundle(*resources)}


ALT_900, AST_900 = result("1742-6", 900, "U/L", 40), result("1920-8", 900, "U/L", 40)
PLATELETS_30 = result("777-3", 30, "10*3/uL")
NO_LABS, NO_LVEF, NO_HER2 = {"labs": bundle()}, {"lvef": bundle()}, {"tumorMarkers": bundle()}
YOUNG = {"patient": {"resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": days_ago(365 * 35)}}
CHILD = {"patient": {"resourceType": "Patient", "id": PATIENT, "gender": "male", "birthDate": days_ago(365 * 14)}}
GASTRIC = {"conditions": bundle(cancer("C16.9"))}
LUNG = {"conditions": bundle(cancer("C34.90"))}
ADJUVANT = {"conditions": bundle(EARLY)}
THIRTEEN = tuple(given(21 * n) for n in range(1, 14))
OVERDUE_LVEF = {"lvef": bundle(lvef(days=120))}
ECHO_38 = {"lvef": bundle(lvef(38))}
PARTNER = beside(active("Herceptin"))

SCOPE = [
    Promise("an in-label order with everything in place gets nothing"),
    Promise(
        "an order of a drug out of scope gets nothing, whatever else is in the request",
        "",
        (drug("aspirin", 81),),
        NO_LABS | NO_LVEF,
    ),
    Promise(
        "a known drug that is not checked with the HCPCS code of a checked drug",
        "C hcpcs-mismatch",
        (drug("Cyramza", 560, code=(HCPCS, "J9306")),),
        NO_LABS,
    ),
    Promise(
        "a known drug that is not checked with the NDC of a checked drug",
        "C ndc-mismatch",
        (drug("Cyramza", 560, code=(NDC, "65597-0406-01")),),
    ),
    Promise("a known drug that is not checked is out of scope", "", (drug("Cyramza", 560),)),
    Promise(
        "a drug out of scope under the HCPCS code of a checked drug",
        "",
        (drug("Paclitaxel 175 mg/m2", 300, code=(HCPCS, "J9358")),),
        NO_LABS,
    ),
    Promise(
        "an order that nothing but a HCPCS code identifies",
        "C dose-above-maximum",
        (drug("Chemotherapy infusion", 420, code=(HCPCS, "J9354")),),
    ),
    Promise(
        "a name that is not known under the HCPCS code of a checked drug",
        "W drug-ambiguous",
        (drug("Blorbex", 420, code=(HCPCS, "J9354")),),
    ),
    Promise(
        "the name of a checked drug under the clinical code of another drug",
        "C drug-identity-conflict",
        (drug("Kadcyla", 252, code=("http://www.nlm.nih.gov/research/umls/rxnorm", "56946")),),
    ),
    Promise(
        "selection does not hold absent details against an order",
        "",
        (drug("Kadcyla", None, weeks=None),),
        service=SELECT,
    ),
    Promise(
        "only the selected orders are judged, the others are context",
        "",
        (drug("Kadcyla", 252), drug("Enhertu", 700, key="order-2")),
        service=SELECT,
        context={"selections": ["MedicationRequest/order-1"]},
        also="C her2-agents-combined",
    ),
    Promise("signing judges every order", "C dose-above-maximum", plan(252, 400), also="I monitoring-planned"),
    Promise(
        "dispatch makes the same checks with the data of that moment",
        "W liver-tests-missing, W blood-count-missing",
        (order(status="active"),),
        NO_LABS,
        DISPATCH,
    ),
    Promise(
        "a signed order is held, not removed",
        "C liver-tests-hold",
        (order(status="active"),),
        with_labs(result("1920-8", 250, "U/L", 40)),
        DISPATCH,
        ("Put Kadcyla on hold",),
    ),
    Promise(
        "an opened chart tells of monitoring that is due",
        "W lvef-overdue",
        chart={"administrations": bundle(dose_given(20)), **OVERDUE_LVEF},
        service=VIEW,
    ),
    Promise(
        "an opened chart is silent in the middle of a cycle",
        "",
        chart={"administrations": bundle(dose_given(8)), **NO_LABS},
        service=VIEW,
    ),
    Promise(
        "an opened chart says calmly what would stop the next dose",
        "I liver-tests-discontinue",
        chart={"administrations": bundle(dose_given(20)), **with_labs(AST_900)},
        service=VIEW,
    ),
    Promise(
        "coverage says nothing clinical",
        "",
        (drug("Kadcyla", 420),),
        service=COVERAGE,
        also="I billing-summary, I coverage-criteria, I checks-incomplete, W checks-incomplete",
    ),
    Promise(
        "a missing key never stops the other checks",
        "W checks-incomplete",
        (order(),),
        {"labs": None},
        also="W liver-tests-missing, W blood-count-missing",
    ),
    Promise(
        "an order of another FHIR release that names a drug in scope is told",
        "W checks-incomplete",
        (
            drug("aspirin", 81),
            {
                "resourceType": "MedicationOrder",
                "id": "old-1",
                "status": "draft",
                "medicationCodeableConcept": {"text": "Kadcyla"},
                "patient": {"reference": f"Patient/{PATIENT}"},
            },
        ),
    ),
    Promise(
        "an order of R5 that names a drug in scope is told",
        "W checks-incomplete",
        (
            drug("aspirin", 81),
            {
                "resourceType": "MedicationRequest",
                "id": "new-1",
                "status": "draft",
                "intent": "order",
                "medication": {"concept": {"text": "Kadcyla"}},
                "subject": {"reference": f"Patient/{PATIENT}"},
            },
        ),
    ),
    Promise(
        "data of another patient is never used",
        "I checks-incomplete",
        chart={"labs": bundle(*normal_labs(), {**AST_900, "subject": {"reference": "Patient/other"}})},
    ),
    Promise(
        "a list that is not complete is told", "W checks-incomplete", chart={"labs": bundle(*normal_labs(), total=40)}
    ),
]
IDENTITY = [
    Promise(
        "two products in one order, and nothing else is judged",
        "C drug-identity-conflict",
        (drug("Kadcyla (fam-trastuzumab deruxtecan-nxki)", 900),),
        NO_LVEF | with_labs(AST_900),
    ),
    *(
        Promise(f"{name} could be more than one product", "W drug-ambiguous", (drug(name, 252),))
        for name in ("trastuzumab ADC", "T-DM1/T-DXd", "ado-trastuzumab")
    ),
    Promise(
        "a HCPCS code of another product; both are named",
        "C hcpcs-mismatch",
        (drug("Kadcyla", 252, code=(HCPCS, "J9358")),),
        says=("Kadcyla", "Enhertu"),
    ),
    Promise(
        "J9308 on pertuzumab is ramucirumab",
        "C hcpcs-mismatch",
        (drug("Perjeta", 840, code=(HCPCS, "J9308")),),
        PARTNER,
        says=("amucirumab",),
    ),
    Promise("a not otherwise classified code", "W hcpcs-not-specific", (drug("Kadcyla", 252, code=(HCPCS, "J9999")),)),
    Promise("the NDC of another product", "C ndc-mismatch", (drug("Kadcyla", 252, code=(NDC, "65597-406-01")),)),
    Promise("a look-alike's dose", "C dose-matches-other-drug", (drug("Enhertu", 252),)),
    Promise(
        "above the maximum, the look-alike stands in the detail",
        "C dose-above-maximum",
        (drug("Kadcyla", 378),),
        says=("Enhertu",),
    ),
]
DOSE = [
    Promise(
        "up to the maximum rounded up to the next milligram is at the maximum",
        "",
        (drug("Kadcyla", 252),),
        {"weight": bundle(weight(69.8))},
    ),
    Promise("above within the tolerance is a warning", "W dose-above-maximum", (drug("Kadcyla", 260),)),
    Promise("above the tolerance is critical", "C dose-above-maximum", (drug("Kadcyla", 270),)),
    Promise("not a level", "W dose-not-a-level", (drug("Kadcyla", 190),)),
    Promise(
        "a level, and not the first one of the indication",
        "W dose-wrong-for-indication",
        (drug("Enhertu", 378),),
        GASTRIC,
    ),
    Promise("a reduction explains it", "", (drug("Enhertu", 378),), GASTRIC | history(given(21, 448, "Enhertu"))),
    *(
        Promise(f"{mg} {unit} cannot be meant", "C dose-implausible", (drug("Kadcyla", mg, unit=unit),))
        for mg, unit in ((3.6, "mg"), (3.6, "mg/m2"))
    ),
    Promise(
        "per kilogram for a fixed dose cannot be meant",
        "C dose-implausible",
        (drug("Perjeta", 6, unit="mg/kg"),),
        PARTNER | history(given(21, 840, "Perjeta")),
    ),
    Promise("field and instructions differ", "W dose-text-conflict", (drug("Kadcyla", 252, text="210 mg IV"),)),
    Promise("and one of them is above the maximum", "C dose-text-conflict", (drug("Kadcyla", 252, text="378 mg IV"),)),
    Promise(
        "two weights that cannot both be right",
        "C weight-implausible",
        (drug("Kadcyla", 554),),
        {"weight": bundle(weight(154), {**weight(70, 20), "id": "weight-2"})},
        also="C dose-above-maximum",
    ),
    Promise("a push", "C infusion-rate", (drug("Kadcyla", 252, text="252 mg IV push"),)),
    Promise(
        "the first infusion in half an hour",
        "W infusion-rate",
        (drug("Kadcyla", 252, text="252 mg IV over 30 minutes"),),
    ),
    Promise(
        "a later infusion in half an hour",
        "",
        (drug("Kadcyla", 252, text="252 mg IV over 30 minutes"),),
        history(given(21)),
    ),
    Promise("an age that the label does not cover", "W age-not-labelled", chart=CHILD),
    Promise("no dose at signing", "W dose-cannot-verify", (drug("Kadcyla", None),)),
    Promise("no weight at signing", "W dose-cannot-verify", chart={"weight": bundle()}),
    Promise("an old weight", "W weight-stale", chart={"weight": bundle(weight(days=45))}),
    Promise("too soon after the last dose", "W interval-too-short", chart=history(given(14))),
    Promise("two days early are the site's window", "", chart=history(given(19))),
    Promise("an order's own schedule", "W interval-too-short", (drug("Kadcyla", 252, weeks=1),)),
    Promise(
        "between the orders of one signing, told once",
        "W interval-too-short",
        plan(252, 252, 252, every=14),
        also="I monitoring-planned",
    ),
    Promise(
        "daily without an end is one infusion",
        "",
        (drug("Kadcyla", 252, timing={"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}),),
    ),
    Promise("a named day and the labeled rhythm", "", (drug("Kadcyla", 252, on=0),)),
    Promise(
        "a named day and a weekly repeat are not understood together",
        "I checks-incomplete",
        (drug("Kadcyla", 252, on=0, weeks=1),),
        says=("repeats every 7 days",),
    ),
    Promise("the fourteenth adjuvant dose", "", chart=ADJUVANT | history(*THIRTEEN)),
    Promise("the fifteenth", "C cycle-limit-reached", chart=ADJUVANT | history(*THIRTEEN, given(294))),
    Promise(
        "the fifteenth by the plan",
        "C cycle-limit-reached",
        plan(252, 252),
        ADJUVANT | history(*THIRTEEN),
        also="I monitoring-planned",
    ),
    Promise("back to an earlier dose", "C dose-re-escalation", chart=history(given(21, 210), given(42, 252))),
    Promise(
        "a gap that wants a loading dose",
        "W reload-required",
        (drug("Herceptin", 420),),
        history(given(50, 420, "Herceptin")),
    ),
    Promise(
        "a subcutaneous product into a vein",
        "C route-wrong",
        (drug("Phesgo", 1200),),
        history(given(21, 1200, "Phesgo")),
    ),
    Promise("an infusion under the skin", "C route-wrong", (drug("Kadcyla", 252, route=SUBCUTANEOUS),)),
    Promise(
        "Kadcyla in dextrose", "C diluent-incompatible", (drug("Kadcyla", 252, text="252 mg in dextrose 5 % 250 mL"),)
    ),
    Promise(
        "Enhertu in sodium chloride",
        "C diluent-incompatible",
        (drug("Enhertu", 378, text="378 mg in sodium chloride 0.9 % 100 mL"),),
    ),
]
BIOMARKER = [
    Promise("no HER2 result", "W her2-missing", chart=NO_HER2),
    Promise(
        "serum HER2 never counts",
        "W her2-missing",
        chart={"tumorMarkers": bundle(observation("serum", "32996-1", 30, valueString="positive"))},
        also="I checks-incomplete, W checks-incomplete",
    ),
    Promise(
        "a canceled result never counts",
        "W her2-missing",
        chart={"tumorMarkers": bundle({**ihc(), "status": "cancelled"})},
        also="I checks-incomplete, W checks-incomplete",
    ),
    Promise("2+ without ISH", "W her2-ish-missing", chart={"tumorMarkers": bundle(ihc("LA11842-4", "2+"))}),
    Promise(
        "1+ does not qualify for Kadcyla", "C her2-not-eligible", chart={"tumorMarkers": bundle(ihc("LA11841-6", "1+"))}
    ),
    Promise(
        "bare 0 for Enhertu in breast cancer",
        "W her2-tier-unclear",
        (drug("Enhertu", 378),),
        {"tumorMarkers": bundle(observation("her2-1", "85319-2", 90, valueString="0"))},
    ),
    Promise(
        "Enhertu in lung cancer without a mutation",
        "W erbb2-mutation-missing",
        (drug("Enhertu", 378),),
        LUNG | NO_HER2,
        also="W her2-missing",
    ),
    Promise(
        "a cancer that the label does not cover",
        "W indication-unsupported",
        chart={"conditions": bundle(cancer("C16.9"))},
    ),
]
MONITORING = [
    Promise("no LVEF", "W lvef-missing", chart=NO_LVEF),
    Promise("an old LVEF", "W lvef-overdue", chart=OVERDUE_LVEF),
    Promise("Enhertu's label names no interval", "", (drug("Enhertu", 378),), OVERDUE_LVEF),
    Promise("a low LVEF", "C lvef-hold", chart=ECHO_38),
    Promise("liver tests and blood count are two cards", "W liver-tests-missing, W blood-count-missing", chart=NO_LABS),
    Promise("AST above five times its limit", "C liver-tests-hold", chart=with_labs(result("1920-8", 250, "U/L", 40))),
    Promise("AST above twenty times its limit", "C liver-tests-discontinue", chart=with_labs(AST_900)),
    Promise("few platelets", "C blood-count-hold", chart=with_labs(PLATELETS_30)),
    Promise("a first dose and no pregnancy test", "W pregnancy-test-missing", chart=YOUNG),
    Promise("no first dose", "", chart=YOUNG | history(given(21))),
    Promise(
        "a recorded pregnancy",
        "C pregnancy-positive",
        chart=YOUNG | {"conditions": bundle(cancer(), problem("Pregnancy"))},
        also="W pregnancy-test-missing",
    ),
    Promise(
        "lung disease", "C ild-active", chart={"conditions": bundle(cancer(), problem("Interstitial lung disease"))}
    ),
    Promise(
        "heart failure",
        "C heart-failure-active",
        chart={"conditions": bundle(cancer(), problem("Congestive heart failure"))},
    ),
]
REGIMEN = [
    Promise(
        "two HER2 agents of one session; both may go, and neither by default",
        "C her2-agents-combined",
        (drug("Kadcyla", 252), drug("Enhertu", 378, key="order-2")),
    ),
    Promise("one of them active in the chart", "C her2-agents-combined", chart=beside(active("Enhertu"))),
    Promise(
        "one that has ended is not active",
        "",
        chart=beside(active("Enhertu", dispenseRequest={"validityPeriod": {"end": days_ago(5)}})),
    ),
    Promise("trastuzumab with pertuzumab", "", (drug("Herceptin", 560), drug("Perjeta", 840, key="order-2"))),
    Promise("Enhertu with pertuzumab", "", (drug("Enhertu", 378), drug("Perjeta", 840, key="order-2"))),
    Promise(
        "an anthracycline beside trastuzumab",
        "W anthracycline-concurrent",
        (drug("Herceptin", 560), drug("doxorubicin", 100, key="order-2")),
    ),
    Promise(
        "a strong CYP3A4 inhibitor beside Kadcyla", "W cyp3a4-inhibitor", chart=beside(active("clarithromycin 500 mg"))
    ),
    Promise(
        "twice for one day",
        "C duplicate-order",
        (drug("Kadcyla", 252, on=0), drug("Kadcyla", 252, on=0, key="order-2")),
    ),
    Promise(
        "three times for one day: one suggestion leaves one",
        "C duplicate-order",
        tuple(drug("Kadcyla", 252, on=0, key=f"order-{n}") for n in (1, 2, 3)),
        says=("Remove Kadcyla (252 mg", "no. 2; 252 mg"),
    ),
    Promise(
        "bag 1 of 2 and bag 2 of 2",
        "",
        tuple(drug("Kadcyla", 126, on=0, key=f"order-{n}", text=f"126 mg, bag {n} of 2") for n in (1, 2)),
    ),
    Promise("only the sum is a level", "", (drug("Kadcyla", 152, on=0), drug("Kadcyla", 100, on=0, key="order-2"))),
    Promise(
        "active in the chart for the same day",
        "C duplicate-order",
        (drug("Kadcyla", 252, on=0),),
        beside(active("Kadcyla", dosageInstruction=drug("Kadcyla", 252, on=0)["dosageInstruction"])),
    ),
    Promise(
        "an order that takes its place",
        "",
        (drug("Kadcyla", 252, on=0, priorPrescription={"reference": "MedicationRequest/active-1"}),),
        beside(active("Kadcyla", dosageInstruction=drug("Kadcyla", 252, on=0)["dosageInstruction"])),
    ),
    Promise(
        "an order that carries it out",
        "",
        (drug("Kadcyla", 252, on=0, basedOn=[{"reference": "MedicationRequest/active-1"}]),),
        beside(active("Kadcyla", dosageInstruction=drug("Kadcyla", 252, on=0)["dosageInstruction"])),
    ),
    Promise(
        "a pharmacy's order that carries it out",
        "",
        (drug("Kadcyla", 252, on=0, status="active"),),
        beside(
            active(
                "Kadcyla",
                dosageInstruction=drug("Kadcyla", 252, on=0)["dosageInstruction"],
                intent="filler-order",
                basedOn=[{"reference": "MedicationRequest/order-1"}],
            )
        ),
        DISPATCH,
    ),
    Promise(
        "neratinib without loperamide in its first weeks", "W prophylaxis-missing", (daily("neratinib", 240),), ADJUVANT
    ),
    Promise(
        "neratinib with loperamide", "", (daily("neratinib", 240), daily("loperamide", 4, 3, key="order-2")), ADJUVANT
    ),
    Promise(
        "a drug that the label of a tablet says to avoid",
        "W interaction",
        (daily("Tukysa", 300, 2),),
        beside(
            active("Herceptin"), {**active("capecitabine"), "id": "a-2"}, {**active("phenytoin 100 mg"), "id": "a-3"}
        ),
    ),
]
PLANS = [
    Promise("a whole plan that is right has one dated card", "I monitoring-planned", plan(*[252] * 6)),
    Promise(
        "one order of six cycles is told like six orders",
        "I monitoring-planned",
        (drug("Kadcyla", 252, timing={"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk", "count": 6}}),),
    ),
    Promise(
        "one card for a topic and product, one suggestion for all its orders",
        "C dose-above-maximum",
        plan(*[400] * 6),
        also="I monitoring-planned",
        says=("6 orders", days_ago(-105)),
    ),
    Promise(
        "a missing test that two products want is one card",
        "W lvef-missing",
        (drug("Herceptin", 560), drug("Perjeta", 840, key="order-2")),
        NO_LVEF,
        says=("Herceptin and Perjeta",),
    ),
    Promise(
        "by urgency: discontinue, hold, other criticals; the rest are lines",
        "C liver-tests-discontinue, C hcpcs-mismatch, C dose-above-maximum",
        (drug("Kadcyla", 420, code=(HCPCS, "J9355")),),
        NO_LVEF | with_labs(AST_900, PLATELETS_30),
    ),
    Promise(
        "what stops is told for a planned dose too",
        "C liver-tests-discontinue",
        (drug("Kadcyla", 252, on=30, weeks=None),),
        with_labs(AST_900),
        also="I monitoring-planned",
    ),
    Promise(
        "missing tests of a planned dose wait for its day",
        "I monitoring-planned",
        (drug("Kadcyla", 252, on=30, weeks=None),),
        NO_LABS,
    ),
    Promise(
        "a planned dose that is near",
        "W liver-tests-missing, W blood-count-missing",
        (drug("Kadcyla", 252, on=5, weeks=None),),
        NO_LABS,
    ),
    Promise(
        "dose and route of a planned dose are judged today",
        "C dose-above-maximum, C route-wrong",
        (drug("Kadcyla", 420, on=30, weeks=None, route=SUBCUTANEOUS),),
        also="I monitoring-planned",
    ),
    Promise(
        "the next dose may be one that is active in the chart",
        "I monitoring-planned",
        (drug("Kadcyla", 252, on=25, weeks=None),),
        NO_LABS | beside(active("Kadcyla", dosageInstruction=[{"timing": {"event": [days_ago(-4)]}}])),
    ),
]
NEXT = "MedicationRequest/order-1"
CARE_PLAN = {"resourceType": "CarePlan", "id": "plan-1", "status": "draft", "intent": "order"}
GROUP = {"resourceType": "RequestGroup", "id": "group-1", "status": "draft", "intent": "order"}
OF_PLAN = {**CARE_PLAN, "activity": [{"reference": {"reference": NEXT}}]}
OF_GROUP = {**GROUP, "action": [{"title": "Cycle 1", "action": [{"resource": {"reference": NEXT}}]}]}
PLAN_OF_GROUPS = {**CARE_PLAN, "activity": [{"reference": {"reference": "RequestGroup/group-1"}}]}
SELECTED = [
    Promise(
        f"selecting {sentence} selects its orders",
        "C dose-above-maximum",
        (drug("Kadcyla", 420, **belongs), drug("aspirin", 81, key="order-2"), *plans),
        service=SELECT,
        context={"selections": [selection]},
    )
    for sentence, selection, belongs, plans in (
        ("a plan", "CarePlan/plan-1", {}, (OF_PLAN,)),
        ("a group", "RequestGroup/group-1", {}, (OF_GROUP,)),
        ("a plan of groups", "CarePlan/plan-1", {}, (PLAN_OF_GROUPS, OF_GROUP)),
        (
            "a plan that its orders name",
            "CarePlan/plan-1",
            {"basedOn": [{"reference": "CarePlan/plan-1"}]},
            (CARE_PLAN,),
        ),
        ("a plan that is not sent", "CarePlan/plan-9", {"basedOn": [{"reference": "CarePlan/plan-9"}]}, ()),
        (
            "a group with the identifier of its orders",
            "RequestGroup/group-1",
            {"groupIdentifier": {"value": "P-1"}},
            ({**GROUP, "groupIdentifier": {"value": "P-1"}},),
        ),
    )
]
SELECTED += [
    Promise(
        "an order of another plan is not selected",
        "",
        (
            drug("Kadcyla", 420, basedOn=[{"reference": "CarePlan/plan-2"}]),
            drug("aspirin", 81, key="order-2"),
            CARE_PLAN,
        ),
        service=SELECT,
        context={"selections": ["CarePlan/plan-1"]},
    ),
    Promise(
        "an order inside a plan is judged",
        "C dose-above-maximum",
        (
            drug("aspirin", 81, key="order-2"),
            {
                **CARE_PLAN,
                "activity": [{"reference": {"reference": "#in"}}],
                "contained": [drug("Kadcyla", 420, key="in")],
            },
        ),
    ),
    Promise(
        "a drug in the details of an activity is told",
        "W checks-incomplete",
        (
            drug("aspirin", 81, key="order-2"),
            {**CARE_PLAN, "activity": [{"detail": {"productCodeableConcept": {"text": "Kadcyla"}}}]},
        ),
    ),
    Promise(
        "six cycles that belong to one plan",
        "I monitoring-planned",
        (*({**each, "basedOn": [{"reference": "CarePlan/plan-1"}]} for each in plan(*[252] * 6)), CARE_PLAN),
        service=SELECT,
        context={"selections": ["CarePlan/plan-1"]},
    ),
]
PROMISES = [*SELECTED, *SCOPE, *IDENTITY, *DOSE, *BIOMARKER, *MONITORING, *REGIMEN, *PLANS]


def request_of(promise: Promise) -> tuple[list[Json], Json]:
    """Return the orders and the prefetch of a promise; a list that is ``None`` is not sent."""
    chart = on_kadcyla() if promise.service == VIEW else clean_prefetch()
    chart["labs"] = bundle(*normal_labs())
    chart = {key: value for key, value in {**chart, **promise.chart}.items() if value is not None and key in KEYS}
    if promise.service == DISPATCH:
        chart["dispatched"] = bundle(*promise.orders)
    return list(promise.orders), chart
