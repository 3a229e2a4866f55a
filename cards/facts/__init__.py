"""What is known about an order and a patient, as the rules see it: typed, in canonical units, each with its origin.

Dates are calendar days as the chart wrote them. Lists of results are sorted newest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from cards.facts.schedules import NO_SCHEDULE, Schedule
from cards.knowledge.schema import Cancer, Diluent, Problem, Route, Setting
from cards.values.intervals import Bound, Interval
from cards.values.quantities import Kg, Mg, MgPerKg, Percent

Pointer = tuple[str | int, ...]
"""The way from a resource to one of its elements: ``("dosageInstruction", 0, "text")``."""


class Origin(msgspec.Struct, frozen=True):
    """Where a fact was read: the resource's reference (empty when it has no id) and its place in the request."""

    reference: str
    path: str


class Gap(msgspec.Struct, frozen=True):
    """Something that was there and could not be used.

    ``about`` is the concept it would have informed, or ``None`` when not even that could be read. ``reason`` is a
    key of the wording; ``values`` fill it. ``on`` is its date where that could be read.
    """

    about: str | None
    path: str
    reason: str
    on: date | None = None
    values: tuple[tuple[str, str], ...] = ()


class Weight(msgspec.Struct, frozen=True):
    """A body weight; ``stated`` when the patient said it or it was estimated, not measured."""

    kg: Kg
    on: date | None
    origin: Origin
    stated: bool = False


class Lvef(msgspec.Struct, frozen=True):
    """A left ventricular ejection fraction; of a range, its lower end. ``bound``: it is a limit of the value."""

    percent: Percent
    on: date | None
    origin: Origin
    as_reported: str
    lower_limit: Percent | None = None
    bound: Bound = Bound.EXACT

    @property
    def interval(self) -> Interval:
        """The percentages that it may be."""
        return Interval.of(self.percent.value, self.bound)

    @property
    def quoted(self) -> str:
        """The value as a summary quotes it: "45 %", "< 35 %"."""
        return f"{self.bound.sign} {self.percent}".strip()


class State(StrEnum):
    """What became of a treatment on record."""

    GIVEN = "given"
    COMPLETED = "completed"
    """An order that was completed: it stands for a dose where administrations are not recorded."""
    ACTIVE = "active"


class Treatment(msgspec.Struct, frozen=True):
    """A drug in the chart: a dose that was given, or an order. ``product`` is empty when it is none that is known.

    ``on`` is its day; of one that is known to the month or year, ``within`` is the first and the last day it may have
    been. ``at`` is the time as the chart writes it. ``stopped``: begun and not given to its end. ``bags`` is how many
    administrations were added up; ``unread_dose`` an amount that could not be read.
    """

    product: str
    names: tuple[str, ...]
    on: date | None
    origin: Origin
    state: State
    dose: Mg | MgPerKg | None = None
    within: tuple[date, date] | None = None
    at: str = ""
    stopped: bool = False
    bags: int = 1
    unread_dose: str = ""


class LabResult(msgspec.Struct, frozen=True):
    """A laboratory result in the canonical unit of its concept, with the upper limit of normal of the same result."""

    test: str
    value: Decimal
    unit: str
    on: date | None
    origin: Origin
    as_reported: str
    upper_limit: Decimal | None = None
    bound: Bound = Bound.EXACT

    @property
    def interval(self) -> Interval:
        """The numbers that it may be, in its unit."""
        return Interval.of(self.value, self.bound)


class Her2Method(StrEnum):
    """How a HER2 status was determined."""

    IHC = "IHC"
    ISH = "ISH"
    INTERPRETATION = "interpretation"


class Her2Finding(StrEnum):
    """What a single HER2 result says."""

    IHC_0 = "ihc-0"
    IHC_1 = "ihc-1+"
    IHC_2 = "ihc-2+"
    IHC_3 = "ihc-3+"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    EQUIVOCAL = "equivocal"
    INDETERMINATE = "indeterminate"
    LOW = "low"
    ULTRALOW = "ultralow"
    NULL = "null"
    NOT_DONE = "not-done"


