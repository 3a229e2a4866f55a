"""Suggestions: an update changes what must change and nothing else, and the order sent again is silent."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest
from shapes import (
    BILLING_OPTIONS,
    HCPCS,
    KADCYLA,
    NDC,
    RXNORM,
    SNOMED,
    Json,
    bundle,
    cards,
    chart,
    coding,
    concept,
    dosage,
    dose_of,
    exact,
    observation,
    order,
    quantity,
    topic,
    topics,
)

from cards.facts.order import DoseUnit, OrderedDose
from cards.facts.outcomes import SetDose
from cards.values.quantities import Mg
from fhir_mappings.medications.order_changes import remove, set_doses
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

PERTUZUMAB = concept(coding(RXNORM, "1298944", "pertuzumab"), text="pertuzumab (PERJETA) IV")
ROUTE = concept(coding(SNOMED, "47625008", "Intravenous route"))


def actions(of: str, *entries: Json, kind: str = "", **changes: Any) -> list[Json]:
    """Return the actions of a topic's suggestions."""
    return [
        action
        for card in cards(*entries, **changes)
        if topic(card) == of
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
        if kind in ("", action["type"])
    ]


def update(of: str, *entries: Json, **changes: Any) -> Json:
    """Return the resource of the first update of a topic."""
    resource: Json = actions(of, *entries, kind="update", **changes)[0]["resource"]
    return resource


