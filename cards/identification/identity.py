"""Identifies the drug of an order: every coding, text and ingredient counts equally.

If they name two products, the identity is in conflict and no other rule guesses. Billing codes and NDCs count only if
nothing clinical identifies the drug, because they are checked against it.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from cards.facts.order import DoseUnit, DrugOrder, EvidenceKind, IdentityEvidence
from cards.identification.beside_codes import other_coded_drug, said_beside
from cards.identification.drug_text import DrugText
from cards.identification.recognizer import Recognizer
from cards.identification.targets import Meaning, Target
from cards.knowledge.schema import Brand, Cited, Product, Scope
from cards.values.text_cache import LENGTH, cached_on_reader

_CHECKED = Scope.CHECKED
_BY_MASS = frozenset({DoseUnit.MG, DoseUnit.MG_PER_KG, DoseUnit.MG_PER_M2})
_INGREDIENT = frozenset({EvidenceKind.INGREDIENT_CODING, EvidenceKind.INGREDIENT_TEXT})


class IdentityStatus(StrEnum):
    """The status of an order's identity."""

    SETTLED = "settled"
    CONFLICT = "conflict"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"


class Claim(msgspec.Struct, frozen=True):
    """One piece of evidence and its meaning."""

    evidence: IdentityEvidence
    meaning: Meaning


class Identity(msgspec.Struct, frozen=True):
    """The drug of an order.

    ``named`` are all products that its evidence names or may mean. ``unread`` are words of its texts that are not
    understood, if they prevent identification. ``is_miscoded``: it is for a neighbor, but has a billing or package code
    of a checked drug. ``by``: the source of the retired code that alone identifies it; every finding is only as certain
    as that source.
    """

    status: IdentityStatus
    claims: tuple[Claim, ...] = ()
    product: Product | None = None
    brand: Brand | None = None
    named: tuple[Product, ...] = ()
    unread: tuple[str, ...] = ()
    is_miscoded: bool = False
    by: Cited | None = None

    @classmethod
    def of(cls, product: Product) -> Identity:
        """Return the identity of what is known to be a product."""
        return cls(IdentityStatus.SETTLED, product=product, named=(product,))

    @property
    def in_scope(self) -> bool:
        """Whether the order is, or may be, for a drug that this service checks."""
        if self.product is not None:
            return self.product.scope is _CHECKED
        return any(product.scope is _CHECKED for product in self.named)


def identify(order: DrugOrder, recognizer: Recognizer) -> Identity:
    """Identify the drug of an order, or say why that is not possible."""
    length = 0
    for each in order.evidence:
        length += len(each.value)
    by_evidence = _remembered if length <= _LENGTH else _by_evidence
    identity = by_evidence(order.evidence, recognizer)
    if identity is None or _is_of_partner(identity, order, recognizer):
        return _by_supply_codes(order, recognizer)
    if identity.product is not None and identity.product.scope is Scope.RECOGNIZED_ONLY:
        return _with_codes(identity, order, recognizer)
    return _by_route(_with_displays(identity, order, recognizer), order, recognizer)


def _is_of_partner(identity: Identity, order: DrugOrder, recognizer: Recognizer) -> bool:
    """Return whether an order is for another drug or a fluid, and its words only say what that is given with.

    "Docetaxel with trastuzumab" with the clinical code of docetaxel is a regimen in words, unless a code, an amount or
    a dose by weight says that the HER2 drug is ordered. "Dextrose 5 % flush after Enhertu" is the fluid where its
    dose is a volume.
    """
    if any(claim.evidence.system for claim in identity.claims):
        return False
    if any(_of_hcpcs(each.code, recognizer) for each in order.billing) or any(
        recognizer.ndc(each.text) for each in order.ndcs
    ):
        return False
    if names_fluid(identity, recognizer):
        return _is_volume(order) and not _is_forbidden_diluent(order, identity)
    if identity.status is IdentityStatus.SETTLED or not _is_coded_as_other(order.evidence, recognizer):
        return False
    for dose in order.doses:
        if dose.unit is DoseUnit.MG_PER_KG or any(product.has_dose(dose.number) for product in identity.named):
            return False
    naming = [claim.evidence.value for claim in identity.claims]
    return bool(naming) and all(map(recognizer.names_partner_first, naming))


def names_fluid(identity: Identity, recognizer: Recognizer) -> bool:
    """Return whether all that names the drug is the text of a fluid that says what it is for."""
    naming = [(claim.evidence.system, claim.evidence.value) for claim in identity.claims]
    return bool(naming) and all(not system and recognizer.is_of_fluid(value) for system, value in naming)


