"""A version on trial, on the pages of the workbench: begun, read, reviewed and ended there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bench import words
from calls import SIGN
from office import OLD_WEIGHT, SIXTY, Office

from cds_service.configuration.loading import load_settings
from cds_service.policies.library import Library
from cds_service.policies.lifecycle import StepKind, VersionState
from cds_service.store.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.store.store import Store

ONE_DAY = {"thresholds__weight_max_age_days": "1"}
OFF = {"cards__weight-stale__mode": "off"}


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def test_a_version_is_put_on_trial_read_and_ended_on_its_pages(database_url: str) -> None:
    kept = open_store(database_url)
    _there_and_back(Office(kept))
    kept.close()


def _there_and_back(office: Office) -> None:
    office.approved(**SIXTY)
    assert "Put on trial" in words(office.ada.get("/versions/1"))
    assert office.ada.step(1, "trial-begun", comment="Four weeks").status_code == 302
    assert [office.shown(), office.shown()] == [["weight-stale"]] * 2
    page = words(office.eve.get("/versions/1"))
    assert "on trial · written by Ada" in page
    assert (
        "begun by Ada, informatics (made up). Each order is evaluated with it too, and nobody sees its cards." in page
    )
    assert "trial begun by Ada, informatics (made up)" in page
    assert "“Four weeks”" in page
    assert "Version 1 is on trial: each order is evaluated with it too" in words(office.eve.get("/versions"))
    assert "Version 1 is on trial." in words(office.eve.get(""))
    found = words(office.eve.get("/shadow"))
    assert "Version 1 , “Older weights”, is on trial since" in found
    assert "Decisions of her2-order-sign evaluated with it in these 28 days: 2 ." in found
    assert "New to clinicians 0, gone for clinicians 2, shown now 2" in found
    assert "0 of 2 orders: 0.0 per 100" in found
    assert office.ada.step(1, "trial-ended").status_code == 302
    assert office.shown() == ["weight-stale"]
    page = words(office.ada.get("/versions/1"))
    assert "trial ended by Ada" in page
    assert "Put on trial" in page
    found = words(office.eve.get("/shadow", version="1"))
    assert "Version 1 was on trial. Decisions of her2-order-sign evaluated with it in these 28 days: 2 ." in found
    assert "gone for clinicians 2" in found
    assert "was on trial" not in words(office.eve.get("/shadow"))


def test_cases_of_a_version_on_trial_are_reviewed(office: Office) -> None:
    office.approved(**OFF)
    office.ada.step(1, "published")
    office.approved(2, **ONE_DAY)
    office.ada.step(2, "trial-begun")
    assert office.shown() == []
    page = office.ben.get("/shadow", topic="weight-stale", version="2").text
    assert "is 45 days old" in page
    decision = page.split('name="decision" value="', 1)[1].split('"', 1)[0]
    fields = {"decision": decision, "topic": "weight-stale", "verdict": "right", "version": "2"}
    sent = office.ben.send("/shadow/reviews", **fields)
    assert sent.headers["Location"] == "/workbench/shadow?topic=weight-stale&seed=1&version=2"
    assert "1 right, 0 wrong" in words(office.ben.get("/shadow", version="2"))
    assert "Mode: live instead of off" in words(office.ben.get("/shadow", version="2"))
    opened = office.ben.get("/decisions", id=decision)
    assert "Version 2 , on trial beside it, would show: weight-stale" in words(opened)


def test_a_second_version_is_not_put_on_trial(office: Office) -> None:
    office.approved(**SIXTY)
    office.approved(2, **OFF)
    office.ada.step(1, "trial-begun")
    page = words(office.ada.get("/versions/2"))
    assert "Version 1 is on trial. Only one can be: end its trial to try this one." in page
    assert "Put on trial" not in page
    answer = office.ada.step(2, "trial-begun")
    assert answer.status_code == 400
    assert "version 1 is on trial; end that trial first." in words(answer)


@pytest.mark.parametrize("who", ["ben", "eve"])
def test_only_a_publisher_begins_and_ends_a_trial(office: Office, who: str) -> None:
    office.approved(**SIXTY)
    seat = getattr(office, who)
    assert seat.step(1, "trial-begun", seen=office.ada.seen(1)).status_code == 403
    office.ada.step(1, "trial-begun")
    page = words(seat.get("/versions/1"))
    assert "End the trial" not in page
    assert "A publisher puts it in force or ends its trial." in page
    assert seat.step(1, "trial-ended", seen=office.ada.seen(1)).status_code == 403
    assert "on trial" in words(office.eve.get("/versions"))


def test_publishing_from_a_trial_ends_it(office: Office) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "trial-begun")
    assert "Its trial ends now." in words(office.ada.get("/versions/1"))
    assert office.shown() == ["weight-stale"]
    assert office.ada.step(1, "published").status_code == 302
    assert office.shown() == []
    assert "is on trial" not in words(office.eve.get("/versions"))
    assert "evaluated with it" not in words(office.eve.get("/shadow"))


def test_the_page_says_if_a_trial_has_no_decisions_or_changed_nothing(office: Office) -> None:
    office.approved(thresholds__lab_max_age_days="15")
    office.ada.step(1, "trial-begun")
    assert "evaluated with it in these 28 days: 0 . None has come in yet." in words(office.eve.get("/shadow"))
    office.shown()
    page = words(office.eve.get("/shadow"))
    assert "evaluated with it in these 28 days: 1 . It would have changed none of them." in page
    assert "nothing was on trial" not in page


@pytest.mark.parametrize("asked", ["9", "-1", "²", "x", "99999999999999999999"])
def test_an_untried_version_shows_the_one_on_trial(office: Office, asked: str) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "trial-begun")
    assert "Version 1 , “Older weights”, is on trial" in words(office.eve.get("/shadow", version=asked))


def test_topics_in_the_shadow_stay_available_while_a_version_is_on_trial(store: Store) -> None:
    office = Office(store, cards={"weight-stale": {"mode": "shadow"}})
    office.shown()
    office.approved(**SIXTY)
    office.ada.step(1, "trial-begun")
    assert "weight-stale" not in words(office.eve.get("/shadow"))
    assert "1 of 1 orders" in words(office.eve.get("/shadow", version="0"))


def test_a_page_says_that_thresholds_wait_for_the_end_of_a_trial(store: Store) -> None:
    office = Office(store, shadow={"thresholds": {"lab_max_age_days": 3}})
    office.approved(**SIXTY)
    office.ada.step(1, "trial-begun")
    said = "Thresholds in the shadow are left aside until its trial ends: lab_max_age_days."
    for path in ("/versions/1", "/shadow"):
        assert said in words(office.eve.get(path))


def test_a_page_says_that_a_file_is_tried_before_a_version(store: Store, tmp_path: Path) -> None:
    (tmp_path / "trial.yaml").write_text("thresholds: {weight_max_age_days: 1}", encoding="utf-8")
    (tmp_path / "site.yaml").write_text(
        "workbench: {sign_in: local}\nshadow: {configuration: trial.yaml}", encoding="utf-8"
    )
    office = Office(store, given=load_settings(tmp_path / "site.yaml", {}))
    office.approved(**SIXTY)
    office.ada.step(1, "trial-begun")
    office.shown()
    for path in ("/versions/1", "/shadow"):
        page = words(office.eve.get(path))
        assert "It is not tried here. The configuration file here tries another file (shadow.configuration)" in page
    assert "evaluated with it in these 28 days: 0 ." in words(office.eve.get("/shadow"))


def test_a_page_says_that_this_release_does_not_take_what_is_on_trial(office: Office, store: Store) -> None:
    office.approved(**SIXTY)
    office.ada.step(1, "trial-begun")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE policy_contents SET content = replace(content, '60', '6000')")
    assert office.shown() == ["weight-stale"]
    for path in ("/versions/1", "/shadow"):
        answer = office.ada.get(path)
        assert answer.status_code == 200
        page = words(answer)
        assert (
            "It is not tried here. This release does not accept it: version 1: thresholds.weight_max_age_days" in page
        )
    assert office.ada.step(1, "trial-ended").status_code == 302


def test_answers_of_the_service_name_no_trial(office: Office) -> None:
    path = f"/cds-services/{SIGN}"
    before = office.app.test_client().post(path, json=OLD_WEIGHT)
    office.approved(**OFF)
    office.ada.step(1, "trial-begun")
    office.shown()
    after = office.app.test_client().post(path, json=OLD_WEIGHT)
    assert after.data == before.data
    assert [name for name, _ in after.headers] == [name for name, _ in before.headers]
    version = Library(office.store.engine).version(1)
    assert (version.state, version.last.kind) == (VersionState.ON_TRIAL, StepKind.TRIAL_BEGUN)
