"""Nothing is half there: rules, topics, wording, knowledge and code tables cover each other."""

from __future__ import annotations

import ast
import re
import string
from decimal import Decimal
from pathlib import Path

import pytest
from builders import ALL_RULES, KNOWN
from test_cases import ROWS

import cards
from cards.facts.outcomes import CannotTell, Clear, Fired
from cards.facts.topics import Topic
from cards.knowledge.loader import citations
from cards.knowledge.schema import Basis, Confidence, LevelRole, Scope
from cards.knowledge.source_attributes import source_attributes
from cards.presentation.markdown import escape
from cards.presentation.wording import default_wording
from cards.unavailable import READS, READS_ORDERS_ONLY, TREATMENT_PARTS, cannot_tell_if_unavailable
from cards.values.codes import (
    HcpcsCode,
    Icd10Code,
    LoincAnswerCode,
    LoincCode,
    MalformedCodeError,
    Ndc,
    RxNormCode,
    SnomedCode,
    UniiCode,
    ndc_readings,
)
from cards.values.quantities import share

WORDING = default_wording()
CHECKED = [product for product in KNOWN.products if product.scope is Scope.CHECKED]
ROOT = Path(cards.__file__).parent


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_topic_has_words_and_every_rule_says_something() -> None:
    assert set(WORDING.topics) == set(Topic)
    assert all(WORDING.topics[rule.topic].variants for rule in ALL_RULES)
    assert len({rule.topic for rule in ALL_RULES}) == len(ALL_RULES)


def test_every_topic_tells_its_sources_what_it_reads_and_its_limits() -> None:
    """See `test_source_attributes`, which compares this with what the rules do."""
    assert set(source_attributes().topics) == {str(topic) for topic in Topic}


def test_a_topic_without_a_rule_has_no_words_that_could_be_shown() -> None:
    spoken = {rule.topic for rule in ALL_RULES} | {Topic.CHECKS_INCOMPLETE, Topic.MONITORING_PLANNED}
    assert [topic for topic, words in WORDING.topics.items() if words.variants and topic not in spoken] == []


def test_every_topic_reads_a_part_of_the_chart_or_is_known_to_read_none() -> None:
    """A new topic that is not placed would pass for checked where its part of the chart could not be had."""
    reading = frozenset[Topic]().union(*READS.values())
    assert reading & READS_ORDERS_ONLY == set()
    assert reading | READS_ORDERS_ONLY == set(Topic)


@pytest.mark.parametrize(("part", "topic"), [(part, topic) for part in READS for topic in sorted(READS[part])])
def test_no_rule_is_clear_if_its_part_of_the_chart_is_unavailable(part, topic) -> None:
    outcome = cannot_tell_if_unavailable(topic, Clear(), ((part, "refused"),))
    assert isinstance(outcome, CannotTell)
    assert [(each.what, each.is_urgent) for each in outcome.missing] == [(f"absent-{part}", True)]
    assert f"missing-absent-{part}" in WORDING.evidence


def test_the_lists_of_drugs_have_words_for_a_patient_whose_drugs_are_not_known() -> None:
    assert set(READS) >= TREATMENT_PARTS
    assert {f"treatment-unknown-{part}" for part in TREATMENT_PARTS} <= set(WORDING.evidence)


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.topic}: {row.sentence}") for row in ROWS])
def test_the_words_of_a_finding_exist(row) -> None:
    """Every variant, note, label and gap that a rule can name exists, and every brace it has is filled."""
    verdicts = row.verdicts
    for verdict in verdicts:
        finding = verdict.outcome
        if isinstance(finding, CannotTell):
            for missing in finding.missing:
                assert fields(WORDING.evidence[f"missing-{missing.what}"]) <= {"text", *missing.values}
        if not isinstance(finding, Fired):
            continue
        sentence = WORDING.topics[verdict.topic].variants[finding.variant]
        filled_in = {"drug", *finding.values, "lines", "reasons", *(["line"] if len(finding.evidence) == 1 else [])}
        assert fields(sentence.summary) | fields(sentence.rule) <= filled_in
        assert all(fields(WORDING.notes[note]) <= set(filled) for note, filled in finding.notes)
        assert all(section.heading in WORDING.headings for section in finding.sections)
        lines = [*finding.evidence, *(line for section in finding.sections for line in section.lines)]
        lines += [
            each for line in lines for each in (*line.parts, *line.below, *(p for b in line.below for p in b.parts))
        ]
        for line in lines:
            assert fields(WORDING.evidence[line.label]) <= {"text", "reason", *(name for name, _ in line.values)}
            assert line.by is None or line.by in finding.cited
        assert finding.cited


