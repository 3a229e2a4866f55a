"""``patient-view``: one calm card a drug of what is due, and silence for every other patient."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from calls import (
    INSTANCE,
    PATIENT,
    USER,
    VIEW,
    Caller,
    aspirin,
    bundle,
    call,
    changed,
    days_ago,
    dose_given,
    labs,
    lvef,
    on_kadcyla,
    order,
    outcome,
    removed,
    without,
)
from chart_server import ChartServer, Reply, as_json

from cds_service.configuration.settings import Settings
from fhir_mappings.request.queries import MONITORING_KEYS, TREATMENT_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calls import Answer, Json

AN_ASPIRIN = {**aspirin(), "status": "active"}
DUE = {"lvef": bundle(lvef(days=250)), "labs": bundle(*labs(days=20))}


@pytest.fixture(scope="module")
def chart() -> Iterator[ChartServer]:
    server = ChartServer()
    yield server
    server.close()


def opened(caller: Caller, prefetch: Json | None = None, **more: Any) -> Answer:
    return caller.post(call(VIEW, prefetch=prefetch, **more), VIEW)


def test_service_lists_due_tests_in_one_card(service) -> None:
    (card,) = opened(service, on_kadcyla(20, **DUE)).cards
    assert card["summary"] == "Kadcyla: LVEF, AST, ALT, total bilirubin and platelets are due"
    assert card["indicator"] == "warning"
    assert card["source"]["topic"]["code"] == "lvef-overdue"
    assert len(card["suggestions"]) == 4
    created = [action["resource"] for action in card["suggestions"][0]["actions"]]
    assert [each["code"]["coding"][0]["code"] for each in created] == ["8806-2", "1920-8", "1742-6", "1975-2", "777-3"]
    for each in created:
        assert each["encounter"] == {"reference": "Encounter/enc-1"}
        assert each["requester"] == {"reference": USER}
        assert each["subject"] == {"reference": f"Patient/{PATIENT}"}
        assert each["priority"] == "routine"


def test_nothing_is_due_for_a_patient_who_is_deceased_in_the_chart(service) -> None:
    chart = on_kadcyla(22, labs=bundle())
    chart["patient"] = {**chart["patient"], "deceasedBoolean": True}
    assert service.post(call(VIEW, prefetch=chart), VIEW).topics == ["checks-incomplete"]


def test_service_gives_no_card_when_nothing_is_due(service) -> None:
    assert opened(service).body == {"cards": []}


@pytest.mark.parametrize(
    "lists",
    [
        pytest.param({}, id="no drug at all"),
        pytest.param({"administrations": bundle(dose_given(300))}, id="a dose of long ago"),
        pytest.param({"administrations": bundle(dose_given(5, status="not-done"))}, id="a dose that was not given"),
        pytest.param({"administrations": bundle(dose_given(5, status="entered-in-error"))}, id="a dose in error"),
        pytest.param({"administrations": bundle(dose_given(5, patient="pat-2"))}, id="a dose of another patient"),
        pytest.param({"medications": bundle(order(status="stopped"))}, id="an order that was stopped"),
        pytest.param({"medications": bundle(order(status="active", intent="proposal"))}, id="a proposal"),
        pytest.param(
            {"medications": bundle(order(status="active", medicationCodeableConcept={"text": "paclitaxel"}))},
            id="another drug",
        ),
        pytest.param(
            {"administrations": bundle(link=[{"relation": "next", "url": "https://ehr.example.org/2"}])},
            id="no drug on the first page of a list",
        ),
    ],
)
def test_service_gives_no_card_for_a_patient_with(service, lists) -> None:
    none = {"administrations": bundle(), "medications": bundle()}
    assert opened(service, on_kadcyla(**{"lvef": bundle(), "labs": bundle(), **none, **lists})).body == {"cards": []}


@pytest.mark.parametrize(
    "lists",
    [
        pytest.param({"administrations": bundle(dose_given(5))}, id="a dose"),
        pytest.param({"administrations": bundle(dose_given(5, status="in-progress"))}, id="a dose that is running"),
        pytest.param({"medications": bundle(order(status="active", authoredOn=days_ago(40)))}, id="an active order"),
        pytest.param(
            {"mine": bundle(without(order(), "intent") | {"resourceType": "MedicationStatement", "status": "active"})},
            id="a statement under a key of the client's",
        ),
    ],
)
def test_service_follows_a_patient_with(service, lists) -> None:
    none = {"administrations": bundle(), "medications": bundle()}
    prefetch = {**on_kadcyla(lvef=bundle()), **none, **lists}
    assert opened(service, prefetch).topics == ["lvef-missing"]


def test_service_needs_only_the_lists_of_drugs_for_a_patient_on_none(service) -> None:
    assert opened(service, dict.fromkeys(TREATMENT_KEYS)).body == {"cards": []}


NOT_AVAILABLE = {
    "patient": "sex and date of birth",
    "lvef": "LVEF",
    "labs": "laboratory results",
    "conditions": "problem list",
    "administrations": "doses given",
    "medications": "medication list",
}


def what_could_not_be_had(answer: Answer) -> str:
    card = answer.card("checks-incomplete")
    assert (answer.status, card["indicator"]) == (200, "warning")
    return card["detail"]


@pytest.mark.parametrize("key", TREATMENT_KEYS)
def test_service_does_not_take_an_unavailable_list_of_drugs_for_an_empty_one(service, key) -> None:
    answer = opened(service, without(on_kadcyla(administrations=bundle()), key))
    assert answer.topics == ["checks-incomplete"]
    detail = what_could_not_be_had(answer)
    assert f"{NOT_AVAILABLE[key].capitalize()} not available; not in the prefetch" in detail
    assert detail.count("not available") == 1


@pytest.mark.parametrize("key", TREATMENT_KEYS)
@pytest.mark.parametrize(
    "entries",
    [
        pytest.param(bundle(AN_ASPIRIN, outcome()), id="with an error beside a drug that is not checked"),
        pytest.param({**bundle(), "entry": [{}]}, id="with an entry that cannot be read"),
    ],
)
def test_service_does_not_take_a_part_of_a_list_of_drugs_for_the_whole(service, key, entries) -> None:
    answer = opened(service, on_kadcyla(**{"administrations": bundle(), key: entries}))
    assert answer.topics == ["checks-incomplete"]
    assert f"{NOT_AVAILABLE[key].capitalize()} not available" in what_could_not_be_had(answer)


@pytest.mark.parametrize("key", [key for key in MONITORING_KEYS if key != "administrations"])
def test_service_says_what_is_due_from_what_is_available(service, key) -> None:
    whole = on_kadcyla(20, **DUE)
    answer = opened(service, without(whole, key))
    assert f"{NOT_AVAILABLE[key]} not available; not in the prefetch" in what_could_not_be_had(answer)
    due = next(card for card in answer.cards if card["source"]["topic"]["code"] != "checks-incomplete")
    assert ("LVEF" in due["summary"]) == (key != "lvef")
    assert ("AST" in due["summary"]) == (key != "labs")


def test_service_answers_412_if_nothing_is_available(service) -> None:
    answer = opened(service, {})
    assert (answer.status, answer.expression) == (412, [f"prefetch.{key}" for key in MONITORING_KEYS])


@pytest.mark.parametrize("count", range(len(MONITORING_KEYS) + 1))
def test_service_gives_the_same_cards_by_prefetch_and_by_fetch_on_view(service, chart, count) -> None:
    whole = on_kadcyla(20, **DUE)
    expected = opened(service, whole)
    assert len(expected.cards) == 1
    for keys in combinations(MONITORING_KEYS, count):
        chart.serve(whole)
        assert opened(service, {key: whole[key] for key in keys}, fhirServer=chart.base).cards == expected.cards
        assert set(chart.keys) == set(MONITORING_KEYS) - set(keys)


def test_service_asks_for_nothing_else_for_a_patient_on_no_drug(service, chart) -> None:
    chart.serve(on_kadcyla(300))
    assert opened(service, {}, fhirServer=chart.base).body == {"cards": []}
    assert sorted(chart.keys) == sorted(TREATMENT_KEYS)


def test_service_keeps_to_one_budget_for_both_rounds_of_questions(chart) -> None:
    caller = Caller(Settings(fhir={"timeout_s": 0.6}))
    slow = {key: Reply(after_s=2) for key in ("lvef", "labs")}
    chart.serve(on_kadcyla(), **slow)
    detail = what_could_not_be_had(opened(caller, {}, fhirServer=chart.base))
    assert detail.count("not available; the FHIR server did not answer in time") == 2


@pytest.mark.parametrize("key", TREATMENT_KEYS)
def test_service_asks_once_for_a_list_of_drugs_that_cannot_be_had(service, chart, key) -> None:
    chart.serve(on_kadcyla(), **{key: Reply(status=500)})
    assert "not available" in what_could_not_be_had(opened(service, {}, fhirServer=chart.base))
    assert sorted(chart.keys) == sorted(MONITORING_KEYS)


def test_service_reads_a_further_page_of_drugs_once(service, chart) -> None:
    chart.serve({})
    chart.add("/fhir?page=2", Reply(status=500))
    cut_off = bundle(link=[{"relation": "next", "url": f"{chart.base}?page=2"}])
    answer = opened(service, on_kadcyla(medications=cut_off), fhirServer=chart.base)
    assert answer.topics == ["checks-incomplete"]
    assert [each.path for each in chart.heard] == ["/fhir?page=2"]


def test_service_finds_the_drug_on_a_later_page(service, chart) -> None:
    chart.serve({})
    chart.add("/fhir?page=2", as_json(bundle(dose_given(5))))
    cut_off = bundle(link=[{"relation": "next", "url": f"{chart.base}?page=2"}])
    answer = opened(service, on_kadcyla(administrations=cut_off, lvef=bundle()), fhirServer=chart.base)
    assert answer.topics == ["lvef-missing"]


def test_service_ignores_the_server_when_everything_was_sent(service, log_lines) -> None:
    opened(service, fhirServer="https://ehr.example.org/fhir")
    assert [line["event"] for line in log_lines] == ["hook_answered"]


def test_service_says_what_it_could_not_check_for_a_patient_on_a_drug(service) -> None:
    undated = bundle(without(lvef(), "effectiveDateTime"))
    assert opened(service, on_kadcyla(lvef=undated)).topics == ["checks-incomplete"]


def test_service_hides_what_a_site_has_switched_off(service) -> None:
    caller = Caller(Settings(cards={"lvef-overdue": {"mode": "off"}, "blood-count-missing": {"mode": "shadow"}}))
    (card,) = opened(caller, on_kadcyla(20, **DUE)).cards
    assert card["source"]["topic"]["code"] == "liver-tests-missing"
    assert card["indicator"] == "info"
    assert len(opened(service, on_kadcyla(20, **DUE)).cards) == 1


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        pytest.param("context.userId", None, "required", id="no user"),
        pytest.param("context.userId", 7, "wrong-type", id="a user that is a number"),
        pytest.param("context.patientId", "", "required", id="no patient"),
        pytest.param("context", None, "required", id="no context"),
        pytest.param("hookInstance", None, "required", id="no instance"),
        pytest.param("hook", "order-sign", "hook-mismatch", id="another hook"),
    ],
)
def test_service_refuses_to_open_a_chart_with(service, path, value, code) -> None:
    answer = service.post(changed(call(VIEW), path, value), VIEW)
    assert (answer.status, answer.code, answer.expression) == (400, code, [path])


@pytest.mark.parametrize("encounter", [None, "", 7, "Encounter/enc-1", "x" * 1000, "a b"])
def test_service_opens_a_chart_with_whatever_encounter(service, encounter) -> None:
    body = changed(call(VIEW, prefetch=on_kadcyla(20, **DUE)), "context.encounterId", encounter)
    assert len(service.post(body, VIEW).cards) == 1


def test_service_opens_a_chart_without_an_encounter(service) -> None:
    body = removed(call(VIEW, prefetch=on_kadcyla(20, **DUE)), "context.encounterId")
    (card,) = service.post(body, VIEW).cards
    assert "encounter" not in card["suggestions"][0]["actions"][0]["resource"]


def test_service_gives_the_card_of_a_chart_the_same_id_each_time(service) -> None:
    body = call(VIEW, prefetch=on_kadcyla(20, **DUE))
    assert service.post(body, VIEW).raw == service.post(body, VIEW).raw
    other = service.post({**body, "hookInstance": INSTANCE[:-1] + "2"}, VIEW)
    assert other.cards[0]["uuid"] != service.post(body, VIEW).cards[0]["uuid"]
