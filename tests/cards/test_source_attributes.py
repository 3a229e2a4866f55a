"""What is told of each topic to those who govern decision support is what the rules do: data read, documents cited."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

import msgspec
import pytest
from builders import ALL_RULES, KNOWN, POLICY, RECOGNIZER, SETUP, with_thresholds
from rows import FIRES
from test_cases import ROWS

from cards.engine import cases_in_scope
from cards.facts.billing import BillingFacts
from cards.facts.order import DrugOrder
from cards.facts.patient import Patient
from cards.facts.topics import Topic
from cards.identification.identity import identify
from cards.knowledge.schema import Confidence
from cards.knowledge.source_attributes import _RANK, cited_by, source_attributes
from cds_service.audit.source_attributes_page import _CONFIDENCE

TOLD = source_attributes()
RULES = {rule.topic: rule for rule in ALL_RULES}
OF_PATIENT = {
    "weights": "weight",
    "lvefs": "lvef",
    "labs": "labs",
    "her2": "her2",
    "receptors": "hormone-receptors",
    "coded_her2": "coded-her2",
    "diagnoses": "cancer",
    "problems": "problems",
    "pregnancy_tests": "pregnancy",
    "mutations": "erbb2-mutation",
    "sex": "sex",
    "sex_at_birth": "sex",
    "birth_date": "birth-date",
    "treatments": "earlier-doses",
    "possible_doses": "earlier-doses",
    "stagings": "stage",
}
NOT_DATA = {"gaps", "absent", "site_results", "site_problems", "preliminary"}
"""What could not be read or is not final, and what only the rules of a site read: each of those names its codes."""
OF_ORDER = {"reasons": "cancer", "stagings": "stage", "receptors": "hormone-receptors", "coded_her2": "coded-her2"}
NO_FACT = {"origin", "in_focus", "gaps"}
_read: set[str] = set()


def noting(shape: type[Any], names: dict[str, str], other: str) -> type[Any]:
    """Return a shape of facts that notes what is read of it."""
    fields = set(shape.__struct_fields__) - NOT_DATA - NO_FACT

    def get(self: object, name: str) -> object:
        if name in fields and (told := names.get(name, other)):
            _read.add(told)
        return object.__getattribute__(self, name)

    return type(f"Noting{shape.__name__}", (shape,), {"__getattribute__": get})


SHAPES = {
    Patient: noting(Patient, OF_PATIENT, ""),
    DrugOrder: noting(DrugOrder, OF_ORDER, "order"),
    BillingFacts: noting(BillingFacts, {}, "claim"),
}


def noted(facts: Any) -> Any:
    return SHAPES[type(facts)](**{name: getattr(facts, name) for name in facts.__struct_fields__})


@cache
def read_by_rules() -> dict[Topic, set[str]]:
    """Judge every case, and give what the rule of each topic read."""
    found: dict[Topic, set[str]] = defaultdict(set)
    for row in (row for row in ROWS if row.topic in RULES):
        rule, session = RULES[row.topic], row.session()
        session = msgspec.structs.replace(
            session, patient=noted(session.patient), orders=tuple(noted(order) for order in session.orders)
        )
        if hasattr(session, "billing"):
            session = msgspec.structs.replace(session, billing=noted(session.billing))
        identities = [identify(order, RECOGNIZER) for order in session.orders]
        for case in cases_in_scope(session, RECOGNIZER, with_thresholds(POLICY, row.thresholds), identities):
            if case.identity.product is not None or rule.before_identity:
                _read.clear()
                rule.judge(case)
                found[row.topic] |= _read
    return found


def test_every_data_element_of_the_facts_has_a_name_here() -> None:
    assert set(Patient.__struct_fields__) == set(OF_PATIENT) | NOT_DATA
    assert {*OF_PATIENT.values(), *OF_ORDER.values(), "order", "claim"} == set(TOLD.data)


@pytest.mark.parametrize("topic", [rule.topic for rule in ALL_RULES])
def test_a_topic_reads_the_data_listed_for_it(topic: Topic) -> None:
    said, read = set(TOLD.topics[topic].reads), read_by_rules()[topic]
    # The drug of an order is read before its rules run.
    assert said == read | {"order"} if "order" in said else read


@pytest.mark.parametrize("topic", [rule.topic for rule in ALL_RULES])
def test_a_topic_cites_the_documents_listed_for_it(topic: Topic) -> None:
    entry = TOLD.topics[topic]
    said = cited_by(entry, KNOWN, SETUP)
    findings = [row.verdict().outcome for row in ROWS if row.topic is topic and row.expect is FIRES]
    cited = {each.source for finding in findings for each in finding.cited}
    # Where a retired code alone identifies the drug, every finding cites the source of that code as well.
    retired = {code.by.source for product in KNOWN.products for brand in product.brands for code in brand.retired_hcpcs}
    assert sorted(cited - set(said) - retired) == []
    for part in (*entry.stands_on, *entry.sources):
        alone = msgspec.structs.replace(entry, stands_on=(part,), sources=(part,))
        assert (set(cited_by(alone, KNOWN, SETUP)) if part in entry.stands_on else {part}) & cited, part


def test_unused_elements_appear_in_no_fact() -> None:
    names = {name for shape in SHAPES for name in shape.__struct_fields__}
    unused = {name for name, element in TOLD.elements.items() if not element.used}
    assert unused == {
        "race",
        "ethnicity",
        "language",
        "sexual_orientation",
        "gender_identity",
        "social_determinants_of_health",
    }
    assert names.isdisjoint({"race", "ethnicity", "language", "gender", "gender_identity", "orientation"})


def test_every_confidence_has_a_rank_and_words() -> None:
    assert set(_RANK) == set(Confidence)
    assert set(_CONFIDENCE) == {str(each) for each in Confidence}


def test_the_confidence_of_a_document_is_the_best_of_its_values() -> None:
    found = cited_by(TOLD.topics["dose-above-maximum"], KNOWN, SETUP)
    assert found["kadcyla-pi-2013"] is Confidence.PRIMARY
