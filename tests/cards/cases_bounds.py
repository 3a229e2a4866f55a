"""Results that are no plain number: limits ("<0.5", ">175"), and what is there and cannot be read."""

from __future__ import annotations

from builders import chart, days_ago, order
from rows import CANNOT, FIRES, SILENT, Row

from cards.facts.origins import Gap
from cards.facts.patient import Patient
from cards.facts.topics import Topic

LIVER_HOLD, LIVER_STOP, COUNT_HOLD = Topic.LIVER_TESTS_HOLD, Topic.LIVER_TESTS_DISCONTINUE, Topic.BLOOD_COUNT_HOLD
LVEF_HOLD, LVEF_AGAIN, INCOMPLETE = Topic.LVEF_HOLD, Topic.LVEF_RECHECK, Topic.CHECKS_INCOMPLETE
KADCYLA, ENHERTU, TRASTUZUMAB = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg"), order("trastuzumab", "420 mg")
OGIVRI = order("Ogivri", "420 mg")


def labs(setting: str | None = "metastatic", **values: str) -> Patient:
    """Build a chart with some results: of liver tests as multiples of their upper limits."""
    counts = ("platelets", "neutrophils")
    named = {
        "bilirubin-total" if test == "bilirubin" else test: value if test in counts else f"{value} ULN"
        for test, value in values.items()
    }
    return chart(setting=setting, values=named)


def unread(test: str, days: int | None = 1, reason: str = "unit-unknown", **changes: tuple[str, ...]) -> Patient:
    """Build a chart whose only result of a test cannot be read."""
    on = None if days is None else days_ago(days)
    gap = Gap(test, "prefetch.labs.entry[3].resource", reason, on, (("value", "320 zonks"), ("status", "preliminary")))
    return chart(gaps=(gap,), without=(test, *changes.get("without", ())), lvef=None if test == "lvef" else "60")


