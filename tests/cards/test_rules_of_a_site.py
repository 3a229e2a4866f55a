"""Rules of a site: each condition at its edges, in the site's own form of a case, and every error with its line."""

from __future__ import annotations

import pytest
from builders import KNOWN

from cards.knowledge.schema import Confidence, KnowledgeError
from cards.knowledge.site_rules import with_rules
from cards.presentation.site_wording import with_rule_words
from cards.presentation.wording import default_wording
from cards.site_cases import CaseRun, run_cases

HEAD = """
sources:
  our-pt: {title: Pharmacy and therapeutics committee, url: https://intranet.example/pt, as_of: "2026-11"}
rules:
  - topic: our-topic
    display: Our topic
    summary: "{drug}: {test} {result} {date} {days} {limit}"
    rule: Do it.
    by: {source: our-pt, section: "1", confidence: V}
"""
SURFACE_ANTIGEN = "http://loinc.org|5196-1"
LOCAL = "https://lab.example/codes|HBSAG"
ATC, RXNORM = "http://www.whocc.no/atc", "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
NEGATIVE = f'{{code: "{LOCAL}", days_ago: 9, says: negative}}'
POSITIVE = f'{{code: "{LOCAL}", days_ago: 99, says: positive}}'


def rule(*lines: str) -> str:
    """Write a file with one rule."""
    return HEAD + "".join(f"    {line}\n" for line in lines)


