"""Whether the drug is clear: two rules that run before all others, because nothing else can be checked without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import Clear, Evidence, Fired, NotApplicable, Outcome, RemoveOrder
from cards.identification.identity import Claim, IdentityStatus
from cards.identification.recognizer import CODE_SYSTEMS
from cards.readings.case import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.knowledge.schema import Cited
    from cards.readings.case import Case


def drug_identity_conflict(case: Case) -> Outcome:
    """Fire when the codings, the text or the ingredients of one order name two different products."""
    if case.identity.status is not IdentityStatus.CONFLICT:
        return Clear()
    first, second = _two_named(case)
    return Fired(
        values={"first": first, "second": second},
        evidence=(*_evidence(case), *_unread(case)),
        cited=_labels(case),
        notes=_confusions(case),
        fixes=(RemoveOrder(),),
    )


def drug_ambiguous(case: Case) -> Outcome:
    """Fire when the text could be more than one product and no coding settles which."""
    if case.identity.status is IdentityStatus.CONFLICT:
        return NotApplicable("the identity is in conflict")
    if case.identity.status is not IdentityStatus.AMBIGUOUS:
        return Clear()
    named = [product.name for product in case.identity.named]
    written = case.identity.claims[0].evidence.value
    unread = case.identity.unread
    word = shortened(unread[0]) if unread else ""
    variant = "unread-word" if unread else "default"
    if unread and case.recognizer.other_drugs(unread[0]):
        variant = "other-drug"
    if unread and all(claim.evidence.system == "hcpcs" for claim in case.identity.claims):
        variant = "billing-code-only"
    return Fired(
        values={"written": shortened(written), "candidates": " or ".join(named), "word": word},
        evidence=(*_evidence(case), *_unread(case)),
        cited=_labels(case),
        variant=variant,
        notes=_confusions(case),
        fixes=(RemoveOrder(),),
    )


def _two_named(case: Case) -> tuple[str, str]:
    """Return two of the drugs in conflict, by brand if only the brands differ."""
    names: dict[str, None] = {}
    for claim in case.identity.claims:
        names.update(dict.fromkeys(_meant(case, claim)))
    for product in case.identity.named:
        names.setdefault(product.name)
    distinct = list(names)
    if len({product.id for product in case.identity.named}) > 1:
        by_product = {product.id: product.name for product in case.identity.named}
        distinct = list(by_product.values())
    else:
        distinct = [name for name in distinct if name != case.identity.named[0].name]
        if case.identity.unread:
            # A word that looks like another drug's name, with a code that identifies the product.
            return case.drug, shortened(case.identity.unread[0])
    return distinct[0], distinct[1]


def _meant(case: Case, claim: Claim) -> list[str]:
    names = []
    for target in sorted(claim.meaning, key=str):
        brand = case.recognizer.brand(target)
        names.append(brand.name if brand else case.recognizer.product(target.product).name)
    return names


def _evidence(case: Case) -> tuple[Evidence, ...]:
    lines = [
        Evidence(
            "identity-text" if claim.evidence.system == "" else "identity-code",
            claim.evidence.value,
            values=(
                ("meaning", " or ".join(_meant(case, claim))),
                ("system", CODE_SYSTEMS.get(claim.evidence.system, "")),
            ),
        )
        for claim in case.identity.claims
    ]
    return tuple(dict.fromkeys(lines))


def _unread(case: Case) -> Iterator[Evidence]:
    """Yield a line for each word or code that is not of the drug; some are known to be of another."""
    for word in case.identity.unread:
        is_other = bool(case.recognizer.other_drugs(word))
        yield Evidence("identity-other" if is_other else "identity-unread", word)


def _labels(case: Case) -> tuple[Cited, ...]:
    """Cite the labels of the drugs in question."""
    return tuple(dict.fromkeys(product.regimens[0].by for product in case.identity.named if product.regimens))


def _confusions(case: Case) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return the known confusion of the first checked product that has one."""
    for product in case.identity.named:
        if product.confusion:
            return (("confusion", {"confusion": product.confusion}),)
    return ()
