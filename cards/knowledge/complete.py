"""Refuses a site's product that says too little: a checked drug without a dose would be passed over in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cards.knowledge.schema import KnowledgeError, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.knowledge.located import Document, Place
    from cards.knowledge.schema import Product

_DOSES = ("mg_per_kg", "mg")
_ALTERNATIVES = {
    "levels": _DOSES,
    "lab_rows": ("times_uln", "value"),
    "lvef_rows": ("lvef", "drop", "below_normal"),
    "cycle_limits": ("cycles", "weeks"),
}
"""Keys of which an entry of a list needs at least one."""
_BANDS = frozenset({"times_uln", "value", "lvef", "drop"})


def need_complete(product: Product, document: Document, tree: Any, place: Place, *, is_new: bool) -> None:
    """Refuse a product that cannot be checked, and a row of a table that names no condition.

    One that ``is_new``, and sold in vials, also needs what a claim is counted by.

    Raises:
        KnowledgeError: the message names the line and what is missing.

    """
    for where, why in (*_of_product(product, is_new=is_new), *_of_entries(tree, "")):
        here = (*place, *where)
        raise KnowledgeError(f"{document.where(here)}: {'.'.join(here)}: {why}")


def _of_product(product: Product, *, is_new: bool) -> Iterator[tuple[Place, str]]:
    if product.scope is not Scope.CHECKED:
        return
    if not product.brands:
        yield ("brands",), "a checked product needs a brand"
    for key in ("route", "basis", "regimens", "eligibility"):
        if not getattr(product, key):
            why = f"a checked product needs {key}; one that is only told from others has scope: recognized-only"
            yield (key,), why
    for index, regimen in enumerate(product.regimens):
        if not regimen.levels:
            yield ("regimens", str(index), "levels"), "a regimen needs a level"
        if not regimen.cancers:
            yield ("regimens", str(index), "cancers"), "a regimen needs a cancer"
    sold = any(brand.packages for brand in product.brands)
    if is_new and sold and not product.is_oral and product.concentration is None:
        yield ("concentration",), "a product with packages needs it: a claim counts milliliters of a solution"


def _of_entries(tree: Any, above: str) -> Iterator[tuple[Place, str]]:
    """Yield the entries without any of the keys that would say something."""
    if isinstance(tree, dict):
        if above == "maximum" and not _says_one_of(tree, _DOSES):
            yield (), f"needs {' or '.join(_DOSES)}"
        for key, value in tree.items():
            for where, why in _of_entries(value, str(key)):
                yield (str(key), *where), why
    elif isinstance(tree, list):
        wanted = _ALTERNATIVES.get(above)
        for index, each in enumerate(tree):
            if wanted and isinstance(each, dict) and not _says_one_of(each, wanted):
                yield (str(index),), f"needs {' or '.join(wanted)}"
            for where, why in _of_entries(each, ""):
                yield (str(index), *where), why


def _says_one_of(entry: dict[Any, Any], keys: tuple[str, ...]) -> bool:
    said = [key for key in keys if entry.get(key) not in (None, False) and not _is_open(key, entry[key])]
    return bool(said) and (keys != _DOSES or len(said) == 1)


def _is_open(key: str, value: Any) -> bool:
    """Return whether a range has no limit, so that every value is in it."""
    return key in _BANDS and isinstance(value, dict) and all(limit is None for limit in value.values())
