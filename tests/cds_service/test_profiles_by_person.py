"""Profiles by user, role, specialty and encounter class: from the call, from the prefetch, or from the FHIR server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from calls import DISPATCH, USER, Caller, bundle, call, order, troubled_prefetch
from chart_server import ChartServer, Reply, as_json
from command_line import run

from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from calls import Json

STALE = "weight-stale"
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "role-1",
    "practitioner": {"reference": USER},
    "code": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/practitioner-role", "code": "pharmacist"}]}],
    "specialty": [
        {"coding": [{"system": "http://snomed.info/sct", "code": "394593009", "display": "Medical oncology"}]}
    ],
}
PERSON = {
    "resourceType": "Practitioner",
    "id": USER.partition("/")[2],
    "qualification": [{"code": {"text": "BCOP"}}],
}
ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "enc-1",
    "status": "in-progress",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"},
}


def configured(folder: Path, *profiles: str) -> Path:
    """Write a configuration in which each profile turns one topic off."""
    written = "".join(
        f"  p{number}: {{match: {{{each}}}, cards: {{{STALE}: {{mode: 'off'}}}}}}\n"
        for number, each in enumerate(profiles)
    )
    path = folder / "her2.yaml"
    path.write_text(f'auth: {{mode: "off"}}\nprofiles:\n{written}')
    return path


def request(*beside: Json, encounter: str = "enc-1", **more: Json) -> Json:
    """Return a call whose weight is old, with further resources under a key of the client's own."""
    prefetch = troubled_prefetch()
    for number, each in enumerate(beside):
        prefetch[f"beside{number}"] = each
    asked = call(orders=[order()], prefetch=prefetch, **more)
    asked["context"]["encounterId"] = encounter
    return asked


def is_silent(caller: Caller, asked: Json) -> bool:
    return STALE not in caller.post(asked).topics


@pytest.mark.parametrize(
    ("match", "beside", "holds"),
    [
        (f"user: {USER}", (), True),
        ("user: Practitioner/somebody-else", (), False),
        ("user: pharmacist", (ROLE,), True),
        ("user: Pharmacist", (ROLE,), True),
        ("user: 'http://terminology.hl7.org/CodeSystem/practitioner-role|pharmacist'", (ROLE,), True),
        ("user: medical oncology", (ROLE,), True),
        ("user: '394593009'", (ROLE,), True),
        ("user: nurse", (ROLE,), False),
        ("user: bcop", (PERSON,), True),
        ("user: pharmacist", (), False),
        ("user: pharmacist", ({**ROLE, "practitioner": {"reference": "Practitioner/other"}},), False),
        ("encounter_class: AMB", (ENCOUNTER,), True),
        ("encounter_class: ambulatory", (ENCOUNTER,), True),
        ("encounter_class: IMP", (ENCOUNTER,), False),
        ("encounter_class: AMB", (), False),
        ("encounter_class: AMB", ({**ENCOUNTER, "id": "enc-2"},), False),
        ("encounter_class: AMB", ({**ENCOUNTER, "class": [{"coding": [{"code": "AMB"}]}]},), True),
        ("user: pharmacist, encounter_class: AMB", (ROLE, ENCOUNTER), True),
        ("user: pharmacist, encounter_class: AMB", (ROLE,), False),
        ("service: her2-order-sign, user: pharmacist", (ROLE,), True),
        ("service: her2-order-select, user: pharmacist", (ROLE,), False),
    ],
)
def test_a_profile_applies_to_a_person_a_role_or_an_encounter(tmp_path, match, beside, holds) -> None:
    assert is_silent(Caller(path=configured(tmp_path, match)), request(*beside)) is holds


def test_an_absolute_reference_to_the_user_is_the_same_person(tmp_path) -> None:
    asked = request()
    asked["context"]["userId"] = f"https://ehr.example.org/fhir/{USER}"
    assert is_silent(Caller(path=configured(tmp_path, f"user: {USER}")), asked)


def test_a_hook_without_a_user_gets_the_general_settings(tmp_path) -> None:
    asked = call(DISPATCH, prefetch={**troubled_prefetch(), "dispatched": call(DISPATCH)["prefetch"]["dispatched"]})
    answer = Caller(path=configured(tmp_path, f"user: {USER}")).post(asked, DISPATCH)
    assert STALE in answer.topics


@pytest.fixture
def server() -> Iterator[ChartServer]:
    running = ChartServer()
    yield running
    running.close()


