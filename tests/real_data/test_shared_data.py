"""FHIR and CDS Hooks payloads that others wrote: none of them makes the service stumble or say what it should not.

The payloads lie beside the checkout and not in it. Nothing of their content may be printed: a failure names the file.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cds_service.app import create_app
from cds_service.configuration.settings import Settings
from cds_service.protocol.services import SERVICES
from cds_service.store.store import open_store
from cds_service.tryit.examples import example

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.testing import FlaskClient

Json = dict[str, Any]

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "public"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no shared payloads beside the checkout ({FOLDER})")

SIGN = "her2-order-sign"
_IN_SCOPE = re.compile(
    r"tuzumab|tuximab|margetux|zanidatamab|kadcyla|enhertu|herceptin|hylecta|perjeta|poherdy|phesgo|margenza|ziihera"
    r"|ogivri|herzuma|ontruzant|trazimera|kanjinti|hercessi|t-?dm1|t-?dxd|\bJ9354\b|\bJ9358\b|\bJ9355\b|\bJ9306\b"
    r"|1658084|2119714|1371046|224905",
    re.IGNORECASE,
)
# The service reads something of these; anything else in a chart must not change a word of the answer.
_READ = re.compile(
    r"Observation|Condition|Patient|DiagnosticReport|DocumentReference|Medication\w*|Procedure|Service\w*"
)


class Payload(NamedTuple):
    """A resource or a request, and the file it stands in."""

    file: str
    content: Json


def documents() -> Iterator[Payload]:
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        name, written = str(path.relative_to(FOLDER)), path.read_text(encoding="utf-8")
        try:
            listed = [json.loads(written)]
        except ValueError:
            listed = [json.loads(line) for line in written.splitlines() if line.strip()]
        for content in listed:
            yield Payload(name, content)


def objects_below(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from objects_below(each)


@pytest.fixture(scope="module")
def payloads() -> list[Payload]:
    return list(documents())


@pytest.fixture(scope="module")
def requests_found(payloads: list[Payload]) -> list[Payload]:
    return [Payload(file, each) for file, content in payloads for each in objects_below(content) if "hook" in each]


@pytest.fixture(scope="module")
def resources(payloads: list[Payload]) -> list[Payload]:
    return [
        Payload(file, each)
        for file, content in payloads
        for each in objects_below(content)
        if isinstance(each.get("resourceType"), str) and each["resourceType"] != "Bundle"
    ]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Yield the service with the configuration of a fresh installation, and a database of its own."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/her2-cds.sqlite3")
    yield create_app(settings=Settings(), store=store).test_client()
    store.close()


@pytest.fixture(scope="module")
def clean() -> Json:
    """Return a Kadcyla order that lacks nothing."""
    body: Json = json.loads(example("kadcyla-clean", datetime.now(UTC).date()))
    return body


def post(client: FlaskClient, service: str, body: Json) -> tuple[int, list[str]]:
    """Send a request and give the status and the topics of the cards."""
    answer = client.post(f"/cds-services/{service}", json=body)
    found = answer.get_json().get("cards", []) if answer.status_code == 200 else []
    return answer.status_code, sorted(card["source"]["topic"]["code"] for card in found)


def test_the_folder_matches_its_index(
    payloads: list[Payload], requests_found: list[Payload], resources: list[Payload]
) -> None:
    assert len({file for file, _ in payloads}) > 100
    assert len(requests_found) > 25
    assert len(resources) > 5000


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.id)
def test_every_request_is_answered_or_refused(client: FlaskClient, requests_found: list[Payload], service: Any) -> None:
    odd = []
    for file, request in requests_found:
        status, topics = post(client, service.id, request)
        context = request.get("context")
        if request["hook"] != service.hook:
            fine = status == 400
        elif service.hook.startswith("order-") and isinstance(context, dict) and "draftOrders" in context:
            # None of them orders a drug in scope.
            fine = (status, topics) == (200, [])
        else:
            fine = status < 500
        if not fine:
            odd.append((file, status, topics))
    assert odd == []


@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_a_context_without_its_envelope_is_answered_once_it_has_one(
    client: FlaskClient, payloads: list[Payload], hook: str
) -> None:
    odd = []
    sent = 0
    for file, content in payloads:
        for context in objects_below(content):
            if not isinstance(context.get("draftOrders"), dict) or "patientId" not in context:
                continue
            sent += 1
            whole = {"userId": "Practitioner/1", "selections": [], **context}
            whole["selections"] = [
                f"{resource.get('resourceType')}/{resource.get('id')}"
                for resource in objects_below(context["draftOrders"])
            ]
            answer = post(client, f"her2-{hook}", {"hook": hook, "hookInstance": "x", "context": whole})
            if answer != (200, []):
                odd.append((file, *answer))
    assert sent > 20
    assert odd == []


def as_draft(resource: Json) -> Json:
    """Return a resource as an order of somebody that may still be signed."""
    draft = {name: value for name, value in resource.items() if name not in ("subject", "patient")}
    return (
        {**draft, "status": "draft"} if resource["resourceType"] in ("MedicationRequest", "MedicationOrder") else draft
    )


def own(resource: Json, patient: str) -> Json:
    """Return a resource as the patient's own, so that it is read and not set aside as somebody else's."""
    owner = {"reference": f"Patient/{patient}"}
    return {**resource, **{name: owner for name in ("subject", "patient") if name in resource}}


def bundle(resources: list[Json]) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource} for resource in resources]}


def in_groups(resources: list[Payload], may_share: Callable[[Json], bool]) -> Iterator[tuple[str, list[Json]]]:
    """Yield the resources of each file: those that may share a request twenty at a time, the others one by one."""
    shared: dict[str, list[Json]] = {}
    for file, resource in resources:
        if may_share(resource):
            shared.setdefault(file, []).append(resource)
        else:
            yield file, [resource]
    for file, listed in shared.items():
        for start in range(0, len(listed), 20):
            yield file, listed[start : start + 20]


def test_every_resource_may_be_a_draft_order(client: FlaskClient, resources: list[Payload], clean: Json) -> None:
    """Each drug order by itself, and what orders no drug many at a time."""
    drugs: dict[str, list[Json]] = {}
    for file, resource in resources:
        if resource["resourceType"] == "Medication":
            drugs.setdefault(file, []).append(resource)
    odd = []
    for file, drafts in in_groups(resources, lambda resource: not resource["resourceType"].startswith("Medication")):
        known = drugs.get(file, []) if len(drafts) == 1 else []
        context = {**clean["context"], "draftOrders": bundle([as_draft(draft) for draft in drafts])}
        prefetch = {**clean["prefetch"], "drugs": bundle(known)}
        status, topics = post(client, SIGN, {**clean, "context": context, "prefetch": prefetch})
        refers = any("medicationReference" in draft or "medication" in draft for draft in drafts)
        nameless = any(
            draft["resourceType"] == "MedicationRequest" and not any("medication" in name for name in draft)
            for draft in drafts
        )
        # A missing drug may be any drug: only that is reported.
        may_say = [[], ["checks-incomplete"]] if refers or nameless else [[]]
        if status != 200 or (topics not in may_say and not _IN_SCOPE.search(json.dumps(drafts + known))):
            odd.append((file, drafts[0]["resourceType"], status, topics))
    assert odd == []


def test_every_resource_may_stand_in_the_prefetch_of_a_clean_order(
    client: FlaskClient, resources: list[Payload], clean: Json
) -> None:
    """What no rule reads changes nothing, in whatever list it stands."""
    patient = clean["context"]["patientId"]
    expected = post(client, SIGN, clean)
    assert expected == (200, [])
    key = next(key for key, value in clean["prefetch"].items() if isinstance(value, dict) and "entry" in value)
    before = [entry["resource"] for entry in clean["prefetch"][key]["entry"]]
    odd = []
    for is_read in (True, False):
        chosen = [each for each in resources if bool(_READ.fullmatch(each.content["resourceType"])) is is_read]
        for file, listed in in_groups(chosen, lambda _: True):
            prefetch = {**clean["prefetch"], key: bundle([*before, *(own(each, patient) for each in listed)])}
            answer = post(client, SIGN, {**clean, "prefetch": prefetch})
            if answer[0] != 200 or (answer != expected and not is_read):
                odd.append((file, listed[0]["resourceType"], *answer))
    assert odd == []


def test_every_resource_may_stand_alone_or_with_its_whole_file_under_a_key(
    client: FlaskClient, resources: list[Payload], clean: Json
) -> None:
    patient = clean["context"]["patientId"]
    by_file: dict[str, list[Json]] = {}
    for file, resource in resources:
        by_file.setdefault(file, []).append(own(resource, patient))
    odd = []
    for file, listed in by_file.items():
        alone = {f"item{index}": resource for index, resource in enumerate(listed)}
        empty = dict.fromkeys(clean["prefetch"])
        for prefetch in ({**clean["prefetch"], **alone}, {**empty, "all": bundle(listed)}, {**empty, **alone}):
            status, _ = post(client, SIGN, {**clean, "prefetch": prefetch})
            if status != 200:
                odd.append((file, status))
    assert odd == []