class Her2Result(msgspec.Struct, frozen=True):
    """One tissue HER2 result that counts. ``conflict`` when its code and its own display say different things.

    ``by_copies`` when it was read from a number of gene copies alone; ``tumour`` when its code names the organ.
    """

    method: Her2Method
    finding: Her2Finding
    on: date | None
    origin: Origin
    as_reported: str
    specimen: str | None = None
    conflict: bool = False
    by_copies: bool = False
    tumour: Cancer | None = None


class CodedHer2(msgspec.Struct, frozen=True):
    """A HER2 status that a diagnosis code states. It is shown beside the pathology and never stands in for it."""

    positive: bool
    code: str
    origin: Origin
    display: str = ""

    @property
    def label(self) -> str:
        """The code with its words."""
        return f"{self.code} {self.display}".strip()


class Receptor(StrEnum):
    """Which hormone receptor a result is of."""

    OESTROGEN = "ER"
    PROGESTERONE = "PR"
    EITHER = "HR"
    """Stated of both together."""


class ReceptorResult(msgspec.Struct, frozen=True):
    """A hormone receptor result, positive or negative."""

    positive: bool
    on: date | None
    origin: Origin
    receptor: Receptor = Receptor.EITHER


def hormone_receptor_positive(results: Iterable[ReceptorResult]) -> bool | None:
    """Tell whether a tumour is hormone receptor-positive: it is when either receptor is.

    ``None`` when that is not known: one receptor alone that is negative leaves the other open.
    """
    positive = {result.receptor for result in results if result.positive}
    negative = {result.receptor for result in results if not result.positive}
    if positive:
        return True
    if Receptor.EITHER in negative or {Receptor.OESTROGEN, Receptor.PROGESTERONE} <= negative:
        return False
    return None


class PregnancyTest(msgspec.Struct, frozen=True):
    """A pregnancy test; ``positive`` is ``None`` when it gives an amount of hormone and no answer."""

    positive: bool | None
    on: date | None
    origin: Origin
    as_reported: str


class Mutation(msgspec.Struct, frozen=True):
    """An ERBB2 (HER2) sequencing result: whether a mutation was found."""

    found: bool
    on: date | None
    origin: Origin
    as_reported: str


class PresentProblem(msgspec.Struct, frozen=True):
    """A problem that is present in the chart and that a rule asks about; ``on`` is when it began or was recorded."""

    problem: Problem
    label: str
    origin: Origin
    on: date | None = None


class Staging(msgspec.Struct, frozen=True):
    """A stage, a metastasis or a wording that says whether a cancer is metastatic or early."""

    setting: Setting
    label: str
    on: date | None
    origin: Origin


def setting_of(stagings: Iterable[Staging]) -> Setting | None:
    """Give the setting: metastatic once anything says so, because a cancer does not go back."""
    settings = {staging.setting for staging in stagings}
    return Setting.METASTATIC if Setting.METASTATIC in settings else Setting.EARLY if settings else None


class Diagnosis(msgspec.Struct, frozen=True):
    """A cancer on record."""

    cancer: Cancer
    label: str
    origin: Origin