# What the rule says, the patient, and the answer.
TABLE = [
    # products
    ("when: {products: [enhertu]}", "drug: enhertu", "fires"),
    ("when: {products: [enhertu]}", "drug: kadcyla", "silent"),
    ("when: {products: [ogivri]}", "drug: ogivri", "fires"),
    ("when: {products: [ogivri]}", "drug: herceptin", "silent"),
    ("when: {products: [trastuzumab]}", "drug: ogivri", "fires"),
    # cancer and setting: not on record is not "no"
    ("when: {cancers: [gastric]}", "cancer: gastric", "fires"),
    ("when: {cancers: [gastric]}", "cancer: breast", "silent"),
    ("when: {cancers: [gastric]}", "drug: enhertu", "cannot-tell"),
    ("when: {settings: [early]}", "setting: early", "fires"),
    ("when: {settings: [early]}", "setting: metastatic", "silent"),
    ("when: {settings: [early]}", "drug: kadcyla", "cannot-tell"),
    # HER2
    ("when: {tiers: [low, ultralow]}", "tier: low", "fires"),
    ("when: {tiers: [low, ultralow]}", "tier: positive", "silent"),
    ("when: {tiers: [low]}", "drug: enhertu", "cannot-tell"),
    ("when: {tiers: [low]}", "tier: low, not_sent: [tumorMarkers]", "cannot-tell"),
    # moments
    ("when: {moments: [order-dispatch]}", "moment: order-dispatch", "fires"),
    ("when: {moments: [order-dispatch]}", "drug: kadcyla", "fires"),
    ("when: {moments: [order-dispatch]}", "moment: order-sign", "silent"),
    # first dose
    ("when: {first_dose: true}", "first_dose: true", "fires"),
    ("when: {first_dose: true}", "first_dose: false", "silent"),
    ("when: {first_dose: false}", "first_dose: false", "fires"),
    ("when: {first_dose: false}", "first_dose: true", "silent"),
    ("when: {first_dose: true}", "first_dose: true, not_sent: [administrations]", "cannot-tell"),
    ("when: {first_dose: true}", "first_dose: false, not_sent: [administrations]", "silent"),
    # age
    ("when: {age: {at_least: 65}}", "age: 65", "fires"),
    ("when: {age: {at_least: 65}}", "age: 64", "silent"),
    ("when: {age: {below: 18}}", "age: 17", "fires"),
    ("when: {age: {below: 18}}", "age: 18", "silent"),
    ("when: {age: {at_least: 65, below: 75}}", "age: 75", "silent"),
    ("when: {age: {at_least: 65}}", "drug: kadcyla", "cannot-tell"),
    # sex
    ("when: {sex: [female]}", "sex: female", "fires"),
    ("when: {sex: [female]}", "sex: male", "silent"),
    ("when: {sex: [female]}", "drug: kadcyla", "cannot-tell"),
    # drugs beside it: by product, by class, by any name
    ("when: {on_drug: [pertuzumab]}", "drugs: [Perjeta]", "fires"),
    ("when: {on_drug: [anthracycline]}", "drugs: [doxorubicin 50 mg]", "fires"),
    ("when: {on_drug: [anthracycline]}", "drugs: [aspirin]", "silent"),
    ("when: {on_drug: [tenofovir]}", "drugs: [Tenofovir alafenamide 25 mg]", "fires"),
    ("when: {on_drug: [tenofovir]}", "not_sent: [medications]", "cannot-tell"),
    ("when: {on_drug: [tenofovir]}", "drugs: [tenofovir], not_sent: [administrations]", "fires"),
    ("unless_drug: [entecavir, tenofovir]", "drugs: [entecavir]", "silent"),
    ("unless_drug: [entecavir, tenofovir]", "drugs: [aspirin]", "fires"),
    ("unless_drug: [entecavir]", "not_sent: [medications]", "cannot-tell"),
    # drugs by code: RxNorm exactly, ATC with everything below it
    (f'when: {{on_drug: ["{ATC}|J05AF"]}}', f'drugs: ["{ATC}|J05AF10"]', "fires"),
    (f'when: {{on_drug: ["{ATC}|J05AF10"]}}', f'drugs: ["{ATC}|J05AF"]', "silent"),
    (f'when: {{on_drug: ["{ATC}|J05AF"]}}', "not_sent: [medications]", "cannot-tell"),
    (f'unless_drug: [entecavir, "{RXNORM}|306266"]', f'drugs: ["{RXNORM}|306266"]', "silent"),
    (f'unless_drug: [entecavir, "{RXNORM}|306266"]', "drugs: [entecavir]", "silent"),
    (f'unless_drug: ["{RXNORM}|306266"]', f'drugs: ["{RXNORM}|306267"]', "fires"),
    # problems
    ("when: {has_problem: [ild]}", "problems: [ild]", "fires"),
    ("has_problem: [ild, heart-failure]", "problems: [heart-failure]", "fires"),
    ("has_problem: [ild]", "problems: [heart-failure]", "silent"),
    ("has_problem: [ild]", "not_sent: [conditions]", "cannot-tell"),
    (f'has_problem: ["{ICD10}|B18.1"]', f'problems: ["{ICD10}|B18.1"]', "fires"),
    (f'has_problem: ["{ICD10}|B18.1"]', f'problems: ["{ICD10}|B18.2"]', "silent"),
    (f'has_problem: [ild, "{ICD10}|B18.1"]', "problems: [ild]", "fires"),
    (f'when: {{has_problem: ["{ICD10}|B18.1"]}}', "not_sent: [conditions]", "cannot-tell"),
    # a result at all
    (f'any_result: {{codes: ["{LOCAL}"]}}', f'results: [{{code: "{LOCAL}", says: positive}}]', "fires"),
    (f'any_result: {{codes: ["{LOCAL}"]}}', "drug: kadcyla", "silent"),
    (f'any_result: {{codes: ["{LOCAL}"]}}', "not_sent: [labs]", "cannot-tell"),
    (f'no_result: {{codes: ["{LOCAL}"]}}', f'results: [{{code: "{LOCAL}"}}]', "silent"),
    (f'no_result: {{codes: ["{LOCAL}"]}}', "drug: kadcyla", "fires"),
    # one of several tests is enough
    (
        f'unless_result: {{codes: ["{LOCAL}", "{SURFACE_ANTIGEN}"], within_days: 30}}',
        f'results: [{{code: "{SURFACE_ANTIGEN}", days_ago: 30}}]',
        "silent",
    ),
    (
        f'unless_result: {{codes: ["{LOCAL}", "{SURFACE_ANTIGEN}"], within_days: 30}}',
        f'results: [{{code: "{SURFACE_ANTIGEN}", days_ago: 31}}]',
        "fires",
    ),
    # an answer
    (
        f'any_result: {{codes: ["{LOCAL}"], values: [Positive, reactive]}}',
        f'results: [{{code: "{LOCAL}", says: Reactive}}]',
        "fires",
    ),
    (
        f'any_result: {{codes: ["{LOCAL}"], values: [positive]}}',
        f'results: [{{code: "{LOCAL}", says: negative}}]',
        "silent",
    ),
    (f'any_result: {{codes: ["{LOCAL}"], values: [positive]}}', f'results: [{{code: "{LOCAL}"}}]', "cannot-tell"),
    (
        f'any_result: {{codes: ["{LOCAL}"], values: [positive]}}',
        f"results: [{NEGATIVE}, {POSITIVE}]",
        "fires",
    ),
    (
        f'any_result: {{codes: ["{LOCAL}"], values: [positive], newest: true}}',
        f"results: [{NEGATIVE}, {POSITIVE}]",
        "silent",
    ),
    # a number with its unit
    ("any_result: {tests: [lvef], below: 50, unit: '%'}", "results: [{test: lvef, days_ago: 9, value: 49.9}]", "fires"),
    ("any_result: {tests: [lvef], below: 50, unit: '%'}", "results: [{test: lvef, days_ago: 9, value: 50}]", "silent"),
    ("any_result: {tests: [lvef], at_most: 50, unit: '%'}", "results: [{test: lvef, days_ago: 9, value: 50}]", "fires"),
    (
        "any_result: {tests: [lvef], at_least: 50, unit: '%'}",
        "results: [{test: lvef, days_ago: 9, value: 50}]",
        "fires",
    ),
    ("any_result: {tests: [lvef], above: 50, unit: '%'}", "results: [{test: lvef, days_ago: 9, value: 50}]", "silent"),
    (
        "any_result: {tests: [lvef], at_least: 50, below: 55, unit: '%'}",
        "results: [{test: lvef, days_ago: 9, value: 55}]",
        "silent",
    ),
    (
        f'any_result: {{codes: ["{LOCAL}"], above: 20, unit: IU/mL}}',
        f'results: [{{code: "{LOCAL}", days_ago: 9, value: 21, unit: IU/mL}}]',
        "fires",
    ),
    (
        f'any_result: {{codes: ["{LOCAL}"], above: 20, unit: IU/mL}}',
        f'results: [{{code: "{LOCAL}", days_ago: 9, value: 21, unit: kIU/L}}]',
        "cannot-tell",
    ),
    # a code that the service knows is that test, whatever code the chart has for it
    (
        'no_result: {codes: ["http://loinc.org|10230-1"], within_days: 42}',
        "results: [{test: lvef, days_ago: 42}]",
        "silent",
    ),
    (
        'no_result: {codes: ["http://loinc.org|10230-1"], within_days: 42}',
        "results: [{test: lvef, days_ago: 43}]",
        "fires",
    ),
    ('no_result: {codes: ["http://loinc.org|10230-1"]}', "not_sent: [lvef]", "cannot-tell"),
    (
        "any_result: {tests: [ast], above: 80, unit: U/L, newest: true}",
        "results: [{test: ast, days_ago: 1, value: 81}]",
        "fires",
    ),
    (
        "no_result: {tests: [pregnancy-test], values: [negative]}",
        "results: [{test: pregnancy-test, days_ago: 1, says: positive}]",
        "fires",
    ),
    ("no_result: {tests: [her2-ihc], values: ['3+']}", "tier: positive", "silent"),
    # one condition that does not hold settles it, however much is missing for the others
    ("when: {products: [enhertu], sex: [female]}", "drug: kadcyla", "silent"),
    (
        f'unless_drug: [entecavir]\n    any_result: {{codes: ["{LOCAL}"]}}',
        "drugs: [entecavir], not_sent: [labs]",
        "silent",
    ),
]


