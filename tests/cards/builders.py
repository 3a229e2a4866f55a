"""Orders and charts in a few words, so that a row of a case table reads like the case it is."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cards.billing.rules import coverage_rules
from cards.engine import judge
from cards.facts.billing import BillingFacts, BillingSession
from cards.facts.order import (
    BillingCode,
    DosageTiming,
    DoseUnit,
    DrugOrder,
    EvidenceKind,
    IdentityEvidence,
    OrderedDose,
    OrderNote,
    WrittenNdc,
)
from cards.facts.origins import Gap, Origin
from cards.facts.outcomes import Fired
from cards.facts.patient import Diagnosis, Patient, PresentProblem, Staging, Treatment, TreatmentState
from cards.facts.policy import Policy, default_policy
from cards.facts.results import (
    CodedHer2,
    Her2Finding,
    Her2Method,
    Her2Result,
    LabResult,
    Lvef,
    Mutation,
    PregnancyTest,
    ReceptorResult,
    Weight,
)
from cards.facts.schedules import Rhythm, Schedule
from cards.facts.session import Hook, Session
from cards.identification.recognizer import Recognizer
from cards.knowledge.billing_loader import default_billing, default_policies
from cards.knowledge.billing_setup import BillingSetup
from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import Cancer, Diluent, Problem, Route, Setting
from cards.presentation.due import due_cards
from cards.readings.on_treatment import on_treatment
from cards.rules import RULES, Rule
from cards.values.intervals import Bound
from cards.values.quantities import Kg, Mg, MgPerKg, Percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cards.facts.outcomes import Verdict
    from cards.facts.topics import Topic

TODAY = date(2026, 11, 22)
KNOWN = default_knowledge()
RECOGNIZER = Recognizer(KNOWN)
POLICY = default_policy(KNOWN)
SETUP = BillingSetup(default_billing(), default_policies())
COVERAGE_RULES = coverage_rules(SETUP)
ALL_RULES = (*RULES, *COVERAGE_RULES)
ORIGIN = Origin("MedicationRequest/order-1", "context.draftOrders.entry[0].resource")
LAST_MONTH = date(2026, 10, 23)
NORMAL = {"ast": "0.6 ULN", "alt": "0.6 ULN", "bilirubin-total": "0.5 ULN", "platelets": "220", "neutrophils": "3.4"}
PROBLEMS = {
    "ild": "Interstitial lung disease",
    "heart-failure": "Congestive heart failure",
    "pregnancy": "Pregnancy",
    "nodular-hyperplasia": "Nodular regenerative hyperplasia of liver",
    "gilbert": "Gilbert syndrome",
    "infertile": "Postmenopausal state",
    "severe-hepatic-impairment": "Cirrhosis, Child-Pugh class C",
}
LABS = ("ast", "alt", "bilirubin-total", "platelets", "neutrophils")

_UNITS = {
    "mg": (DoseUnit.MG, "1"),
    "g": (DoseUnit.MG, "1000"),
    "ug": (DoseUnit.MG, "0.001"),
    "mg/kg": (DoseUnit.MG_PER_KG, "1"),
    "mg/m2": (DoseUnit.MG_PER_M2, "1"),
    "mL": (DoseUnit.ML, "1"),
    "tablets": (DoseUnit.TABLET, "1"),
}


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def at(name: str) -> Origin:
    return Origin(f"Observation/{name}", f"prefetch.x.{name}")


def dose(written: str, instruction: int = 0) -> OrderedDose:
    number, _, unit = written.partition(" ")
    kind, factor = _UNITS.get(unit, (DoseUnit.OTHER, "1"))
    pointer = ("dosageInstruction", instruction, "doseAndRate", 0, "doseQuantity")
    return OrderedDose(
        Decimal(number) * Decimal(factor), kind, written, pointer, instruction, Decimal(factor), as_written_unit=unit
    )


def order(  # noqa: PLR0913
    drug: str = "",
    *doses: str,
    rxnorm: tuple[str, ...] = (),
    ingredients: tuple[str, ...] = (),
    hcpcs: tuple[str, ...] = (),
    service_hcpcs: tuple[str, ...] = (),
    linked: bool = True,
    ndc: tuple[str, ...] = (),
    interval: int | None = 21,
    start: date | None = None,
    reason: str | None = None,
    reason_setting: str | None = None,
    cycles: int | None = None,
    days: tuple[date, ...] = (),
    text_dose: str | None = None,
    tentative: bool = False,
    route: Route | None = None,
    diluents: tuple[Diluent, ...] = (),
    identifier: str = "order-1",
    note: OrderNote | None = None,
) -> DrugOrder:
    origin = Origin(f"MedicationRequest/{identifier}", f"context.draftOrders.{identifier}")
    path = f"{origin.path}.medicationCodeableConcept"
    evidence = [IdentityEvidence(EvidenceKind.CODING, "rxnorm", code, path) for code in rxnorm]
    evidence += [IdentityEvidence(EvidenceKind.TEXT, "", drug, path)] if drug else []
    evidence += [IdentityEvidence(EvidenceKind.INGREDIENT_TEXT, "", name, path) for name in ingredients]
    billing = [BillingCode(code, origin, ("medicationCodeableConcept", "coding", 1)) for code in hcpcs]
    service = Origin("ServiceRequest/service-1", "context.draftOrders.service-1")
    billing += [
        BillingCode(code, service, ("code", "coding", 0), on_the_order=False, linked=linked) for code in service_hcpcs
    ]
    return DrugOrder(
        origin=origin,
        evidence=tuple(evidence),
        billing=tuple(billing),
        ndcs=tuple(WrittenNdc(text, ("medicationCodeableConcept", "coding", 1), path) for text in ndc),
        doses=tuple(dose(written, index) for index, written in enumerate(doses)),
        text_doses=_text_doses(text_dose),
        interval_days=Decimal(interval) if interval else None,
        start=start,
        cycles=cycles,
        schedule=_schedule(interval, cycles, days),
        tentative=tentative,
        route=route,
        diluents=diluents,
        reasons=(Diagnosis(Cancer(reason), f"{reason} cancer", origin),) if reason else (),
        stagings=staged(reason_setting),
        notes=(note,) if note else (),
    )


def tablets(
    drug: str,
    *doses: str,
    a_day: str | None = "1",
    tablet: str | None = None,
    steps: bool = False,
    single: bool = False,
    unclear: bool = False,
    **more: Any,
) -> DrugOrder:
    """Build an order of tablets: how often a day they are taken, and whether its instructions follow one another."""
    ordered = order(drug, *doses, interval=None, **more)
    often = Decimal(a_day) if a_day is not None else None
    timings = tuple(
        DosageTiming(place, often, step=place if steps else 0, is_single=single, is_unclear=unclear)
        for place in range(len(doses))
    )
    return msgspec.structs.replace(ordered, timings=timings, tablet_mg=Decimal(tablet) if tablet else None)


def _schedule(interval: int | None, cycles: int | None, days: tuple[date, ...]) -> Schedule:
    if days:
        return Schedule((Rhythm(days=days),))
    if interval is None and cycles is None:
        return Schedule()
    return Schedule((Rhythm(every_days=Decimal(interval) if interval else None, doses=cycles),))


def _text_doses(written: str | None) -> tuple[Mg | MgPerKg, ...]:
    found: list[Mg | MgPerKg] = []
    for number, unit in re.findall(r"([\d.]+) (mg/kg|mg)", written or ""):
        found.append(MgPerKg(Decimal(number)) if unit == "mg/kg" else Mg(Decimal(number)))
    return tuple(found)


def lab(test: str, written: str, days: int = 1) -> LabResult:
    """Build a result: ``"3 ULN"`` is three times the upper limit, ``"24 U/L"`` and the bare ``"<40"`` have none."""
    number, _, unit = written.partition(" ")
    number, bound = bounded(number)
    sign = f"{bound.sign} " if bound.sign else ""
    if unit == "ULN":
        limit = Decimal(40)
        value, reported = Decimal(number) * limit, f"{sign}{number} x 40 U/L"
        return LabResult(test, value, "U/L", days_ago(days), at(test), reported, limit, bound)
    unit = unit or "10*3/uL"
    return LabResult(test, Decimal(number), unit, days_ago(days), at(test), f"{sign}{number} {unit}", None, bound)


def bounded(written: str) -> tuple[str, Bound]:
    """Return the number behind a comparator, and what the comparator makes of it."""
    number = written.lstrip("<>=")
    sign = written.removesuffix(number)
    return number, next(bound for bound in Bound if bound.sign == sign)


def measured(percent: str, on: date | None, name: str, normal: str | None = None) -> Lvef:
    limit = Percent(Decimal(normal)) if normal else None
    number, bound = bounded(percent)
    return Lvef(Percent(Decimal(number)), on, at(name), f"{bound.sign} {number} %".strip(), limit, bound)


def staged(setting: str | None) -> tuple[Staging, ...]:
    words = {"metastatic": "Secondary malignant neoplasm of bone", "early": "Stage IIB"}
    return (Staging(Setting(setting), words[setting], days_ago(300), at("stage")),) if setting else ()


def tested(positive: bool | None, days: int) -> PregnancyTest:  # noqa: FBT001
    words = {True: "positive", False: "negative", None: "12 m[IU]/mL"}
    return PregnancyTest(positive, days_ago(days), at("hcg"), words[positive])


def given(
    drug: str,
    days: int,
    written: str | None = None,
    state: TreatmentState = TreatmentState.GIVEN,
    names: tuple[str, ...] = (),
) -> Treatment:
    dosed = dose(written) if written else None
    per_kg = dosed is not None and dosed.unit is DoseUnit.MG_PER_KG
    amount = None if dosed is None else MgPerKg(dosed.number) if per_kg else Mg(dosed.number)
    origin = Origin(f"MedicationAdministration/{drug}-{days}", f"prefetch.administrations.{drug}-{days}")
    return Treatment(drug, names or (drug,), days_ago(days), origin, state, amount)


def ihc(score: str, days: int = 200, specimen: str | None = None, name: str = "ihc", **more: Any) -> Her2Result:
    finding = Her2Finding(f"ihc-{score}" if score[0] in "0123" else score)
    return Her2Result(Her2Method.IHC, finding, days_ago(days), at(name), score, specimen, **more)


def ish(finding: str, days: int = 200, name: str = "ish") -> Her2Result:
    return Her2Result(Her2Method.ISH, Her2Finding(finding), days_ago(days), at(name), finding)


def overall(finding: str, days: int = 200, name: str = "interpretation") -> Her2Result:
    return Her2Result(Her2Method.INTERPRETATION, Her2Finding(finding), days_ago(days), at(name), finding)


def chart(  # noqa: PLR0913
    *,
    weight: str | None = "70",
    weight_days: int | None = 2,
    weighed_before: tuple[str, int] | None = None,
    stated: bool = False,
    her2: tuple[Her2Result, ...] | None = None,
    lvef: str | None = "60",
    lvef_on: date | None = LAST_MONTH,
    lvef_normal: str | None = None,
    baseline: str | None = None,
    labs: dict[str, int] | None = None,
    values: dict[str, str] | None = None,
    history: tuple[Treatment, ...] = (),
    sex: str = "female",
    born: date | None = date(1968, 3, 14),
    problems: tuple[str, ...] = (),
    pregnancy_test: tuple[bool | None, int] | None = None,
    mutation: bool | None = None,
    without: tuple[str, ...] = (),
    cancers: tuple[str, ...] = ("breast",),
    setting: str | None = "metastatic",
    receptor: bool | None = None,
    coded: tuple[tuple[str, bool], ...] = (),
    gaps: tuple[Gap, ...] = (),
) -> Patient:
    """Build a chart in which everything is in place but for what is said otherwise; ``labs`` gives ages in days."""
    ages = {**dict.fromkeys(LABS, 1), **(labs or {})}
    weighed = days_ago(weight_days) if weight_days is not None else None
    return Patient(
        weights=(
            *((Weight(Kg(Decimal(weight)), weighed, at("weight"), stated=stated),) if weight else ()),
            *(
                (Weight(Kg(Decimal(weighed_before[0])), days_ago(weighed_before[1]), at("weight-before")),)
                if weighed_before
                else ()
            ),
        ),
        lvefs=(
            *((measured(lvef, lvef_on, "lvef", lvef_normal),) if lvef else ()),
            *((measured(baseline, date(2026, 1, 5), "baseline", lvef_normal),) if baseline else ()),
        ),
        labs={
            test: (lab(test, (values or {}).get(test, NORMAL[test]), age),)
            for test, age in ages.items()
            if test not in without
        },
        her2=(ihc("3+"),) if her2 is None else her2,
        receptors=() if receptor is None else (ReceptorResult(receptor, days_ago(200), at("er")),),
        treatments=history,
        sex=sex,
        birth_date=born,
        problems=tuple(PresentProblem(Problem(problem), PROBLEMS[problem], at(problem)) for problem in problems),
        coded_her2=tuple(CodedHer2(positive, label, at("condition")) for label, positive in coded),
        pregnancy_tests=(tested(*pregnancy_test),) if pregnancy_test else (),
        mutations=() if mutation is None else (Mutation(mutation, days_ago(90), at("ngs"), "ERBB2 p.Y772_A775dup"),),
        diagnoses=tuple(Diagnosis(Cancer(cancer), f"{cancer} cancer", at("condition")) for cancer in cancers),
        stagings=staged(setting),
        gaps=gaps,
    )


def judged(  # noqa: PLR0913 - a case is told by what differs from the usual
    *orders: DrugOrder,
    patient: Patient | None = None,
    hook: Hook = Hook.SIGN,
    thresholds: dict[str, Decimal | None] | None = None,
    policy: Policy | None = None,
    today: date = TODAY,
    billing: BillingFacts | None = None,
    rules: Sequence[Rule] | None = None,
) -> tuple[Verdict, ...]:
    if rules is not None:
        billing = billing or BillingFacts()
    session = facts_of(*orders, patient=patient, hook=hook, today=today, billing=billing)
    return judge(session, RECOGNIZER, policy or with_thresholds(POLICY, thresholds), rules=rules)


def facts_of(
    *orders: DrugOrder,
    patient: Patient | None = None,
    hook: Hook = Hook.SIGN,
    today: date = TODAY,
    billing: BillingFacts | None = None,
) -> Session:
    """Return what is judged; with ``billing``, what coverage reads beside it."""
    patient = chart() if patient is None else patient
    if billing is not None:
        return BillingSession(hook, today, orders, patient, (), billing)
    return Session(hook, today, orders, patient)


def opened(patient: Patient, thresholds: dict[str, Decimal | None] | None = None) -> tuple[Verdict, ...]:
    """Return what is shown of a chart that is opened."""
    policy = with_thresholds(POLICY, thresholds)
    drugs = on_treatment(patient, KNOWN, policy.thresholds, TODAY)
    session = Session(Hook.VIEW, TODAY, tuple(each for each, _ in drugs), patient)
    verdicts = judge(session, RECOGNIZER, policy, [identity for _, identity in drugs])
    return due_cards((verdict for verdict in verdicts if isinstance(verdict.outcome, Fired)), session, KNOWN)


def with_thresholds(policy: Policy, thresholds: dict[str, Decimal | None] | None) -> Policy:
    return Policy({**policy.thresholds, **(thresholds or {})}, policy.modes, policy.indicators)


def outcome_of(topic: Topic, verdicts: tuple[Verdict, ...]) -> Any:
    return next(verdict.outcome for verdict in verdicts if verdict.topic is topic)
