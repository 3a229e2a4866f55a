"""Cases of the topics on monitoring."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
from builders import chart, days_ago, given, lab, order
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.facts.origins import Gap
from cards.facts.patient import Patient
from cards.facts.results import LabResult
from cards.facts.topics import Topic

NO_LVEF, OLD_LVEF = Topic.LVEF_MISSING, Topic.LVEF_OVERDUE
LIVER, COUNT = Topic.LIVER_TESTS_MISSING, Topic.BLOOD_COUNT_MISSING
LIVER_HOLD, LIVER_STOP, COUNT_HOLD = Topic.LIVER_TESTS_HOLD, Topic.LIVER_TESTS_DISCONTINUE, Topic.BLOOD_COUNT_HOLD
LVEF_HOLD, LVEF_AGAIN = Topic.LVEF_HOLD, Topic.LVEF_RECHECK
NO_HCG, PREGNANT = Topic.PREGNANCY_TEST_MISSING, Topic.PREGNANCY_POSITIVE
LUNG, FAILURE = Topic.ILD_ACTIVE, Topic.HEART_FAILURE_ACTIVE
MARGENZA, PHESGO = order("Margenza", "1050 mg"), order("Phesgo", "1200 mg")


def liver(setting: str | None = "metastatic", **values: str) -> Patient:
    """Build a chart with liver tests as multiples of their upper limits."""
    named = {"bilirubin-total" if test == "bilirubin" else test: f"{value} ULN" for test, value in values.items()}
    return chart(setting=setting, values=named)


def course(
    dose: int | None,
    setting: str = "metastatic",
    drug: str = "kadcyla",
    newest: int = 1,
    **earlier: tuple[str, int],
) -> Patient:
    """Build a chart with a dose so many days ago, results of some days, and newer ones that change nothing."""
    now = chart(setting=setting)
    labs = {test: (lab(test, "1 ULN", newest),) for test in ("ast", "alt", "bilirubin-total")}
    for test, (value, days) in earlier.items():
        labs[test] = (lab(test, "2 ULN" if test == "alt" else "1 ULN", newest), lab(test, f"{value} ULN", days))
    treatments = (given(drug, dose, "252 mg"),) if dose is not None else ()
    return msgspec.structs.replace(now, treatments=treatments, labs={**now.labs, **labs})


def with_bare_alt() -> dict[str, tuple[LabResult, ...]]:
    """Return the results of a usual chart and, under treatment, a high one without its upper limit."""
    labs = dict(chart().labs)
    return {**labs, "alt": (*labs["alt"], lab("alt", "900", 14))}


def heart(
    lvef: str, baseline: str | None = None, setting: str | None = "metastatic", normal: str | None = None
) -> Patient:
    return chart(lvef=lvef, baseline=baseline, setting=setting, lvef_normal=normal)


KADCYLA, ENHERTU = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg")
ZIIHERA = order("Ziihera", "1400 mg", interval=14)
PERJETA, TRASTUZUMAB = order("Perjeta", "420 mg"), order("trastuzumab", "420 mg")
NEXT_WEEK = order("Kadcyla", "252 mg", start=days_ago(-5))

ROWS = [
    # lvef-missing
    Row(
        NO_LVEF,
        "no ejection fraction on record",
        FIRES,
        KADCYLA,
        chart(lvef=None),
        indicator="warning",
        says=("no LVEF",),
        fixes=("OrderTests",),
    ),
    Row(
        NO_LVEF,
        "one whose value says nothing",
        FIRES,
        KADCYLA,
        chart(lvef=None, gaps=(Gap("lvef", "prefetch.lvef", "value", values=(("value", "normal"),)),)),
        says=("an LVEF is in the chart, but its value could not be read",),
        hides=("no LVEF",),
        fixes=("OrderTests",),
    ),
    Row(
        NO_LVEF,
        "one that stands in a report alone",
        FIRES,
        KADCYLA,
        chart(lvef=None, gaps=(Gap("lvef", "prefetch.reports", "lvef-in-text"),)),
        says=("could not be read",),
    ),
    Row(
        NO_LVEF,
        "one that is not final is none",
        FIRES,
        KADCYLA,
        chart(lvef=None, gaps=(Gap("lvef", "prefetch.lvef", "status", values=(("status", "preliminary"),)),)),
        says=("no LVEF",),
    ),
    Row(
        NO_LVEF,
        "the only one is dated in the future",
        FIRES,
        KADCYLA,
        chart(lvef=None, gaps=(Gap("lvef", "prefetch.lvef", "future", date(2027, 3, 1), (("value", "60 %"),)),)),
        says=("dated in the future (2027-03-01)",),
    ),
    Row(NO_LVEF, "the same for Enhertu, whose label names no interval", FIRES, ENHERTU, chart(lvef=None)),
    Row(NO_LVEF, "the same for pertuzumab", FIRES, PERJETA, chart(lvef=None)),
    Row(NO_LVEF, "an old one is on record", SILENT, KADCYLA, chart(lvef_on=date(2020, 1, 1))),
    # lvef-overdue
    Row(OLD_LVEF, "three months ago to the day", SILENT, KADCYLA, chart(lvef_on=date(2026, 8, 22))),
    Row(
        OLD_LVEF,
        "three months and a day ago",
        FIRES,
        KADCYLA,
        chart(lvef_on=date(2026, 8, 21)),
        indicator="warning",
        says=("60 %", "2026-08-21", "93 days", "every 3 months"),
        fixes=("OrderTests",),
    ),
    Row(
        OLD_LVEF,
        "three months ago to the day, and the dose is tomorrow",
        FIRES,
        order("Kadcyla", "252 mg", start=date(2026, 11, 23)),
        chart(lvef_on=date(2026, 8, 22)),
        says=("will be 93 days old on 2026-11-23",),
    ),
    Row(OLD_LVEF, "the same for trastuzumab", FIRES, TRASTUZUMAB, chart(lvef_on=date(2026, 8, 21))),
    Row(OLD_LVEF, "the same for pertuzumab", FIRES, PERJETA, chart(lvef_on=date(2026, 8, 21))),
    Row(OLD_LVEF, "Enhertu's label names no interval", NOT_ASKED, ENHERTU, chart(lvef_on=date(2025, 1, 1))),
    Row(
        OLD_LVEF,
        "a site that sets one for Enhertu",
        FIRES,
        ENHERTU,
        chart(lvef_on=date(2026, 5, 1)),
        thresholds={"lvef_interval_months_enhertu": Decimal(6)},
    ),
    Row(
        OLD_LVEF,
        "a site that allows six months",
        SILENT,
        KADCYLA,
        chart(lvef_on=date(2026, 6, 1)),
        thresholds={"lvef_interval_months": Decimal(6)},
    ),
    Row(
        OLD_LVEF,
        "a dose planned after the interval has run out",
        FIRES,
        order("Kadcyla", "252 mg", start=date(2026, 12, 20)),
        chart(lvef_on=date(2026, 9, 1)),
    ),
    Row(OLD_LVEF, "none on record has its own card", CANNOT, KADCYLA, chart(lvef=None)),
    Row(OLD_LVEF, "one without a date", CANNOT, KADCYLA, chart(lvef_on=None)),
    # liver-tests-missing
    Row(LIVER, "all three of the last week", SILENT, KADCYLA),
    Row(LIVER, "seven days ago", SILENT, KADCYLA, chart(labs={"ast": 7, "alt": 7, "bilirubin-total": 7})),
    Row(
        LIVER,
        "one of them eight days ago",
        FIRES,
        KADCYLA,
        chart(labs={"alt": 8}),
        indicator="warning",
        says=("ALT", "7 days"),
        fixes=("OrderTests",),
    ),
    Row(LIVER, "no bilirubin", FIRES, KADCYLA, chart(without=("bilirubin-total",)), says=("total bilirubin",)),
    Row(
        LIVER,
        "none of the three",
        FIRES,
        KADCYLA,
        chart(without=("ast", "alt", "bilirubin-total")),
        says=("AST, ALT or total bilirubin",),
    ),
    Row(LIVER, "recent today, too old for the day of the dose", FIRES, NEXT_WEEK, chart(labs={"ast": 3})),
    Row(
        LIVER,
        "a site that allows fourteen days",
        SILENT,
        KADCYLA,
        chart(labs={"ast": 12, "alt": 12, "bilirubin-total": 12}),
        thresholds={"lab_max_age_days": Decimal(14)},
    ),
    Row(LIVER, "Enhertu's label asks for none", NOT_ASKED, ENHERTU, chart(without=("ast", "alt", "bilirubin-total"))),
    Row(LIVER, "trastuzumab's label asks for none", NOT_ASKED, TRASTUZUMAB, chart(without=("ast",))),
    # blood-count-missing
    Row(COUNT, "Kadcyla and platelets of yesterday", SILENT, KADCYLA),
    Row(COUNT, "Kadcyla and no platelets", FIRES, KADCYLA, chart(without=("platelets",)), says=("platelets",)),
    Row(COUNT, "Kadcyla does not ask for neutrophils", SILENT, KADCYLA, chart(without=("neutrophils",))),
    Row(
        COUNT,
        "Enhertu and no neutrophils",
        FIRES,
        ENHERTU,
        chart(without=("neutrophils",)),
        indicator="warning",
        says=("neutrophils",),
        fixes=("OrderTests",),
    ),
    Row(COUNT, "Enhertu and neither", FIRES, ENHERTU, chart(without=("neutrophils", "platelets"))),
    Row(COUNT, "Enhertu and a count of nine days ago", FIRES, ENHERTU, chart(labs={"platelets": 9})),
    Row(COUNT, "Enhertu and both of the last week", SILENT, ENHERTU),
    Row(COUNT, "pertuzumab's label asks for none", NOT_ASKED, PERJETA, chart(without=("platelets",))),
    # liver-tests-hold and liver-tests-discontinue: Kadcyla, metastatic
    Row(LIVER_HOLD, "metastatic, ALT at 5 times the limit: treat", SILENT, KADCYLA, liver(alt="5")),
    Row(
        LIVER_HOLD,
        "metastatic, ALT above 5 times",
        FIRES,
        KADCYLA,
        liver(alt="5.1"),
        indicator="critical",
        says=("hold", "ALT 5.1 × ULN"),
        fixes=("RemoveOrder",),
    ),
    Row(LIVER_HOLD, "metastatic, AST at 20 times", FIRES, KADCYLA, liver(ast="20")),
    Row(LIVER_HOLD, "metastatic, AST above 20 times has the other card", NOT_ASKED, KADCYLA, liver(ast="20.1")),
    Row(LIVER_HOLD, "metastatic, bilirubin at 1.5 times: treat", SILENT, KADCYLA, liver(bilirubin="1.5")),
    Row(LIVER_HOLD, "metastatic, bilirubin above 1.5 times", FIRES, KADCYLA, liver(bilirubin="1.6")),
    Row(LIVER_HOLD, "metastatic, bilirubin above 3 times", FIRES, KADCYLA, liver(bilirubin="3.1")),
    Row(
        LIVER_STOP,
        "metastatic, AST above 20 times",
        FIRES,
        KADCYLA,
        liver(ast="20.1"),
        indicator="critical",
        says=("discontinue", "AST 20.1 × ULN"),
    ),
    Row(LIVER_STOP, "metastatic, AST at 20 times", SILENT, KADCYLA, liver(ast="20")),
    Row(LIVER_STOP, "metastatic, bilirubin above 10 times", FIRES, KADCYLA, liver(bilirubin="10.1")),
    Row(LIVER_STOP, "metastatic, bilirubin at 10 times", SILENT, KADCYLA, liver(bilirubin="10")),
    # early: other rows, and ALT is not AST
    Row(LIVER_HOLD, "early, ALT at 3 times: treat", SILENT, KADCYLA, liver("early", alt="3")),
    Row(LIVER_HOLD, "early, ALT above 3 times", FIRES, KADCYLA, liver("early", alt="3.1")),
    Row(LIVER_HOLD, "early, AST above 3 times", FIRES, KADCYLA, liver("early", ast="3.1")),
    Row(LIVER_HOLD, "early, AST above 5 times", FIRES, KADCYLA, liver("early", ast="5.1")),
    Row(LIVER_HOLD, "early, bilirubin at the limit: treat", SILENT, KADCYLA, liver("early", bilirubin="1")),
    Row(LIVER_HOLD, "early, bilirubin above the limit", FIRES, KADCYLA, liver("early", bilirubin="1.1")),
    Row(LIVER_STOP, "early, bilirubin at twice the limit", SILENT, KADCYLA, liver("early", bilirubin="2")),
    Row(LIVER_STOP, "early, bilirubin above twice the limit", FIRES, KADCYLA, liver("early", bilirubin="2.1")),
    Row(LIVER_STOP, "early, ALT above 20 times", FIRES, KADCYLA, liver("early", alt="20.1")),
    # setting not on record
    Row(
        LIVER_HOLD, "setting unknown, bilirubin 1.2 times: the early row", FIRES, KADCYLA, liver(None, bilirubin="1.2")
    ),
    Row(
        LIVER_STOP, "setting unknown, bilirubin 2.1 times: the early row", FIRES, KADCYLA, liver(None, bilirubin="2.1")
    ),
    Row(LIVER_HOLD, "setting unknown, all normal", SILENT, KADCYLA, liver(None)),
    # Hy's law
    Row(
        LIVER_STOP,
        "ALT above 3 and bilirubin above 2 times, both in a hold row alone",
        FIRES,
        KADCYLA,
        liver(alt="3.1", bilirubin="2.1"),
        says=("ALT 3.1 × ULN", "total bilirubin 2.1 × ULN"),
    ),
    Row(LIVER_STOP, "ALT at 3 times is not the pair", SILENT, KADCYLA, liver(alt="3", bilirubin="2.1")),
    Row(LIVER_STOP, "bilirubin at twice is not the pair", SILENT, KADCYLA, liver(alt="3.1", bilirubin="2")),
    # what ends treatment ends it for good: under treatment
    Row(
        LIVER_STOP,
        "ALT above 20 times under treatment, come down since",
        FIRES,
        KADCYLA,
        course(21, alt=("25", 14)),
        indicator="critical",
        says=("discontinue", "ALT 25 × ULN on 2026-11-08, during treatment"),
        tells=("This still applies although the newest result is lower", "ALT: 2 x 40 U/L"),
    ),
    Row(LIVER_HOLD, "the same has the other card", NOT_ASKED, KADCYLA, course(21, alt=("25", 14))),
    Row(
        LIVER_STOP,
        "ALT at 20 times under treatment",
        SILENT,
        KADCYLA,
        course(21, alt=("20", 14)),
    ),
    Row(LIVER_STOP, "the day after the dose", FIRES, KADCYLA, course(21, alt=("25", 20))),
    Row(
        LIVER_STOP,
        "the day of the dose: seen before it",
        SILENT,
        KADCYLA,
        course(21, alt=("25", 21)),
    ),
    Row(
        LIVER_STOP,
        "before a dose that was given all the same",
        SILENT,
        KADCYLA,
        course(7, alt=("25", 14)),
    ),
    Row(LIVER_STOP, "no dose on record", SILENT, KADCYLA, course(None, alt=("25", 14))),
    Row(LIVER_STOP, "of another drug", SILENT, KADCYLA, course(21, drug="enhertu", alt=("25", 14))),
    Row(
        LIVER_STOP,
        "a pause of two months for it, and the newest result too old",
        FIRES,
        KADCYLA,
        course(75, newest=40, alt=("25", 60)),
    ),
    Row(
        LIVER_STOP,
        "early, bilirubin above twice under treatment",
        FIRES,
        KADCYLA,
        course(21, "early", **{"bilirubin-total": ("2.1", 10)}),
        says=("total bilirubin 2.1 × ULN on 2026-11-12, during treatment",),
    ),
    Row(
        LIVER_STOP,
        "metastatic, bilirubin above twice alone under treatment",
        SILENT,
        KADCYLA,
        course(21, **{"bilirubin-total": ("2.1", 10)}),
    ),
    Row(
        LIVER_STOP,
        "Hy's pair under treatment, come down since",
        FIRES,
        KADCYLA,
        course(21, alt=("3.1", 10), **{"bilirubin-total": ("2.1", 12)}),
        says=("ALT 3.1 × ULN", "total bilirubin 2.1 × ULN", "on 2026-11-12, during treatment"),
        tells=("ALT: 2 x 40 U/L",),
    ),
    Row(
        LIVER_STOP,
        "the pair eight days apart",
        SILENT,
        KADCYLA,
        course(21, alt=("3.1", 4), **{"bilirubin-total": ("2.1", 12)}),
    ),
    Row(
        LIVER_STOP,
        "the pair before a dose that was given all the same",
        SILENT,
        KADCYLA,
        course(7, alt=("3.1", 10), **{"bilirubin-total": ("2.1", 12)}),
    ),
    Row(
        LIVER_STOP,
        "one without its limit under treatment says nothing",
        SILENT,
        KADCYLA,
        msgspec.structs.replace(chart(), treatments=(given("kadcyla", 21, "252 mg"),), labs=with_bare_alt()),
    ),
    # what is unknown, and what is not checked
    Row(LIVER_HOLD, "a value without its upper limit", CANNOT, KADCYLA, chart(values={"alt": "900"})),
    Row(
        LIVER_HOLD,
        "one that is in no row even by the lowest believable limit",
        SILENT,
        KADCYLA,
        chart(values={"alt": "45 U/L"}),
    ),
    Row(
        LIVER_HOLD,
        "one that may be above 3 times its limit, as in the pair",
        CANNOT,
        KADCYLA,
        chart(values={"alt": "45.1 U/L"}),
    ),
    Row(LIVER_HOLD, "one above a number, without its upper limit", CANNOT, KADCYLA, chart(values={"alt": ">24 U/L"})),
    Row(
        LIVER_HOLD,
        "bilirubin that may be above 1.5 times",
        CANNOT,
        KADCYLA,
        chart(values={"bilirubin-total": "0.8 mg/dL"}),
    ),
    Row(LIVER_HOLD, "bilirubin that is not", SILENT, KADCYLA, chart(values={"bilirubin-total": "0.7 mg/dL"})),
    Row(
        LIVER_HOLD,
        "a bad value that is three weeks old is a missing test",
        SILENT,
        KADCYLA,
        chart(values={"alt": "9 ULN"}, labs={"alt": 21}),
    ),
    Row(LIVER_HOLD, "Enhertu's label has no such table", NOT_ASKED, ENHERTU, liver(alt="9")),
    Row(LIVER_STOP, "Enhertu's label has no such table", NOT_ASKED, ENHERTU, liver(alt="30")),
    # blood-count-hold
    Row(COUNT_HOLD, "Kadcyla, metastatic, platelets 50", SILENT, KADCYLA, chart(values={"platelets": "50"})),
    Row(
        COUNT_HOLD,
        "Kadcyla, metastatic, platelets below 50",
        FIRES,
        KADCYLA,
        chart(values={"platelets": "49"}),
        indicator="critical",
        says=("hold", "platelets 49"),
    ),
    Row(
        COUNT_HOLD,
        "platelets reported with an upper limit are still told as a count",
        FIRES,
        KADCYLA,
        chart(values={"platelets": "1 ULN"}),
        says=("platelets 40",),
    ),
    Row(COUNT_HOLD, "Kadcyla, platelets below 25", FIRES, KADCYLA, chart(values={"platelets": "24"})),
    Row(
        COUNT_HOLD,
        "Kadcyla, early, platelets 74",
        FIRES,
        KADCYLA,
        chart(values={"platelets": "74"}, setting="early"),
    ),
    Row(
        COUNT_HOLD, "Kadcyla, early, platelets 75", SILENT, KADCYLA, chart(values={"platelets": "75"}, setting="early")
    ),
    Row(
        COUNT_HOLD,
        "Kadcyla, setting unknown, platelets 60: the early row",
        FIRES,
        KADCYLA,
        chart(values={"platelets": "60"}, setting=None),
    ),
    Row(COUNT_HOLD, "Kadcyla does not look at neutrophils", SILENT, KADCYLA, chart(values={"neutrophils": "0.3"})),
    Row(COUNT_HOLD, "Enhertu, neutrophils 1.0", SILENT, ENHERTU, chart(values={"neutrophils": "1.0"})),
    Row(
        COUNT_HOLD,
        "Enhertu, neutrophils below 1.0",
        FIRES,
        ENHERTU,
        chart(values={"neutrophils": "0.9"}),
        says=("neutrophils 0.9",),
    ),
    Row(COUNT_HOLD, "Enhertu, neutrophils below 0.5", FIRES, ENHERTU, chart(values={"neutrophils": "0.4"})),
    Row(COUNT_HOLD, "Enhertu, platelets 50", SILENT, ENHERTU, chart(values={"platelets": "50"})),
    Row(COUNT_HOLD, "Enhertu, platelets below 50", FIRES, ENHERTU, chart(values={"platelets": "49"})),
    Row(COUNT_HOLD, "pertuzumab's label has no such table", NOT_ASKED, PERJETA, chart(values={"platelets": "10"})),
    # lvef-hold: a low value before the first dose, where the label counts only falls from it
    Row(LVEF_HOLD, "trastuzumab at a first LVEF of 35 %", CANNOT, TRASTUZUMAB, chart(lvef="35")),
    Row(LVEF_HOLD, "trastuzumab at a first LVEF of 49.9 %", CANNOT, TRASTUZUMAB, chart(lvef="49.9")),
    Row(LVEF_HOLD, "trastuzumab at a first LVEF of 50 %", SILENT, TRASTUZUMAB, chart(lvef="50")),
    Row(LVEF_HOLD, "a first LVEF of 48 %, normal here", SILENT, TRASTUZUMAB, heart("48", normal="45")),
    Row(LVEF_HOLD, "a first LVEF of 52 %, low here", SILENT, TRASTUZUMAB, heart("52", normal="55")),
    Row(LVEF_HOLD, "Kadcyla's table has 48 % in it", SILENT, KADCYLA, chart(lvef="48")),
    Row(LVEF_HOLD, "Perjeta's table has 48 % in it", SILENT, PERJETA, chart(lvef="48")),
    # lvef-hold and lvef-recheck: Kadcyla
    Row(
        LVEF_HOLD,
        "Kadcyla, metastatic, LVEF below 40",
        FIRES,
        KADCYLA,
        heart("39"),
        indicator="critical",
        says=("hold", "LVEF 39 %"),
        fixes=("OrderTests", "RemoveOrder"),
    ),
    Row(
        LVEF_HOLD,
        "Kadcyla, metastatic, 45 and ten points down",
        FIRES,
        KADCYLA,
        heart("45", "55"),
        says=("10 points below baseline",),
    ),
    Row(LVEF_HOLD, "Kadcyla, metastatic, 45 and nine points down", SILENT, KADCYLA, heart("45", "54")),
    Row(
        LVEF_AGAIN,
        "Kadcyla, metastatic, 45 and nine points down",
        FIRES,
        KADCYLA,
        heart("45", "54"),
        indicator="warning",
        says=("LVEF 45 %", "3 weeks"),
    ),
    Row(LVEF_AGAIN, "Kadcyla, metastatic, 46 and far down", SILENT, KADCYLA, heart("46", "70")),
    Row(LVEF_HOLD, "Kadcyla, metastatic, 46 and far down: the label says continue", SILENT, KADCYLA, heart("46", "70")),
    Row(LVEF_HOLD, "Kadcyla, early, LVEF below 45", FIRES, KADCYLA, heart("44", "50", "early"), indicator="critical"),
    Row(
        LVEF_HOLD,
        "Kadcyla, early, 45 and ten points down, a row that was not verified",
        FIRES,
        KADCYLA,
        heart("45", "55", "early"),
        indicator="warning",
    ),
    Row(LVEF_AGAIN, "Kadcyla, early, 49 and nine points down", FIRES, KADCYLA, heart("49", "58", "early")),
    Row(LVEF_AGAIN, "Kadcyla, early, 50", SILENT, KADCYLA, heart("50", "65", "early")),
    Row(LVEF_HOLD, "Kadcyla, setting unknown, 44: the early row", FIRES, KADCYLA, heart("44", "50", None)),
    Row(
        LVEF_HOLD,
        "Kadcyla, metastatic, 44 on treatment and no baseline on record",
        CANNOT,
        KADCYLA,
        chart(lvef="44", history=(given("kadcyla", 60),)),
    ),
    Row(
        LVEF_HOLD,
        "Kadcyla, metastatic, 38 on treatment needs no baseline",
        FIRES,
        KADCYLA,
        chart(lvef="38", history=(given("kadcyla", 60),)),
    ),
    Row(LVEF_HOLD, "none on record has its own card", CANNOT, KADCYLA, chart(lvef=None)),
    # Enhertu
    Row(LVEF_HOLD, "Enhertu, LVEF below 40", FIRES, ENHERTU, heart("39", "45")),
    Row(LVEF_HOLD, "Enhertu, 50 and more than 20 points down", FIRES, ENHERTU, heart("50", "71")),
    Row(LVEF_HOLD, "Enhertu, 50 and 20 points down: continue", SILENT, ENHERTU, heart("50", "70")),
    Row(LVEF_HOLD, "Enhertu, 45 and ten points down", FIRES, ENHERTU, heart("45", "55")),
    Row(LVEF_AGAIN, "Enhertu, 45 and nine points down", FIRES, ENHERTU, heart("45", "54")),
    Row(LVEF_HOLD, "Enhertu, 46 and twenty points down: continue", SILENT, ENHERTU, heart("46", "66")),
    # trastuzumab and Margenza: 16 points, or 10 and below normal
    Row(LVEF_HOLD, "trastuzumab, sixteen points down", FIRES, TRASTUZUMAB, heart("54", "70")),
    Row(
        LVEF_HOLD,
        "trastuzumab, ten points down and below normal",
        FIRES,
        TRASTUZUMAB,
        heart("49", "59", normal="50"),
        hides=("this site counts",),
    ),
    Row(LVEF_HOLD, "trastuzumab, ten points down and normal", SILENT, TRASTUZUMAB, heart("50", "60", normal="50")),
    Row(
        LVEF_HOLD, "trastuzumab, nine points down and below normal", SILENT, TRASTUZUMAB, heart("49", "58", normal="50")
    ),
    Row(
        LVEF_HOLD, "trastuzumab, ten points down and nobody says what is normal", CANNOT, TRASTUZUMAB, heart("49", "59")
    ),
    Row(
        LVEF_HOLD, "trastuzumab, ten points down to 45, which some call normal", CANNOT, TRASTUZUMAB, heart("45", "55")
    ),
    Row(
        LVEF_HOLD,
        "trastuzumab, ten points down to 44.9, normal nowhere",
        FIRES,
        TRASTUZUMAB,
        heart("44.9", "54.9"),
        tells=("No lower limit of normal is on record; this site counts an LVEF below 45 % as low.",),
    ),
    Row(LVEF_HOLD, "trastuzumab, nine points down to 44", SILENT, TRASTUZUMAB, heart("44", "53")),
    # a low value during treatment that fell too little for a row
    Row(
        LVEF_HOLD,
        "trastuzumab, 39 % from 45 %: told",
        CANNOT,
        TRASTUZUMAB,
        heart("39", "45"),
        missing=("low-lvef",),
    ),
    Row(LVEF_HOLD, "Margenza, 39 % from 45 %", CANNOT, MARGENZA, heart("39", "45"), missing=("low-lvef",)),
    Row(LVEF_HOLD, "Ziihera, 39 % from 45 %", CANNOT, ZIIHERA, heart("39", "45"), missing=("low-lvef",)),
    Row(LVEF_HOLD, "trastuzumab, 40 % from 45 %", SILENT, TRASTUZUMAB, heart("40", "45")),
    Row(
        LVEF_HOLD,
        "the site tells lower values only",
        SILENT,
        TRASTUZUMAB,
        heart("39", "45"),
        thresholds={"lvef_low_percent": Decimal(35)},
    ),
    Row(
        LVEF_HOLD,
        "35 % at the second dose, measured before the first",
        CANNOT,
        TRASTUZUMAB,
        chart(lvef="35", lvef_on=days_ago(30), history=(given("trastuzumab", 21),)),
        missing=("low-first-lvef",),
    ),
    Row(
        LVEF_HOLD,
        "48 % at the second dose, measured before the first, and told then",
        SILENT,
        TRASTUZUMAB,
        chart(lvef="48", lvef_on=days_ago(30), history=(given("trastuzumab", 21),)),
    ),
    Row(LVEF_HOLD, "Margenza, sixteen points down", FIRES, MARGENZA, heart("54", "70"), indicator="critical"),
    # pertuzumab and Phesgo
    Row(LVEF_HOLD, "Phesgo, metastatic, below 40", FIRES, PHESGO, heart("39", "45"), indicator="critical"),
    Row(LVEF_HOLD, "Phesgo, metastatic, 45 and ten points down", FIRES, PHESGO, heart("45", "55")),
    Row(LVEF_HOLD, "Phesgo, metastatic, 46", SILENT, PHESGO, heart("46", "60")),
    Row(LVEF_HOLD, "Phesgo, early, 49 and ten points down", FIRES, PHESGO, heart("49", "59", "early")),
    Row(LVEF_HOLD, "Phesgo, early, 49 and nine points down", SILENT, PHESGO, heart("49", "58", "early")),
    Row(LVEF_HOLD, "Phesgo, early, 50", SILENT, PHESGO, heart("50", "70", "early")),
    Row(
        LVEF_HOLD,
        "Perjeta, whose table was not verified, never turns critical",
        FIRES,
        PERJETA,
        heart("39", "45"),
        indicator="warning",
    ),
    Row(
        LVEF_HOLD,
        "Ziihera, fifty and ten points down: the bound is 50 or less",
        FIRES,
        ZIIHERA,
        heart("50", "60"),
        indicator="critical",
        says=("50 %",),
    ),
    Row(LVEF_HOLD, "Ziihera, fifty-one and fifteen points down", SILENT, ZIIHERA, heart("51", "66")),
    Row(LVEF_HOLD, "Ziihera, sixteen points down", FIRES, ZIIHERA, heart("54", "70"), indicator="critical"),
    Row(LVEF_HOLD, "Ziihera, fifty and nine points down", SILENT, ZIIHERA, heart("50", "59")),
    Row(LVEF_HOLD, "Ziihera, thirty before the first dose: a baseline, and no fall", CANNOT, ZIIHERA, heart("30")),
    Row(
        LVEF_HOLD,
        "Margenza, ten points down, and nobody says what is normal: the label's 50",
        FIRES,
        MARGENZA,
        heart("49", "59"),
    ),
    Row(
        LVEF_HOLD,
        "Margenza, ten points down to 50, and nobody says what is normal",
        SILENT,
        MARGENZA,
        heart("50", "60"),
    ),
    Row(
        LVEF_HOLD,
        "trastuzumab after surgery, sixteen points down: withheld, and the boxed warning is quoted",
        FIRES,
        TRASTUZUMAB,
        heart("54", "70", "early"),
        says=("hold",),
    ),
    # pregnancy-test-missing
    Row(
        NO_HCG,
        "first dose, thirty-five years old, no test",
        FIRES,
        KADCYLA,
        chart(born=date(1991, 5, 1)),
        indicator="warning",
        says=("first dose", "7 days"),
        fixes=("OrderTests",),
    ),
    Row(NO_HCG, "a test of eight days ago", FIRES, KADCYLA, chart(born=date(1991, 5, 1), pregnancy_test=(False, 8))),
    Row(NO_HCG, "a test of seven days ago", SILENT, KADCYLA, chart(born=date(1991, 5, 1), pregnancy_test=(False, 7))),
    Row(NO_HCG, "turns fifty-six tomorrow", FIRES, KADCYLA, chart(born=date(1970, 11, 23))),
    Row(NO_HCG, "turned fifty-six today", NOT_ASKED, KADCYLA, chart(born=date(1970, 11, 22))),
    Row(NO_HCG, "a man", NOT_ASKED, KADCYLA, chart(born=date(1991, 5, 1), sex="male")),
    Row(
        NO_HCG,
        "not the first dose",
        NOT_ASKED,
        KADCYLA,
        chart(born=date(1991, 5, 1), history=(given("kadcyla", 21),)),
    ),
    Row(NO_HCG, "a pregnancy on record has its own card", NOT_ASKED, KADCYLA, chart(problems=("pregnancy",))),
    Row(NO_HCG, "sex not on record", CANNOT, KADCYLA, chart(sex="", born=date(1991, 5, 1))),
    Row(NO_HCG, "date of birth not on record", CANNOT, KADCYLA, chart(born=None)),
    # pregnancy-positive
    Row(
        PREGNANT,
        "a positive test of yesterday",
        FIRES,
        KADCYLA,
        chart(born=date(1991, 5, 1), pregnancy_test=(True, 1)),
        indicator="critical",
        says=("positive",),
        fixes=("RemoveOrder",),
    ),
    Row(PREGNANT, "a recorded pregnancy", FIRES, TRASTUZUMAB, chart(problems=("pregnancy",)), indicator="critical"),
    Row(
        PREGNANT,
        "pertuzumab and a recorded pregnancy",
        FIRES,
        PERJETA,
        chart(problems=("pregnancy",)),
        indicator="critical",
    ),
    Row(PREGNANT, "a negative test", SILENT, KADCYLA, chart(pregnancy_test=(False, 1))),
    Row(PREGNANT, "a positive test of last year", SILENT, KADCYLA, chart(pregnancy_test=(True, 300))),
    Row(PREGNANT, "an amount of hormone is no answer", CANNOT, KADCYLA, chart(pregnancy_test=(None, 1))),
    # ild-active
    Row(
        LUNG,
        "Enhertu and interstitial lung disease",
        FIRES,
        ENHERTU,
        chart(problems=("ild",)),
        indicator="critical",
        says=("active",),
        fixes=("RemoveOrder",),
    ),
    Row(LUNG, "Kadcyla and interstitial lung disease", FIRES, KADCYLA, chart(problems=("ild",))),
    Row(LUNG, "none on record", SILENT, ENHERTU),
    Row(LUNG, "no such rule for pertuzumab", NOT_ASKED, PERJETA, chart(problems=("ild",))),
    # heart-failure-active
    Row(
        FAILURE,
        "Kadcyla and heart failure",
        FIRES,
        KADCYLA,
        chart(problems=("heart-failure",)),
        indicator="critical",
        fixes=("RemoveOrder",),
    ),
    Row(FAILURE, "Enhertu and heart failure", FIRES, ENHERTU, chart(problems=("heart-failure",))),
    Row(FAILURE, "none on record", SILENT, KADCYLA),
]
