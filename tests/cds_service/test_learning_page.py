"""The learning report as a page: read by machines and people alike, in Chromium, with no request to anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import stream
from browser import inaccessible

from cds_service.charts.figures import Bar, Range, in_english
from cds_service.learning import page as page_module
from cds_service.learning.page import counts, learning_page, sections
from cds_service.learning.report import learning_report
from cds_service.learning.text import learning_lines
from cds_service.page_words import IN_ENGLISH, page_words
from cds_service.store.selection import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """Return the report on six usual weeks and one with a fault, and a comment that is markup."""
    line = stream.Stream(seed=5)
    line.weeks(6)
    line.weeks(1, stream.under_another_code)
    found = learning_report(line.caller.store.engine, Window(), "week", clock=lambda: line.at)
    comment = {"at": "2026-01-05", "topic": "weight-stale", "drug": "kadcyla", "reason": "", "card": "c"}
    change = {"at": "2026-02-16T00:00:00", "period": "2026-02-16", "what": "configuration", "before": "a", "after": "b"}
    found["comments"] = [
        {**comment, "comment": '<img src="https://evil.example/x.png"><script>document.title=1</script>'}
    ]
    found["changes"] = [{**change, "words": ["A weight older than 60 days instead of 30 days makes weight-stale fire"]}]
    return found


@pytest.fixture
def page(browser: Browser, report: dict[str, Any], tmp_path: Path) -> Iterator[Page]:
    """Yield the page in a browser that notes what it is asked for."""
    path = tmp_path / "report.html"
    path.write_text(learning_page(report, "her2-order-sign, all time"), encoding="utf-8")
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.goto(path.as_uri())
    yield opened
    opened.close()


def test_the_page_complies_with_accessibility_rules(page: Page) -> None:
    for each in page.locator("summary").all():
        each.click()
    assert not (found := inaccessible(page)), found


def test_the_page_loads_nothing_and_runs_no_script(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert page.title() == "What the cards teach"
    assert "<script>document.title=1</script>" in page.locator("table", has_text="Comment").last.inner_text()


def test_the_page_says_what_went_wrong_first_and_in_words(page: Page, report: dict[str, Any]) -> None:
    assert "lvef-missing, fired: loud" in page.locator(".alert").inner_text()
    assert page.locator("h3").first.inner_text() == "Orders of all drugs"
    assert "lvef" in page.locator("h3").nth(len(report["volume"]["charts"])).inner_text()
    assert page.locator("svg").count() == len(report["charts"]) + len(report["volume"]["charts"])
    assert page.locator("svg").first.get_attribute("role") == "img"
    drawn = page.locator("section", has=page.locator("h3", has_text="lvef-missing: fired")).locator("svg")
    assert "loud" in drawn.locator("text").all_text_contents()
    assert "loud in the period of 2026-02-16" in (drawn.locator("desc").text_content() or "")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_its_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_tables_are_reached_by_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_an_empty_record_still_gives_a_page() -> None:
    line = stream.Stream()
    empty = learning_report(line.caller.store.engine, Window(), "week")
    assert "Every topic fires as often as it used to" in learning_page(empty, "all time")


def test_a_page_reads_no_more_than_it_may_and_says_so() -> None:
    line = stream.Stream(seed=5)
    line.weeks(2)
    engine = line.caller.store.engine
    whole, most = learning_report(engine, Window(), "week"), stream.ORDERS_A_WEEK
    cut = learning_report(engine, Window(), "week", at_most=most)
    assert (whole["decisions"], cut["decisions"]) == (2 * most, most)
    assert whole["cut"] is None
    assert cut["charts"][0]["points"][0]["begin"] == whole["charts"][0]["points"][1]["begin"]
    assert sum(each["shown"] for each in cut["topics"]) == cut["cards"] < whole["cards"]
    assert f"Only the newest {most} decisions were read, from 2026-01-11 19:48 on." in counts(cut)
    assert "Only the newest" in "\n".join(learning_lines(cut))
    assert learning_report(engine, Window(), "week", at_most=2 * most) == whole


def test_a_page_of_the_service_lays_out_the_same_sections(report: dict[str, Any]) -> None:
    layout = stream.Stream().caller.app.jinja_env.get_template("sections.html").module
    written = layout.lay_out(sections(report), in_english)  # type: ignore[attr-defined]
    assert written.count("<svg ") == len(report["charts"]) + len(report["volume"]["charts"])
    assert "<script" not in written
    assert "&lt;script&gt;document.title=1" in written
    assert written in learning_page(report, "all time")


def test_the_page_names_reasons_topics_and_signals_in_its_language(report: dict[str, Any]) -> None:
    reasons = [{"topic": "lvef-missing", "reason": "Already done (action-completed)", "cards": 2}]
    share = {"share": 0.5, "interval95": [0.1, 0.9]}
    few = {**report, "reasons": [{**reasons[0], **share}], "charts": report["charts"][:1]}
    written = learning_page(few, "Alle Dienste.", page_words("de"))
    for part in (
        '<html lang="de">',
        "auffallend laut",
        "50 % (10 bis 90)",
        "(action-completed)",
        "je 100 Verordnungen",
    ):
        assert part in written
    assert "Already done" not in written
    assert "loud" not in written.partition("</style>")[2]


def test_a_long_list_shows_its_newest(report: dict[str, Any]) -> None:
    many = [{**report["comments"][0], "comment": f"number {number}"} for number in range(250)]
    shown = next(each for each in sections({**report, "comments": many, "charts": []}) if each.id == "comments")
    assert shown.table is not None
    assert [row[-1] for row in shown.table.rows] == [f"number {number}" for number in range(50, 250)]
    assert "newest 200 of 250 comments" in shown.text[0]


def fates(topic: str, week: str, accepted: int, overridden: int, shown: int, unknown: int = 0) -> dict[str, Any]:
    """Return what became of the cards of a topic in a week."""
    known = shown - unknown
    counts = {"accepted": accepted, "overridden": overridden, "ignored": known - accepted - overridden}
    outcomes = {
        name: {"cards": cards, "share": cards / known if known else None, "interval95": [0.1, 0.9]}
        for name, cards in counts.items()
    }
    return {"topic": topic, "week": week, "shown": shown, "unknown": unknown, "outcomes": outcomes}


def test_the_outcomes_of_cards_are_charted_if_they_are_known() -> None:
    weeks = [
        fates("a", "2026-01-12", 1, 2, shown=4),
        fates("b", "2026-01-12", 0, 1, shown=8, unknown=2),
        fates("a", "2026-01-05", 0, 0, shown=3, unknown=3),
    ]
    # Of 4 and 6 cards with a known outcome, 1 was accepted and 3 were overridden; nothing is known of the first week.
    assert page_module._by_week(weeks) == [Bar("2026-01-12", 10.0, 30.0)]
    assert page_module._overridden(weeks) == [Range("a", 0.5, 0.1, 0.9), Range("b", 1 / 6, 0.1, 0.9)]
    reasons = [{"reason": "Done", "cards": 2}, {"reason": "Other", "cards": 3}, {"reason": "Done", "cards": 2}]
    assert page_module._by_reason(reasons, IN_ENGLISH) == [Bar("Done", 4), Bar("Other", 3)]


def test_no_outcome_is_charted_if_none_is_known(report: dict[str, Any]) -> None:
    found = {each.id: each for each in sections(report)}
    assert [found[name].chart for name in ("fates", "reasons", "weeks")] == [None, None, None]
