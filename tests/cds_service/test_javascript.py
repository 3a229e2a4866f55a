"""The functions of the pages, one by one, in a real browser: what the try-it page builds its answers from.

Each case is a call in JavaScript on one module as it is shipped, and what it gives as JSON; elements give their HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import cds_service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

STATIC = Path(cds_service.__file__).parent / "static"
MODULES = STATIC / "tryit"
ORIGIN = "http://pages.test"
EMPTY = '<!doctype html><html lang="en"><title>Unit tests</title><body></body></html>'
CALLED = """async ([module, body, given]) => {
  const loaded = await import(module);
  const made = await new Function("m", "given", `return (async () => (${body}))()`)(loaded, given);
  const told = (value) => value instanceof Element ? value.outerHTML : value instanceof Node ? value.data : value;
  return JSON.parse(JSON.stringify(Array.isArray(made) ? made.map(told) : told(made) ?? null));
}"""
Run = Callable[..., Any]


def _from_disk(route: Route) -> None:
    """Answer a page's question for a file; nothing else is served."""
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    if not name:
        route.fulfill(body=EMPTY, content_type="text/html")
    elif (MODULES / name).is_file():
        route.fulfill(body=(MODULES / name).read_text(encoding="utf-8"), content_type="text/javascript")
    else:
        route.fulfill(status=404, body="{}", content_type="application/json")


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Yield an empty page that can load the modules."""
    context = browser.new_context(timezone_id="UTC", locale="en-US")
    opened = context.new_page()
    opened.route("**/*", _from_disk)
    opened.goto(f"{ORIGIN}/")
    yield opened
    context.close()


@pytest.fixture(scope="module")
def run(page: Page) -> Run:
    """Return a way to call a module: its name, an expression over ``m`` and ``given``, and what is given."""
    return lambda module, body, given=None: page.evaluate(CALLED, [f"/{module}.js", body, given])


def order(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "order-1",
        "medicationCodeableConcept": {
            "text": "Kadcyla 160 mg",
            "coding": [
                {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1371046"},
                {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J9354"},
            ],
        },
        "dosageInstruction": [
            {
                "timing": {"repeat": {"period": 3, "periodUnit": "wk"}},
                "doseAndRate": [{"doseQuantity": {"value": 252.5, "unit": "mg"}}],
            }
        ],
        **more,
    }


BARE = {"resourceType": "MedicationRequest", "id": "order-2", "medicationCodeableConcept": {"text": "Enhertu"}}
ORDERS: list[Any] = [
    pytest.param(
        "m.fieldsOf(given)",
        order(),
        {"text": "Kadcyla 160 mg", "dose": "252.5", "unit": "mg", "hcpcs": "J9354"},
        id="the fields of an order",
    ),
    pytest.param(
        "m.fieldsOf(given)",
        BARE,
        {"text": "Enhertu", "dose": "", "unit": "mg", "hcpcs": ""},
        id="an order without dose and codes",
    ),
    pytest.param("m.fieldsOf({}).text", None, "", id="an order without a drug"),
    pytest.param(
        'm.fieldsOf((m.setDose(given, "0", "mg"), given)).dose', BARE, "0", id="a dose of zero is shown, not hidden"
    ),
    pytest.param(
        '(m.setDose(given, "3.6", "mg/kg"), given.dosageInstruction[0].doseAndRate[0].doseQuantity)',
        order(),
        {"value": 3.6, "unit": "mg/kg", "system": "http://unitsofmeasure.org", "code": "mg/kg"},
        id="a dose with its unit",
    ),
    pytest.param(
        '(m.setDose(given, "252", "mg"), given.dosageInstruction[0].doseAndRate[0].doseQuantity.value)',
        BARE,
        252,
        id="a dose where there was none",
    ),
    pytest.param(
        '(m.setDose(given, "", "mg"), given.dosageInstruction[0])',
        order(),
        {"timing": {"repeat": {"period": 3, "periodUnit": "wk"}}},
        id="an empty dose is taken out, the schedule stays",
    ),
    pytest.param(
        '(m.setDose(given, "25o", "mg"), given.dosageInstruction[0].doseAndRate ?? null)',
        order(),
        None,
        id="what is not a number is not a dose",
    ),
    pytest.param(
        '(m.setDose(given, "1e999", "mg"), given.dosageInstruction[0].doseAndRate ?? null)',
        order(),
        None,
        id="nor is infinity",
    ),
    pytest.param('(m.setText(given, ""), given.medicationCodeableConcept)', BARE, {}, id="an empty text is taken out"),
    pytest.param(
        '(m.setText(given, "Herceptin"), m.fieldsOf(given).text)', order(), "Herceptin", id="a text is written"
    ),
    pytest.param(
        '(m.setBilling(given, "J9358", "urn:hcpcs"), given.medicationCodeableConcept.coding.map((each) => each.code))',
        order(),
        ["1371046", "J9358"],
        id="a billing code takes the place of the other",
    ),
    pytest.param(
        '(m.setBilling(given, "", ""), given.medicationCodeableConcept.coding.map((each) => each.code))',
        order(),
        ["1371046"],
        id="no billing code leaves the drug's own",
    ),
    pytest.param(
        '(m.setBilling(given, "", ""), given.medicationCodeableConcept)',
        BARE,
        {"text": "Enhertu"},
        id="no codes, no empty list",
    ),
    pytest.param(
        '(m.setDrug(given, {concept: {text: "Enhertu"}, dosage: {text: "every 3 weeks"}}), given)',
        order(),
        {
            "resourceType": "MedicationRequest",
            "id": "order-1",
            "medicationCodeableConcept": {"text": "Enhertu"},
            "dosageInstruction": [
                {"text": "every 3 weeks", "doseAndRate": [{"doseQuantity": {"value": 252.5, "unit": "mg"}}]}
            ],
        },
        id="another drug keeps the dose",
    ),
    pytest.param(
        "m.described(given)",
        order(),
        {"name": "Kadcyla 160 mg", "facts": "252.5 mg, every 3 weeks"},
        id="an order in two lines",
    ),
    pytest.param(
        "m.described((given.dosageInstruction[0].timing.repeat.period = 1, given)).facts",
        order(),
        "252.5 mg, every week",
        id="every week",
    ),
    pytest.param("m.described(given)", BARE, {"name": "Enhertu", "facts": "no dose"}, id="no dose is said"),
    pytest.param(
        "m.described(given)",
        {"resourceType": "ServiceRequest", "code": {"coding": [{"code": "1"}, {"display": "LVEF"}]}},
        {"name": "LVEF", "facts": "test, draft order"},
        id="a test by the name of its code",
    ),
    pytest.param("m.described({}).name", None, "Order without a name", id="an order without a name"),
    pytest.param(
        '[m.isDrug(given), m.isDrug({resourceType: "ServiceRequest"}), m.referenceOf(given)]',
        BARE,
        [True, False, "MedicationRequest/order-2"],
        id="what an order is",
    ),
]


@pytest.mark.parametrize(("body", "given", "expected"), ORDERS)
def test_orders(run, body, given, expected) -> None:
    assert run("orders", body, given) == expected


ACTIONS: list[Any] = [
    pytest.param(None, ["order-1", "order-2"], id="a suggestion without actions"),
    pytest.param([], ["order-1", "order-2"], id="an empty list"),
    pytest.param([{"type": "delete", "resourceId": "MedicationRequest/order-1"}], ["order-2"], id="delete"),
    pytest.param([{"type": "delete", "resourceId": "MedicationRequest/other"}], ["order-1", "order-2"], id="not there"),
    pytest.param(
        [{"type": "delete", "resourceId": "order-1"}], ["order-1", "order-2"], id="an id alone is not an order"
    ),
    pytest.param(
        [{"type": "update", "resource": {**BARE, "status": "draft"}}], ["order-1", "order-2 draft"], id="update"
    ),
    pytest.param(
        [{"type": "create", "resource": {"resourceType": "ServiceRequest", "id": "test-1"}}],
        ["order-1", "order-2", "test-1"],
        id="create",
    ),
    pytest.param(
        [
            {"type": "delete", "resourceId": "MedicationRequest/order-1"},
            {"type": "create", "resource": {**BARE, "id": "order-3"}},
        ],
        ["order-2", "order-3"],
        id="one after the other",
    ),
    pytest.param([{"type": "unheard-of", "resource": BARE}], ["order-1", "order-2"], id="an unknown type does nothing"),
]


@pytest.mark.parametrize(("actions", "left"), ACTIONS)
def test_actions_of_a_suggestion(run, actions, left) -> None:
    body = "m.applied(given[0], given[1]).map(({ id, status }) => [id, status].filter(Boolean).join(' '))"
    assert run("orders", body, [[order(), BARE], actions]) == left


def test_a_created_order_gets_an_id_and_the_list_before_stays_as_it_was(run) -> None:
    body = "[m.applied(given, [{ type: 'create', resource: { resourceType: 'ServiceRequest' } }])[1].id, given.length]"
    made, before = run("orders", body, [order()])
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made)
    assert before == 1


MARKDOWN: list[Any] = [
    pytest.param("Give 252 mg.", ["<p>Give 252 mg.</p>"], id="a paragraph"),
    pytest.param("one\ntwo\n\n\nthree", ["<p>one two</p>", "<p>three</p>"], id="paragraphs"),
    pytest.param("a **bold** word", ["<p>a <strong>bold</strong> word</p>"], id="bold"),
    pytest.param("2 ** 3", ["<p>2 ** 3</p>"], id="a mark without its end is itself"),
    pytest.param(r"5 \* 2 and \*\*not\*\*", ["<p>5 * 2 and **not**</p>"], id="marks behind a backslash"),
    pytest.param("C:\\dose", ["<p>C:\\dose</p>"], id="a backslash before a letter is itself"),
    pytest.param("- one\n- two", ["<ul><li>one</li><li>two</li></ul>"], id="a list"),
    pytest.param("1. one\n2. two", ["<ol><li>one</li><li>two</li></ol>"], id="a numbered list"),
    pytest.param("- a\n  - b\n- c", ["<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"], id="a list in a list"),
    pytest.param("- a\nand b", ["<p>- a and b</p>"], id="half a list is text"),
    pytest.param(
        "[label](https://example.org/a)",
        ['<p><a href="https://example.org/a" target="_blank" rel="noopener noreferrer">label</a></p>'],
        id="a link",
    ),
    pytest.param("[run](javascript:alert(1))", ["<p>[run](javascript:alert(1))</p>"], id="a script link is text"),
    pytest.param("[a](data:text/html,x)", ["<p>[a](data:text/html,x)</p>"], id="so is one that contains its page"),
    pytest.param("<img src=x onerror=a()>", ["<p>&lt;img src=x onerror=a()&gt;</p>"], id="markup is text"),
    pytest.param("", ["<p></p>"], id="nothing"),
    pytest.param(252, ["<p>252</p>"], id="a number"),
]


@pytest.mark.parametrize(("text", "blocks"), MARKDOWN)
def test_markdown(run, text, blocks) -> None:
    assert run("markdown", "m.markdown(given)", text) == blocks


@pytest.mark.parametrize(
    ("url", "usable"),
    [
        ("https://example.org", True),
        ("HTTP://example.org/a?b=c", True),
        ("https://", False),
        ("https://a b", False),
        ("javascript:alert(1)", False),
        (" https://example.org", False),
        ("https://example.org\njavascript:x", False),
        ("//example.org", False),
        ("ftp://example.org", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_become_links(run, url, usable) -> None:
    assert run("markdown", "m.isWeb(given)", url) is usable


def test_inputs_that_are_slow_in_other_markdown_readers_are_fast_here(run) -> None:
    body = "(() => { const began = performance.now(); m.markdown(given); return performance.now() - began; })()"
    assert run("markdown", body, "[" * 2000 + "**" * 2000) < 5000


CHART = [
    {"resourceType": "Patient", "id": "pat-1"},
    {
        "resourceType": "Observation",
        "id": "lvef-old",
        "status": "final",
        "effectiveDateTime": "2026-01-05",
        "subject": {"reference": "Patient/pat-1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "10230-1"}]},
    },
    {
        "resourceType": "Observation",
        "id": "lvef-new",
        "status": "amended",
        "effectiveDateTime": "2026-05-05",
        "subject": {"reference": "Patient/pat-1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "10230-1"}]},
    },
    {"resourceType": "Observation", "id": "of-another", "status": "final", "subject": {"reference": "Patient/pat-2"}},
]
LVEF = "Observation?patient={{context.patientId}}&code=http://loinc.org|10230-1"
QUERIES: list[Any] = [
    pytest.param("Patient/{{context.patientId}}", ["pat-1"], id="a resource by its id"),
    pytest.param("Patient/nobody", None, id="one that does not exist is null"),
    pytest.param(LVEF, ["lvef-old", "lvef-new"], id="a search by code"),
    pytest.param(f"{LVEF}&_sort=-date", ["lvef-new", "lvef-old"], id="the newest first"),
    pytest.param(f"{LVEF}&_sort=-date&_count=1", ["lvef-new"], id="so many"),
    pytest.param(f"{LVEF}&status=final", ["lvef-old"], id="a status"),
    pytest.param(f"{LVEF}&status=final,amended", ["lvef-old", "lvef-new"], id="one of two"),
    pytest.param("Observation?patient={{context.patientId}}&code=http://loinc.org|1,http://loinc.org|2", [], id="none"),
    pytest.param("Observation?patient={{context.patientId}}", ["lvef-old", "lvef-new"], id="of this patient only"),
    pytest.param("Observation?patient=pat-1&date=ge2026-01-01", "unanswered", id="a parameter that is not known"),
    pytest.param("Observation?encounter={{context.encounterId.value}}", "unanswered", id="a place that is not filled"),
]


@pytest.mark.parametrize(("template", "found"), QUERIES)
def test_prefetch_is_answered_from_the_chart(run, template, found) -> None:
    got = run(
        "chart",
        '((a) => a === undefined ? "unanswered" : a)(m.answer(given[0], { patientId: "pat-1" }, given[1]))',
        [template, CHART],
    )
    if isinstance(found, list) and got["resourceType"] == "Bundle":
        assert got.get("entry") != []
        assert got["total"] == len(found)
        got = {"found": [each["resource"]["id"] for each in got.get("entry", [])]}
        assert got == {"found": found}
    else:
        assert ([got["id"]] if isinstance(got, dict) else got) == found


def test_a_request_holds_the_keys_that_could_be_answered(run) -> None:
    service = {"hook": "order-select", "prefetch": {"patient": "Patient/{{context.patientId}}", "odd": "Claim?x=1"}}
    request = run("client", 'm.hookRequest(given[0], given[1], given[2], ["a"])', [service, CHART, [BARE]])
    assert request["prefetch"] == {"patient": CHART[0]}
    assert request["hook"] == "order-select"
    assert request["context"]["selections"] == ["a"]
    assert request["context"]["draftOrders"]["entry"] == [{"resource": BARE}]
    signed = run("client", "m.hookRequest(given, [], [], ['a'])", {"hook": "order-sign"})
    assert "selections" not in signed["context"]
    assert signed["hookInstance"] != request["hookInstance"]


def test_uuids_are_of_version_4_and_all_different(run) -> None:
    made = run("client", "Array.from({ length: 200 }, () => m.uuid())")
    assert len(set(made)) == 200
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each) for each in made
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 401}, "requires a signed token"),
        ({"status": 403}, "refused the call (403)"),
        ({"status": 412, "body": {"issue": [{"details": {"text": "No chart."}}]}}, "answered 412: No chart."),
        ({"status": 500, "body": {"issue": []}}, "answered 500."),
        ({"status": 502}, "answered 502."),
    ],
)
def test_a_refusal_is_a_sentence(run, answer, said) -> None:
    assert said in run("client", "m.problem(given)", answer)


def test_an_answer_that_is_not_json_does_not_crash(run, page) -> None:
    page.route(f"{ORIGIN}/decisions/*", lambda route: route.fulfill(status=502, body="<h1>Bad gateway"))
    answer = run("client", 'm.explained("d-1")')
    assert (answer["status"], "body" in answer, answer["path"]) == (502, False, "/decisions/d-1")


def test_feedback_is_sent_with_its_time(run, page) -> None:
    sent: list[Any] = []

    def taken(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(status=200, body="")

    page.route(f"{ORIGIN}/cds-services/her2-order-sign/feedback", taken)
    answer = run("client", 'm.feedback({ id: "her2-order-sign" }, { card: "c-1", outcome: "accepted" })')
    assert answer["status"] == 200
    (entry,) = sent[0]["feedback"]
    assert (entry["card"], entry["outcome"]) == ("c-1", "accepted")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry["outcomeTimestamp"])


def test_curl_quotes_what_a_shell_would_read(run) -> None:
    command = run("exchanges", "m.curlOf(given)", {"method": "POST", "path": "/a'b", "sent": {"text": "$(id) 'x' `y`"}})
    assert "'http://pages.test/a%27b'" in command
    head, body = command.split("<<'END_OF_REQUEST'\n")
    assert "$(id)" not in head
    assert json.loads(body.removesuffix("\nEND_OF_REQUEST")) == {"text": "$(id) 'x' `y`"}
    assert run("exchanges", "m.curlOf(given)", {"method": "GET", "path": "/x"}) == "curl -s 'http://pages.test/x'"


CARD = {
    "uuid": "c-1",
    "indicator": "critical",
    "summary": "Dose above the maximum",
    "detail": "Give **252 mg**.",
    "source": {"label": "Label", "url": "javascript:x", "topic": {"code": "dose-above-maximum", "display": "Dose"}},
    "links": [{"label": "ours", "url": "https://example.org"}, {"label": "bad", "url": "javascript:x"}],
    "suggestions": [{"label": "Change to 252 mg"}],
    "overrideReasons": [{"code": "a", "display": "Benefit outweighs risk"}, {"code": "b"}],
}


def test_a_card_shows_its_parts_and_no_script_address(run) -> None:
    shown = run("cards", "m.cardView(given, () => {}, () => {})", CARD)
    assert 'data-indicator="critical"' in shown
    assert 'data-topic="dose-above-maximum"' in shown
    assert "<strong>252 mg</strong>" in shown
    assert 'href="https://example.org"' in shown
    assert "javascript:" not in shown
    assert "Source: Label · Dose" in shown
    assert '<option value="0">Benefit outweighs risk</option><option value="1">b</option>' in shown


def test_a_card_with_nothing_but_an_unknown_kind_is_still_shown(run) -> None:
    shown = run("cards", "m.cardView(given, () => {}, () => {})", {"summary": "Look", "indicator": "hard-stop"})
    assert 'data-indicator="info"' in shown
    assert "Look" in shown
    assert "<select" not in shown
    assert 'class="actions"' not in shown


def test_the_buttons_of_a_card_say_what_was_decided(run) -> None:
    body = """(() => {
      const said = [];
      const view = m.cardView(given, (suggestion) => said.push(suggestion.label), (...why) => said.push(why));
      document.body.replaceChildren(view);
      view.querySelector(".primary").click();
      view.querySelector("select").value = "1";
      view.querySelector("input").value = "  seen ";
      view.querySelector("form").requestSubmit();
      return said;
    })()"""
    assert run("cards", body, CARD) == ["Change to 252 mg", [{"code": "b"}, "seen"]]


def test_an_answer_with_and_without_a_card(run) -> None:
    shown = run("cards", 'm.answeredView(given, { said: "Accepted.", heard: "Kept." })', CARD)
    assert shown.count("<p") == 2
    assert "Accepted." in shown
    assert "Kept." in shown
    assert "<h3>No cards</h3><p>Nothing.</p>" in run("cards", 'm.silenceView("No cards", "Nothing.")')


def test_elements_take_text_attributes_and_listeners(run) -> None:
    made = run("dom", 'm.element("p", { a: true, b: false, c: undefined, d: "<" }, "<b>", undefined, "", "x")')
    assert made == '<p a="" d="&lt;">&lt;b&gt;x</p>'
    assert run("dom", '(() => { let n = 0; m.element("p", { click: () => n++ }).click(); return n; })()') == 1
    assert 'aria-hidden="true"' in run("dom", 'm.icon("warning")')


CHOICES = {
    "today": "2026-11-29",
    "her2": [
        {
            "label": "3+ by IHC",
            "observations": [{"id": "her2-ihc", "valueCodeableConcept": {"coding": [{"code": "3+"}]}}],
        }
    ],
    "measurements": {
        name: {
            "resourceType": "Observation",
            "id": name,
            "code": {"text": text},
            "valueQuantity": {"value": 0, "unit": unit},
        }
        for name, text, unit in (("weight", "weight", "kg"), ("lvef", "ejection fraction", "%"), ("alt", "ALT", "U/L"))
    },
}
FORM = """(() => {
  let changes = 0;
  const chart = structuredClone(given[1]);
  document.body.replaceChildren(...m.chartFields(chart, given[0], () => changes++));
  const set = (id, value, event = "input") => {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event(event));
  };
  STEPS
  return { chart, changes, her2: document.getElementById("her2").value };
})()"""


def test_the_chart_form_writes_a_measurement_with_its_day(run) -> None:
    steps = 'set("weight", "70.5"); set("weight-date", "2026-11-20", "change"); set("alt", "12");'
    got = run("chart_form", FORM.replace("STEPS", steps), [CHOICES, []])
    weight, alt = got["chart"]
    assert (weight["id"], weight["valueQuantity"]["value"], weight["effectiveDateTime"]) == (
        "weight",
        70.5,
        "2026-11-20",
    )
    assert (alt["id"], alt["valueQuantity"], alt["effectiveDateTime"]) == (
        "alt",
        {"value": 12, "unit": "U/L"},
        "2026-11-29",
    )
    assert got["changes"] == 3


def test_the_chart_form_removes_emptied_fields_and_an_unknown_day(run) -> None:
    before = [{"resourceType": "Observation", "id": "lvef", "valueQuantity": {"value": 55, "unit": "%"}}]
    assert run("chart_form", FORM.replace("STEPS", 'set("lvef", "");'), [CHOICES, before])["chart"] == []
    steps = 'set("lvef-date", "", "change");'
    (left,) = run("chart_form", FORM.replace("STEPS", steps), [CHOICES, before])["chart"]
    assert "effectiveDateTime" not in left
    assert left["valueQuantity"]["value"] == 55


def test_the_chart_form_writes_her2_and_leaves_what_it_does_not_know(run) -> None:
    steps = 'set("her2", "3+ by IHC", "change");'
    got = run("chart_form", FORM.replace("STEPS", steps), [CHOICES, []])
    assert [(each["id"], each["effectiveDateTime"]) for each in got["chart"]] == [("her2-ihc", "2026-11-29")]
    odd = [{"id": "her2-odd", "valueCodeableConcept": {"coding": [{"code": "heterogeneous"}]}}]
    kept = run("chart_form", FORM.replace("STEPS", 'set("her2-date", "2026-01-01", "change");'), [CHOICES, odd])
    assert (kept["her2"], kept["chart"]) == ("as the chart has it", odd)
    none = run("chart_form", FORM.replace("STEPS", 'set("her2", "none on record", "change");'), [CHOICES, odd])
    assert none["chart"] == []


def test_verdicts_are_sorted_and_counted(run, page) -> None:
    checks = [
        {"display": "Fine", "outcome": "checked-and-fine", "because": "within"},
        {"display": "Unknown", "outcome": "could-not-check", "missing": ["no weight", "no dose"]},
        {"display": "Found", "outcome": "fired", "says": "too much", "order": "Kadcyla"},
    ]
    page.route(f"{ORIGIN}/decisions/d-2", lambda route: route.fulfill(json={"checks": checks}))
    body = """(async () => {
      const place = m.verdictsButton(given);
      document.body.replaceChildren(place);
      place.querySelector("button")?.click();
      const pause = () => new Promise((done) => setTimeout(done, 20));
      for (let turn = 0; turn < 200 && !place.querySelector("table, p"); turn += 1) await pause();
      return place;
    })()"""
    shown = run("verdicts", body, "d-2")
    assert [shown.index(name) for name in ("Found<", "Unknown<", "Fine<")] == sorted(
        shown.index(name) for name in ("Found<", "Unknown<", "Fine<")
    )
    assert "3 checks; found something: 1, could not check: 1, checked, nothing found: 1." in shown
    assert "no weight no dose" in shown
    assert "to its operator only (404)" in run("verdicts", body, "refused/here")
    assert "no rule was asked" in run("verdicts", body, None)


GERMAN = {"{count} cards": "{count} Karten", "toString": "als Text"}
WORDS = [
    pytest.param('m.t("No cards")', None, "No cards", id="English without a word"),
    pytest.param('(m.take(given), m.t("{count} cards", { count: 2 }))', GERMAN, "2 Karten", id="a translation"),
    pytest.param('(m.take(given), m.t("No cards"))', GERMAN, "No cards", id="none for this sentence"),
    pytest.param('(m.take(given), m.t("constructor"))', GERMAN, "constructor", id="a name that every object has"),
    pytest.param('m.t("{count} cards", {})', None, "{count} cards", id="a value that is missing"),
    pytest.param('m.t("{a}", { a: "{b}", b: 1 })', None, "{b}", id="a value with a placeholder of its own"),
    pytest.param('(m.take(undefined), m.t("No cards"))', None, "No cards", id="no words"),
    pytest.param('m.dayOf("2026-01-09")', None, "2026-01-09", id="a day in English"),
    pytest.param('(document.documentElement.lang = "de", m.dayOf("2026-01-09"))', None, "09.01.2026", id="in German"),
    pytest.param('(document.documentElement.lang = "es", m.dayOf("2026-01-09"))', None, "09/01/2026", id="in Spanish"),
    pytest.param('(document.documentElement.lang = "de", m.dayOf("1968-00"))', None, "1968-00", id="no whole day"),
    pytest.param('(document.documentElement.lang = "en", m.dayOf("x"))', None, "x", id="no day"),
]


@pytest.mark.parametrize(("body", "given", "gives"), WORDS)
def test_words_of_a_language(run: Run, body: str, given: Any, gives: str) -> None:
    reset = f"(m.take(undefined), {body})" if "m.take(" not in body else body
    assert run("words", reset, given) == gives


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_a_request_from_a_chart_that_was_read_holds_what_the_service_asks_for(run: Run, hook: str) -> None:
    given = {
        "own": {"patient": "p-1", "prefetch": {"lvef": {"resourceType": "Bundle"}, "other": None}},
        "service": {"hook": hook, "prefetch": {"lvef": "x", "labs": "y"}},
        "orders": [{"resourceType": "MedicationRequest", "id": "o"}],
    }
    body = "m.requestFrom(given.own, given.service, given.orders, ['MedicationRequest/o'])"
    request = run("client", body, given)
    # Unreadable data stays left out: the service must not take it for an empty list.
    assert request["prefetch"] == {"lvef": {"resourceType": "Bundle"}}
    assert request["context"]["patientId"] == "p-1"
    assert request["context"]["draftOrders"]["entry"] == [{"resource": given["orders"][0]}]
    assert request["context"].get("selections") == (["MedicationRequest/o"] if hook == "order-select" else None)


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        pytest.param(None, {"name": "Patient p-1", "facts": ""}, id="nobody"),
        pytest.param(
            {"name": [{"text": "Ann Example"}], "gender": "female", "birthDate": "1961-04-02"},
            {"name": "Ann Example", "facts": "Sex female, born 1961-04-02."},
            id="a name as text",
        ),
        pytest.param(
            {"name": [{"given": ["Ann", "B."], "family": "Example"}], "gender": "female"},
            {"name": "Ann B. Example", "facts": "Sex female."},
            id="a name in parts",
        ),
        pytest.param({"name": []}, {"name": "Patient p-1", "facts": ""}, id="no name"),
    ],
)
def test_a_line_says_whose_chart_was_read(run: Run, person: Any, expected: dict[str, str]) -> None:
    own = {"patient": "p-1", "prefetch": {} if person is None else {"patient": person}}
    assert run("own_server", "m.ownFacts(given)", own) == expected


def test_every_exported_function_is_called_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    exported = {
        name
        for file in MODULES.glob("*.js")
        for name in re.findall(
            r"^export (?:async )?(?:function|const) (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    seen_in_pages = {"discover", "call", "exchangesView", "listenToOwnServer", "newestFirst", "outward", "read"}
    assert sorted(name for name in exported - seen_in_pages if f"m.{name}(" not in text) == []
