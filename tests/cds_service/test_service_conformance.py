"""What an outside test suite asks of the cards (checks I1 to I22), and what CDS Hooks asks beyond that."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from calls import (
    DISPATCH,
    SELECT,
    SIGN,
    TODAY,
    VIEW,
    Caller,
    aspirin,
    bundle,
    call,
    clean_prefetch,
    hollow,
    ihc,
    labs,
    lvef,
    on_kadcyla,
    order,
    troubled_prefetch,
    weight,
    without,
)
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_service.configuration.settings import Settings
from cds_service.tryit import examples

if TYPE_CHECKING:
    from calls import Json

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
ORDER_TYPES = {"MedicationRequest", "ServiceRequest", "DeviceRequest", "NutritionOrder", "VisionPrescription"}
REASONS = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
REASON_CODES = {
    "cds-not-applicable", "patient-ineligible", "indication-order-exists", "action-completed", "action-unsuccessful",
    "action-performed-no-adverse-effect", "action-not-priority",
    "cds-suboptimal-context", "limited-time", "wrong-time-workflow", "inappropriate-recipient", "need-more-info",
    "recipient-disagrees-evidence", "does-not-align-latest-evidence", "expert-contradicts", "policy-contradicts",
    "recipient-does-not-trust",
    "recipient-concerns-outcomes", "risk-benefit-ratio", "mitigate-risk-negative-outcome",
    "likely-negative-health-outcomes", "patient-contraindication",
    "does-not-align-preferences", "patient-fears-discomfort", "patient-does-not-want-change",
    "cultural-religious-reason", "prefers-alternative", "patient-refuses",
    "not-convenient-feasible", "inadequate-support", "service-not-available", "implementation-challenges",
    "too-costly-uncovered", "recipient-does-not-understand", "comorbidity-disability",
}  # fmt: skip
MODELS = {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}

HCPCS, NDC = "urn:oid:2.16.840.1.113883.6.285", "http://hl7.org/fhir/sid/ndc"


def with_code(system: str, code: str, **more: Any) -> Json:
    drug = order(**more)
    drug["medicationCodeableConcept"]["coding"].append({"system": system, "code": code})
    return drug


def with_dose(unit: str, value: float) -> Json:
    drug = order()
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    drug["dosageInstruction"] = [{"doseAndRate": [{"doseQuantity": quantity}]}]
    return drug


def chart(**lists: Any) -> Json:
    return {**clean_prefetch(), **lists}


CASES: dict[str, tuple[list[Json], Json]] = {
    "a dose above the maximum": ([order(378)], clean_prefetch()),
    "a dose above the maximum within the tolerance": ([order(258)], clean_prefetch()),
    "a dose above the maximum in mg/kg": ([with_dose("mg/kg", 5.4)], clean_prefetch()),
    "a dose that cannot be meant": ([with_dose("mg", 3.6)], clean_prefetch()),
    "a billing code of another drug": ([with_code(HCPCS, "J9308")], clean_prefetch()),
    "a billing code that is not specific": ([with_code(HCPCS, "J9999")], clean_prefetch()),
    "a package of another drug": ([with_code(NDC, "65597-0406-01")], clean_prefetch()),
    "two drugs in one order": ([with_code("http://www.nlm.nih.gov/research/umls/rxnorm", "2267576")], clean_prefetch()),
    "a name that may be two drugs": (
        [order(medicationCodeableConcept={"text": "ado-trastuzumab / T-DM1/T-DXd"})],
        clean_prefetch(),
    ),
    "a chart with nothing in it": ([order()], dict.fromkeys(clean_prefetch())),
    "a chart full of trouble": ([order(378)], troubled_prefetch()),
    "no weight": ([order()], chart(weight=None)),
    "an old weight": ([order()], chart(weight=bundle(weight(days=60)))),
    "no HER2 result": ([order()], chart(tumorMarkers=bundle())),
    "HER2 that is equivocal": ([order()], chart(tumorMarkers=bundle(ihc("LA11842-4", "2+")))),
    "HER2 that is negative": ([order()], chart(tumorMarkers=bundle(ihc("LA11841-6", "1+")))),
    "no ejection fraction": ([order()], chart(lvef=None)),
    "an old ejection fraction": ([order()], chart(lvef=bundle(lvef(days=200)))),
    "no laboratory results": ([order()], chart(labs=bundle())),
    "a list that was not read whole": (
        [order()],
        chart(labs=bundle(*labs(), link=[{"relation": "next", "url": "https://ehr.example.org/2"}])),
    ),
    "an order without an id": ([order(378, None)], troubled_prefetch()),
    "two orders": ([order(378), order(500, "order-2")], troubled_prefetch()),
    "an order among others": ([aspirin(), order(378)], clean_prefetch()),
    "an order that is active already": ([order(378, status="active")], clean_prefetch()),
    "an order of another patient": ([order(patient="pat-2")], clean_prefetch()),
    "an order of another release": ([order(378, resourceType="MedicationOrder")], clean_prefetch()),
    "an order with what nobody knows": (
        [order(378, zz={"a": [1.50, None, ""]}, extension=[{"url": "urn:x", "valueDecimal": 1.10}], note=[])],
        clean_prefetch(),
    ),
    "an order with markup in it": (
        [order(378, medicationCodeableConcept={"text": "<img src=x onerror=alert(1)> **Kadcyla** [x](http://x.y)"})],
        troubled_prefetch(),
    ),
}
ON_VIEW = {
    "a chart of which much is due": on_kadcyla(20, lvef=bundle(lvef(days=200)), labs=bundle()),
    "a chart of which one test is due": on_kadcyla(lvef=bundle()),
    "a chart that could not be read whole": on_kadcyla(lvef=bundle(without(lvef(), "effectiveDateTime"))),
}
DISPATCHED = {name: (orders, {**sent, "dispatched": bundle(*orders)}) for name, (orders, sent) in CASES.items()}
del DISPATCHED["an order without an id"], DISPATCHED["an order of another release"]
REQUESTS = (
    {f"{name}, at {service}": call(service, *CASES[name]) for name in CASES for service in (SIGN, SELECT)}
    | {
        **{f"{name}, dispatched": call(DISPATCH, *DISPATCHED[name]) for name in DISPATCHED},
        **{name: call(VIEW, prefetch=ON_VIEW[name]) for name in ON_VIEW},
    }
    | {f"the example {name}": json.loads(examples.example(name, TODAY)) for name in examples.names()}
)
# An order that has no id cannot be selected.
SILENT = {"the example kadcyla-clean", "the example tucatinib-clean", "an order without an id, at her2-order-select"}
request_of = pytest.mark.parametrize("request_body", REQUESTS.values(), ids=REQUESTS)


def answered(caller: Caller, request_body: Json) -> Json:
    answer = caller.post(request_body, f"her2-{request_body['hook']}")  # I9, I10
    assert answer.status == 200
    return answer.body


def known_answer(caller: Caller, request_body: Json) -> Json:
    """Return the answer to one of the requests, as it was when that was first sent: an answer has many sides to it."""
    # The requests stay as long as this module, and so does the place of each.
    if id(request_body) not in _answers:
        _answers[id(request_body)] = answered(caller, request_body)
    return _answers[id(request_body)]


_answers: dict[int, Json] = {}


@request_of
def test_service_conformance_of_the_requests_themselves(request_body) -> None:
    assert request_body["hook"] in ("order-select", "order-sign", "order-dispatch", "patient-view")  # I5
    assert UUID.fullmatch(request_body["hookInstance"])
    context = request_body["context"]
    assert "fhirAuthorization" not in request_body or request_body["fhirServer"]  # I6
    wanted = ("performer", "patientId") if request_body["hook"] == "order-dispatch" else ("userId", "patientId")
    assert all(isinstance(context[name], str) for name in wanted)  # I7
    assert set(context.get("dispatchedOrders", ())) <= set(known_orders(request_body))
    if "draftOrders" not in context:
        return
    resources = drafts(request_body)
    assert ORDER_TYPES & {each["resourceType"] for each in resources} or "MedicationOrder" in str(resources)  # I8
    assert set(context.get("selections", ())) <= {f"{each['resourceType']}/{each.get('id')}" for each in resources}


def drafts(request_body: Json) -> list[Json]:
    return [entry["resource"] for entry in request_body["context"]["draftOrders"]["entry"]]


def known_orders(request_body: Json) -> dict[str, Json]:
    """Return the orders that actions may be about: the drafts, or at dispatch what the prefetch holds."""
    dispatched = request_body["context"].get("dispatchedOrders", ())
    held = [
        entry["resource"]
        for value in request_body["prefetch"].values()
        for entry in (value or {}).get("entry", ())
        if f"{entry['resource']['resourceType']}/{entry['resource'].get('id')}" in dispatched
    ]
    found = drafts(request_body) if "draftOrders" in request_body["context"] else held
    return {f"{each['resourceType']}/{each.get('id')}": each for each in found}


def test_service_conformance_of_discovery(service) -> None:
    services = service.get("/cds-services").body["services"]  # I1, I2
    assert isinstance(services, list)  # I3
    assert all(
        isinstance(each[name], str) and each[name] for each in services for name in ("hook", "description", "id")
    )


@pytest.mark.parametrize(("name", "request_body"), REQUESTS.items(), ids=REQUESTS)
def test_service_conformance_is_tried_on_cards(service, name, request_body) -> None:
    assert bool(known_answer(service, request_body)["cards"]) is (name not in SILENT)


@request_of
def test_service_conformance_of_the_envelope(service, request_body) -> None:
    body = known_answer(service, request_body)
    assert set(body) == {"cards"}  # no empty systemActions, A66
    assert isinstance(body["cards"], list)  # I11


@request_of
def test_service_conformance_of_each_card(service, request_body) -> None:
    for card in known_answer(service, request_body)["cards"]:
        assert set(card) <= {
            "uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "overrideReasons",
            "links",
        }  # fmt: skip
        assert isinstance(card["summary"], str)  # I12
        assert 0 < len(card["summary"].strip()) < 140
        assert "\n" not in card["summary"]
        assert card["indicator"] in ("info", "warning", "critical")  # I13
        assert isinstance(card["detail"], str)  # I17
        assert UUID.fullmatch(card["uuid"])


@request_of
def test_service_conformance_of_each_source(service, request_body) -> None:
    topics = {each["code"]: each["display"] for each in service.get("/CodeSystem/card-topic").body["concept"]}
    for card in known_answer(service, request_body)["cards"]:
        source = card["source"]  # I14
        assert set(source) <= {"label", "url", "icon", "topic"}
        assert source["label"].strip()
        assert urlsplit(source["url"]).scheme in ("http", "https")
        assert urlsplit(source["url"]).hostname
        assert "pat-1" not in source["url"]
        assert source["topic"]["system"] == "http://127.0.0.1:8080/CodeSystem/card-topic"
        assert topics[source["topic"]["code"]] == source["topic"]["display"]


@request_of
def test_service_conformance_of_each_detail(service, request_body) -> None:
    for card in known_answer(service, request_body)["cards"]:
        assert not re.search(r"<[a-z/!]", card["detail"], re.IGNORECASE), "HTML in the detail"
        assert not re.search(r"!\[|(?<!\\)\]\(http://x", card["detail"]), "an image or a link of the chart"
        assert "|--" not in card["detail"], "a table, which not every client shows"


@request_of
def test_service_conformance_of_override_reasons(service, request_body) -> None:
    for card in known_answer(service, request_body)["cards"]:
        for reason in card.get("overrideReasons", ()):  # I19
            assert reason["system"] == REASONS
            assert reason["code"] in REASON_CODES
            assert reason["display"].strip()
        codes = [reason["code"] for reason in card.get("overrideReasons", ())]
        assert len(codes) == len(set(codes))


@request_of
def test_service_conformance_of_links(service, request_body) -> None:
    for card in known_answer(service, request_body)["cards"]:
        for link in card.get("links", ()):  # I20
            assert link["label"].strip()
            assert link["type"] in ("absolute", "smart")
            assert urlsplit(link["url"]).scheme in ("http", "https")
            assert link["type"] == "smart" or "appContext" not in link


@request_of
def test_service_conformance_of_suggestions(service, request_body) -> None:
    for card in known_answer(service, request_body)["cards"]:
        suggestions = card.get("suggestions", [])
        assert ("selectionBehavior" in card) is bool(suggestions)  # I18
        assert card.get("selectionBehavior", "any") in ("at-most-one", "any")
        assert sum(each.get("isRecommended", False) for each in suggestions) <= 1
        for suggestion in suggestions:
            assert set(suggestion) <= {"label", "uuid", "isRecommended", "actions"}
            assert suggestion["label"].strip()  # I21
            assert UUID.fullmatch(suggestion["uuid"])
            assert suggestion["actions"]


@request_of
def test_service_conformance_of_actions(service, request_body) -> None:
    known = known_orders(request_body)
    for action in actions(known_answer(service, request_body)):  # I16, I22
        assert action["description"].strip()
        match action["type"]:
            case "create":
                assert set(action) == {"type", "description", "resource"}
                assert "id" not in action["resource"]
                MODELS[action["resource"]["resourceType"]].model_validate(action["resource"])
                assert action["resource"]["subject"] == {"reference": f"Patient/{request_body['context']['patientId']}"}
            case "update":
                assert set(action) == {"type", "description", "resource"}
                resource = action["resource"]
                original = known[f"{resource['resourceType']}/{resource['id']}"]
                assert resource != original
                assert set(resource) == set(original)
            case "delete":
                assert set(action) == {"type", "description", "resourceId"}
                assert action["resourceId"] in known
            case other:
                pytest.fail(f"an action of the type {other}")


def actions(body: Json) -> list[Json]:
    return [
        action
        for card in body["cards"]
        for suggestion in card.get("suggestions", ())
        for action in suggestion["actions"]
    ]


def test_service_conformance_is_tried_on_every_kind_of_action(service) -> None:
    found = {action["type"] for body in REQUESTS.values() for action in actions(known_answer(service, body))}
    assert found == {"create", "update", "delete"}


@request_of
def test_service_conformance_of_uuids(service, request_body) -> None:
    first, retried = answered(service, request_body), answered(service, request_body)
    assert first == retried
    assert len(uuids(first)) == len(set(uuids(first)))
    other = answered(service, {**request_body, "hookInstance": str(uuid.uuid4())})
    assert len(uuids(other)) == len(uuids(first))
    assert not set(uuids(first)) & set(uuids(other))


def uuids(body: Json) -> list[str]:
    cards = [card["uuid"] for card in body["cards"]]
    return cards + [suggestion["uuid"] for card in body["cards"] for suggestion in card.get("suggestions", ())]


def test_service_conformance_of_uuids_when_two_orders_have_no_id(service) -> None:
    body = answered(service, call(orders=[order(378, None), order(500, None)]))
    assert len(body["cards"]) >= 2
    assert len(uuids(body)) == len(set(uuids(body)))


def test_service_conformance_of_an_update_starts_from_its_own_order_though_two_share_an_id(service) -> None:
    body = answered(service, call(orders=[order(378), order(500)]))
    updates = [action["resource"] for action in actions(body) if action["type"] == "update"]
    assert all(each["dosageInstruction"][0]["text"].startswith("252 mg") for each in updates)


def test_service_conformance_of_one_card_for_each_topic_and_product(service) -> None:
    cards = answered(service, call(orders=[order(378), order(500, "order-2")], prefetch=troubled_prefetch()))["cards"]
    told = [(card["source"]["topic"]["code"], card["uuid"]) for card in cards]
    assert len(told) == len(set(told))
    assert len({code for code, _ in told}) == len(told)
    assert "dose-above-maximum" in {code for code, _ in told}


def test_service_conformance_of_an_update_keeps_what_it_need_not_change(service) -> None:
    original = order(
        378,
        identifier=[{"system": "urn:ehr", "value": "7"}],
        extension=[{"url": "urn:x", "valueDecimal": 1.10}],
        contained=[{"resourceType": "Organization", "id": "o", "zz": None}],
        zz={"deep": [1, 2.50, None, {"er": ""}]},
        status="active",
    )
    (changed,) = (
        action["resource"]
        for action in actions(answered(service, call(orders=[original])))
        if action["type"] == "update"
    )
    assert {name: value for name, value in changed.items() if name != "dosageInstruction"} == {
        name: value for name, value in original.items() if name != "dosageInstruction"
    }
    assert changed["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 252
    assert changed["dosageInstruction"][0]["timing"] == original["dosageInstruction"][0]["timing"]


@pytest.mark.parametrize("written", ["1.10", "0.100", "378.0", "1E+2", "123456789012345678901234567890.5", "-0.0"])
def test_service_conformance_of_an_update_keeps_the_digits_of_a_number(service, written) -> None:
    body = json.dumps(call(orders=[order(378, zz="@")])).replace('"@"', written)
    answer = service.post(body.encode())
    assert f'"zz":{written}'.encode() in answer.raw


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"reasonReference": [{"reference": "Condition/c"}], "reasonCode": [{"text": "x"}]}, id="has all"),
        pytest.param({"reasonReference": [{"reference": None}]}, id="gives a null reference for its reason"),
        pytest.param({"reasonReference": [{}], "reasonCode": [{}]}, id="gives empty reasons"),
        pytest.param({"reasonReference": [None], "reasonCode": [None]}, id="gives nulls for its reasons"),
        pytest.param({"reasonReference": [], "reasonCode": []}, id="gives empty lists for its reasons"),
        pytest.param({"requester": {}, "encounter": {}}, id="has an empty requester"),
        pytest.param({"requester": {"reference": ""}}, id="has a requester with an empty reference"),
        pytest.param(
            {"encounter": {"reference": "Encounter/e", "display": None}}, id="has a null inside its encounter"
        ),
    ],
)
def test_service_conformance_of_a_created_request_for_an_order_that(service, members) -> None:
    body = answered(service, call(orders=[order(**members)], prefetch=chart(tumorMarkers=None)))
    created = [action["resource"] for action in actions(body) if action["type"] == "create"]
    assert created
    assert [list(hollow(resource)) for resource in created] == [[] for _ in created]


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_service_conformance_shows_no_card_of_a_topic_that_is(mode) -> None:
    caller = Caller(Settings(cards={"dose-above-maximum": {"mode": mode}}))
    assert "dose-above-maximum" not in caller.post(call(orders=[order(378)])).topics


@pytest.mark.parametrize("indicator", ["info", "warning", "critical"])
def test_service_conformance_gives_a_card_the_indicator_of_the_site(indicator) -> None:
    caller = Caller(Settings(cards={"dose-above-maximum": {"indicator": indicator}}))
    card = next(
        c for c in caller.post(call(orders=[order(378)])).cards if c["source"]["topic"]["code"] == "dose-above-maximum"
    )
    assert card["indicator"] == indicator


def test_service_conformance_names_each_of_several_orders_with_its_day(service) -> None:
    later = str(TODAY + timedelta(days=21))
    second = order(500, "order-2")
    second["dosageInstruction"][0]["timing"] = {"event": [later]}
    card = service.post(call(orders=[order(378), second])).cards[0]
    assert card["source"]["topic"]["code"] == "dose-above-maximum"
    assert f"Orders: {TODAY}, {later}" in card["detail"]
    assert "Orders:" not in service.post(call(orders=[order(378)])).cards[0]["detail"]
