"""The workbench in a real browser, against the real service: every page at a desk, on a phone and in the dark."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest
from browser import DESK, PHONE, Visit, folder_of_pictures, inaccessible, visit
from calls import SIGN, call, order, troubled_prefetch
from playwright.sync_api import expect
from running import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

CONFIGURATION = """
auth: {mode: "off"}
workbench: {sign_in: local}
cards: {lvef-overdue: {mode: shadow}}
promotion: {min_orders: 1}
profiles: {day-clinic: {match: {tenant: day-clinic}, thresholds: {weight_max_age_days: 60}}}
site: {rules: [site-rules.yaml]}
"""
RULES = Path(__file__).parents[2] / "examples" / "site-rules.yaml"
TROUBLED = call(prefetch=troubled_prefetch())
PATIENCE_S = 20
PAGES = {
    "topics": "",
    "topic": "/topics/lvef-overdue",
    "rules": "/rules",
    "rule": "/rules/new",
    "sources": "/sources",
    "preview": "/preview?case=weight-stale-fired-1",
    "versions": "/versions",
    "shadow": "/shadow?topic=lvef-overdue",
    "learning": "/learning",
    "decisions": "/decisions",
}
SIGN_OUT = re.compile("^(Sign out|Abmelden|Cerrar sesión)$")
LOOKS: dict[str, dict[str, Any]] = {
    "desk": {},
    "phone": {"viewport": PHONE, "locale": "de-DE"},
    "dark": {"viewport": DESK, "color_scheme": "dark", "locale": "es-ES"},
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a service with a topic in the shadow and some decisions on record."""
    folder = tmp_path_factory.mktemp("workbench")
    folder.joinpath("her2.yaml").write_text(CONFIGURATION, encoding="utf-8")
    folder.joinpath("site-rules.yaml").write_text(RULES.read_text(encoding="utf-8"), encoding="utf-8")
    with served(folder, "--config", "her2.yaml", "--workers", "2") as running:
        for _ in range(3):
            running.send("POST", f"/cds-services/{SIGN}", TROUBLED)
        yield f"http://127.0.0.1:{running.port}"


@pytest.fixture
def seen(browser: Any, base: str, tmp_path: Any) -> Iterator[Visit]:
    begun = visit(browser, base, folder_of_pictures(tmp_path))
    yield begun
    begun.end()
    begun.leave()


def sign_in(page: Page, name: str) -> None:
    """Sign in as somebody, whoever was there before."""
    leave, enter = (page.get_by_role("button", name=each) for each in (SIGN_OUT, re.compile(f"^{name}")))
    # The page that the last click asked for may still be on its way.
    expect(leave.or_(enter).first).to_be_visible()
    if leave.count():
        leave.click()
    enter.click()
    expect(page.get_by_role("button", name=SIGN_OUT)).to_be_visible()


def sets(page: Page, label: str) -> Any:
    """Search for a control of the editor by its name, and return it."""
    page.get_by_label("Find a topic or threshold").fill(label.rpartition(" ")[2])
    return page.get_by_label(label, exact=True)


def signed(base: str) -> list[str]:
    """Sign an order whose chart has an old weight, and give the topics of its cards."""
    request = Request(  # noqa: S310 - our own service
        f"{base}/cds-services/{SIGN}", json.dumps(TROUBLED).encode(), {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
        return [card["source"]["topic"]["code"] for card in json.load(answer)["cards"]]


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_can_be_used(browser: Any, base: str, tmp_path: Any, look: str) -> None:
    seen = visit(browser, base, folder_of_pictures(tmp_path), **LOOKS[look])
    seen.open("/workbench")
    seen.check(f"workbench-sign-in-{look}")
    sign_in(seen.page, "Ben")
    for name, path in PAGES.items():
        seen.open(f"/workbench{path}")
        seen.check(f"workbench-{name}-{look}")
    seen.end()
    seen.leave()


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        pytest.param("<td style='color: #999'>Kadcyla", "color-contrast", id="a cell of other colors"),
        pytest.param("<td class='grey'>Kadcyla", "color-contrast", id="a cell of another class"),
        pytest.param("<td style='opacity: .4'><b>Kadcyla</b>", "color-contrast", id="a cell that shines through"),
        pytest.param("<td><input>", "label", id="a field without a label"),
        pytest.param("<td>Kadcyla", "", id="no fault"),
    ],
)
def test_one_cell_among_many_is_judged(browser: Any, fault: str, rule: str) -> None:
    rows = ["<tr><td><b>Enhertu</b><td>Phesgo"] * 40
    rows.insert(30, f"<tr><td>Enhertu{fault}")
    page = browser.new_page()
    page.set_content(
        "<!doctype html><html lang=en><title>Drugs</title><style>.grey { color: #999 }</style>"
        f"<main><h1>Drugs</h1><table>{''.join(rows)}</table></main>"
    )
    found = inaccessible(page)
    page.close()
    assert rule in found, found
    assert bool(found) == bool(rule), found