@pytest.fixture(scope="module")
def runs() -> list[CaseRun]:
    """Run every row of the table in one file, so that names are looked up in one vocabulary."""
    entry = HEAD.partition("rules:\n")[2]
    text = HEAD.partition("rules:\n")[0] + "rules:\n"
    for number, (says, patient, expect) in enumerate(TABLE):
        case = f"cases: [{{name: x, expect: {expect}, {patient}}}]"
        text += entry.replace("our-topic", f"our-topic-{number}") + f"    {says}\n    {case}\n"
    return list(run_cases(with_rules(KNOWN, [("r.yaml", text)])))


@pytest.mark.parametrize("number", range(len(TABLE)), ids=[f"{a} / {b}" for a, b, _ in TABLE])
def test_every_condition_at_its_edges(runs, number) -> None:
    assert runs[number].answer == TABLE[number][2], runs[number].outcome


ERRORS = [
    (("topc: x",), "r.yaml:10: rules.0.topc: unknown key 'topc'; did you mean 'topic'?"),
    (("when: {products: [enhert]}",), "no product 'enhert' is checked; did you mean 'enhertu'?"),
    (("when: {products: [cyramza]}",), "no product 'cyramza' is checked"),
    (("when: {cancers: [gastrc]}",), "unknown value 'gastrc'; did you mean 'gastric'?"),
    (("when: {moments: [order-sing]}",), "unknown value 'order-sing'; did you mean 'order-sign'?"),
    (("when: {age: {}}",), "r.yaml:10: rules.0.when.age: give at_least, below, or both"),
    (('no_result: {codes: ["5196-1"]}',), "'5196-1': write system|code, such as http://loinc.org|5196-1"),
    (
        ('no_result: {codes: ["http://loinc.org|5196-2"]}',),
        "'5196-2' is not a code of http://loinc.org: its check digit",
    ),
    (
        ("no_result: {tests: [lvfe]}",),
        "r.yaml:10: rules.0.no_result.tests.0: unknown test 'lvfe'; did you mean 'lvef'?",
    ),
    (("no_result: {within_days: 3}",), "rules.0.no_result: name codes"),
    (("no_result: {tests: [lvef], within_days: 0}",), "rules.0.no_result.within_days: 1 to 3660 days"),
    (("any_result: {tests: [lvef], below: 50}",), "rules.0.any_result: a number needs its unit"),
    (("any_result: {tests: [lvef], below: 50, unit: mm}",), "is judged in %, not mm"),
    (("any_result: {tests: [lvef], below: 50, unit: '%', values: [x]}",), "a number or values, not both"),
    (("any_result: {tests: [ast], above: 80, unit: U/L}",), "only the newest day is read; write newest: true"),
    (("when: {moments: [patient-view]}",), "at patient-view a rule asks for a test; name order_test"),
    (("unless_drug: ['5']",), "rules.0.unless_drug.0: '5': name a drug"),
    (
        ("when: {on_drug: [anthracyclin]}",),
        "rules.0.when.on_drug.0: no drug or class 'anthracyclin'; did you mean 'anthracycline'?",
    ),
    (
        ('unless_drug: ["http://www.nlm.nih.gov/research/umls/rxnrom|5"]',),
        "rules.0.unless_drug.0: 'http://www.nlm.nih.gov/research/umls/rxnrom|5': a drug is named by a code of",
    ),
    (
        ('unless_drug: [aspirin, "http://www.nlm.nih.gov/research/umls/rxnrom|5"]',),
        "did you mean 'http://www.nlm.nih.gov/research/umls/rxnorm'?",
    ),
    (('unless_drug: ["http://www.whocc.no/atc|L1"]',), "'L1' is no code of http://www.whocc.no/atc"),
    (('unless_drug: ["http://www.nlm.nih.gov/research/umls/rxnorm|x"]',), "'x' is no code of"),
    (
        ("when: {has_problem: [hart-failure]}",),
        "rules.0.when.has_problem.0: unknown problem 'hart-failure'; did you mean 'heart-failure'?",
    ),
    (("has_problem: ['|B18']",), "rules.0.has_problem.0: '|B18': write system|code"),
    (('has_problem: ["http://snomed.info/sct|66071003"]',), "its check digit is wrong"),
    (("cases: [{name: x, expect: fires, problems: [ilt]}]",), "cases.0.problems.0: unknown problem 'ilt'"),
    (('cases: [{name: x, expect: fires, drugs: ["http://x.example|5"]}]',), "cases.0.drugs.0: 'http://x.example|5'"),
    (("where: here",), "r.yaml:10: unknown key 'where'"),
    (("cases: [{name: x, expect: fire}]",), "unknown value 'fire'; did you mean 'fires'?"),
    (("cases: [{name: x, expect: fires, drug: nobody}]",), "no product 'nobody' is checked"),
    (("cases: [{name: x, expect: fires, results: [{says: y}]}]",), "name a code or a test"),
    (("indicator: urgent",), "unknown value 'urgent'; allowed are critical, info, warning"),
    (("when: {age: {at_least: 75, below: 65}}",), "nobody is that old"),
    (("when: {age: {below: 0}}",), "nobody is that old"),
    (("any_result: {tests: [lvef], unit: '%', newest: true, above: 50, at_most: 50}",), "no number lies within"),
    (("any_result: {tests: [lvef]}", "no_result: {tests: [lvef]}"), "the same result to be there and not to be there"),
    (("any_result: {tests: [lvef]}", "unless_result: {tests: [lvef]}"), "the same result to be there"),
]


