"""What is worked out once for the orders of a plan is what each of them would be told by itself."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from unittest import mock

import msgspec
from builders import KNOWN, POLICY, RECOGNIZER, chart, days_ago, facts_of, given, order
from hypothesis import given as for_all
from hypothesis import strategies as st
from test_laws import charts

from cards import repeated_orders
from cards.engine import judge
from cards.facts.outcomes import Fired
from cards.facts.patient import TreatmentState
from cards.facts.session import Hook
from cards.facts.topics import Topic
from cards.rules import RULES
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from cards.facts.outcomes import Outcome, Verdict
    from cards.facts.session import Session
    from cards.readings.case import Case
    from cards.rules import Rule

DRUGS = {
    "Kadcyla": ["252 mg", "210 mg", "378 mg", "3.6 mg/kg", "150 mg"],
    "Enhertu": ["378 mg", "308 mg", "252 mg", "6.4 mg/kg"],
    "trastuzumab": ["420 mg", "560 mg", "140 mg", ""],
    "Perjeta": ["420 mg", "840 mg", "400 mg"],
    "Phesgo": ["600 mg", "1200 mg"],
    "tucatinib": ["300 mg"],
}


def one_by_one(session: Session) -> tuple[Verdict, ...]:
    """Judge with nothing shared between the orders."""
    with mock.patch.object(repeated_orders, "_may_be_repeated", return_value=False):
        return judge(session, RECOGNIZER, POLICY)


DAYS = st.sampled_from([-5, 0, 1, 2, 7, 14, 21, 42, 63, 300])
ORDERS = st.sampled_from(sorted(DRUGS)).flatmap(lambda drug: st.tuples(st.just(drug), st.sampled_from(DRUGS[drug])))
PLANS = st.tuples(ORDERS, st.lists(DAYS, min_size=2, max_size=5), st.lists(st.tuples(ORDERS, DAYS), max_size=2)).map(
    lambda drawn: [*((drawn[0], day) for day in drawn[1]), *drawn[2]]
)

RECENT = st.integers(0, 40)
CHARTS = charts() | st.builds(
    lambda weighed, measured, drawn, before, setting: chart(
        weight_days=weighed,
        lvef_on=days_ago(measured),
        labs=dict.fromkeys(("ast", "platelets"), drawn),
        history=(given("kadcyla", before, "3.6 mg/kg"), given("trastuzumab", before, "6 mg/kg")),
        setting=setting,
    ),
    RECENT,
    st.integers(0, 100),
    RECENT,
    RECENT,
    st.sampled_from(["metastatic", "early", None]),
)


@for_all(PLANS, CHARTS, st.sampled_from([Hook.SELECT, Hook.SIGN, Hook.DISPATCH]))
def test_what_is_shared_between_orders_changes_no_verdict(drawn, patient, hook) -> None:
    orders = [
        order(drug, *([dose] if dose else []), start=days_ago(-day), identifier=f"order-{number}")
        for number, ((drug, dose), day) in enumerate(drawn)
    ]
    session = facts_of(*orders, patient=patient, hook=hook)
    assert judge(session, RECOGNIZER, POLICY) == one_by_one(session)


def test_a_labeled_indication_that_begins_between_two_doses_counts_for_the_later_one() -> None:
    """The day decides which indications are in force: each order is judged by those of its own day."""
    since = max(row.since for product in KNOWN.products for row in product.eligibility if row.since is not None)
    plan = [
        order("Enhertu", "378 mg", start=since + timedelta(days=days), identifier=f"order-{days}")
        for days in (-21, 0, 21)
    ]
    session = facts_of(*plan, patient=chart(cancers=("breast",), setting="early"))
    assert judge(session, RECOGNIZER, POLICY) == one_by_one(session)


def test_an_order_beside_one_of_the_chart_is_judged_with_it() -> None:
    """Of three orders that say the same, one is the second bag of a dose of which the chart has the first."""
    plan = [order("Kadcyla", "126 mg", start=days_ago(-21 * n), identifier=f"order-{n}") for n in range(1, 4)]
    bag = msgspec.structs.replace(
        given("kadcyla", -42, state=TreatmentState.ACTIVE), dose=Mg(Decimal(126)), days=(days_ago(-42),)
    )
    session = facts_of(*plan, patient=chart(history=(bag,)))
    verdicts = judge(session, RECOGNIZER, POLICY)
    assert verdicts == one_by_one(session)
    fired = [
        each.order for each in verdicts if isinstance(each.outcome, Fired) and each.topic is Topic.DOSE_NOT_A_LEVEL
    ]
    assert [each.reference for each in fired if each] == ["MedicationRequest/order-1", "MedicationRequest/order-3"]


def test_the_rules_are_not_asked_again_on_orders_that_say_the_same() -> None:
    plan = [order("Kadcyla", "252 mg", start=days_ago(-21 * n), identifier=f"order-{n}") for n in range(8)]
    asked: list[str] = []

    def heard(rule: Rule) -> Rule:
        def judged(case: Case) -> Outcome:
            asked.append(str(rule.topic))
            return rule.judge(case)

        return dataclasses.replace(rule, judge=judged)

    rules = [heard(rule) for rule in RULES]
    judge(facts_of(*plan, patient=chart(history=(given("kadcyla", 21, "3.6 mg/kg"),))), RECOGNIZER, POLICY, rules=rules)
    assert asked.count("interval-too-short") == len(plan)
    # The first is today's; of the later ones the first answers for all.
    assert asked.count("her2-not-eligible") == 2


def test_what_a_rule_finds_names_its_own_order() -> None:
    plan = [order("Kadcyla", "400 mg", start=days_ago(-21 * n), identifier=f"order-{n}") for n in range(4)]
    found = [each for each in judge(facts_of(*plan), RECOGNIZER, POLICY) if each.topic is Topic.DOSE_ABOVE_MAXIMUM]
    assert all(isinstance(each.outcome, Fired) for each in found)
    assert [each.order.reference for each in found if each.order] == [each.origin.reference for each in plan]
    assert [each.outcome.evidence[0].origin.reference for each in found if isinstance(each.outcome, Fired)] == [
        each.origin.reference for each in plan
    ]
