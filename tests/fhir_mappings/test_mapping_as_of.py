"""A chart as it stood: what is dated later is not seen, and what changed later is seen as it was."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.knowledge.loader import default_knowledge
from fhir_mappings.as_of.event_times import EventTime, later, when
from fhir_mappings.as_of.history import PatientHistory
from fhir_mappings.as_of.searches import searches
from fhir_mappings.as_of.sites import site_of
from fhir_mappings.code_maps.files import read_code_map
from fhir_mappings.codings import NO_CODE_MAP
from fhir_mappings.request.prefetch import PrefetchState
from fhir_mappings.request.queries import templates

Json = dict[str, Any]
CHICAGO = ZoneInfo("America/Chicago")
UTC_ZONE = ZoneInfo("UTC")
WANTED = searches(templates(default_knowledge().terminology, NO_CODE_MAP))
SUBJECT = {"subject": {"reference": "Patient/p"}}


def order(name: str = "o", authored: str = "2024-03-10T09:00:00Z", **more: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": name,
        "status": "completed",
        "medicationCodeableConcept": {"text": "Kadcyla"},
        "authoredOn": authored,
        **SUBJECT,
        **more,
    }


def weight(name: str = "w", **dates: Any) -> Json:
    coded = {"code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}}
    return {"resourceType": "Observation", "id": name, "status": "final", **coded, **SUBJECT, **dates}


def dose(name: str = "d", **more: Any) -> Json:
    given_drug = {"medicationCodeableConcept": {"text": "Kadcyla"}}
    return {
        "resourceType": "MedicationAdministration",
        "id": name,
        "status": "completed",
        **given_drug,
        **SUBJECT,
        **more,
    }


def condition(**more: Any) -> Json:
    return {"resourceType": "Condition", "id": "c", "code": {"text": "pneumonitis"}, **SUBJECT, **more}


def history(*resources: Json, zone: ZoneInfo = UTC_ZONE) -> PatientHistory:
    return PatientHistory("p", [json.dumps(each).encode() for each in resources], WANTED, zone)


def seen(key: str, *resources: Json, at: int = 0) -> list[Json]:
    """Return what the last session, or another, is given under a key."""
    found = history(*resources)
    answer = found.request(found.sessions[at]).prefetch[key]
    return [stub.content for stub in answer.listing.stubs] if answer.listing else []


@pytest.mark.parametrize(
    ("written", "day", "has_time"),
    [
        ("2024-03-10", date(2024, 3, 10), False),
        ("2024-03-10T23:30:00-06:00", date(2024, 3, 11), True),
        ("2024-03-10T02:00:00Z", date(2024, 3, 9), True),
        ("2024-03-10T02:00:00", date(2024, 3, 10), True),
        ("2024-02", date(2024, 2, 29), False),
        ("2024", date(2024, 12, 31), False),
    ],
)
def test_a_time_falls_on_the_day_at_the_site_and_a_month_on_its_last_day(
    written: str, day: date, *, has_time: bool
) -> None:
    found = when(written, CHICAGO)
    assert found is not None
    assert (found.day, found.at is not None) == (day, has_time)


@pytest.mark.parametrize(
    "written", [None, "", "yesterday", "2024-13-01", "2024-02-30", "24-01-01", 20240101, "2024-3-1"]
)
def test_an_invalid_date_is_not_a_time(written: object) -> None:
    assert when(written, UTC_ZONE) is None


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_times_sort_by_instant_and_by_day_if_one_has_no_time(first: datetime, second: datetime) -> None:
    one, two = when(first.isoformat(), UTC_ZONE), when(second.isoformat(), UTC_ZONE)
    assert one is not None
    assert two is not None
    assert one.is_before(two) == (first < second)
    assert EventTime(one.day).is_before(two) == (first.date() < second.date())
    assert later(one, two) in (one, two)
    assert not (one.is_before(two) and two.is_before(one))


@pytest.mark.parametrize(
    ("dates", "is_seen"),
    [
        ({"effectiveDateTime": "2024-03-10T08:59:59Z"}, True),
        ({"effectiveDateTime": "2024-03-10T09:00:01Z"}, False),
        ({"effectiveDateTime": "2024-03-10"}, True),
        ({"effectiveDateTime": "2024-03-11"}, False),
        ({"effectiveDateTime": "2024-03-01", "issued": "2024-03-12T00:00:00Z"}, False),
        ({"effectiveDateTime": "2024-03-12", "issued": "2024-03-01T00:00:00Z"}, False),
        ({"issued": "2024-03-01T00:00:00Z"}, True),
        ({"effectivePeriod": {"start": "2024-03-01", "end": "2024-03-12"}}, False),
        ({"meta": {"lastUpdated": "2024-03-01T00:00:00Z"}}, True),
        ({"meta": {"lastUpdated": "2024-04-01T00:00:00Z"}}, False),
        ({}, False),
    ],
)
def test_a_result_is_visible_once_it_was_taken_and_released(dates: Json, *, is_seen: bool) -> None:
    assert bool(seen("weight", order(), weight(**dates))) is is_seen


def test_resources_without_a_date_are_counted() -> None:
    found = history(order(), weight(), condition())
    assert dict(found.undated) == {"Observation": 1, "Condition": 1}


@pytest.mark.parametrize(
    ("more", "is_seen"),
    [
        ({"effectiveDateTime": "2024-03-09"}, True),
        ({"effectiveDateTime": "2024-03-10"}, False),
        ({"effectiveDateTime": "2024-03-10T08:00:00Z"}, True),
        ({"effectiveDateTime": "2024-03-10T09:00:00Z"}, False),
        ({"effectivePeriod": {"start": "2024-03-01", "end": "2024-03-12"}}, True),
        ({"effectiveDateTime": "2024-03-01", "request": {"reference": "MedicationRequest/o"}}, False),
    ],
)
def test_a_dose_counts_if_it_is_certainly_earlier_and_from_another_order(more: Json, *, is_seen: bool) -> None:
    assert bool(seen("administrations", order(), dose(**more))) is is_seen


def test_a_problem_with_a_future_end_date_is_present() -> None:
    ended = {"clinicalStatus": {"coding": [{"code": "resolved"}]}, "recordedDate": "2024-01-01"}
    (then,) = seen("conditions", order(), condition(**ended, abatementDateTime="2024-05-01"))
    assert then["clinicalStatus"]["coding"][0]["code"] == "active"
    assert "abatementDateTime" not in then
    (before,) = seen("conditions", order(), condition(**ended, abatementDateTime="2024-02-01"))
    assert before["clinicalStatus"]["coding"][0]["code"] == "resolved"
    assert seen("conditions", order(), condition(recordedDate="2024-03-11", onsetDateTime="2024-01-01")) == []


EARLIER = order("e", "2024-02-01")
FOR_IT = {"request": {"reference": "MedicationRequest/e"}}
CHANGED = "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged"
UNTIL_JUNE = [{"timing": {"repeat": {"boundsPeriod": {"end": "2024-06-01"}}}}]


@pytest.mark.parametrize(
    ("earlier", "others", "status"),
    [
        (EARLIER, [], "completed"),
        (EARLIER, [dose(effectiveDateTime="2024-02-01", **FOR_IT)], "completed"),
        (EARLIER, [dose(effectiveDateTime="2024-04-01", **FOR_IT)], "active"),
        ({**EARLIER, "dosageInstruction": UNTIL_JUNE}, [], "active"),
        (
            {**EARLIER, "status": "stopped", "extension": [{"url": CHANGED, "valueDateTime": "2024-05-01"}]},
            [],
            "active",
        ),
    ],
)
def test_an_earlier_order_is_seen_as_it_was(earlier: Json, others: list[Json], status: str) -> None:
    (found,) = seen("medications", order(), earlier, *others, at=1)
    assert found["status"] == status


def test_an_order_that_was_stopped_at_a_time_nobody_wrote_down_is_not_seen() -> None:
    assert seen("medications", order(), order("e", "2024-02-01", status="stopped"), at=1) == []


def test_later_orders_and_those_signed_together_are_not_history() -> None:
    orders = [order(), order("together"), order("later", "2024-03-11"), order("same-day", "2024-03-10")]
    found = history(*orders)
    assert [sorted(session.references) for session in found.sessions] == [
        ["MedicationRequest/same-day"],
        ["MedicationRequest/o", "MedicationRequest/together"],
        ["MedicationRequest/later"],
    ]
    assert found.request(found.sessions[1]).prefetch["medications"].state is PrefetchState.EMPTY


def test_services_of_the_same_time_come_with_the_orders() -> None:
    service = {"resourceType": "ServiceRequest", "id": "s", **SUBJECT, "authoredOn": "2024-03-10T09:00:00Z"}
    wrong = {**service, "id": "wrong", "status": "entered-in-error"}
    found = history(order(), service, wrong, {**service, "id": "later", "authoredOn": "2024-03-10T09:00:01Z"})
    entries = found.request(found.sessions[0]).draft_orders["entry"]
    assert [(e["resource"]["id"], e["resource"]["status"]) for e in entries] == [("o", "draft"), ("s", "draft")]


def test_an_order_is_dated_by_its_authoring_its_first_dose_or_its_visit() -> None:
    visit = {"resourceType": "Encounter", "id": "v", **SUBJECT, "period": {"start": "2024-03-03T08:00:00Z"}}
    timed = {"dosageInstruction": [{"timing": {"event": ["2024-03-02"]}}]}
    undated = [
        order("first-dose", "", **timed),
        order("visit", "2024", encounter={"reference": "Encounter/v"}),
        order("never", "2024-03"),
    ]
    found = history(visit, *undated)
    assert [(next(iter(s.references)), s.dated_by) for s in found.sessions] == [
        ("MedicationRequest/first-dose", "first-dose"),
        ("MedicationRequest/visit", "encounter"),
    ]
    assert [(each.order, each.reason) for each in found.left_out] == [("MedicationRequest/never", "no-time")]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"status": "draft"}, "not-signed"),
        ({"status": "entered-in-error"}, "entered-in-error"),
        ({"doNotPerform": True}, "do-not-perform"),
        ({"reportedBoolean": True}, "reported"),
        ({"medication": {"concept": {"text": "Kadcyla"}}}, "other-release"),
    ],
)
def test_an_order_nobody_signed_here_is_left_out_with_a_reason(more: Json, reason: str) -> None:
    found = history({**order(), **more})
    assert [each.reason for each in found.left_out] == [reason]
    assert found.sessions == []


def test_the_last_version_counts_in_any_order() -> None:
    old = weight(effectiveDateTime="2024-03-01", meta={"lastUpdated": "2024-03-01T00:00:00Z"}, note=[{"text": "old"}])
    new = {**old, "meta": {"lastUpdated": "2024-03-02T00:00:00Z"}, "note": [{"text": "new"}]}
    for listed in ([old, new], [new, old], [new, old, old, new]):
        assert [each["note"][0]["text"] for each in seen("weight", order(), *listed)] == ["new"]


@given(days=st.integers(-400, 400), timed=st.booleans())
def test_nothing_dated_later_is_ever_seen(days: int, *, timed: bool) -> None:
    day = date(2024, 3, 10) + timedelta(days=days)
    written = f"{day}T09:00:01Z" if timed else str(day)
    is_later = days > 0 or (timed and days == 0)
    assert bool(seen("weight", order(), weight(effectiveDateTime=written))) is not is_later


def test_the_queries_are_answered_as_a_server_answers_them() -> None:
    blood_pressure = {**weight("bp", effectiveDateTime="2024-03-01"), "code": {"coding": [{"code": "85354-9"}]}}
    other_system = {
        **weight("x", effectiveDateTime="2024-03-01"),
        "code": {"coding": [{"system": "urn:x", "code": "29463-7"}]},
    }
    assert [each["id"] for each in seen("weight", order(), blood_pressure, other_system)] == []
    with pytest.raises(ValueError, match="_include"):
        searches({"weight": "Observation?patient=x&_include=a"})


def test_local_codes_are_asked_for_however_they_are_written(tmp_path: Path) -> None:
    target = {"code": "29463-7", "equivalence": "equivalent"}
    group = {
        "source": "urn:oid:1.2.3",
        "target": "http://loinc.org",
        "element": [{"code": "W,1|a\\b$", "target": [target]}],
    }
    (tmp_path / "map.json").write_text(json.dumps({"resourceType": "ConceptMap", "status": "active", "group": [group]}))
    local = searches(templates(default_knowledge().terminology, read_code_map([tmp_path / "map.json"])))
    assert (local["weight"].tokens or frozenset()) - (WANTED["weight"].tokens or frozenset()) == {
        ("urn:oid:1.2.3", "W,1|a\\b$")
    }


def test_a_site_is_the_location_of_the_visit_or_its_provider_or_the_requester() -> None:
    visit = {"location": [{"location": {"reference": "Location/a"}}], "serviceProvider": {"display": "Hospital"}}
    names = {"Location/a": "Day clinic", "Organization/h": "Hospital"}
    asked = {"encounter": {"reference": "Encounter/v"}, "requester": {"reference": "Organization/h"}}
    assert site_of(asked, {"Encounter/v": visit}.get, names) == "Day clinic"
    assert site_of(asked, lambda _: {"serviceProvider": {"reference": "Organization/h"}}, names) == "Hospital"
    assert site_of(asked, lambda _: {}, names) == "Hospital"
    assert site_of({"requester": {"reference": "Practitioner/1", "display": "Dr X"}}, lambda _: {}, names) == "unknown"
