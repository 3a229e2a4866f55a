"""Reads the patient's chart from the answers to all queries: selected by type and code, each fact with its origin.

Another patient's data are never used; what cannot be read is recorded as a gap with its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import structs

from cards.facts.origins import Gap, Origin
from cards.facts.patient import Patient, PresentProblem, SiteProblem, Staging, Treatment, TreatmentState
from cards.facts.results import (
    CodedHer2,
    Her2Result,
    LabResult,
    Lvef,
    Mutation,
    PregnancyTest,
    ReceptorResult,
    SiteResult,
    Weight,
)
from fhir_mappings.medications.treatments import KINDS, TreatmentReader
from fhir_mappings.request.queries import PAGE_SIZES
from fhir_mappings.results.reference_ranges import NOBODY, Subject
from fhir_mappings.wire.lenient import day, text
from fhir_mappings.wire.references import References, is_about_somebody_else, is_same_patient
from fhir_mappings.wire.resources import Unreadable
from fhir_mappings.wire.times import newest_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cards.facts.patient import Diagnosis
    from fhir_mappings.patient.conditions import ConditionReader
    from fhir_mappings.request.prefetch import Answer
    from fhir_mappings.results.observations import Fact, ObservationReader
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.resources import ResourceList, ResourceStub

_MENTIONS = {
    "her2-interpretation": ("her2-in-text", (b"HER2", b"HER-2", b"Her2", b"ERBB2", b"c-erbB-2")),
    "lvef": ("lvef-in-text", (b"LVEF", b"jection fraction", b"jection Fraction")),
}
_NEVER = date.max.isoformat()
_DAY = attrgetter("day")
_WHOLE_DAY = len("2026-11-20")
_REFERRED_TO = frozenset({"Patient", "Medication"})
_NARRATIVE_TYPES = frozenset({"Observation", "DiagnosticReport", "DocumentReference"})

Dated = (
    Weight
    | Lvef
    | LabResult
    | Her2Result
    | ReceptorResult
    | PregnancyTest
    | Mutation
    | Staging
    | Treatment
    | SiteResult
)
D = TypeVar("D", bound=Dated)
M = TypeVar("M", Weight, Lvef, LabResult, PregnancyTest, Mutation)
_SEVERAL = 2


@dataclass(slots=True)
class Draft:
    """A chart while it is being read."""

    patient_id: str
    references: References
    facts: list[Fact] = field(default_factory=list)
    current: list[Diagnosis] = field(default_factory=list)
    past: list[Diagnosis] = field(default_factory=list)
    stagings: list[Staging] = field(default_factory=list)
    coded_her2: list[CodedHer2] = field(default_factory=list)
    problems: list[PresentProblem] = field(default_factory=list)
    site_problems: list[SiteProblem] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    unread: list[ResourceStub] = field(default_factory=list)
    labs: dict[str, list[ResourceStub]] = field(default_factory=dict)
    person: Json = field(default_factory=dict)
    subject: Subject = NOBODY
    every_lab: bool = False
    own_reference: str = ""

    def __post_init__(self) -> None:
        """Store the patient's reference."""
        self.own_reference = f"Patient/{self.patient_id}"

    def is_own(self, content: Json, full_url: str = "") -> bool:
        """Return whether a resource belongs to, and is about, the patient."""
        if "focus" in content and is_about_somebody_else(content, self.patient_id, self.references):
            return False
        subject = content.get("subject")
        # Fast path: nearly every resource refers to its patient this way.
        if subject.__class__ is dict and subject.get("reference") == self.own_reference:
            return True
        return is_same_patient(subject, self.patient_id, self.references, full_url)

    def unusable(self, about: str | None, glimpse: ResourceStub, reason: str) -> None:
        """Add a gap."""
        self.facts.append(Gap(about, glimpse.path, reason))