def differences(before: Any, after: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Yield each place where two JSON values differ, and what stands there; a number differs by its spelling, too."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from differences(before.get(name, ...), after.get(name, ...), (*where, name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, (*where, index))
    elif encode_or_none(before) != encode_or_none(after):
        yield where, before, after


def encode_or_none(value: Any) -> bytes | None:
    return None if value is ... else encode(value)


RICH = exact(
    """{
  "resourceType": "MedicationRequest", "id": "order-1", "status": "draft", "intent": "order",
  "meta": {"versionId": "7", "tag": [{"system": "urn:x", "code": "y"}]},
  "extension": [{"url": "urn:ehr:plan", "valueDecimal": 3.60}],
  "_status": {"extension": [{"url": "urn:ehr:s", "valueBoolean": true}]},
  "unknownElement": {"kept": [1, 2.50, null, "as it is"]},
  "medicationCodeableConcept": {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1371046", "userSelected": false}],
    "text": "ado-trastuzumab emtansine (KADCYLA) IV"},
  "subject": {"reference": "Patient/pat-1", "display": "Somebody"},
  "dosageInstruction": [{
    "sequence": 1, "text": "5.40 mg/kg IV over 90 minutes",
    "timing": {"repeat": {"frequency": 1, "period": 21.0, "periodUnit": "d"}},
    "doseAndRate": {
      "extension": [{"url": "urn:ehr:level", "valueInteger": 1}],
      "doseQuantity": {"value": 5.40, "unit": "mg/kg", "system": "http://unitsofmeasure.org", "code": "mg/kg",
        "extension": [{"url": "urn:ehr:x", "valueString": "kept"}]},
      "rateQuantity": {"value": 250.00, "unit": "mL/h"}}}],
  "dispenseRequest": {"quantity": {"value": 1.0}}
}"""
)


def test_an_update_changes_the_dose_and_the_text_that_states_it_and_nothing_else() -> None:
    before = copy.deepcopy(RICH)
    after = update("dose-above-maximum", RICH)
    assert list(differences(before, after)) == [
        (
            ("dosageInstruction", 0, "text"),
            "5.40 mg/kg IV over 90 minutes",
            "3.6 mg/kg IV over 90 minutes",
        ),
        (
            ("dosageInstruction", 0, "doseAndRate", "doseQuantity", "value"),
            Decimal("5.40"),
            Decimal("3.6"),
        ),
    ]
    assert topics(after) == []
    assert before == RICH, "the resource of the request itself is not touched"


@pytest.mark.parametrize(
    ("dose", "changed"),
    [
        pytest.param(dose_of(378, "mg"), {"value": 252}, id="mg: rounded down to a whole milligram"),
        pytest.param(dose_of(Decimal("0.378"), "g"), {"value": Decimal("0.252")}, id="g stays g"),
        pytest.param(dose_of(378000, "mcg", "ug"), {"value": 252000}, id="mcg stays mcg"),
        pytest.param(dose_of(Decimal("5.4"), "mg/kg"), {"value": Decimal("3.6")}, id="mg/kg stays mg/kg"),
        pytest.param(
            {"doseQuantity": {"value": 378, "code": "mg"}}, {"value": 252}, id="a quantity without unit gets none"
        ),
        pytest.param({"doseQuantity": {"value": "378", "unit": "mg"}}, {"value": 252}, id="a number sent as text"),
    ],
)
@pytest.mark.parametrize("shape", ["a list", "an object", "on the instruction"])
def test_the_dose_is_corrected_in_the_unit_it_was_written_in(dose: Json, changed: Json, shape: str) -> None:
    instruction: Json = {"a list": {"doseAndRate": [dose]}, "an object": {"doseAndRate": dose}}.get(shape, dose)
    resource = order(copy.deepcopy(instruction))
    after = update("dose-above-maximum", resource)
    found = list(differences(resource, after))
    assert [(way[-1], new) for way, _, new in found] == [("value", changed["value"])]
    assert topics(after) == []


def test_ordered_and_calculated_dose_are_corrected_together() -> None:
    resource = order(
        dosage(
            {"type": {"text": "ordered"}, **dose_of(Decimal("5.4"), "mg/kg")},
            {"type": {"text": "calculated"}, **dose_of(378, "mg")},
            text="5.4 mg/kg (378 mg) IV",
        )
    )
    after = update("dose-above-maximum", resource)
    assert {str(new) for _, _, new in differences(resource, after)} == {"3.6", "252", "3.6 mg/kg (252 mg) IV"}
    assert topics(after) == []


def test_both_ends_of_a_range_come_down() -> None:
    ends = {"low": quantity(5, "mg/kg"), "high": quantity(Decimal("5.4"), "mg/kg")}
    resource = order(dosage({"doseRange": ends}))
    after = update("dose-above-maximum", resource)
    assert [(way[-2], str(new)) for way, _, new in differences(resource, after)] == [("low", "3.6"), ("high", "3.6")]
    lower = order(dosage({"doseRange": {**ends, "low": quantity(3, "mg/kg")}}))
    assert [way[-2] for way, _, _ in differences(lower, update("dose-above-maximum", lower))] == ["high"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("378 mg IV", "252 mg IV", id="the old dose"),
        pytest.param("378.0 mg IV", "252 mg IV", id="the old dose with a decimal"),
        pytest.param("378mg IV", "252 mg IV", id="without a blank"),
        pytest.param("378 mg in 250 mL", "252 mg in 250 mL", id="a volume beside it"),
        pytest.param("3780 mg", "3780 mg", id="a longer number is another number"),
        pytest.param("1378 mg", "1378 mg", id="a number with the same ending is another number"),
        pytest.param("378 mg/m2", "378 mg/m2", id="another unit is another dose"),
        pytest.param("IV over 90 minutes", "IV over 90 minutes", id="no dose"),
    ],
)
def test_the_text_is_corrected_where_it_states_the_dose(before: str, after: str) -> None:
    assert (
        update("dose-above-maximum", order(dosage(dose_of(378, "mg"), text=before)))["dosageInstruction"][0]["text"]
        == after
    )


@pytest.mark.parametrize(
    ("unit", "before", "after"),
    [
        pytest.param("g", "0.378 g IV", "0.252 g IV", id="grams"),
        pytest.param("g", "0.378 g (378 mg)", "0.252 g (252 mg)", id="grams and milligrams"),
        pytest.param("g", "0.378 g/m2", "0.378 g/m2", id="another unit"),
    ],
)
def test_the_text_is_corrected_in_its_own_unit(unit: str, before: str, after: str) -> None:
    resource = order(dosage(dose_of(Decimal("0.378"), unit), text=before))
    assert update("dose-above-maximum", resource)["dosageInstruction"][0]["text"] == after


