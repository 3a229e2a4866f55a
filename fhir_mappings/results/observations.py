"""Reads Observations as measured facts: selected by code, and read strictly.

A result counts if it is final, amended or corrected. One that could not be read becomes a gap with its place; so does
one that does not count, so that a card can say why there is "none".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import structs

from cards.facts.origins import Gap, Origin
from cards.facts.patient import PresentProblem, Staging
from cards.facts.results import (
    Her2Finding,
    Her2Method,
    Her2Result,
    LabResult,
    Lvef,
    Mutation,
    PregnancyTest,
    Receptor,
    ReceptorResult,
    ResultTime,
    SiteResult,
    Weight,
)
from cards.knowledge.schema import About, Kind
from cards.values.text_cache import cached_by_key
from cards.values.texts import CUT
from fhir_mappings.codings import NO_CODE_MAP, CodeMap, codings, texts
from fhir_mappings.patient.nyha_classes import CONCEPT as NYHA_CLASS
from fhir_mappings.patient.nyha_classes import read_class
from fhir_mappings.patient.staging import StageReader
from fhir_mappings.results.amounts import LONGEST
from fhir_mappings.results.concept_index import COMBINATIONS, ConceptIndex
from fhir_mappings.results.findings import FindingReader
from fhir_mappings.results.hcg_amounts import HcgReader
from fhir_mappings.results.her2_remarks import is_of_another_test
from fhir_mappings.results.her2_values import HER2_VALUES, Her2Vocabulary, said_beside
from fhir_mappings.results.measured_numbers import NumberReader
from fhir_mappings.results.measurement_units import UnitReader
from fhir_mappings.results.named_her2 import NamedHer2Reader
from fhir_mappings.results.named_lvef import NamedLvefReader
from fhir_mappings.results.named_results import NamedResults, with_parts
from fhir_mappings.results.other_names import OtherNameReader
from fhir_mappings.results.own_dates import with_undated_text
from fhir_mappings.results.pregnancy_states import CONCEPT as PREGNANCY_STATE
from fhir_mappings.results.pregnancy_states import DATES as DATES_OF_PREGNANCY
from fhir_mappings.results.pregnancy_states import PregnancyStateReader
from fhir_mappings.results.reference_ranges import NOBODY, RangeReader
from fhir_mappings.results.report_texts import ReportReader
from fhir_mappings.results.result_flags import ResultFlags
from fhir_mappings.results.result_names import name_of, specimen_name
from fhir_mappings.results.result_notes import WEIGHED, ResultNotes, notes, speaks
from fhir_mappings.results.site_results import read_site_result
from fhir_mappings.results.written_values import VALUES, has_strange_value, written_value
from fhir_mappings.wire.bare_texts import with_concepts
from fhir_mappings.wire.cached_json import CachedByJson
from fhir_mappings.wire.lenient import child, objects, reference, text
from fhir_mappings.wire.modifiers import is_modified_within
from fhir_mappings.wire.note_statements import never
from fhir_mappings.wire.shapes import LONGEST_PART
from fhir_mappings.wire.statuses import COUNTED, may_count
from fhir_mappings.wire.stubs import codes_of
from fhir_mappings.wire.times import WHOLE_DAY, latest_day, time_of, within

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from cards.knowledge.schema import Cancer, Terminology
    from fhir_mappings.results.her2_values import Her2Reading
    from fhir_mappings.results.reference_ranges import Subject
    from fhir_mappings.wire.lenient import Json

_ALONE, _BESIDE = VALUES, frozenset({"valueQuantity"})
_NOTES = frozenset({"note", "comment", "comments"})
_OF_VALUES = ("referenceRange", "interpretation")
_NOT_YET_FINAL = frozenset({"registered", "preliminary"})
_COUNTS_NOT = frozenset({"registered", "preliminary", "cancelled", "entered-in-error", "unknown"})
LONGEST_STATUS = 40
_HER2_METHODS = {
    "her2-ihc": Her2Method.IHC,
    "her2-immunoassay": Her2Method.INTERPRETATION,
    "her2-interpretation": Her2Method.INTERPRETATION,
    "her2-ish": Her2Method.ISH,
    "her2-ish-ratio": Her2Method.ISH,
    "her2-copy-number": Her2Method.ISH,
}
_MADE_BY = frozenset({"weight", "lvef"})
"""The measurements that their method may make another one."""
_ANSWERED = frozenset({"pregnancy-test", "erbb2-mutation"})
_OF_HER2 = (About.RESULT, About.HER2)
_POSITIVE = frozenset({Her2Finding.POSITIVE, Her2Finding.IHC_3})
_EQUIVOCAL = frozenset({Her2Finding.IHC_2, Her2Finding.EQUIVOCAL})
_SHORT_NOTE = 40
_RECEPTORS = {"er-status": Receptor.ESTROGEN, "pr-status": Receptor.PROGESTERONE}
_STAGES = frozenset({"stage-group", "metastasis-category"})


class NotFinal(NamedTuple):
    """A preliminary result, of a kind that is told where a rule would speak of it."""

    result: LabResult | Lvef | PregnancyTest | Weight

    @property
    def on(self) -> date | None:
        """Its day."""
        return self.result.on


class ObservationReader:
    """Reads the Observations of one chart."""

    def __init__(
        self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP, stages: StageReader | None = None
    ) -> None:
        """Prepare the indexes; one reader serves every request."""
        self._stages = stages or StageReader(terminology, code_map)
        self.index = ConceptIndex(terminology, code_map)
        self.labs = frozenset(terminology.of_kind(Kind.LABORATORY))
        """The tests for which only the newest result counts."""
        self._site = frozenset(terminology.of_kind(Kind.SITE))
        self._telling = self.labs | {"lvef", "pregnancy-test", "weight"}
        self._measured = self.labs.union(terminology.of_kind(Kind.MEASUREMENT))
        self.harmful_when_high = terminology.harmful_when_high
        """Of several such results, the higher one counts; of every other measurement the lower."""
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
        self._notes = ResultNotes(terminology)
        self.flags = ResultFlags(terminology)
        self._pregnancies = PregnancyStateReader(terminology)
        self.reports = ReportReader(terminology)
        self._other_names = OtherNameReader(terminology)
        self.named_her2 = NamedHer2Reader(self._her2, self._other_names, code_map)
        self._named_lvefs = NamedLvefReader(self._other_names)
        self._meant = cached_by_key(COMBINATIONS)(self._read_name)
        units = UnitReader(terminology)
        self.named = NamedResults(terminology, self.index, units, self.flags, self._other_names)
        ranges = RangeReader(terminology, units)
        self.numbers = NumberReader(terminology, units, ranges, self.flags, code_map)
        self.findings = FindingReader(terminology, HcgReader(terminology, units, ranges), code_map)

    def read(self, concept: str, observation: Json, origin: Origin, subject: Subject = NOBODY) -> list[Fact]:
        """Read one Observation for a concept: facts, or a gap that says why there are none."""
        observation = with_concepts(observation)
        time, on = time_of(observation)
        if on is not None and subject.birth_date is not None and on < subject.birth_date:
            # What systems write for a day that they do not know, such as 1900-01-01.
            time, on = ResultTime("", time.issued, time.corrected), None
        read = self._read_of_day(concept, observation, time, on, origin, subject)
        if any(isinstance(fact, Gap) for fact in read) and (latest := latest_day(time, on)) is not None:
            for fact in read:
                if isinstance(fact, Gap):
                    structs.force_setattr(fact, "latest", latest)
        return read

    def _read_of_day(
        self, concept: str, observation: Json, time: ResultTime, on: date | None, origin: Origin, subject: Subject
    ) -> list[Fact]:
        sent = observation.get("status")
        # Nearly every result is final.
        if sent != "final" and (status := text(sent)) not in COUNTED:
            not_counted = _not_counted(concept, status, observation, origin, on)
            if not_counted.reason != "preliminary" or concept not in self._telling:
                return [not_counted]
            read = self.read(concept, {**observation, "status": "final"}, origin, subject)
            told = [NotFinal(each) for each in read if isinstance(each, _TELLING)]
            return [not_counted, *told]
        if is_modified_within(observation, "component"):
            return [Gap(concept, origin.path, "modified", on)]
        has_words = "component" in observation or speaks(observation)
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
        days = within(time) if len(time.taken) < WHOLE_DAY else None
        for fact in read:
            if fact.__class__ in _TIMED:
                # These are not shared yet, so they can be changed in place; a copy would double the time.
                structs.force_setattr(fact, "time", time)
                if days is not None:
                    structs.force_setattr(fact, "within", days)
        return [self._with_note(fact, observation) for fact in read] if has_words else read

    def _with_note(self, fact: Fact, observation: Json) -> Fact:
        """Return a laboratory result with the remark on it; a gap if a note calls a normal one abnormal."""
        if not isinstance(fact, LabResult):
            return fact
        of_another = partial(self._other_names.is_another, fact.test)
        note = self.flags.phoned(fact, observation, of_another)
        if not note and self.flags.is_normal(fact.test, fact.value, fact.upper_limit):
            note = self._notes.against_normal(fact.test, observation)
        if note:
            said = (("value", fact.as_reported), ("note", note))
            return Gap(fact.test, fact.origin.path, "voided", fact.on, said)
        if remark := self._notes.remark(fact.test, observation):
            structs.force_setattr(fact, "as_reported", f'{fact.as_reported}, "{remark}"')
        return fact

    def _heard(self, concept: str, observation: Json, origin: Origin, on: date | None, *, has_words: bool) -> str | Gap:
        """Return what a result is of by its notes and its name; a gap if these speak against its value."""
        if has_words and (concept in self._measured or concept in _ANSWERED):
            is_valued = "dataAbsentReason" not in observation and not VALUES.isdisjoint(observation)
            if (is_valued or "component" in observation) and (gap := self._voided(concept, observation, origin, on)):
                return gap
            for note in notes(observation):
                if len(note) <= _SHORT_NOTE and self._other_names.is_only_another(concept, note):
                    return self._named_otherwise(concept, observation, note, origin, on)
        if (
            concept == "weight"
            and (has_words or not WEIGHED.isdisjoint(observation))
            and self._notes.is_stated(observation)
        ):
            concept = "weight-stated"
        named = name_of(observation)
        if "specimen" in observation and (concept in self.labs or concept in _HER2_METHODS):
            named = f"{named} ; {specimen_name(observation)[:LONGEST]}"
        if "method" in observation and concept in _MADE_BY:
            named = " ; ".join((named, *texts(observation["method"])))[:200]
        is_panel = "component" in observation and VALUES.isdisjoint(observation)
        if named and (meant := self._meant(concept, named, is_panel)) != concept:
            if not meant:
                return self._named_otherwise(concept, observation, named, origin, on)
            concept = meant
        return concept

    def _voided(
        self,
        concept: str,
        observation: Json,
        origin: Origin,
        on: date | None,
        is_of_another: Callable[[str], bool] = never,
        about: tuple[About, ...] = (),
    ) -> Gap | None:
        """Return a gap if a note says that the value is void; ``is_of_another`` as for ``ResultNotes.void``."""
        note = self._notes.void(concept, observation, is_of_another, about)
        said = (("value", self._written(concept, observation)), ("note", note))
        return Gap(concept, origin.path, "note-cut" if note == CUT else "voided", on, said) if note else None

    def _named_otherwise(self, concept: str, observation: Json, named: str, origin: Origin, on: date | None) -> Gap:
        said = (("value", self._written(concept, observation)), ("name", named[:60]))
        return Gap(concept, origin.path, "named-otherwise", on, said)

    def read_in_part(self, concept: str, observation: Json, path: str, part: str) -> Gap:
        """Report a result of which a part has another JSON type than in FHIR, as ``misshapen`` names it."""
        values = ("value", self._written(concept, observation)), ("part", part[:LONGEST_PART])
        return Gap(concept, path, "result-misshapen", self.date_of(observation), values)

    def _written(self, concept: str, observation: Json) -> str:
        """Return the value of a result, or of the part that is about a concept, as it was sent."""
        if not VALUES.isdisjoint(observation):
            return written_value(observation)
        return written_value(next(iter(self._holders(concept, observation)), observation))

    def _read_name(self, concept: str, named: str, is_panel: bool) -> str:  # noqa: FBT001 - cached by its position
        """Return what the name of a result makes of its concept; empty if it names another measurement."""
        if self._other_names.is_another(concept, named, is_panel=is_panel):
            return ""
        return "weight-stated" if concept == "weight" and self._notes.is_stated_name(named) else concept

    def _read_part(
        self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None, subject: Subject
    ) -> list[Fact]:
        """Read the Observation's own value or that of a component, unless its name is of another measurement."""
        named = name_of(holder) if holder is not observation else ""
        if named and self._other_names.is_another(concept, named):
            said = (("value", written_value(holder)), ("name", named[:60]))
            return [Gap(concept, origin.path, "named-otherwise", on, said)]
        return self._read_value(concept, holder, observation, origin, on, subject)

    def _read_value(
        self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None, subject: Subject
    ) -> list[Fact]:
        values = VALUES.intersection(holder)
        if holder is not observation and not _NOTES.isdisjoint(observation):
            holder = {**{name: observation[name] for name in _NOTES & observation.keys()}, **holder}
        if not values or holder.get("dataAbsentReason"):
            is_panel = holder is observation and ("hasMember" in observation or self._has_parts(concept, observation))
            if is_panel and not holder.get("dataAbsentReason"):
                return []
            written = written_value(holder).strip("?") if values else ""
            gap = self.flags.missing(concept, holder, observation, written, origin, on)
            if concept == "pregnancy-test" and gap.reason == "flag-alone":
                return [PregnancyTest(None, on, origin, dict(gap.values)["flag"])]
            return [gap]
        if len(values) > 1 and concept != "pregnancy-test":
            # FHIR allows one; which of two is meant is not known.
            said = " / ".join(written_value({name: holder[name]}) for name in sorted(values))
            return [Gap(concept, origin.path, "value", on, (("value", said[:60]),))]
        if concept == "her2-panel":
            # A panel of in situ hybridization has its results in its members, or a conclusion of its own.
            concept = "her2-ish"
        if concept == "lvef" or concept in _HER2_METHODS:
            holder = with_undated_text(holder, observation, on)
        if concept in self._measured:
            return [self.numbers.read(concept, holder, origin, on, subject)]
        if concept in _HER2_METHODS:
            return self._read_her2(concept, holder, observation, origin, on)
        if concept in _STAGES:
            return self._read_stage(holder, origin, on)
        if concept in self._site:
            return [read_site_result(concept, holder, on, origin)]
        return self._read_finding(concept, holder, observation, origin, on, subject)

    def _has_parts(self, concept: str, observation: Json) -> bool:
        """Return whether the result may stand in a part; a measurement does only in one that holds it."""
        if concept in self._measured:
            return len(self._holders(concept, observation)) > 1
        return observation.get("component") is not None

    def _read_finding(
        self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None, subject: Subject
    ) -> list[Fact]:
        if concept == "pregnancy-test":
            return [self.findings.pregnancy_test(holder, on, origin, subject)]
        if concept == "erbb2-mutation":
            found = self.findings.mutation(observation, on, origin)
            return [found] if found is not None else []
        if concept == NYHA_CLASS:
            return [read_class(holder, on, origin)]
        if concept == PREGNANCY_STATE:
            return [*self._pregnancies.read(holder, on, origin)]
        if concept in DATES_OF_PREGNANCY:
            return [*self._pregnancies.read_date(concept, holder, on, origin)]
        if concept in _RECEPTORS:
            return self._read_receptor(_RECEPTORS[concept], holder, origin, on)
        return []

    def named_lvef(self, observation: Json, origin: Origin) -> Gap | None:
        """Report an ejection fraction, of a result or of a part of it, that only its words name."""
        holder = self._named_lvefs.holder(observation)
        if holder is None:
            return None
        values = (("value", written_value(holder)),)
        return Gap("lvef", origin.path, "named-only", self.date_of(observation), values)

    def misplaced(self, concept: str, observation: Json, origin: Origin) -> Gap | None:
        """Report a result whose code is under a wrong system, or disputed by another; ``None`` if it does not count."""
        holder = next((each for each in with_parts(observation) if not VALUES.isdisjoint(each)), None)
        time, on = time_of(observation)
        if not may_count(observation) or (holder is None and text(observation.get("status")) not in COUNTED):
            return self.flags.withheld(concept, observation, origin, on)
        value, days = ("value", written_value(holder or observation)), within(time)
        latest = days[1] if days is not None else None
        coded = [each for each in codings(observation.get("code")) if each.code]
        if self.index.look((codes_of(observation),)).never_counts:
            named = next((each.display or each.code for each in coded if self.index.is_never(each)), "")
            return Gap(concept, origin.path, "named-otherwise", on, (value, ("name", named[:60])), latest)
        code = next((each.code for each in coded), "")
        return Gap(concept, origin.path, "code-system", on, (value, ("code", code[:20])), latest)

    def receptors(self, concept: str, observation: Json, origin: Origin) -> list[ReceptorResult]:
        """Read an Observation as a result of a hormone receptor, if its code is for that receptor."""
        if concept not in self.index.concepts([codes_of(holder) for holder in with_parts(observation)]):
            return []
        return [fact for fact in self.read(concept, observation, origin) if isinstance(fact, ReceptorResult)]

    def _holders(self, concept: str, observation: Json) -> list[Json]:
        """Return the parts with a value: the Observation, and the components that have the code.

        A component of a result of the concept may hold its value under the name "Result".
        """
        if "component" not in observation:
            return [observation]
        found = [part for part in with_parts(observation) if concept in self.index.concepts((codes_of(part),))]
        if found and found[0] is observation:
            inherited = {name: observation[name] for name in _OF_VALUES if name in observation}
            # Beside a value of its own, a text may be anything.
            values = _ALONE if VALUES.isdisjoint(observation) else _BESIDE
            found += [
                inherited | part
                for _, part in objects(observation["component"])
                if (not values.isdisjoint(part) or has_strange_value(part)) and self.named.is_nameless(part)
            ]
        return found

    def date_of(self, observation: Json) -> date | None:
        """Return the day of a result: when it was taken, else when it was released."""
        return time_of(observation)[1]

    def _read_her2(self, concept: str, holder: Json, observation: Json, origin: Origin, on: date | None) -> list[Fact]:
        specimen = reference(observation.get("specimen")) or text(child(observation, "bodySite").get("text")) or None
        tumor = self._tumor_alone(observation.get("code"))
        value = {name: holder[name] for name in HER2_VALUES if name in holder}
        remarks = said_beside(observation)
        if "interpretation" in holder:
            remarks["interpretation"] = holder["interpretation"]
        found: list[Fact] = []
        is_contradicted, is_equivocal, is_positive = False, True, True
        for stated in self._her2_alone({"value": value, "remarks": remarks}, concept):
            if stated.finding is None:
                return [Gap(concept, origin.path, "value", on, (("value", stated.as_reported),))]
            is_contradicted = is_contradicted or stated.conflict
            is_equivocal = is_equivocal and stated.finding in _EQUIVOCAL
            is_positive = is_positive and stated.finding in _POSITIVE
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
        # A note that contradicts the value is heard with it.
        is_heard = is_contradicted or not ("component" in observation or speaks(observation))
        is_other = partial(is_of_another_test, is_equivocal=is_equivocal)
        about = (*_OF_HER2, About.HER2_POSITIVE) if is_positive else _OF_HER2
        gap = None if is_heard else self._voided(concept, observation, origin, on, is_other, about)
        return found if gap is None else [gap]

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


_TELLING = (LabResult, Lvef, PregnancyTest, Weight)
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
    | NotFinal
    | Gap
)


def _not_counted(concept: str, status: str, observation: Json, origin: Origin, on: date | None) -> Gap:
    """Report a result that its status keeps from counting; a status that FHIR does not define is ignored.

    A value whose sender does not know its status may be the newest result. Without a value the test is under way; with
    one it is preliminary, even where the status says that there is no result yet.
    """
    holder = next((each for each in with_parts(observation) if not VALUES.isdisjoint(each)), None)
    value, said = ("value", written_value(holder or observation)), ("status", status[:LONGEST_STATUS])
    if not status or (status == "unknown" and holder is not None):
        return Gap(concept, origin.path, "result-no-status" if holder else "no-status", on, (value,) if holder else ())
    if status in _NOT_YET_FINAL and holder is not None:
        return Gap(concept, origin.path, "preliminary", on, (value,))
    if status in _COUNTS_NOT:
        return Gap(concept, origin.path, "status", on, (said,))
    return Gap(concept, origin.path, "result-status-unknown", on, (value, said))
