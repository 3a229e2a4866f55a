"""The schema of the billing knowledge, each value with its source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from cards.knowledge.schema import Cited, KnowledgeRecord
from cards.knowledge.schema.coverage import PayerKind


class Form(StrEnum):
    """The form of a vial's contents, which determines the unit of its NDC quantity."""

    POWDER = "powder"
    SOLUTION = "solution"


class Vial(KnowledgeRecord, frozen=True, kw_only=True):
    """A marketed vial. ``volume_ml`` is for a solution; a powder has none."""

    contents_mg: int
    volume_ml: Decimal | None = None
    multi_dose: bool = False


class Supply(KnowledgeRecord, frozen=True, kw_only=True):
    """The vials of a product."""

    product: str
    form: Form
    vials: tuple[Vial, ...]
    by: Cited


class NdcUnit(KnowledgeRecord, frozen=True, kw_only=True):
    """The unit of the NDC quantity on a claim for a vial form."""

    form: Form
    unit: str
    by: Cited


class ProcedureCode(KnowledgeRecord, frozen=True, kw_only=True):
    """A CPT code of administration; the descriptor is in our words."""

    code: str
    meaning: str
    by: Cited


class FurtherHour(ProcedureCode, frozen=True, kw_only=True):
    """The code of a further hour, and the minutes that the last part of an infusion must exceed to be one."""

    over_minutes: int


class Administration(KnowledgeRecord, frozen=True, kw_only=True):
    """The administration codes."""

    first_hour: ProcedureCode
    further_hour: FurtherHour
    second_drug: ProcedureCode
    subcutaneous: ProcedureCode
    premedication: tuple[ProcedureCode, ...]
    never: tuple[ProcedureCode, ...]


class EndedModifier(KnowledgeRecord, frozen=True, kw_only=True):
    """A modifier that has ended, and its replacement."""

    code: str
    instead: str
    by: Cited


class Modifiers(KnowledgeRecord, frozen=True, kw_only=True):
    """The modifiers on discarded drug and their sources."""

    discarded: str
    nothing_discarded: str
    by: Cited
    rounding: Cited
    multi_dose: Cited
    ended: EndedModifier
    on_lines: tuple[LineModifier, ...]


class Where(StrEnum):
    """The kind of claim line that a modifier belongs on."""

    VISIT = "visit"
    PROCEDURE = "procedure"


class LineModifier(KnowledgeRecord, frozen=True, kw_only=True):
    """Modifiers for one kind of line, which are wrong on a drug's own line."""

    codes: tuple[str, ...]
    belongs_on: Where
    by: Cited


class ClaimBox(KnowledgeRecord, frozen=True, kw_only=True):
    """A box of the CMS-1500 form and its contents."""

    box: str
    holds: str
    by: Cited


class OwnCitation(KnowledgeRecord, frozen=True, kw_only=True):
    """A product's own document to cite in place of another product's: the same text on another page."""

    product: str
    instead_of: Cited
    by: Cited


class RevenueCode(KnowledgeRecord, frozen=True, kw_only=True):
    """A hospital revenue code for the drug."""

    code: str
    meaning: str
    by: Cited


class BreastCode(KnowledgeRecord, frozen=True, kw_only=True):
    """The structure of a C50 code: the fourth character is the site in the breast, the fifth sex, the sixth side.

    ``without_sex`` are codes in the category without sex and side.
    """

    sites: str
    sexes: dict[str, str]
    sides: dict[str, str]
    without_sex: tuple[str, ...]
    by: Cited


class CompleteCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """The complete codes of a category."""

    category: str
    codes: tuple[str, ...]
    by: Cited


class ReceptorCode(KnowledgeRecord, frozen=True, kw_only=True):
    """A receptor code and the statuses it requires; ``None``: not known."""

    code: str
    meaning: str
    her2_positive: bool | None
    hormone_receptor_positive: bool | None
    by: Cited


class PlainCode(KnowledgeRecord, frozen=True, kw_only=True):
    """A code with its meaning, in our own words."""

    code: str
    meaning: str
    by: Cited


class HormoneCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """The codes for the hormone receptor status alone."""

    positive: str
    negative: str
    by: Cited


class TestCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """The CPT codes of a test, which is billed separately from the drug."""

    test: str
    codes: tuple[str, ...]
    by: Cited


class Diagnoses(KnowledgeRecord, frozen=True, kw_only=True):
    """The diagnosis codes of a claim."""

    breast: BreastCode
    complete: tuple[CompleteCodes, ...]
    secondary: tuple[str, ...]
    receptors: tuple[ReceptorCode, ...]
    receptors_since: date
    hormone: HormoneCodes
    encounter: tuple[PlainCode, ...]
    history: PlainCode
    by: Cited


class PlaceOfService(KnowledgeRecord, frozen=True, kw_only=True):
    """Where a drug is given. ``steered_away_after``: the doses after which commercial payers steer away from it."""

    codes: tuple[str, ...]
    meaning: str
    steered_away_after: int | None = None


class SiteOfCare(KnowledgeRecord, frozen=True, kw_only=True):
    """Where commercial payers want some products given."""

    products: tuple[str, ...]
    places: tuple[PlaceOfService, ...]
    by: Cited


class PayerWords(KnowledgeRecord, frozen=True, kw_only=True):
    """Words in the name of a payer or plan that indicate its kind, in lower case."""

    kind: PayerKind
    words: tuple[str, ...]
    by: Cited


class DrugGroup(KnowledgeRecord, frozen=True, kw_only=True):
    """A payer's drug group, as products of this service and drug classes."""

    id: str
    name: str
    products: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


class Specialty(KnowledgeRecord, frozen=True, kw_only=True):
    """The codes and words for a specialty in a prescriber's record."""

    id: str
    name: str
    codes: tuple[str, ...]
    words: tuple[str, ...]
    by: Cited


class Coinsurance(KnowledgeRecord, frozen=True, kw_only=True):
    """The share of the payment limit, in percent, that a Medicare patient pays unless the price file says otherwise."""

    percent: Decimal
    by: Cited


class BillingKnowledge(KnowledgeRecord, frozen=True, kw_only=True):
    """The billing knowledge file."""

    supplies: tuple[Supply, ...]
    ndc_units: tuple[NdcUnit, ...]
    administration: Administration
    modifiers: Modifiers
    revenue_code: RevenueCode
    claim_boxes: tuple[ClaimBox, ...]
    authorization_box: ClaimBox
    records: Cited
    own_citations: tuple[OwnCitation, ...]
    diagnoses: Diagnoses
    site_of_care: tuple[SiteOfCare, ...]
    drug_groups: tuple[DrugGroup, ...]
    specialties: tuple[Specialty, ...]
    payer_kinds: tuple[PayerWords, ...]
    test_codes: tuple[TestCodes, ...]
    usual_coinsurance: Coinsurance

    def supply(self, product: str) -> Supply:
        """Return the vials of a product; every checked product has them, except tablets."""
        return next(supply for supply in self.supplies if supply.product == product)

    def cited(self, product: str, by: Cited) -> Cited:
        """Return the citation of a product's own document, if it has one."""
        own = (each.by for each in self.own_citations if each.product == product and each.instead_of == by)
        return next(own, by)

    def group(self, group_id: str) -> DrugGroup:
        """Return a drug group; policies with an unknown one do not load."""
        return next(group for group in self.drug_groups if group.id == group_id)

    def specialty(self, specialty_id: str) -> Specialty:
        """Return a specialty; policies with an unknown one do not load."""
        return next(each for each in self.specialties if each.id == specialty_id)
