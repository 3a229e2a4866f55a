"""Drugs in combination with the ordered one."""

from __future__ import annotations

from datetime import date

import msgspec

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class KeptApart(KnowledgeRecord, frozen=True, kw_only=True):
    """HER2 agents that must not be combined: the first of ``products`` with each of the others.

    ``only_warn``: the combination is used in trials. ``until``: from that day a label includes the combination.
    """

    products: tuple[str, ...]
    reason: str
    only_warn: bool = False
    until: date | None = None
    by: Cited

    def separates(self, one: str, other: str) -> bool:
        """Return whether two products are among those kept apart, in either order."""
        first, *others = self.products
        return (one == first and other in others) or (other == first and one in others)


class DrugCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """The codes of one drug or group of drugs, for lists that name it by a code alone.

    ``name`` is one of a drug class. An ATC code includes everything below it.
    """

    name: str
    atc: tuple[str, ...] = ()
    rxnorm: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    by: Cited


class BilledDrug(KnowledgeRecord, frozen=True, kw_only=True):
    """The HCPCS codes of a drug, for lists that come from billing; ``name`` is one of a drug class."""

    name: str
    codes: tuple[str, ...]
    by: Cited


class CodedDrugs(KnowledgeRecord, frozen=True, kw_only=True):
    """The file ``drug_codes.yaml``: drugs that rules read by name, and drugs that no rule reads.

    ``open_atc`` are the ATC groups in which a new code may be a HER2 drug, ``fluids_atc`` those of infusion fluids and
    solvents. ``others`` are RxNorm ingredients and ``others_billed`` HCPCS codes that no rule reads.
    """

    open_atc: tuple[str, ...] = ()
    fluids_atc: tuple[str, ...] = ()
    drugs: tuple[DrugCodes, ...] = ()
    billed: tuple[BilledDrug, ...] = ()
    others: dict[str, str] = msgspec.field(default_factory=dict)
    others_billed: dict[str, str] = msgspec.field(default_factory=dict)


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
