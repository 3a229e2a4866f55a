"""What a plan describes without an order that was sent: in words or by a code, or by a reference that leads nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.values.texts import LONGEST
from fhir_mappings.codings import CLINICAL, codings, drug_coding, texts
from fhir_mappings.request.dispatched import may_be_for_a_drug
from fhir_mappings.wire.lenient import child, objects, reference, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.references import References

_OF_DRUGS = CLINICAL | {"hcpcs", "ndc"}
_DEPTH = 8
# Of a plan, a group and their steps (FHIR R4): what is over or not to be done.
_OVER = frozenset({"revoked", "completed", "entered-in-error", "cancelled", "stopped"})
_DOSE = re.compile(r"\d ?mg\b", re.IGNORECASE)
"""Words about a drug may be about a test or a condition; with an amount they are about a dose."""


class Planned(NamedTuple):
    """A step of a plan, as the drug of an order; ``is_missing``: it refers to an order that was not sent."""

    path: str
    as_order: Json
    is_missing: bool = False


def without_order(plan: Json, path: str, references: References) -> Iterator[Planned]:
    """Yield the steps of a RequestGroup or a CarePlan that may be for a drug and have no order in what was sent."""
    if text(plan.get("status")) in _OVER:
        return
    for number, activity in objects(plan.get("activity")):
        where = f"{path}.activity[{number or 0}]"
        detail = child(activity, "detail")
        if text(detail.get("status")) in _OVER or detail.get("doNotPerform") is True:
            continue
        referred = _referred(activity, ("reference", "plannedActivityReference"))
        if referred:
            yield from _not_sent(referred, where, plan, references)
        elif "productCodeableConcept" in detail or "productReference" in detail:
            yield Planned(
                f"{where}.detail",
                {
                    "contained": plan.get("contained"),
                    "medicationCodeableConcept": detail.get("productCodeableConcept"),
                    "medicationReference": detail.get("productReference"),
                },
            )
        else:
            yield from _described(detail, ("description",), f"{where}.detail")
    yield from _of_actions(plan, path, plan, references, _DEPTH)


def has_drug_code(request: Json) -> bool:
    """Return whether a ServiceRequest has a code of a system by which drugs are ordered or billed."""
    return any(drug_coding(each).system in _OF_DRUGS for each in codings(child(request, "code")))


def is_dose_in_words(request: Json) -> bool:
    """Return whether the words of a ServiceRequest give a dose: "infuse 252 mg"; a consultation gives none."""
    return any(_DOSE.search(each[:LONGEST]) for each in texts(child(request, "code")))


def _of_actions(holder: Json, path: str, plan: Json, references: References, depth: int) -> Iterator[Planned]:
    for number, action in objects(holder.get("action")):
        where = f"{path}.action[{number or 0}]"
        referred = _referred(action, ("resource",))
        if referred:
            yield from _not_sent(referred, where, plan, references)
        elif "action" not in action:
            yield from _described(action, ("title", "textEquivalent", "description"), where)
        elif depth:
            yield from _of_actions(action, where, plan, references, depth - 1)


def _referred(step: Json, names: tuple[str, ...]) -> list[Json]:
    found = [child(step, name) for name in names]
    return [each for each in found if reference(each) or text(each.get("display"))]


def _not_sent(referred: list[Json], where: str, plan: Json, references: References) -> Iterator[Planned]:
    for each in referred:
        wanted = reference(each)
        if wanted and (not may_be_for_a_drug(wanted) or references.resolve(each, plan) is not None):
            continue
        yield Planned(where, {"medicationReference": each}, is_missing=True)


def _described(step: Json, names: tuple[str, ...], where: str) -> Iterator[Planned]:
    """Yield a step that a code names, or words with a dose."""
    for _, concept in objects(step.get("code")):
        yield Planned(where, {"medicationCodeableConcept": concept})
    words = next((said for name in names if _DOSE.search(said := text(step.get(name))[:LONGEST])), "")
    if words:
        yield Planned(where, {"medicationCodeableConcept": {"text": words}})
