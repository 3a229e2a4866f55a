"""A chart while it is being read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from cards.facts.origins import DOUBTS, Gap
from cards.facts.patient import TreatmentState
from fhir_mappings.patient.conditions import label_of
from fhir_mappings.results.reference_ranges import NOBODY, Subject
from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.references import References, is_about_another_person, is_same_patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.facts.patient import Diagnosis, PossibleDose, PresentProblem, SiteProblem, Staging, Treatment
    from cards.facts.results import CodedHer2
    from fhir_mappings.patient.conditions import ReadCondition
    from fhir_mappings.results.concept_index import Looked
    from fhir_mappings.results.observations import Fact
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.stubs import ResourceStub

ANY_PROBLEM = "problem"
"""What a gap is about where it may be any of the problems that a rule uses."""
_MOST_CODES = 8
OnFailure = Callable[[str, Exception], None]
"""Hears of each step of reading that failed, and of its error, which may quote the chart."""


class Draft(msgspec.Struct, eq=False):
    """A chart while it is being read.

    As a Struct it is created ten times as fast as a dataclass with as many lists; each draft has lists of its own.
    """

    patient_id: str
    references: References
    facts: list[Fact] = []
    current: list[Diagnosis] = []
    past: list[Diagnosis] = []
    stagings: list[Staging] = []
    coded_her2: list[CodedHer2] = []
    problems: list[PresentProblem] = []
    site_problems: list[SiteProblem] = []
    treatments: list[Treatment] = []
    denied_doses: list[tuple[Treatment, Gap]] = []
    """The doses whose own words say that they were not given."""
    possible_doses: list[PossibleDose] = []
    unread: list[ResourceStub] = []
    local_results: list[ResourceStub] = []
    """The Observations without a code of LOINC, and those whose words may name another measurement than their code."""
    may_be_named: list[ResourceStub] = []
    """The Observations among them whose code may name HER2 or the ejection fraction in words."""
    reports: list[ResourceStub] = []
    variants: list[ResourceStub] = []
    """The assessed genetic variants of any gene."""
    elsewhere: list[ResourceStub] = []
    """What may name a problem outside the problem list."""
    labs: dict[str, list[ResourceStub]] = {}
    looked_up: dict[int, Looked] = {}
    """What the codes of a result mean, by their ``id()``: the resources hold them as long as the chart is read."""
    person: Json = {}
    subject: Subject = NOBODY
    unknown_codes: dict[str, Gap] = {}
    """The codes of drugs that are not known and have no words; told once for each."""
    codes_alone: dict[str, dict[str, tuple[str, date | None]]] = {}
    """Of diagnoses without words: what they may be about, their codes, and the place and day of the newest entry."""
    ruled_out: dict[str, date] = {}
    """Of problems that a refuted entry is about, the day of the newest."""
    every_lab: bool = False
    latest: date = date.max
    own_reference: str = ""

    def __post_init__(self) -> None:
        """Write out the reference of the patient."""
        self.own_reference = f"Patient/{self.patient_id}"

    def is_own(self, content: Json, full_url: str = "") -> bool:
        """Return whether a resource is the patient's, and about the patient."""
        may_be_of_another = "focus" in content or "contained" in content
        if may_be_of_another and is_about_another_person(content, self.patient_id, self.references):
            return False
        subject = content.get("subject")
        # So nearly every resource refers to its patient; the rest takes a closer look.
        if subject.__class__ is dict and subject.get("reference") == self.own_reference:
            return True
        if subject is None:
            # So the releases before R4 name it, and so do allergies.
            subject = content.get("patient")
        return is_same_patient(subject, self.patient_id, self.references, full_url)

    def own(self, stubs: Iterable[ResourceStub]) -> Iterator[tuple[ResourceStub, Json]]:
        """Yield what is the patient's of some resources, with its content; what cannot be read is passed over."""
        for stub in stubs:
            try:
                content = stub.content
            except Unreadable:
                continue
            if self.is_own(content, stub.full_url):
                yield stub, content

    def take_codes_alone(self, read: ReadCondition, stub: ResourceStub) -> None:
        """Note a diagnosis that nothing but a code names, or that nothing names at all."""
        if read.not_understood:
            self.alone(ANY_PROBLEM, read.not_understood, stub.path, None)
        elif read.is_empty:
            self.unusable("diagnosis", stub, "no-code")
        elif read.may_be is not None:
            self.alone(f"problem-{read.may_be}", label_of(stub.content["code"]), stub.path, read.began)

    def alone(self, about: str, code: str, path: str, on: date | None) -> None:
        """Note a diagnosis that nothing but a code names; one without a date may be the newest."""
        codes = self.codes_alone.setdefault(about, {})
        first, known = codes.get(code, (path, date.min))
        codes[code] = first, None if known is None or on is None else max(known, on)

    def gaps_of_codes(self) -> list[Gap]:
        """Return one gap for each unknown drug, and one for all codes of diagnoses that may be about one thing."""
        found = [*self.unknown_codes.values()]
        for about, codes in self.codes_alone.items():
            left = len(codes) - _MOST_CODES
            named = "; ".join([*list(codes)[:_MOST_CODES], *([f"… (+{left})"] if left > 0 else [])])
            days = [on for _, on in codes.values()]
            newest = None if None in days else max(on for on in days if on is not None)
            reason = "codes-not-known" if about == ANY_PROBLEM else "code-alone"
            path = next(iter(codes.values()))[0]
            found.append(Gap(about, path, reason, newest, (("codes", named),)))
        return found

    def gaps_of_denied_doses(self, since: date) -> list[Gap]:
        """Return a gap for the newest dose of each product, if its words deny it and it is not older than a day."""
        denied = {treatment.origin.path for treatment, _ in self.denied_doses}
        newest: dict[str, date] = {}
        for each in self.treatments:
            if each.state is TreatmentState.GIVEN and each.on is not None and each.origin.path not in denied:
                newest[each.product] = max(each.on, newest.get(each.product, each.on))
        return [
            gap
            for treatment, gap in self.denied_doses
            if treatment.on is None or treatment.on >= max(since, newest.get(treatment.product, since))
        ]

    def rule_out(self, about: str, on: date) -> None:
        """Note that a problem was ruled out on a day."""
        self.ruled_out[about] = max(on, self.ruled_out.get(about, on))

    def settle_suspicions(self) -> None:
        """Forget the suspicions that a later entry of the same problem ruled out; one without a date stays."""
        if self.ruled_out:
            self.facts = [each for each in self.facts if not self._is_settled(each)]

    def _is_settled(self, fact: Fact) -> bool:
        if not isinstance(fact, Gap) or fact.reason not in DOUBTS or fact.on is None:
            return False
        return self.ruled_out.get(fact.about or "", date.min) >= (fact.latest or fact.on)

    def unusable(
        self, about: str | None, stub: ResourceStub, reason: str, entry: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Note what could not be used; ``entry`` is how the chart names it."""
        self.facts.append(Gap(about, stub.path, reason, None, entry))
