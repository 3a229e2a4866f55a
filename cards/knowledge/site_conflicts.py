"""Refuses names and codes of a site that already mean another drug.

Laid over what ships, such a name would make orders of the other drug ambiguous, or bill them by the wrong code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from cards.knowledge.schema import KnowledgeError, Scope
from cards.values.codes import Ndc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.knowledge.located import Document, Place
    from cards.knowledge.schema import Knowledge, Product

_NAME, _NDC, _HCPCS, _RXNORM = "name", "NDC", "HCPCS code", "RxNorm code"
_REFERENCES = frozenset({"of", "id", "label"})
"""Keys whose values name something that is there already, and so come last as the place of a value."""
_WORD = re.compile(r"[^\W_]+")


class _Owned(NamedTuple):
    """A name or a code, and whose it is: ``kind`` and ``owner`` as an error says it, ``holder`` the id."""

    kind: str
    value: str
    owner: str
    holder: str

    @property
    def key(self) -> tuple[str, str]:
        """A name without case and punctuation; an NDC without its package, for two cartons hold one vial."""
        if self.kind == _NDC and (ndc := Ndc.of(self.value)) is not None:
            return self.kind, ndc.product_part
        is_name = self.kind == _NAME
        return self.kind, " ".join(_WORD.findall(self.value.casefold())) if is_name else self.value


def refuse_taken(known: Knowledge, product: Product, document: Document, tree: Any, place: Place) -> None:
    """Refuse a product that gets a name or a code of another drug, by itself or by a new brand.

    ``known`` is without it, or has it as it was; ``tree`` is what the file says, at ``place``.

    Raises:
        KnowledgeError: there is one; the message names the line and whose it is.

    """
    old = next((each for each in known.products if each.id == product.id), None)
    before = {(each.key, each.holder) for each in _of_product(old)} if old is not None else set()
    taken = {each.key: each for each in _of_others(known, product)}
    generics = {brand.id: brand.generic for brand in product.brands}
    own: dict[tuple[str, str], _Owned] = {}
    for each in _of_product(product):
        # Brands of one product may share a billing code and a generic name, as unbranded ones do.
        is_shared = each.kind == _HCPCS or each.value == generics.get(each.holder)
        rival = taken.get(each.key) or (None if is_shared else own.get(each.key))
        own.setdefault(each.key, each)
        if rival is None or rival.holder == each.holder or (each.key, each.holder) in before:
            continue
        said = f"the {each.kind} {each.value!r} belongs to {rival.owner}"
        raise KnowledgeError(f"{document.where(place_of(tree, each.value, place))}: {'.'.join(place)}: {said}")


def place_of(tree: Any, value: str, place: Place) -> Place:
    """Return where a tree has a value, or the place of the tree itself."""
    found = next(_places(tree, value), None)
    return place if found is None else (*place, *found)


def _places(tree: Any, value: str) -> Iterator[Place]:
    if isinstance(tree, dict):
        keys = sorted(tree, key=_REFERENCES.__contains__)
        yield from ((str(key), *rest) for key in keys for rest in _places(tree[key], value))
    elif isinstance(tree, list):
        yield from ((str(index), *rest) for index, each in enumerate(tree) for rest in _places(each, value))
    elif str(tree) == value:
        yield ()


def _of_others(known: Knowledge, product: Product) -> Iterator[_Owned]:
    for each in known.products:
        if each.id != product.id:
            yield from _of_product(each)
    for ambiguous in known.ambiguous_names:
        yield from (_Owned(_NAME, name, "several drugs", "") for name in ambiguous.names)
    if product.scope is Scope.CHECKED:
        for group in known.drug_classes:
            yield from (_Owned(_NAME, name, f"the drug class {group.id!r}", "") for name in group.names)
    for entry in known.unspecific_hcpcs:
        yield _Owned(_HCPCS, entry.code, "drugs without a code of their own", "")


def _of_product(product: Product) -> Iterator[_Owned]:
    for brand in product.brands:
        for name in (brand.generic, brand.name, *brand.names):
            yield _Owned(_NAME, name, brand.name, brand.id)
        yield from (_Owned(_RXNORM, entry.code, brand.name, brand.id) for entry in brand.rxnorm)
        codes = [*(entry.code for entry in brand.hcpcs), *(entry.code for entry in brand.retired_hcpcs)]
        yield from (_Owned(_HCPCS, code, brand.name, brand.id) for code in codes)
        yield from (_Owned(_NDC, package.ndc, brand.name, brand.id) for package in brand.packages)
    # With one brand, what names the drug names the brand.
    holder = product.id if len(product.brands) > 1 else product.brands[0].id
    for name in (product.name, product.generic, *product.names):
        yield _Owned(_NAME, name, product.name, holder)
    yield from (_Owned(_RXNORM, entry.code, product.name, holder) for entry in product.rxnorm)
