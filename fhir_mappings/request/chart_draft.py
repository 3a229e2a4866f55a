"""A chart while it is being read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from cards.facts.origins import Gap
from fhir_mappings.results.reference_ranges import NOBODY, Subject
from fhir_mappings.wire.references import References, is_about_another_person, is_same_patient

if TYPE_CHECKING:
    from cards.facts.patient import Diagnosis, PresentProblem, SiteProblem, Staging, Treatment
    from cards.facts.results import CodedHer2
    from fhir_mappings.results.observations import Fact
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.resources import ResourceStub

OnFailure = Callable[[str, Exception], None]
"""Hears of each step of reading that failed, and of its error, which may quote the chart."""


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
    unknown_codes: set[str] = field(default_factory=set)
    every_lab: bool = False
    latest: date = date.max
    own_reference: str = ""

    def __post_init__(self) -> None:
        """Write out the reference of the patient."""
        self.own_reference = f"Patient/{self.patient_id}"

    def is_own(self, content: Json, full_url: str = "") -> bool:
        """Return whether a resource is the patient's, and about the patient."""
        if "focus" in content and is_about_another_person(content, self.patient_id, self.references):
            return False
        subject = content.get("subject")
        # So nearly every resource refers to its patient; the rest takes a closer look.
        if subject.__class__ is dict and subject.get("reference") == self.own_reference:
            return True
        return is_same_patient(subject, self.patient_id, self.references, full_url)

    def unusable(self, about: str | None, stub: ResourceStub, reason: str) -> None:
        """Note what could not be used."""
        self.facts.append(Gap(about, stub.path, reason))
