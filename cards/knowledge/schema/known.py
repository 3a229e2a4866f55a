"""The complete knowledge."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.combinations import CodedDrugs, DrugClass, KeptApart
from cards.knowledge.schema.drug_words import DrugWords
from cards.knowledge.schema.products import Product
from cards.knowledge.schema.site_rules import SiteRule
from cards.knowledge.schema.sourced import Cited, KnowledgeError, KnowledgeRecord, Source
from cards.knowledge.schema.supply import AmbiguousName, UnspecificHcpcs
from cards.knowledge.schema.terminology import Terminology


class Threshold(KnowledgeRecord, frozen=True, kw_only=True):
    """A number that a site may set, with its unit, its bounds and where the default comes from."""

    default: Decimal | None
    minimum: Decimal
    maximum: Decimal
    unit: str
    meaning: str
    by: Cited


class NotChecked(KnowledgeRecord, frozen=True, kw_only=True):
    """A label statement that no card checks, with the reason, so that silence is not mistaken for a check."""

    products: tuple[str, ...]
    what: str
    why: str
    by: Cited


class MixedUpWeights(KnowledgeRecord, frozen=True, kw_only=True):
    """The ratio of pounds to kilograms, and the tolerance within which two weights indicate a mix-up."""

    ratio: Decimal
    within_percent: Decimal
    by: Cited


class WeeklyRhythm(KnowledgeRecord, frozen=True, kw_only=True):
    """The maximum days between two doses of a weekly schedule, if no amount shows which schedule it is."""

    at_most_days: int
    by: Cited


class ProcedureWords(KnowledgeRecord, frozen=True, kw_only=True):
    """Words of a procedure: ``care`` around a drug, unless one of ``doses`` says that the drug was given."""

    care: tuple[str, ...]
    doses: tuple[str, ...]
    by: Cited


class Shared(KnowledgeRecord, frozen=True, kw_only=True):
    """The file of facts that do not belong to a single product."""

    ambiguous_names: tuple[AmbiguousName, ...]
    unspecific_hcpcs: tuple[UnspecificHcpcs, ...]
    kept_apart: tuple[KeptApart, ...]
    drug_classes: tuple[DrugClass, ...]
    not_checked: tuple[NotChecked, ...]
    pounds: MixedUpWeights
    weekly: WeeklyRhythm
    procedures: ProcedureWords


class Knowledge(Shared, frozen=True, kw_only=True):
    """All knowledge, with a digest as its version."""

    products: tuple[Product, ...]
    sources: dict[str, Source]
    terminology: Terminology
    drug_words: DrugWords
    thresholds: dict[str, Threshold]
    version: str
    site_rules: tuple[SiteRule, ...] = ()
    drug_codes: CodedDrugs = CodedDrugs()

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

    def site_rule(self, topic: str) -> SiteRule | None:
        """Return the site's rule for a topic; ``None`` for a shipped topic."""
        return next((rule for rule in self.site_rules if rule.topic == topic), None)