@pytest.mark.parametrize(("lines", "says"), ERRORS, ids=[lines[0] for lines, _ in ERRORS])
def test_a_wrong_rule_is_refused_with_its_line(lines, says) -> None:
    with pytest.raises(KnowledgeError) as error:
        with_rules(KNOWN, [("r.yaml", rule(*lines))])
    assert says in str(error.value)
    assert str(error.value).startswith("r.yaml:10:")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{days}", "{dayz}", "r.yaml:7: rules.0.summary: unknown placeholder {dayz}; did you mean 'days'?"),
        ("Do it.", "<b>Do it.</b>", "r.yaml:8: rules.0.rule: a card holds no HTML"),
        ("Do it.", "'Do {it'", "r.yaml:8: rules.0.rule: an unmatched brace"),
        ("{days}", "x" * 140, "r.yaml:7: rules.0.summary: with the longest drug name longer than 139 characters"),
        ("topic: our-topic", "topic: Our Topic", "r.yaml:5: rules.0.topic: lower-case letters"),
        ("source: our-pt,", "source: our-tp,", "unknown source 'our-tp'; did you mean 'our-pt'?"),
        ("rules:", "ruls:", "r.yaml:4: unknown section 'ruls'; did you mean 'rules'?"),
        ("    rule: Do it.\n", "", "the key 'rule' is missing"),
    ],
)
def test_wrong_words_are_refused_with_their_line(old, new, says) -> None:
    with pytest.raises(KnowledgeError) as error:
        with_rules(KNOWN, [("r.yaml", HEAD.replace(old, new))])
    assert says in str(error.value)


