"""Cases of the topics on the size of a dose."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from builders import chart, days_ago, order
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.facts.order import DrugOrder
from cards.facts.origins import Gap
from cards.facts.patient import Patient
from cards.facts.results import ResultTime
from cards.facts.session import Hook
from cards.facts.topics import Topic

ABOVE, ODD, UNVERIFIED, STALE = (
    Topic.DOSE_ABOVE_MAXIMUM,
    Topic.DOSE_IMPLAUSIBLE,
    Topic.DOSE_CANNOT_VERIFY,
    Topic.WEIGHT_STALE,
)
GASTRIC = chart(cancers=("gastric",))
NO_WEIGHT = chart(weight=None)


def ranging(low: str, high: str, *others: str) -> DrugOrder:
    drug = order("Kadcyla", f"{high} mg", *others)
    ends = msgspec.structs.replace(drug.doses[0], low=Decimal(low), low_as_written=f"{low} mg")
    return msgspec.structs.replace(drug, doses=(ends, *drug.doses[1:]))


def open_to_the_top(low: str) -> DrugOrder:
    drug = order("Kadcyla", f"{low} mg")
    end = msgspec.structs.replace(drug.doses[0], low=Decimal(0), low_as_written=f"{low} mg")
    return msgspec.structs.replace(drug, doses=(end,))


def weighed_in(first: int, last: int) -> Patient:
    """Build a chart with a weight of which only the month is on record: its first and last day."""
    patient = chart(weight_days=first)
    weight = msgspec.structs.replace(
        patient.weights[0], within=(days_ago(first), days_ago(last)), time=ResultTime(f"{days_ago(first):%Y-%m}")
    )
    return msgspec.structs.replace(patient, weights=(weight,))


def by_weight(basis: str, drug: str = "Kadcyla", dose: str = "216 mg") -> DrugOrder:
    return msgspec.structs.replace(order(drug, dose), weight_basis=basis)


def computed(dose: str) -> DrugOrder:
    """Build an order whose dose was worked out from a strength and a volume."""
    drug = order("Kadcyla", dose)
    worked_out = tuple(msgspec.structs.replace(each, computed=True) for each in drug.doses)
    return msgspec.structs.replace(drug, doses=worked_out)


ROWS = [
    # dose-above-maximum
    Row(ABOVE, "Kadcyla at exactly 3.6 mg/kg", SILENT, order("Kadcyla", "252 mg")),
    Row(
        ABOVE,
        "an order that a retired, unverified code alone identifies warns at most",
        FIRES,
        order("", "900 mg", hcpcs=("C9131",)),
        chart(weight="70"),
        indicator="warning",
        tells=("verify",),
    ),
    Row(
        ABOVE,
        "a retired code beside the name leaves the card critical",
        FIRES,
        order("Kadcyla", "900 mg", hcpcs=("C9131",)),
        chart(weight="70"),
        indicator="critical",
        hides=("erify",),
    ),
    Row(
        ABOVE,
        "Kadcyla one milligram over",
        FIRES,
        order("Kadcyla", "253 mg"),
        indicator="warning",
        says=("253 mg", "3.6 mg/kg", "252 mg at 70 kg"),
        fixes=("SetDose",),
    ),
    Row(
        ABOVE,
        "rounded up to the next whole milligram is at the maximum",
        SILENT,
        order("Kadcyla", "253 mg"),
        chart(weight="70.1"),
    ),
    Row(
        ABOVE,
        "one milligram beyond the rounding is over it",
        FIRES,
        order("Kadcyla", "254 mg"),
        chart(weight="70.1"),
        indicator="warning",
    ),
    Row(ABOVE, "five percent over is still a warning", FIRES, order("Kadcyla", "264.6 mg"), indicator="warning"),
    Row(ABOVE, "more than five percent over is critical", FIRES, order("Kadcyla", "265 mg"), indicator="critical"),
    Row(
        ABOVE,
        "a site that allows no rounding makes one milligram critical",
        FIRES,
        order("Kadcyla", "253 mg"),
        thresholds={"dose_rounding_tolerance_percent": Decimal(0)},
        indicator="critical",
    ),
    Row(
        ABOVE,
        "Kadcyla at Enhertu's dose",
        FIRES,
        order("Kadcyla", "5.4 mg/kg"),
        indicator="critical",
        says=("5.4 mg/kg (378 mg)",),
    ),
    Row(ABOVE, "a dose per kilogram needs no weight", FIRES, order("Kadcyla", "4 mg/kg"), NO_WEIGHT),
    Row(ABOVE, "ten times the dose", FIRES, order("Kadcyla", "2520 mg"), indicator="critical", says=("36 mg/kg",)),
    Row(
        ABOVE,
        "a weight in whose float form 3.6 mg/kg looks over",
        SILENT,
        order("Kadcyla", "3.6 mg/kg"),
        chart(weight="73.3"),
    ),
    Row(ABOVE, "Enhertu 5.4 mg/kg for breast cancer", SILENT, order("Enhertu", "378 mg")),
    Row(ABOVE, "Enhertu 6.4 mg/kg for breast cancer", FIRES, order("Enhertu", "448 mg"), indicator="critical"),
    Row(ABOVE, "Enhertu 6.4 mg/kg for gastric cancer", SILENT, order("Enhertu", "448 mg"), GASTRIC),
    Row(
        ABOVE,
        "Enhertu 6.4 mg/kg, gastric by the order's own reason in a patient with both cancers",
        SILENT,
        order("Enhertu", "448 mg", reason="gastric"),
        chart(cancers=("breast", "gastric")),
    ),
    Row(
        ABOVE,
        "Enhertu 6.4 mg/kg and no cancer on record: the strictest maximum",
        FIRES,
        order("Enhertu", "448 mg"),
        chart(cancers=()),
        says=("5.4 mg/kg",),
    ),
    Row(ABOVE, "Enhertu 6.4 mg/kg for lung cancer", FIRES, order("Enhertu", "448 mg"), chart(cancers=("lung",))),
    Row(ABOVE, "trastuzumab loading dose every three weeks", SILENT, order("trastuzumab", "560 mg")),
    Row(ABOVE, "trastuzumab above the loading dose", FIRES, order("trastuzumab", "600 mg"), indicator="critical"),
    Row(ABOVE, "a three-weekly dose every week", FIRES, order("trastuzumab", "6 mg/kg", interval=7)),
    Row(ABOVE, "the same with no schedule on the order", SILENT, order("trastuzumab", "6 mg/kg", interval=None)),
    Row(ABOVE, "pertuzumab loading dose", SILENT, order("Perjeta", "840 mg")),
    Row(ABOVE, "pertuzumab above the loading dose", FIRES, order("Perjeta", "900 mg"), indicator="critical"),
    Row(ABOVE, "Phesgo loading dose, both antibodies", SILENT, order("Phesgo", "1800 mg")),
    Row(ABOVE, "Phesgo above its loading dose", FIRES, order("Phesgo", "2400 mg")),
    Row(
        ABOVE,
        "Hylecta at twice its fixed dose",
        FIRES,
        order("Herceptin Hylecta", "1200 mg"),
        indicator="critical",
    ),
    Row(ABOVE, "Margenza at 15 mg/kg", SILENT, order("Margenza", "1050 mg")),
    Row(ABOVE, "Margenza at 16 mg/kg", FIRES, order("Margenza", "16 mg/kg")),
    Row(
        ABOVE,
        "Ziihera at 21 mg/kg",
        FIRES,
        order("Ziihera", "1470 mg", interval=14),
        chart(cancers=("biliary",)),
    ),
    Row(ABOVE, "milligrams and no weight", CANNOT, order("Kadcyla", "252 mg"), NO_WEIGHT),
    Row(ABOVE, "no dose yet at selection", NOT_ASKED, order("Kadcyla"), hook=Hook.SELECT),
    Row(ABOVE, "a number without its unit yet at selection", NOT_ASKED, order("Kadcyla", "252"), hook=Hook.SELECT),
    Row(ABOVE, "a unit that is not a dose unit, at selection", CANNOT, order("Kadcyla", "2 {vial}"), hook=Hook.SELECT),
    Row(ABOVE, "no dose at signing", CANNOT, order("Kadcyla")),
    Row(ABOVE, "a dose that cannot be right", NOT_ASKED, order("Kadcyla", "3.6 mg")),
    Row(
        ABOVE,
        "the second of two instructions is over",
        FIRES,
        order("Perjeta", "840 mg", "1000 mg"),
        says=("1000 mg",),
    ),
    # dose-implausible
    Row(
        ODD,
        "Kadcyla 3.6 mg in all",
        FIRES,
        order("Kadcyla", "3.6 mg"),
        indicator="critical",
        says=("3.6 mg", "Check the unit"),
        fixes=("SetDose", "RemoveOrder"),
    ),
    Row(ODD, "the same with no weight on record", FIRES, order("Kadcyla", "3.6 mg"), NO_WEIGHT),
    Row(ODD, "252 mg/kg", FIRES, order("Kadcyla", "252 mg/kg"), fixes=("RemoveOrder",)),
    Row(ODD, "the volume of the bag for a dose", FIRES, order("Kadcyla", "250 mL"), says=("250 mL",)),
    Row(ODD, "mg/m2 of a drug that is dosed by weight", FIRES, order("Enhertu", "100 mg/m2"), says=("body surface",)),
    Row(ODD, "mg/kg of pertuzumab", FIRES, order("Perjeta", "6 mg/kg"), says=("fixed-dose",)),
    Row(ODD, "mg/kg of Phesgo", FIRES, order("Phesgo", "8 mg/kg")),
    Row(ODD, "252 grams", FIRES, order("Kadcyla", "252 g")),
    Row(ODD, "252 micrograms", FIRES, order("Kadcyla", "252 ug")),
    Row(ODD, "no milligrams at all", FIRES, order("Kadcyla", "0 mg")),
    Row(ODD, "4.2 mg of pertuzumab", FIRES, order("Perjeta", "4.2 mg")),
    Row(ODD, "a quarter gram that is 252 mg", SILENT, order("Kadcyla", "0.252 g")),
    Row(ODD, "the volume of the bag in an instruction of its own", SILENT, order("Kadcyla", "252 mg", "250 mL")),
    Row(ODD, "the same before the dose", SILENT, order("Kadcyla", "250 mL", "3.6 mg/kg")),
    Row(ODD, "a volume beside a number that cannot be right", FIRES, order("Kadcyla", "3.6 mg", "250 mL")),
    Row(ABOVE, "too much, and the volume of its bag", FIRES, order("Kadcyla", "378 mg", "250 mL"), says=("378 mg",)),
    Row(ODD, "a volume too small for a bag, beside the dose", FIRES, order("Perjeta", "840 mg", "42 mL")),
    Row(ODD, "loading as milligrams, maintenance as the vial", SILENT, order("Perjeta", "840 mg", "14 mL")),
    Row(ODD, "a bag of pertuzumab", SILENT, order("Perjeta", "840 mg", "250 mL")),
    Row(ODD, "a bag of trastuzumab", SILENT, order("trastuzumab", "420 mg", "250 mL")),
    Row(ODD, "the bag of trastuzumab for a dose", FIRES, order("trastuzumab", "250 mL"), says=("is a volume",)),
    Row(ODD, "14 mL of Perjeta are its 420 mg", SILENT, order("Perjeta", "14 mL")),
    Row(ODD, "5 mL of Hylecta are its 600 mg", SILENT, order("Hylecta", "5 mL")),
    Row(ODD, "one milligram per kilogram exactly", SILENT, order("Kadcyla", "70 mg")),
    Row(ODD, "just below one milligram per kilogram", FIRES, order("Kadcyla", "69.9 mg")),
    Row(ODD, "the starting dose", SILENT, order("Kadcyla", "3.6 mg/kg")),
    Row(ODD, "no dose", NOT_ASKED, order("Kadcyla")),
    # dose-cannot-verify
    Row(
        UNVERIFIED,
        "a dose range",
        FIRES,
        ranging("100", "252"),
        indicator="warning",
        says=("100 mg to 252 mg", "Enter one dose"),
    ),
    Row(UNVERIFIED, "a range as wide as rounding", SILENT, ranging("240", "252")),
    Row(UNVERIFIED, "a range just wider than rounding", FIRES, ranging("239", "252")),
    Row(UNVERIFIED, "a range whose lower end has another unit", FIRES, ranging("0", "252")),
    Row(UNVERIFIED, "a range at selection", NOT_ASKED, ranging("100", "252"), hook=Hook.SELECT),
    Row(UNVERIFIED, "a range beside one dose", SILENT, ranging("100", "252", "252 mg")),
    Row(
        UNVERIFIED,
        "a range without an upper end",
        FIRES,
        open_to_the_top("252"),
        indicator="warning",
        says=("252 mg or more", "Enter one dose"),
        tells=("\u2265 252 mg",),
    ),
    Row(ABOVE, "the only end of a range is above the maximum", FIRES, open_to_the_top("378"), says=("378 mg",)),
    Row(ABOVE, "a range is judged by its upper end", FIRES, ranging("252", "300"), says=("300 mg",)),
    Row(UNVERIFIED, "a range above the maximum has its card", SILENT, ranging("252", "300")),
    Row(UNVERIFIED, "no dose at signing", FIRES, order("Kadcyla"), indicator="warning", says=("no dose",)),
    Row(UNVERIFIED, "no dose at selection", NOT_ASKED, order("Kadcyla"), hook=Hook.SELECT),
    Row(
        UNVERIFIED,
        "a dose in the text alone",
        FIRES,
        order("Kadcyla", text_dose="give 252 mg"),
        says=("only in the free text", "252 mg"),
    ),
    Row(
        UNVERIFIED,
        "milligrams and no weight",
        FIRES,
        order("Kadcyla", "252 mg"),
        NO_WEIGHT,
        says=("no body weight",),
        fixes=("OrderTests",),
    ),
    Row(
        UNVERIFIED,
        "milligrams, and a weight whose unit cannot be read",
        FIRES,
        order("Kadcyla", "252 mg"),
        chart(weight=None, gaps=(Gap("weight", "prefetch.weight", "unit", values=(("unit", "stone"),)),)),
        says=("the body weight on record could not be read",),
        fixes=("OrderTests",),
    ),
    Row(
        UNVERIFIED,
        "milligrams, and only the weight of another patient",
        FIRES,
        order("Kadcyla", "252 mg"),
        chart(weight=None, gaps=(Gap("weight", "prefetch.weight", "other-patient"),)),
        says=("no body weight",),
    ),
    Row(UNVERIFIED, "mg/kg and no weight to compute it by", FIRES, order("Kadcyla", "3.6 mg/kg"), NO_WEIGHT),
    Row(
        UNVERIFIED,
        "only a stated weight",
        FIRES,
        order("Kadcyla", "252 mg"),
        chart(stated=True),
        says=("stated or estimated",),
    ),
    Row(
        UNVERIFIED,
        "a stated weight, and a measured one of ten days ago that agrees",
        SILENT,
        order("Kadcyla", "252 mg"),
        chart(stated=True, weight="72", weighed_before=("70", 10)),
    ),
    Row(
        UNVERIFIED,
        "a stated weight that a measured one does not agree with",
        FIRES,
        order("Kadcyla", "252 mg"),
        chart(stated=True, weight="72", weighed_before=("55", 10)),
    ),
    Row(
        UNVERIFIED,
        "a stated weight, and a measured one of long ago",
        FIRES,
        order("Kadcyla", "252 mg"),
        chart(stated=True, weight="72", weighed_before=("70", 200)),
    ),
    Row(UNVERIFIED, "a fixed dose needs no weight", SILENT, order("Perjeta", "420 mg"), NO_WEIGHT),
    Row(UNVERIFIED, "a number without a unit at signing", FIRES, order("Kadcyla", "252"), says=("cannot be read",)),
    Row(UNVERIFIED, "a unit that is no unit of dose", FIRES, order("Kadcyla", "2 {vial}"), says=("cannot be read",)),
    Row(
        UNVERIFIED,
        "a volume that is no level at the strength of the label",
        FIRES,
        order("Kadcyla", "15 mL"),
        says=("15 mL", "unknown strength"),
    ),
    Row(UNVERIFIED, "a level as the volume of the reconstituted vial", SILENT, order("Kadcyla", "12.6 mL")),
    Row(
        UNVERIFIED,
        "the strength of the vial and the volume of the bag",
        FIRES,
        computed("5000 mg"),
        says=("5000 mg", "cannot be right"),
    ),
    Row(UNVERIFIED, "a strength and a volume that make sense", SILENT, computed("252 mg")),
    Row(UNVERIFIED, "dose and weight in place", SILENT, order("Kadcyla", "252 mg")),
    Row(UNVERIFIED, "an implausible dose has its own card", SILENT, order("Kadcyla", "3.6 mg"), NO_WEIGHT),
    Row(
        UNVERIFIED,
        "by ideal body weight",
        FIRES,
        by_weight("ideal"),
        indicator="warning",
        says=("ideal body weight", "actual weight"),
        tells=("216 mg (3.09 mg/kg)", "Body weight: 70 kg"),
    ),
    Row(
        UNVERIFIED, "by ideal body weight, of a drug with a fixed dose", SILENT, by_weight("ideal", "Perjeta", "420 mg")
    ),
    Row(UNVERIFIED, "by ideal body weight, and no weight", FIRES, by_weight("ideal"), NO_WEIGHT, fixes=("OrderTests",)),
    # weight-stale
    Row(STALE, "a weight of thirty days ago", SILENT, order("Kadcyla", "252 mg"), chart(weight_days=30)),
    Row(
        STALE,
        "a weight of thirty-one days ago",
        FIRES,
        order("Kadcyla", "252 mg"),
        chart(weight_days=31),
        indicator="warning",
        says=("70 kg", "31 days", days_ago(31).isoformat()),
        fixes=("OrderTests",),
    ),
    Row(
        STALE,
        "a dose planned so late that the weight will be old by then",
        FIRES,
        order("Kadcyla", "252 mg", start=days_ago(-6)),
        chart(weight_days=26),
        says=("will be 32 days old on 2026-11-28",),
    ),
    Row(
        STALE,
        "a site that allows ninety days",
        SILENT,
        order("Kadcyla", "252 mg"),
        chart(weight_days=60),
        thresholds={"weight_max_age_days": Decimal(90)},
    ),
    Row(STALE, "a fixed dose does not depend on it", NOT_ASKED, order("Perjeta", "420 mg"), chart(weight_days=400)),
    Row(STALE, "no weight at all has its own card", CANNOT, order("Kadcyla", "252 mg"), NO_WEIGHT),
    Row(
        STALE,
        "a weight without a date",
        CANNOT,
        order("Kadcyla", "252 mg"),
        chart(weight_days=None),
        missing=("weight-day",),
    ),
    Row(
        STALE,
        "a weight of a month of which only the end is recent",
        CANNOT,
        order("Kadcyla", "252 mg"),
        weighed_in(45, 16),
        missing=("weight-day",),
    ),
    Row(STALE, "a weight of a recent month", SILENT, order("Kadcyla", "252 mg"), weighed_in(30, 1)),
    Row(STALE, "a weight of an old month", FIRES, order("Kadcyla", "252 mg"), weighed_in(90, 60), says=("60 days",)),
]
