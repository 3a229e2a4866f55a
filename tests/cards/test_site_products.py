"""A whole product of a site: it is known by every name, and one that says too little is refused with its line."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from cards.identification.recognizer import recognizer_for
from cards.knowledge.billing_loader import default_billing
from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import KnowledgeError
from cards.knowledge.schema.billing import Form
from cards.knowledge.site import with_site
from cards.knowledge.site_supplies import with_site_supplies

KNOWN = default_knowledge()
SOURCE = '  our-label: {title: OURMAB prescribing information, url: https://intranet.example/ourmab, as_of: "2026-10"}'
BY = 'by: {source: our-label, section: "2", confidence: V}'
OURMAB = f"""
sources:
{SOURCE}
products:
  - id: ourmab
    name: Ourmab
    generic: ourtuzumab-abcd
    scope: checked
    atc:
      - {{code: L01FD99, {BY}}}
    route: intravenous
    basis: weight
    concentration: {{mg_per_ml: 20, ready_to_use: true, {BY}}}
    brands:
      - id: ourmab
        name: Ourmab
        generic: ourtuzumab-abcd
        label: our-label
        names: []
        hcpcs:
          - {{code: J9998, unit_mg: 10, descriptor: "Injection, ourtuzumab-abcd, 10 mg", {BY}}}
        packages:
          - {{ndc: 99998-0001-01, contents_mg: 100, {BY}}}
          - {{ndc: 99998-0002-01, contents_mg: 400, multi_dose: true, {BY}}}
          - {{ndc: 99998-0003-01, contents_mg: 62.5, {BY}}}
    regimens:
      - name: every 3 weeks
        cancers: [breast]
        interval_days: 21
        levels:
          - {{role: start, mg_per_kg: 10, {BY}}}
        maximum: {{mg_per_kg: 10, {BY}}}
        {BY}
    eligibility:
      - cancers: [breast]
        tiers: [positive]
        wording: HER2-positive breast cancer
        {BY}
    cycle_limits:
      - {{setting: early, cancers: [breast], cycles: 17, {BY}}}
    monitoring:
      lvef_rows:
        - {{lvef: {{below: 50}}, drop: {{at_least: 10}}, action: hold, then: Withhold., {BY}}}
      lab_rows:
        - {{tests: [platelets], value: {{below: 50}}, action: hold, then: Withhold., {BY}}}
