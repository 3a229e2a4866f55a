"""Reads who pays: the coverages of a patient with their payers and plans, and the prior authorizations on record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.billing import Approval, InsuredBy, Payer
from fhir_mappings.codings import codings, texts
from fhir_mappings.wire.lenient import child, day, number, objects, reference, text
from fhir_mappings.wire.times import last_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.facts.origins import Origin
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.references import References

# A billing code with modifiers, as claims systems write it: J9354-JW, J9354 JW.
CLAIM_CODE = re.compile(r"([A-V]\d{4}|\d{5})(?:[-\s]+((?:[A-Z][A-Z0-9]|\d\d)(?:[-\s,]+(?:[A-Z][A-Z0-9]|\d\d))*))?")
_SELF_PAY = frozenset({"pay", "SELFPAY"})
_IN_FORCE = ("active", "")
_NO_COVERAGE = ("draft", "entered-in-error")
_LAST = 1_000
_NUMBER = 60
_REFUSED = ("denied", "not certified", "not approved", "rejected")
_PERSONS = ("Patient/", "RelatedPerson/")


def payers(own: list[tuple[Json, Origin]], references: References) -> Iterator[Payer]:
    """Read the payers of coverages in force: by display, or by the organization's name; never a person."""
    for content, origin in own:
        if _is_insurance(content) and text(content.get("status")) in _IN_FORCE:
            yield from _named(content, origin, references)


def _is_insurance(content: Json) -> bool:
    return content.get("resourceType") == "Coverage" and not any(
        coding.code in _SELF_PAY for coding in codings(content.get("type"))
    )


def _named(coverage: Json, origin: Origin, references: References) -> Iterator[Payer]:
    for _, payor in objects(coverage.get("payor")):
        wanted = reference(payor)
        if wanted.startswith(_PERSONS):
            continue
        organization = references.find(wanted, coverage) or {}
        name = text(payor.get("display")) or text(organization.get("name"))
        if name:
            yield Payer(name[:80], origin, _plan(coverage))


def coverages(own: list[tuple[Json, Origin]], references: References) -> Iterator[InsuredBy]:
    """Read every coverage, in the patient's order; drafts and entries in error are ignored."""
    found = []
    for content, origin in own:
        if not _is_insurance(content) or text(content.get("status")) in _NO_COVERAGE:
            continue
        payors = [reference(payor) for _, payor in objects(content.get("payor"))]
        if payors and all(wanted.startswith(_PERSONS) for wanted in payors):
            continue
        period, rank = child(content, "period"), number(content.get("order"))
        found.append(
            InsuredBy(
                origin.reference,
                next(_named(content, origin, references), Payer("", origin)),
                text(content.get("status")) in _IN_FORCE,
                day(period.get("start")),
                last_day(period.get("end")),
                int(rank) if rank is not None else None,
            )
        )
    yield from sorted(found, key=lambda each: each.rank if each.rank is not None else _LAST)


def approvals(own: list[tuple[Json, Origin]], references: References) -> Iterator[Approval]:
    """Read prior authorizations granted by a payer, with the codes of the response or of its claim.

    Source: FHIR R4 ClaimResponse; a refusal has no preAuthRef, or says so in its disposition or review action.
    """
    for content, origin in own:
        number_of = text(content.get("preAuthRef"))[:_NUMBER]
        is_answer = content.get("resourceType") == "ClaimResponse" and text(content.get("use")) == "preauthorization"
        is_given = text(content.get("status")) == "active" and text(content.get("outcome")) in ("complete", "partial")
        if not is_answer or not is_given or not number_of or _is_refused(content):
            continue
        claim = references.find(reference(content.get("request")), content) or {}
        items = [*objects(content.get("addItem")), *objects(claim.get("item"))]
        codes = [coding.code.strip().upper() for _, item in items for coding in codings(item.get("productOrService"))]
        named = [
            wanted
            for holder in (content, claim)
            for _, each in objects(holder.get("insurance"))
            if (wanted := reference(each.get("coverage")))
        ]
        period = child(content, "preAuthPeriod")
        yield Approval(
            number_of,
            tuple(dict.fromkeys(match[1] for code in codes if (match := CLAIM_CODE.fullmatch(code)) is not None)),
            origin,
            named[0] if named else "",
            day(period.get("start")),
            last_day(period.get("end")),
        )


def _is_refused(answer: Json) -> bool:
    """Return whether a response is a denial: in words, or by the X12 review action (A3: not certified)."""
    said = text(answer.get("disposition")).casefold()
    return any(word in said for word in _REFUSED) or any(
        text(coding.get("code")) == "A3"
        for _, item in objects(answer.get("item"))
        for _, adjudication in objects(item.get("adjudication"))
        for _, outer in objects(adjudication.get("extension"))
        for _, inner in objects(outer.get("extension"))
        for _, coding in objects(child(inner, "valueCodeableConcept").get("coding"))
    )


def _plan(coverage: Json) -> str:
    """Return how a coverage describes its plan: its type, and the names of its classes."""
    words = [*texts(coverage.get("type")), *(text(each.get("name")) for _, each in objects(coverage.get("class")))]
    return " / ".join(dict.fromkeys(word[:80] for word in words if word))[:200]
