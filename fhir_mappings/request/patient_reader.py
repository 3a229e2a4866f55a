"""Reads the patient's chart from the answers to all queries: selected by type and code, each fact with its origin.

Another patient's data are never used; what cannot be read is recorded as a gap with its place.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from cards.facts.origins import Gap, Origin
from cards.facts.outcomes import FAILED
from cards.facts.patient import Patient, TreatmentState
from cards.facts.results import CodedHer2, LabResult
from cards.values.calendar_months import days_after
from fhir_mappings.codings import says_something
from fhir_mappings.medications.possible_doses import MAY_BE_DOSES, possible_dose
from fhir_mappings.medications.releases import with_r4_drug
from fhir_mappings.medications.treatments import KINDS, TreatmentReader
from fhir_mappings.patient.named_elsewhere import KINDS as ELSEWHERE
from fhir_mappings.request.chart_draft import Draft, OnFailure
from fhir_mappings.request.chart_parts import assembled
from fhir_mappings.request.chart_source import UNKNOWN_SOURCE, ChartSource
from fhir_mappings.request.incomplete_lists import gaps_of_lists
from fhir_mappings.request.named_in_words import add_named_in_words, half_a_year_before
from fhir_mappings.request.variant_assessments import settle_variants
from fhir_mappings.request.versions import replaced
from fhir_mappings.results.observations import LONGEST_STATUS
from fhir_mappings.results.reference_ranges import NOBODY, Subject
from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.lenient import day, text
from fhir_mappings.wire.modifiers import is_modified_within
from fhir_mappings.wire.references import References
from fhir_mappings.wire.shapes import gap_of_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cards.facts.patient import Treatment
    from fhir_mappings.patient.conditions import ConditionReader
    from fhir_mappings.request.prefetch import Answer
    from fhir_mappings.results.observations import Fact, ObservationReader
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.resources import ResourceList
    from fhir_mappings.wire.stubs import ResourceStub

_NEVER = date.max.isoformat()
_DAY = attrgetter("day")
_is_whole = re.compile(r"\d{4}-\d\d-\d\d").fullmatch
"""Whether a day as written is year, month and day; another form, such as 11/28/2026, sorts anywhere."""
_YES = frozenset({"true", "yes", "y", "1"})
_REFERRED_TO = frozenset({"Patient", "Medication", "MedicationRequest"})
_VARIANT = "erbb2-mutation"
# What a resource is about, for those that are not used where something may change their meaning.
_MODIFIED_AS = {"Condition": "diagnosis", "Patient": "patient", **dict.fromkeys(KINDS, "treatment")}
_NARRATIVE_TYPES = frozenset({"Observation", "DiagnosticReport", "DocumentReference"})
OF_CHARTS = frozenset({"Condition", "MedicationAdministration", *_NARRATIVE_TYPES, *MAY_BE_DOSES, *ELSEWHERE})
"""The resources that say something of the patient and are no orders."""


class PatientReader:
    """Reads charts; one reader serves every request."""

    def __init__(
        self,
        observations: ObservationReader,
        conditions: ConditionReader,
        treatments: TreatmentReader,
        ended_by_results: frozenset[str] = frozenset(),
        on_failure: OnFailure | None = None,
    ) -> None:
        """Keep the readers of each resource type.

        ``ended_by_results`` are the products that a laboratory result ends at any time, not the newest alone.
        ``on_failure`` hears of an error in reading a resource or a part of the chart, which is then set aside; without
        it the error is raised.
        """
        self._on_failure = on_failure
        self.readers = observations, conditions, treatments, ended_by_results, on_failure
        self._ended_by_results = ended_by_results
        self._observations = observations
        self._look = observations.index.look
        self._conditions = conditions
        self._treatments = treatments

    def read(
        self,
        answers: Mapping[str, Answer],
        patient_id: str,
        required: frozenset[str],
        session: frozenset[str],
        *,
        every_lab: bool = False,
        chart_source: ChartSource = UNKNOWN_SOURCE,
    ) -> Patient:
        """Read the chart; ``session`` names the orders of this request, which are not history.

        Rules use only the newest laboratory results; ``every_lab`` reads the rest too.
        """
        draft = Draft(patient_id, References(chart_source.server), every_lab=every_lab, latest=chart_source.latest)
        sent = (answer.listing for answer in answers.values())
        listings = [listing for listing in sent if listing is not None and listing.stubs]
        self._begin(listings, draft)
        # A resource counts once, even under several keys; the session's orders are not history.
        take = self.take
        older = replaced(list(chain.from_iterable(listing.stubs for listing in listings)))
        for listing in listings:
            for stub in listing.stubs:
                if stub.reference in session or (older and id(stub) in older):
                    continue
                take(stub, draft)
        self._labs(draft)
        try:
            if draft.variants:
                settle_variants(draft, self._observations.findings)
            add_named_in_words(draft, self._observations, self._conditions)
            if draft.denied_doses:
                draft.facts += draft.gaps_of_denied_doses(half_a_year_before(draft.latest))
            draft.facts += gaps_of_lists(answers, required, _MODIFIED_AS)
            draft.facts += draft.gaps_of_codes()
            draft.settle_suspicions()
        except Exception as error:  # noqa: BLE001 - that a list may be incomplete is told
            self._part_failed(error, "prefetch", draft)
        return assembled(draft, self._observations.harmful_when_high, self._on_failure)

    def _begin(self, listings: Sequence[ResourceList], draft: Draft) -> None:
        """Find out who the patient is, and what may be referred to."""
        try:
            others = [stub for each in listings for stub in each.non_observations if stub.resource_type in _REFERRED_TO]
            draft.references.add_stubs(others)
            draft.subject = _subject(others, draft)
        except Exception as error:  # noqa: BLE001 - what is not the patient's for certain is then not used, and told
            self._part_failed(error, "prefetch.patient", draft)

    def _labs(self, draft: Draft) -> None:
        """Read the results of each test, from the newest on."""
        back_to = ""
        try:
            back_to = self._first_dose(draft)
        except Exception as error:  # noqa: BLE001 - the results of every day are then read
            self._part_failed(error, "prefetch.administrations", draft)
        for test, stubs in draft.labs.items():
            try:
                self._newest_lab(test, stubs, draft, back_to)
            except Exception as error:  # noqa: BLE001 - one test must not cost the others
                self._part_failed(error, "prefetch.labs", draft)

    def take(self, stub: ResourceStub, draft: Draft) -> None:
        """Read one resource into the chart; one that cannot be read becomes a gap."""
        try:
            if stub.resource_type != "Observation":
                self._other(stub, draft)
                return
            # Written out here, as most of a chart is results, and most of these are irrelevant to the rules.
            codes = stub.codes
            if len(codes) == 1:
                # All results of one test share their codes, which are looked up once for a chart.
                own = id(codes[0])
                looked = draft.looked_up.get(own)
                if looked is None:
                    looked = draft.looked_up[own] = self._look(codes)
            else:
                looked = self._look(codes)
            concepts, never_counts, misplaced, is_standard, asserts = looked
            if concepts:
                self._observation(concepts, stub, draft)
                if not is_standard and len(stub.codes) > 1:
                    self._named_parts(stub, draft)
            elif misplaced:
                self._misplaced(misplaced, stub, draft)
            elif not never_counts:
                self._only_named(stub, draft, is_standard=is_standard)
                if asserts:
                    draft.elsewhere.append(stub)
            elif stub.may_name_measured:
                draft.local_results.append(stub)
        except Unreadable:
            draft.unusable(None, stub, "malformed")
        except Exception as error:  # noqa: BLE001 - one resource must not cost the reading of the others
            self._failed(error, stub, draft)

    @staticmethod
    def _only_named(stub: ResourceStub, draft: Draft, *, is_standard: bool) -> None:
        """Note a result without a code that is known; it is only searched for mentions in text."""
        draft.unread.append(stub)
        if stub.may_name_test:
            draft.may_be_named.append(stub)
        if not is_standard:
            draft.local_results.append(stub)
            if not stub.has_code:
                draft.unusable(None, stub, "no-code")
        elif stub.may_name_measured:
            draft.local_results.append(stub)

    @staticmethod
    def _named_parts(stub: ResourceStub, draft: Draft) -> None:
        """Note a result that is read and of which only words name some part."""
        draft.local_results.append(stub)
        if stub.may_name_test:
            draft.may_be_named.append(stub)

    def _other(self, stub: ResourceStub, draft: Draft) -> None:
        kind = stub.resource_type
        if kind in _MODIFIED_AS and is_modified_within(stub.content, "dosage"):
            draft.unusable(_MODIFIED_AS[kind], stub, "modified", self._entry(stub, draft))
        elif kind == "Condition":
            self._condition(stub, draft)
        elif kind == "Patient":
            self._person(stub, draft)
        elif kind in KINDS:
            self._treatment(stub, draft)
            if kind == "MedicationStatement":
                self._possible_dose(stub, draft)
        elif kind in MAY_BE_DOSES:
            self._possible_dose(stub, draft)
        elif kind in _NARRATIVE_TYPES:
            draft.unread.append(stub)
            if kind == "DiagnosticReport":
                draft.reports.append(stub)
                draft.elsewhere.append(stub)
        elif kind in ELSEWHERE:
            draft.elsewhere.append(stub)

    def _entry(self, stub: ResourceStub, draft: Draft) -> tuple[tuple[str, str], ...]:
        """Return how a treatment of the patient's is named, for a gap; nothing for what no rule is about."""
        content = _with_drug(stub, draft)
        is_named = stub.resource_type in KINDS and draft.is_own(content, stub.full_url)
        is_named = is_named and bool(self._treatments.product_of(content, draft.references))
        return self._treatments.entry(content, draft.references) if is_named else ()

    def _person(self, stub: ResourceStub, draft: Draft) -> None:
        if stub.reference not in ("", f"Patient/{draft.patient_id}"):
            draft.unusable("patient", stub, "other-patient")
            return
        draft.person = stub.content
        died = draft.person.get("deceasedDateTime")
        if died or str(draft.person.get("deceasedBoolean")).strip().casefold() in _YES:
            draft.facts.append(Gap(None, stub.path, "deceased", day(died)))

    def _failed(self, error: Exception, stub: ResourceStub, draft: Draft) -> None:
        self._tell(error)
        draft.unusable(None, stub, FAILED)

    def _part_failed(self, error: Exception, place: str, draft: Draft) -> None:
        self._tell(error)
        draft.facts.append(Gap(None, place, FAILED))

    def _tell(self, error: Exception) -> None:
        if self._on_failure is None:
            raise error
        self._on_failure("chart", error)

    def _observation(self, concepts: Sequence[str], stub: ResourceStub, draft: Draft) -> None:
        """Read an Observation that rules use; laboratory results are collected first."""
        if _VARIANT in concepts:
            draft.variants.append(stub)
        if self._observations.labs.issuperset(concepts):
            for test in concepts:
                draft.labs.setdefault(test, []).append(stub)
            return
        self._results(concepts, stub, draft)

    def _misplaced(self, concept: str, stub: ResourceStub, draft: Draft) -> None:
        """Report a result of the patient whose code is under a system that does not define it."""
        content = stub.content
        if draft.is_own(content, stub.full_url):
            gap = self._observations.misplaced(concept, content, Origin(stub.reference, stub.path))
            draft.facts += [gap] if gap is not None else []

    def _first_dose(self, draft: Draft) -> str:
        """Return the day of the first dose or order of a drug whose treatment a result can end; a future day if none.

        An order counts as well: tablets are taken at home. The rules say which of them is a dose.
        """
        ended = self._ended_by_results
        days = [each.on for each in draft.treatments if each.product in ended and each.on is not None]
        return min(days).isoformat() if days else _NEVER

    def _newest_lab(self, test: str, stubs: list[ResourceStub], draft: Draft, back_to: str) -> None:
        """Read results from the newest on, until a day has one that counts: rules need no older ones.

        All results after the day ``back_to`` are read, and all whose day is unclear.
        """
        last_day = ""
        several = len(stubs) > 1
        if several:
            by_day = sorted(stubs, key=_DAY, reverse=True)
            # A result without a date may be from any day.
            born = draft.subject.birth_date.isoformat() if draft.subject.birth_date is not None else ""
            undated = [each for each in by_day if not _is_whole(each.day) or each.day < born]
            dated = [each for each in by_day if each not in undated] if undated else by_day
            stubs = [*undated, *dated]
        for stub in stubs:
            if last_day and stub.day < last_day and stub.day <= back_to and not draft.every_lab:
                return
            try:
                read = self._results((test,), stub, draft)
            except Unreadable:
                draft.unusable(None, stub, "malformed")
                continue
            except Exception as error:  # noqa: BLE001 - as for any other resource
                self._failed(error, stub, draft)
                continue
            for fact in read if several and not last_day and _is_whole(stub.day) else ():
                if isinstance(fact, LabResult) and fact.on and fact.on <= draft.latest:
                    # Time zones differ, so a result dated the day before may be newer.
                    last_day = days_after(fact.on, -1).isoformat()
                    break

    def _results(self, concepts: Sequence[str], stub: ResourceStub, draft: Draft) -> list[Fact]:
        if len(concepts) == 1:
            read = self.facts_of(concepts[0], stub, draft)
        else:
            read = [fact for concept in concepts for fact in self.facts_of(concept, stub, draft)]
        draft.facts += read
        return read

    def facts_of(self, concept: str, stub: ResourceStub, draft: Draft) -> list[Fact]:
        """Read the facts of an Observation about a concept.

        Raises:
            Unreadable: it is not a JSON object.

        """
        content = stub.content
        if not draft.is_own(content, stub.full_url):
            return [Gap(concept, stub.path, "other-patient", self._observations.date_of(content))]
        read = self._observations.read(concept, content, Origin(stub.reference, stub.path), draft.subject)
        if (part := stub.misshapen()) and not any(isinstance(each, Gap) for each in read):
            read = [*read, self._observations.read_in_part(concept, content, stub.path, part)]
        return read

    def _condition(self, stub: ResourceStub, draft: Draft) -> None:
        content, origin = stub.content, Origin(stub.reference, stub.path)
        if not draft.is_own(content, stub.full_url):
            draft.unusable("diagnosis", stub, "other-patient")
            return
        if not says_something(content.get("code")):
            draft.unusable("diagnosis", stub, "no-code")
            return
        read = self._conditions.read(content, origin, draft.subject.birth_date)
        if read.ruled_out is not None and read.began is not None:
            draft.rule_out(f"problem-{read.ruled_out}", read.began)
        if read.diagnosis is not None:
            (draft.past if read.is_past else draft.current).append(read.diagnosis)
        if read.problem is not None:
            draft.problems.append(read.problem)
        if read.suspected is not None:
            draft.facts.append(read.suspected)
        if read.noted is not None:
            draft.facts.append(read.noted)
        draft.take_codes_alone(read, stub)
        draft.site_problems.extend(read.site_problems)
        if read.staging is not None:
            draft.stagings.append(read.staging)
        for stated in read.receptors:
            if isinstance(stated, CodedHer2):
                draft.coded_her2.append(stated)
            else:
                draft.facts.append(stated)
        if (part := stub.misshapen()) and (read.says_something or part.startswith("code")):
            draft.facts.append(gap_of_part("diagnosis", stub.path, part))

    def _treatment(self, stub: ResourceStub, draft: Draft) -> None:
        content = _with_drug(stub, draft)
        if not draft.is_own(content, stub.full_url):
            draft.unusable("treatment", stub, "other-patient")
        elif self._treatments.has_unknown_drug(content, draft.references):
            draft.unusable("treatment", stub, "unresolved-drug", self._treatments.entry(content, draft.references))
        elif reason := self._treatments.status_gap(content, draft.references):
            values = (("status", text(content.get("status"))[:LONGEST_STATUS]),) if reason != "no-status" else ()
            named = self._treatments.entry(content, draft.references)
            draft.facts.append(Gap("treatment", stub.path, reason, None, (*named, *values)))
        elif (treatment := self._treatments.read(content, stub.path, draft.references)) is not None:
            draft.treatments.append(_known_day(treatment, stub, draft))
            if treatment.state is TreatmentState.GIVEN and (gap := self._treatments.denied(content, treatment)):
                draft.denied_doses.append((treatment, gap))
            if treatment.product and (part := stub.misshapen()):
                named = self._treatments.entry(content, draft.references)
                draft.facts.append(gap_of_part("treatment", stub.path, part, named))
            if not treatment.product and self._treatments.is_unclear(content, draft.references):
                draft.unusable("treatment", stub, "drug-unclear", self._treatments.entry(content, draft.references))
        elif code := self._treatments.unknown_code(content, draft.references):
            # Once for each drug: its other doses and orders say no more.
            if code not in draft.unknown_codes:
                draft.unknown_codes[code] = Gap("treatment", stub.path, "unknown-code", None, (("code", code),))
        elif self._treatments.has_no_drug(content, draft.references):
            draft.unusable("treatment", stub, "drug-unreadable")

    def _possible_dose(self, stub: ResourceStub, draft: Draft) -> None:
        """Note a statement, a dispense or a procedure of the patient's that may be a dose given."""
        content = _with_drug(stub, draft)
        found = possible_dose(content, stub.path, draft.references, self._treatments)
        if found is not None and found.on <= draft.latest and draft.is_own(content, stub.full_url):
            draft.possible_doses.append(found)