def test_the_preview_follows_the_form_at_once(seen: Visit) -> None:
    seen.open("/workbench")
    sign_in(seen.page, "Eve")
    seen.open("/workbench/preview?case=weight-stale-fired-1")
    result = seen.page.locator("#result")
    expect(result).to_contain_text("the last weight, 70 kg, is 31 days old")
    sets(seen.page, "Value: weight_max_age_days").fill("60")
    expect(result).to_contain_text("A weight older than 60 days instead of 30 days makes weight-stale fire")
    expect(result).to_contain_text("No card.")
    sets(seen.page, "Value: weight_max_age_days").fill("4000")
    expect(result).to_contain_text("must lie between 1 and 365 days")
    sets(seen.page, "Value: weight_max_age_days").fill("")
    expect(result).not_to_contain_text("instead of")
    expect(seen.page.locator("#told")).to_have_text("1 card shown.")


def test_a_pasted_request_is_previewed(seen: Visit) -> None:
    seen.open("/workbench")
    sign_in(seen.page, "Eve")
    seen.open("/workbench/preview")
    seen.page.get_by_text("Paste a request").click()
    seen.page.get_by_label("A CDS Hooks request as JSON").fill(json.dumps(call(orders=[order(400)])))
    expect(seen.page.locator("#result .card h3")).to_have_text(re.compile("^Kadcyla 400 mg .* is above the maximum"))
    expect(seen.page.get_by_label("Case", exact=True)).to_have_value("pasted")
    seen.check("workbench-pasted-desk")


def test_the_preview_says_that_the_service_is_unavailable(seen: Visit) -> None:
    seen.open("/workbench")
    sign_in(seen.page, "Eve")
    seen.open("/workbench/preview")
    seen.page.route("**/preview/result", lambda route: route.abort())
    sets(seen.page, "Value: weight_max_age_days").fill("60")
    expect(seen.page.locator("#told")).to_have_text("The service cannot be reached.")
    seen.page.unroute("**/preview/result")
    seen.page.context.clear_cookies()
    sets(seen.page, "Value: weight_max_age_days").fill("61")
    expect(seen.page.locator("#told")).to_contain_text("you may have been signed out")


def test_two_people_bring_a_version_to_every_worker(seen: Visit, base: str) -> None:
    page = seen.page
    seen.open("/workbench")
    sign_in(page, "Ada")
    page.get_by_role("link", name="Versions").click()
    page.get_by_label("What it is for").fill("Weights from the day clinic are older")
    page.get_by_role("button", name="Begin", exact=True).click()
    address = page.url
    sets(page, "Value: weight_max_age_days").fill("60")
    page.get_by_label("What was changed, and why").fill("The day clinic weighs every six weeks")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#found")).to_have_text(re.compile(r"^1 set; the other \d+ are as the files have them\.$"))
    expect(page.locator("tr[data-find]:visible")).to_have_count(1)
    seen.check("workbench-draft-desk")
    # Unsaved input goes to review with the rest, and is not dropped.
    sets(page, "Indicator of ild-active").select_option("warning")
    page.get_by_role("button", name="Save and send to clinical review").click()
    expect(page.locator("#effect + ul")).to_contain_text("ild-active: warning instead of critical")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    sign_in(page, "Ben")
    page.goto(address)
    seen.check("workbench-review-desk")
    page.get_by_role("link", name="Try it on the newest requests on record").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"Of the newest \d+ signed requests"))
    page.get_by_role("button", name="Approve").click()
    assert "weight-stale" in signed(base)
    sign_in(page, "Ada")
    page.goto(address)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".state").first).to_have_text("live")
    # Both workers have asked by then; each call may come to either.
    _until(lambda: all("weight-stale" not in signed(base) for _ in range(8)))
    page.locator("#comment-retired").fill("The clinic has new scales")
    page.get_by_role("button", name="Retire").click()
    expect(page.locator(".state").first).to_have_text("retired")
    _until(lambda: all("weight-stale" in signed(base) for _ in range(8)))


