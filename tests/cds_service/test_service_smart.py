"""The SMART app, launched in a browser by a small EHR over real HTTP: what it shows, and every launch it refuses."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from browser import DESK, PHONE, Visit, visit
from calls import TODAY, Caller, call, order
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from playwright.sync_api import expect
from running import start, stop
from servers import free_port
from smart_ehr import CLIENT, SmartEhr, Temper

from cards.knowledge.loader import default_knowledge
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings
from cds_service.tryit.resources import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calls import Json

RANGES = {"ast": {"high": 40}, "alt": {"high": 40}, "bilirubin-total": {"high": 1.2}, "platelets": {"low": 150}}
BASE = "http://127.0.0.1:8080"
HOSTILE = "<img src=x onerror=\"window.ran='img'\"><script>window.ran='script'</script>"
PANELS = [
    "Doses (mg/kg)",
    "LVEF (%)",
    "Liver tests, multiples of the upper limit of normal (× ULN)",
    "Blood counts (10³/µL)",
]


def chart(dose: float = 252, *, active: bool = True) -> list[Json]:
    """Write a course of Kadcyla: six doses, two of them reduced after raised liver tests, and the next one on order."""
    known = default_knowledge()
    writer = Writer(known, TODAY, RANGES)
    kadcyla = known.product("kadcyla")
    concept = writer.concept(kadcyla, kadcyla.brands[0])
    doses = [(252, 133), (252, 112), (252, 91), (252, 70), (210, 42), (210, 21)]
    enzymes = [(22, 134), (31, 113), (64, 92), (228, 64), (118, 43), (52, 22), (44, 2)]
    planned = writer.order("order-1", concept, writer.dosage(kadcyla))
    planned["dosageInstruction"][0]["doseAndRate"] = [
        {"doseQuantity": {"value": dose, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}
    ]
    return [
        writer.patient("Maria Lindqvist", "female", date(1958, 3, 14)),
        writer.condition("breast-cancer", "C50.911", "Breast cancer, right, metastatic", "Stage IV"),
        writer.measurement("weight", 70, 2),
        writer.measurement("weight", 72, 110, "weight-2"),
        writer.her2("ihc", "2+", 210, "her2-1"),
        writer.her2("ish", "positive", 204, "her2-2"),
        *(writer.measurement("lvef", value, days, f"lvef-{days}") for value, days in [(63, 140), (59, 60)]),
        *(writer.administration(f"given-{days}", concept, mg, days) for mg, days in doses),
        *(writer.measurement("alt", value, days, f"alt-{days}") for value, days in enzymes),
        *(writer.measurement("ast", value * 0.8, days, f"ast-{days}") for value, days in enzymes),
        *(writer.measurement("bilirubin-total", 0.7, days, f"bili-{days}") for _, days in enzymes),
        *(writer.measurement("platelets", 260 - value / 2, days, f"plt-{days}") for value, days in enzymes),
        *([{**planned, "status": "active"}] if active else []),
    ]


@pytest.fixture(scope="module")
def ehr() -> Iterator[SmartEhr]:
    """Yield an EHR."""
    server = SmartEhr(chart())
    yield server
    server.close()


@pytest.fixture
def tempered(ehr) -> Iterator[SmartEhr]:
    """Return the EHR with its manners restored and its books empty."""
    ehr.temper, ehr.chart = Temper(), chart()
    for book in (ehr.asked, ehr.scopes, ehr.refusals, ehr.codes, ehr.tokens):
        book.clear()
    return ehr


@pytest.fixture(scope="module")
def app(ehr, tmp_path_factory) -> Iterator[Any]:
    """Yield a service that the EHR may launch."""
    folder, port = tmp_path_factory.mktemp("smart"), free_port()
    config = folder / "her2.yaml"
    config.write_text(
        f"public_url: http://127.0.0.1:{port}\nauth: {{mode: off}}\n"
        f"smart: {{servers: [{{iss: '{ehr.iss}', client_id: {CLIENT}}}]}}\n"
    )
    service = start(folder, "--config", str(config), port=port)
    yield service
    stop(service)


@pytest.fixture
def seen(browser, app, tempered, pictures) -> Iterator[Visit]:
    """Yield a clinician."""
    begun = visit(browser, f"http://127.0.0.1:{app.port}", pictures)
    yield begun
    begun.end(urlsplit(tempered.iss).netloc)
    begun.leave()


def launched(seen: Visit, ehr: SmartEhr, context: str = "launch=l-1&") -> None:
    seen.open(f"/smart/launch?{context}iss={ehr.iss}")


def test_smart_shows_the_course_of_treatment(seen, tempered) -> None:
    launched(seen, tempered)
    page = seen.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Maria Lindqvist")
    expect(page.locator(".top")).to_contain_text("female, born 1958-03-14 · Breast cancer, right, metastatic")
    expect(page.locator(".facts")).to_contain_text("6 doses given · setting metastatic")
    expect(page.locator(".facts")).to_contain_text("LVEF: next due by")
    # Three months after a measurement of 60 days ago; a quarter has 89 to 92 days, and the day itself may count.
    quarter_later = [TODAY + timedelta(days=days - 60) for days in range(88, 94)]
    facts = page.locator(".facts").inner_text()
    assert any(f"next due by {day}" in facts for day in quarter_later), facts
    assert page.locator("figure h3").all_inner_texts() == PANELS
    assert page.locator("figure").nth(0).locator(".mark").count() == 7
    assert page.locator("figure").nth(2).locator(".mark").count() == 21
    for text in (
        "3.6 start, maximum",
        "3 reduction",
        "2.4 reduction",
        "hold at 45 % or less",
        "hold above 5 (AST, ALT)",
    ):
        expect(page.locator("svg text.label").get_by_text(text, exact=True)).to_have_count(1)
    rows = page.locator(".beside table tr").all_inner_texts()
    assert [re.sub(r"\s+", " ", row) for row in rows[1:]] == [
        f"{TODAY - timedelta(days=204)} ISH Positive",
        f"{TODAY - timedelta(days=210)} IHC 2+",
    ]
    seen.check("smart-desk")


def test_smart_says_what_the_cards_say(seen, tempered) -> None:
    tempered.temper.app_context = json.dumps({"topic": "dose-re-escalation"})
    launched(seen, tempered)
    headings = seen.page.locator(".verdict h3").all_inner_texts()
    assert [heading.split("\n")[0].strip() for heading in headings] == ["Critical"]
    assert "Kadcyla" in headings[0]
    expect(seen.page.locator(".verdict")).to_contain_text("Dose ordered: 252 mg")
    expect(seen.page.locator("#from-card")).to_contain_text("The card that this page was opened from.")


def test_smart_asks_for_no_more_than_it_needs(seen, tempered) -> None:
    launched(seen, tempered)
    reads = [
        f"patient/{kind}.rs"
        for kind in ("Patient", "Observation", "Condition", "MedicationRequest", "MedicationAdministration")
    ]
    assert tempered.scopes == [" ".join(["launch", *reads])]
    assert tempered.refusals == []


def test_smart_starts_without_an_ehr_around_it(seen, tempered) -> None:
    seen.open("/smart")
    seen.check("smart-start")
    seen.page.get_by_role("link", name=tempered.iss).click()
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("Maria Lindqvist")
    assert tempered.scopes[0].startswith("launch/patient patient/")


def test_smart_keeps_no_token_and_no_code(seen, app, tempered) -> None:
    launched(seen, tempered)
    page = seen.page
    assert urlsplit(page.url).query == ""
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    written = app.printed + json.dumps(app.logged) + page.content()
    code = next(
        parse_qs(urlsplit(each.url).query)["code"][0]
        for each in seen.asked
        if "code=" in each.url and "state=" in each.url
    )
    assert not any(secret in written for secret in (code, *tempered.tokens))
    assert "pat-1" not in app.printed + json.dumps(app.logged)


def test_smart_refuses_a_second_use_of_an_answer(seen, tempered) -> None:
    launched(seen, tempered)
    answer = next(each.url for each in seen.asked if "/smart/callback" in each.url)
    seen.page.goto(answer)
    expect(seen.page.locator("code")).to_have_text("unknown-launch")
    seen.check("smart-refused")


def test_smart_refuses_a_second_use_even_with_the_cookie(seen, tempered) -> None:
    with seen.page.expect_response(lambda answer: "/smart/launch" in answer.url) as begun:
        launched(seen, tempered)
    answer = next(each.url for each in seen.asked if "/smart/callback" in each.url)
    name, value = begun.value.header_value("set-cookie").split(";")[0].split("=", 1)
    seen.page.context.add_cookies([{"name": name, "value": value, "url": f"{seen.base}/smart"}])
    seen.page.goto(answer)
    expect(seen.page.locator("code")).to_have_text("used-launch")


def test_smart_refuses_the_answer_of_another_browser(seen, tempered) -> None:
    begun = requests.get(f"{seen.base}/smart/launch?launch=l&iss={tempered.iss}", allow_redirects=False, timeout=5)
    stolen = requests.get(begun.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    seen.page.goto(stolen)
    expect(seen.page.locator("code")).to_have_text("unknown-launch")
    assert tempered.tokens == set()


@pytest.mark.parametrize(
    ("temper", "code"),
    [
        pytest.param(Temper(state="x" * 40), "unknown-launch", id="another state"),
        pytest.param(Temper(methods=()), "no-pkce", id="no PKCE"),
        pytest.param(Temper(methods=("plain",)), "no-pkce", id="PKCE without a hash"),
        pytest.param(Temper(denies="access_denied"), "not-allowed", id="the user says no"),
        pytest.param(Temper(token={"patient": None}), "no-patient", id="no patient"),
        pytest.param(Temper(token={"access_token": None}), "no-token", id="no token"),
        pytest.param(Temper(token={"token_type": "mac"}), "no-token", id="a token of another kind"),
        pytest.param(Temper(secret="s"), "refused", id="a client that does not prove who it is"),  # noqa: S106
    ],
)
def test_smart_refuses(seen, tempered, temper, code) -> None:
    tempered.temper = temper
    launched(seen, tempered)
    expect(seen.page.locator("code")).to_have_text(code)
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("The launch did not work")
    assert seen.page.context.cookies() == [] or code == "unknown-launch"


@pytest.mark.parametrize(
    "iss",
    [
        pytest.param("https://evil.example/fhir", id="of another host"),
        pytest.param("", id="of nobody"),
        pytest.param("{iss}/../other", id="with path traversal"),
        pytest.param("{iss}.evil.example", id="that looks like it"),
    ],
)
def test_smart_refuses_a_launch(seen, tempered, iss) -> None:
    seen.open(f"/smart/launch?launch=l-1&iss={iss.format(iss=tempered.iss)}")
    expect(seen.page.locator("code")).to_have_text("unknown-server")
    assert tempered.asked == []


def test_smart_judges_nothing_on_an_incomplete_chart(seen, tempered) -> None:
    tempered.temper.fails = "Condition"
    launched(seen, tempered)
    expect(seen.page.get_by_role("alert")).to_contain_text("Not everything could be read from the EHR: conditions.")
    expect(seen.page.locator(".beside")).to_contain_text("Not checked: the chart could not be read as a whole.")
    assert seen.page.locator(".verdict").count() == 0
    seen.check("smart-half-a-chart")


def test_smart_says_that_there_is_no_order(seen, tempered) -> None:
    tempered.chart = chart(active=False)
    launched(seen, tempered)
    expect(seen.page.locator(".beside")).to_contain_text("No active order of a HER2-targeted drug")
    assert seen.page.locator("figure").count() == 4


def test_smart_says_what_is_due_where_nothing_is_ordered(seen, tempered) -> None:
    tempered.chart = [each for each in chart(active=False) if not each["id"].startswith("lvef")]
    launched(seen, tempered)
    expect(seen.page.locator(".verdict")).to_contain_text("LVEF")
    assert seen.page.locator(".good").count() == 0


def test_smart_says_that_there_are_no_findings(seen, tempered) -> None:
    tempered.chart = chart(dose=210)
    launched(seen, tempered)
    expect(seen.page.locator(".beside")).to_contain_text("About the active orders, as at signing: no cards.")


def test_smart_says_that_there_is_no_drug(seen, tempered) -> None:
    tempered.chart = chart()[:3]
    launched(seen, tempered)
    expect(seen.page.locator(".notice")).to_contain_text("no HER2-targeted drug is on order or has been given")
    seen.check()


def test_smart_shows_markup_as_text(seen, tempered) -> None:
    tempered.chart[0]["name"] = [{"text": HOSTILE}]
    tempered.chart[1]["code"]["text"] = f"breast cancer {HOSTILE}"
    tempered.chart[-1]["medicationCodeableConcept"]["text"] = f"Kadcyla {HOSTILE}"
    for each in tempered.chart:
        if each["id"] == "her2-2":
            each["valueCodeableConcept"]["coding"][0]["display"] = HOSTILE
            each["valueCodeableConcept"]["text"] = HOSTILE
    launched(seen, tempered)
    expect(seen.page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert seen.page.evaluate("window.ran") is None
    assert seen.page.locator("body img, body script").count() == 0
    seen.check("smart-markup-is-text")


@pytest.mark.parametrize(
    ("lost", "cards"), [(("nothing",), 1), (("her2", "lvef", "alt", "ast", "bili", "plt"), 5)], ids=["one card", "five"]
)
def test_smart_prints_on_one_page(seen, tempered, lost, cards) -> None:
    tempered.chart = [each for each in chart(dose=378) if not each["id"].startswith(lost)]
    launched(seen, tempered)
    expect(seen.page.locator(".verdict")).to_have_count(cards)
    paper = seen.page.pdf(prefer_css_page_size=True, print_background=True)
    seen.page.emulate_media(media="print")
    seen.page.set_viewport_size({"width": 718, "height": 1047})
    seen.picture(f"smart-on-paper-{cards}")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


@pytest.mark.parametrize(
    ("size", "scheme", "language", "title"),
    [
        pytest.param(PHONE, "light", "es-ES", "HER2 en tejido", id="phone in Spanish"),
        pytest.param(PHONE, "dark", "de-DE", "HER2 im Gewebe", id="phone at night in German"),
        pytest.param(DESK, "light", "de-DE", "HER2 im Gewebe", id="desk in German"),
        pytest.param(DESK, "dark", "en-US", "HER2 in tissue", id="desk at night"),
    ],
)
def test_smart_looks_right(  # noqa: PLR0913, PLR0917 - the fixtures, and how the page is looked at
    browser, app, tempered, pictures, size, scheme, language, title
) -> None:
    look = {"viewport": size, "color_scheme": scheme, "locale": language}
    seen = visit(browser, f"http://127.0.0.1:{app.port}", pictures, **look)
    launched(seen, tempered)
    expect(seen.page.get_by_role("heading", name=title)).to_be_visible()
    seen.page.locator("details").first.locator("summary").click()
    words = seen.page.locator(".charts").inner_text()
    bilirubin = {"de": "Gesamtbilirubin", "es": "bilirrubina total", "en": "total bilirubin"}[language[:2]]
    assert bilirubin in words.replace("Bilirrubina", "bilirrubina")
    assert ("3.5 mg/kg" in words) is (language[:2] == "en")
    expect(seen.page.locator("figure")).to_have_count(4)
    # Where a chart is wider than the screen, its end shows: today, the order, the names of the lines.
    ends = "p => p.scrollLeft + p.clientWidth + 2 >= p.scrollWidth"
    assert seen.page.evaluate(f"[...document.querySelectorAll('.plot')].every({ends})")
    seen.check(f"smart-{size['width']}-{scheme}-{language}")
    seen.end(urlsplit(tempered.iss).netloc)
    seen.leave()


def through(caller: Caller, ehr: SmartEhr) -> Any:
    """Launch without a browser: follow what the service and the EHR say."""
    begun = caller.client.get(f"{BASE}/smart/launch?launch=l&iss={ehr.iss}")
    sent = requests.get(begun.headers["Location"], allow_redirects=False, timeout=5)
    return caller.client.get(sent.headers["Location"])


def of(ehr: SmartEhr, **more: Any) -> Caller:
    return Caller(Settings(smart={"servers": [{"iss": ehr.iss, "client_id": CLIENT, **more}]}))


def test_smart_is_a_confidential_client_with_a_secret(tempered, monkeypatch) -> None:
    monkeypatch.setenv("EHR_SECRET", "s3cr3t")
    tempered.temper.secret = "s3cr3t"  # noqa: S105 - opens nothing
    answer = through(of(tempered, client_secret_env="EHR_SECRET"), tempered)  # noqa: S106 - the name of a variable
    assert (answer.status_code, tempered.refusals) == (200, [])


@pytest.mark.parametrize("curve", [ec.SECP384R1()], ids=["ES384"])
def test_smart_is_a_confidential_client_with_a_key(tempered, tmp_path, curve) -> None:
    key = ec.generate_private_key(curve)
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tempered.temper.public_key = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    answer = through(of(tempered, private_key=str(path), key_id="k1"), tempered)
    assert (answer.status_code, tempered.refusals) == (200, [])


def test_smart_says_that_it_cannot_read_its_key(tempered, tmp_path) -> None:
    answer = through(of(tempered, private_key=str(tmp_path / "none.pem"), key_id="k1"), tempered)
    assert answer.status_code == 500
    assert "no-key" in answer.text


def test_smart_cookie_is_limited_to_its_path_and_browser(tempered) -> None:
    cookie = of(tempered).client.get(f"/smart/launch?iss={tempered.iss}").headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/smart", "Max-Age=600"))
    safe = Caller(
        Settings(public_url="https://cds.example.org", smart={"servers": [{"iss": tempered.iss, "client_id": CLIENT}]})
    )
    assert "Secure" in safe.client.get(f"/smart/launch?iss={tempered.iss}").headers["Set-Cookie"]


def test_smart_without_a_server_says_so(service) -> None:
    answer = service.client.get("/smart")
    assert answer.status_code == 404
    assert "smart.servers" in answer.text


def test_smart_link_is_on_the_cards_of_a_site_that_enables_it(service) -> None:
    body = call(orders=[order(378)])
    assert "links" not in service.post(body).cards[0]
    (link,) = Caller(Settings(smart={"links": True})).post(body).cards[0]["links"]
    assert (link["type"], link["url"]) == ("smart", "http://127.0.0.1:8080/smart/launch")
    assert json.loads(link["appContext"]) == {"topic": "dose-above-maximum"}


def test_smart_link_does_not_prevent_an_explanation() -> None:
    caller = Caller(Settings(smart={"links": True}))
    (card,) = caller.post(call(orders=[order(378)])).cards
    assert caller.client.get(f"/decisions/{card['uuid']}").json["replay"]["identical"] is True


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        pytest.param("{iss: 'http://ehr.example/fhir', client_id: x}", "must be https", id="no TLS"),
        pytest.param("{iss: 'https://ehr.example/fhir'}", "client_id", id="no client"),
        pytest.param(
            "{iss: 'https://a.example', client_id: x, client_secret_env: NOT_THERE}", "NOT_THERE", id="no secret"
        ),
        pytest.param("{iss: 'https://a.example', client_id: x, private_key: k.pem}", "key_id", id="a key without id"),
        pytest.param("{iss: 'https://a.example', clientid: x}", "did you mean 'client_id'", id="a key misspelled"),
    ],
)
def test_smart_configuration_is_refused(tmp_path, server, problem) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text(f"smart:\n  servers:\n    - {server}\n")
    with pytest.raises(ConfigurationError, match=r"her2\.yaml:3") as refused:
        load_settings(path, {})
    assert problem in str(refused.value)


def test_smart_cookie_key_cannot_be_set_in_a_file(tmp_path) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text(f"smart: {{cookie_key: {'k' * 32}}}\n")
    with pytest.raises(ConfigurationError, match="HER2_CDS_SMART__COOKIE_KEY"):
        load_settings(path, {})


@pytest.mark.parametrize(
    ("denial", "logged"), [("access_denied", "access_denied"), ("Ann Example was not found", "other")]
)
def test_smart_logs_why_the_ehr_refused_but_none_of_its_words(tempered, log_lines, denial, logged) -> None:
    caller = Caller(Settings.model_validate({"smart": {"servers": [{"iss": tempered.iss, "client_id": CLIENT}]}}))
    browser = caller.app.test_client()
    tempered.temper = Temper(denies=denial)
    begun = browser.get("/smart/launch", query_string={"launch": "l-1", "iss": tempered.iss})
    back = requests.get(begun.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    answer = browser.get(f"/smart/callback?{urlsplit(back).query}")
    assert (answer.status_code, "Ann Example" in f"{log_lines}{answer.text}") == (403, False)
    assert [each["error"] for each in log_lines if each["event"] == "smart_not_allowed"] == [logged]
