"""Feedback: read entry by entry, kept once, kept as history, and answered with 200 only when it is stored."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from calls import SELECT, SIGN, Caller, call, troubled_prefetch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cds_service.protocol.feedback import BadEntry, read_feedback
from cds_service.store.feedback import current, history
from cds_service.store.tables import feedback

Json = dict[str, Any]
AT = "2026-11-20T10:00:00Z"
REASON = {"reason": {"code": "patient-contraindication", "system": "http://example.org"}}


@pytest.fixture
def caller(database_url: str) -> Caller:
    """Return a service with an empty database, of each kind in turn."""
    return Caller(database=database_url)


def overridden(card: str, at: str = AT, **more: Any) -> Json:
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": at, **more}


def accepted(card: str, suggestion: str, at: str = AT) -> Json:
    return {"card": card, "outcome": "accepted", "outcomeTimestamp": at, "acceptedSuggestions": [{"id": suggestion}]}


def send(caller: Caller, *entries: Any, service: str = SIGN) -> Any:
    return caller.client.post(f"/cds-services/{service}/feedback", json={"feedback": list(entries)})


def rows(caller: Caller) -> list[Any]:
    with caller.store.engine.connect() as connection:
        return list(connection.execute(select(feedback).order_by(feedback.c.id)))


def test_feedback_on_a_card_that_was_sent(caller: Caller) -> None:
    card = next(card for card in caller.post(call(prefetch=troubled_prefetch())).cards if "suggestions" in card)
    answer = send(caller, accepted(card["uuid"], card["suggestions"][0]["uuid"]))
    assert (answer.status_code, answer.json) == (200, {})
    (row,) = rows(caller)
    assert (row.card, row.known, row.outcome, row.service) == (card["uuid"], True, "accepted", SIGN)
    assert json.loads(row.content) == {"acceptedSuggestions": [card["suggestions"][0]["uuid"]]}


def test_feedback_on_an_unknown_card_is_stored_and_marked(caller: Caller) -> None:
    assert send(caller, overridden("nobody-knows-me")).status_code == 200
    assert [(row.card, row.known) for row in rows(caller)] == [("nobody-knows-me", False)]


def test_the_same_entry_again_is_the_same_entry(caller: Caller) -> None:
    for _ in range(3):
        assert send(caller, overridden("c-1", overrideReason=REASON), overridden("c-1")).status_code == 200
    assert len(rows(caller)) == 2
    send(caller, overridden("c-1"), service=SELECT)
    assert len(rows(caller)) == 3


def test_the_same_moment_in_another_time_zone_is_the_same_entry(caller: Caller) -> None:
    send(caller, overridden("c-1", "2026-11-20T10:00:00Z"), overridden("c-1", "2026-11-20T12:00:00.000+02:00"))
    assert len(rows(caller)) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_outcome_of_a_card_does_not_depend_on_the_order_of_arrival(order: tuple[int, ...]) -> None:
    caller = Caller()
    said = [
        overridden("c-1", "2026-11-20T10:00:00Z"),
        overridden("c-1", "2026-11-20T10:05:00Z", overrideReason={"userComment": "wait for the echo"}),
        accepted("c-1", "s-1", "2026-11-20T10:09:00Z"),
    ]
    for index in order:
        send(caller, said[index])
    kept = history(caller.store.engine, "c-1")
    assert [entry.outcome_at.minute for entry in kept] == [0, 5, 9]
    latest = current(kept)
    assert latest is not None
    assert latest.outcome == "accepted"
    assert current(history(caller.store.engine, "c-2")) is None


def test_a_reason_and_a_comment_are_kept(caller: Caller) -> None:
    reason = {"reason": {"code": "x", "system": "urn:y", "display": "Z"}, "userComment": "said \0 by\nphone"}
    assert send(caller, overridden("c-1", overrideReason=reason)).status_code == 200
    (row,) = rows(caller)
    assert json.loads(row.content)["overrideReason"] == {
        "code": "x",
        "system": "urn:y",
        "display": "Z",
        "comment": "said \0 by\nphone",
    }


@pytest.mark.parametrize("several", [[REASON], [REASON["reason"]], [REASON["reason"], {"code": "another"}]])
def test_a_list_of_reasons_is_read_as_its_first(several: list[Json]) -> None:
    caller = Caller()
    assert send(caller, overridden("c-1", overrideReasons=several)).status_code == 200
    (row,) = rows(caller)
    assert json.loads(row.content)["overrideReason"]["code"] == "patient-contraindication"


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        pytest.param(7, "feedback[1]", id="no object"),
        pytest.param({"outcome": "overridden", "outcomeTimestamp": AT}, "feedback[1].card", id="no card"),
        pytest.param(overridden(""), "feedback[1].card", id="an empty card"),
        pytest.param(overridden("c" * 257), "feedback[1].card", id="a long card"),
        pytest.param(overridden("c") | {"outcome": "ignored"}, "feedback[1].outcome", id="another outcome"),
        pytest.param({"card": "c", "outcomeTimestamp": AT}, "feedback[1].outcome", id="no outcome"),
        pytest.param({"card": "c", "outcome": "overridden"}, "feedback[1].outcomeTimestamp", id="no moment"),
        pytest.param(overridden("c", "yesterday"), "feedback[1].outcomeTimestamp", id="no moment in words"),
        pytest.param(overridden("c", "2026-11-20T10:00:00"), "feedback[1].outcomeTimestamp", id="no offset"),
        pytest.param(overridden("c", "0001-01-01T00:00:00+14:00"), "feedback[1].outcomeTimestamp", id="before time"),
        pytest.param(overridden("c") | {"outcome": "accepted"}, "feedback[1].acceptedSuggestions", id="accepted what"),
        pytest.param(
            accepted("c", "s") | {"acceptedSuggestions": ["s"]},
            "feedback[1].acceptedSuggestions[0]",
            id="a suggestion that is not an object",
        ),
        pytest.param(accepted("c", ""), "feedback[1].acceptedSuggestions[0].id", id="a suggestion without an id"),
        pytest.param(overridden("c", overrideReason=[]), "feedback[1].overrideReason", id="a reason that is a list"),
        pytest.param(
            overridden("c", overrideReason={"reason": "busy"}), "feedback[1].overrideReason.reason", id="no Coding"
        ),
        pytest.param(
            overridden("c", overrideReason={"userComment": "x" * 8001}),
            "feedback[1].overrideReason.userComment",
            id="a novel",
        ),
    ],
)
def test_a_refused_entry_is_named_and_the_others_are_stored(entry: Any, where: str) -> None:
    caller = Caller()
    answer = send(caller, overridden("good-1"), entry, overridden("good-2"))
    assert answer.status_code == 400
    assert [issue["expression"] for issue in answer.json["issue"]] == [[where]]
    assert [row.card for row in rows(caller)] == ["good-1", "good-2"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"{", "not-json", id="no JSON"),
        pytest.param(b"[]", "not-an-object", id="no object"),
        pytest.param(b"{}", "required", id="nothing"),
        pytest.param(b'{"feedback": []}', "required", id="an empty array"),
        pytest.param(b'{"feedback": {}}', "wrong-type", id="an object for the array"),
        pytest.param(json.dumps(overridden("c")).encode(), "required", id="an entry by itself, as CDS Hooks 1 had it"),
        pytest.param(json.dumps({"feedback": [overridden("c")] * 1001}).encode(), "too-long", id="too many"),
        pytest.param(b'{"feedback": ' + b"[" * 101, "not-json", id="too deep"),
        pytest.param(b'{"feedback": [{"card": "\xff"}]}', "not-json", id="no UTF-8"),
    ],
)
def test_a_body_that_cannot_be_taken(body: bytes, code: str) -> None:
    caller = Caller()
    answer = caller.send("POST", f"/cds-services/{SIGN}/feedback", data=body, content_type="application/json")
    assert (answer.status, answer.code) == (400, code)
    assert rows(caller) == []


def test_feedback_is_for_services_that_exist_and_in_json(service: Caller) -> None:
    path = f"/cds-services/{SIGN}/feedback"
    assert service.send("POST", "/cds-services/nope/feedback", json={"feedback": []}).status == 404
    assert service.send("POST", path, data=b"{}", content_type="text/plain").status == 415
    assert service.send("POST", path, data=b" " * (6 << 20), content_type="application/json").status == 413


def test_nothing_of_feedback_is_logged(log_lines: list[Any]) -> None:
    send(Caller(), overridden("MARK-card", overrideReason={"userComment": "MARK-comment"}), {"card": "MARK-bad"})
    assert "feedback_taken" in [line["event"] for line in log_lines]
    assert "MARK" not in str(log_lines)


_NAMES = ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason", "id", "reason"]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["accepted", "overridden", AT]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason", "id", "reason"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(body=_json | st.builds(lambda entries: {"feedback": entries}, st.lists(_json, min_size=1, max_size=4)))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_sent_is_read_or_refused_entry_by_entry(body: Any) -> None:
    try:
        good, bad = read_feedback(body)
    except BadEntry:
        return
    assert len(good) + len(bad) == len(body["feedback"])
    for entry in good:
        assert entry.at.utcoffset() is not None
        assert entry.digest(SIGN, None)
