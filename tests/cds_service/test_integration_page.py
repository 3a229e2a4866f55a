"""The page for integrators: every example on it works as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from calls import SIGN, Caller, bundle, call, cancer, clean_prefetch, ihc, labs, lvef, order
from command_line import run

from cards.knowledge.loader import default_knowledge
from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from calls import Json

PAGE = (Path(__file__).parents[2] / "docs" / "integration.md").read_text(encoding="utf-8")
REQUEST, *MAPS = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
LAB, DRUG, UNIT, DIAGNOSIS = MAPS
HOSPITAL = "https://hospital.example.org"


def test_the_example_request_gets_the_cards_that_the_page_promises(service) -> None:
    found = service.post(json.loads(REQUEST)).topics
    assert found[0] == "dose-above-maximum"
    assert {"her2-missing", "lvef-missing", "liver-tests-missing"} <= set(found)
    assert set(json.loads(REQUEST)["prefetch"]) == set(service.get("/cds-services").body["services"][1]["prefetch"])


def test_the_page_lists_every_code_of_her2_tests() -> None:
    concepts = default_knowledge().terminology.concepts.items()
    tests = [concept for name, concept in concepts if name.startswith(("her2-", "chr17-", "erbb2-"))]
    codes = {entry.code for concept in tests for entry in (*concept.loinc, *concept.never)}
    codes.add(default_knowledge().terminology.genes.significance)
    listed = PAGE.split("## Which HER2 results count")[1].split("\n## ")[0]
    assert codes == set(re.findall(r"\b\d{5}-\d\b", listed))


def test_the_example_request_is_answered_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HER2_CDS_CONFIG", raising=False)
    path = tmp_path / "request.json"
    path.write_text(REQUEST, encoding="utf-8")
    result = run("check", path)
    assert result.exit_code == 1
    assert "above the maximum" in " ".join(result.stdout.split())


def with_maps(folder: Path, *maps: str) -> Caller:
    """Return a service with code maps of the page."""
    paths = [folder / f"map-{number}.json" for number, _ in enumerate(maps)]
    for path, text in zip(paths, maps, strict=True):
        path.write_text(text, encoding="utf-8")
    return Caller(Settings(site={"code_maps": paths}))


def coded(holder: Json, system: str, code: str, name: str = "code") -> Json:
    """Return a resource with nothing but a local code."""
    return {**holder, name: {"coding": [{"system": f"{HOSPITAL}/{system}", "code": code}]}}


def platelets(**changes: Any) -> list[Json]:
    """Return the laboratory results, with platelets in the site's own words."""
    *others, last = labs()
    return [*others, {**last, **changes}]


def both(folder: Path, which: str, body: Json) -> tuple[list[str], list[str]]:
    """Return the topics without a map, and with it."""
    return Caller(Settings()).post(body, SIGN).topics, with_maps(folder, which).post(body, SIGN).topics


@pytest.mark.parametrize(
    ("which", "lists", "missed"),
    [
        pytest.param(LAB, {"lvef": bundle(coded(lvef(), "lab", "EF-ECHO"))}, "lvef-missing", id="a laboratory code"),
        pytest.param(
            LAB, {"labs": bundle(*platelets(**coded({}, "lab", "PLT")))}, "checks-incomplete", id="one that words name"
        ),
        pytest.param(
            UNIT,
            {"labs": bundle(*platelets(valueQuantity={"value": 212, "unit": "Unit 9"}, referenceRange=[]))},
            "checks-incomplete",
            id="a unit as text",
        ),
        pytest.param(
            DIAGNOSIS,
            {"tumorMarkers": bundle(coded(ihc(), "pathology", "IHC3", "valueCodeableConcept"))},
            "her2-missing",
            id="an answer of pathology",
        ),
    ],
)
def test_a_map_makes_the_service_read_a_result(tmp_path: Path, which: str, lists: Json, missed: str) -> None:
    plain, mapped = both(tmp_path, which, call(prefetch=clean_prefetch() | lists))
    assert missed in plain
    assert mapped == []


def test_a_map_of_drugs_makes_the_service_read_an_order(tmp_path: Path) -> None:
    local = coded(order(378), "formulary", "ONC-0417", "medicationCodeableConcept")
    assert both(tmp_path, DRUG, call(orders=[local])) == (["checks-incomplete"], ["dose-above-maximum"])


def test_a_map_of_units_reads_the_dose_of_an_order(tmp_path: Path) -> None:
    local = {"value": 5.4, "unit": "U17", "system": f"{HOSPITAL}/units", "code": "U17"}
    body = call(orders=[order(dosageInstruction=[{"doseAndRate": [{"doseQuantity": local}]}])])
    assert "dose-cannot-verify" in Caller(Settings()).post(body).topics
    (card,) = with_maps(tmp_path, UNIT).post(body).cards
    assert card["source"]["topic"]["code"] == "dose-above-maximum"
    changed = card["suggestions"][0]["actions"][0]["resource"]["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    assert changed == {**local, "value": 3.6}


def test_a_map_of_diagnoses_is_read(tmp_path: Path) -> None:
    local = coded(cancer(), "problems", "P-BREAST-L")
    body = call(
        orders=[order(378, medicationCodeableConcept={"text": "Enhertu"}, dosageInstruction=[])],
        prefetch=clean_prefetch() | {"conditions": bundle(local)},
    )
    plain, mapped = both(tmp_path, DIAGNOSIS, body)
    assert "indication-unsupported" in plain or "checks-incomplete" in plain
    assert not {"indication-unsupported", "checks-incomplete"} & set(mapped)


def test_all_maps_together_are_valid_and_every_entry_has_effect(tmp_path: Path) -> None:
    for number, text in enumerate(MAPS):
        (tmp_path / f"map-{number}.json").write_text(text, encoding="utf-8")
    names = ", ".join(f"map-{number}.json" for number in range(len(MAPS)))
    (tmp_path / "site.yaml").write_text(f"auth: {{mode: off}}\nsite: {{code_maps: [{names}]}}\n", encoding="utf-8")
    result = run("config", "check", tmp_path / "site.yaml")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path / 'site.yaml'}: valid\n")


def test_what_has_no_effect_is_noted(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(LAB.replace("777-3", "2345-7"), encoding="utf-8")
    (tmp_path / "site.yaml").write_text("auth: {mode: off}\nsite: {code_maps: [map.json]}\n", encoding="utf-8")
    result = run("config", "check", tmp_path / "site.yaml")
    assert result.exit_code == 0
    assert f"note: {tmp_path / 'map.json'}:9: no check reads 2345-7" in result.stdout


def test_a_value_that_makes_no_sense_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(LAB.replace("777-3", "777-4"), encoding="utf-8")
    (tmp_path / "site.yaml").write_text("auth: {mode: off}\nsite: {code_maps: [map.json]}\n", encoding="utf-8")
    result = run("config", "check", tmp_path / "site.yaml")
    assert result.exit_code == 2
    assert f"{tmp_path / 'map.json'}:9:" in result.stderr
