"""The try-it page on a FHIR server of the visitor's own: what it reads, from where, and what it says when it cannot."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from browser import visit
from calls import KEYS, SIGN, Caller, clean_prefetch, without
from chart_server import ChartServer, Reply
from playwright.sync_api import expect

from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from browser import Visit
    from calls import Answer

PATH = "/try-it/request"
LOCAL = {"base_url": "http://127.0.0.1:8080"}


def asked(caller: Caller, server: str, **changes: Any) -> Answer:
    """Ask as the page does."""
    said = {"server": server, "patient": "pat-1", "drug": "Kadcyla", "dose": "378 mg", **changes}
    return caller.send("POST", PATH, json=said, **LOCAL)


def text(answer: Answer) -> str:
    return str(answer.body["issue"][0]["details"]["text"])


def test_the_request_is_that_of_an_ehr(service, chart) -> None:
    answer = asked(service, chart.base)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "missing" not in answer.body
    assert set(answer.body["request"]["prefetch"]) == set(KEYS)
    assert service.post(answer.body["request"], SIGN).topics == ["dose-above-maximum"]


def test_a_key_that_could_not_be_read_is_named_and_left_out(service, chart) -> None:
    chart.serve(clean_prefetch(), labs=Reply(status=500))
    answer = asked(service, chart.base)
    assert list(answer.body["missing"]) == ["labs"]
    assert "labs" not in answer.body["request"]["prefetch"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"drug": "Kadkyra"}, "the nearest are Kadcyla", id="a drug that is not known"),
        pytest.param({"dose": "much"}, "a dose is a number and a unit", id="no dose"),
        pytest.param({"patient": "a b"}, "the id of a patient", id="no id"),
        pytest.param({"patient": "../Group/1"}, "the id of a patient", id="a way out"),
    ],
)
def test_unusable_options_are_reported_before_anything_is_read(service, chart, changes, says) -> None:
    answer = asked(service, chart.base, **changes)
    assert (answer.status, answer.code) == (422, "cannot-build")
    assert says in text(answer)
    assert chart.heard == []


@pytest.mark.parametrize(
    ("language", "changes", "says"),
    [
        ("de", {"drug": "Kadkyra"}, "Kein Arzneimittel dieses Dienstes hat diesen Namen; am nächsten sind Kadcyla"),
        ("es", {"dose": "much"}, "Una dosis es un número con su unidad"),
        ("de", {}, "Auf dem FHIR-Server gibt es keinen Patient/pat-1"),
        ("de", {"server": "http://10.0.0.1/fhir"}, "wird nicht abgefragt: der fhirServer der Anfrage"),
        ("es", {"server": "http://127.0.0.1:9/fhir"}, "no se pudo contactar con el servidor FHIR"),
    ],
)
def test_a_refusal_is_said_in_the_language_of_the_page(service, chart, language, changes, says) -> None:
    chart.serve(without(clean_prefetch(), "patient"))
    said = {"server": chart.base, "patient": "pat-1", "drug": "Kadcyla", "dose": "378 mg", **changes}
    answer = service.send("POST", PATH, json=said, headers={"Accept-Language": language}, **LOCAL)
    assert answer.status == 422
    assert says in text(answer)


def test_an_unknown_patient_is_reported(service, chart) -> None:
    chart.serve(without(clean_prefetch(), "patient"))
    assert "no Patient/pat-1" in text(asked(service, chart.base))


def test_an_unreachable_server_is_reported(service) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = asked(service, f"http://127.0.0.1:{taken.getsockname()[1]}/fhir")
    assert "connection refused" in text(answer)


@pytest.mark.parametrize(
    "server",
    [
        "http://169.254.169.254/latest",
        "http://10.0.0.1/fhir",
        "http://ehr.example.org/fhir",
        "file:///etc/passwd",
        "http://user:word@127.0.0.1/fhir",
        "http://127.0.0.1.example.org/fhir",
        "",
        "x",
    ],
)
def test_a_server_that_may_not_be_asked_is_not(service, server) -> None:
    answer = asked(service, server)
    assert answer.status == 422
    assert "not asked" in text(answer)


def test_only_the_servers_that_are_allowed_are_asked(chart) -> None:
    other = ChartServer(clean_prefetch())
    caller = Caller(Settings(fhir={"allowed_servers": [other.base]}))
    try:
        assert asked(caller, other.base).status == 200
        assert asked(caller, chart.base).status == 422
    finally:
        other.close()
    assert chart.heard == []


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"environ_overrides": {"REMOTE_ADDR": "10.1.2.3"}}, id="from another machine"),
        pytest.param({"base_url": "http://cds.example.org"}, id="by another name"),
        pytest.param({"headers": {"X-Forwarded-For": "10.1.2.3"}}, id="through a proxy"),
    ],
)
def test_other_machines_can_read_nothing(service, chart, more) -> None:
    said = {"server": chart.base, "patient": "pat-1", "drug": "Kadcyla", "dose": "378 mg"}
    answer = service.send("POST", PATH, json=said, **{**LOCAL, **more})
    assert answer.status == 404
    page = service.client.get("/", **{**LOCAL, **more})
    assert b"own-form" not in page.data
    assert chart.heard == []


def test_nobody_reads_anything_if_authentication_is_on(chart) -> None:
    client = {"issuer": "https://ehr.example.org", "jwks_url": "https://ehr.example.org/jwks.json"}
    caller = Caller(Settings(auth={"mode": "required", "clients": [client]}))
    assert asked(caller, chart.base).status == 404
    assert chart.heard == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"server": 1}', b"[" * 4000])
def test_what_the_page_would_not_send_is_refused(service, body) -> None:
    answer = service.send("POST", PATH, data=body, content_type="application/json", **LOCAL)
    assert answer.status == 400


def test_another_page_cannot_send_it(service) -> None:
    answer = service.send("POST", PATH, data=b"{}", content_type="text/plain", **LOCAL)
    assert answer.status == 415
    preflight = service.client.options(PATH, headers={"Origin": "https://e.example"}, **LOCAL)
    assert "Access-Control-Allow-Origin" not in preflight.headers


# In the browser


@pytest.fixture
def seen(browser, running_service, pictures) -> Iterator[Visit]:
    """Yield a visitor who has opened the form."""
    begun = visit(browser, running_service, pictures)
    begun.open("/")
    begun.page.get_by_text("My FHIR server, this patient, this drug").click()
    yield begun
    begun.end()
    begun.leave()


def fill(seen: Visit, server: str, dose: str = "378 mg", drug: str = "Kadcyla") -> None:
    for label, value in (("FHIR R4 server", server), ("Patient id", "pat-1")):
        seen.page.get_by_label(label, exact=True).fill(value)
    form = seen.page.locator("#own-form")
    form.get_by_label("Drug by name").fill(drug)
    form.get_by_label("Dose and unit").fill(dose)
    form.get_by_role("button", name="Read the chart and ask").click()


def test_the_page_uses_the_chart_of_the_users_own_server(seen, chart) -> None:
    fill(seen, chart.base)
    expect(seen.page.locator(".card")).to_have_count(1)
    expect(seen.page.locator(".card h3")).to_contain_text("378 mg (5.4 mg/kg) is above the maximum")
    expect(seen.page.locator("#own-status")).to_have_text("The chart was read.")
    expect(seen.page.locator("#patient-facts")).to_contain_text("born 1948-03-14")
    expect(seen.page.locator("#chart-form")).to_be_hidden()
    sent = seen.sent(f"/cds-services/{SIGN}")[-1]
    assert sent["context"]["patientId"] == "pat-1"
    assert set(sent["prefetch"]) == set(KEYS)
    seen.check("own-server")
    # The card acts on the order, and the corrected one is asked about with the same chart.
    seen.page.locator(".card .actions button").first.click()
    expect(seen.page.locator("#orders")).to_contain_text("252 mg")
    assert set(seen.sent(f"/cds-services/{SIGN}")[-1]["prefetch"]) == set(KEYS)
    # A scenario replaces it again.
    seen.page.locator(".scenarios a").first.click()
    expect(seen.page.locator("#chart-form")).to_be_visible()


def test_the_page_leaves_out_what_was_not_read(seen, chart) -> None:
    chart.serve(clean_prefetch(), labs=Reply(status=500))
    fill(seen, chart.base, "252 mg")
    expect(seen.page.locator("#own-status")).to_contain_text(
        "Read, except for labs: the FHIR server refused it (HTTP 500)"
    )
    expect(seen.page.locator(".card")).not_to_have_count(0)
    assert "labs" not in seen.sent(f"/cds-services/{SIGN}")[-1]["prefetch"]


def test_the_page_says_why_it_could_not_read(seen, chart) -> None:
    # Silence about one chart says nothing about the next.
    fill(seen, chart.base, "252 mg")
    expect(seen.page.locator(".silence")).to_have_count(1)
    chart.heard.clear()
    fill(seen, chart.base, drug="Kadkyra")
    expect(seen.page.locator("#own-status")).to_contain_text("the nearest are Kadcyla")
    expect(seen.page.locator("#cards")).to_contain_text("Not checked: ")
    expect(seen.page.locator(".silence")).to_have_count(0)
    fill(seen, "http://10.0.0.1/fhir")
    expect(seen.page.locator("#own-status")).to_contain_text("this FHIR server is not asked")
    assert chart.heard == []
