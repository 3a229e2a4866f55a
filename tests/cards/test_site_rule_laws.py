"""What holds of every rule of a site, and the card of one as it looks."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from builders import KNOWN, POLICY, TODAY, at, chart, facts_of, order
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import charts, orders

from cards.engine import judge
from cards.facts.outcomes import CannotTell, Fired
from cards.facts.patient import SiteProblem, Treatment, TreatmentState
from cards.facts.session import Hook
from cards.facts.topics import Topic
from cards.identification.recognizer import Recognizer, recognizer_for
from cards.knowledge.schema import Expected, Knowledge
from cards.knowledge.site_rules import with_rules
from cards.presentation.renderer import Renderer
from cards.presentation.site_wording import with_rule_words
from cards.presentation.wording import default_wording
from cards.site_cases import run_cases, session_of

EXAMPLES = Path(__file__).parents[2] / "examples" / "site-rules.yaml"
GOLDEN = Path(__file__).parent / "golden-site-rules"
SHIPPED = frozenset(Topic) - {Topic.CHECKS_INCOMPLETE, Topic.MONITORING_PLANNED}
HEPB = "https://hospital.example/problems|HEPB"
ATC = "http://www.whocc.no/atc|L01"
HEAD = """
sources:
  our-pt: {title: Committee, url: https://intranet.example/pt, as_of: "2026-11"}
rules:
"""
# Conditions that name the words and the facts by which shipped rules judge.
CONDITIONS = (
    "when: {on_drug: [emtansine]}",
    "unless_drug: [with, vedotin, carboplatin]",
    "when: {on_drug: [paclitaxel, cyp3a4-inhibitor]}",
    f'unless_drug: ["{ATC}"]',
    f'has_problem: ["{HEPB}", ild]',
    "when: {products: [kadcyla, enhertu], first_dose: true, settings: [early]}",
    "no_result: {tests: [lvef], within_days: 30}",
    "any_result: {tests: [platelets], below: 100, unit: 10*3/uL, newest: true}",
    "unless_result: {codes: ['https://lab.example|X'], values: [positive]}",
)


def _known(conditions: list[str]) -> Knowledge:
    text = HEAD
    for number, condition in enumerate(conditions):
        text += f"""
  - topic: our-{number}
    display: Our {number}
    summary: "{{drug}}: {{result}}"
    rule: Do it.
    {condition}
    by: {{source: our-pt, section: "1", confidence: V}}
"""
    return with_rules(KNOWN, [("r.yaml", text)])


WITH_ALL = recognizer_for(_known(list(CONDITIONS)))
EACH = {condition: Recognizer(_known([condition])) for condition in CONDITIONS[:2]}
SHIPS = recognizer_for(KNOWN)
BESIDE = st.sampled_from(["", " with emtansine", " / vedotin", " + carboplatin AUC 5", " with paclitaxel"])
DRUGS = st.sampled_from(["emtansine 5 mg", "carboplatin", "ketoconazole", "L01 drug"])


def _answers(drug_order: Any, patient: Any, hook: Hook, recognizer: Recognizer) -> dict[Any, Any]:
    session = facts_of(drug_order, patient=patient, hook=hook)
    return {(v.topic, v.order): v for v in judge(session, recognizer, POLICY) if v.topic in SHIPPED}


@given(
    orders(),
    charts(),
    st.sampled_from(Hook),
    st.tuples(BESIDE, st.lists(DRUGS, max_size=2), st.booleans()),
    st.sampled_from([WITH_ALL, *EACH.values()]),
)
@settings(max_examples=40)
def test_a_rule_of_the_site_changes_no_answer_of_a_shipped_rule(drug_order, patient, hook, named, recognizer) -> None:
    beside, drugs, ill = named
    evidence = tuple(msgspec.structs.replace(each, value=each.value + beside) for each in drug_order.evidence)
    drug_order = msgspec.structs.replace(drug_order, evidence=evidence)
    taken = [
        Treatment("", (name,), TODAY, at(f"own-{number}"), TreatmentState.ACTIVE, classes=(ATC,))
        for number, name in enumerate(drugs)
    ]
    patient = msgspec.structs.replace(
        patient,
        treatments=(*taken, *patient.treatments),
        site_problems=(SiteProblem(HEPB, "Hepatitis B", at("hepb")),) if ill else (),
    )
    alone = _answers(drug_order, patient, hook, SHIPS)
    assert _answers(drug_order, patient, hook, recognizer) == alone


@pytest.mark.parametrize("text", ["trastuzumab with emtansine", "trastuzumab emtansin vedotin"])
def test_a_drug_that_a_rule_names_does_not_settle_what_an_order_says(text) -> None:
    drug_order = order(text, "252 mg")
    for recognizer in (WITH_ALL, *EACH.values()):
        assert _answers(drug_order, chart(), Hook.SIGN, recognizer) == _answers(drug_order, chart(), Hook.SIGN, SHIPS)


@pytest.mark.parametrize("condition", CONDITIONS)
@given(st.sampled_from(["Kadcyla", "Enhertu"]), st.booleans())
@settings(max_examples=5)
def test_without_the_facts_a_rule_neither_fires_nor_is_silent(condition, drug, named) -> None:
    """With nothing sent but the order, each rule says what it would need, and no card takes that for "fine"."""
    recognizer = WITH_ALL
    rule = next(each for each, said in zip(recognizer.known.site_rules, CONDITIONS, strict=True) if said == condition)
    parts = ("administrations", "medications", "conditions", "lvef", "labs", "tumorMarkers", "weight", "patient")
    absent = tuple((part, "not sent") for part in parts)
    patient = msgspec.structs.replace(chart(), lvefs=(), labs={}, diagnoses=(), stagings=(), absent=absent)
    session = facts_of(order(drug if named else drug.upper(), "252 mg"), patient=patient)
    verdicts = judge(session, recognizer, POLICY)
    assert isinstance(next(v.outcome for v in verdicts if v.topic == rule.topic), CannotTell)
    incomplete = next(v.outcome for v in verdicts if v.topic is Topic.CHECKS_INCOMPLETE)
    assert isinstance(incomplete, Fired)
    assert incomplete.evidence


def test_the_cards_of_the_worked_examples_look_as_agreed() -> None:
    known = with_rules(KNOWN, [("site-rules.yaml", EXAMPLES.read_text(encoding="utf-8"))])
    renderer = Renderer(with_rule_words(default_wording(), known.site_rules), known, {})
    recognizer = recognizer_for(known)
    for rule in known.site_rules:
        run = next(each for each in run_cases(known) if each.rule is rule and each.case.expect is Expected.FIRES)
        _, session = session_of(run.case, recognizer)
        verdict = next(v for v in judge(session, recognizer, POLICY) if v.topic == rule.topic)
        card = renderer.card(verdict, "6d6a1c0e-2f0b-4c53-9b3b-6f0f3f1d9a01")
        assert card is not None
        buttons = "\n".join(f"- {each.label}" for each in card.suggestions) or "none"
        reasons = ", ".join(reason.display for reason in card.override_reasons)
        said = (
            f"# {card.topic}\n\nCase: {run.case.name}\n\n**{card.indicator}** {card.summary}\n\n{card.detail}\n\n"
            f"Suggestions:\n{buttons}\n\nReasons to override: {reasons}\n\n"
            f"Source: [{card.source_label}]({card.source_url})\n"
        )
        path = GOLDEN / f"{rule.topic}.md"
        if os.environ.get("GOLDEN") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(said, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == said


def _drug_rules() -> Recognizer:
    beside = "when: {products: [pertuzumab], on_drug: [trastuzumab, cyp3a4-inhibitor]}"
    return recognizer_for(_known([beside, "when: {products: [enhertu]}\n    unless_drug: [enhertu]"]))


@pytest.mark.parametrize(
    ("others", "fires"),
    [
        ((), False),
        ((order("Herceptin", "420 mg"),), True),
        # An ordered drug counts, whatever its planned day.
        ((order("Herceptin", "420 mg", start=TODAY + timedelta(days=84)),), True),
        ((order("Perjeta", "420 mg", identifier="later", start=TODAY + timedelta(days=21)),), False),
        ((order("ketoconazole 200 mg", "200 mg"),), True),
    ],
)
def test_a_rule_sees_every_other_order_but_not_its_own(others, fires) -> None:
    session = facts_of(order("Perjeta", "420 mg"), *others)
    found = next(v for v in judge(session, _drug_rules(), POLICY) if v.topic == "our-0")
    assert isinstance(found.outcome, Fired) is fires


def test_an_order_is_not_another_order_of_its_own_drug() -> None:
    alone, twice = order("Enhertu", "378 mg"), order("Enhertu", "378 mg", identifier="second")
    recognizer = _drug_rules()
    for orders_, fires in (((alone,), True), ((alone, twice), False)):
        found = [v.outcome for v in judge(facts_of(*orders_), recognizer, POLICY) if v.topic == "our-1"]
        assert [isinstance(each, Fired) for each in found] == [fires] * len(orders_)
