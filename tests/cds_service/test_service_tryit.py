"""The try-it page in a real browser, against the real service: every scenario, every decision, every state."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from browser import DESK, PHONE, Visit, folder_of_pictures, visit
from calls import COVERAGE, KEYS, SELECT, SIGN, TODAY
from playwright.sync_api import expect
from running import start, stop
from signers import Signer

from cds_service.tryit.scenarios import read_scenarios

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

SCENARIOS = read_scenarios().scenarios
TYPICAL, CLEAN, MONITORING = "kadcyla-at-the-enhertu-dose", "kadcyla-in-its-label", "heart-and-liver-unwatched"
HOSTILE = (
    "<img src=x onerror=\"window.ran='img'\"><script>window.ran='script'</script>[a](javascript:window.ran=1) **b**"
)


def topics(page: Page) -> list[str]:
    """List the topics of the open cards."""
    return page.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.topic)")


def answered(seen: Visit, moment: str = "While ordering") -> None:
    """Wait until the cards of a moment are there."""
    expect(seen.page.locator("#cards")).to_have_attribute("aria-busy", "false")
    expect(seen.page.locator("#status")).to_contain_text(moment)


def sign(seen: Visit) -> None:
    """Sign, and wait for the answer."""
    seen.page.get_by_role("button", name="Sign", exact=True).click()
    answered(seen, "At signing")


def changed(seen: Visit, label: str, value: str) -> None:
    """Change a field of the order screen, and wait for the answer."""
    box = seen.page.get_by_label(label, exact=True)
    if box.evaluate("box => box.tagName") == "SELECT":
        box.select_option(label=value)
    else:
        box.fill(value)
        box.dispatch_event("change")
    answered(seen)


@pytest.fixture
def seen(browser, running_service, pictures) -> Any:
    """Return a visitor of the try-it page."""
    begun = visit(browser, running_service, pictures)
    yield begun
    begun.end()
    begun.leave()


@pytest.fixture(scope="module")
def lasting(browser, running_service, tmp_path_factory) -> Any:
    """Return a visitor who stays for many tests."""
    begun = visit(browser, running_service, folder_of_pictures(tmp_path_factory.mktemp("pictures")))
    begun.open("/")
    answered(begun)
    yield begun
    begun.end()
    begun.leave()


def test_tryit_shows_a_card_at_once(seen) -> None:
    seen.open("/")
    card = seen.page.locator(".card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Critical")
    expect(card.get_by_role("heading")).to_have_text(
        "Kadcyla 378 mg (5.4 mg/kg) is above the maximum of 3.6 mg/kg (252 mg at 70 kg)"
    )
    expect(card.locator("li").first).to_contain_text("Dose ordered: 378 mg")
    # The detail names the source; the line below links to it.
    assert card.inner_text().count("Source") == 1
    source = card.get_by_role("link", name="Open the source")
    assert source.get_attribute("title") == "KADCYLA prescribing information"
    assert source.get_attribute("href").startswith("https://")
    assert source.get_attribute("rel") == "noopener noreferrer"


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        ("de-DE", "Beim Verordnen: 1 Karte, davon 1 kritisch."),
        ("es-MX", "Al prescribir: 1 tarjeta, 1 de nivel crítico."),
    ],
)
def test_tryit_speaks_the_language_of_the_browser(browser, running_service, pictures, locale, says) -> None:
    seen = visit(browser, running_service, pictures, locale=locale)
    seen.open("/")
    expect(seen.page.locator("#status")).to_have_text(says)
    # The cards are in the language of the site.
    expect(seen.page.locator(".card")).to_contain_text("is above the maximum")
    assert seen.page.locator("#cards").get_attribute("lang") == "en"
    seen.check(f"tryit-{locale}")
    seen.end()
    seen.leave()


def test_tryit_discovers_first_and_answers_every_prefetch_query(seen) -> None:
    seen.open("/")
    answered(seen)
    paths = [urlsplit(each.url).path for each in seen.asked]
    assert paths.index("/cds-services") < paths.index(f"/cds-services/{SELECT}")
    (request,) = seen.sent(f"/cds-services/{SELECT}")
    assert sorted(request["prefetch"]) == sorted(KEYS)
    assert request["context"]["selections"] == ["MedicationRequest/order-1"]
    assert [each["resource"]["id"] for each in request["prefetch"]["lvef"]["entry"]] == ["lvef"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", request["hookInstance"])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.id)
def test_tryit_scenario_gets_the_cards_that_it_shows(lasting, scenario) -> None:
    lasting.page.evaluate("id => { location.hash = id; }", scenario.id)
    expect(lasting.page.locator("#patient-name")).to_have_text(scenario.patient.name)
    answered(lasting)
    sign(lasting)
    assert sorted(topics(lasting.page)) == sorted(scenario.expect)
    assert lasting.page.locator(".silence").count() == (0 if scenario.expect else 1)
    signed = "Not signed yet: answer the cards first." if scenario.expect else "Signed."
    expect(lasting.page.locator("#signed")).to_have_text(signed)


def test_tryit_chooses_a_scenario_from_the_list(seen) -> None:
    seen.open("/")
    answered(seen)
    seen.page.get_by_role("link", name="The tumor is not HER2-positive").click()
    expect(seen.page.locator(".card")).to_have_attribute("data-topic", "her2-not-eligible")
    expect(seen.page.locator("#patient-name")).to_have_text("Camille Laurent")
    assert seen.page.locator("[aria-current]").inner_text() == "The tumor is not HER2-positive"


@pytest.mark.parametrize(
    ("scenario", "label", "value", "expected"),
    [
        pytest.param(TYPICAL, "Dose", "252", [], id="the right dose"),
        pytest.param(TYPICAL, "Drug", "Enhertu (fam-trastuzumab deruxtecan-nxki)", [], id="the other drug"),
        pytest.param(TYPICAL, "Body weight (kg)", "105", [], id="a heavier patient"),
        pytest.param(CLEAN, "Dose", "3.6", ["dose-implausible"], id="a dose without its unit"),
        pytest.param(CLEAN, "Unit", "mg/kg", ["dose-implausible"], id="the wrong unit"),
        pytest.param(CLEAN, "Billing code", "J9358", ["hcpcs-mismatch"], id="a billing code"),
        pytest.param(CLEAN, "Order text", "Enhertu", ["drug-identity-conflict"], id="an order text"),
        pytest.param(CLEAN, "HER2 in tissue", "IHC 1+", ["her2-not-eligible"], id="another HER2 result"),
        pytest.param(CLEAN, "HER2 in tissue", "IHC 2+, ISH positive", [], id="two HER2 results that agree"),
        pytest.param(CLEAN, "HER2 in tissue", "IHC 2+, no ISH", ["her2-ish-missing"], id="an equivocal result"),
        pytest.param(CLEAN, "HER2 in tissue", "none on record", ["her2-missing"], id="no HER2 result"),
        pytest.param(CLEAN, "LVEF (%)", "", ["lvef-missing"], id="no ejection fraction"),
        pytest.param(
            CLEAN, "LVEF on", str(TODAY - timedelta(days=200)), ["lvef-overdue"], id="an old ejection fraction"
        ),
        pytest.param(CLEAN, "Body weight on", str(TODAY - timedelta(days=60)), ["weight-stale"], id="an old weight"),
        pytest.param(CLEAN, "AST (U/L)", "250", ["liver-tests-hold"], id="a high transaminase"),
        pytest.param(CLEAN, "Platelets (10*3/uL)", "40", ["blood-count-hold"], id="few platelets"),
        pytest.param(
            CLEAN,
            "Blood tests on",
            str(TODAY - timedelta(days=30)),
            ["blood-count-missing", "liver-tests-missing"],
            id="old blood tests",
        ),
    ],
)
def test_tryit_asks_again_when_something_changes(seen, scenario, label, value, expected) -> None:
    seen.open(f"/#{scenario}")
    answered(seen)
    changed(seen, label, value)
    assert sorted(topics(seen.page)) == expected


def test_tryit_waits_until_the_typing_has_stopped(seen) -> None:
    seen.open("/")
    answered(seen)
    before = len(seen.sent(f"/cds-services/{SELECT}"))
    with seen.page.expect_response(f"**/cds-services/{SELECT}"):
        seen.page.get_by_label("Dose", exact=True).press_sequentially("1234", delay=20)
    assert len(seen.sent(f"/cds-services/{SELECT}")) == before + 1


def test_tryit_accepts_a_suggestion(seen) -> None:
    seen.open("/")
    answered(seen)
    sign(seen)
    with seen.page.expect_request(f"**/cds-services/{SIGN}/feedback") as told:
        seen.page.get_by_role("button", name="Change Kadcyla to 252 mg").click()
    expect(seen.page.locator("#signed")).to_have_text("Signed.")
    assert topics(seen.page) == []
    assert seen.page.get_by_label("Dose", exact=True).input_value() == "252"
    entry = told.value.post_data_json["feedback"][0]
    assert entry["outcome"] == "accepted"
    assert re.fullmatch(r"[0-9a-f-]{36}", entry["card"])
    assert re.fullmatch(r"[0-9a-f-]{36}", entry["acceptedSuggestions"][0]["id"])
    last = seen.sent(f"/cds-services/{SIGN}")[-1]["context"]["draftOrders"]["entry"][0]["resource"]
    assert last["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"] == 252
    answer = told.value.response()
    expected = "has stored this feedback" if answer.status == 200 else f"does not store feedback here ({answer.status})"
    expect(seen.page.locator(".answered")).to_contain_text(expected)
    assert seen.page.evaluate("document.activeElement.id") == "cards-heading"
    seen.check("accepted")


def test_tryit_adds_the_tests_that_a_suggestion_orders(seen) -> None:
    seen.open(f"/#{MONITORING}")
    answered(seen)
    seen.page.get_by_role("button", name="Order LVEF for Kadcyla").click()
    expect(seen.page.locator("#orders .request")).to_contain_text("Left ventricular ejection fraction")
    expect(seen.page.locator(".card")).to_have_count(2)
    expect(seen.page.locator(".answered")).to_contain_text("Accepted")
    types = [each["resource"]["resourceType"] for each in drafts(seen, SELECT)]
    assert types == ["MedicationRequest", "ServiceRequest"]


def test_tryit_removes_an_order_that_a_suggestion_takes_out(seen) -> None:
    seen.open("/#liver-tests-high")
    answered(seen)
    seen.page.locator(".card .actions button").last.click()
    expect(seen.page.locator("#orders")).to_contain_text("No draft orders.")
    expect(seen.page.locator(".silence")).to_contain_text("There is nothing to check.")
    assert not seen.page.get_by_role("button", name="Sign", exact=True).is_enabled()
    seen.check("no-orders")


def drafts(seen: Visit, service: str) -> list[Any]:
    return list(seen.sent(f"/cds-services/{service}")[-1]["context"]["draftOrders"]["entry"])


def test_tryit_overrides_a_card(seen) -> None:
    seen.open("/")
    answered(seen)
    sign(seen)
    seen.page.get_by_text("Override", exact=True).click()
    seen.check("override")
    seen.page.get_by_label("Reason").select_option(index=1)
    chosen = seen.page.get_by_label("Reason").evaluate("box => box.selectedOptions[0].textContent")
    seen.page.get_by_label("Comment").fill("agreed on the tumour board")
    with seen.page.expect_request(f"**/cds-services/{SIGN}/feedback") as told:
        seen.page.get_by_role("button", name="Override this card").click()
    entry = told.value.post_data_json["feedback"][0]
    assert entry["outcome"] == "overridden"
    assert entry["overrideReason"]["reason"]["display"] == chosen
    assert entry["overrideReason"]["userComment"] == "agreed on the tumour board"
    expect(seen.page.locator(".answered")).to_contain_text(f"Overridden: {chosen}")
    expect(seen.page.locator("#signed")).to_have_text("Signed.")
    expect(seen.page.locator("#status")).to_have_text("At signing: every card is answered.")
    assert seen.page.locator(".silence").count() == 0
    seen.check("overridden")
    changed(seen, "Dose", "400")
    assert topics(seen.page) == ["dose-above-maximum"]


def test_tryit_asks_about_billing_only_when_that_is_wanted(seen) -> None:
    seen.open(f"/#{CLEAN}")
    answered(seen)
    sign(seen)
    assert seen.sent(f"/cds-services/{COVERAGE}") == []
    with seen.page.expect_response(f"**/cds-services/{COVERAGE}"):
        seen.page.get_by_label("Ask about billing and coverage too").check()
    answered(seen, "At signing")
    assert "billing-summary" in topics(seen.page)
    expect(seen.page.locator("#signed")).to_have_text("Signed.")
    seen.check("billing")


def test_tryit_edits_the_order_that_is_chosen(seen) -> None:
    seen.open("/#two-antibodies-that-go-together")
    answered(seen)
    with seen.page.expect_response(f"**/cds-services/{SELECT}"):
        seen.page.locator("#orders button", has_text="Herceptin").first.click()
        seen.page.get_by_label("Dose", exact=True).fill("900")
    expect(seen.page.locator(".card")).to_have_attribute("data-topic", "dose-above-maximum")
    assert seen.sent(f"/cds-services/{SELECT}")[-1]["context"]["selections"] == ["MedicationRequest/order-2"]
    seen.page.get_by_role("button", name="Remove Herceptin (trastuzumab) IV").click()
    expect(seen.page.locator(".silence")).to_be_visible()


def test_tryit_shows_the_reasons_for_the_cards(seen) -> None:
    seen.open("/")
    answered(seen)
    seen.page.get_by_text("Behind the cards").click()
    behind = seen.page.locator("#behind")
    request, response, _ = behind.locator("pre").all_inner_texts()
    assert json.loads(request) == seen.sent(f"/cds-services/{SELECT}")[-1]
    assert [card["source"]["topic"]["code"] for card in json.loads(response)["cards"]] == topics(seen.page)
    expect(behind).to_contain_text(re.compile(rf"POST /cds-services/{SELECT} answered 200 in \d+ ms"))
    seen.check("behind")


@pytest.mark.parametrize(
    ("scenario", "word", "count"),
    [
        pytest.param(TYPICAL, "Found something", 1, id="a card"),
        pytest.param(CLEAN, "Checked, nothing found", 15, id="silence"),
    ],
)
def test_tryit_shows_the_verdicts_behind(seen, scenario, word, count) -> None:
    seen.open(f"/#{scenario}")
    answered(seen)
    sign(seen)
    seen.page.get_by_text("Behind the cards").click()
    seen.page.get_by_role("button", name="Show the verdicts").click()
    rows = seen.page.locator(".verdicts tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.filter(has_text=word).count() >= count
    seen.check(f"verdicts-{scenario}")


def test_tryit_says_who_may_see_the_verdicts(seen) -> None:
    seen.page.route("**/decisions/**", lambda route: route.fulfill(status=404, json={}))
    seen.open("/")
    answered(seen)
    seen.page.get_by_text("Behind the cards").click()
    seen.page.get_by_role("button", name="Show the verdicts").click()
    expect(seen.page.locator(".verdicts")).to_contain_text("to its operator only (404)")


def test_tryit_says_that_no_rule_was_asked(seen) -> None:
    seen.open("/#none-of-its-business")
    answered(seen)
    seen.page.get_by_text("Behind the cards").click()
    expect(seen.page.locator(".verdicts")).to_have_text("No order in scope: no rule was asked.")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_tryit_shows_a_call_for_a_shell(seen) -> None:
    seen.open("/")
    answered(seen)
    changed(seen, "Order text", "Kadcyla 'quoted' $(touch ran) `touch ran` \\ \"x\"")
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.page.get_by_text("Behind the cards").click()
    seen.page.get_by_role("button", name="Copy as curl").click()
    expect(seen.page.get_by_role("button", name="Copied")).to_be_visible()
    command = seen.page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True, cwd=seen.pictures.parent)  # noqa: S603
    answer = json.loads(done.stdout)
    assert [card["source"]["topic"]["code"] for card in answer["cards"]] == topics(seen.page)
    assert not (seen.pictures.parent / "ran").exists()


def test_tryit_shows_markup_as_text(seen, running_service) -> None:
    def poisoned(route: Route) -> None:
        data = route.fetch().json()
        scenario = data["scenarios"][0]
        for resource in scenario["chart"]:
            if resource["resourceType"] == "Patient":
                resource["name"][0]["text"] = HOSTILE
            if "valueQuantity" in resource:
                resource["valueQuantity"]["unit"] = (
                    HOSTILE if resource["id"] == "lvef" else resource["valueQuantity"]["unit"]
                )
            resource.get("code", {})["text"] = HOSTILE
        scenario["story"] = HOSTILE
        scenario["orders"][0]["medicationCodeableConcept"]["text"] = f"Kadcyla {HOSTILE}"
        route.fulfill(json=data)

    seen.page.route(f"{running_service}/try-it/scenarios", poisoned)
    seen.open("/")
    answered(seen)
    sign(seen)
    page = seen.page
    expect(page.locator("#patient-name")).to_have_text(HOSTILE)
    expect(page.locator("#patient-facts")).to_contain_text(HOSTILE)
    expect(page.locator("#orders")).to_contain_text(HOSTILE)
    assert "dose-above-maximum" in topics(page)
    assert page.evaluate("window.ran") is None
    assert page.locator("main img, main script, a[href^=javascript]").count() == 0
    seen.check("markup-is-text")


def test_tryit_shows_markup_in_an_answer_as_text(seen, running_service) -> None:
    def poisoned(route: Route) -> None:
        answer = route.fetch().json()
        card = answer["cards"][0]
        card |= {
            "summary": HOSTILE,
            "detail": f"{HOSTILE}\n\n- {HOSTILE}",
            "links": [{"label": "x", "url": "javascript:window.ran=2"}],
        }
        card["source"] |= {"label": HOSTILE, "url": "javascript:window.ran=3"}
        card["suggestions"][0]["label"] = HOSTILE
        card["overrideReasons"][0]["display"] = HOSTILE
        route.fulfill(json=answer)

    seen.page.route(f"{running_service}/cds-services/{SELECT}", poisoned)
    seen.open("/")
    expect(seen.page.locator(".card h3")).to_have_text(HOSTILE)
    assert seen.page.evaluate("window.ran") is None
    assert seen.page.locator("main img, main script, .card a").count() == 0
    assert HOSTILE in seen.page.locator(".card .actions").inner_text()


MARKDOWN = [
    pytest.param("one\n\ntwo", "<p>one</p><p>two</p>", id="paragraphs"),
    pytest.param("one\ntwo", "<p>one two</p>", id="a line break is a space"),
    pytest.param("- a\n- b", "<ul><li>a</li><li>b</li></ul>", id="a list"),
    pytest.param("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>", id="a numbered list"),
    pytest.param("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", id="a list in a list"),
    pytest.param("**Rule** do", "<p><strong>Rule</strong> do</p>", id="bold"),
    pytest.param("a ** b", "<p>a ** b</p>", id="stars that close nothing"),
    pytest.param(r"\*\*a\*\* \[b\]\(c\) \\", r"<p>**a** [b](c) \</p>", id="escaped marks"),
    pytest.param(
        "[PI](https://x.example/a)",
        '<p><a href="https://x.example/a" target="_blank" rel="noopener noreferrer">PI</a></p>',
        id="a link",
    ),
    pytest.param("[x](javascript:a)", "<p>[x](javascript:a)</p>", id="a script link is text"),
    pytest.param("[x] (y", "<p>[x] (y</p>", id="brackets that are not a link"),
    pytest.param("<b>x</b> & y", "<p>&lt;b&gt;x&lt;/b&gt; &amp; y</p>", id="HTML is text"),
]


@pytest.mark.parametrize(("text", "expected"), MARKDOWN)
def test_tryit_renders(lasting, text, expected) -> None:
    shown = lasting.page.evaluate(
        """async (text) => {
            const { markdown } = await import("/static/tryit/markdown.js");
            const holder = document.createElement("div");
            holder.append(...markdown(text));
            return holder.innerHTML;
        }""",
        text,
    )
    assert shown == expected


def test_tryit_policy_runs_nothing_from_elsewhere(seen) -> None:
    response = seen.page.goto(f"{seen.base}/")
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    answered(seen)
    broken = seen.page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.ran = 1";
            document.body.append(script);
        })"""
    )
    assert (broken, seen.page.evaluate("window.ran")) == ("script-src-elem", None)
    seen.complaints = [each for each in seen.complaints if "Content Security Policy" not in each]


