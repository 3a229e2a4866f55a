"""What is told of each topic to those who govern decision support: its sources, what it reads, and its limits."""

from __future__ import annotations

from cards.knowledge.schema.sourced import KnowledgeRecord


class Element(KnowledgeRecord, frozen=True, kw_only=True):
    """A data element that the regulation names: whether any rule uses it, and what of the patient that stands for."""

    used: bool
    reads: tuple[str, ...] = ()
    how: str = ""


class PatientData(KnowledgeRecord, frozen=True, kw_only=True):
    """Something that is read of a patient, in words and by its place in FHIR."""

    says: str
    fhir: str


class TopicAttributes(KnowledgeRecord, frozen=True, kw_only=True):
    """What one topic reads of a patient, the parts of the knowledge that it cites, and what it cannot tell.

    ``sources`` are documents that the rule cites by itself.
    """

    reads: tuple[str, ...]
    limits: tuple[str, ...]
    stands_on: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class SourceAttributes(KnowledgeRecord, frozen=True, kw_only=True):
    """The whole file: what holds for every topic, and the topics."""

    regulation: str
    developer: str
    funding: str
    first_released: str
    kind: str
    intended_use: str
    users: str
    patients: str
    not_for: tuple[str, ...]
    limits: tuple[str, ...]
    elements: dict[str, Element]
    data: dict[str, PatientData]
    topics: dict[str, TopicAttributes]
