"""Every row of every case table, and that every rule has rows of each kind."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import cases_bounds
import cases_course
import cases_coverage
import cases_dose
import cases_her2
import cases_identity
import cases_monitoring
import cases_orders
import cases_practice
import cases_remembered
import cases_tablets
import pytest
from builders import COVERAGE_RULES, KNOWN, judged, order, outcome_of
from rows import Row

from cards.facts.outcomes import CannotTell, Clear, Fired, Outcome, SetDose
from cards.facts.topics import Topic
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording
from cards.rules import RULES
from cards.values.quantities import Mg, MgPerKg

ROWS: list[Row] = [
    *cases_identity.ROWS,
    *cases_dose.ROWS,
    *cases_her2.ROWS,
    *cases_monitoring.ROWS,
    *cases_bounds.ROWS,
    *cases_course.ROWS,
    *cases_orders.ROWS,
    *cases_practice.ROWS,
    *cases_remembered.ROWS,
    *cases_tablets.ROWS,
    *cases_coverage.ROWS,
]
RENDERER = Renderer(default_wording(), KNOWN, {})


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.topic}: {row.sentence}") for row in ROWS])
def test_case(row: Row) -> None:
    verdict = row.verdict()
    assert type(verdict.outcome) is row.expect, verdict.outcome
    if row.missing:
        assert isinstance(verdict.outcome, CannotTell)
        assert tuple(missing.what for missing in verdict.outcome.missing) == row.missing
    if not isinstance(verdict.outcome, Fired):
        return
    card = RENDERER.card(verdict, "hook-instance")
    assert card is not None
    for part in row.says:
        assert part in card.summary
    if row.indicator is not None:
        assert card.indicator == row.indicator
    assert not [part for part in row.tells if part not in card.detail]
    assert not [part for part in row.hides if part in card.summary + card.detail]
    if row.suggests is not None:
        assert tuple(suggestion.label for suggestion in card.suggestions) == row.suggests
    if row.fixes is not None:
        assert tuple(type(fix).__name__ for fix in verdict.outcome.fixes) == row.fixes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.topic)
def test_every_rule_has_a_case_that_fires_and_one_that_is_silent(rule) -> None:
    kinds = {row.expect for row in ROWS if row.topic is rule.topic}
    assert {Fired, Clear} <= kinds <= set(get_args(Outcome))


@pytest.mark.parametrize("rule", COVERAGE_RULES, ids=lambda rule: rule.topic)
def test_every_coverage_rule_has_a_case_that_fires_and_one_that_does_not(rule) -> None:
    kinds = {row.expect for row in ROWS if row.topic is rule.topic}
    assert Fired in kinds
    assert len(kinds) > 1


def test_sentences_are_not_used_twice() -> None:
    names = [(row.topic, row.sentence) for row in ROWS]
    assert len(names) == len(set(names))


def test_nothing_is_judged_before_the_drug_is_settled() -> None:
    conflict = next(row for row in ROWS if row.topic is Topic.DRUG_IDENTITY_CONFLICT)
    fired = [v.topic for v in judged(conflict.order) if isinstance(v.outcome, Fired)]
    assert fired == [Topic.DRUG_IDENTITY_CONFLICT]


def test_a_card_that_asks_for_a_test_is_not_repeated_among_the_incomplete_checks() -> None:
    missing = next(row for row in ROWS if row.topic is Topic.HER2_MISSING)
    topics = [v.topic for v in judged(missing.order, patient=missing.patient) if isinstance(v.outcome, Fired)]
    assert topics == [Topic.HER2_MISSING]
    assert outcome_of(Topic.HER2_NOT_ELIGIBLE, judged(missing.order, patient=missing.patient)) is not None


def test_a_corrected_volume_restates_nothing() -> None:
    fired = outcome_of(Topic.DOSE_ABOVE_MAXIMUM, judged(order("Margenza", "60 mL")))
    assert [fix.restated for fix in fired.fixes if isinstance(fix, SetDose)] == [()]


@pytest.mark.parametrize(
    ("ordered", "was", "becomes"),
    [
        ("420 mg", MgPerKg(Decimal(6)), MgPerKg(Decimal("3.6"))),
        ("6 mg/kg", Mg(Decimal(420)), Mg(Decimal(252))),
    ],
)
def test_a_corrected_dose_says_what_a_text_in_the_other_unit_must_say(ordered, was, becomes) -> None:
    fired = outcome_of(Topic.DOSE_ABOVE_MAXIMUM, judged(order("Kadcyla", ordered)))
    assert [fix.restated for fix in fired.fixes if isinstance(fix, SetDose)] == [((was, becomes),)]
