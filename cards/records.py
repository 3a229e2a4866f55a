"""The shapes of what is known: products, codes, dose levels, eligibility, monitoring, each with its source.

A field that is not named here does not load, and nothing loads without a citation.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from cards.quantities import Mg, MgPerKg


class KnowledgeError(ValueError):
    """A knowledge file is wrong: the message names the file and the field."""


class Confidence(StrEnum):
    """How a fact was established."""

    PRIMARY = "V"
    """Read in a primary or near-primary text."""
    SECONDARY = "V2"
    """Read in a secondary text."""
    UNVERIFIED = "K"
    """Own knowledge, not verified: never drives a critical card alone."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of a knowledge file."""


class Cited(Record, frozen=True, kw_only=True):
    """Where a value comes from."""

    source: str
    section: str
    confidence: Confidence


class Source(Record, frozen=True, kw_only=True):
    """A document that values are taken from."""

    title: str
    url: str
    as_of: str
    note: str | None = None


class Scope(StrEnum):
    """What the service does with orders of a product."""

    CHECKED = "checked"
    NEIGHBOUR = "neighbour"
    """Known only so that it is not taken for another."""


class Basis(StrEnum):
    """What a dose of the product is measured by."""

    WEIGHT = "weight"
    FIXED = "fixed"


class Route(StrEnum):
    """How the product is given."""

    INTRAVENOUS = "intravenous"
    SUBCUTANEOUS = "subcutaneous"


class Cancer(StrEnum):
    """The cancers that the labels tell apart."""

    BREAST = "breast"
    GASTRIC = "gastric"
    LUNG = "lung"
    BILIARY = "biliary"
    OTHER = "other"


class Setting(StrEnum):
    """Whether the cancer has spread."""

    METASTATIC = "metastatic"
    EARLY = "early"


class Tier(StrEnum):
    """HER2 status in the grades that the labels turn on."""

    POSITIVE = "positive"
    LOW = "low"
    ULTRALOW = "ultralow"
    NULL = "null"


class LevelRole(StrEnum):
    """What a dose level is for."""

    START = "start"
    LOADING = "loading"
    MAINTENANCE = "maintenance"
    REDUCTION = "reduction"


class RxNormEntry(Record, frozen=True, kw_only=True):
    """An RxNorm concept that means the product."""

    code: str
    kind: str
    by: Cited


class AtcEntry(Record, frozen=True, kw_only=True):
    """An ATC substance that means the product."""

    code: str
    by: Cited


class HcpcsEntry(Record, frozen=True, kw_only=True):
    """A billing code of the product and the milligrams that one unit of it stands for."""

    code: str
    unit_mg: Decimal
    descriptor: str
    by: Cited


class RetiredCode(Record, frozen=True, kw_only=True):
    """A billing code that once stood for the product."""

    code: str
    until: date
    by: Cited


class Package(Record, frozen=True, kw_only=True):
    """A vial or kit as it is sold."""

    ndc: str
    contents_mg: Decimal
    multi_dose: bool = False
    since: date | None = None
    until: date | None = None
    by: Cited


class StatedDose(Record, frozen=True, kw_only=True):
    """A dose that a label states: per kilogram or fixed, never both."""

    mg_per_kg: Decimal | None = None
    mg: Decimal | None = None
    by: Cited

    @property
    def dose(self) -> Mg | MgPerKg:
        """The dose with its unit."""
        if self.mg_per_kg is not None:
            return MgPerKg(self.mg_per_kg)
        if self.mg is not None:
            return Mg(self.mg)
        msg = "a stated dose needs mg or mg_per_kg"
        raise KnowledgeError(msg)


class Level(StatedDose, frozen=True, kw_only=True):
    """A dose level and what it is for."""

    role: LevelRole


class Maximum(StatedDose, frozen=True, kw_only=True):
    """The dose that one administration may not exceed."""


