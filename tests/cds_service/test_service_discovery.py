"""``GET /cds-services``: what is announced, and whether every client can make use of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from calls import (
    COVERAGE,
    COVERAGE_DISPATCH,
    COVERAGE_SELECT,
    DISPATCH,
    KEYS,
    SELECT,
    SIGN,
    VIEW,
    Caller,
    aspirin,
    call,
)

from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = {
    SELECT: ("order-select", "1.0"),
    SIGN: ("order-sign", "1.0"),
    DISPATCH: ("order-dispatch", "1.1"),
    VIEW: ("patient-view", "1.0"),
    COVERAGE: ("order-sign", "1.0"),
    COVERAGE_SELECT: ("order-select", "1.0"),
    COVERAGE_DISPATCH: ("order-dispatch", "1.1"),
}
TOKEN = "{{context.patientId}}"  # noqa: S105 - a token of a template
READ = re.compile(r"[A-Z][A-Za-z]+/\{\{context\.patientId\}\}")
SEARCH = re.compile(r"([A-Z][A-Za-z]+)\?([^?#\s]+)")
TYPES = {
    "Patient", "Observation", "Condition", "MedicationRequest", "MedicationAdministration", "MedicationStatement",
}  # fmt: skip
# The widely supported subset: references, token equality, _count and _sort; no modifier, chain or _include.
PARAMETERS = {
    "patient": re.compile(re.escape(TOKEN)),
    "code": re.compile(r"[^,|&\s]+\|[^,|&\s]+(,[^,|&\s]+\|[^,|&\s]+)*"),
    "status": re.compile(r"[a-z-]+(,[a-z-]+)*"),
    "intent": re.compile(r"[a-z-]+(,[a-z-]+)*"),
    "_sort": re.compile(r"-?date"),
    "_count": re.compile(r"[1-9]\d{0,3}"),
}


def announced(caller: Caller, service: str) -> dict:
    return next(each for each in caller.get("/cds-services").body["services"] if each["id"] == service)


@pytest.mark.parametrize("service_id", SERVICES)
@pytest.mark.parametrize(
    ("field", "pattern"),
    [
        pytest.param("hook", r"order-(select|sign|dispatch)|patient-view", id="the hook is the one it answers"),
        pytest.param("title", r"\S.{5,80}", id="the title is a short text"),
        pytest.param("description", r"\S.{40,}", id="the description says what is checked"),
        pytest.param("id", r"[a-z0-9-]+", id="the id needs no escaping in an address"),
        pytest.param("usageRequirements", r"\S.{10,}", id="the usage requirements say what must be sent"),
        pytest.param("version", r"3\.0\.0", id="the version is that of CDS Hooks"),
        pytest.param("hookVersion", r"1\.[01]", id="the hook version is the published one"),
    ],
)
def test_service_discovery_has_every_field_as_text(service, service_id, field, pattern) -> None:
    value = announced(service, service_id)[field]
    assert isinstance(value, str)
    assert re.fullmatch(pattern, value, re.DOTALL)


def test_service_discovery_has_no_field_that_cds_hooks_does_not_know(service) -> None:
    known = {
        "hook", "title", "description", "id", "prefetch", "usageRequirements", "version", "hookVersion"
    }  # fmt: skip
    assert all(set(each) == known for each in service.get("/cds-services").body["services"])


def test_service_discovery_gives_each_hook_an_id_of_its_own(service) -> None:
    listed = [(each["id"], each["hook"], each["hookVersion"]) for each in service.get("/cds-services").body["services"]]
    assert listed == [(name, *hook) for name, hook in SERVICES.items()]


@pytest.mark.parametrize("service_id", SERVICES)
def test_service_discovery_ids_can_be_called(service, service_id) -> None:
    assert service.post(call(service_id, [aspirin()]), service_id).body == {"cards": []}


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/"])
def test_service_discovery_answers_without_a_redirect(service, path) -> None:
    assert service.get(path).status == 200


def test_service_discovery_says_the_same_every_time(service) -> None:
    assert service.get("/cds-services").raw == service.get("/cds-services").raw


@pytest.mark.parametrize("service_id", SERVICES)
def test_service_prefetch_keys_come_in_a_fixed_order(service, service_id) -> None:
    keys = tuple(announced(service, service_id)["prefetch"])
    if service_id == VIEW:
        assert keys == ("patient", "lvef", "labs", "conditions", "administrations", "medications")
    else:
        assert keys == KEYS
        assert keys[:6] == ("patient", "weight", "tumorMarkers", "lvef", "labs", "conditions")


@pytest.mark.parametrize("service_id", SERVICES)
def test_service_prefetch_templates_stay_in_the_subset_that_every_client_can_fill(service, service_id) -> None:
    for template in announced(service, service_id)["prefetch"].values():
        assert faults(template) == []


@pytest.mark.parametrize(
    ("template", "is_refused"),
    [
        pytest.param("Patient/{{context.patientId}}", False, id="an instance read"),
        pytest.param("Observation?patient={{context.patientId}}&code=a|b", False, id="a search by token"),
        pytest.param("Patient/{{Patient.id}}", True, id="a token of another kind"),
        pytest.param("Patient/{{context.userId}}", True, id="a token of another field"),
        pytest.param("Observation?patient={{context.patientId}}&date=ge{{today()}}", True, id="FHIRPath"),
        pytest.param("Observation?patient={{context.patientId}}&_include=x", True, id="an include"),
        pytest.param("Observation?patient={{context.patientId}}&code:in=x|y", True, id="a modifier"),
        pytest.param("Observation?patient.name={{context.patientId}}", True, id="a chain"),
        pytest.param("Observation?patient={{context.patientId}}&code=a b|c", True, id="a blank"),
        pytest.param("Observation?code=a|b", True, id="a search that is not about the patient"),
        pytest.param("Observation", True, id="a search for everything"),
        pytest.param("Observation/{{context.patientId}}/$lastn", True, id="an operation"),
        pytest.param("Observation?patient={{context.patientId}}&patient=1", True, id="a parameter given twice"),
    ],
)
def test_service_prefetch_lint_finds_what_it_must(template, is_refused) -> None:
    assert bool(faults(template)) is is_refused


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("HER2-IHC", id="a plain local code"),
        pytest.param("HER2&IHC", id="a code with an ampersand"),
        pytest.param("HER2 IHC", id="a code with a blank"),
        pytest.param("HER2,IHC", id="a code with a comma"),
        pytest.param("HER2|IHC", id="a code with a bar"),
        pytest.param("HER2#IHC+", id="a code with the marks of an address"),
    ],
)
def test_service_prefetch_templates_ask_for_local_codes_within_the_subset(tmp_path, code) -> None:
    caller = Caller(Settings(site={"code_maps": [concept_map(tmp_path, code)]}))
    template = announced(caller, SIGN)["prefetch"]["tumorMarkers"]
    assert "https://hospital.example/codes" in template
    assert faults(template) == []


def concept_map(folder: Path, code: str) -> Path:
    group = {
        "source": "https://hospital.example/codes",
        "target": "http://loinc.org",
        "element": [{"code": code, "target": [{"code": "85319-2", "equivalence": "equivalent"}]}],
    }
    path = folder / "map.json"
    path.write_text(json.dumps({"resourceType": "ConceptMap", "status": "active", "group": [group]}))
    return path


def faults(template: str) -> list[str]:
    """Say what about a template is outside the widely supported subset."""
    found = [f"token {token}" for token in re.findall(r"\{\{.*?\}\}", template) if token != TOKEN]
    if READ.fullmatch(template):
        return found
    match = SEARCH.fullmatch(template)
    if match is None or match[1] not in TYPES:
        return [*found, "neither an instance read nor a search"]
    pairs = [part.partition("=") for part in match[2].split("&")]
    names = [name for name, _, _ in pairs]
    found += [f"parameter {name}" for name in names if name not in PARAMETERS or names.count(name) > 1]
    found += [f"value of {name}" for name, _, v in pairs if name in PARAMETERS and not PARAMETERS[name].fullmatch(v)]
    return found if "patient" in names else [*found, "not about the patient"]
