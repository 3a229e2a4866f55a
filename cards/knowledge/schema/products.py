"""A product: its dose, its indications, its monitoring, and how it is marketed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cards.knowledge.schema.doses import (
    Concentration,
    CycleLimit,
    DiluentVolume,
    ForbiddenDiluent,
    InfusionTimes,
    LabeledAge,
    Regimen,
    Reload,
)
from cards.knowledge.schema.kinds import Basis, Cancer, Route, Scope, Setting, Tier
from cards.knowledge.schema.monitoring import Monitoring
from cards.knowledge.schema.oral import Interaction, Prophylaxis, Tablets
from cards.knowledge.schema.sourced import Cited, KnowledgeRecord
from cards.knowledge.schema.supply import AtcEntry, Brand, RxNormEntry, SnomedEntry, UniiEntry

_ORAL = Route.ORAL


class PriorTherapy(KnowledgeRecord, frozen=True, kw_only=True):
    """The prior therapy that the label requires. Charts seldom settle it, so it appears only on the rules page."""

    text: str
    by: Cited


class KinaseDomain(KnowledgeRecord, frozen=True, kw_only=True):
    """A label that wants a mutation of the kinase domain: at or before residue ``not_up_to`` it is outside."""

    not_up_to: int
    by: Cited


class Eligibility(KnowledgeRecord, frozen=True, kw_only=True):
    """A HER2 status that qualifies a patient: every condition of the row holds.

    ``with_products`` are partner products in this row; their own labels need not include the cancer. ``accelerated``
    cites what says that the approval is an accelerated one; without it the approval is a full one, or not known to be
    accelerated.
    """

    cancers: tuple[Cancer, ...]
    settings: tuple[Setting, ...] = ()
    tiers: tuple[Tier, ...] = ()
    ihc_3_only: bool = False
    erbb2_mutation: bool = False
    kinase_domain: KinaseDomain | None = None
    hormone_receptor_positive: bool = False
    with_products: tuple[str, ...] = ()
    since: date | None = None
    wording: str
    prior: PriorTherapy | None = None
    accelerated: Cited | None = None
    by: Cited


class Product(KnowledgeRecord, frozen=True, kw_only=True):
    """A drug with one set of clinical rules, under any brand."""

    id: str
    name: str
    generic: str
    scope: Scope
    names: tuple[str, ...] = ()
    all_of: tuple[tuple[str, ...], ...] = ()
    parts: tuple[str, ...] = ()
    rxnorm: tuple[RxNormEntry, ...] = ()
    atc: tuple[AtcEntry, ...] = ()
    snomed: tuple[SnomedEntry, ...] = ()
    unii: tuple[UniiEntry, ...] = ()
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
    diluent_volume: DiluentVolume | None = None
    route_by: Cited | None = None
    reload: tuple[Reload, ...] = ()
    cycle_limits: tuple[CycleLimit, ...] = ()
    no_re_escalation: Cited | None = None
    infusion: InfusionTimes | None = None
    age: LabeledAge | None = None
    confusion: str | None = None
    tablets: Tablets | None = None
    interactions: tuple[Interaction, ...] = ()
    prophylaxis: tuple[Prophylaxis, ...] = ()

    @property
    def is_oral(self) -> bool:
        """Whether it is taken by mouth: dosed per administration and day, and not billed by an infusion center."""
        return self.route is _ORAL

    @property
    def label(self) -> str:
        """The source that a card about the product names first."""
        return self.brands[0].label

    @property
    def antibodies(self) -> frozenset[str]:
        """The antibodies in the product: its own, or those of its components."""
        return frozenset(self.parts or (self.id,))

    def has_dose(self, mg: Decimal) -> bool:
        """Return whether an amount in milligrams is a fixed dose of the product."""
        return any(level.mg == mg for regimen in self.regimens for level in regimen.levels)

    def brand(self, brand_id: str | None) -> Brand | None:
        """Find one of the product's brands."""
        return next((brand for brand in self.brands if brand.id == brand_id), None)
