"""Settles a variant that another Observation assesses, as the implications of HL7's genomics guide do.

The assessment names the variant in ``derivedFrom``, or the variant or a panel of both names it in ``hasMember``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from cards.facts.origins import Gap
from cards.facts.results import Mutation
from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.lenient import items, reference, text
from fhir_mappings.wire.statuses import COUNTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir_mappings.request.chart_draft import Draft
    from fhir_mappings.results.findings import FindingReader
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.stubs import ResourceStub

_LINKS = ("hasMember", "derivedFrom")
_LONGEST = 60


class _Linked(NamedTuple):
    """An Observation, what it may be referred to as, and what it refers to."""

    path: str
    content: Json
    names: frozenset[str]
    refers_to: frozenset[str]


class _Assessment(NamedTuple):
    """What an assessment says, and whether the variant is then no activating mutation."""

    label: str
    is_against: bool


def settle_variants(draft: Draft, findings: FindingReader) -> None:
    """Take back the mutations that another Observation calls benign or of uncertain significance."""
    if not any(isinstance(fact, Mutation) and fact.found for fact in draft.facts):
        return
    own = {each.path: each for each in _linked(draft.variants, draft)}
    others = [*_linked((stub for stub in draft.unread if stub.resource_type == "Observation"), draft)]
    said: dict[str, list[_Assessment]] = {}
    for each in others:
        if text(each.content.get("status")) not in COUNTED or (found := findings.assessment(each.content)) is None:
            continue
        for variant in _variants_of(each, [*own.values()], others):
            said.setdefault(variant, []).append(_Assessment(*found))
    draft.facts = [
        _settled(fact, said[fact.origin.path]) if isinstance(fact, Mutation) and fact.origin.path in said else fact
        for fact in draft.facts
    ]


def _settled(found: Mutation, said: list[_Assessment]) -> Mutation | Gap:
    """Return a variant with its assessments; a gap where these disagree."""
    against = {each.is_against for each in said}
    if not found.found or against == {False}:
        return found
    label = ", ".join((found.as_reported, *dict.fromkeys(each.label for each in said)))[:_LONGEST]
    if len(against) > 1:
        return Gap("erbb2-mutation", found.origin.path, "value", found.on, (("value", label),))
    return structs.replace(found, found=False, as_reported=label, residues=())


def _variants_of(assessment: _Linked, variants: list[_Linked], others: list[_Linked]) -> Iterator[str]:
    """Yield the places of the variants that an assessment is of.

    A panel names no pairs: its assessment is of a variant only where it holds one.
    """
    named = [each for each in variants if _is_between(assessment, each)]
    if not named:
        panels = [each for each in others if assessment.names & each.refers_to]
        inside = [[each for each in variants if each.names & panel.refers_to] for panel in panels]
        named = [each for members in inside if len(members) == 1 for each in members]
    yield from dict.fromkeys(each.path for each in named)


def _is_between(one: _Linked, other: _Linked) -> bool:
    return not one.refers_to.isdisjoint(other.names) or not other.refers_to.isdisjoint(one.names)


def _linked(stubs: Iterable[ResourceStub], draft: Draft) -> Iterator[_Linked]:
    """Yield the patient's Observations among some resources."""
    holders = {stub.path: stub for stub in draft.unread}
    for stub in stubs:
        try:
            content = stub.content
            if not draft.is_own(content, stub.full_url):
                continue
            holder, _, place = stub.path.partition(".contained[")
            local = _contained_name(holders.get(holder), holder, place)
        except Unreadable:
            continue
        names = {stub.reference, reference(stub.full_url), local} - {""}
        refers_to = {reference(each) for name in _LINKS for each in items(content.get(name))} - {""}
        # A local name is one of its own container.
        refers_to = {f"{holder}{each}" if each.startswith("#") else each for each in refers_to}
        yield _Linked(stub.path, content, frozenset(names), frozenset(refers_to))


def _contained_name(holder: ResourceStub | None, path: str, place: str) -> str:
    """Return the local name of a contained Observation behind the path of its container."""
    index = place.rstrip("]")
    if holder is None or not index.isdigit():
        return ""
    contained = items(holder.content.get("contained"))[int(index)]
    identifier = text(contained.get("id")) if isinstance(contained, dict) else ""
    return f"{path}#{identifier}" if identifier else ""
