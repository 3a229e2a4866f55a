"""Bodies that nobody should send: never a 5xx, never a word of the request in an error or in the log."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from calls import (
    KEYS,
    PATIENT,
    SELECT,
    SIGN,
    VIEW,
    authorization,
    bundle,
    call,
    changed,
    days_ago,
    dose_given,
    on_kadcyla,
    order,
    removed,
    troubled_prefetch,
    without,
)

if TYPE_CHECKING:
    from calls import Answer, Json
    from structlog.typing import EventDict

MARK = "MARK-1234"


def marked(service: str = SIGN) -> Json:
    """Return a request that yields cards and holds a marked value wherever it can."""
    body = call(
        service,
        [order(378, f"{MARK}-order", note=[{"text": MARK}], extension=[{"url": MARK, "valueString": MARK}])],
        troubled_prefetch(),
        hookInstance=f"{MARK}-instance",
        fhirServer=f"https://{MARK}.example/fhir/{MARK}",
        fhirAuthorization=authorization(f"{MARK}-token", scope=MARK, subject=MARK, patient=PATIENT),
        user=MARK,
        extension={MARK: {MARK: MARK}},
    )
    body["prefetch"][MARK] = MARK
    written = json.dumps(body).replace("pat-1", f"{MARK}-pat").replace("onc-17", f"{MARK}-onc")
    return json.loads(written)


def is_quiet_about_the_request(answer: Answer, log_lines: list[EventDict]) -> None:
    if answer.status >= 400:
        assert MARK.lower() not in answer.raw.decode().lower()
        assert MARK.lower() not in str(answer.headers).lower()
    assert MARK.lower() not in repr(log_lines).lower()


TEXT = json.dumps(marked())
BODIES = [
    pytest.param(b"", id="nothing"),
    pytest.param(b" \n\t ", id="blanks"),
    pytest.param(b"null", id="null"),
    pytest.param(b"true", id="a boolean"),
    pytest.param(b"1234", id="a number"),
    pytest.param(f'"{MARK}"'.encode(), id="a text"),
    pytest.param(f'["{MARK}"]'.encode(), id="an array"),
    pytest.param(f"[{TEXT}]".encode(), id="a request in an array"),
    pytest.param(f"{MARK}={MARK}".encode(), id="a form"),
    pytest.param(f"<p>{MARK}</p>".encode(), id="markup"),
    pytest.param(TEXT[:-1].encode(), id="a body without its end"),
    pytest.param(TEXT[: len(TEXT) // 2].encode(), id="half a body"),
    pytest.param(f"{TEXT}{TEXT}".encode(), id="two bodies"),
    pytest.param(f"{TEXT} {MARK}".encode(), id="something after the body"),
    pytest.param(f"{TEXT[:-1]},}}".encode(), id="a trailing comma in an object"),
    pytest.param(TEXT.replace('"note": [', '"note": [,').encode(), id="a leading comma in an array"),
    pytest.param(f"// {MARK}\n{TEXT}".encode(), id="a comment line"),
    pytest.param(f"/* {MARK} */{TEXT}".encode(), id="a comment block"),
    pytest.param(TEXT.replace('"hook"', f'/* {MARK} */ "hook"').encode(), id="a comment between members"),
    pytest.param(TEXT.replace('"', "'").encode(), id="single quotes"),
    pytest.param(TEXT.replace('"hook"', "hook").encode(), id="a name without quotes"),
    pytest.param(TEXT.replace(MARK, f"{MARK}\n").encode(), id="a line break inside a text"),
    pytest.param(TEXT.replace(MARK, f"{MARK}\0").encode(), id="a null character inside a text"),
    pytest.param(TEXT.replace(MARK, f"{MARK}\\x41").encode(), id="an escape that JSON does not have"),
    pytest.param(b"\xef\xbb\xbf" + TEXT.encode(), id="a byte order mark"),
    pytest.param(TEXT.encode("utf-16"), id="UTF-16"),
    pytest.param(TEXT.encode("utf-32-le"), id="UTF-32"),
    pytest.param(TEXT.replace(MARK, f"{MARK}é").encode("latin-1"), id="Latin-1"),
    pytest.param(TEXT.encode().replace(b'"LA', b'"\xff\xfe'), id="a part that is read later and no UTF-8"),
    pytest.param(TEXT.encode().replace(MARK.encode(), b"\xed\xa0\x80"), id="a surrogate written in bytes"),
    pytest.param(TEXT.encode().replace(MARK.encode(), b"\xc0\x80"), id="an overlong character"),
    pytest.param(b"[" * 101, id="an array 101 deep"),
    pytest.param(b'{"hook":' * 101, id="an object 101 deep"),
    pytest.param(b"[" * 101 + b"]" * 101, id="an array 101 deep with its end"),
    pytest.param(b'{"prefetch":{"a":' + b"[" * 101 + b"]" * 101 + b"}}", id="a prefetch 101 deep"),
    pytest.param(b"9" * 1_000_000, id="a number of a million digits"),
]


@pytest.mark.parametrize("service_id", [SELECT, SIGN])
@pytest.mark.parametrize("body", BODIES)
def test_service_refuses_a_body_that_is(service, log_lines, service_id, body) -> None:
    answer = service.post(body, service_id)
    assert answer.status == 400
    assert answer.code in ("not-json", "not-an-object")
    is_quiet_about_the_request(answer, log_lines)


PLACES = {
    "beside the members of the request": f'"extension": {{"{MARK}"',
    "in the context": '"draftOrders"',
    "in an order": f'"id": "{MARK}-order"',
    "in a dose": '"unit": "mg"',
    "among the prefetch keys": '"weight": {',
    "in a prefetched Bundle": '"type": "searchset"',
    "in a prefetched result": '"id": "weight-1"',
    "in the patient": '"gender"',
    "in the authorization": '"token_type"',
}
NO_JSON = [
    pytest.param("NaN", id="NaN"),
    pytest.param("Infinity", id="Infinity"),
    pytest.param("-Infinity", id="minus Infinity"),
    pytest.param("+1", id="a number with a plus"),
    pytest.param("01", id="a number with a leading zero"),
    pytest.param("0x1F", id="a hexadecimal number"),
    pytest.param("1.", id="a number without its decimals"),
    pytest.param("undefined", id="undefined"),
    pytest.param("[1,]", id="a trailing comma"),
    pytest.param(r'"\ud800"', id="half a surrogate pair"),
    pytest.param(r'"\udc00\ud800"', id="a surrogate pair in the wrong order"),
    pytest.param("[" * 101 + "]" * 101, id="an array 101 deep"),
    pytest.param('{"a":' * 101 + "1" + "}" * 101, id="an object 101 deep"),
]


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("value", NO_JSON)
def test_service_refuses_what_is_not_json(service, log_lines, place, value) -> None:
    assert place in TEXT
    answer = service.post(TEXT.replace(place, f'"zz": {value}, {place}', 1).encode())
    assert (answer.status, answer.code) == (400, "not-json")
    is_quiet_about_the_request(answer, log_lines)


ODD_JSON = [
    pytest.param("9" * 30, id="a number of 30 digits"),
    pytest.param("9" * 1_000_000, id="a number of a million digits"),
    pytest.param("0." + "1" * 1_000_000, id="a number of a million decimals"),
    pytest.param("1e999999", id="a number beyond every double"),
    pytest.param("-1e-999999", id="a number below every double"),
    pytest.param("1e99999999999999999999", id="an exponent that no number can hold"),
    pytest.param("-0", id="minus zero"),
    pytest.param('"' + "x" * 3_000_000 + '"', id="a text of three megabytes"),
    pytest.param('"' + r"\u0000" * 1000 + '"', id="null characters, escaped"),
    pytest.param('"' + r"\ud83d\ude00" * 1000 + '"', id="surrogate pairs, escaped"),
    pytest.param("[" * 90 + "]" * 90, id="an array 90 deep"),
    pytest.param("[" + "{}," * 50_000 + "{}]", id="an array of 50,000 objects"),
    pytest.param("{" + ",".join(f'"{n}":0' for n in range(20_000)) + "}", id="an object of 20,000 members"),
    pytest.param("null", id="null"),
    pytest.param("{}", id="an empty object"),
]


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("value", ODD_JSON)
def test_service_tolerates(service, log_lines, place, value) -> None:
    answer = service.post(TEXT.replace(place, f'"zz": {value}, {place}', 1).encode())
    assert answer.status in (200, 400, 412)
    is_quiet_about_the_request(answer, log_lines)


@pytest.mark.parametrize(
    "value",
    ["9" * 1_000_000, "1e999999", "-1e-999999", "1e99999999999999999999", "-0", '"' + "9" * 10_000 + '"', "[[[[7]]]]"],
    ids=lambda value: value[:30],
)
@pytest.mark.parametrize(
    "place",
    [
        pytest.param('"value": 378', id="the ordered dose"),
        pytest.param('"value": 70', id="a weight"),
        pytest.param('"value": 61', id="an ejection fraction"),
        pytest.param('"value": 24', id="a laboratory value"),
        pytest.param('"value": 40', id="a reference range"),
        pytest.param('"period": 3', id="the period of the order"),
        pytest.param('"total": 1', id="the total of a Bundle"),
        pytest.param('"expires_in": 300', id="the life of the token"),
    ],
)
def test_service_tolerates_an_invalid_number(service, log_lines, place, value) -> None:
    assert place in TEXT
    answer = service.post(TEXT.replace(place, f"{place.partition(':')[0]}: {value}").encode())
    assert answer.status in (200, 400, 412)
    is_quiet_about_the_request(answer, log_lines)


@pytest.mark.parametrize(
    "day", ["0001-01-01", "9999-12-31", "2026-02-30", "2026-12-31T23:59:60Z", "9999-12-31T23:59:59-12:00"]
)
@pytest.mark.parametrize("service_id", [SIGN, VIEW])
def test_service_tolerates_dates_at_the_ends_of_the_calendar(service, service_id, day) -> None:
    """Every date of a call at once, those of the dose given and of the order included."""
    body = call(service_id, prefetch=on_kadcyla() if service_id == VIEW else None)
    if service_id == SIGN:
        body["prefetch"]["administrations"] = bundle(dose_given(21), dose_given(5, "given-2"))
        body["context"]["draftOrders"]["entry"][0]["resource"]["dosageInstruction"][0]["timing"]["event"] = [
            days_ago(0)
        ]
    written = re.sub(r'"\d{4}-\d\d-\d\d"', f'"{day}"', json.dumps(body))
    assert day in written
    assert service.post(written.encode(), service_id).status == 200


@pytest.mark.parametrize("value", ["9" * 5000, "1e99999999999999999999"], ids=["too long", "beyond every exponent"])
@pytest.mark.parametrize(
    ("name", "resource"),
    [
        pytest.param("tumorMarkers", '{"resourceType": "OperationOutcome", "issue": [], "zz": @}', id="an outcome"),
        pytest.param("conditions", '{"resourceType": "Condition", "id": "cancer-1", "zz": @}', id="the reason"),
        pytest.param("mine", '{"resourceType": "Medication", "id": "drug-1", "zz": @}', id="the drug"),
        pytest.param("patient", '{"resourceType": "Patient", "id": "pat-1", "zz": @}', id="the patient"),
        pytest.param("weight", '{"resourceType": "Observation", "id": "weight-1", "zz": @}', id="a result"),
    ],
)
def test_service_tolerates_a_prefetched_entry_with_a_number_out_of_range(service, name, resource, value) -> None:
    reasons = {"reasonReference": [{"reference": "Condition/cancer-1"}]}
    drug = {"medicationReference": {"reference": "Medication/drug-1"}}
    body = call(orders=[order(**reasons), order(name="order-2", **drug)])
    body["prefetch"][name] = {"resourceType": "Bundle", "entry": [{"resource": "@"}]}
    answer = service.post(json.dumps(body).replace('"@"', resource.replace("@", value)).encode())
    assert answer.status in (200, 412)


def test_service_uses_the_last_of_two_members_with_one_name(service) -> None:
    assert service.post(f'{{"hook": "{MARK}", {json.dumps(call())[1:]}'.encode()).body == {"cards": []}


@pytest.mark.parametrize(
    "field",
    ["hook", "hookInstance", "context.patientId", "context.userId", "context.draftOrders", "prefetch", "fhirServer"],
)
def test_service_reports_nothing_for_a_request_without(service, log_lines, field) -> None:
    is_quiet_about_the_request(service.post(removed(marked(), field)), log_lines)


@pytest.mark.parametrize(
    "field",
    ["hook", "hookInstance", "context", "context.patientId", "context.userId", "context.draftOrders",
     "context.selections", "prefetch", "fhirServer", "fhirAuthorization"],
)  # fmt: skip
@pytest.mark.parametrize(
    "value", [MARK, [MARK], {MARK: MARK}, MARK * 100], ids=["text", "array", "object", "long text"]
)
def test_service_reports_nothing_about_a_wrong(service, log_lines, field, value) -> None:
    is_quiet_about_the_request(service.post(changed(marked(SELECT), field, value), SELECT), log_lines)


@pytest.mark.parametrize("key", KEYS)
def test_service_reports_nothing_for_a_chart_without(service, log_lines, key) -> None:
    answer = service.post(removed(marked(), f"prefetch.{key}"))
    assert (answer.status, "checks-incomplete" in answer.topics) == (200, True)
    is_quiet_about_the_request(answer, log_lines)


def test_service_reports_nothing_for_a_request_without_a_chart(service, log_lines) -> None:
    answer = service.post(changed(marked(), "prefetch", {}))
    assert (answer.status, answer.code) == (412, "required-data-missing")
    is_quiet_about_the_request(answer, log_lines)


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        pytest.param("POST", f"/cds-services/{MARK}", {}, 404, id="the name of the service"),
        pytest.param("GET", f"/cds-services?x={MARK}", {}, 200, id="the query"),
        pytest.param("GET", f"/{MARK}", {}, 404, id="the address"),
        pytest.param(MARK, "/cds-services", {}, 405, id="the method"),
        pytest.param("POST", f"/cds-services/{SIGN}", {"content_type": MARK}, 415, id="the content type"),
        pytest.param(
            "POST",
            f"/cds-services/{SIGN}",
            {"data": b"{", "content_type": "application/json", "headers": {"Authorization": f"Bearer {MARK}"}},
            400,
            id="the token of the caller",
        ),
    ],
)
def test_service_does_not_repeat(service, log_lines, method, path, more, status) -> None:
    answer = service.send(method, path, **more)
    assert answer.status == status
    is_quiet_about_the_request(answer, log_lines)


def test_service_does_not_log_what_it_answers_with_cards(service, log_lines) -> None:
    answer = service.post(without(marked(), "fhirServer", "fhirAuthorization"))
    assert answer.topics
    assert MARK in answer.raw.decode()
    assert "hook_answered" in [line["event"] for line in log_lines]
    is_quiet_about_the_request(answer, log_lines)


def test_service_reveals_nothing_of_an_internal_error(service, log_lines, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError(MARK)

    # No call ends this way (test_failing_steps.py, test_before_a_call.py).
    monkeypatch.setattr("cds_service.web.terminology.code_system", fail)
    response = service.client.get("/CodeSystem/card-topic")
    assert response.status_code == 500
    assert response.json["issue"][0]["details"]["coding"][0]["code"] == "internal"
    assert MARK not in response.text
    assert "unexpected_error" in [line["event"] for line in log_lines]
    assert MARK not in repr(log_lines)
