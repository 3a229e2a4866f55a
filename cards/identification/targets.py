"""What a drug code or name means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Target(NamedTuple):
    """The meaning of a code or name: a product, and a brand if the code or name is specific to it."""

    product: str
    brand: str | None = None


Meaning = frozenset[Target]
"""The possible targets of a code or name: one if it is clear, several if it is ambiguous."""


def merged(targets: Meaning) -> Meaning:
    """Drop a product's general target if there is a target for one of its brands."""
    branded = {target.product for target in targets if target.brand}
    return frozenset(target for target in targets if target.brand or target.product not in branded)


def products_of(meaning: Meaning) -> frozenset[str]:
    """Return the products that may be meant."""
    return frozenset(target.product for target in meaning)


def with_brands_together(meanings: Iterable[Meaning]) -> list[Meaning]:
    """Combine the brands of one product that a text names: "Ogivri, biosimilar of Herceptin" is the same drug."""
    found: dict[object, Meaning] = {}
    for meaning in meanings:
        products = products_of(meaning)
        is_of_brands = len(products) == 1 and all(target.brand for target in meaning)
        key = products if is_of_brands else meaning
        found[key] = found.get(key, frozenset()) | meaning
    return list(found.values())