def test_override_reasons_have_displays() -> None:
    used = {code for words in WORDING.topics.values() for code in words.override_reasons}
    assert used <= set(WORDING.override_reasons)


def test_every_citation_has_a_source_with_a_date_and_an_address() -> None:
    cited = list(citations(KNOWN))
    assert len(cited) > 200
    for each in cited:
        source = KNOWN.sources[each.source]
        assert source.as_of
        assert source.url.startswith(("https://", "/"))
        assert each.section


@pytest.mark.parametrize("product", CHECKED, ids=lambda product: product.id)
def test_a_checked_product_is_complete(product) -> None:
    assert product.basis in Basis
    assert product.route is not None
    assert product.regimens
    assert product.eligibility
    assert product.monitoring.lvef is not None or product.is_oral
    for regimen in product.regimens:
        doses = [level.dose.value for level in regimen.levels]
        assert max(doses) == regimen.maximum.dose.value
        assert regimen.interval_days in ((1,) if product.is_oral else (7, 14, 21))
        assert (regimen.times_a_day is not None) is product.is_oral
    for brand in product.brands:
        assert brand.names
        assert brand.hcpcs or not brand.own_hcpcs
        assert product.basis is Basis.FIXED or all(level.mg_per_kg for r in product.regimens for level in r.levels)


@pytest.mark.parametrize("product", CHECKED, ids=lambda product: product.id)
def test_the_tablet_rules_of_a_product_name_existing_classes_and_roles(product) -> None:
    classes = {group.id for group in KNOWN.drug_classes} | {each.id for each in KNOWN.products}
    levels = [level for regimen in product.regimens for level in regimen.levels]
    named = {level.beside for level in levels} | {regimen.beside for regimen in product.regimens}
    named |= {rule.drug_class for rule in (*product.interactions, *product.prophylaxis)}
    named |= {each for rule in product.prophylaxis for each in rule.with_classes}
    assert named - {None} <= classes
    assert (product.tablets is not None) is product.is_oral
    for level in levels:
        assert (level.role is LevelRole.ADJUSTED) is (level.beside is not None or level.problem is not None)
        if product.tablets is not None:
            assert any(level.dose.value % strength == 0 for strength in product.tablets.strengths_mg)


def test_the_products_and_codes_of_the_order_forms() -> None:
    codes = {e.code: (b.name, e.unit_mg) for p in KNOWN.products for b in p.brands for e in b.hcpcs}
    expected = {
        "J9354": ("Kadcyla", 1),
        "J9358": ("Enhertu", 1),
        "J9355": ("Herceptin", 10),
        "Q5112": ("Ontruzant", 10),
        "Q5113": ("Herzuma", 10),
        "Q5114": ("Ogivri", 10),
        "Q5116": ("Trazimera", 10),
        "Q5117": ("Kanjinti", 10),
        "Q5146": ("Hercessi", 10),
        "J9356": ("Herceptin Hylecta", 10),
        "J9306": ("Perjeta", 1),
        "J9316": ("Phesgo", 10),
        "J9353": ("Margenza", 5),
        "J9276": ("Ziihera", 2),
        "J9308": ("Cyramza", 5),
    }
    assert {code: codes[code] for code in expected} == expected


def test_no_two_products_share_a_code() -> None:
    for kind in ("rxnorm", "atc", "hcpcs"):
        seen: dict[str, str] = {}
        for product in KNOWN.products:
            holders = (product, *product.brands) if kind != "hcpcs" else product.brands
            for code in {entry.code for holder in holders for entry in getattr(holder, kind)}:
                assert seen.setdefault(code, product.id) == product.id


