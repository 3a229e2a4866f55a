"""Cases of orders whose parts disagree, of weights that cannot be right, of infusion times and of age."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
from builders import chart, days_ago, dose, given, order
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.facts.order import (
    AmountInOtherUnit,
    CountedTablets,
    DosageTiming,
    DoseRemark,
    DrugOrder,
    NamedProblem,
    NotedDose,
    OrderNote,
    RemarkKind,
    StatedWeight,
)
from cards.facts.patient import Patient
from cards.facts.schedules import Rhythm, Schedule
from cards.facts.topics import Topic
from cards.knowledge.schema import Problem
from cards.values.quantities import Mg, MgPerKg

TEXT, WEIGHT = Topic.DOSE_TEXT_CONFLICT, Topic.WEIGHT_IMPLAUSIBLE
LEVEL, NO_LEVEL = Topic.DOSE_WRONG_FOR_INDICATION, Topic.DOSE_NOT_A_LEVEL
SOON, CYCLES = Topic.INTERVAL_TOO_SHORT, Topic.CYCLE_LIMIT_REACHED
RATE, AGE = Topic.INFUSION_RATE, Topic.AGE_NOT_LABELED
KADCYLA, ENHERTU = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg")


def over(minutes: int, drug: str = "Kadcyla", dose: str = "252 mg", **more: object) -> DrugOrder:
    return msgspec.structs.replace(order(drug, dose, **more), infusion_minutes=(minutes,))  # type: ignore[arg-type]


def pushed(drug: str, dose: str) -> DrugOrder:
    return msgspec.structs.replace(order(drug, dose), is_push=True)


def beside(*doses: str) -> DrugOrder:
    """Return an order with several quantities in one instruction."""
    drug = order("Kadcyla", *doses)
    return msgspec.structs.replace(
        drug, doses=tuple(msgspec.structs.replace(each, instruction=0) for each in drug.doses)
    )


def tied(kg: str, other: str) -> Patient:
    """Return a chart with two weights of exactly the same time."""
    patient = chart(weight=kg, weighed_before=(other, 2))
    first, second = patient.weights
    return msgspec.structs.replace(patient, weights=(msgspec.structs.replace(first, beside=(str(second.kg),)), second))


def after(days: int, dose: str | None, **more: object) -> Patient:
    return chart(history=(given("kadcyla", days, dose),), **more)  # type: ignore[arg-type]


def doses_of(drug: str, count: int) -> Patient:
    return chart(history=tuple(given(drug, 21 * n) for n in range(1, count + 1)))


def noted(text: str, *doses: tuple[str, str]) -> OrderNote:
    """Return a note, with each dose in it and the word before that."""
    read = ((Decimal(number), unit, after) for written, after in doses for number, unit in [written.split()])
    return OrderNote(text, tuple(NotedDose(MgPerKg(n) if unit == "mg/kg" else Mg(n), after) for n, unit, after in read))


def multiplied(count: str, mg: str) -> DrugOrder:
    """Return an order of 252 mg whose instructions give an amount so many times."""
    counted = (CountedTablets(Decimal(count), Decimal(mg)),)
    return msgspec.structs.replace(order("Kadcyla", "252 mg", text_dose=f"{mg} mg"), text_tablets=counted)


def drawing(volume: str) -> DrugOrder:
    """Return an order of 252 mg whose instructions draw up a volume, in milliliters."""
    return msgspec.structs.replace(order("Kadcyla", "252 mg"), text_volumes=(Decimal(volume),))


def daily(taken: str, most: str) -> DrugOrder:
    """Return an order of tablets twice a day that states a maximum of a day."""
    timings = (DosageTiming(0, Decimal(2)),)
    return msgspec.structs.replace(order("Tukysa", taken, interval=None), timings=timings, max_a_day=dose(most))


def again(days: int) -> DrugOrder:
    """Return an order whose instructions give another dose after some days."""
    remark = DoseRemark(RemarkKind.AGAIN, "again", Decimal(days))
    return msgspec.structs.replace(order("Kadcyla", "252 mg"), text_remarks=(remark,))


def weighing(number: str, *, in_pounds: bool = False) -> DrugOrder:
    """Return an order of 252 mg whose instructions state a body weight."""
    return msgspec.structs.replace(
        order("Kadcyla", "252 mg"), text_weights=(StatedWeight(Decimal(number), in_pounds=in_pounds),)
    )


def said(kind: str, drug: str = "Kadcyla", *doses: str) -> DrugOrder:
    """Return an order whose instructions say something of the dose in words."""
    remark = DoseRemark(RemarkKind(kind), kind)
    return msgspec.structs.replace(order(drug, *(doses or ("252 mg",))), text_remarks=(remark,))


def stating(*sentences: str) -> DrugOrder:
    """Return an order of 252 mg with sentences that are told, and a problem that its words name."""
    named = (NamedProblem(Problem.PREGNANCY, "hCG positive"),)
    return msgspec.structs.replace(order("Kadcyla", "252 mg"), statements=sentences, named_problems=named)


def in_units(number: str, text: str, of: DrugOrder | None = None, **more: object) -> DrugOrder:
    """Return an order, of 252 mg unless given, whose instructions name an amount in a unit that no dose field has."""
    amount = AmountInOtherUnit(Decimal(number), text, **more)  # type: ignore[arg-type]
    return msgspec.structs.replace(of or order("Kadcyla", "252 mg"), text_other_units=(amount,))


def joined(*mg: str) -> DrugOrder:
    """Return an order of 252 mg whose instructions join two amounts."""
    amounts = tuple(map(Decimal, mg))
    named = tuple(Mg(each) for each in dict.fromkeys(amounts))
    return msgspec.structs.replace(order("Kadcyla", "252 mg"), text_doses=named, text_sums=(amounts,))


def named_with(*mg: str) -> DrugOrder:
    """Return an order of 252 mg whose drug is named with other amounts."""
    return msgspec.structs.replace(order("Kadcyla", "252 mg"), named_mg=tuple(map(Decimal, mg)))


def of_vial(dose: str, combined: str) -> DrugOrder:
    """Return an order of Phesgo that names a vial by its parts."""
    return msgspec.structs.replace(order("Phesgo", dose), combined_mg=Decimal(combined))


def on_one_day(*doses: str) -> DrugOrder:
    """Return an order with a dose in each of several instructions for one day."""
    days = Schedule((Rhythm(days=(days_ago(0),)),))
    return msgspec.structs.replace(order("Kadcyla", *doses, interval=None), schedule=days, repeats_day=True)


def cycle(number: int) -> DrugOrder:
    return msgspec.structs.replace(order("Kadcyla", "252 mg"), text_cycle=number)


ROWS = [
    # dose-text-conflict: remarks, and the name of the drug
    Row(
        TEXT,
        "a sentence that nobody should overlook",
        CANNOT,
        stating("Consent withdrawn"),
        missing=("order-statement",),
    ),
    Row(TEXT, "a sentence on a problem that has its own rule", SILENT, stating("hCG positive today")),
    Row(TEXT, "a full dose that is called reduced", CANNOT, said("reduced"), missing=("dose-remark",)),
    Row(TEXT, "a reduced dose that is called reduced", SILENT, said("reduced", "Kadcyla", "210 mg")),
    Row(TEXT, "a full dose that is called raised", CANNOT, said("raised"), missing=("dose-remark",)),
    Row(TEXT, "a reduced dose that is called raised", CANNOT, said("raised", "Kadcyla", "210 mg")),
    Row(TEXT, "no level at all that is called reduced", SILENT, said("reduced", "Kadcyla", "150 mg")),
    Row(TEXT, "a maintenance dose that is called a loading dose", CANNOT, said("loading", "trastuzumab", "420 mg")),
    Row(TEXT, "a loading dose that is called one", SILENT, said("loading", "trastuzumab", "560 mg")),
    Row(TEXT, "Kadcyla has no loading dose", CANNOT, said("loading"), missing=("dose-remark",)),
    Row(TEXT, "a loading dose that is called maintenance", CANNOT, said("maintenance", "Perjeta", "840 mg")),
    Row(TEXT, "a maintenance dose that is called one", SILENT, said("maintenance", "Perjeta", "420 mg")),
    Row(TEXT, "both doses of a course", SILENT, said("maintenance", "Perjeta", "840 mg", "420 mg")),
    Row(TEXT, "another level in the name of the drug", CANNOT, named_with("210"), missing=("dose-in-name",)),
    Row(TEXT, "more than the maximum in the name", CANNOT, named_with("300"), missing=("dose-in-name",)),
    Row(TEXT, "a vial in the name", SILENT, named_with("160")),
    Row(TEXT, "another amount in the name, of a vial sold elsewhere", SILENT, named_with("150")),
    Row(TEXT, "the dose in the name", SILENT, named_with("252")),
    Row(TEXT, "1800 mg from the vial of a maintenance dose", CANNOT, of_vial("1800 mg", "1200")),
    Row(TEXT, "1800 mg from the vial of a loading dose", SILENT, of_vial("1800 mg", "1800")),
    Row(TEXT, "one antibody of a loading dose", SILENT, of_vial("1200 mg", "1800")),
    # two instructions of one day, and the number of the cycle
    Row(SOON, "two whole doses for one day", CANNOT, on_one_day("252 mg", "252 mg"), missing=("schedule-day-twice",)),
    Row(SOON, "two parts for one day", NOT_ASKED, on_one_day("126 mg", "126 mg")),
    Row(NO_LEVEL, "two parts for one day", SILENT, on_one_day("152 mg", "100 mg")),
    Row(NO_LEVEL, "two amounts for one day that are no level together", FIRES, on_one_day("152 mg", "150 mg")),
    Row(CYCLES, "cycle 15 of 14", CANNOT, cycle(15), chart(setting="early"), missing=("cycle-number",)),
    Row(CYCLES, "cycle 14 of 14", SILENT, cycle(14), chart(setting="early")),
    Row(CYCLES, "cycle 15, metastatic", NOT_ASKED, cycle(15), chart(setting="metastatic")),
    Row(LEVEL, "a reduction planned after the first dose", SILENT, order("Kadcyla", "252 mg", "210 mg")),
    Row(LEVEL, "a reduced dose first", FIRES, order("Kadcyla", "210 mg", "252 mg")),
    # dose-text-conflict: notes
    Row(
        TEXT,
        "the note names the dose of the order",
        SILENT,
        order("Kadcyla", "252 mg", note=noted("OK to give 252 mg", ("252 mg", "give"))),
    ),
    Row(
        TEXT,
        "the note names the dose per kilogram",
        SILENT,
        order("Kadcyla", "252 mg", note=noted("3.6 mg/kg", ("3.6 mg/kg", ""))),
    ),
    Row(
        TEXT,
        "the note says a reduced dose and the field the full one",
        CANNOT,
        order("Kadcyla", "252 mg", note=noted("Reduce to 3 mg/kg for platelets", ("3 mg/kg", "to"))),
        missing=("dose-in-note",),
    ),
    Row(
        TEXT,
        "the note alone has a dose",
        CANNOT,
        order("Kadcyla", note=noted("252 mg per Dr. Example", ("252 mg", ""))),
        missing=("dose-in-note",),
    ),
    Row(
        TEXT,
        "a dose of a premedication in the note",
        SILENT,
        order("Kadcyla", "252 mg", note=noted("Acetaminophen 650 mg PO before", ("650 mg", "Acetaminophen"))),
    ),
    Row(
        TEXT,
        "the note names another drug",
        CANNOT,
        order("Kadcyla", "252 mg", note=noted("Insurance wants Enhertu instead")),
        missing=("drug-in-note",),
    ),
    Row(
        TEXT,
        "the note names the order's own drug, and warns of another",
        SILENT,
        order("Kadcyla", "252 mg", note=noted("Kadcyla (trastuzumab emtansine), do not confuse with trastuzumab")),
    ),
    Row(
        TEXT,
        "a note about something else",
        SILENT,
        order("Kadcyla", "252 mg", note=noted("Please call the patient the day before")),
    ),
    # Which dose is meant is asked first: no second card speaks of the level of either.
    Row(LEVEL, "a reduced level, and the starting level beside it", NOT_ASKED, beside("3.6 mg/kg", "210 mg")),
    Row(LEVEL, "a reduced level at first, alone", FIRES, order("Kadcyla", "210 mg")),
    Row(
        NO_LEVEL,
        "no level, and the starting level in the text",
        NOT_ASKED,
        order("Kadcyla", "231 mg", text_dose="3.6 mg/kg"),
    ),
    Row(NO_LEVEL, "no level, and the same in the text", FIRES, order("Kadcyla", "231 mg", text_dose="230 mg")),
    # dose-text-conflict
    Row(
        TEXT,
        "the field says 252 mg, the instructions 2520 mg",
        FIRES,
        order("Kadcyla", "252 mg", text_dose="2520 mg"),
        indicator="critical",
        says=("252 mg (3.6 mg/kg)", "2520 mg"),
        fixes=("RemoveOrder",),
    ),
    Row(
        TEXT,
        "a full dose in the field, a reduction in the words",
        FIRES,
        msgspec.structs.replace(order("Kadcyla", "252 mg"), text_shares=(Decimal(80),)),
        indicator="warning",
        says=("252 mg (3.6 mg/kg), a full dose", "80 % of it"),
        fixes=("RemoveOrder",),
    ),
    Row(
        TEXT,
        "a reduced dose in the field, and the reduction in the words",
        SILENT,
        msgspec.structs.replace(order("Kadcyla", "210 mg"), text_shares=(Decimal(80),)),
    ),
    Row(
        TEXT,
        "all of the dose in the words",
        SILENT,
        msgspec.structs.replace(order("Kadcyla", "252 mg"), text_shares=(Decimal(96),)),
    ),
    Row(
        TEXT,
        "more than the dose in the words",
        FIRES,
        msgspec.structs.replace(order("Kadcyla", "252 mg"), text_shares=(Decimal(125),)),
        indicator="critical",
        says=("252 mg (3.6 mg/kg), a full dose", "125 % of it"),
        fixes=("RemoveOrder",),
    ),
    Row(
        TEXT,
        "more than a reduced dose in the words",
        SILENT,
        msgspec.structs.replace(order("Kadcyla", "210 mg"), text_shares=(Decimal(120),)),
    ),
    Row(
        TEXT,
        "another unit beside the same number",
        FIRES,
        in_units("252", "252 mg/m2", never_fits=True),
        indicator="warning",
        says=("252 mg (3.6 mg/kg)", "252 mg/m2, another unit"),
        fixes=("RemoveOrder",),
    ),
    Row(TEXT, "an amount by body surface", FIRES, in_units("145", "145 mg/m2", never_fits=True), indicator="warning"),
    Row(TEXT, "another drug's body surface", SILENT, in_units("75", "75 mg/m2", never_fits=True, beside="docetaxel")),
    Row(TEXT, "before the other drug", SILENT, in_units("75", "75 mg/m2", never_fits=True, behind="docetaxel")),
    Row(
        TEXT,
        "behind a word that is not known",
        CANNOT,
        in_units("75", "75 mg/m2", never_fits=True, beside="foomab"),
        missing=("dose-beside-word",),
    ),
    Row(TEXT, "a unit of another dimension", FIRES, in_units("252", "252 IU"), indicator="warning"),
    Row(TEXT, "the number of another thing", SILENT, in_units("20", "20 mL")),
    Row(TEXT, "units, of a bill perhaps", CANNOT, in_units("252", "252 units", unclear=True), missing=("dose-remark",)),
    Row(
        TEXT,
        "another amount a day",
        FIRES,
        in_units("378", "378 mg/day", a_day=Mg(Decimal(378))),
        indicator="critical",
        says=("378 mg",),
    ),
    Row(TEXT, "two amounts that are joined", FIRES, joined("252", "126"), indicator="critical", says=("378 mg",)),
    Row(TEXT, "two halves that are joined", SILENT, joined("126", "126")),
    Row(TEXT, "two vials that are joined", SILENT, joined("160", "160")),
    Row(TEXT, "the same amount a day", SILENT, in_units("252", "252 mg/day", a_day=Mg(Decimal(252)))),
    Row(
        TEXT,
        "tablets, twice a day",
        SILENT,
        in_units("600", "600 mg/day", of=order("Tukysa", "300 mg", interval=None), a_day=Mg(Decimal(600))),
    ),
    Row(TEXT, "the dose in two bags", SILENT, multiplied("2", "126")),
    Row(TEXT, "the dose several times, once or each time", CANNOT, multiplied("4", "252"), missing=("dose-counted",)),
    Row(
        TEXT,
        "as many doses of the dose as the schedule has",
        SILENT,
        msgspec.structs.replace(multiplied("4", "252"), cycles=4),
    ),
    Row(TEXT, "a part of the dose", CANNOT, multiplied("0.5", "252"), missing=("dose-counted",)),
    Row(TEXT, "vials of another dose", CANNOT, multiplied("3", "160"), missing=("dose-counted",)),
    Row(TEXT, "a share of vials of another dose", CANNOT, multiplied("3.78", "100"), missing=("dose-counted",)),
    Row(TEXT, "a share of vials that makes the dose", SILENT, multiplied("2.52", "100")),
    Row(TEXT, "whole vials for the dose", SILENT, multiplied("2", "160")),
    Row(TEXT, "the volume of the dose", SILENT, drawing("12.6")),
    Row(TEXT, "the volume of another dose", CANNOT, drawing("18.9"), missing=("dose-volume",)),
    Row(
        TEXT,
        "tablets above the maximum of a day that the order states",
        CANNOT,
        daily("300 mg", most="300 mg"),
        missing=("dose-day-limit",),
    ),
    Row(TEXT, "tablets within the maximum of a day that the order states", SILENT, daily("300 mg", most="600 mg")),
    Row(TEXT, "as needed", CANNOT, said("as-needed"), missing=("dose-remark",)),
    Row(TEXT, "again before the next dose is due", CANNOT, again(7), missing=("dose-remark",)),
    Row(TEXT, "again when the next dose is due", SILENT, again(21)),
    Row(WEIGHT, "another weight on the order", CANNOT, weighing("95"), missing=("weight-on-order",)),
    Row(WEIGHT, "the weight of the chart on the order", SILENT, weighing("71")),
    Row(WEIGHT, "the weight of the chart in pounds", SILENT, weighing("154", in_pounds=True)),
    Row(
        WEIGHT,
        "another weight on an order by ideal weight",
        SILENT,
        msgspec.structs.replace(weighing("95"), weight_basis="ideal"),
    ),
    Row(TEXT, "another dose in two bags", FIRES, multiplied("2", "189"), indicator="critical", says=("378 mg",)),
    Row(TEXT, "vials", SILENT, order("Kadcyla", "252 mg", text_dose="160 mg 100 mg")),
    Row(
        TEXT,
        "a maximum of its own below the dose",
        FIRES,
        msgspec.structs.replace(order("Kadcyla", "252 mg"), max_dose=dose("200 mg")),
        indicator="warning",
        says=("252 mg", "200 mg"),
    ),
    Row(
        TEXT,
        "a maximum of its own",
        SILENT,
        msgspec.structs.replace(order("Kadcyla", "252 mg"), max_dose=dose("252 mg")),
    ),
    Row(
        TEXT,
        "a maximum of its own per kilogram",
        SILENT,
        msgspec.structs.replace(order("Kadcyla", "252 mg"), max_dose=dose("3.6 mg/kg")),
    ),
    Row(
        TEXT,
        "another dose for the patient than for the nurse",
        FIRES,
        msgspec.structs.replace(
            order("Kadcyla", "252 mg", text_dose="252 mg 378 mg"),
            doses_by_text=((Mg(Decimal(252)),), (Mg(Decimal(378)),)),
        ),
        indicator="critical",
        says=("252 mg", "378 mg"),
    ),
    Row(
        TEXT,
        "the instructions say less, and neither is above the maximum",
        FIRES,
        order("Kadcyla", "252 mg", text_dose="210 mg"),
        indicator="warning",
        says=("210 mg",),
    ),
    Row(
        TEXT,
        "the field is above the maximum, the instructions are not",
        FIRES,
        order("Kadcyla", "378 mg", text_dose="252 mg"),
        indicator="critical",
    ),
    Row(
        TEXT,
        "per kilogram in the instructions",
        FIRES,
        order("Kadcyla", "252 mg", text_dose="3 mg/kg"),
        says=("3 mg/kg",),
    ),
    Row(TEXT, "the same amount per kilogram", SILENT, order("Kadcyla", "252 mg", text_dose="3.6 mg/kg")),
    Row(TEXT, "rounded within five percent", SILENT, order("Kadcyla", "252 mg", text_dose="250 mg")),
    Row(TEXT, "five percent and no more", SILENT, order("Kadcyla", "210 mg", text_dose="200 mg")),
    Row(TEXT, "no amount in the instructions", SILENT, KADCYLA),
    Row(
        TEXT,
        "per kilogram in the instructions, and no weight to compare by",
        SILENT,
        order("Kadcyla", "252 mg", text_dose="3 mg/kg"),
        chart(weight=None),
    ),
    Row(
        TEXT,
        "several amounts in the instructions, none of which is that of the field",
        CANNOT,
        order("Kadcyla", "252 mg", text_dose="160 mg and 168 mg"),
        missing=("dose-in-text",),
    ),
    Row(
        TEXT, "several amounts, one of them the field's", SILENT, order("Perjeta", "420 mg", text_dose="840 mg, 420 mg")
    ),
    *(
        Row(
            TEXT,
            f"the field's amount and another dose of the drug, {named}",
            CANNOT,
            order("Kadcyla", "252 mg", text_dose=named),
            missing=("dose-in-text",),
        )
        for named in (
            "252 mg, 500 mg",
            "500 mg, 252 mg",
            "252 mg, 210 mg",
            "252 mg, 25.2 mg",
            "3.6 mg/kg, 5.4 mg/kg",
            "3.6 mg/kg, 3 mg/kg",
            "252 mg, 130 mg",
        )
    ),
    *(
        Row(TEXT, f"the field's amount and {what}", SILENT, order(drug, dose, text_dose=named))
        for what, drug, dose, named in (
            ("two amounts that make it", "Kadcyla", "252 mg", "252 mg, 152 mg, 100 mg"),
            ("what its vials hold", "Enhertu", "378 mg", "378 mg, 400 mg"),
            ("the size of a vial", "Kadcyla", "252 mg", "252 mg, 160 mg, 100 mg"),
            ("one that is no dose of it", "Kadcyla", "252 mg", "252 mg, 20 mg"),
            ("the loading dose, per kilogram", "Herceptin", "6 mg/kg", "8 mg/kg, 6 mg/kg"),
        )
    ),
    Row(TEXT, "one antibody of a combination", SILENT, order("Phesgo", "1200 mg", text_dose="600 mg")),
    Row(
        TEXT,
        "two quantities of one instruction that differ",
        FIRES,
        beside("3.6 mg/kg", "210 mg"),
        indicator="warning",
        says=("210 mg", "3.6 mg/kg"),
    ),
    Row(TEXT, "two quantities of one instruction that agree", SILENT, beside("3.6 mg/kg", "252 mg")),
    Row(TEXT, "no dose in the field", NOT_ASKED, order("Kadcyla", text_dose="252 mg")),
    # weight-implausible
    Row(
        WEIGHT,
        "154 kg after 70 kg twenty days earlier",
        FIRES,
        order("Kadcyla", "554 mg"),
        chart(weight="154", weighed_before=("70", 22)),
        indicator="critical",
        says=("154 kg", "70 kg", "20 days", "120 %"),
        tells=("in pounds",),
        suggests=("Order body weight for Kadcyla",),
    ),
    Row(
        WEIGHT,
        "a quarter more within a month",
        FIRES,
        order("Kadcyla", "252 mg"),
        chart(weight="87.5", weighed_before=("70", 30)),
        indicator="warning",
        hides=("pounds",),
    ),
    Row(
        WEIGHT,
        "a quarter more, and the dose above the maximum at the weight before",
        FIRES,
        order("Kadcyla", "315 mg"),
        chart(weight="87.5", weighed_before=("70", 30)),
        indicator="critical",
    ),
    Row(WEIGHT, "a fifth more and no further", SILENT, KADCYLA, chart(weight="84", weighed_before=("70", 30))),
    Row(WEIGHT, "just over a fifth", FIRES, KADCYLA, chart(weight="84.1", weighed_before=("70", 30))),
    Row(WEIGHT, "just over a fifth less", FIRES, KADCYLA, chart(weight="55.9", weighed_before=("70", 30))),
    Row(WEIGHT, "doubled within ninety-one days", SILENT, KADCYLA, chart(weight="140", weighed_before=("70", 93))),
    Row(WEIGHT, "doubled within ninety days", FIRES, KADCYLA, chart(weight="140", weighed_before=("70", 92))),
    Row(WEIGHT, "the other weight is of the same day", SILENT, KADCYLA, chart(weight="140", weighed_before=("70", 2))),
    Row(
        WEIGHT,
        "two weights of exactly one time",
        FIRES,
        KADCYLA,
        tied("70", "100"),
        indicator="warning",
        says=("70 kg and 100 kg", "one time"),
    ),
    Row(WEIGHT, "two weights of one time that are close", SILENT, KADCYLA, tied("70", "72")),
    Row(
        NO_LEVEL,
        "a level at the weight before, and the newest is more than double",
        NOT_ASKED,
        KADCYLA,
        chart(weight="154", weighed_before=("70", 22)),
    ),
    Row(WEIGHT, "one weight and no dose before", SILENT, KADCYLA),
    Row(WEIGHT, "no weight", CANNOT, KADCYLA, chart(weight=None), missing=("weight",)),
    Row(WEIGHT, "a fixed dose", NOT_ASKED, order("Perjeta", "420 mg"), chart(weight="154", weighed_before=("70", 22))),
    Row(
        WEIGHT,
        "a site that allows for more",
        SILENT,
        KADCYLA,
        chart(weight="90", weighed_before=("70", 30)),
        thresholds={"weight_change_percent": Decimal(40)},
    ),
    Row(
        WEIGHT,
        "the dose is far above the last one, and one weight alone is on record",
        FIRES,
        order("Kadcyla", "432 mg"),
        after(21, "252 mg", weight="120"),
        indicator="warning",
        says=("71 %", "252 mg"),
    ),
    Row(
        WEIGHT,
        "the dose is 2.2 times the last one",
        FIRES,
        order("Kadcyla", "554 mg"),
        after(21, "252 mg", weight="154"),
        indicator="critical",
    ),
    Row(
        WEIGHT,
        "a third less than the last dose is a reduction",
        SILENT,
        order("Kadcyla", "168 mg"),
        after(21, "252 mg"),
    ),
    Row(
        WEIGHT,
        "a last infusion that was stopped says nothing of the weight",
        SILENT,
        KADCYLA,
        chart(history=(msgspec.structs.replace(given("kadcyla", 21, "60 mg"), stopped=True),)),
    ),
    # infusion-rate
    Row(
        RATE,
        "Kadcyla as a push",
        FIRES,
        pushed("Kadcyla", "252 mg"),
        indicator="critical",
        says=("push or bolus", "90 minutes"),
        fixes=("RemoveOrder",),
    ),
    Row(
        RATE,
        "the first Kadcyla over 30 minutes",
        FIRES,
        over(30),
        indicator="warning",
        says=("30 minutes", "90 minutes"),
    ),
    Row(RATE, "the first Kadcyla over 90 minutes", SILENT, over(90)),
    Row(RATE, "the first Kadcyla over 89 minutes", FIRES, over(89)),
    Row(RATE, "the second Kadcyla over 30 minutes", SILENT, over(30), doses_of("kadcyla", 1)),
    Row(
        RATE,
        "the second Kadcyla over 15 minutes",
        FIRES,
        over(15),
        doses_of("kadcyla", 1),
        says=("dose 2", "30 minutes"),
    ),
    Row(RATE, "the first Enhertu over 30 minutes", FIRES, over(30, "Enhertu", "378 mg")),
    Row(RATE, "the first Perjeta over 60 minutes", SILENT, over(60, "Perjeta", "840 mg")),
    Row(RATE, "the first Perjeta over 30 minutes", FIRES, over(30, "Perjeta", "840 mg"), says=("60 minutes",)),
    Row(
        RATE,
        "Perjeta again at the loading dose over 30 minutes",
        FIRES,
        over(30, "Perjeta", "840 mg"),
        doses_of("pertuzumab", 2),
        says=("loading dose",),
    ),
    Row(RATE, "the second Ziihera over 60 minutes", FIRES, over(60, "Ziihera", "20 mg/kg"), doses_of("ziihera", 1)),
    Row(RATE, "the third Ziihera over 90 minutes", SILENT, over(90, "Ziihera", "20 mg/kg"), doses_of("ziihera", 2)),
    Row(RATE, "the fourth Ziihera over 60 minutes", FIRES, over(60, "Ziihera", "20 mg/kg"), doses_of("ziihera", 3)),
    Row(RATE, "the fifth Ziihera over 60 minutes", SILENT, over(60, "Ziihera", "20 mg/kg"), doses_of("ziihera", 4)),
    Row(RATE, "a maintenance dose over 30 minutes, and none on record", SILENT, over(30, "Perjeta", "420 mg")),
    Row(RATE, "no infusion time on the order", NOT_ASKED, KADCYLA),
    Row(RATE, "an injection under the skin", NOT_ASKED, over(5, "Phesgo", "1200 mg")),
    # age-not-labelled
    Row(
        AGE,
        "seventeen years old",
        FIRES,
        KADCYLA,
        chart(born=date(2009, 11, 23)),
        indicator="warning",
        says=("under 18", "2009-11-23"),
    ),
    Row(AGE, "eighteen on the day of the dose", SILENT, KADCYLA, chart(born=date(2008, 11, 22))),
    Row(AGE, "eighteen the day after", FIRES, KADCYLA, chart(born=date(2008, 11, 23))),
    Row(
        AGE,
        "eighteen by the day that is planned",
        SILENT,
        order("Kadcyla", "252 mg", start=days_ago(-1)),
        chart(born=date(2008, 11, 23)),
    ),
    Row(AGE, "an adult", SILENT, ENHERTU),
    Row(AGE, "no date of birth", CANNOT, KADCYLA, chart(born=None), missing=("age",)),
]
