"""The schema of payer policies: criteria that name one of a fixed set of checks, with its parameters.

A policy says what is required, never how to determine it: there are no generic conditions to build others from.
``one_of`` has alternatives, which cannot be nested.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from cards.knowledge.schema import Cancer, Cited, KnowledgeRecord, Setting, Source, Tier


class PayerKind(StrEnum):
    """The kind of payer: the rules for one kind do not apply to another."""

    ORIGINAL_MEDICARE = "original-medicare"
    MEDICARE_ADVANTAGE = "medicare-advantage"
    MEDICAID = "medicaid"
    MANAGED_MEDICAID = "managed-medicaid"
    COMMERCIAL = "commercial"


class PriorAuthorization(StrEnum):
    """Whether a payer requires prior authorization."""

    REQUIRED = "required"
    NOT_REQUIRED = "not-required"
    VARIES = "varies"
    """It depends on the plan."""


class Phase(StrEnum):
    """Whether a request is for the first approval or for continuation."""

    INITIAL = "initial"
    CONTINUATION = "continuation"


class Document(KnowledgeRecord, frozen=True, kw_only=True):
    """A document that a payer requires. ``always``: even if the chart shows that the criterion is met."""

    name: str
    always: bool = False


class Criterion(KnowledgeRecord, frozen=True, kw_only=True, tag_field="check"):
    """A requirement in our own words, its place in the policy, and the documents that show it."""

    ref: str
    text: str
    documents: tuple[Document, ...] = ()
    by: Cited


class DiagnosisIs(Criterion, frozen=True, kw_only=True, tag="diagnosis_is"):
    """The order is for one of some cancers, or for a condition with a given code prefix."""

    cancers: tuple[Cancer, ...] = ()
    icd10: tuple[str, ...] = ()


class SettingIs(Criterion, frozen=True, kw_only=True, tag="setting_is"):
    """The cancer is metastatic, or early."""

    setting: Setting


class Her2Is(Criterion, frozen=True, kw_only=True, tag="her2_is"):
    """HER2 is in one of some tiers; ``ihc_3_only``: shown by IHC 3+ only."""

    tiers: tuple[Tier, ...]
    ihc_3_only: bool = False


class Erbb2Mutation(Criterion, frozen=True, kw_only=True, tag="erbb2_mutation"):
    """An activating ERBB2 mutation was found."""


class AgeAtLeast(Criterion, frozen=True, kw_only=True, tag="age_at_least"):
    """The patient has reached an age."""

    years: int


class PrescriberSpecialty(Criterion, frozen=True, kw_only=True, tag="prescriber_specialty"):
    """The prescriber, or a consultant, has a specialty."""

    specialty: str


class SingleAgent(Criterion, frozen=True, kw_only=True, tag="single_agent"):
    """No other cancer drug is ordered or active, except those named."""

    beside: tuple[str, ...] = ()


class GivenWith(Criterion, frozen=True, kw_only=True, tag="given_with"):
    """One of some products is ordered in the same session or active."""

    products: tuple[str, ...]


class PriorTherapy(Criterion, frozen=True, kw_only=True, tag="prior_therapy"):
    """A drug of every named group was given before; ``hormone_receptor_positive`` also requires that of the tumor."""

    groups: tuple[str, ...]
    hormone_receptor_positive: bool = False


class DoseLimit(Criterion, frozen=True, kw_only=True, tag="dose_limit"):
    """The dose, its interval and the number of doses stay within limits, in a setting if one is named.

    ``increase_only``: the limit applies only if the dose is above the last one on record.
    """

    mg_per_kg: Decimal
    every_days: int
    doses: int | None = None
    setting: Setting | None = None
    increase_only: bool = False


class StartsAt(Criterion, frozen=True, kw_only=True, tag="starts_at"):
    """The first dose is at a level; a lower one later is a reduction."""

    mg_per_kg: Decimal


class CurrentlyOn(Criterion, frozen=True, kw_only=True, tag="currently_on"):
    """The product has been given for a number of days."""

    days: int


class ResultsOnRecord(Criterion, frozen=True, kw_only=True, tag="results_on_record"):
    """Each of some tests has a result on record."""

    tests: tuple[str, ...]


class DocumentedBy(Criterion, frozen=True, kw_only=True, tag="documented_by"):
    """Only a document can show it, not a chart's codes and numbers."""


Check = (
    DiagnosisIs
    | SettingIs
    | Her2Is
    | Erbb2Mutation
    | AgeAtLeast
    | PrescriberSpecialty
    | SingleAgent
    | GivenWith
    | PriorTherapy
    | DoseLimit
    | StartsAt
    | CurrentlyOn
    | ResultsOnRecord
    | DocumentedBy
)


class OneOf(Criterion, frozen=True, kw_only=True, tag="one_of"):
    """One of some alternatives must be met."""

    of: tuple[Check, ...]


class Applies(KnowledgeRecord, frozen=True, kw_only=True):
    """The patients a path is for; empty fields do not matter. ``other``: patients without any other path."""

    cancers: tuple[Cancer, ...] = ()
    icd10: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    tiers: tuple[Tier, ...] = ()
    other: bool = False


class ApprovalPath(KnowledgeRecord, frozen=True, kw_only=True):
    """One way to approval: the patients it is for, what must be met, and how long the approval lasts."""

    ref: str
    name: str
    phase: Phase | None = None
    applies: Applies = Applies()
    months: int | None = None
    criteria: tuple[Check | OneOf, ...]
    by: Cited


class Note(KnowledgeRecord, frozen=True, kw_only=True):
    """Something else about a payer, other than a criterion."""

    text: str
    by: Cited


class PayerPolicy(KnowledgeRecord, frozen=True, kw_only=True):
    """A payer's requirements for some products.

    ``payer_names`` are how a coverage may name the payer. ``kinds`` are the kinds of plans that it covers; empty: all.
    ``state`` is the state whose plan it is; it is never shown for a patient with an unknown payer. Without
    ``prior_authorization`` the policy does not say.
    """

    id: str
    title: str
    payer: str
    payer_names: tuple[str, ...] = ()
    kinds: tuple[PayerKind, ...] = ()
    state: str | None = None
    products: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    prior_authorization: PriorAuthorization | None = None
    paths: tuple[ApprovalPath, ...]
    by: Cited


class PolicyFile(KnowledgeRecord, frozen=True, kw_only=True):
    """A file of policies, with cited documents that are not among the service's sources."""

    sources: dict[str, Source] = msgspec.field(default_factory=dict)
    policies: tuple[PayerPolicy, ...]