class PatientReader:
    """Reads charts; one reader serves every request."""

    def __init__(
        self,
        observations: ObservationReader,
        conditions: ConditionReader,
        treatments: TreatmentReader,
        ended_by_results: frozenset[str] = frozenset(),
        on_failure: Callable[[Exception], None] | None = None,
    ) -> None:
        """Keep the readers of each resource type.

        ``ended_by_results`` are the products that any laboratory result during treatment may end, not just the newest.
        ``on_failure`` is called with an error in reading a resource, which then becomes a gap; without it the error is
        raised.
        """
        self._on_failure = on_failure
        self.readers = observations, conditions, treatments, ended_by_results, on_failure
        self._ended_by_results = ended_by_results
        self._observations = observations
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
        server: str = "",
    ) -> Patient:
        """Read the chart; ``session`` names the orders of this request, which are not history.

        Rules use only the newest laboratory results; ``every_lab`` reads the rest too.
        """
        draft = Draft(patient_id, References(server), every_lab=every_lab)
        listings = [answer.listing for answer in answers.values() if answer.listing is not None]
        draft.references.add_glimpses(
            glimpse
            for listing in listings
            for glimpse in listing.non_observations
            if glimpse.resource_type in _REFERRED_TO
        )
        draft.subject = _subject(listings, draft)
        # A resource counts once, even under several keys; the session's orders are not history.
        seen, look = set(session), self._observations.index.look
        for listing in listings:
            for glimpse in listing.glimpses:
                if glimpse.reference:
                    if glimpse.reference in seen:
                        continue
                    seen.add(glimpse.reference)
                if glimpse.resource_type == "Observation":
                    concepts, never_counts, misplaced = look(glimpse.codes)
                    if not (concepts or misplaced) and glimpse.has_code:
                        # Most of a chart is irrelevant to the rules; it is only searched for mentions in text.
                        if not never_counts:
                            draft.unread.append(glimpse)
                        continue
                self.take(glimpse, draft)
        back_to = self._first_dose(draft)
        for test, glimpses in draft.labs.items():
            self._newest_lab(test, glimpses, draft, back_to)
        draft.facts += _lacking(answers, required)
        return _assembled(draft, self._observations.harmful_when_high)

    def take(self, glimpse: ResourceStub, draft: Draft) -> None:
        """Read one resource into the chart; one that cannot be read becomes a gap."""
        try:
            self._take(glimpse, draft)
        except Unreadable:
            draft.unusable(None, glimpse, "malformed")
        except Exception as error:  # noqa: BLE001 - one resource must not cost the reading of the others
            self._failed(error, glimpse, draft)

    def _take(self, glimpse: ResourceStub, draft: Draft) -> None:
        kind = glimpse.resource_type
        if kind == "Observation":
            concepts, never_counts, misplaced = self._observations.index.look(glimpse.codes)
            if concepts:
                self._observation(concepts, glimpse, draft)
            elif misplaced:
                self._misplaced(misplaced, glimpse, draft)
            elif not never_counts:
                draft.unread.append(glimpse)
                if not glimpse.has_code:
                    draft.unusable(None, glimpse, "no-code")
        elif kind == "Condition":
            self._condition(glimpse, draft)
        elif kind == "Patient":
            if glimpse.reference in ("", f"Patient/{draft.patient_id}"):
                draft.person = glimpse.content
                died = draft.person.get("deceasedDateTime")
                if died or draft.person.get("deceasedBoolean") is True:
                    draft.facts.append(Gap(None, glimpse.path, "deceased", day(died)))
            else:
                draft.unusable("patient", glimpse, "other-patient")
        elif kind in KINDS:
            self._treatment(glimpse, draft)
        elif kind in _NARRATIVE_TYPES:
            draft.unread.append(glimpse)

    def _failed(self, error: Exception, glimpse: ResourceStub, draft: Draft) -> None:
        if self._on_failure is None:
            raise error
        self._on_failure(error)
        draft.unusable(None, glimpse, "internal-error")

    def _observation(self, concepts: Sequence[str], glimpse: ResourceStub, draft: Draft) -> None:
        """Read an Observation that rules use; laboratory results are collected first."""
        if self._observations.labs.issuperset(concepts):
            for test in concepts:
                draft.labs.setdefault(test, []).append(glimpse)
            return
        self._results(concepts, glimpse, draft)

    def _misplaced(self, concept: str, glimpse: ResourceStub, draft: Draft) -> None:
        """Report a result of the patient whose code is under a system that does not define it."""
        content = glimpse.content
        if draft.is_own(content, glimpse.full_url):
            gap = self._observations.misplaced(concept, content, Origin(glimpse.reference, glimpse.path))
            draft.facts += [gap] if gap is not None else []

    def _first_dose(self, draft: Draft) -> str:
        """Return the day of the first dose of a drug whose treatment a result can end; a future day if none was given.

        Doses count as in the rules: administrations, or completed orders if none was recorded.
        """
        own = [each for each in draft.treatments if each.product in self._ended_by_results and each.on is not None]
        for state in (TreatmentState.GIVEN, TreatmentState.COMPLETED):
            if days := [each.on for each in own if each.state is state and each.on is not None]:
                return min(days).isoformat()
        return _NEVER

    def _newest_lab(self, test: str, glimpses: list[ResourceStub], draft: Draft, back_to: str) -> None:
        """Read results from the newest on, until a day has one that counts: rules need no older ones.

        All results after the day ``back_to`` are read, and all whose day is unclear.
        """
        last_day = ""
        if len(glimpses) > 1:
            by_day = sorted(glimpses, key=_DAY, reverse=True)
            # A result without a date may be from any day.
            undated = [each for each in by_day if len(each.day) < _WHOLE_DAY]
            dated = [each for each in by_day if len(each.day) >= _WHOLE_DAY] if undated else by_day
            glimpses = [*undated, *dated]
        for glimpse in glimpses:
            if last_day and glimpse.day < last_day and glimpse.day <= back_to and not draft.every_lab:
                return
            try:
                read = self._results((test,), glimpse, draft)
            except Unreadable:
                draft.unusable(None, glimpse, "malformed")
                continue
            except Exception as error:  # noqa: BLE001 - as for any other resource
                self._failed(error, glimpse, draft)
                continue
            for fact in read:
                if not last_day and len(glimpse.day) >= _WHOLE_DAY and isinstance(fact, LabResult) and fact.on:
                    # Time zones differ, so a result dated the day before may be newer.
                    last_day = (fact.on - timedelta(days=1)).isoformat()

    def _results(self, concepts: Sequence[str], glimpse: ResourceStub, draft: Draft) -> list[Fact]:
        if len(concepts) == 1:
            read = self.facts_of(concepts[0], glimpse, draft)
        else:
            read = [fact for concept in concepts for fact in self.facts_of(concept, glimpse, draft)]
        draft.facts += read
        return read

    def facts_of(self, concept: str, glimpse: ResourceStub, draft: Draft) -> list[Fact]:
        """Read the facts of an Observation about a concept.

        Raises:
            Unreadable: it is not a JSON object.

        """
        content = glimpse.content
        if not draft.is_own(content, glimpse.full_url):
            return [Gap(concept, glimpse.path, "other-patient", self._observations.date_of(content))]
        return self._observations.read(concept, content, Origin(glimpse.reference, glimpse.path), draft.subject)

    def _condition(self, glimpse: ResourceStub, draft: Draft) -> None:
        content, origin = glimpse.content, Origin(glimpse.reference, glimpse.path)
        if not draft.is_own(content, glimpse.full_url):
            draft.unusable("diagnosis", glimpse, "other-patient")
            return
        if not isinstance(content.get("code"), dict):
            draft.unusable("diagnosis", glimpse, "no-code")
            return
        read = self._conditions.read(content, origin)
        if read.diagnosis is not None:
            (draft.past if read.is_past else draft.current).append(read.diagnosis)
        if read.problem is not None:
            draft.problems.append(read.problem)
        if read.suspected is not None:
            draft.facts.append(read.suspected)
        draft.site_problems.extend(read.site_problems)
        if read.staging is not None:
            draft.stagings.append(read.staging)
        for stated in read.receptors:
            if isinstance(stated, CodedHer2):
                draft.coded_her2.append(stated)
            else:
                draft.facts.append(stated)

    def _treatment(self, glimpse: ResourceStub, draft: Draft) -> None:
        content = glimpse.content
        if not draft.is_own(content, glimpse.full_url):
            draft.unusable("treatment", glimpse, "other-patient")
        elif self._treatments.is_nameless(content, draft.references):
            draft.unusable("treatment", glimpse, "unresolved-drug")
        elif self._treatments.has_no_status(content, draft.references):
            draft.unusable("treatment", glimpse, "no-status")
        elif (treatment := self._treatments.read(content, glimpse.path, draft.references)) is not None:
            draft.treatments.append(treatment)
            if not treatment.product and self._treatments.is_unclear(content, draft.references):
                draft.unusable("treatment", glimpse, "drug-unclear")


