"""Recognises products in codes and in text: longest name first, so that trastuzumab emtansine is no trastuzumab."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.label_doses import Labelled, Span, around, ceiling, regimens_for, rows_by_test
from cards.values.codes import Ndc, ndc_readings
from cards.values.text_cache import cached_by_text
from cards.values.texts import bounded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from decimal import Decimal

    from cards.knowledge.schema import (
        Brand,
        Cancer,
        DrugClass,
        HcpcsEntry,
        Knowledge,
        Package,
        Product,
    )

_COMBINATIONS = 1024
_JOINERS = re.compile(r"[\s\-_\u2010-\u2015\u2212]+")
# "NOT trastuzumab", "do not substitute for trastuzumab": what follows is a warning, not a name.
_WARNING = re.compile(
    r"\b(?:is not|are not|not|never|do not (?:substitute|confuse|interchange)|differs? from)\b[^.;)\]]*"
)
_BRACKETS = re.compile(r"[()\[\]{}]")
_ALTERNATIVES = re.compile(r"^\s*(?:/|\bor\b|\||\bvs\b)\s*$")


class Target(NamedTuple):
    """What a code or a name means: a product, and a brand of it where the code or name is the brand's own."""

    product: str
    brand: str | None = None


Meaning = frozenset[Target]
"""The targets that a code or a name may mean: one when it is clear, several when it is ambiguous."""


class HcpcsMeaning(NamedTuple):
    """What a billing code stands for."""

    target: Target
    entry: HcpcsEntry


def normalise(text: str) -> str:
    """Fold case, and turn every run of spaces, hyphens and dashes into one space."""
    return _JOINERS.sub(" ", bounded(text).casefold()).strip()


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(r"(?<![a-z0-9])(?:" + "|".join(re.escape(normalise(name)) for name in names) + r")(?![a-z0-9])")


