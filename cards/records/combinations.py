"""Drugs beside the ordered one."""

from __future__ import annotations

from cards.records.sourced import Cited, Record


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
