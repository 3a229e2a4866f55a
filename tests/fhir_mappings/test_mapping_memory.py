"""What is remembered of texts: short ones, so many and no more, and always what reading would say."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from shapes import ICD10, LOINC, TERMINOLOGY, coding, concept

from cards.facts.order import DrugOrder, EvidenceKind, IdentityEvidence
from cards.facts.origins import Origin
from cards.identification.identity import identify
from cards.identification.recognizer import Recognizer
from cards.knowledge.loader import default_knowledge
from cards.values.caching import cached_by_identity
from cards.values.text_cache import LENGTH, TEXTS, cached_by_text
from fhir_mappings.codings import CodeMap, Coding
from fhir_mappings.medications.medication import MedicationReader
from fhir_mappings.patient.conditions import ConditionReader
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.results.concept_index import MOST_CODES, ConceptIndex
from fhir_mappings.wire.cached_json import LONGEST, PARTS, CachedByJson
from fhir_mappings.wire.references import References
from fhir_mappings.wire.stubs import Code, ResourceStub


@pytest.mark.parametrize(
    ("written", "times"),
    [
        pytest.param("x" * LENGTH, 1, id="as long as is remembered"),
        pytest.param("x" * (LENGTH + 1), 2, id="a character longer is read again"),
        pytest.param("", 1, id="nothing"),
    ],
)
def test_a_short_text_is_read_once(written: str, times: int) -> None:
    asked: list[str] = []

    def read(text: str) -> int:
        asked.append(text)
        return len(text)

    reading = cached_by_text(read)
    assert [reading(written), reading(written)] == [len(written)] * 2
    assert len(asked) == times


def test_several_texts_are_short_together_or_not_at_all() -> None:
    asked: list[tuple[str, str]] = []

    @cached_by_text
    def reading(one: str, other: str) -> None:
        asked.append((one, other))

    for one, other in (("x" * LENGTH, ""), ("x" * LENGTH, "y")) * 2:
        reading(one, other)
    assert [other for _, other in asked] == ["", "y", "y"]


@pytest.mark.parametrize(
    ("codes", "kept"),
    [
        pytest.param(MOST_CODES, 1, id="as many codes as are kept"),
        pytest.param(MOST_CODES + 1, 0, id="one more"),
    ],
)
def test_a_result_with_many_codes_is_read_and_not_cached(codes: int, kept: int) -> None:
    index = ConceptIndex(TERMINOLOGY)
    many = (*(Code("http://local.example", f"c{number}") for number in range(codes - 1)), Code(LOINC, "85319-2"))
    assert index.concept(many) == "her2-ihc"
    assert index._remembered.cache_info().currsize == kept


@pytest.mark.parametrize("length", [500, 501, 100_000])
def test_an_overlong_code_next_to_a_good_one_is_ignored(length: int) -> None:
    resource = {
        "resourceType": "Observation",
        "code": {"coding": [{"system": "x" * length, "code": "y" * length}, {"system": LOINC, "code": "85319-2"}]},
    }
    stub = ResourceStub.of(json.dumps(resource).encode(), "prefetch.x")
    assert ConceptIndex(TERMINOLOGY).concept(stub.codes[0]) == "her2-ihc"
    assert len(stub.codes[0]) == (2 if length == 500 else 1)


def test_a_drug_with_a_long_name_is_recognized_and_not_cached() -> None:
    for words, kept in (("Kadcyla", 1), ("Kadcyla " + "and " * 300, 0)):
        recognizer = Recognizer(default_knowledge())
        said = IdentityEvidence(EvidenceKind.TEXT, "", words, "x")
        found = identify(DrugOrder(Origin("", "x"), evidence=(said,)), recognizer)
        assert found.product is not None
        assert found.product.id == "kadcyla"
        answers = [each for name, each in vars(recognizer).items() if name.endswith("identity._by_evidence")]
        assert sum(each.cache_info().currsize for each in answers) == kept


def test_the_oldest_text_is_forgotten() -> None:
    asked: list[str] = []
    reading = cached_by_text(asked.append)
    for number in range(TEXTS + 1):
        reading(str(number))
    reading(str(TEXTS))
    assert len(asked) == TEXTS + 1
    reading("0")
    assert len(asked) == TEXTS + 2


def test_a_long_diagnosis_is_read_and_not_cached() -> None:
    reader = ConditionReader(TERMINOLOGY).concepts
    told = concept(coding(ICD10, "C50.911"), text="Breast cancer, " + "and so on, " * 50 + "stage IV")
    first, second = reader.meaning(told), reader.meaning(told)
    assert first == second
    assert first is not second
    assert (first.cancer, first.settings) == ("breast", {"metastatic"})
    brief = concept(coding(ICD10, "C50.911"), text="Breast cancer")
    assert reader.meaning(brief) is reader.meaning(brief)


def part_of(length: int) -> str:
    """Make a part whose JSON has so many bytes."""
    return "x" * (length - len('""'))


@pytest.mark.parametrize(
    ("part", "beside", "times"),
    [
        pytest.param(part_of(LONGEST), (), 1, id="as long as is remembered"),
        pytest.param(part_of(LONGEST + 1), (), 2, id="a byte longer is read again"),
        pytest.param(part_of(LONGEST - 3), ("mg", "L"), 1, id="as long with what is beside it"),
        pytest.param(part_of(LONGEST - 2), ("mg", "L"), 2, id="a byte longer with what is beside it"),
        pytest.param(None, (), 1, id="nothing"),
    ],
)
def test_a_short_part_is_read_once(part, beside, times: int) -> None:
    asked: list[object] = []
    reading = CachedByJson(lambda *given: asked.append(given) or given)
    assert [reading(part, *beside), reading(part, *beside)] == [(part, *beside)] * 2
    assert len(asked) == times


def test_parts_are_the_same_when_every_digit_and_every_text_beside_them_is() -> None:
    reading = CachedByJson(lambda part, *beside: (str(part["value"]), *beside))
    given = [({"value": Decimal(number)}, beside) for number in ("3.6", "3.60", "36") for beside in ("mg", "kg")]
    for part, beside in given * 2:
        assert reading(part, beside) == (str(part["value"]), beside)


def test_the_oldest_part_is_forgotten() -> None:
    asked: list[int] = []
    reading = CachedByJson(asked.append)
    for number in range(PARTS + 1):
        reading(number)
    reading(PARTS)
    assert len(asked) == PARTS + 1
    reading(0)
    assert len(asked) == PARTS + 2


def test_a_chart_never_contains_another_patients_data() -> None:
    """What is remembered are the parts that say what; whose, when and where stands beside them."""
    reader = ConditionReader(TERMINOLOGY)
    told = {"code": concept(coding(ICD10, "C50.911")), "stage": [{"summary": concept(text="Stage IV")}]}
    for name, began in (("a", "2026-01-05"), ("b", "2024-03-09")):
        read = reader.read({**told, "id": name, "onsetDateTime": began}, Origin(f"Condition/{name}", f"x.{name}"))
        assert read.diagnosis is not None
        assert read.staging is not None
        assert read.diagnosis.origin == read.staging.origin == Origin(f"Condition/{name}", f"x.{name}")
        assert read.staging.on == date.fromisoformat(began)


TEXTS_OF_ORDERS = [
    "{} IV over 90 minutes, day 1 of a 21-day cycle",
    "{} IV push",
    "Give {} whenever the counts allow",
    "{} in 250 mL D5W, bag 1 of 2, x 4 doses",
    "days 1 and 8, {} at 250 mL/h",
    "{}/h every 3 weeks, then {}",
]


@pytest.mark.parametrize("written", TEXTS_OF_ORDERS)
@pytest.mark.parametrize("rate", [{}, {"rateQuantity": {"value": 126, "unit": "mg/h"}}])
def test_orders_that_differ_in_the_amount_alone_are_read_as_each_by_itself(written: str, rate: dict) -> None:
    """One reader reads them one after the other, and a new reader each of them."""
    shared = MedicationReader(ConditionReader(TERMINOLOGY))
    for mg in (252, 378, 1260, Decimal("168.5")):
        order = {
            "id": "o",
            "medicationCodeableConcept": {"text": "Kadcyla"},
            "dosageInstruction": [
                {
                    "text": written.format(f"{mg} mg", f"{mg} mg"),
                    "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}, **rate}],
                    "timing": {"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk"}},
                }
            ],
        }
        alone = MedicationReader(ConditionReader(TERMINOLOGY)).read(order, "x", References(""))
        assert shared.read(order, "x", References("")) == alone
        assert alone.doses[0].number == mg
        assert all("111" not in each for each in alone.schedule.unread)


def test_what_is_kept_by_identity_is_of_that_object_and_no_other_of_the_same_content() -> None:
    made: list[list[int]] = []

    @cached_by_identity(2)
    def total(numbers: list[int]) -> int:
        made.append(numbers)
        return sum(numbers)

    first, second, third = [1, 2], [1, 2], [3]
    assert [total(first), total(second), total(first)] == [3, 3, 3]
    assert len(made) == 2
    # The third takes the place of the one that was not asked for the longest.
    assert [total(third), total(first), total(second)] == [3, 3, 3]
    assert [id(each) for each in made] == [id(each) for each in (first, second, third, second)]


def test_readers_of_one_terminology_share_its_indexes_and_those_of_another_code_map_do_not() -> None:
    recognizer = Recognizer(default_knowledge())
    local = CodeMap({("urn:site", "K1"): (Coding("http://hl7.org/fhir/sid/icd-10-cm", "C50.911", ""),)})
    one, same, other = (ChartReader(TERMINOLOGY, recognizer, each) for each in (CodeMap(), CodeMap(), local))
    assert one.billing._conditions is same.billing._conditions
    assert one.billing._conditions is not other.billing._conditions
