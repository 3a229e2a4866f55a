"""An opened chart: every case, the laws, and the card as it looks."""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from builders import KNOWN, POLICY, TODAY, chart, given, judged, opened, order, outcome_of, with_thresholds
from cases_view import VIEWS, View
from hypothesis import given as for_all
from hypothesis import strategies as st
from test_laws import charts

from cards.facts.outcomes import Fired, Indicator, OrderTests
from cards.facts.patient import TreatmentState
from cards.facts.topics import Topic
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording
from cards.readings.on_treatment import on_treatment

GOLDEN = Path(__file__).parent / "golden" / "opened" / "kadcyla.md"
RENDERER = Renderer(default_wording(), KNOWN, {})
LIVER = ("ast", "alt", "bilirubin-total")
DRUGS = ("kadcyla", "enhertu", "trastuzumab", "pertuzumab", "phesgo", "hylecta", "margenza", "ziihera")
TREATMENTS = st.builds(
    lambda drug, days, state: given(drug, days, state=state),
    st.sampled_from((*DRUGS, "")),
    st.integers(-30, 500),
    st.sampled_from(TreatmentState),
)


@pytest.mark.parametrize("view", [pytest.param(view, id=view.sentence) for view in VIEWS])
def test_opened_chart(view: View) -> None:
    cards = [RENDERER.card(verdict, "hook-instance") for verdict in opened(view.patient, view.thresholds)]
    assert len(cards) == len(view.shows), cards
    for card, part in zip(cards, view.shows, strict=True):
        assert card is not None
        assert part in card.summary
    if cards:
        assert cards[0] is not None
        assert cards[0].indicator == view.indicator


def test_what_would_stop_the_next_dose_is_a_line_with_its_source_and_no_button() -> None:
    patient = chart(history=(given("kadcyla", 20),), lvef_on=TODAY - timedelta(days=120), values={"alt": "7 ULN"})
    (card,) = (RENDERER.card(each, "x") for each in opened(patient))
    assert card is not None
    assert (
        "- This would stop the next dose of Kadcyla; ALT: 7 x 40 U/L (7 × ULN 40), 2026-11-21; label: \\> 5 × ULN"
        in card.detail
    )
    assert "2.2" in card.detail
    assert [each.label for each in card.suggestions] == ["Order LVEF for Kadcyla"]
    (calm,) = opened(chart(history=(given("kadcyla", 20),), values={"alt": "7 ULN"}))
    assert isinstance(calm.outcome, Fired)
    assert calm.outcome.fixes == ()


def test_every_case_has_a_sentence_of_its_own() -> None:
    assert len({view.sentence for view in VIEWS}) == len(VIEWS)


@pytest.mark.parametrize("drug", DRUGS)
def test_every_drug_in_scope_is_followed(drug) -> None:
    cancer = "biliary" if drug == "ziihera" else "breast"
    shown = opened(chart(history=(given(drug, 5),), lvef=None, cancers=(cancer,)))
    assert [verdict.topic for verdict in shown] == [Topic.LVEF_MISSING]


@pytest.mark.parametrize("drug", DRUGS)
@pytest.mark.parametrize("days", [1, 14, 20, 28, 40, 200])
def test_a_chart_in_which_everything_is_done_is_silent(drug, days) -> None:
    patient = chart(history=(given(drug, days),), labs=dict.fromkeys(("ast", "alt", "platelets"), 0))
    assert opened(patient) == ()


@for_all(charts(), st.lists(TREATMENTS, max_size=4))
def test_there_is_one_card_at_most_for_a_drug(patient, history) -> None:
    patient = msgspec.structs.replace(patient, treatments=tuple(history))
    drugs = on_treatment(patient, KNOWN, POLICY.thresholds, TODAY)
    shown = opened(patient)
    assert len([verdict for verdict in shown if verdict.order is not None]) <= len(drugs)
    assert bool(drugs) or not shown
    for verdict in shown:
        card = RENDERER.card(verdict, "x")
        assert card is not None
        assert card.indicator is not Indicator.CRITICAL
        assert len(card.summary) < 140


@for_all(charts(), st.lists(TREATMENTS, max_size=4))
def test_a_due_test_is_also_requested_on_the_order_of_that_dose(patient, history) -> None:
    """An opened chart says nothing that the order of the next dose would not."""
    patient = msgspec.structs.replace(patient, treatments=tuple(history))
    for standing, identity in on_treatment(patient, KNOWN, POLICY.thresholds, TODAY):
        alone = [each for each in opened(patient) if each.product == identity.product.id]
        signed = judged(order(identity.product.name, "100 mg", start=standing.start), patient=patient)
        for verdict in alone:
            assert isinstance(outcome_of(verdict.topic, signed), Fired)


@for_all(charts(), st.sampled_from(DRUGS), st.integers(0, 60), st.integers(0, 60))
def test_a_later_dose_keeps_a_patient_on_the_drug(patient, drug, one, other) -> None:
    later, earlier = sorted((one, other))
    with_later, with_earlier = (
        on_treatment(msgspec.structs.replace(patient, treatments=(given(drug, days),)), KNOWN, POLICY.thresholds, TODAY)
        for days in (later, earlier)
    )
    assert with_later or not with_earlier


@for_all(st.sampled_from(DRUGS), st.integers(-20, 60), st.integers(0, 14))
def test_the_next_dose_is_never_in_the_past_or_far_ahead(drug, days, ahead) -> None:
    policy = with_thresholds(POLICY, {"monitoring_ahead_days": Decimal(ahead)})
    patient = chart(history=(given(drug, days, state=TreatmentState.GIVEN if days > 0 else TreatmentState.ACTIVE),))
    for standing, _ in on_treatment(patient, KNOWN, policy.thresholds, TODAY):
        assert standing.start is None or TODAY <= standing.start <= TODAY + timedelta(days=ahead)


def test_due_tests_are_not_urgent() -> None:
    fixes = [fix for view in VIEWS for each in opened(view.patient) for fix in each.outcome.fixes]  # type: ignore[union-attr]
    assert fixes
    assert not any(fix.is_urgent for fix in fixes if isinstance(fix, OrderTests))


def test_one_suggestion_orders_all_and_the_others_each_group() -> None:
    (verdict,) = opened(VIEWS[0].patient)
    assert isinstance(verdict.outcome, Fired)
    concepts = [fix.concepts for fix in verdict.outcome.fixes if isinstance(fix, OrderTests)]
    assert concepts == [("lvef", *LIVER), ("lvef",), LIVER]


def test_the_card_looks_as_agreed() -> None:
    (verdict,) = opened(VIEWS[0].patient)
    card = RENDERER.card(verdict, "6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d9a01")
    assert card is not None
    text = (
        f"# An opened chart\n\nCase: {VIEWS[0].sentence}\n\n**{card.indicator}** {card.summary}\n\n{card.detail}\n\n"
        "Suggestions:\n" + "".join(f"- {suggestion.label}\n" for suggestion in card.suggestions)
    )
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == text
