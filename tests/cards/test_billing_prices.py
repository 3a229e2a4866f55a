"""Payment limits from the quarterly file, as CMS lays it out, and what the card says of their quarter and age."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from builders import KNOWN, SETUP, TODAY, chart, judged, order, outcome_of
from cases_coverage import billed

from cards.billing.rules import coverage_rules
from cards.facts.patient import Patient
from cards.facts.topics import Topic
from cards.knowledge.billing_setup import BillingSetup
from cards.knowledge.prices import PriceFileError, read_prices
from cards.presentation.renderer import Renderer
from cards.presentation.wording import default_wording

HEADER = "HCPCS Code,Short Description,HCPCS Code Dosage,Payment Limit,Co-insurance Percentage,Vaccine AWP%,Notes,\n"
TITLE = (
    "Payment Allowance Limits for Medicare Part B Drugs,,,,,,,\n"
    ",,,,,,,\n"
    '"Effective October 1, 2026 through December 31, 2026",,,,,,,\n'
    '"Note 1: Limits are subject to change, and a code here is no promise of payment.",,,,,,,\n'
)
ROWS = (
    "90371,Hep b ig im,1 ML,138.873,20.000,,,\n"
    "J9354,Inj ado-trastuzumab emt 1mg,1 MG,42.198,20.000,,,\n"
    'J9355,"Inj trastuzumab, excl biosimi",10 MG,"1,073.425",20.000,,,\n'
    "J9306,Inj pertuzumab,1 MG,,,,see note,\n"
)
FILE = TITLE + HEADER + ROWS


def summary(
    drug: str, dose: str, file: str, patient: Patient | None = None, cycles: int | None = None, **stock: tuple[int, ...]
) -> str:
    rules = coverage_rules(BillingSetup(SETUP.known, SETUP.policies, stock, read_prices(file) if file else None))
    verdicts = judged(order(drug, dose, cycles=cycles), patient=patient, billing=billed(), rules=rules)
    verdict = next(each for each in verdicts if each.topic is Topic.BILLING_SUMMARY)
    assert outcome_of(Topic.BILLING_SUMMARY, verdicts).cited
    card = Renderer(default_wording(), KNOWN, {}).card(verdict, "x")
    return f"{card.summary}\n{card.detail}"


def test_the_limits_follow_the_title() -> None:
    prices = read_prices(FILE)
    assert (prices.since, prices.until, prices.quarter) == (date(2026, 10, 1), date(2026, 12, 31), "2026 Q4")
    assert {code: price.limit for code, price in prices.prices.items()} == {
        "J9354": Decimal("42.198"),
        "J9355": Decimal("1073.425"),
    }


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Effective October 1, 2026 through December 31, 2026,,\n", id="without quotes"),
        pytest.param('"EFFECTIVE Oct 1, 2026 - Dec 31, 2026"\n', id="short months"),
        pytest.param('Payment limits\n\n\n\n\n"Effective October 1, 2026"\n', id="the first day alone: a quarter"),
    ],
)
@pytest.mark.parametrize(
    "header",
    [
        pytest.param("HCPCS Code,Short Description,HCPCS Code Dosage,Payment Limit\n", id="as it is"),
        pytest.param("hcpcs_code,short_description,hcpcs_code_dosage,payment_limit\n", id="with underscores"),
        pytest.param("Notes,HCPCS  Code,HCPCS Code Dosage,Payment Limit\n", id="in another order"),
    ],
)
def test_titles_and_headers_of_other_quarters(title, header) -> None:
    columns = header.count(",") == 3 and header.startswith("Notes")
    row = ",J9354,1 MG,42.198\n" if columns else "J9354,Inj,1 MG,42.198\n"
    prices = read_prices(title + header + row)
    assert (prices.since, prices.until) == (date(2026, 10, 1), date(2026, 12, 31))
    assert prices.prices["J9354"].limit == Decimal("42.198")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "no row with the columns", id="empty"),
        pytest.param("a,b\n1,2\n", "no row with the columns", id="another table"),
        pytest.param(HEADER + ROWS, "from when the limits hold", id="no period"),
        pytest.param(TITLE + HEADER, "no payment limit", id="no rows"),
        pytest.param(TITLE + HEADER + "J9354,x,1 MG,free,,,,\n", "no payment limit", id="no number"),
        pytest.param(TITLE + HEADER + "J9354,x,1 MG,-3,,,,\n", "no payment limit", id="a limit below zero"),
        pytest.param(FILE + "J9354,x,1 MG,43.000,,,,\n", "J9354 stands there twice", id="two limits"),
        pytest.param(FILE.replace("October 1,", "October 41,"), "is no date", id="no such day"),
        pytest.param(FILE.replace("December 31, 2026", "December 31, 2025"), "before they begin", id="reversed"),
        pytest.param("x" * 200_000, "no row with the columns|CSV", id="one long line"),
    ],
)
def test_a_file_of_another_kind_is_refused(text, says) -> None:
    with pytest.raises(PriceFileError, match=says):
        read_prices(text)


def test_the_card_states_the_amount_and_its_quarter() -> None:
    said = summary("Kadcyla", "252 mg", FILE)
    assert "42.198 USD a unit of J9354 (2026 Q4, until 2026-12-31)" in said
    assert "10,971.48 USD for 260 units (252 mg)" in said
    assert "price file ended" not in said


def test_the_amount_of_a_course_stands_beside_that_of_a_dose() -> None:
    """The totals of the Kadcyla billing page: fourteen doses after surgery, else the doses of a year."""
    adjuvant = summary("Kadcyla", "252 mg", FILE, chart(setting="early"))
    assert "153,600.72 USD for all 14 doses of the label's course, at this dose" in adjuvant
    metastatic = summary("Kadcyla", "252 mg", FILE)
    assert "186,515.16 USD for 17 doses a year, every 21 days, at this dose" in metastatic
    assert "65,828.88 USD for the 6 doses planned, at this dose" in summary("Kadcyla", "252 mg", FILE, cycles=6)
    assert "label's course" not in summary("Kadcyla", "252 mg", FILE, chart(setting=None))


def test_the_worked_example_of_85_kg_pays_for_both_vials() -> None:
    assert "13,503.36 USD for 320 units (306 mg)" in summary("Kadcyla", "306 mg", FILE)


def test_without_a_file_there_is_no_amount() -> None:
    assert "USD" not in summary("Kadcyla", "252 mg", "")


def test_a_file_of_an_earlier_quarter_says_its_age() -> None:
    old = FILE.replace("October 1, 2026 through December 31, 2026", "April 1, 2026 through June 30, 2026")
    assert f"The price file ended {(TODAY - date(2026, 6, 30)).days} days before" in summary("Kadcyla", "252 mg", old)


def test_a_file_of_the_next_quarter_says_so() -> None:
    early = FILE.replace("October 1, 2026 through December 31, 2026", "January 1, 2027 through March 31, 2027")
    assert "The price file starts on 2027-01-01" in summary("Kadcyla", "252 mg", early)


def test_a_code_with_another_unit_in_the_price_file_has_no_amount() -> None:
    said = summary("Kadcyla", "252 mg", FILE.replace("1 MG,42.198", "5 MG,42.198"))
    assert "counts J9354 by" in said
    assert "USD for" not in said


def test_a_code_that_is_not_in_the_file_is_reported() -> None:
    assert "J9358 is not in the price file" in summary("Enhertu", "378 mg", FILE)


@pytest.mark.parametrize(
    ("stock", "vials"),
    [
        ({"kadcyla": (100,)}, "3x100 mg, 48 mg JW"),
        ({"kadcyla": (160,)}, "2x160 mg, 68 mg JW"),
        ({"kadcyla": (100, 160)}, "1x160 + 1x100 mg, 8 mg JW"),
        ({}, "1x160 + 1x100 mg, 8 mg JW"),
    ],
)
def test_the_site_says_what_is_on_its_shelf(stock, vials) -> None:
    assert vials in summary("Kadcyla", "252 mg", "", **stock)


def test_the_stock_of_a_brand_goes_before_that_of_the_product() -> None:
    stock = {"trastuzumab": (150,), "kanjinti": (420,)}
    assert "1x420 mg multi-dose, no JW or JZ" in summary("Kanjinti", "400 mg", "", **stock)
    assert "3x150 mg" in summary("Ogivri", "400 mg", "", **stock)
