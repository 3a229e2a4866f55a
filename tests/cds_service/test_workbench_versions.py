"""Versions on the pages of the workbench: from a draft to what clinicians see, by two people."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from bench import words
from calls import SIGN
from office import OLD_WEIGHT, SIXTY, Office
from policy_people import Watch
from sqlalchemy import func

from cds_service.store.store import open_store
from cds_service.store.tables import policy_contents

if TYPE_CHECKING:
    from cds_service.store.store import Store


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def test_a_version_goes_from_draft_to_what_clinicians_see_and_back(database_url: str) -> None:
    kept = open_store(database_url)
    _there_and_back(Office(kept))
    kept.close()


def test_a_form_with_text_that_a_database_refuses_is_accepted(database_url: str) -> None:
    kept = open_store(database_url)
    office = Office(kept)
    assert office.ada.send("/versions", title="One\0title").status_code == 302
    assert office.ada.revise(1, comment="One\0comment", **SIXTY).status_code == 302
    assert office.ada.step(1, "submitted", comment="\0").status_code == 302
    assert office.ada.get("/decisions", id="\0").status_code == 404
    assert "One␀title" in words(office.eve.get("/versions"))
    kept.close()


def _there_and_back(office: Office) -> None:
    assert office.shown() == ["weight-stale"]
    office.approved(**SIXTY)
    assert office.shown() == ["weight-stale"]
    assert office.ada.step(1, "published").status_code == 302
    assert office.shown() == []
    assert "Version 1, “Older weights”, is in force" in words(office.eve.get(""))
    topic = words(office.eve.get("/topics/weight-stale"))
    assert "weight_max_age_days : 60 days" in topic
    assert "version 1" in topic
    assert "published by Ada, informatics (made up): weight_max_age_days: 60 instead of as in the files" in topic
    assert office.ada.step(1, "retired", comment="Too old after all").status_code == 302
    assert office.shown() == ["weight-stale"]
    gone = "the configuration files alone, retired by Ada, informatics (made up): weight_max_age_days: as in the files"
    assert gone in words(office.eve.get("/topics/weight-stale"))
    assert "the files alone, " in words(office.eve.get(""))
    told = words(office.eve.get("/versions/1"))
    for step in ("drafted", "revised", "submitted", "approved by Ben", "published by Ada", "retired by Ada"):
        assert step in told


def test_a_decision_is_shown_with_the_version_that_it_was_made_by(office: Office) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "published")
    office.shown()
    answer = office.app.test_client().post(f"/cds-services/{SIGN}", json=OLD_WEIGHT)
    page = office.eve.get("/decisions", id=answer.headers["HER2-CDS-Decision"]).text
    assert '<a href="/workbench/versions/1">version 1</a>' in page


def test_a_page_says_what_a_version_changes(office: Office) -> None:
    office.approved(**SIXTY)
    page = words(office.eve.get("/versions/1"))
    assert "A weight older than 60 days instead of 30 days makes weight-stale fire" in page
    assert "weight-stale will fire less often" in page
    assert "weight-stale: a weight of thirty-one days ago" in page


def test_a_page_sends_back_the_last_step_of_its_version(office: Office) -> None:
    office.ada.send("/versions", title="Mine")
    for kind in ("submitted", "withdrawn"):
        seen = office.ada.seen_on_page(1)
        assert seen == office.ada.seen(1) != ""
        assert office.ada.step(1, kind, seen=seen).status_code == 302


def test_a_version_is_tried_on_the_newest_decisions(office: Office) -> None:
    office.shown()
    office.shown()
    office.approved(**SIXTY)
    page = words(office.eve.get("/versions/1", record="1"))
    assert "Of the newest 2 signed requests: 2 cards with what is in force, 0 with this version" in page
    assert "weight-stale 0 2 0" in page


def test_the_author_of_a_version_does_not_approve_it(office: Office) -> None:
    office.ada.send("/versions", title="Mine")
    office.ada.step(1, "submitted")
    answer = office.ada.step(1, "approved")
    assert answer.status_code == 403
    assert "only a person with the role reviewer may do this" in words(answer)
    assert "You wrote part of it, so somebody else has to approve it" in words(office.ada.get("/versions/1"))


@pytest.mark.parametrize(
    ("who", "kind", "status"),
    [
        pytest.param("eve", "withdrawn", 403, id="one who looks"),
        pytest.param("ben", "published", 403, id="a reviewer publishes"),
        pytest.param("ada", "published", 400, id="what nobody has approved"),
        pytest.param("ada", "drafted", 400, id="a draft of what is there"),
        pytest.param("ada", "made-up", 400, id="a nonexistent step"),
    ],
)
def test_a_step_is_refused_to(office: Office, who: str, kind: str, status: int) -> None:
    office.ada.send("/versions", title="Mine")
    assert getattr(office, who).step(1, kind, seen=office.ada.seen(1)).status_code == status
    assert "draft" in words(office.eve.get("/versions/1"))


def test_the_second_of_two_concurrent_steps_is_reported(office: Office) -> None:
    office.ada.send("/versions", title="Mine")
    seen = office.ada.seen(1)
    assert office.ada.revise(1, **SIXTY).status_code == 302
    answer = office.ada.send("/versions/1/steps", kind="submitted", seen=seen)
    assert answer.status_code == 409
    assert "Somebody else has changed this version meanwhile" in words(answer)
    assert office.ada.send("/versions/1/content", seen=seen, thresholds__weight_max_age_days="90").status_code == 409
    assert "older than 60 days" in words(office.ada.get("/versions/1"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"thresholds__weight_max_age_days": "4000"}, "must lie between 1 and 365", id="out of bounds"),
        pytest.param({"cards__weight-stale__mode": "loud"}, "cards.weight-stale.mode", id="a nonexistent mode"),
    ],
)
def test_a_draft_ignores_content_in_the_request(office: Office, fields, said: str) -> None:
    office.ada.send("/versions", title="Mine")
    answer = office.ada.revise(1, **fields)
    assert answer.status_code == 400
    assert said in words(answer)
    assert "Nothing: it says what is in force" in words(office.ada.get("/versions/1"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"effective_from": "2020-01-01T08:00"}, "cannot begin in the past", id="a start in the past"),
        pytest.param({"effective_until": "2020-01-01T08:00"}, "must end after it begins", id="an end before its start"),
        pytest.param({"effective_from": "tomorrow"}, "Write a time as", id="no time"),
    ],
)
def test_a_version_is_not_published_with(office: Office, fields, said: str) -> None:
    office.approved(**SIXTY)
    answer = office.ada.step(1, "published", **fields)
    assert answer.status_code == 400
    assert said in words(answer)
    assert office.shown() == ["weight-stale"]


def test_a_version_may_wait_for_its_time(office: Office) -> None:
    office.approved(**SIXTY)
    assert office.ada.step(1, "published", effective_from="2099-01-01T08:00").status_code == 302
    assert "scheduled" in words(office.eve.get("/versions/1"))
    assert "2099-01-01 08:00 UTC: version 1 comes into force" in words(office.eve.get("/versions"))
    assert office.shown() == ["weight-stale"]


def test_a_schedule_is_moved_but_not_the_start_of_what_has_begun(store: Store) -> None:
    watch = Watch()
    office = Office(store, watch)
    office.approved(**SIXTY)
    office.ada.step(1, "published", effective_from="2026-03-02T08:00", effective_until="2026-03-09T08:00")
    page = office.ada.get("/versions/1").text
    assert 'name="effective_from" type="datetime-local" value="2026-03-02T08:00"' in page
    assert office.ada.step(1, "moved", effective_from="2026-03-03T08:00").status_code == 400
    seen = office.ada.seen(1)
    assert office.ben.step(1, "moved", seen, comment="Later", effective_from="2026-03-03T08:00").status_code == 403
    moved = office.ada.step(1, "moved", comment="The clinic is closed", effective_from="2026-03-03T08:00")
    assert moved.status_code == 302
    assert "2026-03-03 08:00 UTC: version 1 comes into force" in words(office.eve.get("/versions"))
    watch.later(hours=24)
    assert "scheduled" in words(office.eve.get("/versions/1"))
    watch.later(hours=24)
    page = words(office.ada.get("/versions/1"))
    assert "moved by Ada, informatics (made up), 2026-03-01 12:00 UTC, from 2026-03-03 08:00 UTC" in page
    assert "Its start has passed and stays as it is" in page
    refused = office.ada.step(1, "moved", comment="Earlier", effective_from="2026-03-04T08:00")
    assert "it has begun, so only its end can be moved" in words(refused)
    office.ada.step(1, "moved", comment="Two days are enough", effective_until="2026-03-05T08:00")
    assert "from 2026-03-03 08:00 UTC until 2026-03-05 08:00 UTC" in words(office.eve.get("/versions"))
    watch.later(hours=48)
    assert "expired" in words(office.eve.get("/versions/1"))
    history = words(office.eve.get("/topics/weight-stale"))
    assert "2026-03-03 08:00 UTC: version 1 , published by Ada" in history
    assert history.count("instead of") == 2


def test_typed_changes_are_saved_when_sent_to_review(office: Office) -> None:
    office.ada.send("/versions", title="Mine", **{"from": "files"})
    assert office.ada.revise(1, comment="First try", then="submitted", **SIXTY).status_code == 302
    page = words(office.eve.get("/versions/1"))
    assert "review" in page
    assert "A weight older than 60 days instead of 30 days" in page
    assert "revised by Ada" in page
    office.ben.step(1, "returned", comment="Sixty is too long")
    assert office.ada.revise(1, comment="As it is", then="submitted", **SIXTY).status_code == 302
    page = words(office.eve.get("/versions/1"))
    assert page.count("revised by Ada") == 1
    assert "“As it is”" in page


@pytest.mark.parametrize("then", ["", "submitted"])
def test_typed_text_is_shown_again_when_refused(office: Office, then: str) -> None:
    office.ada.send("/versions", title="Mine")
    seen = office.ada.seen(1)
    wrong = {"thresholds__weight_max_age_days": "4000", "cards__ild-active__owner": "Pharmacy & <ward>"}
    answer = office.ada.revise(1, then=then, **wrong)
    assert answer.status_code == 400
    assert 'value="4000"' in answer.text
    assert 'value="Pharmacy &amp; &lt;ward&gt;"' in answer.text
    office.ada.revise(1, **SIXTY)
    conflict = office.ada.send("/versions/1/content", seen=seen, then=then, thresholds__weight_max_age_days="77")
    assert conflict.status_code == 409
    assert 'value="77"' in conflict.text
    assert "What you typed is still in the form, and is not saved" in words(conflict)


def test_an_older_version_is_reused_as_a_draft(office: Office) -> None:
    office.approved(**SIXTY)
    answer = office.ada.send("/versions", **{"from": "1"})
    assert answer.headers["Location"] == "/workbench/versions/2"
    page = words(office.ada.get("/versions/2"))
    assert "from version 1" in page
    assert "older than 60 days" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"title": ""}, "give it a title", id="no title"),
        pytest.param({"title": "x" * 201}, "give it a title", id="too long a title"),
        pytest.param({"from": "77"}, "There is no such version", id="a nonexistent version"),
    ],
)
def test_no_version_begins_with(office: Office, fields, said: str) -> None:
    answer = office.ada.send("/versions", **fields)
    assert answer.status_code == 400
    assert said in words(answer)


def test_a_draft_begins_with_what_is_in_force_or_with_the_files_alone(office: Office) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "published")
    office.shown()
    office.ada.send("/versions", title="From what is in force")
    office.ada.send("/versions", title="From the files", **{"from": "files"})
    assert "Nothing: it says what is in force" in words(office.ada.get("/versions/2"))
    assert "older than 30 days instead of 60 days" in words(office.ada.get("/versions/3"))


def test_a_version_can_be_exported_as_a_file(office: Office) -> None:
    office.approved(**SIXTY, **{"cards__weight-stale__owner": "Pharmacy"})
    answer = office.eve.get("/versions/1.yaml")
    assert answer.content_type == "application/yaml; charset=utf-8"
    assert answer.text == "cards:\n  weight-stale:\n    owner: Pharmacy\nthresholds:\n  weight_max_age_days: 60\n"


def test_the_editor_shows_what_a_draft_says(office: Office) -> None:
    office.ada.send("/versions", title="Mine")
    office.ada.revise(1, **SIXTY, **{"cards__ild-active__mode": "shadow", "shadow__lab_max_age_days": "10"})
    page = office.ada.get("/versions/1").text
    assert 'name="thresholds.weight_max_age_days" inputmode="decimal" maxlength="20"' in page
    for field in ('value="60"', 'value="10"', '<option value="shadow" selected>'):
        assert page.count(field) == 1


def test_no_form_input_becomes_markup(office: Office) -> None:
    office.ada.send("/versions", title="<script>alert(1)</script>")
    office.ada.revise(1, comment="<b>bold</b>", **{"cards__ild-active__owner": "<i>me</i>"})
    for path in ("/versions", "/versions/1", "/topics/ild-active"):
        page = office.ada.get(path).text
        assert "<script>alert(1)" not in page
        assert "<b>bold" not in page
        assert "<i>me" not in page


ODD_NUMBERS = ["²", "9" * 5000, "-1", "1e3", "", "0"]


@pytest.mark.parametrize("odd", ODD_NUMBERS)
def test_an_odd_number_in_a_form_is_not_a_number(office: Office, odd: str) -> None:
    office.ada.send("/versions", title="Mine")
    assert office.ada.send("/versions/1/steps", kind="submitted", seen=odd).status_code == 409
    assert office.ada.send("/versions/1/content", seen=odd, **SIXTY).status_code == 409
    assert office.ada.get("/shadow", topic="weight-stale", seed=odd, days=odd).status_code == 200
    assert office.ada.send("/versions", **{"from": odd}).status_code == 400


def test_a_time_with_an_offset_is_read_with_its_offset(office: Office) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "published", effective_from="2099-01-01T08:00+02:00")
    assert "from 2099-01-01 06:00" in words(office.eve.get("/versions/1"))


def refuse(store: Store, number: str) -> None:
    """Make a content what another release, with wider bounds, has published."""
    column = policy_contents.c.content
    with store.engine.begin() as connection:
        connection.execute(policy_contents.update().values(content=func.replace(column, number, f"{number}00")))


REFUSED = (
    "is published, and this release does not accept it: version 1: thresholds.weight_max_age_days: must lie between"
)


def test_what_an_older_release_published_and_this_one_does_not_take_is_reported(office: Office, store: Store) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "published")
    refuse(store, "60")
    assert office.shown() == ["weight-stale"]
    for path in ("", "/versions", "/preview", "/versions/1"):
        answer = office.eve.get(path)
        assert answer.status_code == 200
        page = words(answer)
        assert f"Version 1 {REFUSED}" in page
        assert "Here the configuration files alone are in force until another version is published" in page
        assert "ersion 1 is in force" not in page
        assert "”, is in force" not in page


def test_other_versions_show_what_they_change_while_one_is_refused(office: Office, store: Store) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "published")
    office.shown()
    office.ada.send("/versions", title="Later", **{"from": "files"})
    office.ada.revise(2, thresholds__weight_max_age_days="90")
    # This process already uses version 1 and keeps it; a process started now uses only the files.
    refuse(store, "60")
    page = words(office.ada.get("/versions/2", record="1"))
    assert f"Version 1 {REFUSED}" in page
    assert "Here version 1 stays in force" in page
    assert "A weight older than 90 days instead of 60 days makes weight-stale fire" in page
    afresh = Office(store)
    assert afresh.shown() == ["weight-stale"]
    page = words(afresh.eve.get("/versions/2", record="1"))
    assert "Here the configuration files alone are in force" in page
    assert "A weight older than 90 days instead of 30 days makes weight-stale fire" in page
    assert "cases of the rules get other cards" in page
    assert "Of the newest 2 signed requests: 2 cards with what is in force, 0 with this version" in page
    tried = words(afresh.eve.send("/preview", case="weight-stale-fired-1", thresholds__weight_max_age_days="90"))
    assert "older than 90 days instead of 30 days" in tried


def test_no_version_begins_with_one_that_is_refused(office: Office, store: Store) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "published")
    refuse(store, "60")
    answer = office.ada.send("/versions", title="On top of it")
    assert answer.status_code == 409
    assert "This release does not accept version 1. Begin with the files or an older version." in words(answer)
    assert office.ada.send("/versions", title="From the files", **{"from": "files"}).status_code == 302


def test_the_learning_page_names_the_version_that_came_into_force(office: Office) -> None:
    office.shown()
    office.approved(**SIXTY)
    office.ada.step(1, "published")
    office.shown()
    page = words(office.eve.get("/learning"))
    assert "2 decisions on 2 orders, 1 card shown" in page
    assert "version 1 instead of no version; A weight older than 60 days instead of 30 days" in page


PAGES = ("", "/topics/weight-stale", "/topics/ild-active", "/versions", "/preview", "/shadow", "/learning")


def test_every_page_answers_whatever_state_versions_are_in(store: Store) -> None:
    watch = Watch()
    office = Office(store, watch)
    ends = (watch.time + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    for number, when in enumerate(({}, {"effective_until": ends}, {"effective_from": "2090-01-01T00:00"}), 1):
        office.ada.send("/versions", title=f"Version of day {number}")
        mode = {"cards__ild-active__mode": "shadow"}
        office.ada.revise(number, thresholds__weight_max_age_days=str(40 + number), **mode)
        office.ada.step(number, "submitted")
        office.ben.step(number, "approved")
        assert office.ada.step(number, "published", **when).status_code == 302
    on_trial = (("ada", "submitted"), ("ben", "approved"), ("ada", "trial-begun"))
    taken = ((), (("ada", "withdrawn"),), (("ada", "submitted"), ("ben", "returned")), on_trial)
    for number, steps in enumerate(taken, 4):
        office.ada.send("/versions", title="A draft")
        for who, kind in steps:
            assert getattr(office, who).step(number, kind, comment="Why").status_code == 302
    office.ada.send("/versions", **{"from": "2"})
    _all_answer(office)
    assert words(office.eve.get("/versions/2")).count("live") == 1
    watch.later(hours=2)
    _all_answer(office)
    assert "expired" in words(office.eve.get("/versions/2"))
    assert "version 1 , ended by the clock" in words(office.eve.get("/topics/weight-stale"))
    office.ada.step(1, "retired", comment="Why")
    _all_answer(office)
    assert "the configuration files alone, retired by Ada" in words(office.eve.get("/topics/weight-stale"))


def _all_answer(office: Office) -> None:
    for seat in (office.ada, office.ben, office.eve):
        for page in (*PAGES, *(f"/versions/{number}" for number in range(1, 9))):
            assert seat.get(page, record="1").status_code == 200, page
