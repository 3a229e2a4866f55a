"""No name in the knowledge may be misspelled, and a laboratory test of a new kind takes YAML alone."""

from __future__ import annotations

import copy
import shutil
from datetime import timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import yaml
from builders import KNOWN, POLICY, TODAY, chart, facts_of, order

from cards.engine import judge
from cards.facts.origins import Origin
from cards.facts.outcomes import Fired
from cards.facts.results import LabResult
from cards.facts.topics import Topic
from cards.identification.recognizer import Recognizer
from cards.knowledge.loader import load
from cards.knowledge.names import check_names
from cards.knowledge.schema import KnowledgeError, MissingTestTopic, Product, Shared, Terminology
from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.request.queries import templates
from fhir_mappings.results.observations import ObservationReader
from fhir_mappings.results.reference_ranges import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(str(files("cards") / "knowledge"))
# The keys whose value is a name defined elsewhere.
NAMES = frozenset(
    {
        *("source", "label", "tests", "topic", "transaminases", "bilirubin", "look_alikes", "parts", "may_mean"),
        *(
            "products",
            "with_products",
            "also_after",
            "beside",
            "drug_class",
            "with_classes",
            "kind",
            "asked_by",
            "panel",
            "harm",
            "units",
            "problem",
        ),
        *("action", "cancer", "cancers", "setting", "settings", "tiers", "role", "basis", "scope", "route"),
    }
)
SHAPES: dict[str, Any] = {"terminology.yaml": Terminology, "shared.yaml": Shared} | {
    f"products/{each.name}": list[Product] for each in sorted((ROOT / "products").glob("*.yaml"))
}
Place = tuple[str | int, ...]