def _subject(listings: Iterable[ResourceList], draft: Draft) -> Subject:
    """Return the patient data that reference ranges depend on."""
    for listing in listings:
        for glimpse in listing.non_observations:
            if glimpse.resource_type == "Patient" and glimpse.reference in ("", draft.own_reference):
                try:
                    content = glimpse.content
                except Unreadable:
                    continue
                return Subject(text(content.get("gender")).casefold(), day(content.get("birthDate")))
    return NOBODY


def _lacking(answers: Mapping[str, Answer], required: frozenset[str]) -> Iterable[Gap]:
    """Report incomplete lists, and entries that could not be read at all."""
    for key, answer in answers.items():
        listing = answer.listing
        if key not in required or listing is None:
            continue
        if listing.next_page:
            yield Gap(None, f"prefetch.{key}", "next-page")
        if answer.partial:
            yield Gap(None, f"prefetch.{key}", "partial")
        if answer.cut:
            yield Gap(None, f"prefetch.{key}", "list-cut")
        if listing.is_short:
            values = (("total", str(listing.total)), ("sent", str(listing.matches)))
            yield Gap(None, f"prefetch.{key}", "short", values=values)
        if listing.is_full(PAGE_SIZES.get(key)):
            yield Gap(None, f"prefetch.{key}", "full-page", values=(("sent", str(listing.matches)),))
        for path in listing.broken:
            yield Gap(None, path, "malformed")


