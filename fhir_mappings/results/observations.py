"""Reads Observations as measured facts: selected by code, and read strictly.

A result counts if it is final, amended or corrected. One that could not be read becomes a gap with its place; so does
one that does not count, so that a card can say why there is "none".
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import structs

from cards.facts.origins import Gap, Origin
from cards.facts.patient import PresentProblem, Staging
from cards.facts.results import (
    TIMES_LIMIT,
    Her2Finding,
    Her2Method,
    Her2Result,
    LabResult,
    Lvef,
    Mutation,
    PregnancyTest,
    Receptor,
    ReceptorResult,
    SiteResult,
    Weight,
)
from cards.knowledge.schema import Kind
from cards.values.intervals import Bound
from cards.values.quantities import Kg, Percent
from cards.values.text_cache import cached_by_key
from fhir_mappings.codings import NO_CODE_MAP, CodeMap, codings, system_name, texts
from fhir_mappings.patient.staging import StageReader
from fhir_mappings.results.amounts import LONGEST, Reading, in_thousands, in_two_units, read_amount, read_quantity
from fhir_mappings.results.findings import FindingReader
from fhir_mappings.results.hcg_amounts import HcgReader
from fhir_mappings.results.her2_values import HER2_REMARKS, HER2_VALUES, Her2Vocabulary
from fhir_mappings.results.lvef_texts import LvefStated, read_lvef_text
from fhir_mappings.results.measurement_units import UnitReader
from fhir_mappings.results.named_her2 import NamedHer2Reader
from fhir_mappings.results.named_lvef import NamedLvefReader
from fhir_mappings.results.named_results import NamedResults
from fhir_mappings.results.other_names import OtherNameReader
from fhir_mappings.results.own_dates import with_undated_text
from fhir_mappings.results.pregnancy_states import CONCEPT as PREGNANCY_STATE
from fhir_mappings.results.pregnancy_states import DATES as DATES_OF_PREGNANCY
from fhir_mappings.results.pregnancy_states import PregnancyStateReader
from fhir_mappings.results.reference_ranges import NOBODY, RangeReader, Unit
from fhir_mappings.results.report_texts import ReportReader
from fhir_mappings.results.result_flags import ResultFlags
from fhir_mappings.results.result_notes import SAYING, WEIGHED, ResultNotes
from fhir_mappings.results.site_results import read_site_result
from fhir_mappings.wire.cached_json import CachedByJson
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, number, objects, reference, shown, text
from fhir_mappings.wire.modifiers import is_modified_within
from fhir_mappings.wire.resources import Codes, codes_of
from fhir_mappings.wire.times import time_of, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from cards.knowledge.schema import Cancer, Terminology
    from fhir_mappings.results.her2_values import Her2Reading
    from fhir_mappings.results.reference_ranges import Subject
    from fhir_mappings.wire.lenient import Json

_VALUES = frozenset(
    f"value{kind}"
    for kind in (
        "Quantity",
        "CodeableConcept",
        "String",
        "Boolean",
        "Integer",
        "Range",
        "Ratio",
        "SampledData",
        "DateTime",
    )
)
_ON_WEIGHT = SAYING | WEIGHED
# Cache limits: combinations of codes, and codes per combination.
_COMBINATIONS, _CODES = 4096, 16
_COUNTS = frozenset({"final", "amended", "corrected"})
_COUNTS_NOT = frozenset({"registered", "preliminary", "cancelled", "entered-in-error", "unknown"})
LONGEST_STATUS = 40
_WITH_OWN_CODES = frozenset({"loinc", "snomed", "rxnorm", "cpt", "hcpcs", "icd10", "atc", "ndc", "ucum"})
_STANDARD = frozenset({"loinc", "snomed"})
# With a code for the method, or for a weight that was not measured, these add nothing.
_SAYS_LESS = frozenset({"her2-interpretation", "her2-immunoassay", "her2-panel", "weight"})
_HER2_METHODS = {
    "her2-ihc": Her2Method.IHC,
    "her2-immunoassay": Her2Method.INTERPRETATION,
    "her2-interpretation": Her2Method.INTERPRETATION,
    "her2-ish": Her2Method.ISH,
    "her2-ish-ratio": Her2Method.ISH,
    "her2-copy-number": Her2Method.ISH,
}
_RECEPTORS = {"er-status": Receptor.ESTROGEN, "pr-status": Receptor.PROGESTERONE}
_STAGES = frozenset({"stage-group", "metastasis-category"})


class Looked(NamedTuple):
    """What the codes of an Observation mean to the rules.

    ``never_counts``: one of them looks like a relevant result but must never count. ``misplaced`` is the concept of a
    code that is sent under a wrong system or none. ``is_standard``: one of its own codes is of LOINC or SNOMED CT.
    """

    concepts: Sequence[str] = ()
    never_counts: bool = False
    misplaced: str = ""
    is_standard: bool = False


class ConceptIndex:
    """Maps codes to concepts, for the codes that rules use; serum HER2 and the like have none."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the standard codes, and the local codes that map to them."""
        self._code_map = code_map
        self._concepts: dict[tuple[str, str], str] = {}
        self._local: dict[tuple[str, str], str] = {}
        self._site = frozenset(terminology.of_kind(Kind.SITE))
        self._never: set[tuple[str, str]] = set()
        for name, concept in terminology.concepts.items():
            for entry in concept.loinc:
                self._concepts["loinc", entry.code] = name
            for entry in concept.snomed:
                self._concepts["snomed", entry.code] = name
            for local in concept.local:
                self._local[local.system, local.code] = name
            self._never.update(("loinc", entry.code) for entry in concept.never)
        self._by_code = {code: name for (_, code), name in self._concepts.items()}
        self._codes = self._by_code.keys() | {code for _, code in self._never}
        self._codes |= {code for _, code in self._local}
        # A chart has many results of few kinds, so each combination of codes is looked up once.
        self._remembered = cached_by_key(_COMBINATIONS)(self._read)

    def look(self, holders: Sequence[Codes]) -> Looked:
        """Look up an Observation by its own codes and by those of its components."""
        if len(holders) == 1 and len(holders[0]) <= _CODES:
            return self._remembered(holders[0])
        looked = [self._remembered(each) if len(each) <= _CODES else self._read(each) for each in holders]
        concepts = list(dict.fromkeys(name for each in looked for name in each.concepts))
        misplaced = next((each.misplaced for each in looked if each.misplaced), "")
        never_counts, is_standard = any(each.never_counts for each in looked), bool(looked) and looked[0].is_standard
        return Looked(concepts, never_counts, "" if concepts else misplaced, is_standard)

    def concepts(self, holders: Sequence[Codes]) -> Sequence[str]:
        """List the concepts of an Observation, by its own codes and by those of its components."""
        return self.look(holders).concepts

    def concept(self, codes: Codes) -> str | None:
        """Return the concept of one result's codes: the most specific of several, none if one never counts."""
        return next(iter(self.look((codes,)).concepts), None)

    def _read(self, codes: Codes) -> Looked:
        is_standard = any(system_name(each.system) in _STANDARD for each in codes)
        if self._is_foreign(codes):
            return Looked(is_standard=is_standard)
        known = list(self._known(codes))
        found = {self._concepts[key] for key in known if key in self._concepts}
        # A site's test is read in addition to a shipped one, never instead of it.
        site = (*sorted(found & self._site), *self._of_site(codes)) if self._site else ()
        if any(key in self._never for key in known):
            return Looked(site, never_counts=True, is_standard=is_standard)
        shipped = sorted(found - self._site, key=lambda name: (name in _SAYS_LESS, name))[:1]
        concepts = (*shipped, *site)
        misplaced = "" if concepts else self._misplaced(codes)
        return Looked(concepts, misplaced=misplaced, is_standard=is_standard)

    def _misplaced(self, codes: Codes) -> str:
        """Return what a code would mean under its own system: "1920-8" under a local system or none."""
        unplaced = (each.code.strip() for each in codes if system_name(each.system) not in _WITH_OWN_CODES)
        return next((self._by_code[code] for code in unplaced if code in self._by_code), "")

    def _of_site(self, codes: Codes) -> Iterator[str]:
        """Yield the tests of the site's rules for local codes."""
        for each in codes:
            if (name := self._local.get((each.system.rstrip("/"), each.code.strip()))) is not None:
                yield name

    def _is_foreign(self, codes: Codes) -> bool:
        """Return quickly whether none of the codes is relevant, as for most of a chart."""
        return not self._code_map and self._codes.isdisjoint([each.code.strip() for each in codes])

    def _known(self, codes: Codes) -> Iterator[tuple[str, str]]:
        """Yield the codes that may be relevant by short system name; local ones translated."""
        for each in codes:
            code = each.code.strip()
            if code in self._codes:
                yield system_name(each.system), code
            elif self._code_map:
                yield from ((local.system, local.code) for local in self._code_map.standard(each.system, code))


