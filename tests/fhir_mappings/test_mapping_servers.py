"""Whose a resource is: addresses of other servers, results about somebody else, lists that are not complete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from shapes import Json

from fhir_mappings.request.prefetch import PrefetchState, read_answer
from fhir_mappings.request.selection import orders_of_group
from fhir_mappings.wire.lenient import server_of
from fhir_mappings.wire.references import References, is_about_another_person, is_same_patient
from fhir_mappings.wire.stubs import ResourceStub

HERE, THERE = "https://ehr.example.org/r4", "https://other.example.org/r4"
KADCYLA = {"resourceType": "Medication", "id": "m1", "code": {"text": "Kadcyla"}}


def known(resource: Json, full_url: str = "", *, unread: bool = False) -> References:
    references = References()
    if unread:
        references.add_stubs([ResourceStub.of_content(resource, "x", full_url)])
    else:
        references.add(resource, full_url)
    return references


@pytest.mark.parametrize("unread", [False, True])
@pytest.mark.parametrize(
    ("wanted", "full_url", "found"),
    [
        pytest.param("Medication/m1", "", True, id="relative"),
        pytest.param("Medication/m1", f"{HERE}/Medication/m1", True, id="relative, of a server"),
        pytest.param(f"{HERE}/Medication/m1", f"{HERE}/Medication/m1", True, id="absolute, of the same server"),
        pytest.param(f"{HERE}/Medication/m1", "", True, id="absolute, of a server that is not said"),
        pytest.param(f"{HERE}/Medication/m1", f"{THERE}/Medication/m1", False, id="absolute, of another server"),
        pytest.param("HTTP://EHR.example.org/r4/Medication/m1", f"{HERE}/Medication/m1", True, id="another scheme"),
        pytest.param("urn:uuid:1", "urn:uuid:1", True, id="a urn"),
    ],
)
def test_a_reference_leads_to_the_server_it_names(wanted: str, full_url: str, found: bool, unread: bool) -> None:  # noqa: FBT001
    resolved = known(KADCYLA, full_url, unread=unread).resolve({"reference": wanted}, {})
    assert (resolved is not None) == found


def test_a_relative_reference_leads_to_the_server_of_its_holder() -> None:
    holder = {"resourceType": "MedicationRequest", "id": "1"}
    references = known(KADCYLA, f"{THERE}/Medication/m1")
    assert references.resolve({"reference": "Medication/m1"}, holder) is not None
    references.add(holder, f"{HERE}/MedicationRequest/1")
    assert references.resolve({"reference": "Medication/m1"}, holder) is None


@pytest.mark.parametrize(
    ("server", "full_url", "subject", "own"),
    [
        pytest.param(HERE, "", "Patient/p", True, id="relative"),
        pytest.param(HERE, "", f"{HERE}/Patient/p", True, id="absolute, of the server of the request"),
        pytest.param(f"{HERE}/", "", f"{HERE}/Patient/p/_history/2", True, id="a slash and a version"),
        pytest.param(HERE, "", f"{THERE}/Patient/p", False, id="absolute, of another server"),
        pytest.param("", f"{HERE}/Observation/1", f"{THERE}/Patient/p", False, id="of another server than itself"),
        pytest.param("", f"{HERE}/Observation/1", f"{HERE}/Patient/p", True, id="of the same server as itself"),
        pytest.param("", "", f"{THERE}/Patient/p", True, id="no server is known"),
        pytest.param(HERE, "", f"{HERE}/Patient/q", False, id="another patient"),
    ],
)
def test_an_absolute_subject(server: str, full_url: str, subject: str, own: bool) -> None:  # noqa: FBT001
    assert is_same_patient({"reference": subject}, "p", References(server), full_url) is own


@pytest.mark.parametrize(
    ("focus", "other"),
    [
        pytest.param([{"reference": "RelatedPerson/donor"}], True, id="a donor"),
        pytest.param([{"reference": "Patient/q"}], True, id="another patient"),
        pytest.param([{"reference": "Patient/p"}], False, id="the patient"),
        pytest.param({"reference": "Patient/q"}, True, id="sent as an object"),
        pytest.param([{"type": "RelatedPerson", "display": "fetus"}], True, id="by its type alone"),
        pytest.param([{"display": "the donor"}], True, id="by words alone"),
        pytest.param([{"reference": "#f"}], True, id="contained"),
        pytest.param([{"reference": "Specimen/1"}], False, id="a specimen"),
        pytest.param([{"reference": "Condition/1"}], False, id="a condition"),
        pytest.param([], False, id="none"),
    ],
)
def test_a_result_about_somebody_else(focus: Any, other: bool) -> None:  # noqa: FBT001
    resource = {"focus": focus, "contained": [{"resourceType": "RelatedPerson", "id": "f"}]}
    assert is_about_another_person(resource, "p", References()) is other


@pytest.mark.parametrize(
    ("source", "other"),
    [
        pytest.param({"reference": "Patient/q"}, True, id="another patient"),
        pytest.param({"reference": "Patient/p"}, False, id="the patient"),
        pytest.param({"reference": "#copy"}, False, id="a contained copy of the patient"),
        pytest.param({"display": "Jane Doe"}, False, id="a name"),
        pytest.param(None, False, id="not said"),
    ],
)
def test_a_result_of_a_specimen_of_somebody_else(source: Any, other: bool) -> None:  # noqa: FBT001
    specimen = {"resourceType": "Specimen", "id": "s", "subject": source}
    resource = {"specimen": {"reference": "#s"}, "contained": [specimen]}
    assert is_about_another_person(resource, "p", References()) is other


def bundle(count: int, **more: Any) -> bytes:
    entry = [{"resource": {"resourceType": "Condition", "id": str(number)}} for number in range(count)]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entry, **more}).encode()


NEXT = [{"relation": "next", "url": f"{HERE}?page=2"}]


@pytest.mark.parametrize(
    ("raw", "short"),
    [
        pytest.param(bundle(2, total=2), False, id="all"),
        pytest.param(bundle(2, total=5), True, id="two of five"),
        pytest.param(bundle(2, total="5"), True, id="a number sent as text"),
        pytest.param(bundle(2, total=5, link=NEXT), False, id="the rest is on a further page"),
        pytest.param(bundle(2), False, id="the server does not count"),
        pytest.param(bundle(2, total=1), False, id="more than counted: what was included beside"),
    ],
)
def test_a_list_with_fewer_matches_than_the_server_counts(raw: bytes, short: bool) -> None:  # noqa: FBT001
    answer = read_answer(raw, "prefetch.conditions")
    assert answer.listing is not None
    assert answer.listing.is_short is short


@pytest.mark.parametrize(
    ("raw", "size", "full"),
    [
        pytest.param(bundle(3), 3, True, id="as many as asked for"),
        pytest.param(bundle(2), 3, False, id="fewer"),
        pytest.param(bundle(4), 3, False, id="more: the client has put pages together"),
        pytest.param(bundle(3, total=3), 3, False, id="as many, and counted"),
        pytest.param(bundle(3, link=NEXT), 3, False, id="the rest is on a further page"),
        pytest.param(bundle(3), None, False, id="a list of the client's own"),
    ],
)
def test_a_list_that_ends_where_the_question_ended(raw: bytes, size: int | None, full: bool) -> None:  # noqa: FBT001
    answer = read_answer(raw, "prefetch.conditions")
    assert answer.listing is not None
    assert answer.listing.is_full(size) is full


def test_an_included_resource_is_not_a_match() -> None:
    raw = json.loads(bundle(2, total=2))
    raw["entry"][1]["search"] = {"mode": "include"}
    answer = read_answer(json.dumps(raw).encode(), "x")
    assert answer.listing is not None
    assert answer.listing.is_short


def test_an_empty_list_of_a_server_that_counts_some_is_not_an_answer() -> None:
    assert read_answer(bundle(0, total=3), "x").state is PrefetchState.FAILED
    assert read_answer(bundle(0, total=0), "x").state is PrefetchState.EMPTY


def test_a_care_plan_names_orders_as_a_request_group_does() -> None:
    plan = {"activity": [{"reference": {"reference": "MedicationRequest/1"}}, {"reference": {"reference": "#2"}}]}
    assert list(orders_of_group(plan)) == ["MedicationRequest/1", "#2"]
    group = {"action": [{"resource": {"reference": "MedicationRequest/1"}}]}
    assert list(orders_of_group(group)) == ["MedicationRequest/1"]


def test_the_server_of_a_reference() -> None:
    assert server_of({"reference": f"{HERE}/Patient/1/_history/3"}) == "ehr.example.org/r4"
    assert server_of("Patient/1") == server_of("urn:uuid:1") == server_of(None) == ""


def test_results_inside_a_report_are_read_with_the_patient_and_time_of_the_report() -> None:
    inside = {"resourceType": "Observation", "id": "a", "status": "final", "code": {"coding": [{"code": "1920-8"}]}}
    report = {
        "resourceType": "DiagnosticReport", "id": "r", "status": "final", "subject": {"reference": "Patient/q"},
        "effectiveDateTime": "2026-11-20", "contained": [inside, {"resourceType": "Specimen", "id": "s"}],
    }  # fmt: skip
    raw = json.dumps({"resourceType": "Bundle", "entry": [{"resource": report}]}).encode()
    answer = read_answer(raw, "prefetch.labs")
    assert answer.listing is not None
    (found,) = [each for each in answer.listing.stubs if each.resource_type == "Observation"]
    assert (found.reference, found.path) == ("", "prefetch.labs.entry[0].resource.contained[0]")
    assert found.content["subject"] == {"reference": "Patient/q"}
    assert found.day == "2026-11-20"
    withdrawn = raw.replace(b'"id": "r", "status": "final"', b'"id": "r", "status": "entered-in-error"')
    answer = read_answer(withdrawn, "prefetch.labs")
    assert answer.listing is not None
    assert [each.resource_type for each in answer.listing.stubs] == ["DiagnosticReport"]