def test_an_implausible_unit_is_corrected_to_the_level_of_that_number() -> None:
    resource = order(dosage(dose_of(Decimal("3.6"), "mg"), text="Kadcyla IV at 3.6mg", route=ROUTE))
    after = update("dose-implausible", resource)
    assert after["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"] == {
        "value": Decimal("3.6"),
        "unit": "mg/kg",
        "system": "http://unitsofmeasure.org",
        "code": "mg/kg",
    }
    assert after["dosageInstruction"][0]["text"] == "Kadcyla IV at 3.6 mg/kg"
    assert topics(after) == []


def test_a_dose_for_a_body_surface_is_corrected_in_the_text_too() -> None:
    resource = order(dosage(dose_of(Decimal("3.6"), "mg/m2"), text="3.6 mg/m² IV"))
    after = update("dose-implausible", resource)
    assert after["dosageInstruction"][0]["text"] == "3.6 mg/kg IV"
    assert topics(after) == []


CONTAINED = {
    "resourceType": "Medication",
    "id": "m",
    "code": concept(*PERTUZUMAB["coding"], coding(HCPCS, "J9308", "x")),
}


@pytest.mark.parametrize(
    ("resource", "way"),
    [
        pytest.param(
            order(
                dosage(dose_of(420, "mg")),
                drug=concept(*PERTUZUMAB["coding"], coding("http://www.cms.hhs.gov/MedHCPCSGenInfo/", "J9308", "x")),
            ),
            ("medicationCodeableConcept", "coding", 1),
            id="among the codings",
        ),
        pytest.param(
            order(
                dosage(dose_of(420, "mg")),
                drug={
                    **PERTUZUMAB,
                    "extension": [{"url": BILLING_OPTIONS, "valueCoding": coding(HCPCS, "J9308", "x")}],
                },
            ),
            ("medicationCodeableConcept", "extension", 0, "valueCoding"),
            id="in the extension",
        ),
        pytest.param(
            order(
                dosage(dose_of(420, "mg")),
                contained=[CONTAINED],
                medicationCodeableConcept=None,
                medicationReference={"reference": "#m"},
            ),
            ("contained", 0, "code", "coding", 1),
            id="in the contained Medication",
        ),
        pytest.param(
            order(
                dosage(dose_of(420, "mg")),
                contained=CONTAINED,
                medicationCodeableConcept=None,
                medicationReference={"reference": "#m"},
            ),
            ("contained", "code", "coding", 1),
            id="in a contained Medication sent as an object",
        ),
    ],
)
def test_a_billing_code_is_replaced_where_it_stands_and_its_system_stays(resource: Json, way: tuple[Any, ...]) -> None:
    found = list(differences(resource, update("hcpcs-mismatch", resource)))
    assert [(where, old, new) for where, old, new in found if where[-1] == "code"] == [
        ((*way, "code"), "J9308", "J9306")
    ]
    assert {where[:-1] for where, _, _ in found} == {way}
    assert topics(update("hcpcs-mismatch", resource)) == []


def test_a_billing_code_on_a_service_is_replaced_there() -> None:
    service = {
        "resourceType": "ServiceRequest",
        "id": "s",
        "status": "draft",
        "intent": "order",
        "code": concept(coding(HCPCS, "J9358")),
        "subject": {"reference": "Patient/pat-1"},
        "basedOn": [{"reference": "MedicationRequest/order-1"}],
    }
    after = update("hcpcs-mismatch", order(), service)
    assert list(differences(service, after)) == [(("code", "coding", 0, "code"), "J9358", "J9354")]
    assert topics(order(), after) == []


def test_a_billing_code_outside_the_order_is_not_replaced_in_some_other_place() -> None:
    drug = {
        "resourceType": "Medication",
        "id": "m",
        "code": {**PERTUZUMAB, "extension": [{"url": BILLING_OPTIONS, "valueCoding": coding(HCPCS, "J9308")}]},
    }
    resource = order(
        dosage(dose_of(420, "mg")),
        medicationCodeableConcept=None,
        medicationReference={"reference": "Medication/m"},
        extension=[{"url": "urn:ehr:diagnosis", "valueCoding": coding(HCPCS, "J9306")}],
    )
    assert "hcpcs-mismatch" in topics(resource, drug)
    assert actions("hcpcs-mismatch", resource, drug) == []