class _Measured(NamedTuple):
    """A number in the canonical unit, as it was read, and its own unit."""

    value: Decimal
    reading: Reading
    unit: Unit


class ObservationReader:
    """Reads the Observations of one chart."""

    def __init__(
        self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP, stages: StageReader | None = None
    ) -> None:
        """Prepare the indexes; one reader serves every request."""
        self._stages = stages or StageReader(terminology, code_map)
        self.index = ConceptIndex(terminology, code_map)
        self._terminology = terminology
        self.labs = frozenset(terminology.of_kind(Kind.LABORATORY))
        """The tests for which only the newest result counts."""
        self._site = frozenset(terminology.of_kind(Kind.SITE))
        self._measured = self.labs.union(terminology.of_kind(Kind.MEASUREMENT))
        self.harmful_when_high = terminology.harmful_when_high
        """For a range, these use the upper end; every other measurement uses the lower."""
        self._tumors = {
            entry.code: entry.tumor
            for each in terminology.concepts.values()
            for entry in each.loinc
            if entry.tumor is not None
        }
        self._her2 = Her2Vocabulary(terminology)
        self._her2_alone = CachedByJson(self._her2_of)
        self._tumor_alone = CachedByJson(self._tumor_of)
        self._receptor_alone = CachedByJson(self._receptor_of)
        self._code_map = code_map
        self._named = NamedResults(terminology)
        self._notes = ResultNotes(terminology)
        self._flags = ResultFlags(terminology)
        self._pregnancies = PregnancyStateReader(terminology)
        self.reports = ReportReader(terminology)
        self._units = UnitReader(terminology)
        self._other_names = OtherNameReader(terminology)
        self.named_her2 = NamedHer2Reader(self._her2, self._other_names, code_map)
        self._named_lvefs = NamedLvefReader(self._other_names)
        self._meant = cached_by_key(_COMBINATIONS)(self._read_name)
        self._times_normal = frozenset(terminology.times_normal)
        self._ranges = RangeReader(terminology, self._units)
        self._findings = FindingReader(terminology, HcgReader(terminology, self._units, self._ranges), code_map)

    def read(self, concept: str, observation: Json, origin: Origin, subject: Subject = NOBODY) -> list[Fact]:
        """Read one Observation for a concept: facts, or a gap that says why there are none."""
        time, on = time_of(observation)
        sent = observation.get("status")
        # Nearly every result is final.
        if sent != "final" and (status := text(sent)) not in _COUNTS:
            return [_not_counted(concept, status, observation, origin, on)]
        if is_modified_within(observation, "component"):
            return [Gap(concept, origin.path, "modified", on)]
        has_words = not SAYING.isdisjoint(observation)
        meant = self._heard(concept, observation, origin, on, has_words=has_words)
        if isinstance(meant, Gap):
            return [meant]
        concept = meant
        if "component" not in observation:
            read = self._read_value(concept, observation, observation, origin, on, subject)
        else:
            read = [
                fact
                for holder in self._holders(concept, observation)
                for fact in self._read_part(concept, holder, observation, origin, on, subject)
            ]
        days = within(time)
        for fact in read:
            if fact.__class__ in _TIMED:
                # These are not shared yet, so they can be changed in place; a copy would double the time.
                structs.force_setattr(fact, "time", time)
                if days is not None:
                    structs.force_setattr(fact, "within", days)
        return [self._with_note(fact, observation) for fact in read] if has_words else read

    def _with_note(self, fact: Fact, observation: Json) -> Fact:
        """Return a laboratory result with the remark on it; a gap if a normal one is called critical in a note."""
        if not isinstance(fact, LabResult):
            return fact
        of_another = partial(self._other_names.is_another, fact.test)
        if note := self._flags.phoned(fact, observation, of_another):
            said = (("value", fact.as_reported), ("note", note))
            return Gap(fact.test, fact.origin.path, "voided", fact.on, said)
        if remark := self._notes.remark(fact.test, observation):
            structs.force_setattr(fact, "as_reported", f'{fact.as_reported}, "{remark}"')
        return fact

    def _heard(self, concept: str, observation: Json, origin: Origin, on: date | None, *, has_words: bool) -> str | Gap:
        """Return what a result is of by its notes and its name; a gap if these speak against its value."""
        if has_words and (concept in self._measured or concept == "pregnancy-test"):
            is_valued = "dataAbsentReason" not in observation and not _VALUES.isdisjoint(observation)
            if (is_valued or "component" in observation) and (note := self._notes.void(concept, observation)):
                said = (("value", _written_value(observation)), ("note", note))
                return Gap(concept, origin.path, "voided", on, said)
        if concept == "weight" and not _ON_WEIGHT.isdisjoint(observation) and self._notes.is_stated(observation):
            concept = "weight-stated"
        named = _named(observation)
        if "specimen" in observation and concept in self.labs:
            named = f"{named} ; {_specimen(observation)[:LONGEST]}"
        is_panel = "component" in observation and _VALUES.isdisjoint(observation)
        if named and (meant := self._meant(concept, named, is_panel)) != concept:
            if not meant:
                said = (("value", _written_value(observation)), ("name", named[:60]))
                return Gap(concept, origin.path, "named-otherwise", on, said)
            concept = meant
        return concept

    def _read_name(self, concept: str, named: str, is_panel: bool) -> str:  # noqa: FBT001 - cached by its position
        """Return what the name of a result makes of its concept; empty if it names another measurement."""
        if self._other_names.is_another(concept, named, is_panel=is_panel):
            return ""
        return "weight-stated" if concept == "weight" and self._notes.is_stated_name(named) else concept

    def _read_part(
        self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None, subject: Subject
    ) -> list[Fact]:
        """Read the Observation's own value or that of a component, unless its name is of another measurement."""
        named = _named(holder) if holder is not observation else ""
        if named and self._other_names.is_another(concept, named):
            said = (("value", _written_value(holder)), ("name", named[:60]))
            return [Gap(concept, origin.path, "named-otherwise", on, said)]
        return self._read_value(concept, holder, observation, origin, on, subject)

    def _read_value(
        self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None, subject: Subject
    ) -> list[Fact]:
        values = _VALUES.intersection(holder)
        if not values or holder.get("dataAbsentReason"):
            is_panel = holder is observation and ("hasMember" in observation or "component" in observation)
            if is_panel and not holder.get("dataAbsentReason"):
                return []
            written = _written_value(holder).strip("?") if values else ""
            gap = self._flags.missing(concept, holder, observation, written, origin, on)
            if concept == "pregnancy-test" and gap.reason == "flag-alone":
                return [PregnancyTest(None, on, origin, dict(gap.values)["flag"])]
            return [gap]
        if len(values) > 1 and concept != "pregnancy-test":
            # FHIR allows one; which of two is meant is not known.
            said = " / ".join(_written_value({name: holder[name]}) for name in sorted(values))
            return [Gap(concept, origin.path, "value", on, (("value", said[:60]),))]
        if concept == "her2-panel":
            # A panel of in situ hybridization has its results in its members, or a conclusion of its own.
            concept = "her2-ish"
        if concept == "lvef" or concept in _HER2_METHODS:
            holder = with_undated_text(holder, observation, on)
        if concept in self._measured:
            return [self._read_number(concept, holder, origin, on, subject)]
        if concept in _HER2_METHODS:
            return self._read_her2(concept, holder, observation, origin, on)
        if concept in _STAGES:
            return self._read_stage(holder, origin, on)
        if concept in self._site:
            return [read_site_result(concept, holder, on, origin)]
        return self._read_finding(concept, holder, observation, origin, on, subject)

    def _read_finding(
        self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None, subject: Subject
    ) -> list[Fact]:
        if concept == "pregnancy-test":
            return [self._findings.pregnancy_test(holder, on, origin, subject)]
        if concept == "erbb2-mutation":
            found = self._findings.mutation(observation, on, origin)
            return [found] if found is not None else []
        if concept == PREGNANCY_STATE:
            return [*self._pregnancies.read(holder, on, origin)]
        if concept in DATES_OF_PREGNANCY:
            return [*self._pregnancies.read_date(concept, holder, on, origin)]
        if concept in _RECEPTORS:
            return self._read_receptor(_RECEPTORS[concept], holder, origin, on)
        return []

    def named_only(self, observation: Json, origin: Origin) -> Gap | None:
        """Report a result of a test that rules use which its words name, and no code; ``None`` for any other."""
        concept = self._named.concept(observation)
        if concept is None or text(observation.get("status")) not in _COUNTS or observation.get("dataAbsentReason"):
            return None
        if _VALUES.isdisjoint(observation):
            return None
        values = (("value", _written_value(observation)),)
        return Gap(concept, origin.path, "named-only", self.date_of(observation), values)

    def named_lvef(self, observation: Json, origin: Origin) -> Gap | None:
        """Report an ejection fraction, of a result or of a part of it, that only its words name."""
        holder = self._named_lvefs.holder(observation)
        if holder is None:
            return None
        values = (("value", _written_value(holder)),)
        return Gap("lvef", origin.path, "named-only", self.date_of(observation), values)

    def misplaced(self, concept: str, observation: Json, origin: Origin) -> Gap | None:
        """Report a result whose code is under a wrong system; ``None`` for one that does not count."""
        if text(observation.get("status")) not in _COUNTS or observation.get("dataAbsentReason"):
            return None
        holder = next((each for each in _with_parts(observation) if not _VALUES.isdisjoint(each)), observation)
        code = next((each.code for each in codings(observation.get("code")) if each.code), "")
        values = (("value", _written_value(holder)), ("code", code[:20]))
        return Gap(concept, origin.path, "code-system", self.date_of(observation), values)

    def receptors(self, concept: str, observation: Json, origin: Origin) -> list[ReceptorResult]:
        """Read an Observation as a result of a hormone receptor, if its code is for that receptor."""
        if concept not in self.index.concepts([codes_of(holder) for holder in _with_parts(observation)]):
            return []
        return [fact for fact in self.read(concept, observation, origin) if isinstance(fact, ReceptorResult)]

    def _holders(self, concept: str, observation: Json) -> list[Json]:
        """Return the parts with a value: the Observation, and the components that have the code."""
        if "component" not in observation:
            return [observation]
        return [part for part in _with_parts(observation) if concept in self.index.concepts((codes_of(part),))]

    def date_of(self, observation: Json) -> date | None:
        """Return the day of a result: when it was taken, else when it was released."""
        return time_of(observation)[1]

    def _read_number(self, concept: str, holder: Json, origin: Origin, on: date | None, subject: Subject) -> Fact:
        quantity = holder.get("valueQuantity")
        reading = read_quantity(quantity) if quantity.__class__ is dict else self._number_of(holder, concept)
        if reading is None:
            return Gap(concept, origin.path, "value", on, (("value", _written_value(holder)),))
        bound = reading.bound
        if bound is None:
            return Gap(concept, origin.path, "comparator", on, (("value", reading.as_reported[:40]),))
        if bound is Bound.EXACT and reading.upper is None and "interpretation" in holder:
            bound = self._flags.bound(holder)
            if bound is not Bound.EXACT:
                written = f"{bound.sign} {reading.as_reported}"
                reading = structs.replace(reading, bound=bound, as_reported=written)
        unit = self._unit_of(concept, reading, quantity)
        reported = reading.upper if concept in self.harmful_when_high and reading.upper is not None else reading.value
        if unit.factor is None:
            return self._in_unknown_unit(concept, (reading, reported, unit), holder, origin, on, subject)
        value = reported * unit.factor
        known = self._terminology.concepts[concept]
        gate = known.plausible
        if gate is not None and not gate[0] <= value <= gate[1] and (bound is Bound.EXACT or value <= 0):
            return Gap(concept, origin.path, "implausible", on, (("value", reading.as_reported),))
        if concept in ("weight", "weight-stated"):
            if bound is not Bound.EXACT:
                return Gap(concept, origin.path, "value", on, (("value", reading.as_reported),))
            return Weight(Kg(value), on, origin, stated=concept == "weight-stated")
        if concept == "lvef":
            return self._lvef(_Measured(value, reading, unit), holder, origin, on, subject)
        return self._lab(concept, _Measured(value, reading, unit), holder, origin, on, subject)

    def _lvef(self, measured: _Measured, holder: Json, origin: Origin, on: date | None, subject: Subject) -> Fact:
        value, reading, unit = measured
        ranges, factor = holder.get("referenceRange"), unit.factor or Decimal(1)
        normal = self._ranges.low(ranges, "lvef", unit, subject, on) if ranges else None
        if "interpretation" in holder and (flag := self._flags.against("lvef", holder, value, normal, None)):
            return Gap("lvef", origin.path, "flagged", on, (("value", reading.as_reported), ("flag", flag)))
        limit = Percent(normal) if normal is not None else None
        end = Percent(reading.upper * factor) if reading.upper is not None else None
        return Lvef(Percent(value), on, origin, reading.as_reported, limit, reading.bound or Bound.EXACT, upper=end)

    def _lab(
        self, concept: str, measured: _Measured, holder: Json, origin: Origin, on: date | None, subject: Subject
    ) -> Fact:
        value, reading, unit = measured
        ranges, known = holder.get("referenceRange"), self._terminology.concepts[concept]
        upper = self._ranges.high(ranges, concept, unit, subject, on) if ranges else None
        if upper is None and ranges:
            lowest = self._ranges.lowest_high(ranges, concept, unit, subject, on)
            upper = lowest if lowest is not None and value <= lowest and reading.bound is Bound.EXACT else None
        if "interpretation" in holder:
            lower = self._ranges.low(ranges, concept, unit, subject, on) if ranges else None
            if flag := self._flags.against(concept, holder, value, lower, upper):
                return Gap(concept, origin.path, "flagged", on, (("value", reading.as_reported), ("flag", flag)))
        limits = known.plausible_limit
        if upper is not None and limits is not None and not limits[0] <= upper <= limits[1]:
            # A limit in another unit than the result, or a slipped decimal, would make any result look normal.
            upper = None
        bound = reading.bound or Bound.EXACT
        found = LabResult(concept, value, known.unit or "", on, origin, reading.as_reported, upper, bound)
        if upper is not None and unit.factor is not None and unit.factor != 1:
            structs.force_setattr(found, "limit_as_reported", upper / unit.factor)
        return found

    def _number_of(self, holder: Json, concept: str) -> Reading | None:
        """Read a value other than a quantity: the lower end of a range, an integer, or a text with number and unit."""
        value_range = child(holder, "valueRange")
        if value_range:
            return _of_range(child(value_range, "low"), child(value_range, "high"))
        if concept == "lvef" and (ratio := child(holder, "valueRatio")):
            return _share_of(ratio)
        whole = number(holder.get("valueInteger"))
        if whole is not None:
            return Reading(whole, "", "", Bound.EXACT, str(whole))
        written = text(holder.get("valueString")) or text(child(holder, "valueCodeableConcept").get("text"))
        if concept == "lvef":
            return self._ejection_fraction(holder, written)
        if len(written) > LONGEST:
            return None
        plain = written.strip(" :=")
        return self._in_two_units(concept, plain) or read_amount(plain) or self._plausible(concept, plain)

    def _plausible(self, concept: str, written: str) -> Reading | None:
        """Read a number that may be one of thousands, or one with decimals, where only one of the two is plausible."""
        gate, both = self._terminology.concepts[concept].plausible, in_thousands(written)
        if gate is None or both is None or (factor := self._units.factor(concept, "", both[0].unit)) is None:
            return None
        fitting = [each for each in both if gate[0] <= each.value * factor <= gate[1]]
        return fitting[0] if len(fitting) == 1 else None

    def _in_two_units(self, concept: str, written: str) -> Reading | None:
        """Read an amount in two units of one kind as one in the canonical unit."""
        parts = in_two_units(written)
        if parts is None:
            return None
        factors = [self._units.factor(concept, "", each.unit) for each in parts]
        if factors[0] is None or factors[1] is None or parts[1].value * factors[1] >= factors[0]:
            return None
        total = parts[0].value * factors[0] + parts[1].value * factors[1]
        unit = self._terminology.concepts[concept].unit or ""
        return structs.replace(parts[0], value=total, unit=unit, as_reported=" ".join(written.split())[:40])

    def _ejection_fraction(self, holder: Json, written: str) -> Reading | None:
        """Read an ejection fraction from a value's text or display."""
        written = written or next(iter(texts(holder.get("valueCodeableConcept"))), "")
        found = read_lvef_text(written, self._terminology.lvef_in_words) if written else None
        if not isinstance(found, LvefStated):
            return None
        as_reported = " ".join(written.split())[:60]
        return Reading(found.value, "%" if found.in_percent else "", "", found.bound, as_reported, found.upper)

    def _unit_of(self, concept: str, reading: Reading, quantity: Any) -> Unit:
        """Return the unit of a number, with the UCUM code from a site's code map for a local unit."""
        factor = self._units.factor(concept, reading.code, reading.unit)
        if factor is not None:
            return Unit(reading.code, reading.unit, factor)
        if self._code_map and isinstance(quantity, dict):
            local = [*self._code_map.standard(text(quantity.get("system")), reading.code)]
            local += self._code_map.standard("", reading.unit)
            factors = {self._units.factor(concept, each.code, "") for each in local if each.system == "ucum"}
            factor = factors.pop() if len(factors) == 1 else None
        if factor is None and concept == "lvef" and not reading.code and not reading.unit:
            factor = Decimal(100) if reading.value <= 1 else Decimal(1)
        return Unit(reading.code, reading.unit, factor)

    def _in_unknown_unit(
        self,
        concept: str,
        number: tuple[Reading, Decimal, Unit],
        holder: Json,
        origin: Origin,
        on: date | None,
        subject: Subject,
    ) -> Fact:
        """Read a result in an unknown unit: as a multiple of its upper limit, if that is in the same unit.

        "6 x ULN" is such a multiple itself.
        """
        reading, reported, unit = number
        is_multiple = concept in self.harmful_when_high and fold(reading.unit or reading.code) in self._times_normal
        if is_multiple and reading.bound is not None:
            one = Decimal(1)
            return LabResult(concept, reported, TIMES_LIMIT, on, origin, reading.as_reported, one, reading.bound)
        ranges = holder.get("referenceRange")
        upper = (
            self._ranges.high(ranges, concept, unit, subject, on)
            if concept in self.harmful_when_high and ranges
            else None
        )
        if upper is None or reading.bound is None or self._units.is_known(reading.code, reading.unit):
            reason = "unit-unknown" if reading.code or reading.unit else "unit-missing"
            return Gap(concept, origin.path, reason, on, (("value", reading.as_reported[:40]),))
        written = (reading.unit or reading.code)[:20]
        return LabResult(concept, reported, written, on, origin, reading.as_reported, upper, reading.bound)

    def _read_her2(self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None) -> list[Fact]:
        specimen = reference(observation.get("specimen")) or text(child(observation, "bodySite").get("text")) or None
        tumor = self._tumor_alone(observation.get("code"))
        value = {name: holder[name] for name in HER2_VALUES if name in holder}
        remarks = {name: observation[name] for name in HER2_REMARKS if name in observation}
        if "interpretation" in holder:
            remarks["interpretation"] = holder["interpretation"]
        found: list[Fact] = []
        for stated in self._her2_alone({"value": value, "remarks": remarks}, concept):
            if stated.finding is None:
                return [Gap(concept, origin.path, "value", on, (("value", stated.as_reported),))]
            found.append(
                Her2Result(
                    stated.method or _HER2_METHODS[concept],
                    stated.finding,
                    on,
                    origin,
                    stated.as_reported,
                    specimen,
                    stated.conflict,
                    stated.by_copies,
                    tumor,
                    stated.by_ratio,
                )
            )
        return found

    def _her2_of(self, said: Json, concept: str) -> list[Her2Reading]:
        return self._her2.of_result(concept, said["value"], said["remarks"], self._code_map)

    def _receptor_of(self, value: Json) -> Her2Reading:
        return self._her2.read("receptor", value, self._code_map)[0]

    def _tumor_of(self, code: Any) -> Cancer | None:
        """Return the cancer for the organ in the code."""
        codes = (coding.code for coding in codings(code, self._code_map))
        return next((self._tumors[code] for code in codes if code in self._tumors), None)

    def _read_stage(self, holder: Json, origin: Origin, on: date | None) -> list[Fact]:
        """Read a stage group or a category of distant metastasis; nothing if it implies neither setting."""
        coded = child(holder, "valueCodeableConcept")
        written = text(holder.get("valueString"))
        setting = self._stages.of_text(written) if written else self._stages.of_stage(coded)
        if setting is None:
            return []
        label = written or next(iter(texts(coded)), "") or next((coding.code for coding in codings(coded)), "")
        return [Staging(setting, label[:80], on, origin)]

    def _read_receptor(self, receptor: Receptor, holder: Json, origin: Origin, on: date | None) -> list[Fact]:
        """Read a hormone receptor; nothing if it is neither clearly positive nor negative."""
        stated = self._receptor_alone({name: holder[name] for name in HER2_VALUES if name in holder})
        if stated.conflict or stated.finding not in (Her2Finding.POSITIVE, Her2Finding.NEGATIVE):
            return []
        return [ReceptorResult(stated.finding is Her2Finding.POSITIVE, on, origin, receptor)]


