"""A part of a page that fails: its place says so, the others are shown, and the log has no word of the chart."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from bench import ADA, Seat, bench, words
from calls import Caller, clean_prefetch, dose_given, order
from smart_ehr import CLIENT, SmartEhr
from test_failing_steps import SECRET, broken

from cds_service.configuration.settings import Settings
from cds_service.store.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structlog.typing import EventDict
    from werkzeug.test import TestResponse

NOT_SHOWN = "This could not be shown: an internal error"
PAGE_NOT_SHOWN = "This page could not be shown"
NOT_CHECKED = "Not checked: an internal error. Check the orders yourself."
NOT_WHOLE = "An internal error kept part of the chart from being read."


class Part(NamedTuple):
    """A part of a page of the workbench: where it is made, and what of the page is still there."""

    path: str
    place: str
    still: str


BENCH = "cds_service.workbench."
PARTS = (
    Part("", BENCH + "access:stopped_now", "Last change"),
    Part("", BENCH + "topic_pages:families", "What each kind of card does now"),
    Part("", BENCH + "topic_pages:changes_of", "What each kind of card does now"),
    Part("", BENCH + "topic_pages:on_trial", "Last change"),
    Part("", BENCH + "topic_pages:refused", "Last change"),
    Part("/topics/lvef-hold", BENCH + "topic_pages:typical_card", "Stop this topic now"),
    Part("/topics/lvef-hold", BENCH + "topic_pages:changes_of", "Stop this topic now"),
    Part("/topics/lvef-hold", BENCH + "topic_pages:emergency", "The card of its typical case"),
    Part("/topics/lvef-hold", BENCH + "topic_pages:specimens", "Stop this topic now"),
    Part("/rules", BENCH + "rule_pages:rule_views", "Build a rule"),
    Part("/sources", BENCH + "source_pages:sources_by_drug", "To compare with the public files"),
    Part("/preview", BENCH + "preview_pages:previewer_for", "Paste a request"),
    Part("/preview", BENCH + "preview_pages:families", "Paste a request"),
    Part("/versions", "cds_service.policies.library:Library.versions", "Begin a version"),
    Part("/versions", BENCH + "version_pages:on_trial", "All versions"),
    Part("/versions/1", BENCH + "version_pages:_effect", "What was done"),
    Part("/versions/1", BENCH + "version_pages:_settles", "What was done"),
    Part("/versions/1", BENCH + "version_pages:threshold_rows", "What was done"),
    Part("/shadow", BENCH + "trial_pages:promotion_report", "In the shadow"),
    Part("/learning", BENCH + "learning_pages:learning_report", "A month for a committee"),
    Part("/decisions", BENCH + "decision_pages:listed", "Card of topic"),
)


@pytest.fixture(scope="module")
def seat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    """Yield somebody who may write, before a workbench with a draft."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('pages')}/her2-cds.sqlite3")
    ada = Seat(bench(store)).sign_in(ADA)
    assert ada.send("/versions", title="Made up", **{"from": "files"}).status_code == 302
    yield ada
    store.close()


