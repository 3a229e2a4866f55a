"""The report of a month for a committee: its figures, its page in a browser, its PDF and its tables."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
import servers
import stream
from bench import EVE, Seat
from browser import inaccessible
from calls import SIGN
from command_line import run
from policy_people import BOB, published

from cds_service.audit.committee import committee_report, month_in, month_of
from cds_service.audit.committee_page import committee_page, committee_sections, committee_tables, zipped
from cds_service.audit.effects import Counted, _topics
from cds_service.charts.csv_tables import csv_tables, spreadsheet_text
from cds_service.charts.pdf import as_pdf, can_print
from cds_service.charts.sections import Section, Table
from cds_service.configuration.settings import Settings
from cds_service.page_words import page_sentences, page_words
from cds_service.policies.library import Library
from cds_service.policies.publication import Publication
from cds_service.policies.stops import StopKind
from cds_service.store.selection import Window

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

COMMENT = '<script>document.title="taken"</script> Hepatology: chronic'
SETTINGS = {"site": {"timezone": "America/New_York"}, "workbench": {"sign_in": "local"}}
MONTH = "2026-02"


class Site:
    """Nine weeks of orders, in the seventh of which an older weight is allowed and a topic is stopped."""

    def __init__(self, folder: Path) -> None:
        """Send them."""
        self.database = f"sqlite:///{folder / 'her2.sqlite3'}"
        self.line = stream.Stream(Settings.model_validate(SETTINGS), seed=5, database=self.database)
        library = Library(self.line.caller.store.engine, lambda: self.line.at)
        publication = Publication(library, self.line.caller.app.extensions["her2_cds"])
        self.line.weeks(6)
        published(library, "thresholds: {weight_max_age_days: 60}", "Older weights")
        library.stops.step(BOB, "lvef-hold", StopKind.STOPPED, "The echo lab has another scale")
        publication.look()
        self.line.weeks(2)
        self.overridden = self._override()

    def _override(self) -> list[str]:
        """Override every critical card of one more order, and give their ids."""
        request = self.line._request()
        request["prefetch"]["labs"] = stream.bundle(*_high())
        client = self.line.caller.client
        # The EHR sends the call twice, and so gets each card twice.
        for _ in range(2):
            answer = client.post(f"/cds-services/{SIGN}", json=stream._as_of(request, self.line.at.date()))
        cards = [each["uuid"] for each in answer.get_json()["cards"] if each["indicator"] == "critical"]
        reason = {"reason": {"code": "expert-contradicts"}, "userComment": COMMENT}
        entries = [
            {
                "card": each,
                "outcome": "overridden",
                "overrideReason": reason,
                "outcomeTimestamp": self.line.at.isoformat(),
            }
            for each in cards
        ]
        assert client.post(f"/cds-services/{SIGN}/feedback", json={"feedback": entries}).status_code == 200
        self.line.at += timedelta(hours=1)
        return cards

    def report(self, month: str = MONTH) -> dict[str, Any]:
        """Report on a month."""
        asked = month_in(month, "America/New_York")
        return committee_report(self.line.caller.store.engine, Window(service=SIGN), asked, clock=lambda: self.line.at)


def _high() -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = stream.labs()
    results[0]["valueQuantity"]["value"] = 250
    return results


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def report(site: Site) -> dict[str, Any]:
    return site.report("2026-03")


@pytest.fixture(scope="module")
def page(report: dict[str, Any]) -> str:
    return committee_page(report, committee_sections(report), "her2-order-sign. Made today.")


def test_the_figures_of_a_month_match_its_decisions(site: Site) -> None:
    found = site.report()
    # From midnight in New York on the first of February to midnight on the first of March: four weeks of forty.
    assert (found["orders"], found["decisions"], found["isOver"]) == (160, 160, True)
    assert sum(each["cards"] for each in found["byTopic"]) == found["cards"]
    fired = next(each for each in found["byTopic"] if each["topic"] == "liver-tests-hold")
    assert fired["per100"] == round(100 * fired["orders"] / 160, 1)
    assert [each["topic"] for each in found["stopped"]] == ["lvef-hold"]
    assert found["stopped"][0]["unseen"] > 0


def test_a_change_is_reported_with_its_effect(site: Site) -> None:
    (change,) = site.report()["effects"]
    topics = {each["topic"]: each["moved"] for each in change["topics"]}
    assert topics["weight-stale"] == "fewer"
    assert "lvef-hold stopped by Bob: The echo lab has another scale" in change["words"]
    assert change["ordersBefore"] == 4 * stream.ORDERS_A_WEEK


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        pytest.param((200, 20), (200, 21), "no clear difference", id="named and the same"),
        pytest.param((200, 2), (200, 40), "more", id="more"),
        pytest.param((200, 40), (200, 2), "fewer", id="fewer"),
        pytest.param((19, 10), (200, 2), None, id="too few orders before"),
        pytest.param((200, 10), (19, 2), None, id="too few orders after"),
    ],
)
def test_what_a_change_did(before: tuple[int, int], after: tuple[int, int], moved: str | None) -> None:
    then, now = (Counted(orders, {"weight-stale": hits}, {}, {}) for orders, hits in (before, after))  # type: ignore[arg-type]
    found = [each["moved"] for each in _topics(then, now, "makes weight-stale fire")]
    assert found == ([moved] if moved else [])


def test_overridden_critical_cards_are_looked_at_first(site: Site, report: dict[str, Any]) -> None:
    assert report["criticalOverridden"] == len(site.overridden) > 0
    assert len(report["cases"]) == len(site.overridden)
    first = report["cases"][0]
    assert (first["why"], first["comment"]) == ("critical, overridden", COMMENT)
    assert first["reason"] == "Expert advice says otherwise"
    assert not report["isOver"]


def test_the_page_is_self_contained_and_usable(browser: Browser, page: str, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(path.as_uri())
    assert [url for url in asked if not url.startswith("file:")] == []
    assert opened.title() == "HER2 order checks in March 2026"
    assert opened.locator("h2").all_inner_texts()[:2] == ["Stopped in an emergency", "Cases to look at first"]
    assert COMMENT in opened.locator("table").first.inner_text()
    assert opened.locator("svg").count() > 1
    assert not (found := inaccessible(opened)), found
    for width in (360, 1280):
        opened.set_viewport_size({"width": width, "height": 800})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.context.close()


def test_the_pdf_is_the_same_page(page: str, tmp_path: Path) -> None:
    if not can_print():
        servers.lacking("WeasyPrint (her2-cds[charts]) and Pango")
    printed = as_pdf(page.replace("</main>", '<img src="file:///etc/hostname" alt="x"></main>'))
    assert printed is not None
    assert printed.startswith(b"%PDF-")
    if shutil.which("pdftotext"):
        file = tmp_path / "report.pdf"
        file.write_bytes(printed)
        text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, check=True, timeout=60)  # noqa: S603, S607
        first = text.stdout.decode().split("\f")[0]
        for said in ("HER2 order checks in March 2026", "Cases to look at first", "What changed, and what it did"):
            assert said in first, "a month on one page"


def test_no_spreadsheet_reads_a_table_as_formulas(report: dict[str, Any]) -> None:
    tables = dict(committee_tables(committee_sections(report)))
    rows = list(csv.DictReader(io.StringIO(tables["comments.csv"])))
    assert {each["Comment"] for each in rows} == {COMMENT}
    assert {"cases.csv", "topics-all.csv", "effects.csv", "reasons.csv"} <= tables.keys()
    with zipfile.ZipFile(io.BytesIO(zipped(list(tables.items())))) as archive:
        assert sorted(archive.namelist()) == sorted(tables)
        assert archive.read("comments.csv").startswith(b"\xef\xbb\xbfDay,")
    odd = Section("odd", "", table=Table("", ["a"], [["=1+1"], [-1], ["@x"], ['say "a", b\n']]))
    ((name, text),) = csv_tables([odd])
    assert (name, text) == ("odd.csv", 'a\r\n\'=1+1\r\n-1\r\n\'@x\r\n"say ""a"", b\n"\r\n')
    assert spreadsheet_text("-5") == "'-5"


def test_the_command_writes_the_page_and_the_tables(site: Site, tmp_path: Path) -> None:
    variables = {"HER2_CDS_DATABASE": site.database, "HER2_CDS_SITE__TIMEZONE": "America/New_York"}

    def written(*arguments: str) -> Any:
        return run("record", "report", "--out", tmp_path / "out", *arguments, env=variables)

    done = written("--month", MONTH)
    assert done.exit_code == 0, done.output
    assert "HER2 order checks in February 2026" in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert (tmp_path / "out" / "report.pdf").exists() == can_print()
    assert (tmp_path / "out" / "tables" / "topics-all.csv").exists()
    assert written("--month", "2026-13").exit_code == 2
    nothing = written("--month", "2020-01")
    assert nothing.exit_code == 2
    assert "no decisions of her2-order-sign" in nothing.stderr


@pytest.mark.parametrize(("language", "title"), [("de", "im Februar 2026"), ("es", "en febrero de 2026")])
def test_the_report_is_in_the_language_that_is_asked_for(site: Site, language: str, title: str) -> None:
    seat = Seat(site.line.caller.app.test_client()).sign_in(EVE)
    answer = seat.browser.get("/workbench/report", query_string={"month": MONTH}, headers={"Accept-Language": language})
    assert answer.headers["Content-Language"] == language
    page = answer.text.partition("</style>")[2]
    assert f'<html lang="{language}">' in answer.text
    assert title in page
    said = {unescape(text).strip() for text in re.findall(r">([^<>]+)<", page)}
    words = page_words(language)
    english = {each for each in page_sentences() if words.plain(each) != each}
    assert said & english == set()


def test_the_workbench_gives_the_report(site: Site) -> None:
    seat = Seat(site.line.caller.app.test_client()).sign_in(EVE)
    found = seat.get("/report", month=MONTH)
    assert (found.status_code, found.headers["Content-Disposition"]) == (
        200,
        'attachment; filename="her2-2026-02.html"',
    )
    assert seat.get("/report", month=MONTH, format="csv").data.startswith(b"PK")
    assert seat.get("/report", month=MONTH, format="pdf").status_code == (200 if can_print() else 501)
    assert [seat.get("/report", month=odd).status_code for odd in ("", "2026-2", "0000-01", "2020-01")] == [
        400,
        400,
        400,
        200,
    ]
    said = seat.get("/report", month="2020-01", format="csv").text
    assert "No decision of her2-order-sign is on record in 2020-01. There are some from " in said
    assert seat.get("/report", month=MONTH, format="exe").status_code == 404
    stranger = site.line.caller.app.test_client()
    assert stranger.get("/workbench/report", query_string={"month": MONTH}).status_code == 302


def test_the_workbench_offers_a_month_that_has_decisions(site: Site) -> None:
    seat = Seat(site.line.caller.app.test_client()).sign_in(EVE)
    form = seat.get("/learning").text.partition('id="month"')[2].partition("</form>")[0]
    assert f'value="{MONTH}"' in form
    assert "disabled" not in form
    empty = seat.get("/learning", service="her2-coverage").text.partition('id="month"')[2].partition("</form>")[0]
    assert empty.count("disabled") == 3 + can_print()
    assert "There is no month to report" in empty


def test_a_month_is_one_of_the_site() -> None:
    month = month_in("2026-12", "America/New_York")
    assert month.begin == datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert (month.end, month.before_or_after(-12).name) == (datetime(2027, 1, 1, 5, tzinfo=UTC), "2025-12")
    assert month_of(datetime(2026, 12, 1, 4, tzinfo=UTC), "America/New_York").name == "2026-11"
