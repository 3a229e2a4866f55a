"""What is remembered of texts: short ones, so many and no more, and always what reading would say."""

from __future__ import annotations

import pytest
from shapes import ICD10, TERMINOLOGY, coding, concept

from fhir_mappings.conditions import ConditionReader
from fhir_mappings.remembered import LENGTH, TEXTS, remembered


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

    reading = remembered(read)
    assert [reading(written), reading(written)] == [len(written)] * 2
    assert len(asked) == times


def test_the_oldest_text_is_forgotten() -> None:
    asked: list[str] = []
    reading = remembered(asked.append)
    for number in range(TEXTS + 1):
        reading(str(number))
    reading(str(TEXTS))
    assert len(asked) == TEXTS + 1
    reading("0")
    assert len(asked) == TEXTS + 2


def test_a_diagnosis_told_at_length_is_read_and_not_remembered() -> None:
    reader = ConditionReader(TERMINOLOGY).concepts
    told = concept(coding(ICD10, "C50.911"), text="Breast cancer, " + "and so on, " * 50 + "stage IV")
    first, second = reader.meaning(told), reader.meaning(told)
    assert first == second
    assert first is not second
    assert (first.cancer, first.settings) == ("breast", {"metastatic"})
    brief = concept(coding(ICD10, "C50.911"), text="Breast cancer")
    assert reader.meaning(brief) is reader.meaning(brief)
