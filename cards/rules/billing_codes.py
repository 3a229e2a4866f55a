"""Checks HCPCS codes and NDCs against the drug of the order. Units and payment belong to the coverage service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Fix,
    Indicator,
    Missing,
    NotApplicable,
    Outcome,
    RemoveNdc,
    ReplaceBillingCode,
)
from cards.readings.case import shortened
from cards.values.codes import ndc_readings

if TYPE_CHECKING:
    from cards.facts.order import BillingCode
    from cards.identification.targets import Target
    from cards.knowledge.schema import Cited, HcpcsEntry, Product
    from cards.readings.case import Case


def hcpcs_mismatch(case: Case) -> Outcome:
    """Fire when a HCPCS code on or for the order belongs to another product, or to another brand."""
    judged = [billing for billing in _judged(case) if billing.code not in case.recognizer.unspecific]
    if not judged:
        return NotApplicable("no HCPCS code")
    own = {entry.code for entry in _own_entries(case)}
    wrong = [billing for billing in judged if _belongs_elsewhere(case, billing, own)]
    if not wrong:
        unknown = [
            billing.code
            for billing in judged
            if billing.on_the_order
            and billing.code not in own
            and billing.code not in case.recognizer.hcpcs
            and billing.code not in case.recognizer.retired
        ]
        if unknown:
            return CannotTell((Missing("hcpcs-unknown", values={"code": unknown[0], "drug": case.drug}),))
        return Clear()
    code = wrong[0].code
    other, descriptor, by = _meaning(case, code)
    own_entries = _own_entries(case)
    # A brand without its own code, under another brand's code: a question for the payer, not a mix-up.
    same_drug = not own_entries and other.product == case.product.id
    return Fired(
        values={"code": code, "other": _name(case, other), "own": _own_codes(case), "descriptor": descriptor},
        indicator=Indicator.WARNING if same_drug else None,
        evidence=tuple(Evidence("billing-code", f"{b.code}: {_meaning(case, b.code)[1]}", b.holder) for b in wrong),
        cited=_cited(case, (by,)),
        variant="default" if own_entries else "no-own-code",
        fixes=_replacements(case, tuple(wrong)),
    )


def hcpcs_not_specific(case: Case) -> Outcome:
    """Fire when a not-otherwise-classified or retired code is used for a drug that has its own code."""
    own = _own_entries(case)
    if not own:
        return NotApplicable("the product has no code of its own")
    vague = [
        billing
        for billing in _judged(case)
        if billing.code in case.recognizer.unspecific
        or (
            (retired := case.recognizer.retired.get(billing.code)) is not None
            and retired.target.product == case.product.id
        )
    ]
    if not vague:
        return Clear()
    return Fired(
        values={"code": vague[0].code, "own": _own_codes(case)},
        evidence=tuple(Evidence("billing-code", billing.code, billing.holder) for billing in vague),
        cited=_cited(case, ()),
        fixes=_replacements(case, tuple(vague)),
    )


def ndc_mismatch(case: Case) -> Outcome:
    """Fire when the NDC, in any format, belongs to another product or another brand."""
    if not case.order.ndcs:
        return NotApplicable("no NDC")
    wrong = [
        (ndc, target)
        for ndc in case.order.ndcs
        if (target := case.recognizer.ndc(ndc.text)) is not None and not _fits(case, target)
    ]
    if not wrong:
        unread = next((ndc.text for ndc in case.order.ndcs if not ndc_readings(ndc.text)), None)
        return Clear() if unread is None else CannotTell((Missing("ndc-unread", values={"ndc": shortened(unread)}),))
    ndc, target = wrong[0]
    other = case.recognizer.product(target.product)
    by = next(package.by for package in case.recognizer.packages(other, case.recognizer.brand(target)))
    return Fired(
        values={"ndc": ndc.text, "other": _name(case, target)},
        evidence=tuple(Evidence("ndc", f"{n.text}: {_name(case, t)}", case.order.origin) for n, t in wrong),
        cited=(by,),
        fixes=(RemoveNdc(ndc),),
    )


def _judged(case: Case) -> list[BillingCode]:
    """List the codes to check for this order: its own, linked ones, and unaccounted codes of look-alikes.

    A code that fits another order in the session is that order's. An unlinked code counts only if its drug is a
    look-alike of this one, and if this is the only order in scope it could be for.
    """
    if not case.order.billing:
        return []
    rivals = case.orders.judged - (case.order.in_focus and case.identity.in_scope)
    accounted, own = case.orders.orders_by_billing_code, case.orders.codes_of(case.identity)
    return [
        billing
        for billing in case.order.billing
        if billing.linked
        or (accounted[billing.code] == (billing.code in own) and not rivals and _could_be_confused(case, billing.code))
    ]


def _could_be_confused(case: Case, code: str) -> bool:
    meaning = case.recognizer.hcpcs.get(code)
    if meaning is None:
        return code in case.recognizer.unspecific or code in case.recognizer.retired
    other = case.recognizer.product(meaning.target.product)
    return bool(other.regimens) or other.confusion is not None


def _belongs_elsewhere(case: Case, billing: BillingCode, own: set[str]) -> bool:
    if (retired := case.recognizer.retired.get(billing.code)) is not None:
        return retired.target.product != case.product.id
    return billing.code not in own and billing.code in case.recognizer.hcpcs


def _meaning(case: Case, code: str) -> tuple[Target, str, Cited]:
    """Return the drug that a code stands for, or stood for, with its descriptor and source."""
    if (current := case.recognizer.hcpcs.get(code)) is not None:
        return current.target, current.entry.descriptor, current.entry.by
    retired = case.recognizer.retired[code]
    return retired.target, _name(case, retired.target), retired.entry.by


def _own_entries(case: Case) -> tuple[HcpcsEntry, ...]:
    return case.recognizer.own_hcpcs(case.product, case.identity.brand)


def _own_codes(case: Case) -> str:
    """Return the codes that fit; for a product with many brands, the first with a hint at the others."""
    codes = [entry.code for entry in _own_entries(case)]
    if not codes:
        return "no code of its own"
    return codes[0] if len(codes) == 1 else f"{codes[0]} or the code of the brand dispensed"


def _replacements(case: Case, wrong: tuple[BillingCode, ...]) -> tuple[Fix, ...]:
    """Offer the product's own code, when there is exactly one."""
    own = _own_entries(case)
    if len(own) != 1:
        return ()
    return tuple(ReplaceBillingCode(billing, own[0].code, own[0].descriptor) for billing in wrong)


def _fits(case: Case, target: Target) -> bool:
    if target.product != case.product.id:
        return False
    brand = case.identity.brand
    return brand is None or target.brand is None or brand.id == target.brand


def _name(case: Case, target: Target) -> str:
    brand = case.recognizer.brand(target)
    product: Product = case.recognizer.product(target.product)
    name = brand.name if brand else product.name
    return name if name.casefold() == product.generic.casefold() else f"{name} ({product.generic})"


def _cited(case: Case, extra: tuple[Cited, ...]) -> tuple[Cited, ...]:
    return tuple(dict.fromkeys((*extra, *(entry.by for entry in _own_entries(case)))))