class Recogniser:
    """The indexes from codes and names to products, built once from the knowledge."""

    def __init__(self, known: Knowledge) -> None:
        """Index every code and name."""
        self.known = known
        self.rxnorm: dict[str, Target] = {}
        self.atc: dict[str, Target] = {}
        self.hcpcs: dict[str, HcpcsMeaning] = {}
        self.retired: dict[str, Target] = {}
        self.unspecific = {entry.code for entry in known.unspecific_hcpcs}
        self._products = {product.id: product for product in known.products}
        self._places = {product.id: place for place, product in enumerate(known.products)}
        self.lab_rows = {product.id: rows_by_test(product) for product in known.products}
        self.same_antibody = {
            product.id: frozenset(other.id for other in known.products if product.antibodies & other.antibodies)
            for product in known.products
        }
        """For each product all those that share an antibody with it, itself among them."""
        self._ndc: dict[str, Target] = {}
        names: dict[str, set[Target]] = defaultdict(set)
        for product in known.products:
            self._index_product(product, names)
        for ambiguous in known.ambiguous_names:
            for name in ambiguous.names:
                names[normalise(name)].update(Target(meant) for meant in ambiguous.may_mean)
        self._names = {name: frozenset(targets) for name, targets in names.items()}
        longest_first = sorted(self._names, key=lambda name: (-len(name), name))
        self._pattern = re.compile(r"(?<![a-z0-9])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![a-z0-9])")
        # Texts are drug names from the EHR's formulary: few, repeated on every order.
        self._classes = tuple(
            (group, _any_of(group.names), _any_of(group.unless) if group.unless else None)
            for group in known.drug_classes
        )
        # As few are the combinations of product, cancers and schedule.
        self.labelled = lru_cache(maxsize=_COMBINATIONS)(self._labelled)
        self.spans_per_kg = lru_cache(maxsize=_COMBINATIONS)(self._spans_per_kg)
        self.read_classes = cached_by_text(self._read_classes)
        self.read_text = cached_by_text(self._read_text)

    def _spans_per_kg(self, product_id: str, cancers: frozenset[Cancer], percent: Decimal) -> tuple[Span, ...]:
        """Give the levels per kilogram of a product, each with the doses that are within so many percent of it."""
        regimens = self.labelled(product_id, cancers, None).regimens
        levels = (level for regimen in regimens for level in regimen.levels if level.mg_per_kg is not None)
        return tuple(Span(*around(level.dose.value, percent), level) for level in levels)

    def _labelled(self, product_id: str, cancers: frozenset[Cancer], interval_days: Decimal | None) -> Labelled:
        """Find the regimens and the maximum of a product, for the cancers and the interval as far as they are known."""
        regimens = regimens_for(self._products[product_id], cancers, interval_days)
        return Labelled(regimens, ceiling(regimens))

    def _index_product(self, product: Product, names: dict[str, set[Target]]) -> None:
        generic = Target(product.id)
        for rxnorm in product.rxnorm:
            self.rxnorm[rxnorm.code] = generic
        for atc in product.atc:
            self.atc[atc.code] = generic
        for name in product.names:
            names[normalise(name)].add(generic)
        for brand in product.brands:
            target = Target(product.id, brand.id)
            for rxnorm in brand.rxnorm:
                self.rxnorm[rxnorm.code] = target
            for atc in brand.atc:
                self.atc[atc.code] = target
            for hcpcs in brand.hcpcs:
                self.hcpcs[hcpcs.code] = HcpcsMeaning(target, hcpcs)
            for retired in brand.retired_hcpcs:
                self.retired[retired.code] = target
            for package in brand.packages:
                self._ndc[package.ndc] = target
                self._ndc[Ndc(package.ndc).product_part] = target
            for name in brand.names:
                names[normalise(name)].add(target)

    def product(self, product_id: str) -> Product:
        """Find a product by its id."""
        return self._products[product_id]

    def in_order(self, product_ids: Collection[str]) -> tuple[Product, ...]:
        """Find some products, and give them in the order of the knowledge."""
        return tuple(self._products[each] for each in sorted(product_ids, key=self._places.__getitem__))

    def brand(self, target: Target) -> Brand | None:
        """Find the brand of a target, if it names one."""
        return self._products[target.product].brand(target.brand)

    def _read_classes(self, text: str) -> tuple[DrugClass, ...]:
        """List the drug classes that a text names a drug of."""
        plain = normalise(text)
        return tuple(
            group
            for group, names, unless in self._classes
            if names.search(plain) and (unless is None or not unless.search(plain))
        )

    def ndc(self, text: str) -> Target | None:
        """Find the product of a written NDC; ten digits without hyphens count only when one reading is known."""
        readings = ndc_readings(text)
        found = {self._ndc[reading] for reading in readings if reading in self._ndc}
        if not found:
            found = {self._ndc[reading[:10]] for reading in readings if reading[:10] in self._ndc}
        return found.pop() if len(found) == 1 else None

    def own_hcpcs(self, product: Product, brand: Brand | None) -> tuple[HcpcsEntry, ...]:
        """List the billing codes that fit: the brand's own, or any brand's when no brand is named."""
        brands: Iterable[Brand] = (brand,) if brand is not None else product.brands
        return tuple(entry for each in brands for entry in each.hcpcs)

    def packages(self, product: Product, brand: Brand | None) -> tuple[Package, ...]:
        """List the packages of the brand, or of every brand when none is named."""
        brands: Iterable[Brand] = (brand,) if brand is not None else product.brands
        return tuple(package for each in brands for package in each.packages)

    def _read_text(self, text: str) -> tuple[Meaning, ...]:
        """List what a drug text names: one meaning a product named, or one with alternatives ("T-DM1/T-DXd")."""
        plain = normalise(_BRACKETS.sub(" ", _WARNING.sub(" ", normalise(text))))
        whole = self._by_ingredients(plain)
        spans = [(match.span(), self._names[match.group()]) for match in self._pattern.finditer(plain)]
        meanings: list[Meaning] = [whole] if whole else []
        previous_end: int | None = None
        for (start, end), meaning in spans:
            if meanings and previous_end is not None and _ALTERNATIVES.match(plain[previous_end:start]):
                meanings[-1] = self._merged(meanings[-1] | meaning)
            else:
                meanings.append(meaning)
            previous_end = end
        return tuple(dict.fromkeys(self._without_parts(meanings)))

    def _by_ingredients(self, plain: str) -> Meaning | None:
        """Find the combination whose every ingredient stands in the text; the one with most ingredients wins."""
        words = set(re.findall(r"[a-z0-9]+", plain))
        best: tuple[int, str] | None = None
        for product in self.known.products:
            for needed in product.all_of:
                if words.issuperset(needed) and (best is None or len(needed) > best[0]):
                    best = (len(needed), product.id)
        return frozenset({Target(best[1])}) if best else None

    def _merged(self, targets: Meaning) -> Meaning:
        """Drop a product's general target beside a target of one of its brands."""
        branded = {target.product for target in targets if target.brand}
        return frozenset(target for target in targets if target.brand or target.product not in branded)

    def _without_parts(self, meanings: list[Meaning]) -> list[Meaning]:
        """Drop the names of ingredients beside the name of their combination."""
        parts = {part for meaning in meanings for target in meaning for part in self._products[target.product].parts}
        return [meaning for meaning in meanings if not all(target.product in parts for target in meaning)]
