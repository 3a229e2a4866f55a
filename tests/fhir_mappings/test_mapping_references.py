"""Where a reference leads: contained, in the Bundle, in the prefetch, or nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import KADCYLA, bundle

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


def test_a_resource_that_turns_out_to_be_unreadable_counts_as_absent() -> None:
    found = References()
    raw = encode(MEDICATION)[:-1] + b',"amount":1e99999999999999999999}'
    found.add_stubs([ResourceStub.of(raw, "x")])
    assert found.find("Medication/med-1", {}) is None
