"""Elements with another JSON type than in FHIR: read where that is safe, told where it is not, never passed over."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.shapes import misshapen
from tests.fhir_mappings.shapes import (
    SNOMED,
    bundle,
    cards,
    chart,
    coding,
    concept,
    condition,
    dosage,
    dose_of,
    lab,
    observation,
    order,
    quantity,
    topic,
    topics,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
Path = tuple[str | int, ...]
TEXT = "HER2 is 1+ on review"


@pytest.mark.parametrize(
    ("resource", "part"),
    [
        (order(), ""),
        (order(note={"text": "a single note"}), ""),
        (order(note="a bare text"), "note"),
        (order(note=["a bare text"]), "note"),
        (order(note=[{"text": ["a list"]}]), "note.text"),
        (order(note=[None, {"text": None}]), ""),
        (order(drug="Kadcyla"), ""),
        (order(drug={"coding": ["Kadcyla"]}), "medicationCodeableConcept.coding"),
        (order(drug={"coding": [{"code": 1371046}]}), ""),
        (order(subject="Patient/pat-1"), ""),
        (order(dosage(text=["252 mg"])), "dosageInstruction.text"),  # type: ignore[arg-type]
        (order({"doseAndRate": dose_of("252", "mg")}), ""),
        (order({"timing": {"repeat": {"frequency": "1", "period": 21, "periodUnit": "d"}}}), ""),
        (order({"timing": {"repeat": [{"frequency": 1}]}}), "dosageInstruction.timing.repeat"),
        (order({"timing": {"event": "2026-11-22"}}), ""),
        (observation("1920-8", note="hemolyzed"), ""),
        (observation("1920-8", interpretation="H"), ""),
        (observation("1920-8", interpretation=["H"]), ""),
        (observation("1920-8", interpretation=5), "interpretation"),
        (observation("1920-8", method="photometry", bodySite="arm", referenceRange="10-40 U/L"), ""),
        (observation("1920-8", category="laboratory"), ""),
        (observation("1920-8", interpretation=concept(text="H")), ""),
        (
            observation("1920-8", referenceRange=[{"high": quantity(40, "U/L"), "age": "adult"}]),
            "referenceRange.age",
        ),
        (observation("1920-8", component=[{"code": concept(text="a"), "valueString": 5}]), "component.valueString"),
        (observation("1920-8", effectiveDateTime=["2026-11-20"]), "effectiveDateTime"),
        (condition("c", text="asthma", clinicalStatus="active"), ""),
        (condition("c", text="asthma", note="in childhood"), "note"),
        ({"resourceType": "Basic", "note": 5}, ""),
        ({"resourceType": "Condition", "note": []}, ""),
    ],
)
def test_what_is_read_in_no_shape_is_found(resource: Json, part: str) -> None:
    assert misshapen(resource["resourceType"], encode(resource)) == part


@pytest.mark.parametrize(
    ("key", "change", "told"),
    [
        ("tumorMarkers", {"note": [TEXT]}, "HER2 IHC, 2026-11-20: 3+; a part of it could not be read (note)"),
        ("tumorMarkers", {"interpretation": 5}, "a part of it could not be read (interpretation)"),
        (
            "labs",
            {"referenceRange": [{"high": quantity(40, "U/L"), "age": "adult"}]},
            "(referenceRange.age)",
        ),
        ("labs", {"note": [["hemolyzed"]]}, "AST, 2026-11-20: 24 U/L; a part of it could not be read (note)"),
        (
            "conditions",
            {"note": "of the left breast"},
            "an entry of the problem list; a part of it could not be read (note)",
        ),
    ],
)
def test_a_part_of_the_chart_in_another_shape_is_told(key: str, change: Json, told: str) -> None:
    prefetch = chart()
    prefetch[key]["entry"][0]["resource"].update(change)
    *others, card = cards(order(), prefetch=prefetch)
    assert (topic(card), card["indicator"]) == ("checks-incomplete", "info" if key == "conditions" else "warning")
    assert told in card["detail"]
    # A note that is a bare text is heard as well.
    assert [topic(each) for each in others] == (["her2-discordant"] if change == {"note": TEXT} else [])


@pytest.mark.parametrize("code", [["1920-8"], {"value": "1920-8"}])
def test_a_result_whose_code_is_in_another_shape_is_told(code: Any) -> None:
    high = observation("1920-8", "ast-2", valueQuantity=quantity(400, "U/L"), effectiveDateTime="2026-11-21")
    high["code"]["coding"][0]["code"] = code
    prefetch = chart()
    prefetch["labs"]["entry"].append({"resource": high})
    (card,) = cards(order(), prefetch=prefetch)
    assert (topic(card), "it has no code that can be read" in card["detail"]) == ("checks-incomplete", True)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1920\u20138", "liver-tests-hold"),
        ("1920\u20118", "liver-tests-hold"),
        ("LOINC:1920-8", "liver-tests-hold"),
        ("LN 1920-8", "liver-tests-hold"),
        ("1920-8^AST", "liver-tests-hold"),
        ("19208", "checks-incomplete"),
        ("AST", "checks-incomplete"),
        ("14682-9", ""),
        ("LP15333-9", ""),
    ],
)
def test_a_loinc_code_in_other_writing_is_read_or_told(code: str, expected: str) -> None:
    high = lab("1920-8", "ast-2", 400, "U/L", 40) | {"effectiveDateTime": "2026-11-21"}
    high["code"]["coding"][0]["code"] = code
    prefetch = chart()
    prefetch["labs"]["entry"].append({"resource": high})
    assert topics(order(), prefetch=prefetch) == ([expected] if expected else [])


@pytest.mark.parametrize("drug", [{"coding": ["Kadcyla"]}, {"coding": "Kadcyla"}, {"text": ["Kadcyla"]}, ["Kadcyla"]])
def test_an_order_whose_drug_is_in_another_shape_is_told(drug: Any) -> None:
    assert topics(order(drug=drug), prefetch=chart()) == ["checks-incomplete"]


def test_a_dose_given_whose_drug_is_in_another_shape_is_told() -> None:
    given = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": ["Kadcyla"]},
        "subject": {"reference": "Patient/pat-1"},
        "effectiveDateTime": "2026-11-15",
    }
    (card,) = cards(order(), prefetch={**chart(), "administrations": bundle(given)})
    assert (topic(card), "it names no drug that can be read" in card["detail"]) == ("checks-incomplete", True)


def test_a_service_whose_code_is_in_another_shape_is_told() -> None:
    service = {
        "resourceType": "ServiceRequest",
        "id": "s",
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"code": ["J9358"]}]},
        "subject": {"reference": "Patient/pat-1"},
    }
    assert topics(order(), service, prefetch=chart()) == ["checks-incomplete"]


def test_a_session_with_nothing_but_an_unreadable_entry_and_a_drug_is_told() -> None:
    drug = {"resourceType": "Medication", "id": "m", "code": concept(text="Kadcyla")}
    assert topics(drug, {"resource": [order()]}, prefetch=chart()) == ["checks-incomplete"]


# Of no meaning here, or read in the other type as well.
_SAYS_NOTHING = {"id", "resourceType", "fullUrl"}


def test_no_element_of_a_right_order_can_be_in_another_shape_in_silence() -> None:
    """The order and its chart are silent; with any one element in another shape they are not."""
    said = {"note": [{"text": "seen"}], "interpretation": [{"coding": [{"code": "N"}], "text": "normal"}]}
    prefetch = chart()
    prefetch["lvef"]["entry"].pop()
    for key in ("labs", "lvef"):
        for entry in prefetch[key]["entry"]:
            entry["resource"].update(said)
    route = concept(coding(SNOMED, "47625008", "Intravenous route"))
    instruction = dosage(
        dose_of(Decimal("3.6"), "mg/kg"),
        text="3.6 mg/kg IV every 3 weeks",
        route=route,
        patientInstruction="You may eat before.",
        additionalInstruction=[{"text": "by pump"}],
    )
    prescribed = order(instruction, note=[{"text": "per protocol"}], reasonCode=[{"text": "breast cancer"}])
    assert topics(prescribed, prefetch=prefetch) == []
    charted = {key: value for key, value in prefetch.items() if value and "entry" in value}
    silent = []
    for path, value in _elements({"order": prescribed, **charted}):
        if path[-1] in _SAYS_NOTHING or len(path) < (2 if path[0] == "order" else 4):
            continue
        spoilt = copy.deepcopy({"order": prescribed, **charted})
        holder = spoilt
        for step in path[:-1]:
            holder = holder[step]  # type: ignore[index]
        holder[path[-1]] = {"value": value} if isinstance(value, str) else [[value]]  # type: ignore[index]
        if not topics(spoilt.pop("order"), prefetch={**prefetch, **spoilt}):
            silent.append(".".join(str(step) for step in path))
    assert not silent, "\n".join(silent)


def _elements(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every element with its path."""
    if path:
        yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from _elements(each, (*path, name))