class Patient(msgspec.Struct, frozen=True):
    """The patient's chart, as far as it bears on HER2-targeted drugs."""

    weights: tuple[Weight, ...] = ()
    lvefs: tuple[Lvef, ...] = ()
    labs: Mapping[str, tuple[LabResult, ...]] = msgspec.field(default_factory=dict)
    her2: tuple[Her2Result, ...] = ()
    receptors: tuple[ReceptorResult, ...] = ()
    coded_her2: tuple[CodedHer2, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    problems: tuple[PresentProblem, ...] = ()
    pregnancy_tests: tuple[PregnancyTest, ...] = ()
    mutations: tuple[Mutation, ...] = ()
    sex: str = ""
    birth_date: date | None = None
    treatments: tuple[Treatment, ...] = ()
    stagings: tuple[Staging, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def setting(self) -> Setting | None:
        """Whether the cancer is metastatic or early, as far as the chart says."""
        return setting_of(self.stagings)

    @property
    def hormone_receptor_positive(self) -> bool | None:
        """Whether the tumour is hormone receptor-positive, as far as the chart says."""
        return hormone_receptor_positive(self.receptors)


class EvidenceKind(StrEnum):
    """What part of an order speaks for the drug's identity."""

    CODING = "coding"
    TEXT = "text"
    INGREDIENT_CODING = "ingredient coding"
    INGREDIENT_TEXT = "ingredient text"


class IdentityEvidence(msgspec.Struct, frozen=True):
    """A code or a text that says which drug is ordered. ``system`` is ``rxnorm``, ``atc`` or empty for a text."""

    kind: EvidenceKind
    system: str
    value: str
    path: str


class BillingCode(msgspec.Struct, frozen=True):
    """A HCPCS code: of which resource, where in it, and whether that resource says that it belongs to the order."""

    code: str
    holder: Origin
    pointer: Pointer
    on_the_order: bool = True
    linked: bool = True


class WrittenNdc(msgspec.Struct, frozen=True):
    """A National Drug Code as the order writes it."""

    text: str
    pointer: Pointer
    path: str


class DoseUnit(StrEnum):
    """What the number of a dose counts."""

    MG = "mg"
    MG_PER_KG = "mg/kg"
    MG_PER_M2 = "mg/m2"
    ML = "mL"
    OTHER = "other"


class OrderedDose(msgspec.Struct, frozen=True):
    """One dose quantity of an order, in the canonical unit.

    ``factor`` turns the canonical number back into the unit as written; ``pointer`` leads to the quantity. Of a dose
    range it is the upper end. ``computed``: from a strength and a volume, not written as such.
    """

    number: Decimal
    unit: DoseUnit
    as_written: str
    pointer: Pointer
    instruction: int
    factor: Decimal
    slot: str = ""
    as_written_unit: str = ""
    computed: bool = False


class DrugOrder(msgspec.Struct, frozen=True):
    """A medication order of the session, of whatever drug, with what its own reasons say of the cancer."""

    origin: Origin
    evidence: tuple[IdentityEvidence, ...] = ()
    billing: tuple[BillingCode, ...] = ()
    ndcs: tuple[WrittenNdc, ...] = ()
    doses: tuple[OrderedDose, ...] = ()
    text_doses: tuple[Mg | MgPerKg, ...] = ()
    interval_days: Decimal | None = None
    cycles: int | None = None
    diluents: tuple[Diluent, ...] = ()
    route: Route | None = None
    start: date | None = None
    tentative: bool = False
    reasons: tuple[Diagnosis, ...] = ()
    stagings: tuple[Staging, ...] = ()
    receptors: tuple[ReceptorResult, ...] = ()
    coded_her2: tuple[CodedHer2, ...] = ()
    in_focus: bool = True
    gaps: tuple[Gap, ...] = ()
    schedule: Schedule = NO_SCHEDULE


def planned_day(start: date | None, today: date) -> date:
    """Give the day of an order's next dose: its own start when that lies ahead, else today."""
    return start if start is not None and start > today else today


class Moment(StrEnum):
    """When the service is asked."""

    SELECT = "order-select"
    SIGN = "order-sign"
    DISPATCH = "order-dispatch"
    VIEW = "patient-view"
    """A chart is opened: nothing is ordered, and what is judged are the drugs that the patient is on."""


class Session(msgspec.Struct, frozen=True):
    """Everything the rules may look at: the orders together, the patient, and the day it is."""

    moment: Moment
    today: date
    orders: tuple[DrugOrder, ...]
    patient: Patient
    gaps: tuple[Gap, ...] = ()
