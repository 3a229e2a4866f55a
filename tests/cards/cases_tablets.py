"""Cases of tablets: dose by administration and day, weight, impairment, partners, prophylaxis and interactions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from builders import TODAY, chart, given, order, tablets
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.facts.order import CountedTablets, DrugOrder, Supply
from cards.facts.patient import Patient, Treatment, TreatmentState
from cards.facts.session import Hook
from cards.facts.topics import Topic
from cards.knowledge.schema import Route

ABOVE, LEVEL, WRONG, OFTEN, TWICE = (
    Topic.DOSE_ABOVE_MAXIMUM,
    Topic.DOSE_NOT_A_LEVEL,
    Topic.DOSE_WRONG_FOR_INDICATION,
    Topic.INTERVAL_TOO_SHORT,
    Topic.DUPLICATE_ORDER,
)
PROPHYLAXIS, INTERACTION = Topic.PROPHYLAXIS_MISSING, Topic.INTERACTION


def tucatinib(*doses: str, a_day: str | None = "2", **more: Any) -> DrugOrder:
    """Build an order of tucatinib, twice a day unless said otherwise."""
    return tablets("Tukysa", *doses, a_day=a_day, **more)


def naming(ordered: DrugOrder, *named: str, said: tuple[tuple[str, str], ...] = ()) -> DrugOrder:
    """Add the milligrams that the drug's name gives, and the tablets that the instructions count."""
    counted = tuple(CountedTablets(Decimal(count), Decimal(mg) if mg else None) for count, mg in said)
    return msgspec.structs.replace(ordered, named_mg=tuple(map(Decimal, named)), text_tablets=counted)


def active(drug: str, days: int = 5, product: str = "", written: str | None = None) -> Treatment:
    """Return an order of some days ago that is still active; without a product, of a drug that is not checked."""
    treatment = given(product or drug, days, written, TreatmentState.ACTIVE, names=(drug,))
    return treatment if product else msgspec.structs.replace(treatment, product="")


def beside(*drugs: str, **more: Any) -> Patient:
    """Return a chart with some active drugs."""
    return chart(history=tuple(active(drug) for drug in drugs), **more)


def lung(weight: str | None = "70", **more: Any) -> Patient:
    """Return the chart of a lung cancer with an activating mutation."""
    return chart(cancers=("lung",), weight=weight, mutation=more.pop("mutation", True), **more)


def with_mutations(*residues: tuple[int, ...]) -> Patient:
    """Return the chart of a lung cancer with mutations at some residues; those without any are not named."""
    (one,) = lung().mutations
    return msgspec.structs.replace(
        lung(), mutations=tuple(msgspec.structs.replace(one, residues=each) for each in residues)
    )


def on_tucatinib(days: int = 30, written: str = "300 mg", **more: Any) -> Patient:
    """Return the chart of a patient who has been on tucatinib for some days."""
    return chart(history=(active("Tukysa", days, "tucatinib", written),), **more)


CHILD_PUGH_C = chart(problems=("severe-hepatic-impairment",))
LATER_ORDER = {"identifier": "order-2"}


def supplied(ordered: DrugOrder, count: int, days: int) -> DrugOrder:
    """Return an order with a number of tablets to dispense for some days."""
    return msgspec.structs.replace(ordered, supply=Supply(Decimal(count), Decimal(days)))