@pytest.mark.parametrize("status", [401, 403])
def test_tryit_explains_that_calls_need_a_token(seen, status) -> None:
    seen.page.route("**/cds-services", lambda route: route.fulfill(status=status, json={}))
    seen.open("/")
    expect(seen.page.locator("#cards")).to_contain_text("signed token (JWT)")
    expect(seen.page.locator("#cards")).to_contain_text("auth.mode")
    seen.page.get_by_role("button", name="Sign", exact=True).click()
    assert seen.sent(f"/cds-services/{SIGN}") == []
    seen.check(f"refused-{status}")


def test_tryit_stays_usable_where_tokens_are_asked_for(browser, pictures, tmp_path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [Signer().jwk]}))
    config = tmp_path / "her2.yaml"
    config.write_text("auth: {mode: required, clients: [{issuer: 'https://ehr.example', jwks_file: keys.json}]}\n")
    service = start(tmp_path, "--config", str(config))
    try:
        seen = visit(browser, f"http://127.0.0.1:{service.port}", pictures)
        seen.open("/")
        expect(seen.page.locator("#cards")).to_contain_text("refused the call (401)")
        expect(seen.page.locator("main > .notice")).to_contain_text("requires a signed token (JWT) on every call")
        expect(seen.page.locator("#patient-name")).to_have_text("Maria Lindqvist")
        seen.check("tokens-required")
        seen.end()
        seen.leave()
    finally:
        stop(service)


