"""Runs the test cases in a site's rule files: made-up patients, and the expected outcome for each."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.order import DrugOrder, EvidenceKind, IdentityEvidence
from cards.facts.origins import Origin
from cards.facts.outcomes import CannotTell, Fired, NotApplicable
from cards.facts.patient import (
    Diagnosis,
    Patient,
    PresentProblem,
    SiteProblem,
    Staging,
    Treatment,
    TreatmentState,
)
from cards.facts.policy import default_policy
from cards.facts.results import (
    Her2Finding,
    Her2Method,
    Her2Result,
    LabResult,
    Lvef,
    PregnancyTest,
    SiteResult,
    Weight,
)
from cards.facts.session import Hook, Session
from cards.identification.identity import identify
from cards.identification.recognizer import recognizer_for
from cards.knowledge.schema import Expected, Kind, KnowledgeError, Problem, Tier
from cards.knowledge.site_codes import drug_code
from cards.readings.case import Case
from cards.readings.parts_of_dose import completes_dose
from cards.readings.session_orders import SessionOrders
from cards.rules.site_rules import judge
from cards.values.calendar_months import years_before
from cards.values.quantities import Kg, Percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.facts.outcomes import Outcome
    from cards.identification.recognizer import Recognizer
    from cards.knowledge.schema import CaseResult, Knowledge, RuleCase, SiteRule

DAY = date(2026, 6, 15)
"""The day on which every case takes place."""
_INTERVAL_DAYS = 21
_PROBLEMS = frozenset(map(str, Problem))
_NOT_ASKED = NotApplicable("the rule is not asked at this moment")
_HER2 = {
    Tier.POSITIVE: Her2Finding.IHC_3,
    Tier.LOW: Her2Finding.IHC_1,
    Tier.ULTRALOW: Her2Finding.ULTRALOW,
    Tier.NULL: Her2Finding.NULL,
}


class CaseRun(NamedTuple):
    """A case, and the outcome of its rule."""

    rule: SiteRule
    case: RuleCase
    outcome: Outcome

    @property
    def answer(self) -> Expected:
        """The outcome in the vocabulary of a case."""
        if isinstance(self.outcome, Fired):
            return Expected.FIRES
        return Expected.CANNOT_TELL if isinstance(self.outcome, CannotTell) else Expected.SILENT

    @property
    def is_right(self) -> bool:
        """Whether it is the expected outcome."""
        return self.answer is self.case.expect

    @property
    def says(self) -> str:
        """The outcome in a sentence."""
        return f"case {self.case.name!r} of {self.rule.topic}: {self.answer}, expected {self.case.expect}"


def run_cases(known: Knowledge) -> Iterator[CaseRun]:
    """Run every case of every rule of the site.

    Raises:
        KnowledgeError: a case has an invalid result; the message names the line.

    """
    if not any(rule.cases for rule in known.site_rules):
        return
    recognizer = recognizer_for(known)
    for rule in known.site_rules:
        for each in rule.cases:
            asked = each.hook in rule.hooks
            outcome = judge(rule, case_of(each, recognizer)) if asked else _NOT_ASKED
            yield CaseRun(rule, each, outcome)


def case_of(written: RuleCase, recognizer: Recognizer) -> Case:
    """Build the order and the patient of a case."""
    order, session = session_of(written, recognizer)
    identity = identify(order, recognizer)
    product = identity.product.id if identity.product is not None else None
    thresholds = default_policy(recognizer.known).thresholds_for(product)
    identified = ((each, identity if each is order else identify(each, recognizer)) for each in session.orders)
    orders = SessionOrders(identified, session.today, recognizer)
    return Case(order, identity, session, orders, recognizer, thresholds, completes_dose)


def session_of(written: RuleCase, recognizer: Recognizer) -> tuple[DrugOrder, Session]:
    """Return the order of a case, and everything around it."""
    brand = _brand_name(written, recognizer)
    order = _order(brand, "order")
    given = () if written.first_dose else (_given(brand, recognizer),)
    drugs = tuple(_drug(name, f"drug-{number}", recognizer) for number, name in enumerate(written.drugs))
    facts = [_result(each, number, recognizer.known, written) for number, each in enumerate(written.results)]
    labs: dict[str, list[LabResult]] = {}
    for fact in facts:
        if isinstance(fact, LabResult):
            labs.setdefault(fact.test, []).append(fact)
    patient = Patient(
        weights=tuple(fact for fact in facts if isinstance(fact, Weight)),
        lvefs=tuple(fact for fact in facts if isinstance(fact, Lvef)),
        labs={test: tuple(results) for test, results in labs.items()},
        pregnancy_tests=tuple(fact for fact in facts if isinstance(fact, PregnancyTest)),
        site_results=tuple(fact for fact in facts if isinstance(fact, SiteResult)),
        her2=_her2(written),
        diagnoses=(Diagnosis(written.cancer, written.cancer, Origin("", "cancer")),) if written.cancer else (),
        stagings=(Staging(written.setting, written.setting, DAY, Origin("", "stage")),) if written.setting else (),
        problems=tuple(
            PresentProblem(Problem(each), each, Origin("", each), DAY) for each in written.problems if each in _PROBLEMS
        ),
        site_problems=tuple(
            SiteProblem(each, each, Origin("", each), DAY) for each in written.problems if each not in _PROBLEMS
        ),
        treatments=(*given, *drugs),
        sex=written.sex,
        birth_date=years_before(DAY, written.age) if written.age is not None else None,
        absent=tuple((key, "not sent in this case") for key in written.not_sent),
    )
    return order, Session(Hook(written.hook or Hook.SIGN), DAY, (order,), patient)


def _brand_name(written: RuleCase, recognizer: Recognizer) -> str:
    for product in recognizer.known.products:
        for brand in product.brands:
            if written.drug == brand.id:
                return brand.name
    return recognizer.product(written.drug or "").brands[0].name


def _order(name: str, path: str) -> DrugOrder:
    return DrugOrder(Origin(f"MedicationRequest/{path}", path), (IdentityEvidence(EvidenceKind.TEXT, "", name, path),))


def _drug(name: str, path: str, recognizer: Recognizer) -> Treatment:
    coded = drug_code(name)
    classes = recognizer.coded_classes(*coded) if coded is not None else ()
    product = identify(_order(name, path), recognizer).product if coded is None else None
    origin = Origin("", path)
    return Treatment(product.id if product else "", (name,), DAY, origin, TreatmentState.ACTIVE, classes=classes)


def _given(name: str, recognizer: Recognizer) -> Treatment:
    product = identify(_order(name, "earlier"), recognizer).product
    on = DAY - timedelta(days=_INTERVAL_DAYS)
    return Treatment(product.id if product else "", (name,), on, Origin("", "earlier"), TreatmentState.GIVEN)


def _her2(written: RuleCase) -> tuple[Her2Result, ...]:
    if written.tier is None:
        return ()
    finding = _HER2[written.tier]
    return (Her2Result(Her2Method.IHC, finding, DAY, Origin("", "her2"), str(finding)),)


def _result(
    given: CaseResult, number: int, known: Knowledge, written: RuleCase
) -> Weight | Lvef | LabResult | PregnancyTest | SiteResult:
    test, value = given.test or "", given.value
    on = DAY - timedelta(days=given.days_ago) if given.days_ago is not None else None
    origin = Origin("", f"result-{number}")
    concept = known.terminology.concepts[test]
    shown = given.says or f"{value if value is not None else ''} {given.unit or ''}".strip() or "?"
    if concept.kind is Kind.SITE:
        says = (given.says.casefold(),) if given.says else ()
        return SiteResult(test, on, origin, shown, value, given.unit or "", says=says)
    if test == "pregnancy-test" and given.says in ("positive", "negative"):
        return PregnancyTest(given.says == "positive", on, origin, given.says)
    if value is None and concept.unit is not None:
        # Some rules only ask whether there is a result.
        value = concept.plausible[0] if concept.plausible else Decimal(1)
    if value is None or given.unit not in (None, concept.unit):
        raise KnowledgeError(f"{written.where}: a result of {concept.display} cannot be made up for a case")
    if test == "lvef":
        return Lvef(Percent(value), on, origin, f"{value} %")
    if test in ("weight", "weight-stated"):
        return Weight(Kg(value), on, origin, stated=test == "weight-stated")
    return LabResult(test, value, concept.unit or "", on, origin, f"{value} {concept.unit}")