def test_a_fact_that_is_not_verified_never_carries_a_critical_card() -> None:
    from cards.presentation.renderer import Renderer  # noqa: PLC0415

    renderer = Renderer(WORDING, KNOWN, {})
    for row in ROWS:
        for verdict in row.verdicts:
            card = renderer.card(verdict, "x")
            if card is not None and any(c.confidence is Confidence.UNVERIFIED for c in verdict.outcome.cited):
                assert card.indicator != "critical"
                assert "verify" in card.detail


def test_a_finding_on_anothers_card_keeps_its_source_and_its_doubt() -> None:
    """A card that says stop takes up other findings as lines, each with its citation and, if not verified, a mark."""
    from cards.presentation.grouping import CardContent  # noqa: PLC0415
    from cards.presentation.renderer import Renderer  # noqa: PLC0415
    from cards.presentation.urgency import is_unverified  # noqa: PLC0415

    renderer, mark = Renderer(WORDING, KNOWN, {}), WORDING.headings["line-verify"]
    fired = [
        verdict
        for row in ROWS
        for verdict in row.verdicts
        if isinstance(verdict.outcome, Fired) and verdict.order and not verdict.outcome.sections
    ]
    stop = next(each for each in fired if each.topic is Topic.LIVER_TESTS_DISCONTINUE)
    assert not is_unverified(stop.outcome.cited)
    marked = 0
    for verdict in fired:
        detail = renderer.card_of(CardContent((stop,), folded=(verdict,)), "x").detail
        own = [each for each in verdict.outcome.cited if each.source != "practice"]
        assert all(KNOWN.sources[each.source].as_of in detail for each in own), detail
        assert all(escape(each.section) in detail for each in own), detail
        assert (mark in detail) == is_unverified(verdict.outcome.cited), detail
        marked += mark in detail
    assert marked


def test_the_judgment_reads_no_clock() -> None:
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("now", "today", "utcnow") or node.attr == "today", path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in ("now", "today", "utcnow"), path


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (LoincCode, "85319-2", "85319-3"),
        (LoincCode, "1920-8", "7519"),
        (SnomedCode, "254837009", "254837008"),
        (UniiCode, "SE2KH7T06F", "SE2KH7T06G"),
        (HcpcsCode, "J9354", "J935"),
        (RxNormCode, "1371041", "01371041"),
        (Ndc, "50242-0088-01", "50242-088-01"),
        (LoincAnswerCode, "LA11843-2", "11843-2"),
        (Icd10Code, "C50.911", "50.911"),
    ],
)
def test_a_malformed_code_is_refused(kind, right, wrong) -> None:
    assert kind(right) == right
    assert kind.of(wrong) is None
    with pytest.raises(MalformedCodeError):
        kind(wrong)


@pytest.mark.parametrize(
    ("written", "readings"),
    [
        ("50242-088-01", {"50242-0088-01"}),
        ("50242-0088-01", {"50242-0088-01"}),
        ("50242008801", {"50242-0088-01"}),
        ("0069-0308-01", {"00069-0308-01"}),
        ("NDC 65597-406-01", {"65597-0406-01"}),
        ("5024208801", {"05024-2088-01", "50242-0088-01", "50242-0880-01"}),
        ("50242-088", {"50242-0088"}),
        ("123", set()),
        ("50242-0880-011", set()),
        ("no number", set()),
        ("", set()),
    ],
)
def test_an_ndc_in_each_written_form(written, readings) -> None:
    assert set(ndc_readings(written)) == readings


@pytest.mark.parametrize(
    ("percent", "written"),
    [
        ("0.04", "0.04 %"),
        ("5.04", "5.04 %"),
        ("9.996", "10 %"),
        ("10", "10 %"),
        ("12.5", "13 %"),
        ("257.142857", "257 %"),
    ],
)
def test_a_share_has_no_more_digits_than_needed(percent, written) -> None:
    assert share(Decimal(percent)) == written


def test_summaries_fit_with_the_longest_names() -> None:
    longest = max((brand.name for product in CHECKED for brand in product.brands), key=len)
    assert len(longest) < 25
    for words in WORDING.topics.values():
        for sentence in words.variants.values():
            assert len(re.sub(r"\{[^}]*\}", "", sentence.summary)) < 100
