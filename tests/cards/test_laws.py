"""Laws that hold for every order and every chart, not only for the cases somebody thought of."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec
from builders import (
    KNOWN,
    TODAY,
    at,
    chart,
    days_ago,
    ihc,
    ish,
    judged,
    lab,
    measured,
    order,
    outcome_of,
    overall,
    staged,
)
from builders import given as treated
from builders import tested as hcg
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.facts.order import DrugOrder
from cards.facts.origins import Gap
from cards.facts.outcomes import CannotTell, Clear, Fired, HoldOrder, NotApplicable, RemoveOrder
from cards.facts.patient import Patient, PresentProblem, TreatmentState
from cards.facts.results import (
    CodedHer2,
    Her2Finding,
    Her2Method,
    Her2Result,
    Preliminary,
    Receptor,
    ReceptorResult,
    Weight,
)
from cards.facts.session import Hook
from cards.facts.topics import Topic
from cards.knowledge.schema import Problem, Route, Scope, Setting
from cards.rules import rules_for_hook
from cards.values.quantities import Kg

# A slow run on a busy machine is not a counterexample.
settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
PRODUCTS = (
    "Kadcyla",
    "Enhertu",
    "trastuzumab",
    "Ogivri",
    "Perjeta",
    "Poherdy",
    "Phesgo",
    "Herceptin Hylecta",
    "Margenza",
    "Ziihera",
)
OF_CODES = {Topic.HCPCS_MISMATCH, Topic.NDC_MISMATCH}
WEIGHTS = st.decimals(Decimal("30.0"), Decimal("160.0"), places=1)
PER_KG = st.decimals(Decimal("1.0"), Decimal("25.0"), places=2)
DAYS = st.integers(-30, 2000)
RESULTS = st.builds(
    lambda n, unit: f"{n}{unit}", st.decimals(Decimal(0), Decimal(60), places=1), st.sampled_from(["", " ULN"])
)
HER2 = st.builds(
    lambda method, finding, days, conflict, name: Her2Result(
        method, finding, days_ago(days), at(f"her2-{name}"), str(finding), None, conflict
    ),
    st.sampled_from(Her2Method),
    st.sampled_from(Her2Finding),
    DAYS,
    st.booleans(),
    st.integers(0, 9),
)
PRELIMINARY = st.builds(
    Preliminary,
    st.lists(st.builds(lab, st.sampled_from(["ast", "platelets", "bilirubin-total", "neutrophils"]), RESULTS)).map(
        tuple
    ),
    st.lists(st.builds(measured, st.sampled_from(["30", "42", "60"]), st.just(TODAY), st.just("new"))).map(tuple),
    st.lists(st.builds(hcg, st.sampled_from([True, False, None]), st.just(0))).map(tuple),
)
GAPS = st.builds(
    lambda about, reason, on: Gap(about, "prefetch.labs.entry[0].resource", reason, on, (("status", "x"),)),
    st.sampled_from([None, "weight", "lvef", "ast", "platelets", "her2-ihc", "diagnosis", "patient"]),
    st.sampled_from(["malformed", "no-value", "no-unit", "other-patient", "status"]),
    st.one_of(st.none(), st.just(TODAY)),
)


TREATMENTS = st.builds(
    lambda product, days, dose, state: treated(product, days, dose, state, ("doxorubicin",) if not product else ()),
    st.sampled_from(["", *(product.id for product in KNOWN.products)]),
    st.integers(-30, 1200),
    st.sampled_from([None, "2 mg/kg", "4 mg/kg", "6 mg/kg", "3.6 mg/kg", "210 mg", "420 mg", "840 mg", "1 mg"]),
    st.sampled_from(TreatmentState),
)
PROBLEMS = st.builds(
    lambda problem, days: PresentProblem(problem, str(problem), at(problem), None if days is None else days_ago(days)),
    st.sampled_from(Problem),
    st.one_of(st.none(), DAYS),
)
RECEPTORS = st.builds(
    lambda receptor, positive: ReceptorResult(positive, TODAY, at("receptor"), receptor),
    st.sampled_from(Receptor),
    st.booleans(),
)
CODED = st.builds(lambda positive: CodedHer2(positive, "Z17.31", at("code")), st.booleans())
BIRTHS = st.one_of(st.none(), st.dates(TODAY.replace(year=1920), TODAY))


def weights(kg: Decimal, days: int) -> tuple[Weight, ...]:
    return (Weight(Kg(kg), days_ago(days), at("weight")),)


@st.composite
def charts(draw: st.DrawFn) -> Patient:
    tests = draw(st.dictionaries(st.sampled_from(["ast", "alt", "bilirubin-total", "platelets", "neutrophils"]), DAYS))
    return msgspec.structs.replace(
        chart(cancers=tuple(draw(st.sets(st.sampled_from(["breast", "gastric", "lung", "biliary", "other"]))))),
        weights=draw(st.one_of(st.just(()), st.builds(weights, WEIGHTS, DAYS))),
        lvefs=draw(
            st.one_of(
                st.just(()),
                st.lists(
                    st.builds(
                        lambda d, p, normal: measured(str(p), days_ago(d), f"lvef-{d}", normal),
                        DAYS,
                        st.integers(5, 90),
                        st.sampled_from([None, "50"]),
                    ),
                    max_size=3,
                ).map(lambda found: tuple(sorted(found, key=lambda each: each.on, reverse=True))),
            )
        ),
        treatments=tuple(
            sorted(draw(st.lists(TREATMENTS, max_size=5)), key=lambda each: (each.on, each.product), reverse=True)
        ),
        problems=tuple(draw(st.lists(PROBLEMS, max_size=2))),
        pregnancy_tests=tuple(
            hcg(positive, days)
            for positive, days in draw(st.lists(st.tuples(st.sampled_from([True, False, None]), DAYS), max_size=2))
        ),
        receptors=tuple(draw(st.lists(RECEPTORS, max_size=2))),
        coded_her2=tuple(draw(st.lists(CODED, max_size=2))),
        sex=draw(st.sampled_from(["female", "male", "other", ""])),
        birth_date=draw(BIRTHS),
        labs={
            test: (msgspec.structs.replace(lab(test, draw(RESULTS)), on=days_ago(days)),)
            for test, days in tests.items()
        },
        her2=tuple(draw(st.lists(HER2, max_size=4))),
        stagings=staged(draw(st.sampled_from([None, *map(str, Setting)]))),
        gaps=tuple(draw(st.lists(GAPS, max_size=3))),
    )


@st.composite
def orders(draw: st.DrawFn, identifier: str = "order-1") -> DrugOrder:
    amount = draw(st.decimals(Decimal(0), Decimal(3000), places=2))
    unit = draw(st.sampled_from(["mg", "mg/kg", "mL", "mg/m2", "g", "{vial}"]))
    dose = draw(st.sampled_from([(), (f"{amount} {unit}",)]))
    drug_order = order(
        draw(st.sampled_from([*PRODUCTS, "ado-trastuzumab", "T-DM1/T-DXd", "Cyramza", "paclitaxel"])),
        *dose,
        hcpcs=draw(st.sampled_from([(), ("J9354",), ("J9308",), ("J9999",), ("J0000",)])),
        ndc=draw(st.sampled_from([(), ("65597-406-01",), ("nonsense",)])),
        interval=draw(st.sampled_from([None, 7, 14, 21])),
        start=draw(st.sampled_from([None, TODAY + timedelta(days=10), TODAY - timedelta(days=10)])),
        tentative=draw(st.booleans()),
        route=draw(st.sampled_from([None, *Route])),
        cycles=draw(st.sampled_from([None, 1, 18])),
        reason=draw(st.sampled_from([None, "breast", "gastric"])),
        identifier=identifier,
    )
    computed = draw(st.booleans())
    doses = tuple(msgspec.structs.replace(dose, computed=computed) for dose in drug_order.doses)
    return msgspec.structs.replace(drug_order, doses=doses)


def fired(verdicts) -> dict[Topic, object]:
    return {(v.topic, v.order): v.outcome for v in verdicts if isinstance(v.outcome, Fired)}


@given(orders(), charts(), st.sampled_from(Hook))
def test_no_facts_make_a_rule_raise_and_every_rule_answers_once(drug_order, patient, hook) -> None:
    verdicts = judged(drug_order, patient=patient, hook=hook)
    about_the_order = [v for v in verdicts if v.order is not None and v.topic is not Topic.MONITORING_PLANNED]
    if {v.topic for v in about_the_order} == OF_CODES:
        # A known neighbor under the code of a drug in scope: no other check applies.
        assert all(KNOWN.product(v.product).scope is Scope.RECOGNIZED_ONLY for v in about_the_order)
    else:
        assert len(about_the_order) in (0, len(rules_for_hook(hook)))
    assert all(isinstance(v.outcome, Fired | Clear | CannotTell | NotApplicable) for v in verdicts)


@given(orders(), charts())
def test_dispatch_finds_what_signing_finds_and_removes_nothing(drug_order, patient) -> None:
    # The later doses of one order were listed when it was signed.
    signed, dispatched = (
        [v for v in judged(drug_order, patient=patient, hook=each) if v.topic is not Topic.MONITORING_PLANNED]
        for each in (Hook.SIGN, Hook.DISPATCH)
    )
    assert fired(signed).keys() == fired(dispatched).keys()
    for verdict, other in zip(signed, dispatched, strict=True):
        if isinstance(verdict.outcome, Fired) and isinstance(other.outcome, Fired):
            held = [HoldOrder() if isinstance(fix, RemoveOrder) else fix for fix in verdict.outcome.fixes]
            assert list(other.outcome.fixes) == held


@given(orders(), charts())
def test_the_same_facts_give_the_same_verdicts(drug_order, patient) -> None:
    assert judged(drug_order, patient=patient) == judged(drug_order, patient=patient)


@given(orders(), charts(), PRELIMINARY)
def test_a_preliminary_result_changes_no_finding(drug_order, patient, more) -> None:
    told = msgspec.structs.replace(patient, preliminary=more)
    one, other = (fired(judged(drug_order, patient=each)) for each in (patient, told))
    incomplete = {key for key in (*one, *other) if key[0] is Topic.CHECKS_INCOMPLETE}
    assert {key: each for key, each in one.items() if key not in incomplete} == {
        key: each for key, each in other.items() if key not in incomplete
    }
    assert other.keys() >= one.keys()


@given(st.sampled_from(PRODUCTS), WEIGHTS, PER_KG, PER_KG)
def test_a_larger_dose_never_silences_the_maximum(drug, weight, one, other) -> None:
    smaller, larger = sorted((one, other))
    patient = msgspec.structs.replace(chart(), weights=weights(weight, 1))
    small, large = (judged(order(drug, f"{per_kg * weight} mg"), patient=patient) for per_kg in (smaller, larger))
    if isinstance(outcome_of(Topic.DOSE_ABOVE_MAXIMUM, small), Fired):
        assert isinstance(outcome_of(Topic.DOSE_ABOVE_MAXIMUM, large), Fired)


@given(WEIGHTS)
@settings(max_examples=3 * settings.default.max_examples)
def test_exactly_the_maximum_is_never_above_it(weight) -> None:
    patient = msgspec.structs.replace(chart(), weights=weights(weight, 1))
    for drug, per_kg in (("Kadcyla", "3.6"), ("Enhertu", "5.4"), ("trastuzumab", "8"), ("Margenza", "15")):
        at_most = judged(order(drug, f"{Decimal(per_kg) * weight} mg"), patient=patient)
        assert isinstance(outcome_of(Topic.DOSE_ABOVE_MAXIMUM, at_most), Clear)
        over = (Decimal(per_kg) * weight).to_integral_value(rounding="ROUND_CEILING") + 1
        above = judged(order(drug, f"{over} mg"), patient=patient)
        assert isinstance(outcome_of(Topic.DOSE_ABOVE_MAXIMUM, above), Fired)


@given(orders(), charts(), st.sampled_from(["paclitaxel", "Cyramza", "ondansetron"]))
def test_an_order_of_another_drug_changes_no_verdict(drug_order, patient, other) -> None:
    alone = judged(drug_order, patient=patient)
    beside = judged(drug_order, order(other, "100 mg", identifier="order-2"), patient=patient)
    assert fired(alone) == fired(beside)


@given(orders(), orders(identifier="order-2"), charts())
def test_the_order_of_the_orders_changes_nothing(first, second, patient) -> None:
    assert fired(judged(first, second, patient=patient)).keys() == fired(judged(second, first, patient=patient)).keys()


@given(charts(), st.integers(0, 400), st.integers(0, 400))
def test_an_older_weight_never_silences_the_stale_card(patient, one, other) -> None:
    newer, older = sorted((one, other))
    at_newer = msgspec.structs.replace(patient, weights=weights(Decimal(70), newer))
    at_older = msgspec.structs.replace(patient, weights=weights(Decimal(70), older))
    drug_order = order("Kadcyla", "252 mg")
    if isinstance(outcome_of(Topic.WEIGHT_STALE, judged(drug_order, patient=at_newer)), Fired):
        assert isinstance(outcome_of(Topic.WEIGHT_STALE, judged(drug_order, patient=at_older)), Fired)


@given(st.lists(HER2, min_size=1, max_size=4), st.sampled_from(PRODUCTS))
def test_a_status_either_qualifies_or_somebody_says_why_not(results, drug) -> None:
    """Whatever the results, silence on all HER2 topics means that the status qualifies."""
    patient = msgspec.structs.replace(chart(), her2=tuple(results))
    verdicts = judged(order(drug, "100 mg"), patient=patient)
    spoken = {v.topic for v in verdicts if isinstance(v.outcome, Fired)}
    told = {
        Topic.HER2_MISSING,
        Topic.HER2_ISH_MISSING,
        Topic.HER2_NOT_ELIGIBLE,
        Topic.HER2_TIER_UNCLEAR,
        Topic.HER2_DISCORDANT,
        Topic.INDICATION_UNSUPPORTED,
        Topic.CHECKS_INCOMPLETE,
    }
    if not spoken & told:
        assert isinstance(outcome_of(Topic.HER2_NOT_ELIGIBLE, verdicts), Clear)


def test_a_positive_status_never_comes_from_results_that_are_all_negative() -> None:
    for results in ((ihc("0"),), (ihc("1+"),), (ihc("2+"), ish("negative")), (overall("negative"),), (overall("low"),)):
        verdicts = judged(order("Kadcyla", "252 mg"), patient=chart(her2=results))
        assert isinstance(outcome_of(Topic.HER2_NOT_ELIGIBLE, verdicts), Fired)


@given(
    st.sampled_from(["Kadcyla", "Enhertu"]),
    st.sampled_from(["ast", "alt", "bilirubin-total"]),
    st.sampled_from([None, *Setting]),
    st.decimals(Decimal("0.1"), Decimal(30), places=1),
    st.decimals(Decimal("0.1"), Decimal(30), places=1),
)
def test_a_worse_liver_test_never_silences_a_stop(drug, test, setting, one, other) -> None:
    """Holding may turn into discontinuing, never into nothing."""
    stops = {Topic.LIVER_TESTS_HOLD, Topic.LIVER_TESTS_DISCONTINUE}
    better, worse = sorted((one, other))
    spoken = [
        {
            v.topic
            for v in judged(order(drug, "100 mg"), patient=stopped_by(test, f"{times} ULN", setting))
            if isinstance(v.outcome, Fired)
        }
        & stops
        for times in (better, worse)
    ]
    if spoken[0]:
        assert spoken[1]
    if Topic.LIVER_TESTS_DISCONTINUE in spoken[0]:
        assert Topic.LIVER_TESTS_DISCONTINUE in spoken[1]


@given(
    st.sampled_from(["Kadcyla", "Enhertu"]),
    st.sampled_from(["platelets", "neutrophils"]),
    st.sampled_from([None, *Setting]),
    st.decimals(Decimal(0), Decimal(120), places=1),
    st.decimals(Decimal(0), Decimal(120), places=1),
)
def test_a_lower_count_never_silences_a_hold(drug, test, setting, one, other) -> None:
    lower, higher = sorted((one, other))
    held = [
        isinstance(
            outcome_of(
                Topic.BLOOD_COUNT_HOLD, judged(order(drug, "100 mg"), patient=stopped_by(test, str(v), setting))
            ),
            Fired,
        )
        for v in (higher, lower)
    ]
    assert held[1] or not held[0]


@given(
    st.sampled_from(PRODUCTS), st.sampled_from(Setting), st.integers(45, 75), st.integers(10, 75), st.integers(10, 75)
)
def test_a_lower_ejection_fraction_never_silences_a_hold(drug, setting, baseline, one, other) -> None:
    lower, higher = sorted((one, other))
    held = [
        isinstance(
            outcome_of(
                Topic.LVEF_HOLD,
                judged(
                    order(drug, "100 mg"),
                    patient=chart(lvef=str(percent), baseline=str(baseline), setting=str(setting), lvef_normal="50"),
                ),
            ),
            Fired,
        )
        for percent in (higher, lower)
    ]
    assert held[1] or not held[0]


def stopped_by(test: str, written: str, setting: Setting | None) -> Patient:
    return chart(values={test: written}, setting=str(setting) if setting else None)


@given(orders(), charts(), st.data())
def test_a_shuffled_chart_changes_no_verdict(drug_order, patient, data) -> None:
    """Results are sorted by the mapping; problems, codes and receptors come as the chart has them."""
    shuffled = msgspec.structs.replace(
        patient,
        problems=tuple(data.draw(st.permutations(patient.problems))),
        receptors=tuple(data.draw(st.permutations(patient.receptors))),
        coded_her2=tuple(data.draw(st.permutations(patient.coded_her2))),
        diagnoses=tuple(data.draw(st.permutations(patient.diagnoses))),
        stagings=tuple(data.draw(st.permutations(patient.stagings))),
    )
    assert fired(judged(drug_order, patient=patient)).keys() == fired(judged(drug_order, patient=shuffled)).keys()


@given(st.sampled_from(["Herceptin", "Perjeta", "Phesgo", "Kadcyla"]), st.integers(0, 200), st.integers(0, 200))
def test_a_longer_gap_never_silences_a_reload_nor_a_shorter_one_the_interval(drug, one, other) -> None:
    shorter, longer = sorted((one, other))
    doses = {"Herceptin": "420 mg", "Perjeta": "420 mg", "Phesgo": "1200 mg", "Kadcyla": "252 mg"}
    products = {"Herceptin": "trastuzumab", "Perjeta": "pertuzumab", "Phesgo": "phesgo", "Kadcyla": "kadcyla"}
    spoken = [
        judged(order(drug, doses[drug]), patient=chart(history=(treated(products[drug], days, doses[drug]),)))
        for days in (shorter, longer)
    ]
    if isinstance(outcome_of(Topic.RELOAD_REQUIRED, spoken[0]), Fired):
        assert isinstance(outcome_of(Topic.RELOAD_REQUIRED, spoken[1]), Fired)
    if isinstance(outcome_of(Topic.INTERVAL_TOO_SHORT, spoken[1]), Fired):
        assert isinstance(outcome_of(Topic.INTERVAL_TOO_SHORT, spoken[0]), Fired)