def assert_logged_as_part(lines: list[EventDict], part: str = "page") -> None:
    failed = [line for line in lines if line["event"] == "check_failed"]
    assert {line["check"] for line in failed} == {part}
    assert all(line["error"] == "LookupError" and line["traceback"] for line in failed)
    assert SECRET not in str(lines)


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.path} {part.place.rpartition(':')[2]}")
def test_a_failing_part_of_the_workbench_fails_alone(
    part: Part, seat: Seat, monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    broken(monkeypatch, part.place)
    answer = seat.get(part.path)
    said = words(answer)
    assert answer.status_code == 200
    assert NOT_SHOWN in said
    assert part.still in said
    assert SECRET not in said
    assert_logged_as_part(log_lines)


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize(
    ("path", "place", "frame"),
    [
        ("/topics/lvef-hold", BENCH + "topic_pages:topic_row", "Sign out"),
        ("/topics/lvef-hold", BENCH + "access:words_of_request", PAGE_NOT_SHOWN),
        ("/topics/lvef-hold", "cds_service.web.pages:words_of_request", PAGE_NOT_SHOWN),
        ("/topics/lvef-hold", BENCH + "sessions:signed_in", PAGE_NOT_SHOWN),
    ],
)
def test_a_page_that_fails_answers_with_a_page(
    path: str, place: str, frame: str, seat: Seat, monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    broken(monkeypatch, place)
    answer = seat.get(path)
    assert answer.status_code == 500
    assert f"The id of this request is {answer.headers['X-Request-ID']}." in words(answer)
    assert answer.content_type.startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert PAGE_NOT_SHOWN in words(answer)
    assert frame in words(answer)
    assert_logged_as_part(log_lines)


@pytest.mark.usefixtures("failures_as_in_service")
def test_the_order_screen_that_cannot_be_shown_says_so_as_a_page(
    service: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "cds_service.web.tryit:read_scenarios")
    answer = service.client.get("/", headers={"Accept-Language": "de"})
    assert answer.status_code == 500
    assert answer.headers["Content-Language"] == "de"
    assert "Diese Seite" in answer.text


# The timeline


def chart() -> list[dict[str, Any]]:
    """Return a chart with an order above the maximum and a dose that was given."""
    lists = [each for each in clean_prefetch().values() if each["resourceType"] == "Bundle"]
    held = [entry["resource"] for each in lists for entry in each.get("entry", ())]
    return [clean_prefetch()["patient"], *held, dose_given(21), order(400) | {"status": "active"}]


@pytest.fixture(scope="module")
def ehr() -> Iterator[SmartEhr]:
    """Yield an EHR."""
    server = SmartEhr(chart())
    yield server
    server.close()


@pytest.fixture(scope="module")
def app(ehr: SmartEhr) -> Caller:
    """Return a service that the EHR may launch."""
    return Caller(Settings.model_validate({"smart": {"servers": [{"iss": ehr.iss, "client_id": CLIENT}]}}))


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def time_line(app: Caller, ehr: SmartEhr) -> TestResponse:
    """Launch the app, and return the page with the chart."""
    begun = app.client.get("/smart/launch", query_string={"iss": ehr.iss, "launch": "l-1"})
    try:
        urllib.request.build_opener(_Stays).open(begun.headers["Location"], timeout=10)
    except urllib.request.HTTPError as redirected:
        back = urlsplit(redirected.headers["Location"])
    return app.client.get(f"{back.path}?{back.query}")


REVIEW = "cds_service.smart.review:"
TIME_LINE: tuple[tuple[str, str, list[str], list[str]], ...] = (
    # What is read: unread data never looks absent, and an unfinished check never looks clear.
    (REVIEW + "Reviewer._answers", "smart", [NOT_WHOLE, "Not checked"], []),
    ("fhir_mappings.request.chart:ChartReader.patient", "smart", [NOT_WHOLE, NOT_CHECKED], ["Kadcyla"]),
    ("fhir_mappings.request.chart:ChartReader.orders", "smart", [NOT_WHOLE, NOT_CHECKED], ["HER2 in tissue"]),
    ("fhir_mappings.patient.conditions:ConditionReader.read", "chart", [NOT_WHOLE], ["above the maximum"]),
    (REVIEW + "judge", "smart", [NOT_WHOLE, NOT_CHECKED], ["Doses", "HER2 in tissue"]),
    (REVIEW + "Reviewer._cases", "smart", [NOT_WHOLE], ["above the maximum"]),
    (REVIEW + "name_of", "smart", [NOT_WHOLE], ["above the maximum", "Doses"]),
    ("cards.engine:_judged", "order", ["please check"], ["Doses"]),
    # What is shown
    ("cds_service.web.smart:course", "page", [NOT_SHOWN], ["above the maximum"]),
    ("cds_service.web.smart:draw", "page", [NOT_SHOWN], ["1 dose given", "above the maximum"]),
    ("cds_service.web.smart:TimeAxis", "page", [NOT_SHOWN], ["1 dose given", "above the maximum"]),
    ("cds_service.web.smart:html", "page", [NOT_SHOWN], ["Doses", "above the maximum"]),
)


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize("row", TIME_LINE, ids=[each[0] for each in TIME_LINE])
def test_a_failing_part_of_the_timeline_fails_alone(
    row: tuple[str, str, list[str], list[str]],
    app: Caller,
    ehr: SmartEhr,
    monkeypatch: pytest.MonkeyPatch,
    log_lines: list[EventDict],
) -> None:
    place, part, told, still = row
    broken(monkeypatch, place)
    answer = time_line(app, ehr)
    said = words(answer)
    assert answer.status_code == 200, said
    assert all(each in said for each in (*told, *still)), said
    assert "no cards." not in said
    assert "No HER2-targeted drug" not in said
    assert SECRET not in said
    assert_logged_as_part(log_lines, part)


@pytest.mark.usefixtures("failures_as_in_service")
def test_a_failed_launch_answers_with_a_page(app: Caller, ehr: SmartEhr, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "cds_service.smart.exchange:redeem")
    answer = time_line(app, ehr)
    assert answer.status_code == 500
    assert PAGE_NOT_SHOWN in words(answer)
    assert SECRET not in words(answer)


def test_nothing_fails_unless_a_test_makes_it_fail(app: Caller, ehr: SmartEhr) -> None:
    said = words(time_line(app, ehr))
    assert "above the maximum" in said
    assert not any(each in said for each in (NOT_SHOWN, NOT_WHOLE, NOT_CHECKED))