def test_two_rules_cannot_share_a_topic_or_use_a_shipped_one() -> None:
    known = with_rules(KNOWN, [("r.yaml", HEAD)])
    with pytest.raises(KnowledgeError, match="there is a rule 'our-topic' already"):
        with_rules(known, [("s.yaml", HEAD)])
    shipped = with_rules(KNOWN, [("r.yaml", HEAD.replace("our-topic", "lvef-missing"))])
    with pytest.raises(KnowledgeError, match=r"r\.yaml:5: the topic 'lvef-missing' ships with the service"):
        with_rule_words(default_wording(), shipped.site_rules)


def test_an_unknown_override_reason_is_refused() -> None:
    known = with_rules(KNOWN, [("r.yaml", rule("override_reasons: [action-complete]"))])
    with pytest.raises(KnowledgeError, match="did you mean 'action-completed'"):
        with_rule_words(default_wording(), known.site_rules)


def test_the_site_vouches_for_its_own_source_and_k_stays_k() -> None:
    known = with_rules(KNOWN, [("r.yaml", HEAD)])
    assert known.site_rules[0].by.confidence is Confidence.SITE
    known = with_rules(KNOWN, [("r.yaml", HEAD.replace("confidence: V", "confidence: K"))])
    assert known.site_rules[0].by.confidence is Confidence.UNVERIFIED


def test_what_ships_is_the_same_but_for_the_tests_that_the_rules_ask_for() -> None:
    known = with_rules(KNOWN, [("r.yaml", rule(f'no_result: {{codes: ["{LOCAL}"]}}'))])
    assert known.products == KNOWN.products
    assert known.version != KNOWN.version
    added = set(known.terminology.concepts) - set(KNOWN.terminology.concepts)
    assert added == {LOCAL}
    assert all(known.terminology.concepts[name] == each for name, each in KNOWN.terminology.concepts.items())