def _in_any_order(fact: Dated) -> tuple[str, str]:
    """Sort so that the result does not depend on the order in which the client sent things."""
    value = getattr(fact, "as_reported", "") or str(getattr(fact, "kg", "")) or getattr(fact, "label", "")
    return fact.origin.reference, value


def _newest_first(fact: Dated) -> tuple[int, str, str]:
    """Sort by date, undated last, and then so that the result does not depend on the order sent."""
    return (-fact.on.toordinal() if fact.on else 0, *_in_any_order(fact))


def _sorted(facts: Sequence[D]) -> tuple[D, ...]:
    # Most servers already answer newest first; checking takes a tenth of the time of sorting.
    return tuple(facts) if _is_in_order(facts, 1) else tuple(sorted(facts, key=_newest_first))


def _is_in_order(facts: Sequence[Dated], days: int) -> bool:
    """Return whether each fact is at least ``days`` days older than the one before it."""
    before = date.max.toordinal()
    for fact in facts:
        on = fact.on.toordinal() if fact.on is not None else before
        if on + days > before:
            return False
        before = on
    return True


def _by_time(facts: Sequence[M], harm: Callable[[M], Decimal]) -> tuple[M, ...]:
    """Sort results by instant; the newest lists differing values of exactly the same time."""
    # Dates two days apart are in the right order in every time zone.
    if len(facts) < _SEVERAL or (_is_in_order(facts, 2) and not any(fact.within for fact in facts)):
        return tuple(facts)
    ordered, others = newest_first(facts, harm, _in_any_order)
    first = ordered[0]
    beside = tuple(dict.fromkeys(_value(each) for each in others if _value(each) != _value(first)))
    if beside:
        ordered[0] = structs.replace(first, beside=beside)
    return tuple(ordered)