def _is_volume(order: DrugOrder) -> bool:
    """Return whether an order states a volume or a count of bags, and no amount of a drug."""
    return bool(order.doses) and not order.text_doses and all(dose.unit not in _BY_MASS for dose in order.doses)


def _is_forbidden_diluent(order: DrugOrder, identity: Identity) -> bool:
    forbidden = {each.diluent for product in identity.named for each in product.forbidden_diluents}
    return not forbidden.isdisjoint(order.diluents)


def _is_coded_as_other(evidence: tuple[IdentityEvidence, ...], recognizer: Recognizer) -> bool:
    """Return whether a clinical code is of a known other drug, by itself or by its display."""
    coded = [each for each in evidence if each.kind is EvidenceKind.CODING and each.system]
    if any(other_coded_drug(each, recognizer) for each in coded):
        return True
    texts = [each.value for each in evidence if not each.system] if coded else []
    return any(recognizer.other_drugs(each) and not recognizer.read_text(each).names_drug for each in texts)


def _with_displays(identity: Identity, order: DrugOrder, recognizer: Recognizer) -> Identity:
    """Check the texts of the product's own billing and package codes, which may name a different drug.

    The text of another product's code is ignored, because that code is reported anyway.
    """
    product = identity.product
    if product is None:
        return identity
    own = {product.id, *product.parts}
    billing = (each for each in order.billing if each.linked)
    labeled = [(each.display, _of_hcpcs(each.code, recognizer), each.holder.path) for each in billing]
    labeled += [(each.display, recognizer.ndc(each.text), each.path) for each in order.ndcs]
    for display, target, path in labeled:
        if not display or target is None or target.product != product.id:
            continue
        meanings = recognizer.read_text(display).meanings
        if not meanings or any(named.product in own for meaning in meanings for named in meaning):
            continue
        evidence = IdentityEvidence(EvidenceKind.TEXT, "", display, path)
        claims = (*identity.claims, *(Claim(evidence, meaning) for meaning in meanings))
        named = recognizer.in_order({product.id, *(each.product for meaning in meanings for each in meaning)})
        return Identity(IdentityStatus.CONFLICT, claims, named=named)
    return identity


def _of_hcpcs(code: str, recognizer: Recognizer) -> Target | None:
    meaning = recognizer.hcpcs.get(code)
    return meaning.target if meaning is not None else None


def _with_codes(identity: Identity, order: DrugOrder, recognizer: Recognizer) -> Identity:
    """Note whether an order for a neighbor has a code of a checked drug."""
    targets = [recognizer.ndc(ndc.text) for ndc in order.ndcs]
    targets += [_of_hcpcs(billing.code, recognizer) for billing in order.billing if billing.linked]
    if all(target is None or recognizer.product(target.product).scope is Scope.RECOGNIZED_ONLY for target in targets):
        return identity
    return msgspec.structs.replace(identity, is_miscoded=True)


def _by_evidence(evidence: tuple[IdentityEvidence, ...], recognizer: Recognizer) -> Identity | None:
    """Identify an order by its clinical evidence; ``None`` if that does not name a known drug."""
    claims: list[Claim] = []
    texts: list[tuple[IdentityEvidence, DrugText]] = []
    for each in evidence:
        if each.system:
            meaning = recognizer.coded(each.system, each.value)
            if meaning is not None:
                claims.append(Claim(each, meaning))
        else:
            text = recognizer.read_text(each.value)
            texts.append((each, text))
            claims += [Claim(each, meaning) for meaning in text.meanings]
    guesses = [Claim(each, meaning) for each, text in texts for meaning in text.guesses]
    if claims:
        identity = _with_every_word(_settle(tuple(claims), recognizer), texts, guesses, recognizer)
        if identity.product is None and all(each.kind in _INGREDIENT for each in evidence):
            identity = _of_ingredients_together(identity, texts, recognizer)
        return _with_other_codes(identity, evidence, recognizer)
    if guesses:
        unread = tuple(dict.fromkeys(word for _, text in texts for word in text.unread))
        named = recognizer.in_order({target.product for claim in guesses for target in claim.meaning})
        return Identity(IdentityStatus.AMBIGUOUS, tuple(guesses), named=named, unread=unread)
    return None


