"""Where a reference leads: contained, in the Bundle, in the prefetch, or nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import KADCYLA, PATIENT, bundle, read_patient

from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.lenient import reference
from fhir_mappings.wire.references import References
from fhir_mappings.wire.resources import ResourceList
from fhir_mappings.wire.stubs import ResourceStub

MEDICATION = {"resourceType": "Medication", "id": "med-1", "code": KADCYLA}
HOLDER: dict[str, Any] = {"contained": [{"resourceType": "Medication", "id": "inside", "code": KADCYLA}]}


def known() -> References:
    found = References()
    found.add(MEDICATION, "urn:uuid:aa")
    found.add({"resourceType": "Medication", "code": KADCYLA}, "urn:uuid:no-id")
    in_prefetch = bundle({**MEDICATION, "id": "med-2"})
    in_prefetch["entry"][0]["fullUrl"] = "https://ehr.example.org/fhir/Medication/med-2"
    found.add_stubs(ResourceList.read(encode(in_prefetch), "prefetch.x").stubs)
    return found


@pytest.mark.parametrize(
    ("written", "is_found"),
    [
        pytest.param("#inside", True, id="contained"),
        pytest.param("#other", False, id="contained nowhere"),
        pytest.param("Medication/med-1", True, id="in the Bundle, relative"),
        pytest.param("https://ehr.example.org/fhir/Medication/med-1", True, id="in the Bundle, absolute"),
        pytest.param("Medication/med-1/_history/2", True, id="in the Bundle, versioned"),
        pytest.param("urn:uuid:aa", True, id="in the Bundle, by fullUrl"),
        pytest.param("urn:uuid:no-id", True, id="in the Bundle, by fullUrl, without id"),
        pytest.param("Medication/med-2", True, id="in the prefetch"),
        pytest.param("urn:uuid:bb", False, id="by a fullUrl that is nobody's"),
        pytest.param("Medication/med-3", False, id="nowhere"),
        pytest.param("med-1", False, id="without a type"),
        pytest.param("", False, id="empty"),
    ],
)
def test_find(written: str, is_found: bool) -> None:  # noqa: FBT001 - a column
    found = known().find(reference(written), HOLDER)
    assert (found is not None and found["code"] == KADCYLA) is is_found


@pytest.mark.parametrize(
    "contained",
    [HOLDER["contained"][0], [None, "x", HOLDER["contained"][0]], [{**HOLDER["contained"][0], "id": "#inside"}]],
)
def test_contained_resources_are_found_in_an_object_and_among_junk(contained: Any) -> None:
    assert known().find("#inside", {"contained": contained}) is not None
    assert known().find("#inside", {"contained": 5}) is None


def test_the_first_of_two_with_the_same_id_counts() -> None:
    found = References()
    found.add({**MEDICATION, "status": "active"})
    found.add({**MEDICATION, "status": "inactive"})
    assert (found.find("Medication/med-1", {}) or {})["status"] == "active"


OF_A, OF_B = "https://a.example.org/fhir", "https://b.example.org/fhir"
ASPIRIN, T_DXD = {"text": "aspirin"}, {"text": "Enhertu"}


def of_servers(*served: tuple[str, dict[str, Any]], own: str = "") -> References:
    """Return references of which Medication/1 came from some servers; an empty one stands for no fullUrl."""
    listed = bundle(*({"resourceType": "Medication", "id": "1", "code": drug} for _, drug in served))
    for entry, (server, _) in zip(listed["entry"], served, strict=True):
        if server:
            entry["fullUrl"] = f"{server}/Medication/1"
    found = References(own)
    found.add_stubs(ResourceList.read(encode(listed), "prefetch.x").stubs)
    return found


@pytest.mark.parametrize(
    ("served", "holder", "own", "drug"),
    [
        pytest.param([(OF_A, ASPIRIN), (OF_B, T_DXD)], OF_B, "", T_DXD, id="on the holder's server"),
        pytest.param([(OF_B, T_DXD), (OF_A, ASPIRIN)], OF_B, "", T_DXD, id="whatever comes first"),
        pytest.param([(OF_A, ASPIRIN), (OF_B, T_DXD)], OF_B, OF_A, T_DXD, id="not on the request's"),
        pytest.param([(OF_A, ASPIRIN)], OF_B, "", None, id="only on another server"),
        pytest.param([(OF_A, ASPIRIN), (OF_B, T_DXD)], "", "", None, id="a holder of no known server"),
        pytest.param([(OF_A, ASPIRIN), (OF_B, T_DXD)], "", OF_B, T_DXD, id="the request's server then"),
        pytest.param([(OF_A, ASPIRIN), (OF_B, ASPIRIN)], "", "", ASPIRIN, id="the same on both"),
        pytest.param([("", ASPIRIN), ("", T_DXD)], OF_A, "", None, id="two without a server"),
        pytest.param([("", ASPIRIN), ("", ASPIRIN)], OF_A, "", ASPIRIN, id="in two lists"),
        pytest.param([(OF_A, ASPIRIN), ("", T_DXD)], OF_A, "", None, id="one without a server"),
    ],
)
def test_one_id_on_several_servers(
    served: list[tuple[str, dict[str, Any]]], holder: str, own: str, drug: dict[str, Any] | None
) -> None:
    found = of_servers(*served, own=own)
    order = {"medicationReference": {"reference": "Medication/1"}}
    if holder:
        found.note_holder(order, f"{holder}/MedicationRequest/1")
    resolved = found.resolve(order["medicationReference"], order)
    assert (resolved or {}).get("code") == drug


def test_a_resource_that_turns_out_to_be_unreadable_counts_as_absent() -> None:
    found = References()
    raw = encode(MEDICATION)[:-1] + b',"amount":1e99999999999999999999}'
    found.add_stubs([ResourceStub.of(raw, "x")])
    assert found.find("Medication/med-1", {}) is None


@pytest.mark.parametrize("first", ["a", "b"])
def test_the_charts_of_two_hospitals_with_the_same_ids(first: str) -> None:
    drugs = {"a": "acetaminophen", "b": "Enhertu"}
    listed: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": []}
    for server in sorted(drugs, key=lambda server: server != first):
        base = f"https://{server}.example.org/fhir"
        order = {
            "resourceType": "MedicationRequest",
            "id": f"order-{server}",
            "status": "active",
            "intent": "order",
            "subject": PATIENT,
            "medicationReference": {"reference": "Medication/1"},
        }
        medication = {"resourceType": "Medication", "id": "1", "code": {"text": drugs[server]}}
        listed["entry"] += [
            {"fullUrl": f"{base}/MedicationRequest/order-{server}", "resource": order},
            {"fullUrl": f"{base}/Medication/1", "resource": medication},
        ]
    assert [each.product for each in read_patient(medications=listed).treatments if each.product] == ["enhertu"]