def _value(fact: Weight | Lvef | LabResult | PregnancyTest | Mutation) -> str:
    return str(fact.kg) if isinstance(fact, Weight) else fact.as_reported


def _weights(weights: Sequence[Weight]) -> tuple[Weight, ...]:
    """Sort weights; on one day a measured weight comes before a stated one. Of two, the lighter is the worse."""
    if len(weights) < _SEVERAL:
        return tuple(weights)
    measured = {weight.on for weight in weights if not weight.stated}
    told = [weight for weight in weights if weight.stated and weight.on in measured]
    first = _by_time([weight for weight in weights if weight not in told], lambda weight: -weight.kg.value)
    if not told:
        return first
    return tuple(sorted((*first, *told), key=lambda weight: (-(weight.on or date.min).toordinal(), weight.stated)))


def _high_end(result: LabResult) -> Decimal:
    return result.interval.high


def _low_end(result: LabResult) -> Decimal:
    return -result.interval.low


def _harm_of_test(test: PregnancyTest) -> Decimal:
    return Decimal(2 if test.positive else 1 if test.positive is None else 0)


def _assembled(draft: Draft, harmful_when_high: frozenset[str]) -> Patient:
    by_kind: dict[type, list[Any]] = {}
    for fact in draft.facts:
        by_kind.setdefault(fact.__class__, []).append(fact)
    labs: dict[str, list[LabResult]] = {}
    for result in by_kind.get(LabResult, ()):
        labs.setdefault(result.test, []).append(result)
    lvefs = _by_time(by_kind.get(Lvef, ()), lambda lvef: -lvef.interval.low)
    her2 = _sorted(by_kind.get(Her2Result, ()))
    gaps: list[Gap] = by_kind.get(Gap, [])
    if not her2:
        gaps += _mentions("her2-interpretation", draft)
    if not lvefs:
        gaps += _mentions("lvef", draft)
    return Patient(
        weights=_weights(by_kind.get(Weight, ())),
        lvefs=lvefs,
        labs={
            test: _by_time(results, _high_end if test in harmful_when_high else _low_end)
            for test, results in labs.items()
        },
        her2=her2,
        pregnancy_tests=_by_time(by_kind.get(PregnancyTest, ()), _harm_of_test),
        mutations=_by_time(by_kind.get(Mutation, ()), lambda found: Decimal(not found.found)),
        receptors=_sorted(by_kind.get(ReceptorResult, ())),
        diagnoses=tuple(sorted(draft.current or draft.past, key=lambda each: (each.origin.reference, each.label))),
        problems=tuple(sorted(draft.problems, key=lambda each: (each.origin.reference, each.label))),
        treatments=_sorted(draft.treatments),
        sex=text(draft.person.get("gender")),
        birth_date=day(draft.person.get("birthDate")),
        site_results=_sorted(by_kind.get(SiteResult, ())),
        site_problems=tuple(
            sorted(draft.site_problems, key=lambda each: (each.origin.reference, each.label, each.code))
        ),
        coded_her2=tuple(sorted(draft.coded_her2, key=lambda each: (each.origin.reference, each.label))),
        stagings=_sorted([*draft.stagings, *by_kind.get(Staging, ())]),
        gaps=tuple(sorted(gaps, key=lambda gap: gap.path)),
    )


def _mentions(about: str, draft: Draft) -> list[Gap]:
    """List the texts in the patient's chart that mention a finding without a result."""
    reason, words = _MENTIONS[about]
    return [
        Gap(about, glimpse.path, reason)
        for glimpse in draft.unread
        if glimpse.mentions(words) and _is_own(glimpse, draft)
    ]


def _is_own(glimpse: ResourceStub, draft: Draft) -> bool:
    try:
        return draft.is_own(glimpse.content, glimpse.full_url)
    except Unreadable:
        return False
