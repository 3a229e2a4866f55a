"""The source attributes of each topic, for decision support governance: its sources, what it reads, and its limits."""

from __future__ import annotations

from cards.knowledge.schema.sourced import KnowledgeRecord


class Element(KnowledgeRecord, frozen=True, kw_only=True):
    """A data element named in the regulation: whether any rule uses it, and the patient data it stands for."""

    used: bool
    reads: tuple[str, ...] = ()
    how: str = ""


class PatientData(KnowledgeRecord, frozen=True, kw_only=True):
    """Patient data that a topic reads: a description and the place in FHIR."""

    says: str
    fhir: str


class TopicAttributes(KnowledgeRecord, frozen=True, kw_only=True):
    """The patient data that a topic reads, the parts of the knowledge that it cites, and its limits.

    ``sources`` are documents that the rule cites directly.
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