def test_a_wrong_ndc_is_removed() -> None:
    resource = order(drug=concept(*KADCYLA["coding"], coding(NDC, "65597-406-01", "x"), text="Kadcyla"))
    after = update("ndc-mismatch", resource)
    assert after["medicationCodeableConcept"] == concept(*KADCYLA["coding"], text="Kadcyla")
    assert topics(after) == []


def test_a_wrong_ndc_stays_if_it_is_the_only_code() -> None:
    alone = concept(coding(NDC, "65597-406-01", "Kadcyla"))
    assert actions("ndc-mismatch", order(drug=alone)) == []
    assert "ndc-mismatch" in topics(order(drug=alone))
    drug: Json = {"medicationCodeableConcept": alone}
    assert not remove(drug, ("medicationCodeableConcept", "coding", 0))


@pytest.mark.parametrize(
    ("of", "lacking", "codes"),
    [
        pytest.param("her2-missing", "tumorMarkers", ["85319-2"], id="HER2"),
        pytest.param("lvef-missing", "lvef", ["8806-2"], id="ejection fraction"),
        pytest.param("liver-tests-missing", "labs", ["1920-8", "1742-6", "1975-2"], id="liver tests"),
        pytest.param("blood-count-missing", "labs", ["777-3"], id="platelets"),
        pytest.param("dose-cannot-verify", "weight", ["29463-7"], id="weight"),
    ],
)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="a plain order"),
        pytest.param(
            {
                "encounter": {"reference": "Encounter/e1"},
                "requester": {"reference": "Practitioner/p1"},
                "reasonCode": [concept(text="Breast cancer")],
                "reasonReference": [{"reference": "Condition/cancer-1"}],
            },
            id="with what can be taken over",
        ),
        pytest.param({"encounter": 5, "requester": "x", "reasonCode": {"text": "x"}, "reasonReference": []}, id="junk"),
        pytest.param({"encounter": {"reference": 5}, "reasonCode": [None, 5]}, id="junk inside"),
        pytest.param(
            {"requester": {"reference": "#doc"}, "reasonReference": [{"reference": "#c"}], "contained": []},
            id="references into the order",
        ),
    ],
)
def test_a_created_request_is_valid_and_refers_to_nothing_inside_another(
    of: str, lacking: str, codes: list[str], changes: Json
) -> None:
    resource = order(dosage(dose_of(252, "mg")), **changes)
    found = actions(of, resource, prefetch=chart(**{lacking: None}))
    assert [action["resource"]["code"]["coding"][0]["code"] for action in found] == codes
    for action in found:
        assert action["type"] == "create"
        assert action["description"]
        created = ServiceRequest.model_validate_json(encode(action["resource"]))
        assert (created.status, created.intent, created.subject.reference) == ("draft", "order", "Patient/pat-1")
        assert "id" not in action["resource"]
        assert b'"#' not in encode(action["resource"])
        assert action["resource"]["supportingInfo"] == [{"reference": "MedicationRequest/order-1"}]
    if changes.get("reasonCode") == [concept(text="Breast cancer")]:
        assert {"encounter", "requester", "reasonCode", "reasonReference"} <= set(found[0]["resource"])


def test_an_order_is_removed_by_its_id() -> None:
    for name in ("order-1", "draft\u2011rx\u20111"):
        resource = order(id=name, drug=concept(coding(RXNORM, "1371046"), text="Enhertu"))
        (removal,) = actions("drug-identity-conflict", resource)
        assert removal["type"] == "delete"
        assert removal["resourceId"] == f"MedicationRequest/{name}"
        assert "resource" not in removal


@pytest.mark.parametrize("identifier", [None, 5, ""])
def test_an_order_without_id_is_neither_changed_nor_removed(identifier: Any) -> None:
    resource = order(dosage(dose_of(Decimal("5.4"), "mg/kg")), id=identifier)
    assert topics(resource) == ["dose-above-maximum"]
    assert actions("dose-above-maximum", resource) == []
    missing = actions("lvef-missing", resource, prefetch=chart(lvef=None))
    assert [action["type"] for action in missing] == ["create"]
    assert "supportingInfo" not in missing[0]["resource"]