class Regimen(Record, frozen=True, kw_only=True):
    """The levels and the maximum of one schedule, for the cancers it is labelled in."""

    name: str
    cancers: tuple[Cancer, ...]
    interval_days: int
    levels: tuple[Level, ...]
    maximum: Maximum
    by: Cited


class Eligibility(Record, frozen=True, kw_only=True):
    """A HER2 status that qualifies a patient: every condition of the row holds."""

    cancers: tuple[Cancer, ...]
    settings: tuple[Setting, ...] = ()
    tiers: tuple[Tier, ...] = ()
    ihc_3_only: bool = False
    erbb2_mutation: bool = False
    hormone_receptor_positive: bool = False
    since: date | None = None
    wording: str
    by: Cited


class LvefMonitoring(Record, frozen=True, kw_only=True):
    """How often the ejection fraction is to be measured; no interval means that the label names none."""

    interval_months: int | None = None
    by: Cited


class LabMonitoring(Record, frozen=True, kw_only=True):
    """Tests that the label wants before each dose."""

    tests: tuple[str, ...]
    by: Cited


class Action(StrEnum):
    """What a label says to do about a result, the mildest first."""

    CONTINUE = "continue"
    RECHECK = "recheck"
    HOLD = "hold"
    DISCONTINUE = "discontinue"

    @property
    def severity(self) -> int:
        """Rank the actions."""
        return _RANKS[self]


_RANKS = {action: rank for rank, action in enumerate(Action)}


class Band(Record, frozen=True, kw_only=True):
    """A stretch of numbers. ``above`` and ``below`` leave their limit out, ``at_least`` and ``at_most`` hold it."""

    above: Decimal | None = None
    at_least: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None

    def holds(self, number: Decimal) -> bool:
        """Tell whether a number lies in the stretch."""
        return (
            (self.above is None or number > self.above)
            and (self.at_least is None or number >= self.at_least)
            and (self.below is None or number < self.below)
            and (self.at_most is None or number <= self.at_most)
        )


class LabRow(Record, frozen=True, kw_only=True):
    """A row of a label's table on a laboratory value: as a multiple of its upper limit of normal, or as it is.

    Without ``settings`` the row is for every setting. ``then`` is what the label says comes next.
    """

    tests: tuple[str, ...]
    settings: tuple[Setting, ...] = ()
    times_uln: Band | None = None
    value: Band | None = None
    action: Action
    then: str
    by: Cited


class HepaticPair(Record, frozen=True, kw_only=True):
    """A transaminase and a bilirubin that together end treatment (Hy's law), as multiples of their upper limits."""

    transaminase_above: Decimal
    bilirubin_above: Decimal
    within_days: int
    then: str
    by: Cited


class LvefRow(Record, frozen=True, kw_only=True):
    """A row of a label's table on the ejection fraction, with the drop from baseline in percentage points.

    ``below_normal`` wants the value below the institution's lower limit of normal. The first row that fits counts.
    """

    settings: tuple[Setting, ...] = ()
    lvef: Band = Band()
    drop: Band | None = None
    below_normal: bool = False
    action: Action
    then: str
    by: Cited


class Problem(StrEnum):
    """What a label stops treatment for, beside numbers."""

    ILD = "ild"
    HEART_FAILURE = "heart-failure"
    PREGNANCY = "pregnancy"


class Stop(Record, frozen=True, kw_only=True):
    """A problem for which the label says not to give the product."""

    problem: Problem
    then: str
    by: Cited


class Monitoring(Record, frozen=True, kw_only=True):
    """What the label wants watched, and what it says to do about the results."""

    lvef: LvefMonitoring | None = None
    liver: LabMonitoring | None = None
    blood_count: LabMonitoring | None = None
    lab_rows: tuple[LabRow, ...] = ()
    hepatic_pair: HepaticPair | None = None
    lvef_rows: tuple[LvefRow, ...] = ()
    stops: tuple[Stop, ...] = ()
    pregnancy_test: Cited | None = None


