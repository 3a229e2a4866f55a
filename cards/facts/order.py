"""A medication order as the rules see it: what identifies its drug, its doses, and its reasons."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from cards.facts.origins import Gap, Origin, Pointer
from cards.facts.patient import Diagnosis, Staging
from cards.facts.results import CodedHer2, ReceptorResult
from cards.facts.schedules import NO_SCHEDULE, Schedule
from cards.knowledge.schema import Diluent, Problem, Route
from cards.values.quantities import Mg, MgPerKg


class EvidenceKind(StrEnum):
    """The part of an order that identifies the drug."""

    CODING = "coding"
    TEXT = "text"
    INGREDIENT_CODING = "ingredient coding"
    INGREDIENT_TEXT = "ingredient text"
    SUPPLY_TEXT = "supply text"
    """The text of a billing or package code, used if nothing clinical names the drug."""


class IdentityEvidence(msgspec.Struct, frozen=True):
    """A code or a text that names the drug.

    ``system`` is ``rxnorm``, ``atc``, ``snomed``, ``unii`` or ``cvx``, or empty for a text.
    """

    kind: EvidenceKind
    system: str
    value: str
    path: str


class BillingCode(msgspec.Struct, frozen=True):
    """A HCPCS code: the resource that holds it, its path there, and whether that resource links it to the order.

    ``modifiers`` are attached to the code, as written ("-JZ"); ``display`` is its text. ``beside_drug``: it stands in
    an extension outside the drug's concept, and says how the order is billed, not which drug it is for.
    """

    code: str
    holder: Origin
    pointer: Pointer
    on_the_order: bool = True
    linked: bool = True
    modifiers: str = ""
    display: str = ""
    beside_drug: bool = False


class WrittenNdc(msgspec.Struct, frozen=True):
    """A National Drug Code as written on the order, with its text."""

    text: str
    pointer: Pointer
    path: str
    display: str = ""


class DoseUnit(StrEnum):
    """The unit of a dose."""

    MG = "mg"
    MG_PER_KG = "mg/kg"
    MG_PER_M2 = "mg/m2"
    ML = "mL"
    TABLET = "tablet"
    VIAL = "vial"
    OTHER = "other"


class OrderedDose(msgspec.Struct, frozen=True):
    """One dose quantity of an order, in the canonical unit.

    ``factor`` converts the canonical number back to the unit as written; ``pointer`` is the path of the quantity. For a
    dose range it is the high end, and ``low`` is the low end if stated and different: in the same unit, or zero if it
    has another unit or is not a number. ``computed``: from a concentration and a volume. ``in_text``: read
    from the text of the instructions, because the order has no dose field.
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
    low: Decimal | None = None
    low_as_written: str = ""
    in_text: bool = False


class DosageTiming(msgspec.Struct, frozen=True):
    """When the doses of one dosage instruction are taken, by its position among the order's instructions.

    ``a_day`` is the number per day, possibly less than one; ``None`` if not stated. ``times`` are the named times of
    day. ``step``: an instruction of a later step replaces those of earlier steps. ``is_single``: it means a single
    dose. ``is_unclear``: its parts disagree, or were not understood. ``never_begins``: it follows one without an end.
    """

    instruction: int
    a_day: Decimal | None = None
    times: tuple[str, ...] = ()
    step: int = 0
    is_single: bool = False
    is_unclear: bool = False
    never_begins: bool = False


class Supply(msgspec.Struct, frozen=True):
    """How many tablets are to be dispensed, and for how many days."""

    tablets: Decimal
    days: Decimal


class CountedTablets(msgspec.Struct, frozen=True):
    """A number of tablets in the instructions, with the milligrams of one if they stand beside it.

    ``in_bags``: a number of bags or syringes, all of which are given.
    """

    count: Decimal
    mg: Decimal | None = None
    in_bags: bool = False


class NotedDose(msgspec.Struct, frozen=True):
    """A dose in a note, and the word before it, which may name its drug.

    ``or_else`` are its other readings, where it is not clear what separates thousands.
    """

    dose: Mg | MgPerKg
    after: str = ""
    or_else: tuple[Mg | MgPerKg, ...] = ()


class AmountInOtherUnit(msgspec.Struct, frozen=True):
    """An amount of the instructions in a unit that no dose field in scope has, and its number and text.

    ``never_fits``: it is per body surface or pound, or an AUC, and cannot be this drug's dose whatever its number.
    ``a_day``: it is this much per day. Any other one matters if its number is that of the dose. ``unclear``: it is in
    plain "units", which may be those of a bill. ``beside`` is a word before it that may name another drug, ``behind``
    the one right behind it.
    """

    number: Decimal
    text: str
    never_fits: bool = False
    a_day: Mg | MgPerKg | None = None
    unclear: bool = False
    beside: str = ""
    behind: str = ""


class HeldWhere(StrEnum):
    """Where an order states an amount that should make its dose."""

    PREPARED = "prepared"
    DISPENSED = "dispensed"


class HeldAmount(msgspec.Struct, frozen=True):
    """What the Medication of an order holds in all, or what is dispensed for it, in milligrams or milliliters."""

    where: HeldWhere
    number: Decimal
    unit: DoseUnit
    as_written: str


class StatedWeight(msgspec.Struct, frozen=True):
    """A body weight that the text of an order states, in kilograms or pounds."""

    number: Decimal
    in_pounds: bool = False


class RemarkKind(StrEnum):
    """What instructions say of a dose without an amount."""

    REDUCED = "reduced"
    RAISED = "raised"
    LOADING = "loading"
    MAINTENANCE = "maintenance"
    TAKEN_BACK = "taken-back"
    AS_NEEDED = "as-needed"
    AGAIN = "again"
    TOO_FAST = "too-fast"
    OF_PATIENT = "of-patient"
    """Something about the patient that speaks against any dose: a reaction to the drug."""