def test_a_dose_from_a_strength_and_a_volume_is_not_corrected() -> None:
    bag = {
        "resourceType": "Medication",
        "id": "m",
        "code": KADCYLA,
        "ingredient": [{"strength": {"numerator": quantity(400, "mg"), "denominator": quantity(250, "mL")}}],
    }
    resource = order(
        dosage(dose_of(250, "mL")),
        contained=[bag],
        medicationCodeableConcept=None,
        medicationReference={"reference": "#m"},
    )
    assert topics(resource) == ["dose-above-maximum"]
    assert actions("dose-above-maximum", resource, kind="update") == []


def test_valid_resources_stay_valid() -> None:
    resource = order(dosage(dose_of(378, "mg"), text="378 mg IV", route=ROUTE))
    MedicationRequest.model_validate_json(encode(resource))
    MedicationRequest.model_validate_json(encode(update("dose-above-maximum", resource)))


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"contained": [{"resourceType": ["x"]}]}, id="a resourceType that is an array"),
        pytest.param({"contained": [{"resourceType": ""}]}, id="an empty resourceType"),
        pytest.param({"groupIdentifier": {"value": 10**25}}, id="a number beyond 64 bits"),
        pytest.param({"note": [{"text": "x" * 100000}]}, id="a long note"),
    ],
)
def test_odd_content_in_the_order_does_not_prevent_a_correction(odd: Json) -> None:
    resource = order(dosage(dose_of(378, "mg")), **odd)
    assert next(differences(resource, update("dose-above-maximum", resource)))[2] == 252


def test_every_update_and_delete_names_an_order_of_the_session() -> None:
    resource = order(
        dosage(dose_of(Decimal("5.4"), "mg/kg")), drug=concept(*KADCYLA["coding"], coding(HCPCS, "J9358", "x"))
    )
    found = [
        action
        for card in cards(
            resource, prefetch=chart(weight=bundle(observation("29463-7", valueQuantity=quantity(70, "kg"))))
        )
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
    ]
    assert {action["type"] for action in found} >= {"update"}
    for action in found:
        assert action["description"]
        if action["type"] == "update":
            assert action["resource"]["id"] == "order-1"


def test_a_dose_written_in_a_text_is_not_changed_a_second_time() -> None:
    def ordered(mg: int, instruction: int) -> OrderedDose:
        where = ("dosageInstruction", instruction, "doseAndRate", 0, "doseQuantity")
        return OrderedDose(Decimal(mg), DoseUnit.MG, f"{mg} mg", where, instruction, Decimal(1), "", "mg")

    texts = "300.0 mg, later 200 MG", "200 mg/dose, later 200 mg"
    resource = order(*(dosage(dose_of(mg, "mg"), text=said) for mg, said in zip((300, 200), texts, strict=True)))
    fix = SetDose("200 mg", ((ordered(300, 0), Mg(Decimal(200))), (ordered(200, 1), Mg(Decimal(100)))))
    assert set_doses(resource, fix)
    assert [each["text"] for each in resource["dosageInstruction"]] == [
        "200 mg, later 100 mg",
        "200 mg/dose, later 100 mg",
    ]


@pytest.mark.parametrize(
    ("written", "rewritten"),
    [
        pytest.param("0.3 g over 90 minutes", "0.2 g over 90 minutes", id="in the order's own unit"),
        pytest.param("300 mg (0.30 g)", "200 mg (0.2 g)", id="in both"),
        pytest.param("1300 mg, 2.300 mg, 300 mg/kg, 300 mgx", "1300 mg, 2.300 mg, 300 mg/kg, 300 mgx", id="in none"),
    ],
)
def test_the_old_dose_in_a_text_becomes_the_new_one(written: str, rewritten: str) -> None:
    resource = order(dosage(dose_of(Decimal("0.3"), "g"), text=written))
    where = ("dosageInstruction", 0, "doseAndRate", 0, "doseQuantity")
    old = OrderedDose(Decimal(300), DoseUnit.MG, "0.3 g", where, 0, Decimal(1000), "", "g")
    assert set_doses(resource, SetDose("200 mg", ((old, Mg(Decimal(200))),)))
    assert resource["dosageInstruction"][0]["text"] == rewritten
