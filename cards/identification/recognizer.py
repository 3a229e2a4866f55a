"""Recognizes products in codes and text, with indexes that are built once from the knowledge."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from cards.identification.drug_text import DrugTextReader
from cards.identification.folding import fold, key
from cards.identification.targets import Meaning, Target, products_of
from cards.identification.vocabulary import Vocabulary
from cards.knowledge.label_doses import Labeled, Span, around, ceiling, regimens_for, rows_by_test
from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import Kind, Panel
from cards.values.caching import cached_by_identity, once
from cards.values.codes import AtcCode, AtcGroup, Ndc, ndc_readings
from cards.values.text_cache import cached_by_key, cached_by_text
from cards.values.texts import bounded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from decimal import Decimal

    from cards.facts.order import BillingCode, DrugOrder, IdentityEvidence
    from cards.knowledge.schema import (
        AmbiguousName,
        Brand,
        Cancer,
        DrugClass,
        HcpcsEntry,
        Knowledge,
        Package,
        Product,
        RetiredCode,
    )

_COMBINATIONS = 1024
_SHORTEST = 2
"""Names with as few letters are no hint that a text names a drug."""
_ATC_LEVELS = (1, 3, 4, 5, 7)
CODE_SYSTEMS = {
    "rxnorm": "RxNorm", "atc": "ATC", "snomed": "SNOMED CT", "hcpcs": "HCPCS", "icd10": "ICD-10", "icd9": "ICD-9-CM",
    "ndc": "NDC", "unii": "UNII", "cvx": "CVX",
}  # fmt: skip
"""How a card writes the name of a code system."""


class HcpcsMeaning(NamedTuple):
    """The meaning of a billing code."""

    target: Target
    entry: HcpcsEntry


class RetiredMeaning(NamedTuple):
    """What a billing code once stood for."""

    target: Target
    entry: RetiredCode


def _by_code(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for code, name in pairs:
        found[code] = (*found.get(code, ()), name)
    return found


def _names_by_code(known: Knowledge) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for drug in known.drug_codes.drugs:
        for system, codes in (("rxnorm", drug.rxnorm), ("atc", drug.atc), ("snomed", drug.snomed)):
            found |= dict.fromkeys(((system, code) for code in codes), drug.name)
    for billed in known.drug_codes.billed:
        found |= dict.fromkeys((("hcpcs", code) for code in billed.codes), billed.name)
    return found


# A list in brackets belongs to what stands before it: "completed TCHP (trastuzumab, pertuzumab)".
_CLAUSES = re.compile(r",(?![^()]{0,200}\))|[;\n]|\.(?=\s|$)| - ")


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    written = sorted({r"\W+".join(map(re.escape, key(name))) for name in names}, key=lambda each: (-len(each), each))
    return re.compile(r"(?<![^\W_])(?:" + "|".join(written) + r")(?![^\W_])")


def _any_within(words: Iterable[str]) -> re.Pattern[str]:
    """Find whether an ASCII text holds any of some words, as a part of longer ones too.

    Branches by first letter let the search skip most places in a text; one branch for each word would not.
    """
    plain = sorted(each for each in words if each.isascii())
    # Where a word is found, so is each word inside it.
    shortest = [each for each in plain if not any(other in each for other in plain if other != each)]
    branches = (
        first + "(?:" + "|".join(re.escape(each[1:]) for each in begun) + ")"
        for first, begun in groupby(shortest, key=itemgetter(0))
    )
    # Without any words, a pattern that matches nothing.
    return re.compile("|".join(branches) or "(?!)")


class Recognizer:
    """The indexes from codes and names to products, built once from the knowledge."""

    def __init__(self, known: Knowledge) -> None:
        """Index every code and name."""
        self.known = known
        self.rxnorm: dict[str, Target] = {}
        self.atc: dict[str, Target] = {}
        self.snomed: dict[str, Meaning] = {}
        self.unii: dict[str, Target] = {}
        self.hcpcs: dict[str, HcpcsMeaning] = {}
        self.retired: dict[str, RetiredMeaning] = {}
        self.unspecific = {entry.code for entry in known.unspecific_hcpcs}
        self._products = {product.id: product for product in known.products}
        self._places = {product.id: place for place, product in enumerate(known.products)}
        self.measured = frozenset(known.terminology.of_kind(Kind.LABORATORY, Kind.MEASUREMENT))
        self.panels = {panel: frozenset(known.terminology.in_panel(panel)) for panel in Panel}
        self.lab_rows = {product.id: rows_by_test(product) for product in known.products}
        self.same_antibody = {
            product.id: frozenset(other.id for other in known.products if product.antibodies & other.antibodies)
            for product in known.products
        }
        """For each product all products that share an antibody with it, including itself."""
        self._ndc: dict[str, Target] = {}
        names: dict[str, set[Target]] = defaultdict(set)
        for product in known.products:
            self._index_product(product, names)
        self._begun: dict[Meaning, frozenset[str]] = {}
        for ambiguous in known.ambiguous_names:
            for name in () if ambiguous.is_class else ambiguous.names:
                names[name].update(Target(meant) for meant in ambiguous.may_mean)
            if begun := self._with_names_begun_by(ambiguous):
                self._begun[frozenset(map(Target, ambiguous.may_mean))] = begun
        vocabulary = Vocabulary(known, {name: frozenset(targets) for name, targets in names.items()})
        self._reader = DrugTextReader(vocabulary, self._products)
        self.supportive_drugs = vocabulary.supportive_drugs
        """The words for drugs that are given before an infusion; an amount beside one is an amount of it."""
        words = known.drug_words
        self._earlier, self._now, self._together, self._in_its_place = (
            _any_of(word for group in listed for word in group.words)
            for listed in (words.earlier_treatment, words.given_now, words.given_together, words.in_its_place)
        )
        self._vocabulary = vocabulary
        self._words_of_look_alikes: dict[str, tuple[frozenset[str], re.Pattern[str]]] = {}
        # Texts are drug names from the EHR's formulary: few, and repeated on every order.
        self._classes = tuple(
            (group, _any_of(group.names), _any_of(group.unless) if group.unless else None)
            for group in known.drug_classes
            if group.names
        )
        self._classes_by_rxnorm = _by_code((code, group.id) for group in known.drug_classes for code in group.rxnorm)
        self._classes_by_atc = _by_code((code, group.id) for group in known.drug_classes for code in group.atc)
        self._names_by_code = _names_by_code(known)
        # Combinations of product, cancers and schedule are just as few.
        self.labeled = cached_by_key(_COMBINATIONS)(self._labeled)
        self.spans_per_kg = cached_by_key(_COMBINATIONS)(self._spans_per_kg)
        self.read_classes = cached_by_text(self._read_classes)
        self.read_text = cached_by_text(self._reader.read)
        self.names_partner_first = cached_by_text(self._reader.names_partner_first)
        self.is_of_fluid = cached_by_text(self._reader.is_of_fluid)
        self.route_of_form = cached_by_text(self._reader.route_of_form)

    def _spans_per_kg(self, product_id: str, cancers: frozenset[Cancer], percent: Decimal) -> tuple[Span, ...]:
        """Return a product's levels per kilogram, each with the range of doses within a tolerance."""
        regimens = self.labeled(product_id, cancers, None).regimens
        levels = (level for regimen in regimens for level in regimen.levels if level.mg_per_kg is not None)
        return tuple(Span(*around(level.dose.value, percent), level) for level in levels)

    def _labeled(self, product_id: str, cancers: frozenset[Cancer], interval_days: Decimal | None) -> Labeled:
        """Find the regimens and the maximum of a product, for the cancers and the interval as far as they are known."""
        regimens = regimens_for(self._products[product_id], cancers, interval_days)
        return Labeled(regimens, ceiling(regimens))

    def _index_product(self, product: Product, names: dict[str, set[Target]]) -> None:
        generic = Target(product.id)
        for rxnorm in product.rxnorm:
            self.rxnorm[rxnorm.code] = generic
        for atc in product.atc:
            self.atc[atc.code] = generic
        for snomed in product.snomed:
            self.snomed[snomed.code] = self.snomed.get(snomed.code, frozenset()) | {generic}
        self.unii |= dict.fromkeys((each.code for each in product.unii), generic)
        for name in product.names:
            names[name].add(generic)
        for brand in product.brands:
            target = Target(product.id, brand.id)
            for rxnorm in brand.rxnorm:
                self.rxnorm[rxnorm.code] = target
            for atc in brand.atc:
                self.atc[atc.code] = target
            for hcpcs in brand.hcpcs:
                self.hcpcs[hcpcs.code] = HcpcsMeaning(target, hcpcs)
            for retired in brand.retired_hcpcs:
                self.retired[retired.code] = RetiredMeaning(target, retired)
            for package in brand.packages:
                self._ndc[package.ndc] = target
                self._ndc[Ndc(package.ndc).product_part] = target
            for name in brand.names:
                names[name].add(target)

    def _with_names_begun_by(self, ambiguous: AmbiguousName) -> frozenset[str]:
        begins = [key(name) for name in ambiguous.names]
        names = [(each, key(name)) for each in ambiguous.may_mean for name in self._products[each].names]
        return frozenset(each for each, words in names for begun in begins if words[: len(begun)] == begun)

    def may_mean(self, meaning: Meaning, product_id: str) -> bool:
        """Return whether a name may mean a product that something else names.

        "ado-trastuzumab" begins the name of one product only, and is never the antibody that a code may say it is.
        """
        return product_id in self._begun.get(meaning, products_of(meaning))

    def misspells(self, word: str, product_id: str) -> bool:
        """Return whether a word is a product's name with one letter wrong; a word that only sounds like one is not."""
        near = self._vocabulary.nearest(word)
        meaning = self._vocabulary.names.get((near.word,)) if near is not None else None
        return meaning is not None and self.may_mean(meaning, product_id)

    def is_bare_antibody(self, product: Product) -> bool:
        """Return whether a product is an antibody alone, without an enzyme or a payload."""
        return product.generic in self._vocabulary.antibodies

    def product(self, product_id: str) -> Product:
        """Find a product by its id."""
        return self._products[product_id]

    def in_order(self, product_ids: Collection[str]) -> tuple[Product, ...]:
        """Find some products, and return them in the order of the knowledge."""
        return tuple(self._products[each] for each in sorted(product_ids, key=self._places.__getitem__))

    def are_names_of(self, product: Product, words: Iterable[str]) -> bool:
        """Return whether each of some words, which may be joined by hyphens, is part of a product's names."""
        own = self._vocabulary.words_of_product.get(product.id, frozenset())
        parts = (part for word in words for part in key(word))
        return all(part in own or self._vocabulary.look_up(part).word in own for part in parts)

    def may_name_others(self, product: Product, written: str) -> bool:
        """Return False quickly for a text without a word that only a look-alike of the product has in its names."""
        if product.id not in self._words_of_look_alikes:
            words = self._vocabulary.words_of_product
            own = words.get(product.id, frozenset())
            others = frozenset[str]().union(*(words.get(each, frozenset()) for each in product.look_alikes))
            hints = frozenset(each for each in others - own if len(each) > _SHORTEST)
            self._words_of_look_alikes[product.id] = hints, _any_within(hints)
        hints, within = self._words_of_look_alikes[product.id]
        if not written.isascii():
            return not hints.isdisjoint(key(bounded(written)))
        return within.search(written.casefold()) is not None

    def other_drugs(self, text: str) -> tuple[str, ...]:
        """List the words of a text that name known drugs other than those of the service.

        None where the text speaks of premedication, because what it names is then given besides.
        """
        words = key(bounded(text))
        if self._vocabulary.names_premedication(words):
            return ()
        read = self.read_text(text)
        partners = (word for word in read.others if word not in read.unread)
        return tuple(dict.fromkeys((*filter(self._vocabulary.is_other_drug, words), *partners)))

    def clauses_of_now(self, text: str) -> list[str]:
        """List the clauses of a text, without those on past treatment that order nothing now: "PD on Perjeta"."""
        return [each for each in _CLAUSES.split(bounded(text)) if not self._is_earlier(fold(each))]

    def _is_earlier(self, plain: str) -> bool:
        return self._earlier.search(plain) is not None and self._now.search(plain) is None

    def is_of_partner(self, clause: str) -> bool:
        """Return whether a clause of a note names what is given with the ordered drug, and not in place of it."""
        plain = fold(bounded(clause))
        return self._together.search(plain) is not None and self._in_its_place.search(plain) is None

    def brand(self, target: Target) -> Brand | None:
        """Find the brand of a target, if it names one."""
        return self._products[target.product].brand(target.brand)

    def _read_classes(self, text: str) -> tuple[DrugClass, ...]:
        """List the drug classes of the drugs named in a text."""
        plain = fold(bounded(text))
        return tuple(
            group
            for group, names, unless in self._classes
            if names.search(plain) and (unless is None or not unless.search(plain))
        )

    def coded_classes(self, system: str, code: str) -> tuple[str, ...]:
        """List the drug classes of a code; an ATC code also belongs to those of the levels above it."""
        if system == "rxnorm" and self._classes_by_rxnorm:
            return self._classes_by_rxnorm.get(code, ())
        if system == "atc" and self._classes_by_atc:
            levels = (code.upper()[:length] for length in _ATC_LEVELS)
            return tuple(dict.fromkeys(each for level in levels for each in self._classes_by_atc.get(level, ())))
        return ()

    def coded_name(self, system: str, code: str) -> str:
        """Return the name of a drug, or of its group, that rules read by name; empty for any other code."""
        if system == "cvx":
            return "vaccine"
        if system == "atc":
            groups = (code.upper()[:length] for length in reversed(_ATC_LEVELS) if length <= len(code))
            return next((name for group in groups if (name := self._names_by_code.get((system, group)))), "")
        return self._names_by_code.get((system, code), "")

    def names_of(self, evidence: Iterable[IdentityEvidence]) -> tuple[str, ...]:
        """List the names of a drug as written, and those that its codes stand for: "doxorubicin (ATC L01DB01)".

        A drug's code is listed with the words next to it, because they may say that it is for the skin.
        """
        written, coded = [], []
        for each in evidence:
            if not each.system:
                written.append(each.value)
            elif name := self.coded_name(each.system, each.value):
                coded.append((name, f"{CODE_SYSTEMS.get(each.system, each.system)} {each.value}"))
        return (*written, *(f"{name} ({'; '.join((code, *written))})" for name, code in coded))

    def billed_names(self, codes: Iterable[BillingCode]) -> tuple[str, ...]:
        """List the drugs that HCPCS codes stand for and rules read by name: "doxorubicin (HCPCS J9000)"."""
        named = ((self.coded_name("hcpcs", each.code), each.code) for each in codes)
        return tuple(f"{name} (HCPCS {code})" for name, code in named if name)

    def is_settled(self, system: str, code: str) -> bool:
        """Return whether a code that no word goes with is enough to say what the drug is to the rules.

        An ATC code of a substance is, except in the groups of HER2 drugs, where a new one may be one of them.
        """
        if self.coded_name(system, code) or self.coded_classes(system, code) or self.ndc_of(system, code):
            return True
        if system == "hcpcs":
            return code in self.hcpcs or code in self.retired or code in self.known.drug_codes.others_billed
        if system in ("rxnorm", "atc", "snomed", "unii") and self.coded(system, code):
            return True
        if system == "atc":
            # A group may hold a drug that a rule reads.
            is_substance = AtcCode.of(code.upper()) is not None
            return is_substance and not code.upper().startswith(self.known.drug_codes.open_atc)
        return self.is_other_drug(system, code)

    def has_code_of_drug(self, order: DrugOrder) -> bool:
        """Return whether a code of an order is one of the service's drugs, or bills a drug that has none of its own."""
        billed = (each.code for each in order.billing)
        return (
            any(each in self.hcpcs or each in self.retired or each in self.unspecific for each in billed)
            or any(self.ndc(each.text) for each in order.ndcs)
            or any(self.coded(each.system, each.value) for each in order.evidence if each.system)
        )

    def is_fluid(self, system: str, code: str) -> bool:
        """Return whether a code is of an infusion fluid or a solvent."""
        return system == "atc" and code.upper().startswith(self.known.drug_codes.fluids_atc)

    def is_other_drug(self, system: str, code: str) -> bool:
        """Return whether a clinical code is that of a known drug that is not the service's; fluids do not count."""
        if self.coded(system, code) or self.is_fluid(system, code):
            return False
        codes = self.known.drug_codes
        if system == "cvx":
            return True
        if system == "atc":
            code = code.upper()
            if AtcCode.of(code) is None:
                # A group, other than one that holds a HER2 drug.
                return AtcGroup.of(code) is not None and not any(ours.startswith(code) for ours in self.atc)
            return not code.startswith(codes.open_atc)
        return (system, code) in self._names_by_code or (system == "rxnorm" and code in codes.others)

    def ndc_of(self, system: str, code: str) -> Target | None:
        """Find the product of a code if it is an NDC."""
        return self.ndc(code) if system == "ndc" else None

    def coded(self, system: str, code: str) -> Meaning | None:
        """Find the meanings of a clinical code. A concept of SNOMED CT may belong to two products."""
        if system == "snomed":
            return self.snomed.get(code)
        target = {"rxnorm": self.rxnorm, "unii": self.unii}.get(system, self.atc).get(code)
        return None if target is None else frozenset({target})

    def ndc(self, text: str) -> Target | None:
        """Find the product of a written NDC; ten digits without hyphens count only if exactly one reading is known."""
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


def recognizer_for(known: Knowledge) -> Recognizer:
    """Return the recognizer of a knowledge, which takes long to index; that of the shipped knowledge is always kept."""
    return _shipped_recognizer() if known is default_knowledge() else _recognizer_of_a_site(known)


@once
def _shipped_recognizer() -> Recognizer:
    return Recognizer(default_knowledge())


@cached_by_identity(4)
def _recognizer_of_a_site(known: Knowledge) -> Recognizer:
    return Recognizer(known)
