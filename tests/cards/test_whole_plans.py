"""Whole plans: which findings share a card, in what order cards stand, what is offered, and what waits for its day."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from builders import COVERAGE_RULES, KNOWN, POLICY, RECOGNIZER, TODAY, chart, days_ago, facts_of, given, order
from cases_coverage import LOUISIANA, billed
from hypothesis import given as for_all
from hypothesis import strategies as st
from test_laws import charts

from cards.engine import judge
from cards.facts.order import DoseUnit
from cards.facts.outcomes import Fired, HoldOrder, Indicator, OrderTests, RemoveOrder, SetDose
from cards.facts.patient import TreatmentState
from cards.facts.policy import PlannedDoses
from cards.facts.session import Hook
from cards.facts.topics import Topic
from cards.presentation.grouping import grouped
from cards.presentation.renderer import Renderer
from cards.presentation.urgency import Urgency, indicator_of
from cards.presentation.wording import default_wording
from cards.suggestion_checks import without_harmful_removals
from cards.values.quantities import Mg

if TYPE_CHECKING:
    from cards.facts.order import DrugOrder
    from cards.facts.patient import Patient, Treatment
    from cards.facts.session import Session
    from cards.presentation.card import Card
    from cards.presentation.grouping import CardContent

WORDING = default_wording()
RENDERER = Renderer(WORDING, KNOWN, {})
EVERY = dataclasses.replace(POLICY, planned_doses=PlannedDoses.EVERY)


def told(session: Session, policy=POLICY) -> tuple[CardContent, ...]:
    verdicts = judge(session, RECOGNIZER, policy)
    fired = [each for each in verdicts if isinstance(each.outcome, Fired)]
    contents = grouped(verdicts, fired, session, policy, WORDING)
    return without_harmful_removals(contents, session, RECOGNIZER, policy, WORDING)


def plan(drug: str = "Kadcyla", dose: str = "252 mg", cycles: int = 6, first: int = 0) -> tuple[DrugOrder, ...]:
    return tuple(
        order(drug, dose, start=days_ago(-first - 21 * cycle), identifier=f"cycle-{cycle}") for cycle in range(cycles)
    )


def cards(*orders: DrugOrder, patient: Patient | None = None, policy=POLICY) -> list[Card]:
    return [RENDERER.card_of(each, "x") for each in told(facts_of(*orders, patient=patient), policy)]


def topics(found: list[Card]) -> list[tuple[str, str]]:
    return [(str(card.indicator), str(card.topic)) for card in found]


def test_six_right_cycles_have_one_dated_card() -> None:
    (card,) = cards(*plan())
    assert (card.indicator, card.topic) == (Indicator.INFO, Topic.MONITORING_PLANNED)
    assert "By 2026-12-13" in card.detail
    assert "Orders:" not in card.detail
    assert card.suggestions == ()


def test_a_birthday_within_the_course_leaves_its_coverage_criteria_on_one_card() -> None:
    born = (TODAY + timedelta(days=50)).replace(year=1961)
    session = facts_of(*plan(), patient=chart(born=born), billing=billed(payer=LOUISIANA))
    verdicts = judge(session, RECOGNIZER, POLICY, rules=COVERAGE_RULES)
    fired = [each for each in verdicts if each.topic is Topic.COVERAGE_CRITERIA]
    (content,) = grouped(verdicts, fired, session, POLICY, WORDING)
    assert RENDERER.card_of(content, "x").summary.endswith("(6 orders)")


def test_right_cycles_in_which_every_dose_is_asked_for() -> None:
    found = cards(*plan(), policy=EVERY)
    assert len({card.topic for card in found}) == len(found)
    assert Topic.MONITORING_PLANNED not in {card.topic for card in found}
    assert Topic.LIVER_TESTS_MISSING in {card.topic for card in found}


def test_a_dose_too_high_in_every_cycle_gets_one_card_that_corrects_all() -> None:
    card = next(card for card in cards(*plan(dose="400 mg")) if card.topic is Topic.DOSE_ABOVE_MAXIMUM)
    assert card.summary.endswith("(6 orders)")
    (suggestion,) = card.suggestions
    assert [origin.reference for origin, _ in suggestion.changes] == [f"MedicationRequest/cycle-{n}" for n in range(6)]
    assert suggestion.label == "Change Kadcyla to 252 mg (6 orders, 2026-11-22 to 2027-03-07)"


def test_one_wrong_cycle_of_six_is_named_by_its_day() -> None:
    third = order("Kadcyla", "400 mg", start=days_ago(-42), identifier="cycle-2")
    orders = (*plan(cycles=2), third)
    card = next(card for card in cards(*orders) if card.topic is Topic.DOSE_ABOVE_MAXIMUM)
    assert [suggestion.label for suggestion in card.suggestions] == ["Change Kadcyla to 252 mg (2027-01-03)"]
    assert "Order: 2027-01-03" in card.detail


def test_the_id_of_a_card_is_that_of_its_topic_and_orders() -> None:
    one, again = (cards(*plan(dose="400 mg")) for _ in range(2))
    turned = cards(*reversed(plan(dose="400 mg")))
    assert [card.uuid for card in one] == [card.uuid for card in again] == [card.uuid for card in turned]
    assert one[0].uuid != cards(*plan(dose="400 mg", cycles=5))[0].uuid


def test_two_products_that_want_one_test_share_a_card() -> None:
    orders = (order("trastuzumab", "420 mg"), order("Perjeta", "420 mg", identifier="order-2"))
    history = (given("trastuzumab", 21, "6 mg/kg"), given("pertuzumab", 21, "420 mg"))
    found = cards(*orders, patient=chart(lvef=None, history=history))
    assert topics(found) == [("warning", "lvef-missing")]
    assert "Trastuzumab and Perjeta" in found[0].summary
    (suggestion,) = found[0].suggestions
    assert [fix.concepts for _, fix in suggestion.changes] == [("lvef",)]


STOPPED = chart(values={"ast": "9 ULN", "bilirubin-total": "3 ULN"}, lvef="35", baseline="60", weight_days=60)


def test_what_ends_treatment_stands_first_and_nothing_beside_it_offers_a_dose() -> None:
    found = told(facts_of(order("Kadcyla", "400 mg"), patient=STOPPED))
    assert [each.lead.topic for each in found] == [Topic.LIVER_TESTS_DISCONTINUE, Topic.DOSE_ABOVE_MAXIMUM]
    assert {each.topic for each in found[0].folded} == {Topic.LVEF_HOLD, Topic.WEIGHT_STALE}
    rendered = [RENDERER.card_of(each, "x") for each in found]
    assert "LVEF 35 %" in rendered[0].detail
    assert not [s for card in rendered for s in card.suggestions if "Change" in s.label]


def test_a_line_on_a_stop_card_says_where_it_is_from_and_that_it_is_not_verified() -> None:
    history = (given("pertuzumab", 21, "420 mg"),)
    pregnant = chart(lvef="35", baseline="60", history=history, pregnancy_test=(True, 1))
    (card,) = cards(order("Perjeta", "420 mg"), patient=pregnant)
    assert (card.indicator, card.topic) == (Indicator.CRITICAL, Topic.PREGNANCY_POSITIVE)
    assert "- Perjeta: hold, LVEF 35 % (verify: not yet confirmed in the current label)" in card.detail
    assert "left ventricular dysfunction" in card.detail


def test_a_hold_removes_the_next_dose_and_a_discontinuation_all_orders() -> None:
    (hold,) = (
        card for card in cards(*plan(), patient=chart(values={"ast": "6 ULN"})) if card.topic is Topic.LIVER_TESTS_HOLD
    )
    assert [suggestion.label for suggestion in hold.suggestions] == ["Remove Kadcyla (2026-11-22)"]
    stop = cards(*plan(), patient=STOPPED)[0]
    assert stop.suggestions[0].label == "Remove Kadcyla (6 orders, 2026-11-22 to 2027-03-07)"
    assert "For later doses" in hold.detail
    assert "For later doses" not in stop.detail


@pytest.mark.parametrize("days", [0, 7, 8, 40])
def test_a_current_problem_holds_the_next_dose_however_far_off(days) -> None:
    found = cards(order("Kadcyla", "252 mg", start=days_ago(-days)), patient=chart(values={"ast": "6 ULN"}))
    assert ("critical", "liver-tests-hold") in topics(found)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, []), (6, []), (7, ["liver-tests-missing", "blood-count-missing"]), (8, ["monitoring-planned"])],
)
def test_tests_are_asked_for_when_the_dose_is_near(days, expected) -> None:
    found = cards(order("Kadcyla", "252 mg", start=days_ago(-days)))
    assert [str(card.topic) for card in found] == expected


def test_an_earlier_order_of_the_chart_is_the_next_dose() -> None:
    later = order("Kadcyla", "252 mg", start=days_ago(-5))
    active = given("kadcyla", -1, state=TreatmentState.ACTIVE)
    old = dict.fromkeys(("ast", "alt", "bilirubin-total", "platelets"), 20)
    alone = {card.topic for card in cards(later, patient=chart(labs=old))}
    behind = {card.topic for card in cards(later, patient=chart(labs=old, history=(active,)))}
    assert Topic.LIVER_TESTS_MISSING in alone
    assert Topic.LIVER_TESTS_MISSING not in behind
    assert Topic.MONITORING_PLANNED in behind


@pytest.mark.parametrize(
    ("drug", "dose", "days", "interval"),
    [
        ("trastuzumab", "420 mg", 14, "21"),
        ("trastuzumab", "420 mg", 19, None),
        ("trastuzumab", "140 mg", 7, None),
        ("trastuzumab", "140 mg", 4, "7"),
        ("trastuzumab", "", 14, None),
        ("Kadcyla", "252 mg", 14, "21"),
    ],
)
def test_the_level_of_an_order_says_how_far_off_the_next_one_must_be(drug, dose, days, interval) -> None:
    """Trastuzumab has a weekly and a three-weekly schedule; an order of days alone names neither."""
    history = (given(drug.lower(), days, dose),) if dose else ()
    orders = [
        order(drug, *([dose] if dose else []), start=days_ago(-days * n), interval=None, identifier=f"cycle-{n}")
        for n in range(4)
    ]
    found = [each for each in cards(*orders, patient=chart(history=history)) if each.topic is Topic.INTERVAL_TOO_SHORT]
    assert [f"{interval} days" in card.summary for card in found] == ([True] if interval else [])


def test_what_later_doses_of_another_drug_need_is_a_line_with_its_name() -> None:
    enhertu = [order("Enhertu", "378 mg", start=days_ago(-21 * n), identifier=f"cycle-{n}") for n in range(2)]
    (card,) = cards(*enhertu, order("Kadcyla", "252 mg", identifier="order-9"))
    assert card.topic is Topic.HER2_AGENTS_COMBINED
    assert "- Enhertu: By 2026-12-13: neutrophils, platelets" in card.detail.replace("\\", "")


def test_the_plan_counts_towards_the_cycles() -> None:
    history = tuple(given("kadcyla", 21 * n, "3.6 mg/kg") for n in range(1, 13))
    patient = chart(history=history, setting="early")
    card = next(card for card in cards(*plan(cycles=4), patient=patient) if card.topic is Topic.CYCLE_LIMIT_REACHED)
    assert [origin.reference for origin, _ in card.suggestions[0].changes] == [
        "MedicationRequest/cycle-2",
        "MedicationRequest/cycle-3",
    ]


@pytest.mark.parametrize(("first", "expected"), [("Phesgo", []), ("Kadcyla", ["reload-required"])])
def test_a_planned_dose_of_the_same_antibody_closes_the_gap_before_a_later_one(first, expected) -> None:
    """Pertuzumab goes on after Phesgo; a drug without the antibody does not stand in for it."""
    orders = (order(first, "1200 mg", identifier="order-1"), order("Perjeta", "420 mg", start=days_ago(-28)))
    found = told(facts_of(*orders, patient=chart(history=(given("pertuzumab", 21, "420 mg"),))))
    fired = [each.topic for content in found for each in content.all_verdicts]
    assert [str(topic) for topic in fired if topic is Topic.RELOAD_REQUIRED] == expected


def test_either_of_two_drugs_that_are_kept_apart_may_go_whatever_their_order() -> None:
    kadcyla, other = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg", identifier="order-2")
    labels = []
    for orders in ((kadcyla, other), (other, kadcyla)):
        card = next(card for card in cards(*orders) if card.topic is Topic.HER2_AGENTS_COMBINED)
        labels.append({suggestion.label for suggestion in card.suggestions})
    assert labels == [{"Remove Kadcyla", "Remove Enhertu"}] * 2


def test_no_part_of_a_dose_is_removed_where_the_rest_would_be_a_wrong_dose() -> None:
    """Two orders make 6.4 mg/kg and a little more; what the other leaves is a dose of Kadcyla."""
    patient = chart(weight="82.9", cancers=())
    pair = [order("Enhertu", dose, identifier=f"order-{dose[0]}") for dose in ("252 mg", "3.6 mg/kg")]
    (card,) = [each for each in cards(*pair, patient=patient) if each.topic is Topic.DUPLICATE_ORDER]
    assert card.suggestions == ()


def test_removing_a_rival_removes_all_its_orders() -> None:
    two = [order("Kadcyla", "252 mg", start=days_ago(-21 * n), identifier=f"order-{2 * n}") for n in range(2)]
    for identifier in ("order-1", "order-3"):
        found = cards(*two, order("Enhertu", "378 mg", identifier=identifier))
        (card,) = [card for card in found if card.topic is Topic.HER2_AGENTS_COMBINED]
        changed = {suggestion.label: len(suggestion.changes) for suggestion in card.suggestions}
        assert changed == {"Remove Enhertu": 1, "Remove Kadcyla (2026-11-22, 2026-12-13)": 2}


def test_the_gravest_of_two_combinations_is_reported() -> None:
    """Margenza beside Enhertu is a warning, trastuzumab beside it is not."""
    drugs = (("Margenza", "1050 mg"), ("trastuzumab", "420 mg"), ("Enhertu", "378 mg"))
    three = [order(drug, dose, identifier=f"order-{n}") for n, (drug, dose) in enumerate(drugs)]
    card = next(each for each in cards(*three) if each.topic is Topic.HER2_AGENTS_COMBINED)
    assert card.indicator is Indicator.CRITICAL
    assert "trastuzumab" in card.summary.lower()


def test_every_topic_has_its_place_among_what_harms() -> None:
    assert set(WORDING.places) == {*Topic}
    assert len(WORDING.harm) == len(WORDING.places)


# --- Laws ----------------------------------------------------------------------------------------------------

ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["Kadcyla", "Enhertu", "trastuzumab", "Perjeta", "Phesgo", "Margenza"]),
        st.sampled_from(["150 mg", "252 mg", "378 mg", "400 mg", "420 mg", "3.6 mg/kg", "5.4 mg/kg", "840 mg", ""]),
        st.sampled_from([-5, 0, 3, 14, 21, 42]),
        st.sampled_from([(), ("J9354",), ("J9358",), ("J9308",)]),
    ),
    min_size=1,
    max_size=4,
).map(
    lambda drawn: [
        order(drug, *([dose] if dose else []), start=days_ago(-day), hcpcs=codes, identifier=f"order-{n}")
        for n, (drug, dose, day, codes) in enumerate(drawn)
    ]
)


@for_all(ORDERS, charts(), st.sampled_from([Hook.SELECT, Hook.SIGN, Hook.DISPATCH]))
def test_every_finding_is_reported_once_and_the_urgent_ones_first(orders, patient, hook) -> None:
    session = facts_of(*orders, patient=patient, hook=hook)
    verdicts = judge(session, RECOGNIZER, POLICY)
    found = told(session)
    fired = sorted((str(v.topic), v.order.path if v.order else "") for v in verdicts if isinstance(v.outcome, Fired))
    assert fired == sorted((str(v.topic), v.order.path if v.order else "") for each in found for v in each.all_verdicts)
    assert [each.urgency for each in found] == sorted(each.urgency for each in found)
    keys = [(each.lead.topic, each.lead.product) for each in found]
    assert len(keys) == len(set(keys))


@for_all(ORDERS, charts())
def test_no_card_offers_a_dose_of_a_drug_that_must_not_be_given(orders, patient) -> None:
    found = told(facts_of(*orders, patient=patient))
    stopped = {each.lead.product for each in found if each.urgency in (Urgency.DISCONTINUE, Urgency.HOLD)}
    for each in found:
        for verdict in each.verdicts:
            if verdict.product in stopped and isinstance(verdict.outcome, Fired):
                assert not any(isinstance(fix, SetDose) for fix in verdict.outcome.fixes)


def standing(drug: str, dose: str, day: int) -> Treatment:
    """Make an active order of the chart for a day."""
    each = given(drug, -day, dose, state=TreatmentState.ACTIVE)
    return msgspec.structs.replace(each, days=(days_ago(-day),))


STANDING = st.lists(
    st.builds(
        standing,
        st.sampled_from(["kadcyla", "enhertu", "trastuzumab", "pertuzumab"]),
        st.sampled_from(["126 mg", "252 mg", "420 mg"]),
        st.sampled_from([0, 14, 21]),
    ),
    max_size=2,
)


@for_all(ORDERS, charts(), STANDING, st.sampled_from([Hook.SELECT, Hook.SIGN, Hook.DISPATCH]))
def test_no_button_leads_to_what_another_card_forbids(orders, patient, active, hook) -> None:
    """Apply any one suggestion, ask again: nothing critical is new."""
    patient = msgspec.structs.replace(patient, treatments=(*patient.treatments, *active))
    session = facts_of(*orders, patient=patient, hook=hook)
    before = critical(told(session))
    for each in told(session):
        for suggestion in RENDERER.card_of(each, "x").suggestions:
            after = applied(session, suggestion.changes)
            if after is not None:
                assert critical(told(after)) <= before, suggestion.label


def critical(found: tuple[CardContent, ...]) -> set[tuple[Topic, str | None]]:
    """Return what is told as critical; two drugs kept apart are told on either of them."""
    return {
        (verdict.topic, None if verdict.topic is Topic.HER2_AGENTS_COMBINED else verdict.product)
        for each in found
        for verdict in each.all_verdicts
        if indicator_of(verdict, WORDING, POLICY.indicators) is Indicator.CRITICAL
    }


def applied(session: Session, changes) -> Session | None:
    """Carry out a suggestion on the facts; ``None`` for one that orders tests or changes codes."""
    orders = {each.origin: each for each in session.orders}
    for origin, fix in changes:
        match fix:
            case RemoveOrder() | HoldOrder():
                orders.pop(origin, None)
            case SetDose(changes=doses):
                new = {ordered.pointer: amount for ordered, amount in doses}
                orders[origin] = msgspec.structs.replace(
                    orders[origin],
                    doses=tuple(
                        msgspec.structs.replace(
                            each,
                            number=new[each.pointer].value,
                            unit=DoseUnit.MG if isinstance(new[each.pointer], Mg) else DoseUnit.MG_PER_KG,
                            as_written=str(new[each.pointer]),
                        )
                        if each.pointer in new
                        else each
                        for each in orders[origin].doses
                    ),
                )
            case OrderTests():
                return None
            case _:
                return None
    return msgspec.structs.replace(session, orders=tuple(orders.values()))


# --- Words ----------------------------------------------------------------------------------------------------

BRITISH = re.compile(r"\b(labelled|tumour|oestrogen|haemo|hybridisation|judgment|programme)\b", re.IGNORECASE)
STILTED = re.compile(r"\b(is none of|told apart|judged by on|what lacks|of none|cannot be meant)\b", re.IGNORECASE)


def test_the_words_follow_the_style_guide() -> None:
    for topic, words in WORDING.topics.items():
        for sentence in words.variants.values():
            for said in (sentence.summary, sentence.rule):
                assert not BRITISH.search(said), (topic, said)
                assert not STILTED.search(said), (topic, said)
                assert "context." not in said
                assert "prefetch." not in said


VERBS = ("Change ", "Order ", "Remove ", "Put ", "Replace ")


def test_every_button_begins_with_what_it_does_and_names_the_drug() -> None:
    for name, label in WORDING.suggestions.items():
        if name not in ("by", "orders", "orders-of-day"):
            assert label.startswith(VERBS), name
            assert "{drug}" in label


def test_no_card_shows_where_in_the_request_something_stood() -> None:
    for path in ("prefetch.labs.entry[3].resource", "context.draftOrders.entry[0].resource", "elsewhere[1]"):
        assert "[" not in RENDERER._place(path)
        assert RENDERER._place(path)


def test_a_day_is_never_written_without_its_year() -> None:
    (card,) = cards(*plan(first=1))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in re.findall(r"\d+-\d+-\d+", card.detail))
    assert TODAY + timedelta(days=1) == days_ago(-1)


def same_day(*doses: str) -> tuple[DrugOrder, ...]:
    return tuple(order("Kadcyla", dose, identifier=f"order-{number}") for number, dose in enumerate(doses, 1))


@pytest.mark.parametrize(
    ("doses", "labels"),
    [
        (("252 mg",) * 3, ["Remove Kadcyla (252 mg, 2026-11-22, no. 2; 252 mg, 2026-11-22, no. 3)"]),
        (("252 mg",) * 6, ["Remove Kadcyla (5 orders, 2026-11-22)"]),
        # Only the dose that is right by itself remains.
        (("378 mg", "252 mg", "420 mg"), ["Remove Kadcyla (378 mg, 2026-11-22; 420 mg, 2026-11-22)"]),
        (
            ("252 mg", "210 mg", "252 mg"),
            [
                "Remove Kadcyla (210 mg, 2026-11-22; 252 mg, 2026-11-22, no. 2)",
                "Remove Kadcyla (252 mg, 2026-11-22, no. 1; 252 mg, 2026-11-22, no. 2)",
            ],
        ),
        (("252 mg",) * 2, ["Remove Kadcyla (252 mg, 2026-11-22, no. 2)", "Remove Kadcyla (252 mg, 2026-11-22, no. 1)"]),
    ],
)
def test_one_suggestion_keeps_one_of_several_orders_for_a_day(doses: tuple[str, ...], labels: list[str]) -> None:
    orders = same_day(*doses)
    card = next(card for card in cards(*orders) if card.topic is Topic.DUPLICATE_ORDER)
    assert [suggestion.label for suggestion in card.suggestions] == labels
    for suggestion in card.suggestions:
        gone = {origin for origin, _ in suggestion.changes}
        left = [each for each in orders if each.origin not in gone]
        assert len(left) == 1
        assert Topic.DUPLICATE_ORDER not in {card.topic for card in cards(*left)}


def test_two_orders_that_only_overlap_with_a_third_both_stay() -> None:
    days = (days_ago(0), days_ago(-21))
    both = order("Kadcyla", "252 mg", days=days, identifier="order-9")
    single = tuple(order("Kadcyla", "252 mg", start=day, days=(day,), identifier=f"order-{day}") for day in days)
    card = next(card for card in cards(*single, both) if card.topic is Topic.DUPLICATE_ORDER)
    assert [[origin.reference for origin, _ in each.changes] for each in card.suggestions] == [
        ["MedicationRequest/order-9"]
    ]


def counted(count: int, **more: object) -> DrugOrder:
    return order("Kadcyla", "252 mg", cycles=count, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "one",
    [
        counted(6),
        counted(6, start=TODAY),
        order("Kadcyla", "252 mg", start=TODAY, days=tuple(days_ago(-21 * n) for n in range(6))),
    ],
)
def test_one_order_of_six_cycles_has_the_same_card_as_six_orders(one: DrugOrder) -> None:
    (card,), (six,) = cards(one), cards(*plan())
    assert (card.topic, card.summary) == (Topic.MONITORING_PLANNED, six.summary)
    dated = re.findall(r"By [^:]+: .+", six.detail)
    assert dated
    assert re.findall(r"By [^:]+: .+", card.detail) == dated


@pytest.mark.parametrize(
    "one", [counted(1), order("Kadcyla", "252 mg"), order("Kadcyla", "252 mg", cycles=6, interval=None)]
)
def test_one_order_of_one_dose_has_no_card_of_later_doses(one: DrugOrder) -> None:
    assert Topic.MONITORING_PLANNED not in {card.topic for card in cards(one)}


def test_a_dispatched_order_is_not_planned_again() -> None:
    session = facts_of(counted(6), hook=Hook.DISPATCH)
    assert Topic.MONITORING_PLANNED not in {each.lead.topic for each in told(session)}


def test_other_orders_of_the_product_are_the_plan() -> None:
    orders = tuple(msgspec.structs.replace(each, schedule=counted(6).schedule) for each in plan())
    (card,), (six,) = cards(*orders), cards(*plan())
    assert card.detail == six.detail


@pytest.mark.parametrize(
    ("doses", "wrong"),
    [
        (("252 mg", "252 mg", "210 mg", "210 mg"), 0),
        (("210 mg", "210 mg"), 2),
        (("210 mg", "252 mg"), 1),
        (("210 mg", "252 mg", "210 mg"), 1),
    ],
)
def test_a_reduction_planned_after_the_starting_dose_is_not_a_wrong_start(doses: tuple[str, ...], wrong: int) -> None:
    orders = tuple(
        order("Kadcyla", dose, start=days_ago(-21 * n), identifier=f"cycle-{n}") for n, dose in enumerate(doses)
    )
    verdicts = judge(facts_of(*orders), RECOGNIZER, POLICY)
    reported = [v for v in verdicts if v.topic is Topic.DOSE_WRONG_FOR_INDICATION and isinstance(v.outcome, Fired)]
    assert len(reported) == wrong


@pytest.mark.parametrize(("dose", "text"), [("216 mg", "3.6 mg/kg"), ("200 mg", None), ("252 mg", "3.6 mg/kg")])
def test_an_order_by_another_body_weight_has_one_card(dose: str, text: str | None) -> None:
    by_ideal = msgspec.structs.replace(order("Kadcyla", dose, text_dose=text), weight_basis="ideal")
    assert topics(cards(by_ideal)) == [("warning", "dose-cannot-verify")]


def test_no_button_goes_above_a_reduced_dose_planned_before() -> None:
    reduced = order("Kadcyla", "168 mg", start=days_ago(0), identifier="order-1")
    later = order("Kadcyla", "300 mg", start=days_ago(-21), identifier="order-2")
    found = told(facts_of(reduced, later, patient=chart()))
    offered = [each.label for content in found for each in RENDERER.card_of(content, "x").suggestions]
    assert any("168 mg" in label for label in offered)
    assert not any("252 mg" in label and days_ago(-21).isoformat() in label for label in offered), offered