def test_what_the_call_omits_is_fetched_from_the_server(tmp_path, server) -> None:
    server.add(f"/fhir/PractitionerRole?practitioner={USER}", as_json(bundle(ROLE)))
    server.add(f"/fhir/{USER}", as_json(PERSON))
    server.add("/fhir/Encounter/enc-1", as_json(ENCOUNTER))
    caller = Caller(path=configured(tmp_path, "user: pharmacist, encounter_class: AMB"))
    assert is_silent(caller, request(fhirServer=server.base))
    asked = {each.path.rpartition("/fhir/")[2] for each in server.heard}
    assert asked == {f"PractitionerRole?practitioner={USER}", USER, "Encounter/enc-1"}


def test_nothing_is_asked_where_no_profile_turns_on_it(tmp_path, server) -> None:
    assert is_silent(Caller(path=configured(tmp_path, f"user: {USER}")), request(fhirServer=server.base))
    assert not is_silent(
        Caller(path=configured(tmp_path, "tenant: x, user: pharmacist")), request(fhirServer=server.base)
    )
    assert not server.heard


def test_a_failing_server_leaves_the_call_with_the_general_settings(tmp_path, server) -> None:
    server.add("/fhir/Encounter/enc-1", Reply(status=500))
    caller = Caller(path=configured(tmp_path, "encounter_class: AMB"))
    assert not is_silent(caller, request(fhirServer=server.base))


@pytest.mark.parametrize("encounter", ["../Patient/x", "a/b", "x" * 65, "", "e?x=1"])
def test_an_invalid_id_is_not_requested(tmp_path, server, encounter) -> None:
    caller = Caller(path=configured(tmp_path, "encounter_class: AMB"))
    assert not is_silent(caller, request(encounter=encounter, fhirServer=server.base))
    assert not server.heard


def test_the_first_matching_profile_of_two_roles_applies(tmp_path) -> None:
    path = configured(tmp_path, "user: pharmacist", "user: medical oncology")
    first, mark, second = path.read_text().partition("  p1:")
    path.write_text(first + mark + second.replace("'off'", "live"))
    assert is_silent(Caller(path=path), request(ROLE))
    path.write_text(first.replace("'off'", "live") + mark + second)
    assert not is_silent(Caller(path=path), request(ROLE))


@pytest.mark.parametrize(
    ("profiles", "says"),
    [
        ((f"user: {USER}", "user: pharmacist"), "a call may be one of 'p0' too"),
        (("user: pharmacist", "encounter_class: AMB"), "a call may be one of 'p0' too"),
        (("",), "name an issuer, a tenant, a service, a user or an encounter_class"),
    ],
)
def test_profiles_with_an_ambiguous_match_are_refused(tmp_path, profiles, says) -> None:
    path = configured(tmp_path, *profiles)
    with pytest.raises(ConfigurationError, match=says):
        load_settings(path, {})


@pytest.mark.parametrize(
    ("match", "arguments", "holds"),
    [
        (f"user: {USER}", (), True),
        ("user: Practitioner/somebody-else", (), False),
        ("user: medical oncology", (), True),
        ("user: nurse", (), False),
        ("encounter_class: AMB", (), True),
        ("encounter_class: IMP", (), False),
        ("service: her2-order-sign", (), True),
        ("service: her2-order-select", (), False),
        ("tenant: day-clinic", (), False),
        ("tenant: day-clinic", ("--tenant", "day-clinic"), True),
        ("issuer: https://ehr.example.org", ("--issuer", "https://ehr.example.org"), True),
        ("issuer: https://ehr.example.org", ("--issuer", "https://elsewhere.example.org"), False),
        ("issuer: https://ehr.example.org, user: pharmacist", ("--issuer", "https://ehr.example.org"), True),
    ],
)
def test_the_command_line_uses_profiles_as_the_service_does(tmp_path, match, arguments, holds) -> None:
    path = configured(tmp_path, match)
    asked = tmp_path / "request.json"
    asked.write_text(json.dumps(request(ROLE, ENCOUNTER)))
    result = run("check", asked, "--config", path, "--format", "json", *arguments)
    assert result.exit_code == 1, result.output
    topics = {card["source"]["topic"]["code"] for card in json.loads(result.output)["cards"]}
    assert (STALE not in topics) is holds
    said = run("check", asked, "--config", path, *arguments).output
    assert ("Profile: p0" in said) is holds
