"""Which drug an order is for: every coding, text and ingredient is heard, and none is preferred by its position.

Where they name two products the identity is in conflict, and no other rule guesses on. Billing codes and NDCs speak
for the identity only when nothing clinical does, because they are checked against it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

import msgspec

from cards.facts.order import DrugOrder, EvidenceKind, IdentityEvidence
from cards.identification.recogniser import Meaning, Recogniser, Target
from cards.knowledge.schema import Brand, Product, Scope
from cards.values.text_cache import LENGTH

_INGREDIENT = frozenset({EvidenceKind.INGREDIENT_CODING, EvidenceKind.INGREDIENT_TEXT})


class IdentityStatus(StrEnum):
    """How far the identity of an order is settled."""

    SETTLED = "settled"
    CONFLICT = "conflict"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


class Claim(msgspec.Struct, frozen=True):
    """One piece of evidence and what it means."""

    evidence: IdentityEvidence
    meaning: Meaning


class Identity(msgspec.Struct, frozen=True):
    """What an order is for. ``named`` are all products that its evidence names or may mean."""

    standing: IdentityStatus
    claims: tuple[Claim, ...] = ()
    product: Product | None = None
    brand: Brand | None = None
    named: tuple[Product, ...] = ()

    @property
    def in_scope(self) -> bool:
        """Whether the order is, or may be, for a drug that this service checks."""
        if self.product is not None:
            return self.product.scope is Scope.CHECKED
        return any(product.scope is Scope.CHECKED for product in self.named)


def identify(order: DrugOrder, recogniser: Recogniser) -> Identity:
    """Settle the identity of an order, or say why it cannot be settled."""
    length = 0
    for each in order.evidence:
        length += len(each.value)
    by_evidence = _remembered if length <= _LENGTH else _by_evidence
    return by_evidence(order.evidence, recogniser) or _by_supply_codes(order, recogniser)


def _by_evidence(evidence: tuple[IdentityEvidence, ...], recogniser: Recogniser) -> Identity | None:
    """Identify an order by what it says of the drug; nothing when that is nothing known."""
    claims = tuple(_claims(evidence, recogniser))
    return _settle(claims, recogniser) if claims else None


# The drugs of a formulary are few, and each is written on every order of it with the same codes and words. What is
# longer than any of them is not kept.
_LENGTH = 5 * LENGTH
_remembered = lru_cache(maxsize=1024)(_by_evidence)


def _claims(said: tuple[IdentityEvidence, ...], recogniser: Recogniser) -> list[Claim]:
    claims = []
    for evidence in said:
        if evidence.system == "rxnorm":
            target = recogniser.rxnorm.get(evidence.value)
        elif evidence.system == "atc":
            target = recogniser.atc.get(evidence.value)
        else:
            claims += [Claim(evidence, meaning) for meaning in recogniser.read_text(evidence.value)]
            continue
        if target is not None:
            claims.append(Claim(evidence, frozenset({target})))
    return claims


def _settle(claims: tuple[Claim, ...], recogniser: Recogniser) -> Identity:
    firm = {target for claim in claims if len(claim.meaning) == 1 for target in claim.meaning}
    firm = _combined(firm, claims, recogniser)
    mentioned = {target.product for claim in claims for target in claim.meaning}.union(t.product for t in firm)
    named = recogniser.in_order(mentioned)
    products = {target.product for target in firm}
    brands = {target.brand for target in firm if target.brand}
    if len(products) > 1 or len(brands) > 1:
        return Identity(IdentityStatus.CONFLICT, claims, named=named)
    open_claims = [claim.meaning for claim in claims if len(claim.meaning) > 1]
    if not products:
        common = {target.product for target in open_claims[0]}.intersection(
            *({target.product for target in meaning} for meaning in open_claims[1:])
        )
        if not common:
            return Identity(IdentityStatus.CONFLICT, claims, named=named)
        if len(common) > 1:
            return Identity(IdentityStatus.AMBIGUOUS, claims, named=named)
        products = common
    elif any(products.isdisjoint({target.product for target in meaning}) for meaning in open_claims):
        return Identity(IdentityStatus.CONFLICT, claims, named=named)
    product = recogniser.product(products.pop())
    return Identity(IdentityStatus.SETTLED, claims, product, product.brand(next(iter(brands), None)), (product,))


def _combined(firm: set[Target], claims: tuple[Claim, ...], recogniser: Recogniser) -> set[Target]:
    """Let a combination product absorb its own ingredients; ingredients alone may add up to one."""
    products = {target.product for target in firm}
    absorbed = {part for product in products for part in recogniser.product(product).parts}
    remaining = {target for target in firm if target.product not in absorbed or target.brand}
    if len({target.product for target in remaining}) > 1 and all(
        claim.evidence.kind in _INGREDIENT for claim in claims if claim.meaning <= remaining
    ):
        for product in recogniser.known.products:
            if product.parts and set(product.parts) == {target.product for target in remaining}:
                return {Target(product.id)}
    return remaining


def _by_supply_codes(order: DrugOrder, recogniser: Recogniser) -> Identity:
    """Identify an order that names no drug by its NDCs, or failing those by the billing codes on the order itself."""
    by_ndc = {target for ndc in order.ndcs if (target := recogniser.ndc(ndc.text)) is not None}
    by_hcpcs = {
        recogniser.hcpcs[billing.code].target
        for billing in order.billing
        if billing.on_the_order and billing.code in recogniser.hcpcs
    }
    targets = by_ndc or by_hcpcs
    products = {target.product for target in targets}
    if not products:
        return Identity(IdentityStatus.UNKNOWN)
    named = tuple(recogniser.product(product) for product in sorted(products))
    if len(products) > 1:
        return Identity(IdentityStatus.CONFLICT, named=named)
    brands = {target.brand for target in targets}
    brand = named[0].brand(brands.pop()) if len(brands) == 1 else None
    return Identity(IdentityStatus.SETTLED, (), named[0], brand, named)