ROWS = [
    # dose-above-maximum: by administration
    Row(ABOVE, "Tukysa 300 mg twice a day", SILENT, tucatinib("300 mg")),
    Row(
        ABOVE,
        "Tukysa 600 mg in one dose",
        FIRES,
        tucatinib("600 mg", a_day="1"),
        indicator="critical",
        says=("600 mg", "300 mg per dose"),
        fixes=("SetDose",),
    ),
    Row(ABOVE, "Tukysa 301 mg, within the tolerance", FIRES, tucatinib("301 mg"), indicator="warning"),
    Row(ABOVE, "Tukysa 315 mg, at the end of the tolerance", FIRES, tucatinib("315 mg"), indicator="warning"),
    Row(ABOVE, "Tukysa 350 mg", FIRES, tucatinib("350 mg"), indicator="critical"),
    Row(ABOVE, "two tablets of 150 mg", SILENT, tucatinib("2 tablets", tablet="150")),
    Row(
        ABOVE,
        "four tablets of 150 mg",
        FIRES,
        tucatinib("4 tablets", tablet="150"),
        says=("4 tablets (600 mg)",),
        suggests=("Change Tukysa to 300 mg",),
    ),
    Row(ABOVE, "six tablets of 50 mg", SILENT, tucatinib("6 tablets", tablet="50")),
    Row(ABOVE, "two tablets by a package of 150 mg", SILENT, tucatinib("2 tablets", ndc=("51144-002-60",))),
    Row(ABOVE, "tablets of unknown strength", CANNOT, tucatinib("2 tablets"), missing=("dose-unread",)),
    Row(ABOVE, "two tablets of a name with 150 mg", SILENT, naming(tucatinib("2 tablets"), "150")),
    Row(ABOVE, "two tablets of a name with the dose", SILENT, naming(tucatinib("2 tablets"), "300")),
    Row(ABOVE, "six tablets of a name with 50 mg", SILENT, naming(tucatinib("6 tablets"), "50")),
    Row(
        ABOVE,
        "three tablets of a name with 150 mg, which may be three of 50 mg",
        CANNOT,
        naming(tucatinib("3 tablets"), "150"),
        missing=("dose-unread",),
    ),
    Row(
        ABOVE,
        "five tablets of lapatinib of a name with 125 mg, a strength that is not made",
        CANNOT,
        naming(tablets("lapatinib", "5 tablets"), "125"),
        missing=("dose-unread",),
    ),
    Row(ABOVE, "five tablets of a name with the dose", SILENT, naming(tablets("lapatinib", "5 tablets"), "1250")),
    Row(
        Topic.DOSE_TEXT_CONFLICT,
        "another number of tablets in the instructions",
        FIRES,
        naming(tucatinib("300 mg", tablet="150"), said=(("3", ""),)),
        says=("300 mg", "450 mg"),
        indicator="critical",
    ),
    *(
        Row(
            Topic.DOSE_TEXT_CONFLICT,
            f"two tablets in the instructions, and {count}",
            CANNOT,
            naming(tucatinib("300 mg", tablet="150"), said=(("2", ""), (count, ""))),
            missing=("dose-in-text",),
        )
        for count in ("3", "1")
    ),
    Row(
        Topic.DOSE_TEXT_CONFLICT,
        "the dose and the total of its day",
        SILENT,
        tucatinib("300 mg", tablet="150", text_dose="300 mg, 600 mg"),
    ),
    Row(
        Topic.DOSE_TEXT_CONFLICT,
        "the dose and a lower level",
        CANNOT,
        tucatinib("300 mg", tablet="150", text_dose="300 mg, 250 mg"),
        missing=("dose-in-text",),
    ),
    Row(
        Topic.DOSE_TEXT_CONFLICT,
        "the dose and a step on the way to it",
        SILENT,
        tablets("Nerlynx", "240 mg", text_dose="160 mg, 240 mg"),
    ),
    Row(
        Topic.DOSE_CANNOT_VERIFY,
        "two tablets of 150 mg in the free text",
        FIRES,
        naming(tucatinib(text_dose="150 mg"), said=(("2", "150"),)),
        says=("(300 mg)",),
    ),
    Row(
        Topic.DOSE_TEXT_CONFLICT,
        "the dose in tablets in the instructions",
        SILENT,
        naming(tucatinib("300 mg", text_dose="150 mg"), said=(("2", "150"),)),
    ),
    Row(
        Topic.DOSE_TEXT_CONFLICT,
        "a strength that is the dose in the instructions",
        FIRES,
        tucatinib("300 mg", text_dose="150 mg"),
        says=("150 mg",),
    ),
    Row(ABOVE, "Nerlynx comes in one strength: six tablets", SILENT, tablets("Nerlynx", "6 tablets")),
    Row(ABOVE, "Nerlynx, seven tablets", FIRES, tablets("Nerlynx", "7 tablets"), indicator="critical"),
    Row(ABOVE, "Hyrnuo, two tablets twice a day", SILENT, tablets("Hyrnuo", "2 tablets", a_day="2"), lung()),
    Row(ABOVE, "Hyrnuo 40 mg once a day", FIRES, tablets("Hyrnuo", "40 mg"), lung(), indicator="critical"),
    # dose-above-maximum: by day
    Row(
        ABOVE,
        "Tukysa 300 mg three times a day",
        FIRES,
        tucatinib("300 mg", a_day="3"),
        indicator="critical",
        says=("900 mg a day", "600 mg a day"),
        fixes=("RemoveOrder",),
    ),
    Row(ABOVE, "180 tablets for 30 days", SILENT, supplied(tablets("Nerlynx", "240 mg"), 180, 30)),
    Row(ABOVE, "126 tablets for 20 days", SILENT, supplied(tablets("Nerlynx", "240 mg"), 126, 20)),
    Row(
        ABOVE,
        "90 tablets for 30 days, half of what is taken",
        CANNOT,
        supplied(tablets("Nerlynx", "240 mg"), 90, 30),
        missing=("tablet-supply",),
    ),
    Row(ABOVE, "Nerlynx 240 mg twice a day", FIRES, tablets("Nerlynx", "240 mg", a_day="2"), says=("480 mg a day",)),
    Row(ABOVE, "Nerlynx 120 mg twice a day comes to the day's dose", SILENT, tablets("Nerlynx", "120 mg", a_day="2")),
    Row(ABOVE, "morning and evening in one order", SILENT, tucatinib("300 mg", "300 mg", a_day="1")),
    Row(ABOVE, "twice a day, in two instructions", FIRES, tucatinib("300 mg", "300 mg"), says=("1200 mg a day",)),
    Row(
        ABOVE,
        "an escalation in three steps of one order",
        SILENT,
        tablets("Nerlynx", "120 mg", "160 mg", "240 mg", steps=True),
    ),
    Row(ABOVE, "no frequency at signing", CANNOT, tucatinib("300 mg", a_day=None), missing=("tablet-frequency",)),
    Row(ABOVE, "no frequency yet at selection", SILENT, tucatinib("300 mg", a_day=None), hook=Hook.SELECT),
    Row(ABOVE, "one dose in all", SILENT, tucatinib("300 mg", a_day=None, single=True)),
    # dose-above-maximum: by partner, weight and impairment
    Row(
        ABOVE,
        "lapatinib 1500 mg with capecitabine",
        FIRES,
        tablets("lapatinib", "1500 mg"),
        beside("capecitabine"),
        indicator="critical",
        says=("1250 mg",),
    ),
    Row(ABOVE, "lapatinib 1500 mg with letrozole", SILENT, tablets("lapatinib", "1500 mg"), beside("letrozole")),
    Row(ABOVE, "lapatinib 1500 mg, partner not on record", SILENT, tablets("lapatinib", "1500 mg")),
    Row(ABOVE, "lapatinib 1750 mg", FIRES, tablets("lapatinib", "1750 mg"), indicator="critical"),
    Row(ABOVE, "Hernexeos 120 mg at 89.9 kg", SILENT, tablets("Hernexeos", "120 mg"), lung("89.9")),
    Row(
        ABOVE,
        "Hernexeos 180 mg at 89.9 kg",
        FIRES,
        tablets("Hernexeos", "180 mg"),
        lung("89.9"),
        indicator="critical",
        says=("120 mg",),
        tells=("below 90 kg", "89.9 kg"),
    ),
    Row(ABOVE, "Hernexeos 180 mg at 90 kg", SILENT, tablets("Hernexeos", "180 mg"), lung("90")),
    Row(ABOVE, "Hernexeos 180 mg without a weight", SILENT, tablets("Hernexeos", "180 mg"), lung(None)),
    Row(ABOVE, "Hernexeos 240 mg without a weight", FIRES, tablets("Hernexeos", "240 mg"), lung(None)),
    Row(
        ABOVE,
        "Tukysa 300 mg in Child-Pugh C",
        FIRES,
        tucatinib("300 mg"),
        CHILD_PUGH_C,
        indicator="critical",
        says=("200 mg",),
        tells=("Child-Pugh class C", "Severe hepatic impairment"),
    ),
    Row(ABOVE, "Tukysa 200 mg in Child-Pugh C", SILENT, tucatinib("200 mg"), CHILD_PUGH_C),
    Row(ABOVE, "Nerlynx 240 mg in Child-Pugh C", FIRES, tablets("Nerlynx", "240 mg"), CHILD_PUGH_C, says=("80 mg",)),
    Row(ABOVE, "Nerlynx 80 mg in Child-Pugh C", SILENT, tablets("Nerlynx", "80 mg"), CHILD_PUGH_C),
    Row(
        ABOVE,
        "lapatinib 750 mg in Child-Pugh C with capecitabine",
        SILENT,
        tablets("lapatinib", "750 mg"),
        beside("capecitabine", problems=("severe-hepatic-impairment",)),
    ),
    Row(
        ABOVE,
        "lapatinib 1000 mg in Child-Pugh C with capecitabine",
        FIRES,
        tablets("lapatinib", "1000 mg"),
        beside("capecitabine", problems=("severe-hepatic-impairment",)),
    ),
    Row(
        ABOVE,
        "lapatinib 1000 mg in Child-Pugh C with letrozole",
        SILENT,
        tablets("lapatinib", "1000 mg"),
        beside("letrozole", problems=("severe-hepatic-impairment",)),
    ),
    # dose-not-a-level
    Row(LEVEL, "Tukysa 250 mg is a reduction", SILENT, tucatinib("250 mg"), on_tucatinib()),
    Row(LEVEL, "Tukysa 150 mg is the lowest", SILENT, tucatinib("150 mg"), on_tucatinib()),
    Row(LEVEL, "Tukysa 100 mg is no level", FIRES, tucatinib("100 mg"), on_tucatinib()),
    Row(LEVEL, "Tukysa 100 mg beside gemfibrozil is one", SILENT, tucatinib("100 mg"), beside("gemfibrozil 600 mg")),
    Row(LEVEL, "lapatinib 500 mg beside ketoconazole", SILENT, tablets("lapatinib", "500 mg"), beside("ketoconazole")),
    Row(LEVEL, "lapatinib 500 mg without an inhibitor", FIRES, tablets("lapatinib", "500 mg")),
    Row(
        LEVEL,
        "lapatinib 625 mg twice a day: the division is told",
        NOT_ASKED,
        tablets("lapatinib", "625 mg", a_day="2"),
    ),
    Row(LEVEL, "Nerlynx 80 mg without impairment", FIRES, tablets("Nerlynx", "80 mg")),
    Row(LEVEL, "Nerlynx 200 mg", SILENT, tablets("Nerlynx", "200 mg")),
    Row(LEVEL, "Hernexeos 60 mg", SILENT, tablets("Hernexeos", "60 mg"), lung()),
    Row(
        LEVEL,
        "Tukysa 300 mg once a day",
        FIRES,
        tucatinib("300 mg", a_day="1"),
        indicator="warning",
        says=("once a day", "twice a day"),
    ),
    Row(
        LEVEL, "Tukysa 300 mg every 3 weeks", FIRES, tucatinib("300 mg", a_day="0.0476190476190476"), says=("21 days",)
    ),
    Row(LEVEL, "one dose of Tukysa in all", SILENT, tucatinib("300 mg", a_day=None, single=True)),
    Row(LEVEL, "Hyrnuo 20 mg once a day", FIRES, tablets("Hyrnuo", "20 mg"), lung(), says=("twice a day",)),
    Row(LEVEL, "Hyrnuo 10 mg once a day is the last level", SILENT, tablets("Hyrnuo", "10 mg"), lung()),
    Row(LEVEL, "Hyrnuo 10 mg twice a day", SILENT, tablets("Hyrnuo", "10 mg", a_day="2"), lung()),
    Row(
        LEVEL,
        "150 and 100 mg in two strengths are 250 mg",
        SILENT,
        tucatinib("150 mg", tablet="150"),
        on_tucatinib(),
        others=(tucatinib("100 mg", tablet="50", **LATER_ORDER),),
    ),
    # dose-wrong-for-indication
    Row(WRONG, "Tukysa 250 mg as the first dose", FIRES, tucatinib("250 mg"), says=("300 mg",)),
    Row(WRONG, "Tukysa 250 mg under treatment", SILENT, tucatinib("250 mg"), on_tucatinib()),
    Row(WRONG, "Tukysa 200 mg first, in Child-Pugh C", SILENT, tucatinib("200 mg"), CHILD_PUGH_C),
    Row(WRONG, "Nerlynx 120 mg first is a step up", SILENT, tablets("Nerlynx", "120 mg")),
    Row(WRONG, "Hernexeos 120 mg first at 95 kg", FIRES, tablets("Hernexeos", "120 mg"), lung("95"), says=("180 mg",)),
    Row(
        Topic.WEIGHT_IMPLAUSIBLE,
        "Hernexeos 120 mg at 95 kg, 70 kg a month before",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung("95", weighed_before=("70", 30)),
        indicator="warning",
        fixes=("OrderTests",),
    ),
    Row(
        Topic.WEIGHT_IMPLAUSIBLE,
        "Hernexeos 180 mg at 95 kg, 70 kg a month before",
        FIRES,
        tablets("Hernexeos", "180 mg"),
        lung("95", weighed_before=("70", 30)),
        indicator="critical",
    ),
    Row(
        Topic.WEIGHT_IMPLAUSIBLE,
        "Hernexeos at 60 kg, 80 kg a month before: the same dose at both",
        SILENT,
        tablets("Hernexeos", "120 mg"),
        lung("60", weighed_before=("80", 30)),
    ),
    Row(
        WRONG,
        "the card on the weight speaks of a start at another one",
        NOT_ASKED,
        tablets("Hernexeos", "120 mg"),
        lung("95", weighed_before=("70", 30)),
    ),
    Row(WRONG, "Hernexeos 120 mg first at 70 kg", SILENT, tablets("Hernexeos", "120 mg"), lung()),
    Row(WRONG, "lapatinib 1250 mg first, partner not on record", SILENT, tablets("lapatinib", "1250 mg")),
    # interval-too-short
    Row(OFTEN, "twice a day is the label's", SILENT, tucatinib("300 mg")),
    Row(
        OFTEN,
        "Tukysa 150 mg three times a day",
        FIRES,
        tucatinib("150 mg", a_day="3"),
        on_tucatinib(),
        says=("twice a day",),
    ),
    Row(OFTEN, "lapatinib 625 mg twice a day", FIRES, tablets("lapatinib", "625 mg", a_day="2"), says=("once a day",)),
    Row(OFTEN, "above the day's maximum, that card speaks", SILENT, tucatinib("300 mg", a_day="3")),
    Row(OFTEN, "an earlier order of yesterday is the same course", SILENT, tucatinib("300 mg"), on_tucatinib(1)),
    # duplicate-order
    Row(
        TWICE,
        "the same tablets twice",
        FIRES,
        tucatinib("300 mg", **LATER_ORDER),
        others=(tucatinib("300 mg"),),
        indicator="critical",
        says=("1200 mg a day",),
    ),
    Row(
        TWICE,
        "two strengths of one dose",
        SILENT,
        tucatinib("150 mg", tablet="150", **LATER_ORDER),
        others=(tucatinib("100 mg", tablet="50"),),
    ),
    Row(
        TWICE,
        "two strengths by their amounts alone",
        SILENT,
        tucatinib("150 mg", **LATER_ORDER),
        others=(tucatinib("100 mg"),),
    ),
    Row(
        TWICE,
        "two strengths that come to no level",
        FIRES,
        tucatinib("300 mg", tablet="150", **LATER_ORDER),
        others=(tucatinib("50 mg", tablet="50"),),
        indicator="critical",
    ),
    Row(
        TWICE,
        "morning and evening ordered apart",
        SILENT,
        tucatinib("300 mg", a_day="1", **LATER_ORDER),
        others=(tucatinib("300 mg", a_day="1"),),
    ),
    Row(
        TWICE,
        "a reduced dose twice",
        FIRES,
        tucatinib("150 mg", tablet="150", **LATER_ORDER),
        others=(tucatinib("150 mg", tablet="150"),),
        indicator="warning",
    ),
    Row(
        TWICE,
        "the steps of an escalation on days of their own",
        SILENT,
        tablets("Nerlynx", "160 mg", start=date(2026, 11, 29), **LATER_ORDER),
        others=(tablets("Nerlynx", "120 mg", start=TODAY),),
    ),
    # weight
    Row(
        Topic.DOSE_CANNOT_VERIFY,
        "tablets of unknown strength ask for it",
        FIRES,
        tucatinib("2 tablets"),
        says=("strength",),
    ),
    Row(Topic.DOSE_CANNOT_VERIFY, "Tukysa needs no weight", SILENT, tucatinib("300 mg"), chart(weight=None)),
    Row(
        Topic.DOSE_CANNOT_VERIFY,
        "Hernexeos needs one",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung(None),
        says=("weight",),
    ),
    Row(
        Topic.DOSE_CANNOT_VERIFY,
        "a stated weight far from the bound",
        SILENT,
        tablets("Hernexeos", "120 mg"),
        lung(stated=True),
    ),
    Row(
        Topic.DOSE_CANNOT_VERIFY,
        "a stated weight near it",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung("88", stated=True),
    ),
    Row(
        Topic.WEIGHT_STALE,
        "an old weight of no matter to Tukysa",
        NOT_ASKED,
        tucatinib("300 mg"),
        chart(weight_days=200),
    ),
    Row(
        Topic.WEIGHT_STALE,
        "an old weight far from 90 kg",
        NOT_ASKED,
        tablets("Hernexeos", "120 mg"),
        lung(weight_days=90),
    ),
    Row(
        Topic.WEIGHT_STALE,
        "an old weight near 90 kg",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung("85", weight_days=90),
    ),
    # route
    Row(Topic.ROUTE_WRONG, "Tukysa by mouth", SILENT, tucatinib("300 mg", route=Route.ORAL)),
    Row(Topic.ROUTE_WRONG, "Tukysa intravenously", FIRES, tucatinib("300 mg", route=Route.INTRAVENOUS)),
    Row(Topic.ROUTE_WRONG, "Kadcyla by mouth", FIRES, order("Kadcyla", "252 mg", route=Route.ORAL)),
    # biomarker
    Row(Topic.HER2_NOT_ELIGIBLE, "Tukysa in HER2-positive breast cancer", SILENT, tucatinib("300 mg")),
    Row(
        Topic.HER2_NOT_ELIGIBLE,
        "Tukysa in HER2-positive colorectal cancer",
        SILENT,
        tucatinib("300 mg"),
        chart(cancers=("colorectal",)),
    ),
    Row(
        Topic.INDICATION_UNSUPPORTED,
        "Tukysa in gastric cancer",
        FIRES,
        tucatinib("300 mg"),
        chart(cancers=("gastric",)),
    ),
    Row(
        Topic.INDICATION_UNSUPPORTED,
        "Nerlynx in early breast cancer",
        SILENT,
        tablets("Nerlynx", "240 mg"),
        chart(setting="early"),
    ),
    Row(Topic.ERBB2_MUTATION_MISSING, "Hernexeos with the mutation", SILENT, tablets("Hernexeos", "120 mg"), lung()),
    Row(
        Topic.ERBB2_MUTATION_MISSING,
        "Hernexeos with a mutation of the extracellular domain",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        with_mutations((310,)),
        says=("is outside the kinase domain",),
    ),
    Row(
        Topic.ERBB2_MUTATION_MISSING,
        "Hyrnuo, the last residue known to be outside",
        FIRES,
        tablets("Hyrnuo", "20 mg", a_day="2"),
        with_mutations((709,)),
    ),
    Row(
        Topic.ERBB2_MUTATION_MISSING,
        "the next one may be inside",
        SILENT,
        tablets("Hyrnuo", "20 mg", a_day="2"),
        with_mutations((710,)),
    ),
    Row(
        Topic.ERBB2_MUTATION_MISSING,
        "one of two inside is enough",
        SILENT,
        tablets("Hernexeos", "120 mg"),
        with_mutations((310,), (772,)),
    ),
    Row(
        Topic.ERBB2_MUTATION_MISSING,
        "one that is not named may be inside",
        SILENT,
        tablets("Hernexeos", "120 mg"),
        with_mutations((310,), ()),
    ),
    Row(
        Topic.ERBB2_MUTATION_MISSING,
        "Enhertu's label asks for no domain",
        SILENT,
        order("Enhertu", "378 mg"),
        with_mutations((310,)),
    ),
    Row(
        Topic.ERBB2_MUTATION_MISSING,
        "Hernexeos with staining of 3+ alone",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung(mutation=None),
    ),
    Row(
        Topic.ERBB2_MUTATION_MISSING,
        "Hyrnuo, mutation not found",
        FIRES,
        tablets("Hyrnuo", "20 mg", a_day="2"),
        lung(mutation=False),
    ),
    Row(Topic.HER2_MISSING, "Hernexeos asks for no staining", NOT_ASKED, tablets("Hernexeos", "120 mg"), lung(her2=())),
    # liver tests at the label's own interval
    Row(
        Topic.LIVER_TESTS_MISSING,
        "Tukysa, 21 days old",
        SILENT,
        tucatinib("300 mg"),
        chart(labs={"ast": 21, "alt": 21, "bilirubin-total": 21}),
    ),
    Row(
        Topic.LIVER_TESTS_MISSING,
        "Tukysa, 22 days old",
        FIRES,
        tucatinib("300 mg"),
        chart(labs={"alt": 22}),
        says=("ALT", "21 days"),
    ),
    *(
        Row(
            Topic.LIVER_TESTS_DISCONTINUE,
            f"Hernexeos, AST {ast} x ULN beside bilirubin {bilirubin} x ULN",
            expected,
            tablets("Hernexeos", "120 mg"),
            lung(values={"ast": f"{ast} ULN", "bilirubin-total": f"{bilirubin} ULN"}),
            missing=() if expected is not CANNOT else ("lab-bound",),
        )
        for ast, bilirubin, expected in (
            ("4", "2.1", FIRES),
            ("<4.5", "2.1", CANNOT),
            ("<=3", "2.1", CANNOT),
            ("<3", "2.1", SILENT),
            (">=3", ">=2", FIRES),
            ("4", "<2.5", CANNOT),
            ("4", "<2", SILENT),
            ("2.9", "<2.5", SILENT),
        )
    ),
    Row(
        Topic.LIVER_TESTS_MISSING,
        "Hernexeos, 15 days old, at first",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung(labs={"ast": 15}),
        says=("14 days",),
    ),
    Row(
        Topic.LIVER_TESTS_MISSING,
        "Hernexeos, 15 days old, in week 12",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung(labs={"ast": 15}, history=(active("Hernexeos", 84, "zongertinib"),)),
    ),
    Row(
        Topic.LIVER_TESTS_MISSING,
        "Hernexeos, 31 days old, after week 12",
        SILENT,
        tablets("Hernexeos", "120 mg"),
        lung(labs={"ast": 31, "alt": 31}, history=(active("Hernexeos", 85, "zongertinib"),)),
    ),
    Row(
        Topic.LIVER_TESTS_MISSING,
        "Hernexeos, 32 days old, after week 12",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung(labs={"ast": 32}, history=(active("Hernexeos", 85, "zongertinib"),)),
        says=("31 days",),
    ),
    Row(
        Topic.LIVER_TESTS_MISSING,
        "lapatinib, 43 days old",
        FIRES,
        tablets("lapatinib", "1250 mg"),
        chart(labs={"ast": 43}),
    ),
    Row(
        Topic.LIVER_TESTS_MISSING,
        "Nerlynx: no interval was read",
        NOT_ASKED,
        tablets("Nerlynx", "240 mg"),
        chart(without=("ast",)),
    ),
    Row(
        Topic.AGE_NOT_LABELED,
        "tucatinib for a patient of fifteen",
        FIRES,
        tucatinib("300 mg"),
        chart(born=date(2011, 6, 1)),
        indicator="warning",
    ),
    Row(
        Topic.LIVER_TESTS_HOLD,
        "lapatinib with AST above 5 × ULN",
        FIRES,
        tablets("lapatinib", "1250 mg"),
        chart(values={"ast": "6 ULN"}),
        indicator="critical",
    ),
    Row(
        Topic.LIVER_TESTS_HOLD,
        "Tukysa with ALT at 5 × ULN",
        SILENT,
        tucatinib("300 mg"),
        chart(values={"alt": "5 ULN"}),
    ),
    Row(
        Topic.LIVER_TESTS_HOLD,
        "Tukysa with ALT above 5 × ULN",
        FIRES,
        tucatinib("300 mg"),
        chart(values={"alt": "5.1 ULN"}, labs={"alt": 20}),
    ),
    Row(
        Topic.LIVER_TESTS_DISCONTINUE,
        "Tukysa with ALT above 20 × ULN",
        FIRES,
        tucatinib("300 mg"),
        chart(values={"alt": "21 ULN"}),
    ),
    Row(
        Topic.LIVER_TESTS_DISCONTINUE,
        "Hernexeos with exactly 3 and 2 × ULN",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung(values={"alt": "3 ULN", "bilirubin-total": "2 ULN"}),
    ),
    Row(
        Topic.LIVER_TESTS_DISCONTINUE,
        "Hernexeos just below",
        SILENT,
        tablets("Hernexeos", "120 mg"),
        lung(values={"alt": "2.9 ULN", "bilirubin-total": "2 ULN"}),
    ),
    Row(
        Topic.LIVER_TESTS_DISCONTINUE,
        "Tukysa with exactly 3 and 2 × ULN",
        SILENT,
        tucatinib("300 mg"),
        chart(values={"alt": "3 ULN", "bilirubin-total": "2 ULN"}),
    ),
    # heart, lung, pregnancy
    Row(Topic.LVEF_MISSING, "Tukysa asks for no ejection fraction", NOT_ASKED, tucatinib("300 mg"), chart(lvef=None)),
    Row(Topic.LVEF_MISSING, "lapatinib does", FIRES, tablets("lapatinib", "1250 mg"), chart(lvef=None)),
    Row(Topic.LVEF_HOLD, "lapatinib with 49 %", FIRES, tablets("lapatinib", "1250 mg"), chart(lvef="49")),
    Row(Topic.LVEF_HOLD, "lapatinib with 50 %", SILENT, tablets("lapatinib", "1250 mg"), chart(lvef="50")),
    Row(
        Topic.LVEF_HOLD,
        "Hernexeos with 50 % after 60 %",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung(lvef="50", baseline="60"),
    ),
    Row(
        Topic.LVEF_HOLD,
        "Hernexeos with 50 % after 59 %",
        SILENT,
        tablets("Hernexeos", "120 mg"),
        lung(lvef="50", baseline="59"),
    ),
    Row(
        Topic.ILD_ACTIVE,
        "Hernexeos with interstitial lung disease",
        FIRES,
        tablets("Hernexeos", "120 mg"),
        lung(problems=("ild",)),
    ),
    Row(Topic.ILD_ACTIVE, "Tukysa says nothing of the lung", NOT_ASKED, tucatinib("300 mg"), chart(problems=("ild",))),
    Row(
        Topic.PREGNANCY_POSITIVE,
        "Tukysa in pregnancy",
        FIRES,
        tucatinib("300 mg"),
        chart(problems=("pregnancy",)),
        indicator="critical",
    ),
    Row(
        Topic.PREGNANCY_POSITIVE,
        "lapatinib in pregnancy",
        FIRES,
        tablets("lapatinib", "1250 mg"),
        chart(problems=("pregnancy",)),
        indicator="critical",
    ),
    Row(
        Topic.PREGNANCY_POSITIVE,
        "Hyrnuo in pregnancy, not read in the label",
        FIRES,
        tablets("Hyrnuo", "20 mg", a_day="2"),
        lung(problems=("pregnancy",)),
        indicator="warning",
        tells=("verify",),
    ),
    Row(
        Topic.PREGNANCY_TEST_MISSING,
        "Tukysa, first dose at 40",
        FIRES,
        tucatinib("300 mg"),
        chart(born=date(1986, 1, 1)),
    ),
    Row(
        Topic.PREGNANCY_TEST_MISSING,
        "Tukysa under treatment",
        NOT_ASKED,
        tucatinib("300 mg"),
        on_tucatinib(born=date(1986, 1, 1)),
    ),
    # combinations
    Row(
        Topic.HER2_AGENTS_COMBINED,
        "Tukysa with trastuzumab and capecitabine",
        SILENT,
        tucatinib("300 mg"),
        beside("capecitabine", "trastuzumab"),
    ),
    Row(
        Topic.HER2_AGENTS_COMBINED,
        "Nerlynx after trastuzumab",
        SILENT,
        tablets("Nerlynx", "240 mg"),
        chart(history=(given("trastuzumab", 30),)),
    ),
    Row(
        Topic.HER2_AGENTS_COMBINED,
        "lapatinib with trastuzumab",
        SILENT,
        tablets("lapatinib", "1000 mg"),
        chart(history=(active("Herceptin", 5, "trastuzumab"),)),
    ),
    # prophylaxis-missing
    Row(
        PROPHYLAXIS,
        "Nerlynx without loperamide",
        FIRES,
        tablets("Nerlynx", "240 mg"),
        indicator="warning",
        says=("loperamide", "56 days"),
    ),
    Row(
        PROPHYLAXIS,
        "Nerlynx with loperamide in the chart",
        SILENT,
        tablets("Nerlynx", "240 mg"),
        beside("loperamide 2 mg"),
    ),
    Row(
        PROPHYLAXIS,
        "Nerlynx with loperamide in the session",
        SILENT,
        tablets("Nerlynx", "240 mg"),
        others=(order("loperamide", "4 mg", **LATER_ORDER),),
    ),
    Row(
        PROPHYLAXIS,
        "day 56 of treatment",
        FIRES,
        tablets("Nerlynx", "240 mg"),
        chart(history=(active("Nerlynx", 55, "neratinib", "240 mg"),)),
    ),
    Row(
        PROPHYLAXIS,
        "after day 56",
        SILENT,
        tablets("Nerlynx", "240 mg"),
        chart(history=(active("Nerlynx", 56, "neratinib", "240 mg"),)),
    ),
    Row(
        PROPHYLAXIS, "an escalation in one order", SILENT, tablets("Nerlynx", "120 mg", "160 mg", "240 mg", steps=True)
    ),
    Row(PROPHYLAXIS, "the first step alone", SILENT, tablets("Nerlynx", "120 mg")),
    Row(
        PROPHYLAXIS,
        "the last step of an escalation on record",
        SILENT,
        tablets("Nerlynx", "240 mg"),
        chart(history=(active("Nerlynx", 7, "neratinib", "160 mg"), active("Nerlynx", 14, "neratinib", "120 mg"))),
    ),
    Row(
        PROPHYLAXIS,
        "a reduction is no escalation",
        FIRES,
        tablets("Nerlynx", "160 mg"),
        chart(history=(active("Nerlynx", 20, "neratinib", "240 mg"),)),
    ),
    Row(PROPHYLAXIS, "while orders are still selected", NOT_ASKED, tablets("Nerlynx", "240 mg"), hook=Hook.SELECT),
    Row(PROPHYLAXIS, "Tukysa requires none", NOT_ASKED, tucatinib("300 mg")),
    Row(
        PROPHYLAXIS,
        "Ziihera with capecitabine and oxaliplatin, first cycle",
        FIRES,
        order("Ziihera", "20 mg/kg", interval=14),
        beside("capecitabine", "oxaliplatin", cancers=("gastric",)),
        says=("antidiarrheal", "first cycle"),
    ),
    Row(
        PROPHYLAXIS,
        "the same with loperamide",
        SILENT,
        order("Ziihera", "20 mg/kg", interval=14),
        beside("capecitabine", "oxaliplatin", "Imodium", cancers=("gastric",)),
    ),
    Row(
        PROPHYLAXIS,
        "Ziihera with a platinum alone",
        SILENT,
        order("Ziihera", "20 mg/kg", interval=14),
        beside("cisplatin"),
    ),
    Row(PROPHYLAXIS, "Ziihera alone", SILENT, order("Ziihera", "20 mg/kg", interval=14), chart(cancers=("biliary",))),
    Row(
        PROPHYLAXIS,
        "Ziihera after the first cycle",
        SILENT,
        order("Ziihera", "20 mg/kg", interval=14),
        chart(history=(active("5-FU"), active("cisplatin"), given("ziihera", 14, "20 mg/kg"))),
    ),
    Row(
        PROPHYLAXIS,
        "the steps in the instructions alone",
        SILENT,
        tablets("Nerlynx", "240 mg", text_dose="120 mg for a week, 160 mg for a week, then 240 mg"),
    ),
    Row(
        PROPHYLAXIS,
        "the strength of a tablet in the instructions is no step",
        FIRES,
        tablets("Nerlynx", "240 mg", text_dose="six of 40 mg, 240 mg in all"),
    ),
    Row(
        Topic.INDICATION_UNSUPPORTED,
        "trastuzumab for colorectal cancer beside Tukysa",
        NOT_ASKED,
        order("trastuzumab", "8 mg/kg"),
        chart(cancers=("colorectal",)),
        others=(tucatinib("300 mg", **LATER_ORDER),),
    ),
    Row(
        Topic.INDICATION_UNSUPPORTED,
        "trastuzumab alone for colorectal cancer",
        FIRES,
        order("trastuzumab", "8 mg/kg"),
        chart(cancers=("colorectal",)),
    ),
    Row(
        WRONG,
        "lapatinib 1000 mg first, with trastuzumab",
        SILENT,
        tablets("lapatinib", "1000 mg"),
        chart(history=(active("Herceptin", 5, "trastuzumab"),)),
    ),
    Row(WRONG, "lapatinib 1000 mg first, with capecitabine", FIRES, tablets("lapatinib", "1000 mg"), beside("Xeloda")),
    # interaction
    Row(
        INTERACTION,
        "Tukysa with gemfibrozil",
        FIRES,
        tucatinib("300 mg"),
        beside("gemfibrozil 600 mg tablet"),
        says=("gemfibrozil",),
        tells=("100 mg",),
        suggests=("Change Tukysa to 100 mg",),
    ),
    Row(
        INTERACTION,
        "Tukysa without a readable dose, with gemfibrozil",
        FIRES,
        tucatinib(),
        beside("gemfibrozil 600 mg tablet"),
        tells=("100 mg",),
        suggests=(),
    ),
    Row(INTERACTION, "Tukysa 100 mg with gemfibrozil", SILENT, tucatinib("100 mg"), beside("Lopid")),
    Row(INTERACTION, "Tukysa with rifampin", FIRES, tucatinib("300 mg"), beside("rifampin 300 mg")),
    Row(INTERACTION, "Tukysa with ketoconazole", SILENT, tucatinib("300 mg"), beside("ketoconazole")),
    Row(INTERACTION, "lapatinib with clarithromycin", FIRES, tablets("lapatinib", "1250 mg"), beside("clarithromycin")),
    Row(
        INTERACTION,
        "lapatinib 500 mg with clarithromycin",
        SILENT,
        tablets("lapatinib", "500 mg"),
        beside("clarithromycin"),
    ),
    Row(INTERACTION, "lapatinib with carbamazepine", FIRES, tablets("lapatinib", "1250 mg"), beside("carbamazepine")),
    Row(
        INTERACTION,
        "Nerlynx with omeprazole",
        FIRES,
        tablets("Nerlynx", "240 mg"),
        beside("omeprazole 20 mg"),
    ),
    Row(
        INTERACTION,
        "Hyrnuo with itraconazole",
        FIRES,
        tablets("Hyrnuo", "20 mg", a_day="2"),
        lung(history=(active("itraconazole"),)),
    ),
    Row(
        INTERACTION,
        "lapatinib with posaconazole, of whose class the list was not read",
        FIRES,
        tablets("lapatinib", "1250 mg"),
        beside("posaconazole"),
        tells=("verify",),
    ),
    Row(
        INTERACTION,
        "a shampoo of ketoconazole",
        SILENT,
        tablets("lapatinib", "1250 mg"),
        beside("ketoconazole 2 % shampoo"),
    ),
    Row(
        INTERACTION,
        "Hernexeos: no interaction was read",
        NOT_ASKED,
        tablets("Hernexeos", "120 mg"),
        lung(history=(active("rifampin"),)),
    ),
    Row(INTERACTION, "Kadcyla stays with its own card", NOT_ASKED, order("Kadcyla", "252 mg"), beside("ketoconazole")),
    # coverage says nothing of tablets
    Row(Topic.BILLING_SUMMARY, "Tukysa is billed by a pharmacy", NOT_ASKED, tucatinib("300 mg")),
    Row(Topic.BILLING_UNITS_MISMATCH, "Tukysa has no billing units", NOT_ASKED, tucatinib("300 mg")),
]
