"""Observations into measured facts: picked by code, and read strictly.

A result counts when it is final, amended or corrected. One that could not be read is set aside as a gap that names
its place; one that does not count is too, so that a card can say why there is "none".
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.facts import (
    Bound,
    Gap,
    Her2Finding,
    Her2Method,
    Her2Result,
    LabResult,
    Lvef,
    Origin,
    ReceptorResult,
    Weight,
)
from cards.quantities import Kg, Percent
from fhir_mappings.codings import NO_CODE_MAP, CodeMap, codings, system_name
from fhir_mappings.her2_values import Her2Vocabulary
from fhir_mappings.lenient import child, day, number, objects, reference, text
from fhir_mappings.units import factor_to_canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from cards.records import Terminology
    from fhir_mappings.lenient import Json

_VALUES = frozenset(
    f"value{kind}"
    for kind in ("Quantity", "CodeableConcept", "String", "Boolean", "Integer", "Range", "Ratio", "SampledData")
)
_COUNTS = frozenset({"final", "amended", "corrected"})
_LABS = frozenset({"ast", "alt", "bilirubin-total", "platelets", "neutrophils"})
_HER2_METHODS = {
    "her2-ihc": Her2Method.IHC,
    "her2-immunoassay": Her2Method.INTERPRETATION,
    "her2-interpretation": Her2Method.INTERPRETATION,
    "her2-ish": Her2Method.ISH,
    "her2-ish-ratio": Her2Method.ISH,
}
_RANGE = re.compile(
    r"(?P<bound>[<>]=?|less than|greater than|below|above)?\s*(?P<low>\d{1,6}(?:\.\d+)?)"
    r"(?:\s*(?:-|\u2013|to)\s*(?P<high>\d{1,6}(?:\.\d+)?))?\s*(?P<unit>%|percent)?",
    re.IGNORECASE,
)
_BELOW = frozenset({"<", "<=", "less than", "below"})
_ABOVE = frozenset({">", ">=", "greater than", "above"})


class ConceptIndex:
    """Which concept a code means, for the codes that rules use; serum HER2 and its like mean none."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the standard codes, and the local codes that stand for them."""
        self._code_map = code_map
        self._concepts: dict[tuple[str, str], str] = {}
        self._never: set[tuple[str, str]] = set()
        for name, concept in terminology.concepts.items():
            for entry in concept.loinc:
                self._concepts["loinc", entry.code] = name
            for entry in concept.snomed:
                self._concepts["snomed", entry.code] = name
            self._never.update(("loinc", entry.code) for entry in concept.never)
        self._codes = {code for _, code in self._concepts} | {code for _, code in self._never}

    def concept(self, codes: Iterable[tuple[str, str]]) -> str | None:
        """Give the concept of an Observation's codes; of several the first that is known, none if one never counts."""
        found: str | None = None
        for uri, code in codes:
            if code not in self._codes and not self._code_map:
                continue
            key = (system_name(uri), code)
            if key not in self._concepts and self._code_map:
                local = self._code_map.standard(uri, code)
                key = (local.system, local.code) if local else key
            if key in self._never:
                return None
            found = found or self._concepts.get(key)
        return found

    def never_counts(self, codes: Iterable[tuple[str, str]]) -> bool:
        """Tell whether one of the codes looks like a result that rules use and must never count."""
        return any((system_name(uri), code) in self._never for uri, code in codes)


class Reading(NamedTuple):
    """A number read from a value, before its unit is considered."""

    value: Decimal
    code: str
    unit: str
    bound: Bound
    as_reported: str