def _with_every_word(
    identity: Identity,
    texts: list[tuple[IdentityEvidence, DrugText]],
    guesses: list[Claim],
    recognizer: Recognizer,
) -> Identity:
    """Leave the identity open if a word is not understood.

    With a clinical code, only a word that looks like another drug's name or payload counts, as a conflict. With the
    name of tablets, which have no payload, likewise only such a word counts, or another drug that is named first.
    """
    if identity.product is None:
        others = tuple(dict.fromkeys(word for _, text in texts for word in text.others))
        is_in_conflict = identity.status is IdentityStatus.CONFLICT
        return msgspec.structs.replace(identity, unread=others) if others and is_in_conflict else identity
    product = identity.product.id
    strayed = [claim for claim in guesses if all(target.product != product for target in claim.meaning)]
    is_coded = any(claim.evidence.system and len(claim.meaning) == 1 for claim in identity.claims)
    if is_coded:
        own = recognizer.are_names_of
        unread = [word for _, text in texts for word in text.others if not own(identity.product, (word,))]
    elif identity.product.is_oral:
        unread = [word for each, text in texts for word in (*text.others, *_partner_first(each, text, recognizer))]
    else:
        # An ingredient that stands alone, such as hyaluronidase, may be part of the product's own name.
        unread = [
            word
            for each, text in texts
            for word in _counted(each, text)
            if not recognizer.are_names_of(identity.product, (word,)) and not recognizer.misspells(word, product)
        ]
    if recognizer.is_bare_antibody(identity.product):
        # Another coding may give the class: "Antibody-Drug Conjugate".
        unread += [each.value for each, text in texts if text.says_conjugate and not text.meanings]
    if not unread and not strayed:
        return identity
    claims = (*identity.claims, *strayed)
    named = recognizer.in_order({product, *(target.product for claim in strayed for target in claim.meaning)})
    standing = IdentityStatus.CONFLICT if is_coded else IdentityStatus.AMBIGUOUS
    return Identity(standing, claims, named=named, unread=tuple(dict.fromkeys(unread)))


def _partner_first(evidence: IdentityEvidence, text: DrugText, recognizer: Recognizer) -> list[str]:
    """List the other drugs that a text names before tablets: "letrozole with Tykerb" may be an order of letrozole."""
    is_first = recognizer.names_partner_first(evidence.value)
    return [word for word in text.unread if recognizer.other_drugs(word)] if is_first else []


def _of_ingredients_together(
    identity: Identity, texts: list[tuple[IdentityEvidence, DrugText]], recognizer: Recognizer
) -> Identity:
    """Read the ingredients of a Medication as one text: trastuzumab and hyaluronidase are the subcutaneous product."""
    together = recognizer.read_text(", ".join(each.value for each, _ in texts))
    if len(together.meanings) != 1 or len(together.meanings[0]) != 1 or together.unread:
        return identity
    product = recognizer.product(next(iter(together.meanings[0])).product)
    return Identity(IdentityStatus.SETTLED, identity.claims, product, named=(product,))


def _with_other_codes(identity: Identity, evidence: tuple[IdentityEvidence, ...], recognizer: Recognizer) -> Identity:
    """Find a conflict: a clinical code in the order's concept is that of a drug that is not the service's."""
    if identity.product is None:
        return identity
    coded = (each for each in evidence if each.kind is EvidenceKind.CODING and each.system)
    others = tuple(dict.fromkeys(name for each in coded if (name := other_coded_drug(each, recognizer))))
    if not others:
        return identity
    return Identity(IdentityStatus.CONFLICT, identity.claims, named=identity.named, unread=others)


def _counted(evidence: IdentityEvidence, text: DrugText) -> tuple[str, ...]:
    """List the unread words that matter, excluding those of a billing or package descriptor."""
    return text.unread if text.names_drug and evidence.kind is not EvidenceKind.SUPPLY_TEXT else text.others


# A formulary has few drugs, and every order for one repeats its codes and words. Longer evidence than any of these is
# not cached.
_LENGTH = 5 * LENGTH
_remembered = cached_on_reader(1024)(_by_evidence)


def _by_route(identity: Identity, order: DrugOrder, recognizer: Recognizer) -> Identity:
    """Use the route to choose between products that share a name, and question a name at the other product's dose.

    Outside the US one name covers intravenous and subcutaneous trastuzumab. A dose and route that fit only the other
    product may mean that one. Where the order has no route, the form of its Medication may state one.
    """
    route = order.route or (recognizer.route_of_form(order.form) if order.form else None)
    if route is None:
        return identity
    if identity.status is IdentityStatus.AMBIGUOUS and not identity.unread:
        fitting = [product for product in identity.named if product.route is route]
        if len(fitting) == 1 and _share_a_name(identity.named):
            return Identity(IdentityStatus.SETTLED, identity.claims, fitting[0], named=(fitting[0],))
    product = identity.product
    if product is None or product.route is route or product.route is None:
        return identity
    others = [
        each
        for each in recognizer.known.products
        if each.parts == (product.id,)
        and each.route is route
        and (identity.brand is None or identity.brand.name in each.name)
        and any(dose.unit is DoseUnit.MG and each.has_dose(dose.number) for dose in order.doses)
    ]
    if not others:
        return identity
    return Identity(IdentityStatus.AMBIGUOUS, identity.claims, named=(product, *others))