"""


def test_a_new_product_is_known_by_its_name_and_its_generic_name_without_listing_them() -> None:
    known = with_site(KNOWN, [("site.yaml", OURMAB)])
    product = known.product("ourmab")
    assert product.names == ("Ourmab", "ourtuzumab-abcd")
    assert product.brands[0].names == ("Ourmab",)
    assert recognizer_for(known).ndc("99998-0001-01") is not None


def test_the_vials_of_a_new_product_are_those_of_its_packages() -> None:
    billing = with_site_supplies(default_billing(), with_site(KNOWN, [("site.yaml", OURMAB)]))
    supply = billing.supply("ourmab")
    assert supply.form is Form.SOLUTION
    # No claim counts half milligrams, so the third package is left out.
    assert [(each.contents_mg, str(each.volume_ml), each.multi_dose) for each in supply.vials] == [
        (100, "5", False),
        (400, "20", True),
    ]
    assert with_site_supplies(default_billing(), KNOWN) is default_billing()


def test_a_new_brand_may_come_in_vials_that_its_product_did_not_have() -> None:
    brand = (
        f"sources:\n{SOURCE}\nbrands:\n"
        "  - {of: trastuzumab, id: newmab, name: Newmab, generic: trastuzumab-newx,\n"
        f"     packages: [{{ndc: 99999-0001-01, contents_mg: 60, {BY}}}]}}\n"
    )
    known = with_site(KNOWN, [("site.yaml", brand)])
    before, after = (
        billing.supply("trastuzumab") for billing in (default_billing(), with_site_supplies(default_billing(), known))
    )
    assert {each.contents_mg for each in after.vials} - {each.contents_mg for each in before.vials} == {60}
    assert after.form is before.form


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param(
            "    route: intravenous\n", "", "site.yaml:5: products.0.route: a checked product needs route", id="route"
        ),
        pytest.param("    basis: weight\n", "", "products.0.basis: a checked product needs basis", id="basis"),
        pytest.param(
            "scope: checked", "scope: chekced", "unknown value 'chekced'; did you mean 'checked'?", id="scope"
        ),
        pytest.param("start, mg_per_kg: 10, ", "start, ", "site.yaml:31: .*levels.0: needs mg_per_kg or mg", id="dose"),
        pytest.param(
            "start, mg_per_kg: 10, ", "start, mg: 700, mg_per_kg: 10, ", "needs mg_per_kg or mg", id="two doses"
        ),
        pytest.param(
            "maximum: {mg_per_kg: 10, ", "maximum: {", "site.yaml:32: .*maximum: needs mg_per_kg or mg", id="maximum"
        ),
        pytest.param("cycles: 17, ", "", "cycle_limits.0: needs cycles or weeks", id="a limit without a number"),
        pytest.param(
            "lvef: {below: 50}, drop: {at_least: 10}, ", "", "lvef_rows.0: needs lvef or drop or below", id="any LVEF"
        ),
        pytest.param(
            "lvef: {below: 50}, drop: {at_least: 10}, ", "drop: {}, ", "lvef_rows.0: needs", id="an open range"
        ),
        pytest.param("value: {below: 50}, ", "", "lab_rows.0: needs times_uln or value", id="any platelets"),
        pytest.param("    concentration:", "    confusion:", "confusion: must be a text", id="another key"),
        pytest.param(
            "label: our-label",
            "label: our-labl",
            "site.yaml:18: unknown source 'our-labl'",
            id="a label that is not there",
        ),
        pytest.param("role: start", "role: begin", "unknown value 'begin'; allowed are ", id="a list of values"),
        pytest.param("{role: start", "{rule: start", "unknown key 'rule'; did you mean 'role'?", id="a near key"),
    ],
)
def test_a_product_that_cannot_be_checked_is_refused(old: str, new: str, says: str) -> None:
    assert old in OURMAB
    with pytest.raises(KnowledgeError, match=says):
        with_site(KNOWN, [("site.yaml", OURMAB.replace(old, new, 1))])


def test_vials_without_a_concentration_are_refused() -> None:
    text = re.sub(r"    concentration: .*\n", "", OURMAB)
    with pytest.raises(
        KnowledgeError, match=r"site\.yaml:5: products\.0\.concentration: a product with packages needs"
    ):
        with_site(KNOWN, [("site.yaml", text)])


def test_emptying_what_ships_is_refused_and_a_product_that_is_only_recognized_needs_none_of_it() -> None:
    with pytest.raises(KnowledgeError, match=r"site\.yaml:2: products\.0\.regimens: a checked product needs regimens"):
        with_site(KNOWN, [("site.yaml", "products:\n  - {id: kadcyla, regimens: []}\n")])
    short = (
        f"sources:\n{SOURCE}\nproducts:\n  - id: othermab\n    name: Othermab\n    generic: othertuzumab\n"
        "    scope: recognized-only\n"
        "    brands: [{id: othermab, name: Othermab, generic: othertuzumab, label: our-label, names: []}]\n"
    )
    assert with_site(KNOWN, [("site.yaml", short)]).product("othermab").regimens == ()


def test_every_misspelled_key_is_refused_with_its_line() -> None:
    seen = set()
    for key in _keys(yaml.safe_load(OURMAB)):
        written = re.search(rf"(?<![\w-]){re.escape(key)}:", OURMAB)
        assert written
        text = f"{OURMAB[: written.start()]}{key}q:{OURMAB[written.end() :]}"
        with pytest.raises(KnowledgeError) as refused:
            with_site(KNOWN, [("site.yaml", text)])
        assert all(re.match(r"site\.yaml:\d+: ", each) for each in refused.value.problems), key
        seen.add(key)
    assert len(seen) > 25


def _keys(tree: Any) -> set[str]:
    if isinstance(tree, dict):
        return set(tree) | {name for value in tree.values() for name in _keys(value)}
    return {name for value in tree for name in _keys(value)} if isinstance(tree, list) else set()
