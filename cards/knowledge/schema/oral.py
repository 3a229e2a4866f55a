"""What labels say about tablets, and about drugs that are required with a product or must be avoided."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class Tablets(KnowledgeRecord, frozen=True, kw_only=True):
    """The marketed tablet strengths, in milligrams."""

    strengths_mg: tuple[Decimal, ...]
    by: Cited


class Interaction(KnowledgeRecord, frozen=True, kw_only=True):
    """A class of drugs that the label says to avoid with a product, or to change the dose for.

    ``then`` is what the label says to do. The dose that it gives instead is a level of the regimen with the same class
    as ``beside``.
    """

    drug_class: str
    then: str
    by: Cited


class Prophylaxis(KnowledgeRecord, frozen=True, kw_only=True):
    """A drug that the label requires with a product, from the first dose on.

    ``first_days`` is for how many days of treatment; without it, for the first dose. ``with_classes``: only if a drug
    of each class is also given. ``unless_escalated``: not needed if treatment starts at lower doses.
    """

    drug_class: str
    what: str
    first_days: int | None = None
    with_classes: tuple[str, ...] = ()
    unless_escalated: bool = False
    by: Cited
