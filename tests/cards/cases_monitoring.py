"""Cases of the topics on monitoring."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from builders import chart, days_ago, order
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.topics import Topic

NO_LVEF, OLD_LVEF = Topic.LVEF_MISSING, Topic.LVEF_OVERDUE
LIVER, COUNT = Topic.LIVER_TESTS_MISSING, Topic.BLOOD_COUNT_MISSING
KADCYLA, ENHERTU = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg")
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
        says=("AST, ALT and total bilirubin",),
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
]
