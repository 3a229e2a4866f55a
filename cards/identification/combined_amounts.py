"""The amount of both antibodies that an order states: "1200 mg-600 mg", its package, its volume; so of an injection."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.identification.folding import fold
from cards.knowledge.schema import Route
from cards.values.codes import ndc_readings
from cards.values.texts import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.facts.order import WrittenNdc
    from cards.knowledge.schema import Product

_NUMBER = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:[.,]\d{3})(?![\d.,])|\d{1,4}(?![\d.,]))(?! ?(?:units?|u\b|iu))")
_VOLUME = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d)?) ?ml\b")
# The volume of a syringe or a flush is not that of the dose, and "2 mL/min" is a rate.
_NOT_OF_DOSE = re.compile(
    r" ?/ ?(?:min|h|sec)|(?: of)?(?: normal)?(?: 0[.,]9 ?%)? (?:syringe|flush|saline|nacl|sodium chloride|ns\b)"
)
_PAIR, _WITH_SUM = 2, 3


def combined_amount(product: Product, texts: Iterable[str], ndcs: Iterable[WrittenNdc]) -> Decimal | None:
    """Return the milligrams of both antibodies together; ``None`` if nothing states them, or not as one amount."""
    levels = frozenset(level.mg for regimen in product.regimens for level in regimen.levels if level.mg is not None)
    packages = {each.ndc: each.contents_mg for brand in product.brands for each in brand.packages}
    found = {packages[each] for ndc in ndcs for each in ndc_readings(ndc.text) if each in packages}
    strength = product.concentration.mg_per_ml if product.concentration is not None else None
    for written in texts:
        plain = fold(bounded(written))
        found |= _by_parts(_numbers(plain), frozenset(product.component_doses_mg), levels)
        if strength is not None:
            volumes = {Decimal(each.replace(",", ".")) * strength for each in _VOLUME.findall(plain)}
            found |= volumes & levels
    return found.pop() if len(found) == 1 and found <= levels else None


def amounts_stated(product: Product, written: str) -> tuple[tuple[Decimal, ...], ...]:
    """List the milligrams of an injection under the skin that a text states: by its two antibodies, and by volumes."""
    if product.route is not Route.SUBCUTANEOUS or product.concentration is None:
        return ()
    plain = fold(bounded(written))
    strength = product.concentration.mg_per_ml
    by_volume = {
        Decimal(match[1].replace(",", ".")) * strength
        for match in _VOLUME.finditer(plain)
        if _NOT_OF_DOSE.match(plain, match.end()) is None
    }
    stated = [tuple(sorted(by_volume))] if by_volume else []
    if product.component_doses_mg:
        named = [number for number in _numbers(plain).elements() if number in product.component_doses_mg]
        if len(named) == _PAIR:
            stated.append((sum(named, Decimal(0)),))
    return tuple(stated)


def _numbers(plain: str) -> Counter[Decimal]:
    return Counter(Decimal(re.sub(r"[.,]", "", each)) for each in _NUMBER.findall(plain))


def _by_parts(numbers: Counter[Decimal], parts: frozenset[Decimal], levels: frozenset[Decimal]) -> set[Decimal]:
    """Return the sum of two parts, which may be written next to them."""
    alone = {number for number in numbers if number in levels and number not in parts}
    named = [number for number in numbers.elements() if number in parts]
    if len(named) == _PAIR:
        return alone | ({sum(named, Decimal(0))} & levels)
    if len(named) == _WITH_SUM:
        return alone | {each for each in named if each * 2 == sum(named)}
    return alone
