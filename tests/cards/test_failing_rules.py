"""A rule that raises an exception: the others answer, and the card on what was not checked names it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from builders import KNOWN, POLICY, RECOGNIZER, TODAY, chart, facts_of, order, outcome_of

from cards.engine import judge
from cards.facts.outcomes import CannotTell, Clear, Fired, Outcome, Verdict
from cards.facts.session import Hook
from cards.facts.topics import Topic, TopicCode
from cards.failures import is_failure
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording
from cards.readings.case import Case
from cards.rules import RULES, Rule

NEXT_MONTH = TODAY + timedelta(days=40)


def fails(_: Case) -> Outcome:
    msg = "the chart says 3+"
    raise LookupError(msg)


def with_failing(*topics: Topic) -> tuple[Rule, ...]:
    return tuple(
        Rule(rule.topic, fails, rule.before_identity, rule.on_view) if rule.topic in topics else rule for rule in RULES
    )


def judged(*topics: Topic, heard: list[TopicCode] | None = None, **more: object) -> tuple[Verdict, ...]:
    told = heard if heard is not None else []
    session = facts_of(order("Kadcyla", "300 mg", **more), patient=chart())  # type: ignore[arg-type]
    return judge(
        session, RECOGNIZER, POLICY, rules=with_failing(*topics), on_failure=lambda topic, _: told.append(topic)
    )


def test_the_other_rules_still_answer() -> None:
    heard: list[TopicCode] = []
    verdicts = judged(Topic.LVEF_HOLD, heard=heard)
    assert heard == [Topic.LVEF_HOLD]
    assert isinstance(outcome_of(Topic.DOSE_ABOVE_MAXIMUM, verdicts), Fired)
    assert isinstance(outcome_of(Topic.LVEF_MISSING, verdicts), Clear)
    assert is_failure(outcome_of(Topic.LVEF_HOLD, verdicts))


def test_the_card_names_each_check_in_plain_words() -> None:
    verdicts = judged(Topic.LVEF_HOLD, Topic.ILD_ACTIVE)
    told = next(each for each in verdicts if each.topic is Topic.CHECKS_INCOMPLETE)
    card = Renderer(default_wording(), KNOWN, {}).card(told, "hook-instance")
    assert card is not None
    assert card.indicator == "warning"
    for topic in (Topic.LVEF_HOLD, Topic.ILD_ACTIVE):
        assert default_wording().topics[topic].display in card.detail
        assert str(topic) not in card.detail
    assert "internal error" in card.detail
    assert "3+" not in card.detail


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.topic))
def test_any_rule_may_fail(rule: Rule) -> None:
    verdicts = judged(rule.topic)
    assert isinstance(outcome_of(rule.topic, verdicts), CannotTell)
    others = [each for each in verdicts if each.topic not in (rule.topic, Topic.CHECKS_INCOMPLETE)]
    as_usual = [each for each in judged() if each.topic not in (rule.topic, Topic.CHECKS_INCOMPLETE)]
    assert others == as_usual


def test_a_check_of_a_later_dose_that_failed_is_not_put_off() -> None:
    verdicts = judged(Topic.LVEF_MISSING, start=NEXT_MONTH)
    assert is_failure(outcome_of(Topic.LVEF_MISSING, verdicts))
    assert any(each.topic is Topic.CHECKS_INCOMPLETE for each in verdicts)


def test_a_part_of_the_chart_that_is_absent_does_not_hide_a_failure() -> None:
    patient = msgspec.structs.replace(chart(), absent=(("lvef", "refused"),))
    session = facts_of(order("Kadcyla", "252 mg"), patient=patient)
    rules = with_failing(Topic.LVEF_MISSING)
    verdicts = judge(session, RECOGNIZER, POLICY, rules=rules, on_failure=lambda *_: None)
    assert is_failure(outcome_of(Topic.LVEF_MISSING, verdicts))


@pytest.mark.parametrize(("drug", "dose", "said"), [("Perjeta", "840 mg", []), ("Kadcyla", "252 mg", ["Kadcyla"])])
def test_weights_that_are_not_to_be_had_are_said_of_a_dose_by_weight(drug: str, dose: str, said: list[str]) -> None:
    patient = msgspec.structs.replace(chart(), weights=(), absent=(("weight", "refused"),))
    verdicts = judge(facts_of(order(drug, dose), patient=patient), RECOGNIZER, POLICY)
    assert [each.drug for each in verdicts if each.topic is Topic.CHECKS_INCOMPLETE] == said


def test_without_a_listener_the_exception_is_raised() -> None:
    session = facts_of(order("Kadcyla", "252 mg"), patient=chart(), hook=Hook.SIGN)
    with pytest.raises(LookupError):
        judge(session, RECOGNIZER, POLICY, rules=with_failing(Topic.LVEF_HOLD))
