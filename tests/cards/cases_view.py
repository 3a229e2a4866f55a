"""Cases of an opened chart: which drug the patient is on, and what is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from builders import chart, days_ago, given

from cards.facts.origins import Gap
from cards.facts.patient import Patient, Treatment, TreatmentState

OLD = date(2026, 8, 1)
LIVER = ("ast", "alt", "bilirubin-total")


@dataclass(frozen=True)
class View:
    """A chart, and the summaries of its cards; none: silence."""

    sentence: str
    patient: Patient
    shows: tuple[str, ...] = ()
    indicator: str = "warning"
    thresholds: dict[str, Decimal | None] = field(default_factory=dict)


def ordered(drug: str, days: int, state: TreatmentState = TreatmentState.ACTIVE) -> Treatment:
    return given(drug, days, state=state)


def on(*history: Treatment, **more: object) -> Patient:
    return chart(history=history, **more)  # type: ignore[arg-type]


def unworded(about: str, reason: str, code: str, began: date | None = None) -> Gap:
    return Gap(about, "prefetch.conditions.entry[1].resource", reason, began, (("codes", code),))


VIEWS = [
    View(
        "several tests are due before the next dose, and the LVEF is overdue",
        on(given("kadcyla", 20), lvef_on=OLD, labs=dict.fromkeys(LIVER, 20)),
        ("Kadcyla: LVEF, AST, ALT and total bilirubin are due",),
    ),
    View("on the drug and everything done", on(given("kadcyla", 20))),
    View(
        "an ALT that would hold the next dose is one calm card",
        on(given("kadcyla", 20), values={"alt": "7 ULN"}),
        ("Kadcyla: hold, ALT 7 × ULN",),
        "info",
    ),
    View(
        "lung disease and a low LVEF would stop the next dose, and have one card",
        on(given("enhertu", 20), lvef="30", baseline="60", problems=("ild",)),
        ("Enhertu",),
        "info",
    ),
    View(
        "what would stop the next dose is a line beside what is due",
        on(given("kadcyla", 20), lvef_on=OLD, values={"alt": "7 ULN"}),
        ("Kadcyla: the last LVEF",),
    ),
    View("lung disease of a patient whose treatment is over", on(given("kadcyla", 90), problems=("ild",))),
    View("on no drug at all, and nothing ever measured", on(lvef=None, without=LIVER)),
    View("on another drug", on(given("", 5), lvef=None)),
    # Is the patient on the drug?
    View(
        "a dose of yesterday and no LVEF",
        on(given("kadcyla", 1), lvef=None),
        ("Kadcyla: no LVEF in the data received",),
    ),
    View(
        "a dose as long ago as the interval and the margin",
        on(given("trastuzumab", 42), lvef=None),
        ("Trastuzumab: no LVEF in the data received",),
    ),
    View("a dose a day longer ago", on(given("trastuzumab", 43), lvef=None)),
    View(
        "a dose of long ago, at a site with a wider margin",
        on(given("trastuzumab", 60), lvef=None),
        ("no LVEF",),
        thresholds={"on_treatment_margin_days": Decimal(60)},
    ),
    View("the interval of Ziihera is two weeks", on(given("ziihera", 36), lvef=None, cancers=("biliary",))),
    View(
        "an active order, and no dose on record",
        on(ordered("enhertu", 100), lvef=None),
        ("Enhertu: no LVEF in the data received",),
    ),
    View(
        "an active order that was forgotten after the last dose",
        on(ordered("enhertu", 300), given("enhertu", 90), lvef=None),
    ),
    View(
        "an active order that is newer than the last dose",
        on(ordered("enhertu", 2), given("enhertu", 90), lvef=None),
        ("Enhertu: no LVEF in the data received",),
    ),
    View("an active order of more than a year ago", on(ordered("enhertu", 366), lvef=None)),
    View(
        "an active order of a year ago to the day",
        on(ordered("enhertu", 365), lvef=None),
        ("Enhertu: no LVEF in the data received",),
    ),
    View(
        "completed orders, where no dose is recorded",
        on(ordered("kadcyla", 18, TreatmentState.COMPLETED), without=("platelets",)),
        ("Kadcyla: no result for platelets within 7 days of the dose",),
        indicator="info",
    ),
    # LVEF
    View(
        "an LVEF that is overdue, and no dose near",
        on(given("kadcyla", 5), lvef_on=OLD, labs=dict.fromkeys(LIVER, 30)),
        ("Kadcyla: the last LVEF, 60 %, is 113 days old (2026-08-01). Due every 3 months.",),
    ),
    View("Enhertu's label names no interval for it", on(given("enhertu", 5), lvef_on=date(2025, 1, 1))),
    View(
        "trastuzumab and pertuzumab lack the same LVEF",
        on(given("trastuzumab", 5), given("pertuzumab", 5), lvef_on=OLD),
        ("Pertuzumab and Trastuzumab: the last LVEF, 60 %, is 113 days old",),
    ),
    View(
        "two drugs that lack different tests",
        on(given("enhertu", 20), given("pertuzumab", 5), lvef_on=OLD, without=("neutrophils",)),
        ("Enhertu: no result for neutrophils within 7 days of the dose", "Pertuzumab: the last LVEF"),
        indicator="info",
    ),
    # Tests for the next dose
    View("the next dose is four days away", on(given("kadcyla", 17), labs=dict.fromkeys(LIVER, 30))),
    View(
        "the next dose is three days away",
        on(given("kadcyla", 18), labs=dict.fromkeys(LIVER, 30)),
        ("Kadcyla: no AST, ALT or total bilirubin within 7 days of the dose",),
        indicator="info",
    ),
    View(
        "results of today count for a dose in three days",
        on(given("kadcyla", 18), labs={**dict.fromkeys(LIVER, 0), "platelets": 0}),
    ),
    View(
        "a result that will be too old on the day of the dose",
        on(given("kadcyla", 18), labs={"platelets": 5}),
        ("Kadcyla: no result for platelets within 7 days of the dose",),
        indicator="info",
    ),
    View(
        "a dose that is late",
        on(given("enhertu", 30), without=("neutrophils",)),
        ("Enhertu: no result for neutrophils within 7 days of the dose",),
        indicator="info",
    ),
    View(
        "an order whose day lies ahead goes before the interval",
        on(ordered("kadcyla", -9), given("kadcyla", 21), without=("platelets",)),
    ),
    View(
        "a site that looks ten days ahead never asks earlier than results count",
        on(given("kadcyla", 13), without=("platelets",)),
        thresholds={"monitoring_ahead_days": Decimal(10)},
    ),
    View(
        "a site that looks seven days ahead",
        on(given("kadcyla", 14), without=("platelets",)),
        ("platelets",),
        indicator="info",
        thresholds={"monitoring_ahead_days": Decimal(7)},
    ),
    View("an old order without doses says nothing of the day of the next", on(ordered("kadcyla", 100), without=LIVER)),
    # Before the first dose
    View(
        "a first dose is ordered for a patient who may become pregnant",
        on(ordered("kadcyla", 3), born=date(1990, 5, 1)),
        ("Kadcyla, first dose: no pregnancy test within 7 days",),
        indicator="info",
    ),
    View(
        "a first dose, and neither a pregnancy test nor counts",
        on(ordered("enhertu", 3), born=date(1990, 5, 1), without=("neutrophils", "platelets")),
        ("Enhertu: pregnancy test (hCG), neutrophils and platelets are due",),
        indicator="info",
    ),
    View("a pregnancy test is no matter after the first dose", on(given("kadcyla", 20), born=date(1990, 5, 1))),
    # What could not be checked
    View(
        "an LVEF without a date",
        on(given("kadcyla", 5), lvef_on=None),
        ("Kadcyla: please check: age of the LVEF; 60 % has no full date",),
    ),
    View(
        "an LVEF that could not be read",
        on(given("kadcyla", 5), gaps=(Gap("lvef", "prefetch.lvef.entry[1].resource", "no-value"),)),
        ("Kadcyla: please check: LVEF",),
        indicator="info",
    ),
    View(
        "a HER2 result that could not be read is no matter of monitoring",
        on(given("kadcyla", 5), gaps=(Gap("her2-ihc", "prefetch.tumorMarkers.entry[1].resource", "no-value"),)),
    ),
    View(
        "a diagnosis with nothing but a code that is not known",
        on(given("kadcyla", 5), gaps=(unworded("problem", "codes-not-known", "SNOMED CT 10274008"),)),
        ("10274008",),
        indicator="info",
    ),
    View(
        "a diagnosis whose code may be lung disease",
        on(given("kadcyla", 5), gaps=(unworded("problem-ild", "code-alone", "J70.9"),)),
        ("may be interstitial lung disease",),
        indicator="info",
    ),
    View(
        "a diagnosis whose code may be heart failure",
        on(given("kadcyla", 5), gaps=(unworded("problem-heart-failure", "code-alone", "I42.0"),)),
        ("whether there is heart failure: I42.0",),
        indicator="info",
    ),
    View(
        "a diagnosis whose code may be severe hepatic impairment, for a product without a dose for it",
        on(given("kadcyla", 5), gaps=(unworded("problem-severe-hepatic-impairment", "code-alone", "K72.90"),)),
    ),
    View(
        "a diagnosis whose code may be nodular hyperplasia",
        on(given("kadcyla", 5), gaps=(unworded("problem-nodular-hyperplasia", "code-alone", "K76.89"),)),
        ("nodular regenerative hyperplasia of the liver: K76.89",),
        indicator="info",
    ),
    View(
        "a diagnosis whose code may be a pregnancy",
        on(given("kadcyla", 5), born=date(1990, 5, 1), gaps=(unworded("problem-pregnancy", "code-alone", "O60.00"),)),
        ("may be a pregnancy: O60.00",),
        indicator="info",
    ),
    View(
        "a possible pregnancy at 62",
        on(given("kadcyla", 5), gaps=(unworded("problem-pregnancy", "code-alone", "O60.00"),)),
    ),
    View(
        "a possible pregnancy of two years ago",
        on(
            given("kadcyla", 5),
            born=date(1990, 5, 1),
            gaps=(unworded("problem-pregnancy", "code-alone", "O60.00", days_ago(730)),),
        ),
    ),
    View(
        "a list that was cut off, for a patient on no such drug",
        on(lvef=None, gaps=(Gap(None, "prefetch.medications", "next-page"),)),
    ),
]