def names(node: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every name and its place."""
    for key, item in node.items() if isinstance(node, dict) else enumerate(node):
        here = (*place, key)
        under = next((each for each in reversed(here) if isinstance(each, str)), "")
        if isinstance(item, dict | list):
            yield from names(item, here)
        elif isinstance(item, str) and under in NAMES:
            yield here, item


def misspelled(tree: Any, place: Place, name: str) -> Any:
    changed = copy.deepcopy(tree)
    node = changed
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = f"{name}x"
    return changed


@pytest.mark.parametrize("file", SHAPES)
def test_every_name_misspelled_once_is_refused(file: str) -> None:
    # YAML aliases are one object; each place must be changed separately.
    written = yaml.load((ROOT / file).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    tree = msgspec.json.decode(msgspec.json.encode(written))
    check_names(msgspec.convert(tree, SHAPES[file], strict=False), KNOWN, file)
    # One place represents all others with the same keys and name: the citations of a table are alike.
    by_keys = {(*(step for step in place if isinstance(step, str)), name): (place, name) for place, name in names(tree)}
    found = list(by_keys.values())
    assert len(found) > 10
    problems = [problem(misspelled(tree, place, name), file) for place, name in found]
    assert [place for (place, _), why in zip(found, problems, strict=True) if not why] == []
    assert all(f"{name}x" in why for (_, name), why in zip(found, problems, strict=True) if why.startswith(file))


def problem(tree: Any, file: str) -> str:
    """Return the words in which a file is refused: ours with file and place, or those of a shape with the place."""
    try:
        check_names(msgspec.convert(tree, SHAPES[file], strict=False), KNOWN, file)
    except KnowledgeError as error:
        return str(error)
    except msgspec.ValidationError as error:
        return str(error) if "`$" in str(error) else ""
    return ""


def test_the_topics_that_ask_for_tests_are_topics() -> None:
    assert {str(topic) for topic in MissingTestTopic} <= {str(topic) for topic in Topic}


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        pytest.param("    unit: U/L\n", "", "AST is a number and has no unit", id="no unit"),
        pytest.param(
            "    asked_by: labs\n    panel: liver\n", "    panel: liver\n", "AST is a laboratory", id="no query"
        ),
        pytest.param("    units: enzymes\n", "    units: enzyme\n", "unknown table of units", id="no table of units"),
    ],
)
def test_an_incompletely_defined_measurement_does_not_load(tmp_path: Path, old: str, new: str, why: str) -> None:
    root = copied(tmp_path)
    change(root / "terminology.yaml", old, new)
    with pytest.raises(KnowledgeError, match=rf"^terminology.yaml: concepts.ast: {why}"):
        load(root)


HEMOGLOBIN = """\
  hemoglobin:
    display: hemoglobin
    order_display: Hemoglobin in blood
    order_loinc: "718-7"
    kind: laboratory
    asked_by: labs
    panel: blood-count
    harm: low
    unit: g/dL
    units: hemoglobin
    plausible: [1, 30]
    loinc:
      - {code: "718-7", display: "Hemoglobin [Mass/volume] in Blood"}
    by: {source: loinc, section: long common names, confidence: V2}
  pregnancy-test:
"""
UNITS = """\
  hemoglobin:
    unit: g/dL
    scale: 0.1
    numerators:
      - {factor: 1, texts: [g], by: {source: ucum, section: "units and prefixes", confidence: V}}
  cells:
"""


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        pytest.param(
            "thresholds.yaml",
            "section: dose rounding, confidence: D",
            "section: dose rounding, confidence: V",
            "dose_rounding_tolerance_percent.by: a default of this service has confidence D, not V",
            id="a default of the service was not read anywhere",
        ),
        pytest.param(
            "products/enhertu.yaml",
            "source: enhertu-pi, section: dosing and administration, confidence: V",
            "source: enhertu-pi, section: dosing and administration, confidence: D",
            "confidence D is for defaults of this service",
            id="a label is not a default of the service",
        ),
        pytest.param("drug_codes.yaml", "name: idarubicin", "name: idarubicum", "in no class", id="a name unread"),
        pytest.param("drug_codes.yaml", '["5650"]', '["7005"]', "7005 stands for two drugs", id="a code of two drugs"),
        pytest.param("drug_codes.yaml", '"6809": metformin', '"3639": metformin', "3639 cannot be", id="read and not"),
        pytest.param("drug_codes.yaml", "[L01DB06]", "[L01DB6]", "ATC code", id="no level of ATC"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path, file: str, old: str, new: str, why: str) -> None:
    root = copied(tmp_path)
    change(root / file, old, new)
    with pytest.raises(ValueError, match=why):
        load(root)


@pytest.mark.parametrize(
    ("sent", "topic"),
    [
        pytest.param(None, Topic.BLOOD_COUNT_MISSING, id="none on record: asked for"),
        pytest.param(("7.5", "g/dL"), Topic.BLOOD_COUNT_HOLD, id="low: hold"),
        pytest.param(("75", "g/L"), Topic.BLOOD_COUNT_HOLD, id="low in another unit: hold"),
        pytest.param(("12.1", "g/dL"), None, id="normal: nothing"),
    ],
)
def test_a_new_laboratory_test_needs_only_yaml(
    tmp_path: Path, sent: tuple[str, str] | None, topic: Topic | None
) -> None:
    root = copied(tmp_path)
    change(root / "terminology.yaml", "  pregnancy-test:\n", HEMOGLOBIN)
    change(root / "units.yaml", "  cells:\n", UNITS)
    change(
        root / "products/enhertu.yaml", "tests: [neutrophils, platelets]", "tests: [neutrophils, platelets, hemoglobin]"
    )
    row = (
        "    lab_rows:\n      - tests: [hemoglobin]\n        value: {below: 8}\n        action: hold\n"
        "        then: Hold until recovered.\n        by: {source: enhertu-pi, section: made up, confidence: V}\n"
    )
    change(root / "products/enhertu.yaml", "    lab_rows:\n", row)
    known = load(root)
    assert "http://loinc.org|718-7" in templates(known.terminology, NO_CODE_MAP)["labs"]
    patient = chart()
    if sent is not None:
        patient = msgspec.structs.replace(patient, labs={**patient.labs, "hemoglobin": (read(known, *sent),)})
    verdicts = judge(facts_of(order("Enhertu", "378 mg"), patient=patient), Recognizer(known), POLICY)
    about = [each.topic for each in verdicts if isinstance(each.outcome, Fired) and each.topic.startswith("blood")]
    assert about == ([topic] if topic else [])


def read(known: Any, value: str, unit: str) -> LabResult:
    """Read a result as a chart has it."""
    content = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "effectiveDateTime": (TODAY - timedelta(days=1)).isoformat(),
        "valueQuantity": {
            "value": Decimal(value),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }
    (fact,) = ObservationReader(known.terminology).read("hemoglobin", content, Origin("Observation/1", "x"), Subject())
    assert isinstance(fact, LabResult)
    return fact
