"""Code maps of a site: what is wrong with one is told by file and line, and what has no effect beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from shapes import ICD10, LOINC, RXNORM, SNOMED

from cards.knowledge.loader import default_knowledge
from fhir_mappings.code_maps.files import read_code_map
from fhir_mappings.code_maps.notes import notes
from fhir_mappings.codings import CodeMap, CodeMapError

if TYPE_CHECKING:
    from pathlib import Path

LOCAL, UCUM = "https://hospital.example.org/lab", "http://unitsofmeasure.org"


def group(code: str = "29463-7", *, local: str = "WT", equivalence: str = "equivalent", **changes: Any) -> Any:
    said = {"code": code, "equivalence": equivalence}
    written = {"source": LOCAL, "target": LOINC, "element": [{"code": local, "target": [said]}], **changes}
    return {name: value for name, value in written.items() if value is not None}


def written(tmp_path: Path, *groups: Any) -> Path:
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": list(groups)}, indent=1), encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(CodeMapError) as refused:
        read_code_map([path])
    return [each.removeprefix(str(path)) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        pytest.param(group(source=None), 4, "the group has no source", id="a group without a source"),
        pytest.param(group(target=None), 4, "the group has no target", id="a group without a target"),
        pytest.param(group(local=""), 8, "the element has no code", id="an element without a code"),
        pytest.param(group(""), 12, 'the target of "WT" has no code', id="a target without a code"),
        pytest.param(group("29463-8"), 12, "the check digit of 29463 is 7", id="a LOINC code mistyped"),
        pytest.param(group("29436-7"), 12, "the check digit of 29436 is 3", id="two digits exchanged"),
        pytest.param(group("29463"), 12, '"29463" is no code of LOINC', id="a LOINC code without its last digit"),
        pytest.param(group("WEIGHT"), 12, '"WEIGHT" is no code of LOINC', id="a word"),
        pytest.param(group("Kadcyla", target=RXNORM), 12, "no code of RxNorm", id="a name in place of an RxNorm code"),
        pytest.param(group("50", target=SNOMED), 12, "no code of SNOMED CT", id="a number too short for SNOMED CT"),
        pytest.param(group("breast", target=ICD10), 12, "no code of ICD-10", id="a word in place of an ICD-10 code"),
    ],
)
def test_a_value_that_makes_no_sense_is_reported_with_its_line(
    tmp_path: Path, wrong: Any, line: int, says: str
) -> None:
    (problem,) = problems(written(tmp_path, wrong))
    assert problem.startswith(f":{line}: ")
    assert says in problem


def test_all_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    first = written(tmp_path, group("29463-8"), group(source=None))
    second = tmp_path / "other.json"
    second.write_text("{", encoding="utf-8")
    with pytest.raises(CodeMapError) as refused:
        read_code_map([first, second])
    assert [each.partition(": ")[0] for each in refused.value.problems] == [
        f"{first}:12", f"{first}:19", str(second)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "29463-7",
        "3141-9",
        "85319-2",
        "48676-1",
        "10230-1",
        "1920-8",
        "1742-6",
        "1975-2",
        "777-3",
        "751-8",
        "718-7",
        "LA11843-2",
    ],
)
def test_a_code_of_loinc_has_its_check_digit(tmp_path: Path, code: str) -> None:
    assert read_code_map([written(tmp_path, group(code))])


@pytest.mark.parametrize("junk", [{"element": 5}, {"element": [{"target": [None, {"code": 5}]}]}])
def test_junk_in_a_map_is_refused(tmp_path: Path, junk: Any) -> None:
    assert problems(written(tmp_path, junk))


@pytest.mark.parametrize("junk", [None, [], "x", 5])
def test_a_map_without_effect_is_reported(tmp_path: Path, junk: Any) -> None:
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"resourceType": "ConceptMap", "group": junk}), encoding="utf-8")
    assert not read_code_map([path])
    assert list(notes([path], default_knowledge())) == [f"{path}: maps nothing"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            '{\n "resourceType": }', ": the file is not valid JSON: invalid character at line 2", id="no JSON"
        ),
        pytest.param("[" * 1000, ": the file is nested too deeply", id="deep"),
        pytest.param('{"resourceType": "ValueSet"}', ":1: no FHIR ConceptMap", id="another resource"),
    ],
)
def test_a_file_that_is_not_a_concept_map_is_reported(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(text, encoding="utf-8")
    assert [each.startswith(says) for each in problems(path)] == [True]


def test_lines_are_found_in_a_file_with_tabs_and_slashes(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    text = json.dumps({"resourceType": "ConceptMap", "group": [group("29463-8")]}, indent="\t").replace("/", "\\/")
    path.write_text(text, encoding="utf-8")
    assert problems(path)[0].startswith(":12: ")


def test_a_group_of_units_needs_no_source(tmp_path: Path) -> None:
    found = read_code_map([written(tmp_path, group("mg", local="Milligramm", source=None, target=UCUM))])
    assert [each.code for each in found.standard("", "Milligramm")] == ["mg"]


def test_a_map_of_r5_says_relationship(tmp_path: Path) -> None:
    element = {"code": "WT", "target": [{"code": "29463-7", "relationship": "source-is-narrower-than-target"}]}
    assert read_code_map([written(tmp_path, group(element=[element]))])


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param([{"property": "urn:route", "value": "SC"}], id="R4"),
        pytest.param([{"attribute": "urn:route", "valueString": "SC"}], id="R5"),
        pytest.param([{}], id="one that does not say on what"),
    ],
)
def test_a_target_that_depends_on_something_else_is_not_used(tmp_path: Path, condition: Any) -> None:
    targets = [
        {"code": "224905", "equivalence": "equivalent"},
        {"code": "1371046", "equivalence": "equivalent", "dependsOn": condition},
    ]
    path = written(tmp_path, group(target=RXNORM, element=[{"code": "TRAS", "target": targets}]))
    read = read_code_map([path])
    assert [each.code for each in read.standard(LOCAL, "TRAS")] == ["224905"]
    (note,) = notes([path], default_knowledge())
    assert '"TRAS" stands for 1371046 only with ' in note


# What has no effect


@pytest.mark.parametrize(
    ("mapped", "says"),
    [
        pytest.param(group("2345-7"), "no check reads 2345-7", id="a code that is right and not read"),
        pytest.param(group("161", target=RXNORM), "no check reads 161", id="another drug"),
        pytest.param(group("LA99999-9"), "no check reads LA99999-9", id="another answer"),
        pytest.param(group(equivalence="narrower"), 'it says "narrower"', id="a target that says more"),
        pytest.param(group(target="urn:other"), '"urn:other" is no system that is read here', id="another system"),
        pytest.param(group("furlong", target=UCUM), '"furlong" is no unit that is read here', id="another unit"),
    ],
)
def test_what_has_no_effect_is_reported_with_its_line(tmp_path: Path, mapped: Any, says: str) -> None:
    path = written(tmp_path, mapped)
    read_code_map([path])
    (note,) = notes([path], default_knowledge())
    assert note.startswith(f"{path}:12: ")
    assert says in note


@pytest.mark.parametrize(
    "mapped",
    [
        pytest.param(group(), id="a laboratory code"),
        pytest.param(group("1371046", target=RXNORM), id="a drug"),
        pytest.param(group("C50.911", target=ICD10), id="a diagnosis"),
        pytest.param(group("LA11843-2"), id="an answer"),
        *(pytest.param(group(unit, target=UCUM), id=unit) for unit in ("kg", "mg", "mg/kg", "%", "U/L", "10*3/uL")),
    ],
)
def test_an_effective_code_map_is_not_reported(tmp_path: Path, mapped: Any) -> None:
    assert list(notes([written(tmp_path, mapped)], default_knowledge())) == []


def test_a_local_code_for_two_tests_is_reported_but_not_one_for_two_codes_of_a_test(tmp_path: Path) -> None:
    targets = [{"code": code, "equivalence": "equal"} for code in ("777-3", "26515-7", "1920-8")]
    path = written(tmp_path, group(element=[{"code": "PLT", "target": targets}]))
    (note,) = notes([path], default_knowledge())
    assert note.endswith(': "PLT" stands for two tests, 777-3 and 1920-8')


def test_a_retired_map_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"resourceType": "ConceptMap", "status": "retired", "group": [group()]}), "utf-8")
    (note,) = notes([path], default_knowledge())
    assert note == f"{path}: its status is retired; it is used all the same"


def test_a_whole_dictionary_is_counted(tmp_path: Path) -> None:
    many = [{"code": f"L{number}", "target": [{"code": "2345-7", "equivalence": "equal"}]} for number in range(40)]
    told = list(notes([written(tmp_path, group(element=many))], default_knowledge()))
    assert len(told) == 11
    assert told[-1].endswith("30 more codes that are not read")


# Units


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param({"value": 1, "system": LOCAL, "code": "MGKG", "unit": "MGKG"}, "mg/kg", id="a local code"),
        pytest.param({"value": 1, "unit": "Milligramm"}, "mg", id="a text without a system"),
        pytest.param({"value": 1, "system": UCUM, "code": "mg", "unit": "mg"}, "mg", id="a unit of UCUM"),
        pytest.param({"value": 1, "system": "urn:other", "code": "MGKG"}, "MGKG", id="of another system"),
        pytest.param({"code": "MGKG", "system": LOCAL}, "MGKG", id="a code that is not a quantity"),
    ],
)
def test_a_local_unit_gets_its_standard_code(tmp_path: Path, value: Any, code: str) -> None:
    units = group("mg/kg", local="MGKG", target=UCUM)
    words = group("mg", local="Milligramm", target=UCUM, source=None)
    found = read_code_map([written(tmp_path, units, words)])
    kept = [{"doseAndRate": [{"doseQuantity": value}]}]
    read = found.in_standard_units(kept)
    assert read[0]["doseAndRate"][0]["doseQuantity"] == {**value, "code": code}
    assert kept[0]["doseAndRate"][0]["doseQuantity"] is value


def test_without_units_nothing_is_copied() -> None:
    value = {"value": 1}
    assert CodeMap().in_standard_units(value) is value