class Concentration(Record, frozen=True, kw_only=True):
    """Milligrams of drug in a millilitre of the vial's solution."""

    mg_per_ml: Decimal
    ready_to_use: bool
    by: Cited


class Brand(Record, frozen=True, kw_only=True):
    """A marketed form of a product with names and codes of its own."""

    id: str
    name: str
    generic: str
    names: tuple[str, ...]
    label: str
    rxnorm: tuple[RxNormEntry, ...] = ()
    atc: tuple[AtcEntry, ...] = ()
    hcpcs: tuple[HcpcsEntry, ...] = ()
    retired_hcpcs: tuple[RetiredCode, ...] = ()
    own_hcpcs: bool = True
    packages: tuple[Package, ...] = ()


class Diluent(StrEnum):
    """What an infusion is made up in."""

    DEXTROSE = "dextrose"
    SODIUM_CHLORIDE = "sodium chloride"


class ForbiddenDiluent(Record, frozen=True, kw_only=True):
    """A diluent that the label forbids, and the one it wants instead."""

    diluent: Diluent
    instead: str
    by: Cited


class Reload(Record, frozen=True, kw_only=True):
    """The days since the last dose from which the label wants the loading dose again, for one schedule."""

    interval_days: int
    after_days: int
    by: Cited


class CycleLimit(Record, frozen=True, kw_only=True):
    """The number of doses after which the label ends treatment in a setting."""

    setting: Setting
    cycles: int
    by: Cited


class Product(Record, frozen=True, kw_only=True):
    """A drug with one set of clinical rules, whoever markets it."""

    id: str
    name: str
    generic: str
    scope: Scope
    names: tuple[str, ...] = ()
    all_of: tuple[tuple[str, ...], ...] = ()
    parts: tuple[str, ...] = ()
    rxnorm: tuple[RxNormEntry, ...] = ()
    atc: tuple[AtcEntry, ...] = ()
    brands: tuple[Brand, ...]
    route: Route | None = None
    basis: Basis | None = None
    concentration: Concentration | None = None
    regimens: tuple[Regimen, ...] = ()
    eligibility: tuple[Eligibility, ...] = ()
    monitoring: Monitoring = Monitoring()
    look_alikes: tuple[str, ...] = ()
    component_doses_mg: tuple[Decimal, ...] = ()
    forbidden_diluents: tuple[ForbiddenDiluent, ...] = ()
    route_by: Cited | None = None
    reload: tuple[Reload, ...] = ()
    cycle_limits: tuple[CycleLimit, ...] = ()
    no_re_escalation: Cited | None = None
    confusion: str | None = None

    @property
    def label(self) -> str:
        """The source that a card about the product names first."""
        return self.brands[0].label

    def brand(self, brand_id: str | None) -> Brand | None:
        """Find one of the product's brands."""
        return next((brand for brand in self.brands if brand.id == brand_id), None)


class AmbiguousName(Record, frozen=True, kw_only=True):
    """A name that clinicians use and that more than one product may be meant by."""

    names: tuple[str, ...]
    may_mean: tuple[str, ...]
    by: Cited


class KeptApart(Record, frozen=True, kw_only=True):
    """HER2 agents that are not given together. ``only_warn``: in trials it is done."""

    products: tuple[str, ...]
    reason: str
    only_warn: bool = False
    by: Cited


class DrugClass(Record, frozen=True, kw_only=True):
    """Drugs that matter beside a HER2 drug, by the names they are ordered under; ``with_products`` empty: any."""

    id: str
    names: tuple[str, ...]
    with_products: tuple[str, ...] = ()
    reason: str
    by: Cited


class UnspecificHcpcs(Record, frozen=True, kw_only=True):
    """A billing code that stands for no drug in particular."""

    code: str
    descriptor: str
    by: Cited


class CodeEntry(Record, frozen=True, kw_only=True):
    """A code of a concept; its own source where it differs from the group's."""

    code: str
    display: str
    by: Cited | None = None


