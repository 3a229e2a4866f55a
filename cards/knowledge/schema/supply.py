"""The marketed forms of a product: brands, names, codes and packages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord

RxNormKind = Literal[
    "ingredient",
    "brand name",
    "clinical drug",
    "clinical drug component",
    "clinical dose form",
    "clinical form group",
    "branded drug",
    "branded drug component",
    "branded dose form",
    "branded form group",
    "clinical or branded drug",
]


class RxNormEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """An RxNorm concept that means the product."""

    code: str
    kind: RxNormKind
    by: Cited


class SnomedEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A SNOMED CT concept that means the product."""

    code: str
    by: Cited


class UniiEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A substance of the FDA's list (UNII) that is the active one of the product: itself, or its salt."""

    code: str
    by: Cited


class AtcEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """An ATC substance that means the product. ``until``: the last year of the index that had the code."""

    code: str
    until: int | None = None
    by: Cited


class HcpcsEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A billing code of the product, and the milligrams in one unit of it."""

    code: str
    unit_mg: Decimal
    descriptor: str
    by: Cited


class RetiredCode(KnowledgeRecord, frozen=True, kw_only=True):
    """A billing code that once stood for the product."""

    code: str
    until: date
    by: Cited


class Package(KnowledgeRecord, frozen=True, kw_only=True):
    """A package as sold. ``vials``: the number of vials in the carton, each with the contents."""

    ndc: str
    contents_mg: Decimal
    vials: int = 1
    multi_dose: bool = False
    since: date | None = None
    until: date | None = None
    by: Cited


class Brand(KnowledgeRecord, frozen=True, kw_only=True):
    """A marketed form of a product with its own names and codes."""

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


class UnspecificHcpcs(KnowledgeRecord, frozen=True, kw_only=True):
    """A billing code for no specific drug."""

    code: str
    descriptor: str
    by: Cited


class AmbiguousName(KnowledgeRecord, frozen=True, kw_only=True):
    """A name in clinical use that may mean more than one product.

    With ``is_class`` it names a class of drugs or a regimen: it counts only where no drug is named beside it, and where
    no other word stands before it that may name one.
    """

    names: tuple[str, ...]
    may_mean: tuple[str, ...]
    by: Cited
    is_class: bool = False