def _share_a_name(products: tuple[Product, ...]) -> bool:
    """Return whether one of two products is a form of the other."""
    return any(each.parts == (other.id,) for each in products for other in products)


def _settle(claims: tuple[Claim, ...], recognizer: Recognizer) -> Identity:
    firm = {target for claim in claims if len(claim.meaning) == 1 for target in claim.meaning}
    firm = _combined(firm, claims, recognizer)
    mentioned = {target.product for claim in claims for target in claim.meaning}.union(t.product for t in firm)
    named = recognizer.in_order(mentioned)
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
    elif not all(recognizer.may_mean(meaning, each) for meaning in open_claims for each in products):
        return Identity(IdentityStatus.CONFLICT, claims, named=named)
    product = recognizer.product(products.pop())
    return Identity(IdentityStatus.SETTLED, claims, product, product.brand(next(iter(brands), None)), (product,))


def _combined(firm: set[Target], claims: tuple[Claim, ...], recognizer: Recognizer) -> set[Target]:
    """Replace ingredients by their combination product, even if only the ingredients are named."""
    products = {target.product for target in firm}
    absorbed = {part for product in products for part in recognizer.product(product).parts}
    names = [recognizer.product(product).name for product in products if recognizer.product(product).parts]
    remaining = {
        target
        for target in firm
        if target.product not in absorbed
        # Herceptin is a brand name of both forms.
        or ((brand := recognizer.brand(target)) is not None and not any(brand.name in name for name in names))
    }
    if len({target.product for target in remaining}) > 1 and all(
        claim.evidence.kind in _INGREDIENT for claim in claims if claim.meaning <= remaining
    ):
        for product in recognizer.known.products:
            if product.parts and set(product.parts) == {target.product for target in remaining}:
                return {Target(product.id)}
    return remaining


def _by_supply_codes(order: DrugOrder, recognizer: Recognizer) -> Identity:
    """Identify an order that does not name a drug by its NDCs, otherwise by the billing codes on the order itself.

    A package code of a HER2 drug contradicts the name or clinical code of another drug. A billing code gives way to
    it, and leaves open what is not understood.
    """
    by_ndc = {target: ndc for ndc in order.ndcs if (target := recognizer.ndc(ndc.text)) is not None}
    written = [billing for billing in order.billing if billing.on_the_order and not billing.beside_drug]
    by_hcpcs = {target: each for each in written if (target := _of_hcpcs(each.code, recognizer)) is not None}
    retired = {each: found for each in written if (found := recognizer.retired.get(each.code)) is not None}
    if not (by_ndc or by_hcpcs or retired):
        return Identity(IdentityStatus.UNKNOWN)
    beside = said_beside(order.evidence, recognizer)
    if by_ndc:
        claims = tuple(_claim("ndc", ndc.text, ndc.path, target) for target, ndc in by_ndc.items())
        doubts = tuple(dict.fromkeys((*beside.others, *beside.drug_like, *beside.described)))
        standing = IdentityStatus.CONFLICT
    else:
        by_code = by_hcpcs | {found.target: each for each, found in retired.items()}
        claims = tuple(_claim("hcpcs", each.code, each.holder.path, target) for target, each in by_code.items())
        doubts, standing = (*beside.unread, *beside.described), IdentityStatus.AMBIGUOUS
        if beside.others:
            return Identity(IdentityStatus.UNKNOWN)
    targets = {target for claim in claims for target in claim.meaning}
    named = tuple(recognizer.product(product) for product in sorted({target.product for target in targets}))
    if len(named) > 1:
        return Identity(IdentityStatus.CONFLICT, claims, named=named)
    if doubts:
        return Identity(standing, claims, named=named, unread=doubts)
    brands = {target.brand for target in targets}
    brand = named[0].brand(brands.pop()) if len(brands) == 1 else None
    by = next(iter(retired.values())).entry.by if retired and not by_ndc and not by_hcpcs else None
    return Identity(IdentityStatus.SETTLED, (), named[0], brand, named, by=by)


def _claim(system: str, code: str, path: str, target: Target) -> Claim:
    return Claim(IdentityEvidence(EvidenceKind.CODING, system, code, path), frozenset({target}))