class ValueEntry(Record, frozen=True, kw_only=True):
    """A coded or written result and what it says."""

    means: str
    loinc_answers: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    by: Cited


class Concept(Record, frozen=True, kw_only=True):
    """A measurement that rules use: the codes that mean it and the range in which a number can be believed."""

    display: str
    order_display: str | None = None
    order_loinc: str | None = None
    unit: str | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    loinc: tuple[CodeEntry, ...]
    snomed: tuple[CodeEntry, ...] = ()
    never: tuple[CodeEntry, ...] = ()
    by: Cited


class DiagnosisGroup(Record, frozen=True, kw_only=True):
    """Codes of conditions that mean one cancer; ICD-10 entries are prefixes."""

    cancer: Cancer
    icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...] = ()
    texts: tuple[str, ...]
    by: Cited


class MetastasisCodes(Record, frozen=True, kw_only=True):
    """Codes that say the cancer has spread beyond its region, and codes that look so and do not."""

    icd10: tuple[str, ...]
    regional_icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...]
    history_snomed: tuple[CodeEntry, ...]
    by: Cited


class ProblemGroup(Record, frozen=True, kw_only=True):
    """Codes and words of conditions that mean one problem; ICD-10 entries are prefixes."""

    problem: Problem
    icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...] = ()
    texts: tuple[str, ...]
    by: Cited


class PositiveRatio(Record, frozen=True, kw_only=True):
    """The HER2 to chromosome 17 ratio from which in situ hybridisation is positive."""

    at_least: Decimal
    by: Cited


class GeneCodes(Record, frozen=True, kw_only=True):
    """How a sequencing result says that it is about ERBB2: the gene's names, and the codes of the parts that say so."""

    erbb2: tuple[str, ...]
    gene_studied: str
    variant_assessment: str
    by: Cited


class RouteWords(Record, frozen=True, kw_only=True):
    """The codes and words of a route."""

    route: Route
    snomed: tuple[CodeEntry, ...]
    texts: tuple[str, ...]
    by: Cited


class Threshold(Record, frozen=True, kw_only=True):
    """A number that a site may set, with its unit, its bounds and where the default comes from."""

    default: Decimal | None
    minimum: Decimal
    maximum: Decimal
    unit: str
    meaning: str
    by: Cited


class Terminology(Record, frozen=True, kw_only=True):
    """Everything that says what a code in a chart means."""

    concepts: dict[str, Concept]
    her2_values: tuple[ValueEntry, ...]
    diagnoses: tuple[DiagnosisGroup, ...]
    metastasis: MetastasisCodes
    problems: tuple[ProblemGroup, ...]
    ish_positive: PositiveRatio
    genes: GeneCodes
    routes: tuple[RouteWords, ...]


class Shared(Record, frozen=True, kw_only=True):
    """The file of what belongs to no single product."""

    ambiguous_names: tuple[AmbiguousName, ...]
    unspecific_hcpcs: tuple[UnspecificHcpcs, ...]
    kept_apart: tuple[KeptApart, ...]
    drug_classes: tuple[DrugClass, ...]


class Knowledge(Record, frozen=True, kw_only=True):
    """All that is known, with a digest that names the version."""

    products: tuple[Product, ...]
    sources: dict[str, Source]
    ambiguous_names: tuple[AmbiguousName, ...]
    unspecific_hcpcs: tuple[UnspecificHcpcs, ...]
    kept_apart: tuple[KeptApart, ...]
    drug_classes: tuple[DrugClass, ...]
    terminology: Terminology
    thresholds: dict[str, Threshold]
    version: str

    def product(self, product_id: str) -> Product:
        """Find a product by its id.

        Raises:
            KnowledgeError: there is none.

        """
        for product in self.products:
            if product.id == product_id:
                return product
        msg = f"no product {product_id!r}"
        raise KnowledgeError(msg)