def _with_drug(stub: ResourceStub, draft: Draft) -> Json:
    """Return a treatment with its drug as R4 has it; a drug that it refers to is looked for on its own server."""
    content = with_r4_drug(stub.content)
    if stub.full_url:
        draft.references.note_holder(content, stub.full_url)
    return content


def _known_day(treatment: Treatment, stub: ResourceStub, draft: Draft) -> Treatment:
    """Return a dose without its day if that is later than it can have been given, which is told."""
    first = treatment.on or (treatment.within[0] if treatment.within is not None else None)
    if first is None or first <= draft.latest or treatment.state is not TreatmentState.GIVEN:
        return treatment
    if treatment.product:
        amount = f" {treatment.dose}" if treatment.dose is not None else ""
        value = f"{treatment.names[0]}{amount} ({first})"
        draft.facts.append(Gap("treatment", stub.path, "future", first, (("value", value),)))
    return msgspec.structs.replace(treatment, on=None, within=None)


def _subject(stubs: Iterable[ResourceStub], draft: Draft) -> Subject:
    """Return the patient data that reference ranges depend on."""
    for stub in stubs:
        if stub.resource_type == "Patient" and stub.reference in ("", draft.own_reference):
            try:
                content = stub.content
            except Unreadable:
                continue
            return Subject(text(content.get("gender")).casefold(), day(content.get("birthDate")))
    return NOBODY
