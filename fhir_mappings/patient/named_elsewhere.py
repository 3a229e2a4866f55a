"""Problems that stop a drug and stand outside the problem list: adverse events, flags, issues, reports and reasons.

None of these is asked for, and none is a diagnosis of record. Where a client sends one, it is told and not believed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.origins import Gap
from fhir_mappings.codings import texts
from fhir_mappings.patient.condition_states import REFUTED
from fhir_mappings.wire.folding import SENTENCES, fold
from fhir_mappings.wire.lenient import child, day, flag, objects, text
from fhir_mappings.wire.narratives import pages_of

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
    # Only those that state a diagnosis, as their value or by their code.
    "Observation": _Kind(
        (("valueCodeableConcept",),),
        ("effectiveDateTime", "effectiveInstant", "issued"),
        frozenset({"entered-in-error", "cancelled", "registered", "preliminary", "unknown"}),
    ),
    "Flag": _Kind((("code",),), (), frozenset({"entered-in-error", "inactive"})),
}
KINDS = frozenset(_KINDS) - {"Observation"}
_PERIODS = ("period", "effectivePeriod", "identifiedPeriod", "occurrencePeriod")
_OVER = frozenset({"inactive", "resolved", "ended"})
# "New since prior": of the report before, not of the disease.
_COMPARED = re.compile(
    r"\b(?:since|from|than|versus|vs|compared (?:to|with)|in comparison (?:to|with))(?: the)? (?:prior|previous|last)\b"
    r"(?: (?:exam(?:ination)?|study|ct|scan|imaging|echo|report))?",
    re.IGNORECASE,
)
_LABEL = 60
_AFFIRMS = frozenset({"yes", "true", "present", "positive", "confirmed", "ja", "si", "oui", "sim", "vorhanden"})


def named_elsewhere(
    entries: Iterable[tuple[Json, Origin]], conditions: ConditionReader, born: date | None, between: tuple[date, date]
) -> list[Gap]:
    """Return one mention of each problem in the patient's resources of ``KINDS``: an undated one, or the newest.

    Those of other days than ``between`` do not count, nor those of before a report that denies the problem.
    """
    named: list[Gap] = []
    denied: dict[str, date] = {}
    for resource, origin in entries:
        kind = text(resource.get("resourceType"))
        if not _says_something(resource, kind):
            continue
        on = _day(resource, _KINDS[kind])
        if on is not None and not between[0] <= on <= between[1]:
            continue
        for concept in _concepts(resource, kind):
            about = _problem_in(concept, on, origin, conditions, born)
            if about is not None:
                label = next(iter(texts(concept)), "")[:_LABEL]
                named.append(Gap(about, origin.path, REASON, on, (("kind", kind), ("label", label))))
            elif on is not None and kind == "DiagnosticReport":
                for each in conditions.concepts.denied_in(texts(concept)):
                    denied[f"problem-{each}"] = max(on, denied.get(f"problem-{each}", on))
    return _newest_of_each(named, denied)


def _problem_in(
    concept: Json, on: date | None, origin: Origin, conditions: ConditionReader, born: date | None
) -> str | None:
    """Return the problem that a concept names, or may name, read as a diagnosis of that day."""
    condition: Json = {"code": concept}
    if on is not None:
        condition["recordedDate"] = str(on)
    read = conditions.read(condition, origin, born)
    if read.problem is not None and not read.problem.is_past:
        return f"problem-{read.problem.problem}"
    if read.suspected is not None:
        return read.suspected.about
    return f"problem-{read.may_be}" if read.may_be is not None else None


def _newest_of_each(gaps: Iterable[Gap], denied: Mapping[str, date]) -> list[Gap]:
    kept: dict[str | None, Gap] = {}
    for gap in gaps:
        if gap.on is not None and (clear := denied.get(gap.about or "")) is not None and clear >= gap.on:
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
    return states[0].isdisjoint(_OVER) and states[1].isdisjoint(REFUTED)


def _codes(resource: Json, name: str) -> frozenset[str]:
    return frozenset(text(coding.get("code")) for _, coding in objects(child(resource, name).get("coding")))


def _day(resource: Json, kind: _Kind) -> date | None:
    written = [resource.get(name) for name in kind.days]
    written += [child(resource, name).get("start") for name in _PERIODS]
    return next((found for each in written if (found := day(each)) is not None), None)


def asserted(observation: Json) -> Json | None:
    """Return the concept that an Observation states as true: its code if the value affirms it, else its value."""
    value = child(observation, "valueCodeableConcept")
    said = {fold(each)[:_LABEL] for each in (*texts(value), text(observation.get("valueString"))) if each}
    if flag(observation.get("valueBoolean")) or (said and said <= _AFFIRMS):
        return child(observation, "code")
    return value or None


def _concepts(resource: Json, kind: str) -> Iterator[Json]:
    if kind == "Observation":
        concept = asserted(resource)
        yield from [concept] if concept is not None else []
        return
    for path in _KINDS[kind].concepts:
        holders = [resource]
        for name in path:
            holders = [each for holder in holders for _, each in objects(holder.get(name))]
        yield from holders
    if kind == "DiagnosticReport":
        for page in pages_of(resource.get("conclusion")):
            said = SENTENCES.split(_COMPARED.sub(" ", page))
            yield from ({"text": each.strip()} for each in said if each.strip())
