"""The source attributes of each topic, for a hospital's decision support governance, from the configuration in force.

Source: 45 CFR 170.315(b)(11)(iv)(A), source attributes of evidence-based decision support interventions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cards.facts.topics import Topic, TopicCode
from cards.knowledge.billing_setup import with_sources
from cards.knowledge.source_attributes import cited_by, source_attributes
from cards.rules import RULES
from cds_service import __version__
from cds_service.protocol.services import SERVICES

if TYPE_CHECKING:
    from cards.knowledge.schema import SiteRule, Source
    from cards.knowledge.schema.source_attributes import TopicAttributes
    from cds_service.decisions.decider import Decider

Json = dict[str, Any]
_OF_ALL = frozenset({Topic.CHECKS_INCOMPLETE})
_ON_VIEW = frozenset(rule.topic for rule in RULES if rule.on_view)
_OF_COVERAGE = frozenset({Topic.BILLING_SUMMARY, Topic.BILLING_UNITS_MISMATCH, Topic.COVERAGE_CRITERIA})


def attributes(decider: Decider) -> Json:
    """Return the source attributes of the service and of each topic, including the site's own sources."""
    told = source_attributes()
    return {
        "regulation": told.regulation,
        "developer": told.developer,
        "funding": told.funding,
        "kind": told.kind,
        "intendedUse": told.intended_use,
        "users": told.users,
        "patients": told.patients,
        "notFor": list(told.not_for),
        "limits": list(told.limits),
        "release": __version__,
        "firstReleased": told.first_released,
        "knowledgeVersion": decider.known.version,
        "wordingVersion": decider.wording.version,
        "configurationHash": decider.versions.configuration_hash,
        "interventions": [_topic(topic, decider) for topic in decider.wording.topics],
    }


def _topic(topic: TopicCode, decider: Decider) -> Json:
    told, words = source_attributes(), decider.wording.topics[topic]
    found: Json = {
        "topic": str(topic),
        "display": words.display,
        "mode": str(decider.policy.mode(topic)),
        "indicator": str(decider.policy.indicators.get(topic, words.indicator)),
    }
    if (rule := decider.known.site_rule(topic)) is not None:
        return {**found, **_of_rule(rule, decider)}
    entry = told.topics.get(topic)
    if entry is None:
        return {**found, "described": False}
    cited = _documents(entry, decider)
    return {
        **found,
        "described": True,
        "services": _services(topic),
        "developer": told.developer,
        "funding": told.funding,
        "citations": cited,
        "newestSource": max((each["asOf"] for each in cited), default=""),
        "uses": {
            name: element.used and not set(element.reads).isdisjoint(entry.reads)
            for name, element in told.elements.items()
        },
        "reads": [{"data": told.data[each].says, "fhir": told.data[each].fhir} for each in entry.reads],
        "limits": list(entry.limits),
    }


def _of_rule(rule: SiteRule, decider: Decider) -> Json:
    """Describe a rule that the site wrote: the site is the developer, and the conditions say what is read."""
    told, known = source_attributes(), decider.known
    used = {"sex": bool(rule.when.sex), "date_of_birth": rule.when.age is not None}
    reads = [{"data": known.terminology.concepts[name].display, "fhir": "Observation"} for name in rule.tests]
    drugs = (*rule.when.on_drug, *rule.unless_drug)
    reads += (
        [{"data": f"Drugs: {', '.join(drugs)}", "fhir": "MedicationRequest, MedicationAdministration"}] if drugs else []
    )
    problems = ", ".join(rule.problems)
    reads += [{"data": f"Problems: {problems}", "fhir": "Condition"}] if problems else []
    source = document(rule.by.source, known.sources[rule.by.source], decider.settings.base_url)
    return {
        "described": True,
        "services": [each.id for each in SERVICES if not each.coverage and each.hook in rule.hooks],
        "developer": "The site that runs the service",
        "funding": "The site that runs the service",
        "citations": [{**source, "confidence": str(rule.by.confidence)}],
        "newestSource": source["asOf"],
        "uses": {name: used.get(name, False) for name in told.elements},
        "reads": reads or [{"data": "The order", "fhir": "MedicationRequest"}],
        "limits": [
            "Written by the site; the service checks its form and runs the cases that the site wrote beside it."
        ],
    }


def _documents(entry: TopicAttributes, decider: Decider) -> list[Json]:
    """List the documents that a topic is based on, in the order of the knowledge."""
    known = with_sources(decider.known, decider.billing)
    cited = cited_by(entry, known, decider.billing)
    return [
        {**document(name, source, decider.settings.base_url), "confidence": str(cited[name])}
        for name, source in known.sources.items()
        if name in cited
    ]


def document(name: str, source: Source, base_url: str) -> Json:
    """Describe a document that values are taken from."""
    found = {"id": name, "title": source.title, "url": source.address(base_url), "asOf": source.as_of}
    return {**found, "note": source.note} if source.note else found


def _services(topic: TopicCode) -> list[str]:
    return [
        service.id
        for service in SERVICES
        if topic in _OF_ALL
        or (
            service.coverage
            if topic in _OF_COVERAGE
            else not service.coverage and (service.hook != "patient-view" or topic in _ON_VIEW)
        )
    ]