class DoseRemark(msgspec.Struct, frozen=True):
    """What instructions say of the dose in words, and the words.

    ``days`` are those until a dose that is to be given again, or since the last one; zero if it is for the same day, or
    they are not said.
    """

    kind: RemarkKind
    text: str
    days: Decimal = Decimal(0)


class OrderNote(msgspec.Struct, frozen=True):
    """A note on an order: its text, cut to the length limit, the doses in it, and what else it says of the dose.

    ``every_days`` are the days between doses, if it says nothing but a schedule beside the dose. ``minutes`` are the
    shortest infusion time in it; with ``is_push``, ``diluents`` and these it may speak of another drug that it names.
    """

    text: str
    doses: tuple[NotedDose, ...] = ()
    remarks: tuple[DoseRemark, ...] = ()
    other_units: tuple[AmountInOtherUnit, ...] = ()
    every_days: Decimal | None = None
    minutes: int | None = None
    is_push: bool = False
    diluents: tuple[Diluent, ...] = ()
    weights: tuple[StatedWeight, ...] = ()


class NamedProblem(msgspec.Struct, frozen=True):
    """A problem that stops a drug, as the words of an order name it."""

    problem: Problem
    label: str


class DrugOrder(msgspec.Struct, frozen=True):
    """A medication order in the session, for any drug, with what its reasons say about the cancer."""

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
    infusion_minutes: tuple[int, ...] = ()
    is_push: bool = False
    is_part: bool = False
    group: str = ""
    tablet_mg: Decimal | None = None
    """The strength of the tablets, in milligrams, where the order names one."""
    named_mg: tuple[Decimal, ...] = ()
    """Milligrams in the name of the drug: of tablets that are counted, the strength of one or the dose of all."""
    instructed_mg: tuple[Decimal, ...] = ()
    """Milligrams in the instructions beside counted tablets."""
    doses_by_text: tuple[tuple[Mg | MgPerKg, ...], ...] = ()
    """The doses that each text of the instructions names, where several texts name some."""
    text_shares: tuple[Decimal, ...] = ()
    """The percents of the dose that the instructions say are given: 80 for "reduced by 20 %"."""
    text_tablets: tuple[CountedTablets, ...] = ()
    """Numbers of tablets in the text of the instructions, and amounts that are multiplied: "2 x 126 mg"."""
    max_dose: OrderedDose | None = None
    """The maximum of one administration that the order itself states."""
    timings: tuple[DosageTiming, ...] = msgspec.field(default=(), name="intakes")
    """When tablets are taken, one entry for each dosage instruction."""
    form: str = ""
    """The dose form of the Medication as written, such as "powder for solution for infusion"."""
    notes: tuple[OrderNote, ...] = ()
    route_written: str = ""
    """The route as written; without ``route`` it was not understood."""
    diluent_ml: Decimal | None = None
    """The volume of the diluent, where the order names one."""
    weight_basis: str = ""
    """The body weight that the order says its dose is by, if not the actual one: "ideal", "adjusted" or "lean"."""
    replaces: tuple[str, ...] = ()
    """The orders that it takes the place of or carries out, as ``MedicationRequest/id``."""
    combined_mg: Decimal | None = None
    """The milligrams of both antibodies of a combination, where the order states them by name, package or volume."""
    injected_mg: tuple[tuple[Decimal, ...], ...] = ()
    """The milligrams that each text of the instructions gives by a volume or by both antibodies of an injection."""
    text_beside: tuple[NotedDose, ...] = ()
    """The doses of the instructions right behind a word that may be the name of another drug."""
    has_unread_number: bool = False
    """Whether the instructions spell an amount in words that were not read."""
    text_drugs: tuple[str, ...] = ()
    """The look-alikes of the ordered product that the instructions name."""
    route_in_text: str = ""
    """Another route than the one stated, in the text of the instructions."""
    text_remarks: tuple[DoseRemark, ...] = ()
    """What the instructions say of the dose in words, such as "dose level -1" or "loading dose"."""
    text_cycle: int | None = None
    """The number of the cycle that the instructions name."""
    supply: Supply | None = None
    repeats_day: bool = False
    """Whether two of its instructions, each with a dose, name the same day."""
    text_other_units: tuple[AmountInOtherUnit, ...] = ()
    """The amounts of the instructions in units of another dimension, such as "252 mg/m2"."""
    text_sums: tuple[tuple[Decimal, ...], ...] = ()
    """Milligrams that the instructions join to one dose: "252 mg + 126 mg"."""
    text_weights: tuple[StatedWeight, ...] = ()
    """The body weights that the instructions state for the dose."""
    text_volumes: tuple[Decimal, ...] = ()
    """The milliliters that the instructions draw up for the dose, or state beside it."""
    max_a_day: OrderedDose | None = None
    """The maximum of one day that the order itself states."""
    restated: tuple[OrderNote, ...] = ()
    """The texts that are to say what its fields say: its narrative, what it is based on."""
    unread_reasons: tuple[str, ...] = ()
    """The reasons that name a cancer which none of the labels is about."""
    set_minutes: tuple[int, ...] = ()
    """The infusion times that its rates and its timing give, in minutes; they go before those of its words."""
    held: tuple[HeldAmount, ...] = ()
    """The amounts that its Medication holds in all, and that are dispensed for it."""
    named_problems: tuple[NamedProblem, ...] = ()
    """The problems that its own words say, or may say, that the patient has."""
    statements: tuple[str, ...] = ()
    """Sentences in its texts that nobody should overlook and that none of its fields say."""