_TIMED = frozenset({Weight, Lvef, LabResult, PregnancyTest, Mutation, SiteResult})
Fact = (
    Weight
    | Lvef
    | LabResult
    | Her2Result
    | ReceptorResult
    | PregnancyTest
    | PresentProblem
    | Mutation
    | Staging
    | SiteResult
    | Gap
)


def _with_parts(observation: Json) -> list[Json]:
    return [observation, *(part for _, part in objects(observation.get("component")))]


def _of_range(low: Json, high: Json) -> Reading | None:
    """Read a range; where FHIR has no other end, it goes on without limit."""
    reading = read_quantity(low or high)
    if reading is None or reading.bound is not Bound.EXACT:
        return None
    if not (low and high):
        bound = Bound.AT_LEAST if low else Bound.AT_MOST
        return structs.replace(reading, bound=bound, as_reported=f"{bound.sign}{reading.as_reported}")
    upper = number(high.get("value"))
    if upper is None or upper < reading.value:
        return None
    written = f"{reading.value}-{upper} {reading.unit or reading.code}".strip()
    return structs.replace(reading, as_reported=written, upper=upper)


def _share_of(ratio: Json) -> Reading | None:
    """Read an ejection fraction as a ratio of two numbers without a unit: 55 to 100."""
    above, below = (read_quantity(child(ratio, name)) for name in ("numerator", "denominator"))
    if above is None or below is None or {above.bound, below.bound} != {Bound.EXACT}:
        return None
    if not 0 < above.value <= below.value or above.unit != below.unit or above.code != below.code:
        return None
    return Reading(above.value / below.value, "", "", Bound.EXACT, f"{above.value}:{below.value}")