LIVER, COUNT, NO_LVEF = Topic.LIVER_TESTS_MISSING, Topic.BLOOD_COUNT_MISSING, Topic.LVEF_MISSING
ROWS = [
    # Counts: the lower, the worse.
    Row(
        COUNT_HOLD,
        "neutrophils below 0.5 are in the row of 0.49",
        FIRES,
        ENHERTU,
        labs(neutrophils="<0.5"),
        indicator="critical",
        says=("neutrophils < 0.5",),
        tells=("reduce by one level", r"neutrophils: \< 0.5 × 10"),
        hides=("same level",),
    ),
    Row(
        COUNT_HOLD,
        "neutrophils of at most 0.5 may be 0.5 itself, which is the milder row",
        FIRES,
        ENHERTU,
        labs(neutrophils="<=0.5"),
        says=("neutrophils <= 0.5",),
        tells=("same level",),
    ),
    Row(COUNT_HOLD, "neutrophils below 1 are held", FIRES, ENHERTU, labs(neutrophils="<1"), tells=("same level",)),
    Row(COUNT_HOLD, "neutrophils of at most 1 may need no hold", CANNOT, ENHERTU, labs(neutrophils="<=1")),
    Row(COUNT_HOLD, "neutrophils above 1", SILENT, ENHERTU, labs(neutrophils=">1")),
    Row(COUNT_HOLD, "neutrophils above 0.9 may need a hold", CANNOT, ENHERTU, labs(neutrophils=">0.9")),
    Row(COUNT_HOLD, "neutrophils of at least 1", SILENT, ENHERTU, labs(neutrophils=">=1")),
    Row(
        COUNT_HOLD,
        "platelets below 50 are held as 49 is",
        FIRES,
        KADCYLA,
        labs(platelets="<50"),
        indicator="critical",
        says=("platelets < 50",),
        tells=("same level",),
    ),
    Row(COUNT_HOLD, "below 25", FIRES, KADCYLA, labs(platelets="<25"), tells=("reduce by one level",)),
    Row(
        COUNT_HOLD,
        "below 75 in metastatic disease may need no hold",
        CANNOT,
        KADCYLA,
        labs(platelets="<75"),
        missing=("lab-bound",),
    ),
    Row(COUNT_HOLD, "below 75 in early disease is held", FIRES, KADCYLA, labs("early", platelets="<75")),
    Row(COUNT_HOLD, "above 100 needs none", SILENT, KADCYLA, labs(platelets=">100")),
    # Liver tests: the higher, the worse.
    Row(
        LIVER_HOLD,
        "AST above 5 times its limit is in the row of 5.03",
        FIRES,
        KADCYLA,
        labs(ast=">5"),
        indicator="critical",
        says=("AST > 5 × ULN",),
        tells=("its true value may call for: discontinue",),
    ),
    Row(LIVER_STOP, "which does not end treatment by itself", SILENT, KADCYLA, labs(ast=">5")),
    Row(LIVER_HOLD, "of at least 5 times it may be 5", CANNOT, KADCYLA, labs(ast=">=5"), missing=("lab-bound",)),
    Row(LIVER_HOLD, "above 4 times it may be 4.5", CANNOT, KADCYLA, labs(ast=">4")),
    Row(LIVER_HOLD, "below its limit is nothing", SILENT, KADCYLA, labs(ast="<1")),
    Row(LIVER_HOLD, "below 6 times may be nothing", CANNOT, KADCYLA, labs(ast="<6")),
    Row(LIVER_HOLD, "below 5 times is nothing", SILENT, KADCYLA, labs(ast="<5")),
    Row(LIVER_STOP, "AST above 20 times", FIRES, KADCYLA, labs(ast=">20"), says=("AST > 20 × ULN",)),
    Row(
        LIVER_STOP,
        "bilirubin above 10 times",
        FIRES,
        KADCYLA,
        labs(bilirubin=">10"),
        indicator="critical",
        says=("total bilirubin > 10 × ULN",),
    ),
    Row(LIVER_HOLD, "which is no hold beside it", SILENT, KADCYLA, labs(bilirubin="<1.5")),
    Row(
        LIVER_STOP,
        "a transaminase and a bilirubin above the limits of the pair",
        FIRES,
        KADCYLA,
        labs(alt=">3", bilirubin=">2"),
        says=("ALT > 3 × ULN", "total bilirubin > 2 × ULN"),
    ),
    Row(
        LIVER_STOP,
        "at the limits of the pair it may not be one, and the bilirubin is held for",
        CANNOT,
        KADCYLA,
        labs(alt=">=3", bilirubin=">2"),
    ),
    # The ejection fraction.
    Row(
        LVEF_HOLD,
        "below 35 %",
        FIRES,
        KADCYLA,
        chart(lvef="<35"),
        indicator="critical",
        says=("LVEF < 35 %",),
        hides=("34.99",),
    ),
    Row(LVEF_HOLD, "below 40 %", FIRES, KADCYLA, chart(lvef="<40"), says=("LVEF < 40 %",)),
    Row(LVEF_HOLD, "of at most 40 % it may be 40", CANNOT, KADCYLA, chart(lvef="<=40"), missing=("lvef-bound",)),
    Row(LVEF_HOLD, "below 50 % may be 49", CANNOT, KADCYLA, chart(lvef="<50"), missing=("lvef-bound",)),
    Row(LVEF_HOLD, "above 45 % needs no hold", SILENT, KADCYLA, chart(lvef=">45")),
    Row(LVEF_HOLD, "above 54 % in early disease neither", SILENT, KADCYLA, chart(setting="early", lvef=">54")),
    Row(
        LVEF_HOLD,
        "below 45 % from a baseline of 60 % is a drop of 15 or more in every row",
        FIRES,
        KADCYLA,
        chart(lvef="<45", baseline="60"),
        says=("LVEF < 45 % (at least 15 points below baseline)",),
    ),
    Row(
        LVEF_HOLD,
        "Enhertu, 41 % from a baseline above 60 % dropped by more than 10",
        FIRES,
        ENHERTU,
        chart(lvef="41", baseline=">60"),
    ),
    Row(LVEF_HOLD, "from a baseline above 50 % it may be 9", CANNOT, ENHERTU, chart(lvef="41", baseline=">50")),
    Row(
        LVEF_HOLD,
        "trastuzumab, below 44 % from 60 % dropped by more than 16",
        FIRES,
        TRASTUZUMAB,
        chart(lvef="<44", baseline="60"),
    ),
    Row(LVEF_HOLD, "trastuzumab, below 50 % from 60 %", CANNOT, OGIVRI, chart(lvef="<50", baseline="60")),
    Row(LVEF_HOLD, "trastuzumab, above 50 % from 60 %", SILENT, OGIVRI, chart(lvef=">50", baseline="60")),
    Row(
        LVEF_HOLD,
        "a first value below 50 % has dropped by nothing, and is told",
        CANNOT,
        OGIVRI,
        chart(lvef="<50", lvef_normal="55"),
    ),
    # Data that is present but unreadable is not missing.
    Row(LIVER, "AST in a unit that is not known", CANNOT, KADCYLA, unread("ast"), missing=("result",)),
    Row(LIVER_HOLD, "which is not fine either", CANNOT, KADCYLA, unread("ast"), missing=("result",)),
    Row(LIVER, "without a date it may be of today", CANNOT, KADCYLA, unread("ast", None)),
    Row(LIVER, "one of long ago is no result of now", FIRES, KADCYLA, unread("ast", 60), says=("no AST",)),
    Row(
        LIVER,
        "and what is missing beside it",
        FIRES,
        KADCYLA,
        unread("ast", without=("alt",)),
        says=("no ALT",),
        hides=("AST", "none on record: AST"),
    ),
    Row(LIVER, "a preliminary one is missing", FIRES, KADCYLA, unread("ast", reason="status")),
    Row(COUNT, "platelets in a unit that is not known", CANNOT, KADCYLA, unread("platelets")),
    Row(LIVER, "AST that only words name", CANNOT, KADCYLA, unread("ast", reason="named-only"), missing=("result",)),
    Row(COUNT_HOLD, "which are not fine either", CANNOT, KADCYLA, unread("platelets")),
    Row(
        NO_LVEF, "an ejection fraction with a comparator that is none", CANNOT, KADCYLA, unread("lvef", 1, "comparator")
    ),
    # A result of a future day.
    Row(LIVER, "AST of next year is no result of now", FIRES, KADCYLA, chart(labs={"ast": -300}), says=("no AST",)),
    Row(LIVER, "one of tomorrow may be of another zone", SILENT, KADCYLA, chart(labs={"ast": -1})),
]
