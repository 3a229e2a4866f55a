"""Drugs beside the ordered one."""

from __future__ import annotations

from datetime import date

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class KeptApart(KnowledgeRecord, frozen=True, kw_only=True):
    """HER2 agents that are not given together.

    ``only_warn``: in trials it is done. ``until``: from that day a label gives them together.
    """

    products: tuple[str, ...]
    reason: str
    only_warn: bool = False
    until: date | None = None
    by: Cited


class DrugClass(KnowledgeRecord, frozen=True, kw_only=True):
    """Drugs that matter beside a HER2 drug, by the names they are ordered under; ``with_products`` empty: any.

    ``unless`` are words that make it another thing: a shampoo is no strong inhibitor of anything. Two groups with one
    id are one class from two sources. ``rxnorm`` and ``atc`` are codes that a rule of the site names; one of ATC
    stands for everything below it. ``of_site``: only a rule of the site reads it; it settles no text of an order.
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