def _specimen(observation: Json) -> str:
    """Return the name of the specimen: its display, and the type of one that is contained."""
    specimen = child(observation, "specimen")
    place, names = text(specimen.get("reference")), [text(specimen.get("display"))]
    if place.startswith("#"):
        for _, each in objects(observation.get("contained")):
            if place == f"#{each.get('id')}":
                names += texts(each.get("type"))
    return " ; ".join(names)


def _named(observation: Json) -> str:
    """Return the name of a result in words, with its body site; cut, as names are short."""
    code = observation.get("code")
    named: list[Any] = []
    if code.__class__ is dict:
        coded = code.get("coding")
        if coded.__class__ is list and len(coded) == 1 and coded[0].__class__ is dict and "bodySite" not in observation:
            # Fast path for most results: one code with its display.
            written, display = code.get("text"), coded[0].get("display")
            if written.__class__ is str and display.__class__ is str:
                return f"{written} ; {display}"[:200]
        if "text" in code:
            named.append(code["text"])
        if coded.__class__ is list:
            named += [each["display"] for each in coded if each.__class__ is dict and "display" in each]
    if "bodySite" in observation:
        named += texts(observation["bodySite"])
    return " ; ".join(each for each in named if each.__class__ is str)[:200] if named else ""


def _written_value(holder: Json) -> str:
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict) and quantity:
        parts = (shown(quantity[name]) for name in ("comparator", "value", "unit") if quantity.get(name) is not None)
        return " ".join(parts)[:40] or "?"
    concept = child(holder, "valueCodeableConcept")
    display = next((c.display for c in codings(concept) if c.display), "")
    return (text(holder.get("valueString")) or text(concept.get("text")) or display or "?")[:40]


def _has_value(observation: Json) -> bool:
    return any(not _VALUES.isdisjoint(each) for each in _with_parts(observation))


def _not_counted(concept: str, status: str, observation: Json, origin: Origin, on: date | None) -> Gap:
    """Report a result that its status keeps from counting; a status that FHIR does not define is ignored.

    A value whose sender does not know its status may be the newest result. Without a value the test is under way.
    """
    if not status or (status == "unknown" and _has_value(observation)):
        return Gap(concept, origin.path, "no-status", on)
    said = ("status", status[:LONGEST_STATUS])
    if status in _COUNTS_NOT:
        return Gap(concept, origin.path, "status", on, (said,))
    holder = next((each for each in _with_parts(observation) if not _VALUES.isdisjoint(each)), observation)
    return Gap(concept, origin.path, "result-status-unknown", on, (("value", _written_value(holder)), said))
