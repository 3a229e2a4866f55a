"""Problems that stop a drug and stand outside the problem list: adverse events, flags, issues, reports and reasons.

None of these is asked for, and none is a diagnosis of record. Where a client sends one, it is told and not believed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.origins import Gap
from cards.values.texts import LONGEST
from fhir_mappings.codings import texts
from fhir_mappings.wire.lenient import child, day, objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from cards.facts.origins import Origin
    from fhir_mappings.patient.conditions import ConditionReader
    from fhir_mappings.wire.lenient import Json

REASON = "named-elsewhere"


class _Kind(NamedTuple):
    """The elements of a resource that name problems, those that date it, and the states in which it says nothing."""

    concepts: tuple[tuple[str, ...], ...]
    days: tuple[str, ...]
    silent: frozenset[str] = frozenset({"entered-in-error", "cancelled"})


_KINDS = {
    "AdverseEvent": _Kind((("event",), ("code",)), ("date", "occurrenceDateTime", "detected", "recordedDate")),
    "AllergyIntolerance": _Kind((("reaction", "manifestation"),), ("lastOccurrence", "onsetDateTime", "recordedDate")),
    "ClinicalImpression": _Kind((("finding", "itemCodeableConcept"),), ("date", "effectiveDateTime")),
    "DetectedIssue": _Kind((("code",),), ("identifiedDateTime",)),
    "DiagnosticReport": _Kind((("conclusionCode",),), ("effectiveDateTime", "issued")),
    "Encounter": _Kind((("reasonCode",),), (), frozenset({"entered-in-error", "cancelled", "planned", "noshow"})),
    "Flag": _Kind((("code",),), (), frozenset({"entered-in-error", "inactive"})),
}
KINDS = frozenset(_KINDS)
_PERIODS = ("period", "effectivePeriod", "identifiedPeriod", "occurrencePeriod")
_OVER = frozenset({"inactive", "resolved", "ended"})
_NOT_SO = frozenset({"refuted", "entered-in-error"})
_SENTENCES = re.compile(r"[;\n]|\.(?=\s|$)")
# "New since prior": of the report before, not of the disease.
_COMPARED = re.compile(
    r"\b(?:since|from|than|versus|vs|compared (?:to|with)|in comparison (?:to|with))(?: the)? (?:prior|previous|last)\b"
    r"(?: (?:exam(?:ination)?|study|ct|scan|imaging|echo|report))?",
    re.IGNORECASE,
)
_LABEL = 60


class Elsewhere(NamedTuple):
    """What the other entries of a chart say: the newest mention of each problem, and what a later report rules out."""

    named: list[Gap]
    ruled_out: list[tuple[str, date]]


def named_elsewhere(resource: Json, origin: Origin, conditions: ConditionReader, born: date | None) -> Elsewhere:
    """Read a resource of one of ``KINDS`` of the patient's."""
    kind = text(resource.get("resourceType"))
    found = Elsewhere([], [])
    if not _says_something(resource, kind):
        return found
    on = _day(resource, _KINDS[kind])
    for concept in _concepts(resource, kind):
        condition: Json = {"code": concept}
        if on is not None:
            condition["recordedDate"] = str(on)
        read = conditions.read(condition, origin, born)
        about = read.suspected.about if read.suspected is not None else None
        if read.problem is not None and not read.problem.is_past:
            about = f"problem-{read.problem.problem}"
        if about is None and read.may_be is not None:
            about = f"problem-{read.may_be}"
        if about is not None:
            label = next(iter(texts(concept)), "")
            found.named.append(Gap(about, origin.path, REASON, on, (("kind", kind), ("label", label[:_LABEL]))))
        elif on is not None and kind == "DiagnosticReport":
            found.ruled_out.extend((f"problem-{each}", on) for each in conditions.concepts.denied_in(texts(concept)))
    return found


def newest_of_each(gaps: Iterable[Gap], ruled_out: Mapping[str, date]) -> list[Gap]:
    """Keep one mention of each problem, undated or the newest, unless a report of that day or later denies it."""
    kept: dict[str | None, Gap] = {}
    for gap in gaps:
        if gap.on is not None and (denied := ruled_out.get(gap.about or "")) is not None and denied >= gap.on:
            continue
        before = kept.get(gap.about)
        if before is None or (before.on is not None and (gap.on is None or gap.on > before.on)):
            kept[gap.about] = gap
    return list(kept.values())


def _says_something(resource: Json, kind: str) -> bool:
    if text(resource.get("status")) in _KINDS[kind].silent or text(resource.get("actuality")) == "potential":
        return False
    if kind != "AllergyIntolerance":
        return True
    states = (_codes(resource, "clinicalStatus"), _codes(resource, "verificationStatus"))
    return states[0].isdisjoint(_OVER) and states[1].isdisjoint(_NOT_SO)


def _codes(resource: Json, name: str) -> frozenset[str]:
    return frozenset(text(coding.get("code")) for _, coding in objects(child(resource, name).get("coding")))


def _day(resource: Json, kind: _Kind) -> date | None:
    written = [resource.get(name) for name in kind.days]
    written += [child(resource, name).get("start") for name in _PERIODS]
    return next((found for each in written if (found := day(each)) is not None), None)


def _concepts(resource: Json, kind: str) -> Iterator[Json]:
    for path in _KINDS[kind].concepts:
        holders = [resource]
        for name in path:
            holders = [each for holder in holders for _, each in objects(holder.get(name))]
        yield from holders
    if kind == "DiagnosticReport":
        conclusion = _COMPARED.sub(" ", text(resource.get("conclusion"))[:LONGEST])
        yield from ({"text": each.strip()} for each in _SENTENCES.split(conclusion) if each.strip())
