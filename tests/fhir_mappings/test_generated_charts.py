"""Charts that a package made by others generates: every resource that a rule could use is read, or it is told.

carebundle writes US Core charts of patients without cancer, and breaks them on purpose: fields are missing, values
stand in words, entries come twice. What a rule could use is found here by the LOINC codes alone, and every such
resource must be among the facts or among what could not be used.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from shapes import LOINC, RECOGNIZER, TERMINOLOGY

from cards.facts.results import LabResult
from fhir_mappings.request.chart import ChartReader
from fhir_mappings.request.prefetch import read_answer

if TYPE_CHECKING:
    from types import ModuleType

Json = dict[str, Any]
READER = ChartReader(TERMINOLOGY, RECOGNIZER)
PROFILES = ("anaemia", "ckd_stage3", "healthy", "hypertension", "type2_diabetes")
CHARTS = [(profile, seed) for profile in PROFILES for seed in (1, 2)]
CONCEPTS = {
    entry.code: name
    for name, concept in TERMINOLOGY.concepts.items()
    for entry in concept.loinc
    if name in TERMINOLOGY.of_kind("laboratory", "measurement")
}


@pytest.fixture(scope="module")
def carebundle() -> ModuleType:
    """Load the generator with the first test that needs it: it takes a second, and every process collects this file."""
    import carebundle  # noqa: PLC0415

    return carebundle


def chart(carebundle: ModuleType, profile: str, seed: int) -> Json:
    """Generate a chart, with ids for the references by which its parts name each other, as a server gives them."""
    made = carebundle.generate_bundle(profile=profile, seed=seed, sex="F")
    written = made.model_dump_json(by_alias=True, exclude_none=True)
    for each in json.loads(written)["entry"]:
        kind, name = each["resource"]["resourceType"], each["fullUrl"].removeprefix("urn:uuid:")
        written = written.replace(f'"reference":"{each["fullUrl"]}"', f'"reference":"{kind}/{name}"')
    sent: Json = json.loads(written)
    for each in sent["entry"]:
        each["resource"]["id"] = each.pop("fullUrl").removeprefix("urn:uuid:")
    return sent


def read(bundle: Json) -> Any:
    """Read all of a chart under one key, results of every day."""
    listed = {"resourceType": "Bundle", "type": "searchset", "entry": bundle["entry"]}
    person = next(each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient")
    answers = {"labs": read_answer(msgspec.json.encode(listed), "prefetch.labs")}
    return READER._patient.read(answers, person["id"], frozenset({"labs"}), frozenset(), every_lab=True)


def paths(node: Any) -> set[str]:
    """Return the place of everything that was read or told."""
    if isinstance(node, dict):
        own = {node["path"]} if isinstance(node.get("path"), str) else set()
        return own.union(*map(paths, node.values()))
    return set().union(*map(paths, node)) if isinstance(node, list | tuple) else set()


def wanted(bundle: Json) -> list[tuple[str, Json]]:
    """List the results whose code means a measurement that rules use, with their places."""
    return [
        (f"prefetch.labs.entry[{place}].resource", each["resource"])
        for place, each in enumerate(bundle["entry"])
        if each["resource"]["resourceType"] == "Observation"
        and any(
            coding.get("code") in CONCEPTS and coding.get("system") == LOINC
            for coding in each["resource"].get("code", {}).get("coding", ())
        )
    ]


def test_every_profile_is_tried(carebundle: ModuleType) -> None:
    assert sorted(carebundle.PROFILES) == list(PROFILES)


@pytest.mark.parametrize(("profile", "seed"), CHARTS)
def test_every_result_of_a_generated_chart_is_read(carebundle: ModuleType, profile: str, seed: int) -> None:
    bundle = chart(carebundle, profile, seed)
    patient = read(bundle)
    results = wanted(bundle)
    assert results
    assert {path for path, _ in results} <= paths(msgspec.to_builtins(patient))
    numbers = {each.origin.path: each for listed in patient.labs.values() for each in listed}
    assert not any(gap.reason == "other-patient" for gap in patient.gaps)
    assert len(numbers) >= len(results) / 3
    for path, resource in results:
        found = numbers.get(path)
        if isinstance(found, LabResult) and resource["valueQuantity"].get("unit") == found.unit:
            assert found.value == Decimal(str(resource["valueQuantity"]["value"]))


@pytest.mark.parametrize(("profile", "seed"), CHARTS[:4])
def test_each_result_of_a_broken_chart_is_read_or_reported(carebundle: ModuleType, profile: str, seed: int) -> None:
    dirty = carebundle.Imperfection(
        missing_field=0.3,
        duplicate_entry=0.2,
        out_of_order_timestamp=0.2,
        unparseable_value=0.3,
        unknown_code_system=0.2,
    )
    broken, defects = carebundle.inject_defects(chart(carebundle, profile, seed), dirty, seed=seed)
    assert defects
    assert {path for path, _ in wanted(broken)} <= paths(msgspec.to_builtins(read(broken)))
