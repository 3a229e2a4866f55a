"""What is known about billing and the payer policies that ship: complete, sourced, and refused when they are not."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from typing import get_args

import pytest
from builders import KNOWN, SETUP

from cards.coverage import checks
from cards.knowledge.billing_loader import default_billing, default_policies, flat, load_billing, load_policies
from cards.knowledge.loader import citations
from cards.knowledge.schema import Confidence, KnowledgeError, Route, Scope
from cards.knowledge.schema import coverage as shapes

POLICIES = default_policies()
LOUISIANA = next(policy for policy in POLICIES if policy.id == "LA.PHAR.229")
CHECKED = [product for product in KNOWN.products if product.scope is Scope.CHECKED and not product.is_oral]
OWN = """
sources:
  plan: {title: Plan policy, url: https://plan.example.org/kadcyla, as_of: "2026-10"}
policies:
  - id: PLAN-KADCYLA
    title: Kadcyla
    payer: Example Plan
    payer_names: [Example Plan]
    products: [kadcyla]
    by: &by {source: plan, section: "1", confidence: V}
    paths:
      - ref: "1"
        name: All uses
        months: 3
        by: *by
        criteria:
          - {check: age_at_least, ref: "1.1", text: Adult, years: 18, by: *by}
"""


def test_every_figure_has_a_source_with_a_date() -> None:
    cited = [*citations(default_billing()), *(each for policy in POLICIES for each in citations(policy))]
    assert len(cited) > 100
    for each in cited:
        assert KNOWN.sources[each.source].as_of
        assert each.section


@pytest.mark.parametrize("product", CHECKED, ids=lambda each: each.id)
def test_a_checked_product_can_be_billed(product) -> None:
    billing = default_billing()
    assert billing.supply(product.id).vials
    if product.route is Route.INTRAVENOUS:
        assert product.infusion is not None


def test_every_form_of_vial_has_its_unit_of_ndc() -> None:
    units = {each.form: each.unit for each in default_billing().ndc_units}
    assert units == {"powder": "UN", "solution": "ML"}


def test_no_administration_code_is_one_of_those_that_are_never_right() -> None:
    known = default_billing().administration
    used = {known.first_hour.code, known.further_hour.code, known.second_drug.code, known.subcutaneous.code}
    assert used == {"96413", "96415", "96417", "96401"}
    assert {each.code for each in known.never} == {"96365", "96366"}
    assert used.isdisjoint(each.code for each in known.never)


def test_the_receptor_codes_distinguish_every_case() -> None:
    cases = [(each.her2_positive, each.hormone_receptor_positive) for each in default_billing().diagnoses.receptors]
    assert sorted(cases, key=str) == sorted(((h, r) for h in (True, False) for r in (True, False, None)), key=str)


def test_every_check_is_written_in_code_and_used_by_a_policy_or_free_for_a_site() -> None:
    assert set(get_args(shapes.Check)) == set(checks._CHECKS)
    used = {type(each) for policy in POLICIES for path in policy.paths for each in flat(path.criteria)}
    assert used == set(checks._CHECKS)


def test_alternatives_cannot_be_nested() -> None:
    """The policies are a list of named checks, not a language."""
    text = OWN.replace("check: age_at_least", "check: one_of, of: [{check: one_of}], x: age_at_least")
    with pytest.raises(KnowledgeError):
        load_policies(text, "own.yaml", default_billing())


@pytest.mark.parametrize("policy", POLICIES, ids=lambda each: each.id)
def test_a_policy_asks_for_documents_and_names_its_products(policy) -> None:
    assert policy.paths
    assert all(KNOWN.product(product).scope is Scope.CHECKED for product in policy.products)
    for path in policy.paths:
        assert path.criteria
        assert any(criterion.documents for criterion in flat(path.criteria))
    assert len({each.id for each in POLICIES}) == len(POLICIES)


def test_what_a_billing_page_says_of_a_payer_is_secondary() -> None:
    for policy in POLICIES:
        expected = Confidence.PRIMARY if policy.id == "LA.PHAR.229" else Confidence.SECONDARY
        assert policy.by.confidence is expected


def test_the_louisiana_policy_is_complete() -> None:
    refs = {path.ref: [c.ref for c in flat(path.criteria)] for path in LOUISIANA.paths}
    assert list(refs) == ["I.A", "I.B", "I.C", "II.A", "II.B"]
    assert refs["I.A"] == [
        "I.A.1", "I.A.2", "I.A.3", "I.A.4", "I.A.5.a", "I.A.5.b", "I.A.6.a", "I.A.6.b", "I.A.6.c"
    ]  # fmt: skip
    assert refs["I.B"] == [
        "I.B.1.a", "I.B.1.b", "I.B.1", "I.B.1.a", "I.B.1", "I.B.1", "I.B.2", "I.B.3", "I.B.4", "I.B.5.a", "I.B.5.b"
    ]  # fmt: skip
    assert refs["I.C"] == refs["II.B"] == ["I.C.1", "I.C.2"]
    assert refs["II.A"] == [
        "II.A.1", "II.A.2", "II.A.3.a", "II.A.3.b", "II.A.3.c", "V, early", "V, metastatic"
    ]  # fmt: skip
    assert {path.ref: path.months for path in LOUISIANA.paths} == {
        "I.A": 6, "I.B": 6, "I.C": None, "II.A": 12, "II.B": None
    }  # fmt: skip
    limits = [c for path in LOUISIANA.paths for c in flat(path.criteria) if isinstance(c, shapes.DoseLimit)]
    assert {(limit.mg_per_kg, limit.every_days) for limit in limits} == {(Decimal("3.6"), 21)}
    assert {limit.doses for limit in limits if limit.setting == "early"} == {14}
    assert {limit.doses for limit in limits if limit.setting != "early"} == {None}


def test_the_payers_of_the_billing_pages_are_known() -> None:
    assert SETUP.policies[0].id == "LA.PHAR.229"
    assert {policy.id for policy in POLICIES} == {
        "LA.PHAR.229",
        *(f"{payer}-KADCYLA" for payer in ("UHC", "AETNA", "BCBS", "MEDICARE", "MEDICAID")),
        *(f"{payer}-ENHERTU" for payer in ("UHC", "AETNA", "BCBS", "MEDICARE")),
        "COMMERCIAL-PERTUZUMAB",
    }


def test_a_site_adds_its_own_policy() -> None:
    file = load_policies(OWN, "own.yaml", default_billing())
    assert file.policies[0].paths[0].months == 3


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param("check: age_at_least", "check: age_over", "age_over", id="an unknown check"),
        pytest.param("years: 18", "yeers: 18", "yeers", id="an unknown field"),
        pytest.param("years: 18", "years: adult", "years", id="an invalid number"),
        pytest.param(", by: *by}", "}", "by", id="a criterion without a source"),
        pytest.param("source: plan,", "source: plans,", "unknown source 'plans'", id="an unknown source"),
        pytest.param("products: [kadcyla]", "products: [kadcila]", "no product 'kadcila'", id="an unknown product"),
        pytest.param("  plan: {", "  noridian-jz: {", "there already", id="a source that is there already"),
        pytest.param(
            "check: age_at_least, ref", "check: prior_therapy, groups: [taxan], ref", "years|no drug group 'taxan'",
            id="an unknown drug group",
        ),
        pytest.param(
            'age_at_least, ref: "1.1", text: Adult, years: 18',
            'prescriber_specialty, ref: "1.1", text: x, specialty: onkology',
            "no specialty 'onkology'", id="an unknown specialty",
        ),
        pytest.param(
            'age_at_least, ref: "1.1", text: Adult, years: 18',
            'results_on_record, ref: "1.1", text: x, tests: [alat]', "no test 'alat'", id="an unknown test",
        ),
        pytest.param(
            'age_at_least, ref: "1.1", text: Adult, years: 18',
            'given_with, ref: "1.1", text: x, products: [x]', "no product 'x'", id="an unknown partner",
        ),
        pytest.param("policies:", "policies: [", "own.yaml", id="no YAML"),
    ],
)  # fmt: skip
def test_a_policy_that_is_wrong_is_refused_with_its_file(old, new, says) -> None:
    assert old in OWN
    with pytest.raises(KnowledgeError, match=says) as refused:
        load_policies(OWN.replace(old, new), "own.yaml", default_billing())
    assert "own.yaml" in str(refused.value)


def test_an_unquoted_date_is_read_as_text() -> None:
    file = load_policies(OWN.replace('as_of: "2026-10"', "as_of: 2026-10-01"), "own.yaml", default_billing())
    assert file.sources["plan"].as_of == "2026-10-01"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("check: age_at_least", "check: age_at_lest", "check: age", "did you mean 'age_at_least'"),
        ("years: 18", "yeers: 18", "check: age", "did you mean 'years'"),
        ("products: [kadcyla]", "products: [kadcila]", "products:", "no product 'kadcila'; did you mean 'kadcyla'"),
        ("source: plan,", "source: plam,", "", "unknown source 'plam'; did you mean 'plan'"),
        ("years: 18", "years: adult", "check: age", "must be a whole number"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_with_line_and_nearest_name(old, new, line, says) -> None:
    text = OWN.replace(old, new)
    with pytest.raises(KnowledgeError) as refused:
        load_policies(text, "own.yaml", default_billing())
    assert says in str(refused.value)
    number = int(str(refused.value).split(":")[1])
    assert line in text.splitlines()[number - 1]


def test_aliases_of_a_policy_are_bounded() -> None:
    """Nine lists of nine aliases each would be a billion values."""
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(KnowledgeError, match="more than 50000 values"):
        load_policies("\n".join([*bomb, OWN]), "own.yaml", default_billing())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param(
            "  - product: enhertu\n", "  - product: kadcyla\n", "vials are wanted", id="a product without vials"
        ),
        pytest.param("contents_mg: 600, volume_ml: 5", "contents_mg: 600", "a solution has a volume", id="no volume"),
        pytest.param("code: Z17.410", "code: Z17-410", "Z17-410", id="an invalid code"),
        pytest.param("classes: [taxane]", "classes: [taxan]", "unknown drug classes", id="an unknown class"),
        pytest.param("source: noridian-jz", "source: noridian", "unknown source", id="an unknown source"),
    ],
)
def test_billing_knowledge_that_is_wrong_is_refused(tmp_path, old, new, says) -> None:
    text = (files("cards") / "knowledge" / "billing.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "billing.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        load_billing(tmp_path)