class ObservationReader:
    """Reads the Observations of one chart."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Prepare the indexes; one reader serves every request."""
        self.index = ConceptIndex(terminology, code_map)
        self._terminology = terminology
        self._her2 = Her2Vocabulary(terminology)
        self._code_map = code_map

    def read(self, concept: str, observation: Json, origin: Origin) -> list[Fact]:
        """Read one Observation that means a concept: facts, or the gap that says why there is none."""
        on = self.date_of(observation)
        status = text(observation.get("status"))
        if status not in _COUNTS:
            reason, values = ("status", (("status", status),)) if status else ("no-status", ())
            return [Gap(concept, origin.path, reason, on, values)]
        holder = self._holder(concept, observation)
        if _VALUES.isdisjoint(holder):
            if "dataAbsentReason" in holder:
                return [Gap(concept, origin.path, "absent", on)]
            is_panel = "hasMember" in observation or "component" in observation
            return [] if is_panel else [Gap(concept, origin.path, "no-value", on)]
        if concept in _HER2_METHODS:
            return [self._read_her2(concept, holder, observation, origin, on)]
        if concept in ("er-status", "pr-status"):
            return self._read_receptor(holder, origin, on)
        if concept in ("weight", "weight-stated", "lvef") or concept in _LABS:
            return [self._read_number(concept, holder, origin, on)]
        return []

    def _holder(self, concept: str, observation: Json) -> Json:
        """Give the part that holds the value: the Observation, or the component that has the code."""
        if "component" not in observation:
            return observation
        own = [
            (text(c.get("system")), text(c.get("code"))) for _, c in objects(child(observation, "code").get("coding"))
        ]
        if self.index.concept(own) == concept:
            return observation
        for _, component in objects(observation.get("component")):
            codes = [
                (text(c.get("system")), text(c.get("code"))) for _, c in objects(child(component, "code").get("coding"))
            ]
            if self.index.concept(codes) == concept:
                return component
        return observation

    def date_of(self, observation: Json) -> date | None:
        """Give the day a result is of: when it was taken, else when it was released."""
        period = child(observation, "effectivePeriod")
        for candidate in (
            observation.get("effectiveDateTime"),
            observation.get("effectiveInstant"),
            period.get("end"),
            period.get("start"),
            observation.get("issued"),
        ):
            if (found := day(candidate)) is not None:
                return found
        return None

    def _read_number(self, concept: str, holder: Json, origin: Origin, on: date | None) -> Fact:
        reading = _number_of(holder)
        if reading is None:
            return Gap(concept, origin.path, "value", on, (("value", _written_value(holder)),))
        factor = factor_to_canonical(concept, reading.code, reading.unit)
        if factor is None and concept == "lvef" and not reading.code and not reading.unit:
            factor = Decimal(100) if reading.value <= 1 else Decimal(1)
        if factor is None:
            if not reading.code and not reading.unit:
                return Gap(concept, origin.path, "no-unit", on)
            return Gap(concept, origin.path, "unit", on, (("unit", (reading.unit or reading.code)[:20]),))
        value = reading.value * factor
        gate = self._terminology.concepts[concept].plausible
        if gate is not None and not gate[0] <= value <= gate[1] and reading.bound is Bound.EXACT:
            return Gap(concept, origin.path, "implausible", on, (("value", reading.as_reported),))
        if concept in ("weight", "weight-stated"):
            return Weight(Kg(value), on, origin, stated=concept == "weight-stated")
        if concept == "lvef":
            return Lvef(Percent(value), on, origin, reading.as_reported)
        unit = self._terminology.concepts[concept].unit or ""
        limit = _upper_limit(concept, holder, reading)
        return LabResult(concept, value, unit, on, origin, reading.as_reported, limit, reading.bound)

    def _read_her2(self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None) -> Fact:
        method = _HER2_METHODS[concept]
        finding, conflict, written = self._her2.read(concept, holder, self._code_map)
        if finding is None:
            return Gap(concept, origin.path, "value", on, (("value", written),))
        specimen = reference(observation.get("specimen")) or text(child(observation, "bodySite").get("text")) or None
        return Her2Result(method, finding, on, origin, written, specimen, conflict)

    def _read_receptor(self, holder: Json, origin: Origin, on: date | None) -> list[Fact]:
        """Read a hormone receptor; one that is neither plainly positive nor negative says nothing."""
        finding, conflict, _ = self._her2.read("receptor", holder, self._code_map)
        if conflict or finding not in (Her2Finding.POSITIVE, Her2Finding.NEGATIVE):
            return []
        return [ReceptorResult(finding is Her2Finding.POSITIVE, on, origin)]


Fact = Weight | Lvef | LabResult | Her2Result | ReceptorResult | Gap


def _number_of(holder: Json) -> Reading | None:
    """Read a quantity, the lower end of a range, an integer, or a text that is a number with a unit."""
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict):
        return _quantity(quantity)
    value_range = child(holder, "valueRange")
    if value_range:
        low, high = child(value_range, "low"), child(value_range, "high")
        reading = _quantity(low or high)
        if reading is None:
            return None
        upper = number(high.get("value")) if low else None
        written = (
            f"{reading.value}-{upper} {reading.unit or reading.code}" if upper is not None else reading.as_reported
        )
        return reading._replace(as_reported=written.strip())
    whole = number(holder.get("valueInteger"))
    if whole is not None:
        return Reading(whole, "", "", Bound.EXACT, str(whole))
    written = text(holder.get("valueString")) or text(child(holder, "valueCodeableConcept").get("text"))
    return _number_in(written)


def _quantity(quantity: Json) -> Reading | None:
    value = number(quantity.get("value"))
    if value is None:
        return None
    code, unit, comparator = text(quantity.get("code")), text(quantity.get("unit")), text(quantity.get("comparator"))
    bound = Bound.BELOW if comparator in _BELOW else Bound.ABOVE if comparator in _ABOVE else Bound.EXACT
    as_reported = f"{comparator}{value} {unit or code}".strip()
    return Reading(value, code, unit, bound, as_reported)


def _number_in(written: str) -> Reading | None:
    """Read a text that is one number or one range and nothing else; a sentence is not searched for numbers."""
    match = _RANGE.fullmatch(written.strip().removeprefix("EF").removeprefix("LVEF").strip(" :=~"))
    if match is None:
        return None
    word = (match["bound"] or "").casefold()
    bound = Bound.BELOW if word in _BELOW else Bound.ABOVE if word in _ABOVE else Bound.EXACT
    return Reading(Decimal(match["low"]), "%" if match["unit"] else "", "", bound, written)


def _written_value(holder: Json) -> str:
    concept = child(holder, "valueCodeableConcept")
    display = next((c.display for c in codings(concept) if c.display), "")
    return (text(holder.get("valueString")) or text(concept.get("text")) or display or "?")[:40]


def _upper_limit(concept: str, holder: Json, reading: Reading) -> Decimal | None:
    """Give the upper limit of normal of the same result, in the canonical unit; nothing when ranges disagree."""
    limits: set[Decimal] = set()
    for _, entry in objects(holder.get("referenceRange")):
        kinds = {coding.code for coding in codings(entry.get("type"))}
        high = child(entry, "high")
        value = number(high.get("value"))
        if value is None or (kinds and "normal" not in kinds):
            continue
        code, unit = text(high.get("code")), text(high.get("unit"))
        factor = factor_to_canonical(concept, code or reading.code, unit or reading.unit)
        if factor is not None and value > 0:
            limits.add(value * factor)
    return limits.pop() if len(limits) == 1 else None
