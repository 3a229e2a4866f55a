"""A rule, a reader or a button that raises an exception over HTTP: the rest is answered, told, logged and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from calls import COVERAGE, SIGN, VIEW, Caller, call, order

import cards.rules
from cards.billing.units_rule import BillingUnits
from cards.facts.topics import Topic
from cards.rules import RULES, Rule
from cds_service.audit.explain import explain
from cds_service.decisions import failures
from cds_service.web.hooks import DECISION_HEADER
from fhir_mappings.medications.actions import ActionWriter
from fhir_mappings.patient.conditions import ConditionReader

if TYPE_CHECKING:
    from structlog.typing import EventDict

SECRET = "Mrs. Lovelace"  # noqa: S105 - what no log may say


def fails(*_: Any) -> Any:
    raise LookupError(SECRET)


@pytest.fixture
def caller(monkeypatch: pytest.MonkeyPatch, failures_as_in_service: None) -> Caller:  # noqa: ARG001
    rules = tuple(
        Rule(each.topic, fails, each.before_identity, each.on_view) if each.topic is Topic.LVEF_HOLD else each
        for each in RULES
    )
    monkeypatch.setattr(cards.rules, "RULES", rules)
    monkeypatch.setattr(cards.rules, "RULES_ON_VIEW", tuple(each for each in rules if each.on_view))
    return Caller()


def incomplete(answer: Any) -> Any:
    return answer.card("checks-incomplete")


def failed(lines: list[EventDict]) -> list[EventDict]:
    return [line for line in lines if line["event"] == "check_failed"]


def test_the_other_cards_are_given_and_the_check_is_named(caller: Caller, log_lines: list[EventDict]) -> None:
    answer = caller.post(call(orders=[order(400)]))
    assert answer.topics[0] == "dose-above-maximum"
    card = incomplete(answer)
    assert card["indicator"] == "warning"
    assert "internal error" in card["detail"]
    (line,) = failed(log_lines)
    assert line["check"] == "lvef-hold"
    assert line["error"] == "LookupError"
    assert line["traceback"][-1].endswith(" fails")
    assert SECRET not in str(log_lines)
    assert SECRET not in answer.raw.decode()
    assert b'her2_cds_failed_total{part="lvef-hold"}' in caller.client.get("/metrics").data


def test_it_is_on_record_and_explained(caller: Caller) -> None:
    answer = caller.post(call())
    found = explain(caller.store.engine, answer.headers[DECISION_HEADER])
    assert found is not None
    (check,) = [each for each in found["checks"] if each["topic"] == "lvef-hold"]
    assert check["outcome"] == "could-not-check"
    assert "internal error" in check["missing"][0]


def test_an_opened_chart_reports_it(caller: Caller) -> None:
    assert "internal error" in incomplete(caller.post(call(VIEW), VIEW))["detail"]


@pytest.mark.usefixtures("failures_as_in_service")
def test_a_failing_billing_rule_fails_alone(monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]) -> None:
    monkeypatch.setattr(BillingUnits, "judge", fails)
    answer = Caller().post(call(COVERAGE), COVERAGE)
    assert "billing-summary" in answer.topics
    assert "internal error" in incomplete(answer)["detail"]
    assert [line["check"] for line in failed(log_lines)] == ["billing-units-mismatch"]


@pytest.mark.usefixtures("failures_as_in_service")
def test_a_resource_that_fails_to_be_read_is_set_aside(
    monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    monkeypatch.setattr(ConditionReader, "read", fails)
    answer = Caller().post(call(orders=[order(400)]))
    assert "dose-above-maximum" in answer.topics
    card = incomplete(answer)
    assert card["indicator"] == "warning"
    assert "internal error" in card["detail"]
    assert failed(log_lines)[0]["check"] == "chart"
    assert SECRET not in str(log_lines)


@pytest.mark.usefixtures("failures_as_in_service")
def test_a_card_is_shown_without_the_button_that_fails(
    monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    monkeypatch.setattr(ActionWriter, "actions", fails)
    (card,) = Caller().post(call(orders=[order(400)]), SIGN).cards
    assert card["source"]["topic"]["code"] == "dose-above-maximum"
    assert "suggestions" not in card
    assert failed(log_lines)[0]["check"] == "suggestion"


def test_the_tests_of_the_service_raise_what_fails() -> None:
    with pytest.raises(LookupError):
        failures.part_failed("chart", LookupError())
