"""Drugs in combination with the ordered one."""

from __future__ import annotations

from datetime import date

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class KeptApart(KnowledgeRecord, frozen=True, kw_only=True):
    """HER2 agents that must not be combined.

    ``only_warn``: the combination is used in trials. ``until``: from that day a label includes the combination.
    """

    products: tuple[str, ...]
    reason: str
    only_warn: bool = False
    until: date | None = None
    by: Cited


class DrugClass(KnowledgeRecord, frozen=True, kw_only=True):
    """Drugs that matter in combination with a HER2 drug, by name; ``with_products`` empty: any.

    ``unless`` are words that exclude a match: ketoconazole shampoo is not a strong inhibitor. Two groups with the same
    id are one class from two sources. ``rxnorm`` and ``atc`` are codes from a site rule; an ATC code stands for
    everything below it. ``of_site``: only site rules use it; it does not identify an order's text.
    """

    id: str
    names: tuple[str, ...]
    unless: tuple[str, ...] = ()
    rxnorm: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
    of_site: bool = False
    with_products: tuple[str, ...] = ()
    reason: str
    by: Cited