def test_tryit_says_what_is_wrong_with_a_call(seen) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"details": {"text": "required data is missing"}}]}
    seen.page.route(f"**/cds-services/{SELECT}", lambda route: route.fulfill(status=412, json=outcome))
    seen.open("/")
    expect(seen.page.get_by_role("alert")).to_have_text("The service answered 412: required data is missing")
    seen.check()


def test_tryit_says_that_the_service_is_unavailable(seen) -> None:
    seen.open("/")
    answered(seen)
    seen.page.route("**/cds-services/**", lambda route: route.abort())
    seen.page.get_by_role("button", name="Sign", exact=True).click()
    expect(seen.page.get_by_role("alert")).to_have_text("The service cannot be reached.")


def test_tryit_drops_an_outdated_answer(seen) -> None:
    seen.open("/")
    answered(seen)
    held: list[Route] = []

    def first_held(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    seen.page.route(f"**/cds-services/{SELECT}", first_held)
    with seen.page.expect_request(f"**/cds-services/{SELECT}"):
        seen.page.get_by_label("Dose", exact=True).fill("900")
    while not held:
        seen.page.wait_for_timeout(10)
    with seen.page.expect_event("requestfailed") as given_up:
        changed(seen, "Dose", "252")
    assert given_up.value == held[0].request
    assert topics(seen.page) == []


def test_tryit_can_be_used_without_a_mouse(seen) -> None:
    seen.open("/")
    answered(seen)
    page = seen.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the cards"
    page.get_by_label("Dose", exact=True).focus()
    with page.expect_response(f"**/cds-services/{SIGN}"):
        page.keyboard.press("Enter")
    answered(seen, "At signing")
    page.locator(".card .actions button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#signed")).to_have_text("Signed.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("size", "scenario"),
    [
        pytest.param(PHONE, MONITORING, id="phone, cards"),
        pytest.param(PHONE, CLEAN, id="phone, silence"),
        pytest.param({"width": 800, "height": 1000}, TYPICAL, id="tablet, a card"),
        pytest.param(DESK, MONITORING, id="desk, cards"),
        pytest.param(DESK, CLEAN, id="desk, silence"),
    ],
)
def test_tryit_looks_right(browser, running_service, pictures, scheme, size, scenario) -> None:
    seen = visit(browser, running_service, pictures, viewport=size, color_scheme=scheme)
    seen.open(f"/#{scenario}")
    answered(seen)
    seen.check(f"{scenario}-{size['width']}-{scheme}")
    background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) < 200) == (scheme == "dark")
    seen.end()
    seen.leave()


@pytest.mark.parametrize(("motion", "expected"), [("reduce", "none"), ("no-preference", "appear")])
def test_tryit_respects_reduced_motion(browser, running_service, pictures, motion, expected) -> None:
    seen = visit(browser, running_service, pictures, reduced_motion=motion)
    seen.open("/")
    answered(seen)
    assert seen.page.locator(".card").evaluate("card => getComputedStyle(card).animationName") == expected
    seen.leave()


def test_tryit_says_without_scripts_what_there_is(browser, running_service, pictures) -> None:
    seen = visit(browser, running_service, pictures, java_script_enabled=False)
    seen.open("/")
    assert "needs JavaScript" in seen.page.locator("noscript").text_content()
    expect(seen.page.get_by_text("Kadcyla ordered at the Enhertu dose")).to_be_visible()
    seen.picture("without-scripts")
    seen.leave()