def test_the_editor_shows_what_is_set_or_searched_for_and_asks_before_it_drops(seen: Visit) -> None:
    page = seen.page
    seen.open("/workbench")
    sign_in(page, "Ada")
    seen.open("/workbench/versions")
    page.get_by_label("What it is for").fill("Nothing yet")
    page.get_by_label("Begin with").select_option("files")
    page.get_by_role("button", name="Begin", exact=True).click()
    visible = page.locator("tr[data-find]:visible")
    expect(visible).to_have_count(0)
    expect(page.locator("#found")).to_have_text("Nothing is set. Find what you want to set.")
    page.get_by_label("Find a topic or threshold").fill("liver hold")
    expect(page.get_by_label("Mode of liver-tests-hold")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_label(re.compile("^Show all")).check()
    assert visible.count() > 70
    seen.check("workbench-editor-all-desk")
    page.get_by_label(re.compile("^Show all")).uncheck()
    sets(page, "Value: weight_max_age_days").fill("4000")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert").last).to_contain_text("must lie between 1 and 365")
    expect(page.get_by_label("Value: weight_max_age_days")).to_have_value("4000")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_label("Value: weight_max_age_days").fill("40")
    page.get_by_role("link", name="All versions").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Versions")
    assert asked == ["beforeunload"]


def test_a_topic_is_stopped_on_every_worker_and_put_back_by_two(seen: Visit, base: str) -> None:
    page = seen.page
    seen.open("/workbench")
    sign_in(page, "Ben")
    assert "weight-stale" in signed(base)
    seen.open("/workbench/topics/weight-stale")
    page.get_by_label("Why (name no patient)").fill("The scales send grams")
    page.get_by_role("button", name="Stop this topic now").click()
    expect(page.locator("#stopped")).to_contain_text("weight-stale is stopped since")
    _until(lambda: all("weight-stale" not in signed(base) for _ in range(8)))
    seen.check("workbench-stopped-desk")
    page.get_by_label("What was wrong, and how it was fixed").fill("Kilograms again")
    page.get_by_role("button", name="Ask to put it back").click()
    expect(page.get_by_role("button", name="Agree: show its card again")).to_have_count(0)
    sign_in(page, "Ada")
    page.locator("#stopped a").click()
    page.get_by_role("button", name="Agree: show its card again").click()
    expect(page.locator("#stopped")).to_have_count(0)
    _until(lambda: all("weight-stale" in signed(base) for _ in range(8)))


def test_a_version_is_put_on_trial_read_and_ended(browser: Any, seen: Visit, base: str, tmp_path: Any) -> None:
    page = seen.page
    seen.open("/workbench")
    sign_in(page, "Ada")
    page.get_by_role("link", name="Versions").click()
    page.get_by_label("What it is for").fill("Fresh weights, and dose cards that only inform")
    page.get_by_role("button", name="Begin", exact=True).click()
    address = page.url.removeprefix(base)
    sets(page, "Value: weight_max_age_days").fill("1")
    sets(page, "Mode of lvef-overdue").select_option("live")
    sets(page, "Indicator of weight-stale").select_option("info")
    page.get_by_role("button", name="Save and send to clinical review").click()
    sign_in(page, "Ben")
    seen.open(address)
    page.get_by_role("button", name="Approve").click()
    sign_in(page, "Ada")
    seen.open(address)
    seen.check("workbench-approved-desk")
    page.get_by_role("button", name="Put on trial").click()
    expect(page.locator(".state").first).to_have_text("on trial")
    before = signed(base)
    # Either worker may get the call; both have asked by then.
    _until(lambda: _tried(page, base, address) >= 4)
    assert signed(base) == before
    for look, how in LOOKS.items():
        other = visit(browser, base, folder_of_pictures(tmp_path), **how)
        other.open("/workbench")
        sign_in(other.page, "Ada")
        for name, path in {
            "trial": address,
            "trial-found": "/workbench/shadow",
            "trial-list": "/workbench/versions",
        }.items():
            other.open(path)
            other.check(f"workbench-{name}-{look}")
        other.end()
        other.leave()
    seen.open(address)
    page.get_by_role("link", name="What it has found").click()
    expect(page.locator("main")).to_contain_text("Mode: live instead of shadow.")
    seen.open(address)
    page.get_by_role("button", name="End the trial").click()
    expect(page.locator(".state").first).to_have_text("approved")
    page.locator("#comment-retired").fill("Too many cards")
    page.get_by_role("button", name="Retire").click()


def _tried(page: Page, base: str, address: str) -> int:
    """Sign an order, and give how many decisions were judged by the version of an address."""
    signed(base)
    number = address.rpartition("/")[2]
    page.goto(f"{base}/workbench/shadow?version={number}")
    return int(page.locator("main .panel strong").first.inner_text())


def test_a_preview_for_a_profile_follows_the_form(seen: Visit) -> None:
    page = seen.page
    seen.open("/workbench")
    sign_in(page, "Eve")
    seen.open("/workbench/preview?case=weight-stale-fired-1")
    expect(page.locator("#result")).to_contain_text("the last weight, 70 kg, is 31 days old")
    in_force = page.locator('[data-in-force="weight_max_age_days"]')
    expect(in_force).to_have_text("30 days")
    page.get_by_label("For", exact=True).select_option("day-clinic")
    expect(page.locator("#result")).to_contain_text("No card.")
    expect(in_force).to_have_text("60 days")
    sets(page, "Value: weight_max_age_days").fill("10")
    expect(page.locator("#result")).to_contain_text("Nothing here: a variable or the profile sets it already.")
    seen.check("workbench-profile-desk")
    page.get_by_label("For", exact=True).select_option("every caller")
    expect(page.locator("#result")).to_contain_text("older than 10 days instead of 30 days")
    expect(in_force).to_have_text("30 days")


def _until(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_reviewer_says_of_cases_whether_their_cards_would_be_right(seen: Visit) -> None:
    seen.open("/workbench")
    sign_in(seen.page, "Ben")
    seen.page.get_by_role("link", name="Shadow").click()
    seen.page.get_by_role("link", name="Review cases").first.click()
    expect(seen.page.locator("main")).to_contain_text("0 right, 0 wrong, 0 unsure")
    seen.page.get_by_role("button", name="The card would be right").first.click()
    expect(seen.page.locator("main")).to_contain_text("1 right, 0 wrong, 0 unsure")
    seen.page.get_by_role("link", name="the whole decision").first.click()
    expect(seen.page.locator("main")).to_contain_text("Evaluated again today, it gives the same cards.")
    seen.check("workbench-decision-desk")
    sign_in(seen.page, "Eve")
    seen.open("/workbench/shadow?topic=lvef-overdue")
    expect(seen.page.get_by_role("button", name="The card would be right")).to_have_count(0)


def test_the_workbench_works_without_a_script(browser: Any, base: str, tmp_path: Any) -> None:
    seen = visit(browser, base, folder_of_pictures(tmp_path), java_script_enabled=False)
    seen.open("/workbench")
    sign_in(seen.page, "Eve")
    seen.open("/workbench/preview?case=weight-stale-fired-1")
    seen.page.get_by_label("Value: weight_max_age_days").fill("60")
    seen.page.get_by_role("button", name="Show the cards").click()
    expect(seen.page.locator("#result")).to_contain_text("older than 60 days instead of 30 days")
    expect(seen.page.get_by_label("Value: weight_max_age_days")).to_have_value("60")
    seen.end()
    seen.leave()


def test_the_workbench_can_be_used_by_keyboard_alone(seen: Visit) -> None:
    page = seen.page
    seen.open("/workbench")
    _tab_to(page, "Eve, who only looks (made up)")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Topics")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, "Order names two different drugs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Order names two different drugs")
    _tab_to(page, "a Kadcyla code under the text Enhertu")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Preview")
    _tab_to(page, "Show the cards")
    page.keyboard.press("Space")
    expect(page.locator("#told")).to_have_text("1 card shown.")


def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    pytest.fail(f"the keyboard does not come to {name!r}")


def test_a_rule_is_built_previewed_and_saved_as_a_draft(seen: Visit) -> None:
    seen.open("/workbench")
    sign_in(seen.page, "Ada")
    seen.open("/workbench/rules/new")
    seen.page.get_by_label("Topic", exact=True).fill("hepatitis-b-checked")
    seen.page.get_by_role("button", name="Show the rule").click()
    expect(seen.page.locator(".card h3")).to_have_text("Enhertu: no Hepatitis B surface antigen within 180 days")
    seen.check("workbench-rule-built-desk")
    seen.page.get_by_role("button", name="Keep it as a draft version").click()
    expect(seen.page.get_by_role("heading", level=1)).to_contain_text("Hepatitis B not tested")
    expect(seen.page.get_by_text("hepatitis-b-checked").first).to_be_visible()
    seen.check("workbench-rule-kept-desk")
