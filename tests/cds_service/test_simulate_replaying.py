"""The replay of one patient: as the service answers, by nothing that came later, right on courses with known errors."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.facts.topics import Topic
from cards.presentation.urgency import indicator_of
from cds_service.configuration.settings import Settings
from cds_service.decisions.decider import Decider
from cds_service.protocol.caller import Caller
from cds_service.simulate.cohort.generate import courses
from cds_service.simulate.cohort.resources import resources
from cds_service.simulate.replaying import Replayer
from cds_service.simulate.routing import Router, named_in
from fhir_mappings.as_of.signers import role_entry, signed_by
from fhir_mappings.request.hook_request import read_request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cds_service.simulate.cohort.courses import Course, Ordered
    from cds_service.simulate.rows import Rows

Json = dict[str, Any]
TOPIC, INDICATOR, SHOWN = 8, 9, 11


@pytest.fixture(scope="module")
def replayer() -> Replayer:
    return Replayer(Settings())


def lines(found: Iterable[Json]) -> list[bytes]:
    return [json.dumps(each).encode() for each in found]


def exported(course: Course) -> list[Json]:
    return [resource for resource, _ in resources(course)]


def labeled(course: Course) -> dict[str, Ordered]:
    """Return what was ordered, in scope, by the reference of the order."""
    return {
        f"MedicationRequest/{resource['id']}": ordered
        for resource, ordered in resources(course)
        if ordered is not None and "dosageInstruction" in resource
    }


COHORT = list(courses(110, seed=11, errors_percent=60))
ERRORS = [course for course in COHORT if any(o.expected for o in labeled(course).values())]


@pytest.fixture(scope="module")
def replayed(replayer) -> dict[str, Rows]:
    """Return the rows of the whole cohort, by patient."""
    return {each.patient: replayer.replay_patient(each.patient, lines(exported(each)), {}) for each in COHORT}


def test_a_clean_course_gets_no_card_and_an_error_only_its_own_topic(replayer) -> None:
    injected: set[str] = set()
    for course in courses(250, seed=3, errors_percent=50):
        rows = replayer.replay_patient(course.patient, lines(exported(course)), {})
        fired = {order: set() for order in labeled(course)}
        for row in rows.firings:
            fired[row[1]].add(row[TOPIC])
        assert fired == {order: ordered.expected for order, ordered in labeled(course).items()}
        assert len(rows.orders) == len(fired)
        injected.update(topic for ordered in labeled(course).values() for topic in ordered.expected)
    assert len(injected) >= 14
    assert injected <= {str(topic) for topic in Topic}


def as_of(found: list[Json], order: Json) -> dict[str, list[Json]]:
    """Return what was known when an order was signed, worked out here once more and in the plainest way."""
    signed = order["authoredOn"]
    kept: dict[str, list[Json]] = {}
    for each in found:
        kind = each["resourceType"]
        known = {
            "Patient": lambda _: True,
            "Observation": lambda r: r["effectiveDateTime"] <= signed,
            "Condition": lambda r: r["recordedDate"] <= signed[:10],
            "MedicationAdministration": lambda r: r["effectiveDateTime"] < signed,
            "MedicationRequest": lambda r: r["authoredOn"] < signed,
        }.get(kind)
        if known is not None and known(each):
            kept.setdefault(kind, []).append(each)
    return kept


def live_request(found: list[Json], together: list[Json]) -> bytes:
    """Write the request that a client would have posted."""
    known = as_of(found, together[0])

    def bundle(resources_found: list[Json]) -> Json:
        return {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": each} for each in resources_found],
        }

    observations = bundle(known.get("Observation", []))
    return json.dumps(
        {
            "hook": "order-sign",
            "hookInstance": "another",
            "context": {
                "patientId": found[0]["id"],
                "userId": "Practitioner/1",
                "draftOrders": bundle([{**order, "status": "draft"} for order in together]),
            },
            "prefetch": {
                "patient": found[0],
                "weight": observations,
                "tumorMarkers": observations,
                "lvef": observations,
                "labs": observations,
                "conditions": bundle(known.get("Condition", [])),
                "administrations": bundle(known.get("MedicationAdministration", [])),
                "medications": bundle(known.get("MedicationRequest", [])),
            },
        }
    ).encode()


def test_every_order_is_answered_as_the_service_would_have_answered_it_that_day(replayed) -> None:
    today = date(2000, 1, 1)
    live = Decider(Settings(), today=lambda: today)
    cards = 0
    for course in COHORT:
        found = exported(course)
        rows = replayed[course.patient]
        fired: dict[date, set[tuple[str, ...]]] = {row[2]: set() for row in rows.orders}
        for row in rows.firings:
            assert row[SHOWN]
            fired[row[2]].add((row[TOPIC], row[INDICATOR]))
        for visit in course.visits:
            today = visit.day
            together = [
                each
                for each in found
                if each["resourceType"] == "MedicationRequest" and each["authoredOn"].startswith(str(visit.day))
            ]
            decision = live.decide(read_request(live_request(found, together), "order-sign"))
            # A card may report a topic of several orders, and further topics on separate lines.
            answered = {(c["source"]["topic"]["code"], c["indicator"]) for c in decision.cards}
            told = {
                (str(each.topic), str(indicator_of(each, live.wording, {})))
                for content in decision.shown
                for each in content.all_verdicts
            }
            assert fired.get(today, set()) == told
            assert answered <= told
            cards += len(answered)
    assert cards > 80


def test_reading_each_resource_once_gives_what_reading_it_at_every_order_gives(replayed) -> None:
    again = Replayer(Settings())
    plain = again._a
    plain.decider = Decider(Settings(), plain._day, suggestions=False)
    for course in COHORT:
        found = lines(exported(course))
        assert replayed[course.patient] == again.replay_patient(course.patient, found, {})


SNOMED, RXNORM = "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
ODD = {
    "a diagnosis that is only a code": {
        "resourceType": "Condition",
        "code": {"coding": [{"system": SNOMED, "code": "999990001"}]},
        "recordedDate": "2020-01-02",
    },
    "a drug that is only a code": {
        "resourceType": "MedicationAdministration",
        "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "999990002"}]},
        "status": "completed",
        "effectiveDateTime": "2020-01-02",
    },
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_told_once_for_a_chart_is_told_when_each_resource_is_read_once(odd: Json) -> None:
    once, again = Replayer(Settings()), Replayer(Settings())
    again._a.decider = Decider(Settings(), again._a._day, suggestions=False)
    course = COHORT[0]
    who = {"subject": {"reference": f"Patient/{course.patient}"}}
    found = exported(course)
    without = once.replay_patient(course.patient, lines(found), {})
    found = lines([*found, *({**odd, **who, "id": f"odd-{number}"} for number in range(2))])
    expected = again.replay_patient(course.patient, found, {})
    assert once.replay_patient(course.patient, found, {}) == expected != without


LATER = st.sampled_from(["lvef", "alt", "platelets", "weight", "ihc", "pneumonitis", "dose", "order"])


def later_resource(kind: str, course: Course, number: int, moment: datetime) -> Json:
    """Make something dated at a moment that would matter if it were seen."""
    who = {"subject": {"reference": f"Patient/{course.patient}"}}
    drug = {"medicationCodeableConcept": {"text": course.drug or "Kadcyla"}}
    at = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    if kind == "pneumonitis":
        code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J70.2"}]}
        return {"resourceType": "Condition", "id": f"later-{number}", "code": code, "recordedDate": at, **who}
    if kind == "dose":
        given_at = {"status": "completed", "effectiveDateTime": at}
        return {"resourceType": "MedicationAdministration", "id": f"later-{number}", **drug, **given_at, **who}
    if kind == "order":
        signed = {"status": "active", "intent": "order", "authoredOn": at}
        return {"resourceType": "MedicationRequest", "id": f"later-{number}", **drug, **signed, **who}
    code, unit, value = {
        "lvef": ("10230-1", "%", 30),
        "alt": ("1742-6", "U/L", 900),
        "platelets": ("777-3", "10*3/uL", 9),
        "weight": ("29463-7", "kg", 31),
        "ihc": ("85319-2", "", 0),
    }[kind]
    measured = (
        {"valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA6111-4"}], "text": "0"}}
        if kind == "ihc"
        else {"valueQuantity": {"value": value, "unit": unit, "code": unit}}
    )
    coded = {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}}
    return {
        "resourceType": "Observation",
        "id": f"later-{number}",
        "status": "final",
        **coded,
        "effectiveDateTime": at,
        **measured,
        **who,
    }


@given(
    st.sampled_from(COHORT),
    st.floats(0, 1),
    st.lists(st.tuples(LATER, st.integers(1, 60 * 24 * 200)), min_size=1, max_size=6),
)
@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_dated_after_an_order_changes_nothing_about_it(replayer, course, share, later) -> None:
    visit = course.visits[int(share * (len(course.visits) - 1))]
    signed = datetime.fromisoformat(f"{visit.day}T09:15:00")
    found = lines(exported(course))
    added = lines(
        later_resource(kind, course, number, signed + timedelta(minutes=minutes))
        for number, (kind, minutes) in enumerate(later)
    )

    def up_to(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [row for row in rows if row[2] <= visit.day and "later-" not in row[1]]

    before, after = (replayer.replay_patient(course.patient, each, {}) for each in (found, found + added))
    assert up_to(before.orders) == up_to(after.orders)
    assert up_to(before.firings) == up_to(after.firings)


@given(st.sampled_from(ERRORS), st.randoms(use_true_random=False))
@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_the_lines_changes_nothing(replayer, course, random) -> None:
    found = lines(exported(course))
    shuffled = random.sample(found, len(found))
    assert replayer.replay_patient(course.patient, found, {}) == replayer.replay_patient(course.patient, shuffled, {})


def test_a_topic_in_shadow_is_counted_and_not_shown() -> None:
    course = next(c for c in COHORT if any("hcpcs-mismatch" in o.expected for o in labeled(c).values()))
    shadowed = Replayer(Settings(), Settings(cards={"hcpcs-mismatch": {"mode": "shadow"}}))
    rows = shadowed.replay_patient(course.patient, lines(exported(course)), {})
    modes = {(row[7], row[10], row[SHOWN]) for row in rows.firings if row[TOPIC] == "hcpcs-mismatch"}
    assert modes == {("A", "live", True), ("B", "shadow", False)}
    wrong = {row[1] for row in rows.firings if row[TOPIC] == "hcpcs-mismatch"}
    assert all(row[8] == row[9] + (row[1] in wrong) for row in rows.orders)


def test_a_drug_missing_from_the_export_is_reported() -> None:
    course = next(c for c in COHORT if c.drug == "Kadcyla")
    found = exported(course)
    for each in found:
        if each["resourceType"] == "MedicationRequest":
            del each["medicationCodeableConcept"]
            each["medicationReference"] = {"reference": "Medication/m"}
    replayer = Replayer(Settings())
    rows = replayer.replay_patient(course.patient, lines(found), {})
    assert rows.orders == []
    assert {reason for _, _, reason in rows.left_out} == {"drug-unknown"}
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "Kadcyla"}}
    rows = replayer.replay_patient(course.patient, lines([*found, drug]), {})
    assert rows.left_out == []
    assert {row[4] for row in rows.orders} == {"kadcyla"}


def test_two_time_zones_are_not_compared() -> None:
    with pytest.raises(ValueError, match="timezone must be the same"):
        Replayer(Settings(), Settings(site={"timezone": "America/Chicago"}))


ROLE = {
    "resourceType": "PractitionerRole",
    "id": "role-1",
    "practitioner": {"reference": "Practitioner/17"},
    "code": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/practitioner-role", "code": "pharmacist"}]}],
    "specialty": [{"text": "Medical\noncology"}],
}
SECOND = {**ROLE, "id": "role-2", "code": [{"text": "Teacher"}], "specialty": []}
PERSON = {"resourceType": "Practitioner", "id": "17", "qualification": [{"code": {"text": "BCOP"}}]}


def signed_in(course: Course, requester: str, kind: str) -> list[bytes]:
    """Return a course whose orders somebody signs in an encounter of some class."""
    visit = {"resourceType": "Encounter", "id": "visit", "status": "finished", "class": {"code": kind}}
    visit["subject"] = {"reference": f"Patient/{course.patient}"}
    found = exported(course)
    for each in found:
        if each["resourceType"] == "MedicationRequest":
            each |= {"requester": {"reference": requester}, "encounter": {"reference": "Encounter/visit"}}
    return lines([*found, visit])


@pytest.mark.parametrize(
    ("match", "holds"),
    [
        ({"user": "Practitioner/17"}, True),
        ({"user": "Practitioner/18"}, False),
        ({"user": "pharmacist"}, True),
        ({"user": "medical oncology"}, True),
        ({"user": "teacher"}, True),
        ({"user": "bcop"}, True),
        ({"user": "nurse"}, False),
        ({"encounter_class": "AMB"}, True),
        ({"encounter_class": "IMP"}, False),
        ({"user": "pharmacist", "encounter_class": "AMB"}, True),
        ({"service": "her2-order-sign"}, True),
        ({"service": "her2-order-select"}, False),
        ({"tenant": "day-clinic"}, False),
    ],
)
def test_an_order_is_replayed_by_the_profile_of_who_signed_it_and_where(match, holds) -> None:
    course = ERRORS[0]
    topics = {topic for ordered in labeled(course).values() for topic in ordered.expected}
    off = {topic: {"mode": "off"} for topic in topics}
    plain, profiled = Settings(), Settings(profiles={"clinic": {"match": match, "cards": off}})
    replayer = Replayer(plain, profiled)
    names = dict(role_entry(each) for each in (ROLE, SECOND, PERSON))
    rows = replayer.replay_patient(course.patient, signed_in(course, "Practitioner/17", "AMB"), names)
    by_configuration = {row[7] for row in rows.firings if row[TOPIC] in topics}
    assert by_configuration == ({"A"} if holds else {"A", "B"})
    assert replayer.asks_roles is (match.get("user", "").islower())


def test_a_replay_may_be_of_the_calls_of_one_client() -> None:
    course = ERRORS[0]
    topics = {topic for ordered in labeled(course).values() for topic in ordered.expected}
    profile = {"match": {"tenant": "day-clinic"}, "cards": {topic: {"mode": "off"} for topic in topics}}
    given = Settings(profiles={"clinic": profile})
    rows = Replayer(given.as_called_by(Caller("", "day-clinic"))).replay_patient(
        course.patient, lines(exported(course)), {}
    )
    assert not [row for row in rows.firings if row[TOPIC] in topics]


def test_orders_that_different_people_signed_together_have_no_signer() -> None:
    one, other = {"requester": {"reference": "Practitioner/1"}}, {"requester": {"reference": "Practitioner/2"}}
    assert signed_by([one, one]) == "Practitioner/1"
    assert signed_by([one, other]) == ""
    assert signed_by([{"requester": {"reference": "Organization/1"}}]) == ""


@pytest.mark.parametrize(("with_roles", "kept"), [(True, ""), (False, "type")])
def test_roles_are_read_where_a_profile_turns_on_them(with_roles, kept) -> None:
    router = Router([], with_roles=with_roles)
    line = json.dumps(ROLE).encode()
    assert router.route(line).unused == kept
    assert named_in(line, "PractitionerRole")[0] == "PractitionerRole/role-1"
