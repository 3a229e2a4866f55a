"""Cases of the topics on levels, the course of treatment, preparation and regimen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
from builders import chart, days_ago, given, order
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.facts.order import DrugOrder
from cards.facts.origins import Origin
from cards.facts.patient import Patient, PossibleDose, PossibleKind, Treatment, TreatmentState
from cards.facts.schedules import Rhythm, Schedule
from cards.facts.topics import Topic
from cards.knowledge.schema import Diluent, Route
from cards.values.quantities import Mg

LEVEL, START, RAISED = Topic.DOSE_NOT_A_LEVEL, Topic.DOSE_WRONG_FOR_INDICATION, Topic.DOSE_RE_ESCALATION
SOON, CYCLES, RELOAD = Topic.INTERVAL_TOO_SHORT, Topic.CYCLE_LIMIT_REACHED, Topic.RELOAD_REQUIRED
ROUTE, DILUENT = Topic.ROUTE_WRONG, Topic.DILUENT_INCOMPATIBLE
TOGETHER, ANTHRACYCLINE = Topic.HER2_AGENTS_COMBINED, Topic.ANTHRACYCLINE_CONCURRENT
CYP, TWICE = Topic.CYP3A4_INHIBITOR, Topic.DUPLICATE_ORDER
KADCYLA, ENHERTU = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg")
PERJETA, TRASTUZUMAB = order("Perjeta", "420 mg"), order("trastuzumab", "420 mg")
REST = order("Kadcyla", "152 mg")
GASTRIC = chart(cancers=("gastric",))


def after(days: int, drug: str = "kadcyla", dose: str | None = None, **more: object):  # noqa: ANN201
    return chart(history=(given(drug, days, dose),), **more)  # type: ignore[arg-type]


def undated(drug: str, within: tuple[date, date] | None = None, dose: str | None = None) -> Treatment:
    return msgspec.structs.replace(given(drug, 1, dose), on=None, within=within)


def bags(drug: str, days: int, *parts: tuple[str, str]) -> tuple[Treatment, ...]:
    """Return administrations of one day, each at its time."""
    return tuple(
        msgspec.structs.replace(given(drug, days, amount), at=f"{days_ago(days)}T{time}:00Z") for time, amount in parts
    )


def begun(dose: str, before: int, last: str = "252 mg"):  # noqa: ANN201
    """Return a chart with some of today's dose, after a dose so many days before."""
    return chart(history=(given("kadcyla", 0, dose), given("kadcyla", before, last)))


def fourteenth(dose: str):  # noqa: ANN201
    """Return a chart with thirteen doses for early disease, and something given today."""
    return chart(
        setting="early",
        history=(given("kadcyla", 0, dose), *(given("kadcyla", 21 * n, "252 mg") for n in range(1, 14))),
    )


def unscheduled(drug: str, dose: str, unread: str) -> DrugOrder:
    return msgspec.structs.replace(order(drug, dose, interval=None), schedule=Schedule((Rhythm(unread=unread),)))


def part(dose: str, identifier: str = "order-1") -> DrugOrder:
    return msgspec.structs.replace(order("Kadcyla", dose, identifier=identifier), is_part=True)


def grouped(dose: str, identifier: str = "order-1") -> DrugOrder:
    return msgspec.structs.replace(order("Kadcyla", dose, identifier=identifier), group="g-7")


def active(in_days: int | None = 0, drug: str = "kadcyla", dose: str | None = "252 mg", **more: object):  # noqa: ANN201
    """Return a chart with an active order that names a dose in so many days, or none."""
    days = (days_ago(-in_days),) if in_days is not None else ()
    found = msgspec.structs.replace(given(drug, 10, dose, TreatmentState.ACTIVE), days=days, **more)
    return chart(history=(found,))


def on_days(drug: str, dose: str, *days: int, identifier: str = "order-1") -> DrugOrder:
    """Return an order for days so far from today."""
    named = tuple(days_ago(-each) for each in days)
    return order(drug, dose, start=named[0], days=named, identifier=identifier)


def bag(ml: str) -> DrugOrder:
    found = order("Kadcyla", "252 mg", diluents=(Diluent.SODIUM_CHLORIDE,))
    return msgspec.structs.replace(found, diluent_ml=Decimal(ml))


def repeating(every: str, doses: int | None = None, drug: str = "Kadcyla", dose: str = "252 mg") -> DrugOrder:
    """Return an order for today that also states a repetition."""
    repeat = Rhythm(every_days=Decimal(every), doses=doses)
    schedule = Schedule((Rhythm(days=(days_ago(0),), repeat=repeat),))
    return msgspec.structs.replace(order(drug, dose, interval=None, cycles=1), schedule=schedule)


def in_words(every: str, doses: int | None = None) -> DrugOrder:
    """Return an order for today whose text states a repetition."""
    said = Rhythm(every_days=Decimal(every), doses=doses, is_text=True)
    schedule = Schedule((Rhythm(days=(days_ago(0),)), said))
    return msgspec.structs.replace(order("Kadcyla", "252 mg", interval=None, cycles=1), schedule=schedule)


def replacing(dose: str, *references: str) -> DrugOrder:
    return msgspec.structs.replace(order("Kadcyla", dose), replaces=references)


def perhaps(  # noqa: ANN201
    days: int, *history: Treatment, kind: str = "statement", product: str = "kadcyla", mg: str | None = None
):
    """Return a chart with an entry that may be a dose given so many days ago."""
    amount = Mg(Decimal(mg)) if mg else None
    possible = PossibleDose(product, days_ago(days), Origin("Any/1", "prefetch.any"), PossibleKind(kind), amount)
    return msgspec.structs.replace(chart(history=history), possible_doses=(possible,))


def of_cycle(number: int, drug: str, dose: str) -> DrugOrder:
    return msgspec.structs.replace(order(drug, dose), text_cycle=number)


def several(*charts: Patient) -> Patient:
    """Return a chart with what may be doses in several."""
    return msgspec.structs.replace(
        charts[0], possible_doses=tuple(each for one in charts for each in one.possible_doses)
    )


def course(drug: str, first: int, last: int) -> tuple[Treatment, ...]:
    """Return doses every three weeks, the newest first."""
    return tuple(given(drug, 21 * n) for n in range(first, last + 1))


def ordered(*days: int, drug: str = "kadcyla", dose: str | None = None) -> tuple[Treatment, ...]:
    """Return completed orders of so many days ago."""
    return tuple(given(drug, each, dose, TreatmentState.COMPLETED) for each in days)


def cycles(count: int, setting: str | None = "early", state: TreatmentState = TreatmentState.GIVEN):  # noqa: ANN201
    return chart(history=tuple(given("kadcyla", 21 * n, state=state) for n in range(1, count + 1)), setting=setting)


# Six cycles of both antibodies, before twelve others.
BY_VEIN = (*course("pertuzumab", 13, 18), *course("trastuzumab", 13, 18))
# A day before the second dose.
STOPPED = msgspec.structs.replace(given("kadcyla", 43, "100 mg"), stopped=True)


def beside(drug: str, name: str | None = None, state: TreatmentState = TreatmentState.ACTIVE):  # noqa: ANN201
    return chart(history=(given(drug, 10, None, state, (name or drug,)),))


ROWS = [
    # dose-not-a-level
    Row(
        LEVEL,
        "Kadcyla at 2.7 mg/kg",
        FIRES,
        order("Kadcyla", "2.7 mg/kg"),
        indicator="warning",
        says=("2.7 mg/kg", "3.6 mg/kg, 3 mg/kg, 2.4 mg/kg"),
        fixes=("SetDose",),
    ),
    Row(LEVEL, "a whole vial of 100 mg for a patient of 70 kg", FIRES, order("Kadcyla", "100 mg")),
    Row(LEVEL, "the rest of it is an active order", SILENT, order("Kadcyla", "152 mg"), active(dose="100 mg")),
    Row(LEVEL, "the rest of it is active on another day", FIRES, order("Kadcyla", "152 mg"), active(7, dose="100 mg")),
    Row(LEVEL, "with an active order it is no level", FIRES, order("Kadcyla", "130 mg"), active(dose="100 mg")),
    Row(
        LEVEL,
        "the rest of it is an active order and one of the session",
        SILENT,
        order("Kadcyla", "80 mg"),
        active(dose="100 mg"),
        others=(order("Kadcyla", "72 mg", identifier="order-2"),),
    ),
    Row(LEVEL, "pertuzumab 500 mg", FIRES, order("Perjeta", "500 mg")),
    Row(LEVEL, "trastuzumab 5 mg/kg every three weeks", FIRES, order("trastuzumab", "5 mg/kg")),
    Row(LEVEL, "five percent below the level", SILENT, order("Kadcyla", "240 mg")),
    Row(LEVEL, "a reduced level", SILENT, order("Kadcyla", "3 mg/kg")),
    Row(LEVEL, "Phesgo as the sum of both antibodies", SILENT, order("Phesgo", "1200 mg")),
    Row(LEVEL, "another drug's level has its own card", NOT_ASKED, order("Enhertu", "3.6 mg/kg")),
    Row(LEVEL, "above the maximum has its own card", NOT_ASKED, order("Kadcyla", "300 mg")),
    Row(LEVEL, "milligrams and no weight", CANNOT, KADCYLA, chart(weight=None)),
    Row(
        LEVEL,
        "a dose in two orders, each of which is no level",
        SILENT,
        order("Kadcyla", "152 mg"),
        others=(order("Kadcyla", "100 mg", identifier="order-0"),),
    ),
    # dose-wrong-for-indication
    Row(
        START,
        "Enhertu 5.4 mg/kg, gastric, first dose",
        FIRES,
        order("Enhertu", "5.4 mg/kg"),
        GASTRIC,
        indicator="warning",
        says=("5.4 mg/kg", "6.4 mg/kg"),
        fixes=("SetDose",),
    ),
    Row(START, "Kadcyla 3 mg/kg, first dose", FIRES, order("Kadcyla", "210 mg"), says=("3.6 mg/kg",)),
    Row(
        START,
        "Enhertu 5.4 mg/kg, gastric, after an earlier dose",
        SILENT,
        order("Enhertu", "5.4 mg/kg"),
        after(21, "enhertu", "6.4 mg/kg", cancers=("gastric",)),
    ),
    Row(START, "Enhertu 5.4 mg/kg, breast, first dose", SILENT, ENHERTU),
    Row(
        START,
        "1200 mg of Phesgo after 600 mg, which names one antibody: a second loading dose",
        FIRES,
        order("Phesgo", "1200 mg"),
        after(21, "phesgo", "600 mg"),
        says=("1200 mg + 600 mg is a loading dose, 21 days after the last dose",),
    ),
    Row(START, "1200 mg of Phesgo after 1200 mg", SILENT, order("Phesgo", "1200 mg"), after(21, "phesgo", "1200 mg")),
    Row(RELOAD, "the same after seven weeks", SILENT, order("Phesgo", "1200 mg"), after(49, "phesgo", "600 mg")),
    Row(
        START,
        "a second loading dose in a plan",
        FIRES,
        order("trastuzumab", "560 mg", start=days_ago(-21)),
        others=(order("trastuzumab", "560 mg", identifier="order-0"),),
        says=("560 mg (8 mg/kg) is a loading dose, 21 days after the last dose", "6 mg/kg"),
        fixes=("SetDose",),
    ),
    Row(
        START,
        "a loading dose five weeks later in a plan",
        SILENT,
        order("trastuzumab", "560 mg", start=days_ago(-35)),
        others=(order("trastuzumab", "560 mg", identifier="order-0"),),
    ),
    Row(
        START,
        "maintenance first and loading after it in one order",
        FIRES,
        order("trastuzumab", "420 mg", "560 mg"),
        says=("420 mg (6 mg/kg) first", "loading dose of 560 mg (8 mg/kg)"),
    ),
    Row(
        START, "fixed doses in the wrong order", FIRES, order("Perjeta", "420 mg", "840 mg"), says=("420 mg", "840 mg")
    ),
    Row(START, "fixed doses in the right order, loading first", NOT_ASKED, order("Perjeta", "840 mg", "420 mg")),
    Row(
        START,
        "maintenance after the loading dose of a plan",
        SILENT,
        order("trastuzumab", "420 mg", start=days_ago(-21)),
        others=(order("trastuzumab", "560 mg", identifier="order-0"),),
    ),
    Row(
        START,
        "a loading dose that the order repeats six times",
        FIRES,
        order("trastuzumab", "560 mg", cycles=6),
        says=("loading dose of 560 mg (8 mg/kg) 6 times", "6 mg/kg"),
    ),
    Row(START, "a loading dose, once", NOT_ASKED, order("Perjeta", "840 mg", cycles=1)),
    Row(START, "a loading dose and six of maintenance", NOT_ASKED, order("Perjeta", "840 mg", "420 mg", cycles=6)),
    Row(START, "600 mg of Phesgo first", CANNOT, order("Phesgo", "600 mg"), missing=("dose-of-part",)),
    Row(
        START,
        "600 mg of Phesgo after seven weeks",
        CANNOT,
        order("Phesgo", "600 mg"),
        after(49, "phesgo", "1200 mg"),
        missing=("dose-of-part",),
    ),
    Row(START, "600 mg of Phesgo on time", SILENT, order("Phesgo", "600 mg"), after(21, "phesgo", "1200 mg")),
    Row(START, "trastuzumab maintenance and no history", SILENT, TRASTUZUMAB),
    Row(
        START,
        "pertuzumab maintenance in cycle 1",
        FIRES,
        of_cycle(1, "Perjeta", "420 mg"),
        indicator="warning",
        says=("420 mg is maintenance", "Load with 840 mg"),
        tells=("cycle 1",),
        fixes=("SetDose",),
    ),
    Row(
        START,
        "trastuzumab by weight likewise",
        FIRES,
        of_cycle(1, "trastuzumab", "420 mg"),
        says=("Load with 8 mg/kg",),
    ),
    Row(START, "Phesgo likewise", FIRES, of_cycle(1, "Phesgo", "1200 mg"), says=("1800 mg",)),
    Row(START, "in cycle 2", NOT_ASKED, of_cycle(2, "Perjeta", "420 mg")),
    Row(START, "the loading dose in cycle 1", NOT_ASKED, of_cycle(1, "Perjeta", "840 mg")),
    Row(
        START,
        "cycle 1 of the next phase, with a dose three weeks ago",
        SILENT,
        of_cycle(1, "Perjeta", "420 mg"),
        after(21, "pertuzumab"),
    ),
    Row(
        START,
        "cycle 1 after Phesgo",
        NOT_ASKED,
        of_cycle(1, "Perjeta", "420 mg"),
        after(21, "phesgo"),
    ),
    Row(
        START,
        "cycle 1, and a statement that may be a dose",
        NOT_ASKED,
        of_cycle(1, "Perjeta", "420 mg"),
        perhaps(21, product="pertuzumab"),
    ),
    Row(
        START,
        "pertuzumab maintenance beside a loading dose of trastuzumab",
        FIRES,
        PERJETA,
        others=(order("trastuzumab", "560 mg", identifier="order-2"),),
        says=("Load with 840 mg",),
        tells=("In this session: Trastuzumab 560 mg (8 mg/kg)",),
    ),
    Row(
        START,
        "beside one that is planned for later",
        NOT_ASKED,
        PERJETA,
        others=(order("trastuzumab", "560 mg", identifier="order-2", start=days_ago(-21)),),
    ),
    Row(
        START,
        "both maintenance, begun elsewhere",
        NOT_ASKED,
        PERJETA,
        others=(order("trastuzumab", "420 mg", identifier="order-2"),),
    ),
    Row(
        START,
        "pertuzumab maintenance where trastuzumab alone is on record",
        FIRES,
        PERJETA,
        after(21, "trastuzumab"),
        says=("Load with 840 mg",),
        tells=("Last dose of Trastuzumab: 2026-11-01",),
    ),
    Row(START, "where that was long ago", NOT_ASKED, PERJETA, after(42, "trastuzumab")),
    Row(START, "pertuzumab added to Enhertu has its own loading dose", FIRES, PERJETA, after(21, "enhertu")),
    Row(START, "trastuzumab after Kadcyla, which holds it", SILENT, TRASTUZUMAB, after(21, "kadcyla")),
    Row(
        START,
        "Phesgo maintenance where trastuzumab alone is on record",
        FIRES,
        order("Phesgo", "1200 mg"),
        after(21, "trastuzumab"),
    ),
    Row(START, "a fixed dose has no reduced level", NOT_ASKED, PERJETA),
    # dose-re-escalation
    Row(
        RAISED,
        "Kadcyla 3.6 mg/kg after 3.0",
        FIRES,
        KADCYLA,
        after(21, dose="3 mg/kg"),
        indicator="critical",
        says=("3 mg/kg", days_ago(21).isoformat()),
        fixes=("SetDose",),
    ),
    Row(RAISED, "the same in milligrams by the weight of then", FIRES, KADCYLA, after(21, dose="210 mg")),
    Row(
        RAISED,
        "after a dose that rounding put five percent above 2.4",
        FIRES,
        KADCYLA,
        after(21, dose="2.52 mg/kg"),
        says=("2.4 mg/kg",),
    ),
    Row(RAISED, "after a dose further from any level than rounding", SILENT, KADCYLA, after(21, dose="2.53 mg/kg")),
    Row(
        RAISED,
        "the lowest of earlier reductions counts, whatever unit each was in",
        FIRES,
        order("Kadcyla", "3 mg/kg"),
        chart(history=(given("kadcyla", 21, "3 mg/kg"), given("kadcyla", 42, "168 mg"))),
        says=("2.4 mg/kg", days_ago(42).isoformat()),
    ),
    Row(
        RAISED,
        "reduced today and raised again in the plan",
        FIRES,
        order("Enhertu", "5.4 mg/kg", start=days_ago(-21)),
        others=(order("Enhertu", "4.4 mg/kg", identifier="order-0"),),
        says=("4.4 mg/kg", days_ago(0).isoformat()),
    ),
    Row(
        RAISED,
        "reduced from the second dose of the plan on",
        SILENT,
        order("Enhertu", "5.4 mg/kg"),
        others=(order("Enhertu", "4.4 mg/kg", identifier="order-2", start=days_ago(-21)),),
    ),
    Row(
        RAISED,
        "a last dose of 210 mg at a time without a weight, which would be a reduced one today",
        CANNOT,
        KADCYLA,
        after(400, dose="210 mg"),
        missing=("earlier-level",),
    ),
    Row(RAISED, "one that would be a full one today", SILENT, KADCYLA, after(400, dose="252 mg")),
    Row(RAISED, "the reduced level is ordered again", SILENT, order("Kadcyla", "210 mg"), after(400, dose="210 mg")),
    Row(
        RAISED,
        "a full dose was given since",
        SILENT,
        KADCYLA,
        chart(history=(given("kadcyla", 400, "252 mg"), given("kadcyla", 421, "210 mg"))),
    ),
    Row(
        RAISED,
        "a reduced dose is ordered since the last one, and not given",
        CANNOT,
        KADCYLA,
        chart(history=(given("kadcyla", 42, "252 mg"), given("kadcyla", 21, "210 mg", TreatmentState.ACTIVE))),
        missing=("earlier-order",),
    ),
    Row(
        RAISED,
        "a reduced dose was ordered for the last one, whose amount is not on record",
        CANNOT,
        KADCYLA,
        chart(history=(given("kadcyla", 21), given("kadcyla", 24, "210 mg", TreatmentState.COMPLETED))),
        missing=("earlier-order",),
    ),
    Row(
        RAISED,
        "a full dose was ordered for the last one, whose amount is not on record",
        SILENT,
        KADCYLA,
        chart(history=(given("kadcyla", 21), given("kadcyla", 24, "252 mg", TreatmentState.COMPLETED))),
    ),
    Row(
        RAISED,
        "a reduced dose was ordered before the last one",
        SILENT,
        KADCYLA,
        chart(history=(given("kadcyla", 21, "252 mg"), given("kadcyla", 42, "210 mg", TreatmentState.ACTIVE))),
    ),
    Row(
        RAISED,
        "the reduced dose on order is ordered again",
        SILENT,
        order("Kadcyla", "210 mg"),
        chart(history=(given("kadcyla", 42, "252 mg"), given("kadcyla", 21, "210 mg", TreatmentState.ACTIVE))),
    ),
    Row(RAISED, "Enhertu 5.4 mg/kg after 4.4", FIRES, ENHERTU, after(21, "enhertu", "4.4 mg/kg")),
    Row(
        RAISED,
        "Enhertu 6.4 mg/kg, gastric, after 5.4",
        FIRES,
        order("Enhertu", "6.4 mg/kg"),
        after(21, "enhertu", "5.4 mg/kg", cancers=("gastric",)),
    ),
    Row(
        RAISED,
        "the last dose in two bags",
        SILENT,
        KADCYLA,
        chart(history=bags("kadcyla", 21, ("09:00", "160 mg"), ("09:40", "92 mg"))),
    ),
    Row(
        RAISED,
        "a reduced dose in two bags",
        FIRES,
        KADCYLA,
        chart(history=bags("kadcyla", 21, ("09:00", "100 mg"), ("09:40", "110 mg"))),
        says=("3 mg/kg",),
    ),
    Row(
        RAISED,
        "a reduced dose told twice",
        FIRES,
        KADCYLA,
        chart(history=bags("kadcyla", 21, ("09:00", "168 mg"), ("09:00", "168 mg"))),
        says=("2.4 mg/kg",),
    ),
    Row(
        RAISED,
        "administrations of one day that come to more than the maximum",
        CANNOT,
        KADCYLA,
        chart(history=bags("kadcyla", 21, ("09:00", "168 mg"), ("15:00", "168 mg"))),
        missing=("earlier-dose-sum",),
    ),
    Row(
        RAISED,
        "an infusion that was stopped is no reduction",
        SILENT,
        KADCYLA,
        chart(history=(msgspec.structs.replace(given("kadcyla", 21, "168 mg"), stopped=True),)),
    ),
    Row(
        RAISED,
        "a dose in parts on two adjacent days is no reduction",
        SILENT,
        KADCYLA,
        chart(history=(given("kadcyla", 20, "84 mg"), given("kadcyla", 21, "168 mg"))),
    ),
    Row(
        RAISED,
        "an earlier amount that could not be read",
        CANNOT,
        KADCYLA,
        chart(history=(msgspec.structs.replace(given("kadcyla", 21), unread_dose="2,4 mg/kg"),)),
        missing=("earlier-dose-unread",),
    ),
    Row(
        RAISED,
        "an earlier full dose that its note calls reduced",
        CANNOT,
        KADCYLA,
        chart(history=(msgspec.structs.replace(given("kadcyla", 21), reduced_in_words="Dose reduced"),)),
        missing=("earlier-dose-unread",),
    ),
    Row(
        RAISED,
        "an earlier reduced dose, by its amount and its note",
        SILENT,
        order("kadcyla", "210 mg"),
        chart(history=(msgspec.structs.replace(given("kadcyla", 21, "210 mg"), reduced_in_words="Dose reduced"),)),
    ),
    Row(
        RAISED,
        "a reduced dose known to the month alone",
        FIRES,
        KADCYLA,
        chart(history=(undated("kadcyla", within=(days_ago(60), days_ago(40)), dose="2.4 mg/kg"),)),
        says=("2.4 mg/kg",),
    ),
    Row(
        RAISED,
        "a reduced level known only by a completed order",
        CANNOT,
        KADCYLA,
        chart(history=(given("kadcyla", 21), *ordered(42, dose="3 mg/kg"))),
        missing=("earlier-order-level",),
    ),
    Row(
        RAISED,
        "a reduced order, and a full dose after it",
        SILENT,
        KADCYLA,
        chart(history=(given("kadcyla", 21, "3.6 mg/kg"), *ordered(42, dose="3 mg/kg"))),
    ),
    Row(
        RAISED,
        "the reduced level of a completed order again",
        SILENT,
        order("Kadcyla", "3 mg/kg"),
        chart(history=(given("kadcyla", 21), *ordered(42, dose="3 mg/kg"))),
    ),
    Row(RAISED, "the reduced level again", SILENT, order("Kadcyla", "3 mg/kg"), after(21, dose="3 mg/kg")),
    Row(RAISED, "further down", SILENT, order("Kadcyla", "2.4 mg/kg"), after(21, dose="3 mg/kg")),
    Row(RAISED, "the same level as before", SILENT, KADCYLA, after(21, dose="3.6 mg/kg")),
    Row(RAISED, "an earlier dose of another drug", SILENT, KADCYLA, after(21, "enhertu", "4.4 mg/kg")),
    Row(RAISED, "pertuzumab has no reductions", NOT_ASKED, PERJETA, after(21, "pertuzumab", "420 mg")),
    # interval-too-short
    Row(
        SOON,
        "eighteen days after the last dose",
        FIRES,
        KADCYLA,
        after(18),
        indicator="warning",
        says=("18 days", "21 days"),
        fixes=("RemoveOrder",),
    ),
    Row(SOON, "nineteen days, within the window", SILENT, KADCYLA, after(19)),
    Row(
        SOON,
        "a completed order without a date, and no dose on record",
        CANNOT,
        KADCYLA,
        chart(history=(msgspec.structs.replace(undated("kadcyla"), state=TreatmentState.COMPLETED),)),
        missing=("earlier-dose-undated",),
    ),
    Row(
        SOON,
        "the same beside a dose of three weeks ago",
        SILENT,
        KADCYLA,
        chart(
            history=(msgspec.structs.replace(undated("kadcyla"), state=TreatmentState.COMPLETED), given("kadcyla", 21))
        ),
    ),
    Row(SOON, "a dispense of today of this drug", SILENT, KADCYLA, perhaps(0, given("kadcyla", 21), kind="dispense")),
    Row(
        SOON,
        "a dispense of today of another form of the antibody",
        CANNOT,
        order("Herceptin", "420 mg"),
        perhaps(0, given("trastuzumab", 21, "420 mg"), kind="dispense", product="phesgo"),
        missing=("possible-dispense",),
    ),
    Row(SOON, "a statement of five days ago", CANNOT, KADCYLA, perhaps(5), missing=("possible-statement",)),
    Row(SOON, "a statement of today", CANNOT, KADCYLA, perhaps(0), missing=("possible-statement",)),
    Row(SOON, "a statement of nineteen days ago", NOT_ASKED, KADCYLA, perhaps(19)),
    Row(SOON, "a statement for another antibody", NOT_ASKED, PERJETA, perhaps(5, product="trastuzumab")),
    Row(
        SOON,
        "a statement for the same antibody",
        CANNOT,
        order("Perjeta", "420 mg"),
        perhaps(5, product="phesgo"),
        missing=("possible-statement",),
    ),
    Row(SOON, "a statement beside the dose that it names", SILENT, KADCYLA, perhaps(22, given("kadcyla", 21))),
    Row(
        SOON,
        "a statement after the last dose",
        CANNOT,
        KADCYLA,
        perhaps(5, given("kadcyla", 26)),
        missing=("possible-statement",),
    ),
    Row(SOON, "a statement before the last dose", FIRES, KADCYLA, perhaps(9, given("kadcyla", 5))),
    Row(
        SOON,
        "dispensed five days ago",
        CANNOT,
        KADCYLA,
        perhaps(5, kind="dispense"),
        missing=("possible-dispense",),
    ),
    Row(
        SOON,
        "dispensed the day before the statement: one dose, told once",
        CANNOT,
        KADCYLA,
        several(perhaps(5), perhaps(6, kind="dispense")),
        missing=("possible-statement",),
    ),
    Row(
        SOON,
        "dispensed four days after the statement: perhaps another dose",
        CANNOT,
        KADCYLA,
        several(perhaps(9), perhaps(5, kind="dispense")),
        missing=("possible-statement", "possible-dispense"),
    ),
    Row(SOON, "dispensed yesterday, for this dose", NOT_ASKED, KADCYLA, perhaps(1, kind="dispense")),
    Row(
        SOON,
        "a procedure of five days ago",
        CANNOT,
        KADCYLA,
        perhaps(5, kind="procedure"),
        missing=("possible-procedure",),
    ),
    Row(SOON, "an active order of five days ago", CANNOT, KADCYLA, active(-5), missing=("possible-order",)),
    Row(SOON, "an active order of three weeks ago", NOT_ASKED, KADCYLA, active(-21)),
    Row(SOON, "an active order for five days from now", CANNOT, KADCYLA, active(5), missing=("standing-order",)),
    Row(SOON, "an active order within the window", NOT_ASKED, KADCYLA, active(19)),
    Row(SOON, "an active order without a day", NOT_ASKED, KADCYLA, active(None)),
    Row(
        SOON,
        "an active order before a dose that is planned",
        CANNOT,
        order("Kadcyla", "252 mg", start=days_ago(-14)),
        active(4),
        missing=("standing-order",),
    ),
    Row(
        SOON,
        "the active order that this one moves",
        NOT_ASKED,
        replacing("252 mg", "MedicationAdministration/kadcyla-10"),
        active(5),
    ),
    Row(
        SOON,
        "the active order that this one replaces",
        NOT_ASKED,
        replacing("252 mg", "MedicationAdministration/kadcyla-10"),
        active(-5),
    ),
    Row(
        SOON,
        "a completed order after the last dose given",
        CANNOT,
        KADCYLA,
        chart(history=(given("kadcyla", 26), given("kadcyla", 5, state=TreatmentState.COMPLETED))),
        missing=("possible-order",),
    ),
    Row(SOON, "twenty-one days", SILENT, KADCYLA, after(21)),
    Row(SOON, "the same day", FIRES, KADCYLA, after(0), says=("given on 2026-11-22 already",)),
    Row(
        SOON,
        "a second whole dose on the same day",
        FIRES,
        KADCYLA,
        after(0, dose="252 mg"),
        indicator="warning",
        says=("504 mg (7.2 mg/kg)", "maximum of 3.6 mg/kg"),
        fixes=("RemoveOrder",),
    ),
    Row(SOON, "a whole dose after a part of one", FIRES, KADCYLA, after(0, dose="100 mg"), says=("352 mg",)),
    Row(SOON, "a dose dated tomorrow, where it is tomorrow", FIRES, KADCYLA, after(-1)),
    Row(SOON, "the rest of the dose of which a part was given today", NOT_ASKED, REST, after(0, dose="100 mg")),
    Row(SOON, "a part by the kilogram", NOT_ASKED, REST, after(0, dose="1.43 mg/kg")),
    Row(
        SOON,
        "two parts were given",
        NOT_ASKED,
        order("Kadcyla", "112 mg"),
        chart(history=bags("kadcyla", 0, ("08:00", "100 mg"), ("09:00", "40 mg"))),
    ),
    Row(
        SOON, "the rest, after a whole dose ten days before", FIRES, REST, begun("100 mg", before=10), says=("10 days",)
    ),
    Row(SOON, "the rest, three weeks after the last dose", SILENT, REST, begun("100 mg", before=21)),
    Row(SOON, "the part was given yesterday", FIRES, REST, after(1, dose="100 mg")),
    Row(SOON, "how much was given is not known", FIRES, REST, after(0)),
    Row(SOON, "the two parts are too much together", FIRES, REST, after(0, dose="152 mg"), says=("304 mg",)),
    Row(SOON, "bag 2 of 2, and the parts are no level", NOT_ASKED, part("100 mg"), after(0, dose="100 mg")),
    Row(SOON, "bag 2 of 2, and the parts are too much", FIRES, part("252 mg"), after(0, dose="100 mg")),
    Row(LEVEL, "the rest of the dose", SILENT, REST, after(0, dose="100 mg")),
    Row(LEVEL, "bag 2 of 2, and the parts are no level", FIRES, part("90 mg"), after(0, dose="100 mg"), fixes=()),
    Row(
        SOON,
        "the rest of an infusion that was stopped at the amount of a lower level",
        NOT_ASKED,
        order("Kadcyla", "84 mg"),
        chart(history=(msgspec.structs.replace(given("kadcyla", 0, "168 mg"), stopped=True),)),
    ),
    Row(SOON, "a whole dose at the amount of a lower level", FIRES, order("Kadcyla", "84 mg"), after(0, dose="168 mg")),
    Row(
        LEVEL,
        "no part, after a dose of the same day: no other dose is offered",
        FIRES,
        REST,
        after(0, dose="152 mg"),
        fixes=(),
    ),
    Row(START, "the rest of a reduced first dose", FIRES, order("Kadcyla", "110 mg"), after(0, dose="100 mg")),
    Row(
        RAISED,
        "the rest of a reduced dose",
        SILENT,
        order("Kadcyla", "110 mg"),
        begun("100 mg", before=21, last="210 mg"),
    ),
    Row(RAISED, "the rest of a full dose after a reduced one", FIRES, REST, begun("100 mg", before=21, last="210 mg")),
    Row(Topic.WEIGHT_IMPLAUSIBLE, "a part given today is not the last dose", SILENT, KADCYLA, after(0, dose="100 mg")),
    Row(
        SOON,
        "three doses on three days",
        FIRES,
        order("Kadcyla", "252 mg", interval=1, cycles=3),
        says=("every 1 day", "21 days"),
    ),
    Row(
        SOON, "daily and no more is how a single infusion is written", NOT_ASKED, order("Kadcyla", "252 mg", interval=1)
    ),
    Row(
        SOON,
        "days that are named, a week apart",
        FIRES,
        order("Kadcyla", "252 mg", days=(days_ago(-1), days_ago(-22), days_ago(-29))),
        says=("7 days apart", days_ago(-22).isoformat()),
    ),
    Row(
        SOON,
        "days that are named, three weeks apart",
        NOT_ASKED,
        order("Kadcyla", "252 mg", days=(days_ago(-1), days_ago(-22), days_ago(-43))),
    ),
    Row(
        SOON,
        "a day, repeated every week six times",
        FIRES,
        repeating("7", 6),
        says=("every 7 days", "21 days"),
    ),
    Row(SOON, "a day, repeated every three weeks six times", NOT_ASKED, repeating("21", 6)),
    Row(SOON, "a day, and once a week without end", CANNOT, repeating("7"), missing=("schedule-once",)),
    Row(SOON, "a day, and every three weeks without end", NOT_ASKED, repeating("21")),
    Row(SOON, "a day, and daily: one infusion", NOT_ASKED, repeating("1")),
    Row(SOON, "a day, repeated once", NOT_ASKED, repeating("7", 1)),
    Row(SOON, "a day, and weekly trastuzumab", NOT_ASKED, repeating("7", None, "trastuzumab", "140 mg")),
    Row(
        SOON,
        "a day, and every week at a dose for three weeks",
        CANNOT,
        repeating("7", None, "trastuzumab", "560 mg"),
        missing=("schedule-once",),
    ),
    Row(SOON, "a day, and once a week in words", CANNOT, in_words("7"), missing=("schedule-once",)),
    Row(SOON, "a day, and twelve times a week apart in words", FIRES, in_words("7", 12), says=("7 days",)),
    Row(SOON, "a day, once and a week in words", CANNOT, in_words("7", 1), missing=("schedule-once",)),
    Row(SOON, "a day, and fourteen times every three weeks", NOT_ASKED, in_words("21", 14)),
    Row(SOON, "a day, and every three weeks in words", NOT_ASKED, in_words("21")),
    Row(SOON, "a day and no other", NOT_ASKED, order("Kadcyla", "252 mg", days=(days_ago(-1),))),
    Row(
        SOON,
        "two orders of the session, a week apart",
        FIRES,
        order("Kadcyla", "252 mg", start=days_ago(-8)),
        others=(order("Kadcyla", "252 mg", start=days_ago(-1), identifier="order-2"),),
        says=("two orders 7 days apart",),
    ),
    Row(
        SOON,
        "two orders of the session, three weeks apart",
        NOT_ASKED,
        order("Kadcyla", "252 mg", start=days_ago(-22)),
        others=(order("Kadcyla", "252 mg", start=days_ago(-1), identifier="order-2"),),
    ),
    Row(
        SOON,
        "a dose on a day of this month, which one is not on record",
        CANNOT,
        KADCYLA,
        chart(history=(undated("kadcyla", within=(days_ago(21), days_ago(-8))),)),
        missing=("earlier-dose-within",),
    ),
    Row(
        SOON,
        "a dose on a day of a month long past",
        NOT_ASKED,
        KADCYLA,
        chart(history=(undated("kadcyla", within=(days_ago(120), days_ago(90))),)),
    ),
    Row(
        SOON,
        "a dose that has no date",
        CANNOT,
        KADCYLA,
        chart(history=(undated("kadcyla"), given("kadcyla", 42))),
        missing=("earlier-dose-undated",),
    ),
    Row(
        SOON,
        "trastuzumab after two weeks, the amount of the last dose not on record and none ordered",
        CANNOT,
        order("trastuzumab", interval=None),
        after(14, "trastuzumab"),
        missing=("earlier-amount",),
    ),
    Row(
        SOON,
        "trastuzumab after two weeks, the amount not on record, ordered at the level of three weeks",
        FIRES,
        order("trastuzumab", "6 mg/kg", interval=None),
        after(14, "trastuzumab"),
        says=("14 days", "21 days"),
    ),
    Row(
        SOON,
        "trastuzumab after a week, the amount not on record, ordered at the weekly level",
        SILENT,
        order("trastuzumab", "2 mg/kg", interval=None),
        after(7, "trastuzumab"),
    ),
    Row(
        SOON,
        "words on the schedule that were not understood",
        CANNOT,
        unscheduled("Kadcyla", "252 mg", unread="biweekly"),
        missing=("schedule-unread",),
    ),
    Row(SOON, "planned for the day it is due", SILENT, order("Kadcyla", "252 mg", start=days_ago(-11)), after(10)),
    Row(
        SOON,
        "weekly trastuzumab after a week",
        SILENT,
        order("trastuzumab", "140 mg", interval=7),
        after(7, "trastuzumab"),
    ),
    Row(
        SOON,
        "weekly trastuzumab after four days",
        FIRES,
        order("trastuzumab", "140 mg", interval=7),
        after(4, "trastuzumab"),
    ),
    Row(SOON, "three-weekly trastuzumab after two weeks", FIRES, TRASTUZUMAB, after(14, "trastuzumab")),
    Row(
        SOON,
        "a completed order stands for a dose",
        FIRES,
        KADCYLA,
        chart(history=(given("kadcyla", 10, state=TreatmentState.COMPLETED),)),
    ),
    Row(SOON, "a dose of another drug yesterday", NOT_ASKED, KADCYLA, after(1, "enhertu")),
    Row(SOON, "no earlier dose", NOT_ASKED, KADCYLA),
    # cycle-limit-reached
    Row(CYCLES, "the fourteenth dose of adjuvant Kadcyla", SILENT, KADCYLA, cycles(13)),
    Row(
        CYCLES,
        "a fifteenth dose of adjuvant Kadcyla",
        FIRES,
        KADCYLA,
        cycles(14),
        indicator="critical",
        says=("14 doses given", "14"),
        fixes=("RemoveOrder",),
    ),
    Row(
        CYCLES,
        "thirteen doses and one without a date",
        CANNOT,
        KADCYLA,
        chart(history=(undated("kadcyla"), *cycles(13).treatments), setting="early"),
        missing=("earlier-doses-undated",),
    ),
    Row(
        CYCLES,
        "twelve doses, and two orders before this one in the session",
        FIRES,
        order("Kadcyla", "252 mg", start=days_ago(-42)),
        cycles(12),
        others=(
            order("Kadcyla", "252 mg", identifier="order-2"),
            order("Kadcyla", "252 mg", start=days_ago(-21), identifier="order-3"),
        ),
    ),
    Row(
        CYCLES,
        "the fourteenth, one earlier infusion having been stopped and finished a day later",
        SILENT,
        KADCYLA,
        chart(setting="early", history=(STOPPED, *cycles(13).treatments)),
    ),
    Row(
        CYCLES,
        "a stopped infusion that was never finished is a dose",
        FIRES,
        KADCYLA,
        chart(setting="early", history=(msgspec.structs.replace(STOPPED, on=days_ago(294)), *cycles(13).treatments)),
    ),
    Row(
        CYCLES,
        "twelve doses of Phesgo after six of pertuzumab with trastuzumab",
        FIRES,
        order("Phesgo", "1200 mg"),
        chart(setting="early", history=(*course("phesgo", 1, 12), *BY_VEIN)),
        says=("18 doses given",),
    ),
    Row(
        CYCLES,
        "Phesgo after trastuzumab alone",
        SILENT,
        order("Phesgo", "1200 mg"),
        chart(setting="early", history=(*course("phesgo", 1, 12), *course("trastuzumab", 13, 18))),
    ),
    Row(
        CYCLES,
        "a year of trastuzumab by vein and under the skin",
        FIRES,
        order("Hylecta", "600 mg"),
        chart(setting="early", history=(*course("hylecta", 1, 10), *course("trastuzumab", 11, 18))),
        indicator="warning",
    ),
    Row(CYCLES, "the rest of the fourteenth dose", SILENT, REST, fourteenth("100 mg")),
    Row(CYCLES, "a fifteenth dose", FIRES, KADCYLA, fourteenth("252 mg")),
    Row(CYCLES, "metastatic, to progression", NOT_ASKED, KADCYLA, cycles(20, "metastatic")),
    Row(CYCLES, "setting unknown: the early limit", FIRES, KADCYLA, cycles(14, None)),
    Row(
        CYCLES, "completed orders where no dose is recorded", FIRES, KADCYLA, cycles(14, state=TreatmentState.COMPLETED)
    ),
    Row(
        CYCLES,
        "eleven completed orders of before three doses",
        CANNOT,
        KADCYLA,
        chart(history=(*course("kadcyla", 1, 3), *ordered(*range(84, 295, 21))), setting="early"),
        missing=("earlier-orders",),
    ),
    Row(
        CYCLES,
        "ten completed orders of before three doses",
        SILENT,
        KADCYLA,
        chart(history=(*course("kadcyla", 1, 3), *ordered(*range(84, 274, 21))), setting="early"),
    ),
    Row(
        CYCLES,
        "thirteen doses, each with its order",
        SILENT,
        KADCYLA,
        chart(history=(*course("kadcyla", 1, 13), *ordered(*range(23, 276, 21))), setting="early"),
    ),
    Row(
        CYCLES,
        "weeks of Hylecta, most of them known only by orders",
        CANNOT,
        order("Hylecta", "600 mg"),
        chart(history=(*course("hylecta", 1, 1), *ordered(*range(42, 380, 21), drug="hylecta")), setting="early"),
        missing=("earlier-orders",),
    ),
    Row(CYCLES, "Enhertu's limit is not on file", NOT_ASKED, ENHERTU, cycles(20)),
    Row(CYCLES, "a day, repeated fourteen times", SILENT, repeating("21", 14), chart(setting="early")),
    Row(CYCLES, "a day, repeated fifteen times", FIRES, repeating("21", 15), chart(setting="early")),
    Row(CYCLES, "a day, and fourteen times in words", SILENT, in_words("21", 14), chart(setting="early")),
    Row(CYCLES, "a day, and fifteen times in words", FIRES, in_words("21", 15), chart(setting="early")),
    Row(
        CYCLES,
        "the number on one of several orders is that of the plan",
        SILENT,
        repeating("21", 15),
        chart(setting="early"),
        others=(order("Kadcyla", "252 mg", start=days_ago(-21), identifier="order-2"),),
    ),
    Row(
        RAISED,
        "a reduced dose dispensed after the last dose given",
        CANNOT,
        KADCYLA,
        perhaps(21, given("kadcyla", 42, "252 mg"), kind="dispense", mg="210"),
        missing=("earlier-dispense",),
    ),
    Row(
        RAISED,
        "dispensed, with no dose on record",
        CANNOT,
        KADCYLA,
        perhaps(21, kind="dispense", mg="210"),
        missing=("earlier-dispense",),
    ),
    Row(RAISED, "the same level ordered", SILENT, order("Kadcyla", "210 mg"), perhaps(21, kind="dispense", mg="210")),
    Row(RAISED, "the full dose dispensed", SILENT, KADCYLA, perhaps(21, kind="dispense", mg="252")),
    Row(
        RAISED,
        "the full dose given on the day of the dispense",
        SILENT,
        KADCYLA,
        perhaps(21, given("kadcyla", 21, "252 mg"), kind="dispense", mg="210"),
    ),
    Row(
        RAISED,
        "a dose of unknown amount given on that day",
        CANNOT,
        KADCYLA,
        perhaps(21, given("kadcyla", 21), kind="dispense", mg="210"),
        missing=("earlier-dispense",),
    ),
    Row(RAISED, "dispensed yesterday, for this dose", SILENT, KADCYLA, perhaps(1, kind="dispense", mg="210")),
    Row(
        RAISED,
        "a statement of a reduced dose",
        CANNOT,
        KADCYLA,
        perhaps(25, given("kadcyla", 46, "252 mg"), mg="210"),
        missing=("earlier-statement",),
    ),
    # reload-required
    Row(
        RELOAD,
        "pertuzumab six weeks after the last dose",
        FIRES,
        PERJETA,
        after(42, "pertuzumab"),
        indicator="warning",
        says=("42 days", "840 mg"),
        fixes=("SetDose",),
    ),
    Row(RELOAD, "pertuzumab a day less", SILENT, PERJETA, after(41, "pertuzumab")),
    Row(RELOAD, "pertuzumab with the loading dose", SILENT, order("Perjeta", "840 mg"), after(60, "pertuzumab")),
    Row(RELOAD, "Phesgo six weeks after", FIRES, order("Phesgo", "1200 mg"), after(42, "phesgo"), says=("1800 mg",)),
    Row(RELOAD, "trastuzumab one week late", SILENT, TRASTUZUMAB, after(28, "trastuzumab")),
    Row(RELOAD, "trastuzumab more than one week late", FIRES, TRASTUZUMAB, after(29, "trastuzumab"), says=("8 mg/kg",)),
    Row(
        RELOAD,
        "weekly trastuzumab more than one week late",
        FIRES,
        order("trastuzumab", "140 mg", interval=7),
        after(15, "trastuzumab"),
        says=("4 mg/kg",),
    ),
    Row(SOON, "a dose was given on the day", FIRES, KADCYLA, after(0), says=("given on 2026-11-22 already",)),
    Row(
        RELOAD,
        "trastuzumab after a dose under the skin",
        SILENT,
        TRASTUZUMAB,
        chart(history=(given("hylecta", 21), given("trastuzumab", 42, "6 mg/kg"))),
    ),
    Row(
        RELOAD,
        "trastuzumab, last given long ago, and a completed order three weeks ago",
        CANNOT,
        TRASTUZUMAB,
        chart(history=(given("trastuzumab", 300), *ordered(21, drug="trastuzumab"))),
        missing=("possible-order",),
    ),
    Row(
        RELOAD,
        "the order of the last dose given long ago",
        FIRES,
        TRASTUZUMAB,
        chart(history=(given("trastuzumab", 42), *ordered(42, drug="trastuzumab"))),
    ),
    Row(RELOAD, "trastuzumab late after a dose under the skin", FIRES, TRASTUZUMAB, after(43, "hylecta")),
    Row(
        RELOAD,
        "pertuzumab after Phesgo",
        SILENT,
        PERJETA,
        chart(history=(given("phesgo", 21, "1200 mg"), given("pertuzumab", 42, "420 mg"))),
    ),
    Row(RELOAD, "pertuzumab six weeks after Phesgo", FIRES, PERJETA, after(42, "phesgo", "1200 mg")),
    Row(RELOAD, "no earlier dose", NOT_ASKED, PERJETA),
    Row(RELOAD, "Kadcyla has no loading dose", NOT_ASKED, KADCYLA, after(90)),
    Row(
        RELOAD,
        "the last dose known to a month long past",
        FIRES,
        PERJETA,
        chart(history=(undated("pertuzumab", within=(days_ago(110), days_ago(80))),)),
        says=("at least 80 days",),
    ),
    Row(
        RELOAD,
        "the last dose known to a month in which the gap may have begun",
        CANNOT,
        PERJETA,
        chart(history=(undated("pertuzumab", within=(days_ago(60), days_ago(31))),)),
        missing=("earlier-dose-within",),
    ),
    Row(
        RELOAD,
        "a course on time whose doses have no amount",
        SILENT,
        order("trastuzumab", "6 mg/kg", interval=None),
        after(21, "trastuzumab"),
    ),
    Row(
        RELOAD,
        "neither the last dose nor the order tells the schedule",
        CANNOT,
        order("trastuzumab", interval=None),
        after(21, "trastuzumab"),
        missing=("earlier-amount",),
    ),
    # route-wrong
    Row(
        ROUTE,
        "Hylecta into a vein",
        FIRES,
        order("Herceptin Hylecta", "600 mg", route=Route.INTRAVENOUS),
        indicator="critical",
        says=("intravenous", "subcutaneous"),
        fixes=("RemoveOrder",),
    ),
    Row(
        ROUTE,
        "Kadcyla into a vein, and under the skin in the instructions",
        CANNOT,
        msgspec.structs.replace(order("Kadcyla", "252 mg", route=Route.INTRAVENOUS), route_in_text="subcutaneously"),
        missing=("route-in-text",),
    ),
    Row(ROUTE, "Phesgo into a vein", FIRES, order("Phesgo", "1200 mg", route=Route.INTRAVENOUS), indicator="critical"),
    Row(ROUTE, "Kadcyla under the skin", FIRES, order("Kadcyla", "252 mg", route=Route.SUBCUTANEOUS)),
    Row(ROUTE, "Kadcyla into a vein", SILENT, order("Kadcyla", "252 mg", route=Route.INTRAVENOUS)),
    Row(ROUTE, "Phesgo under the skin", SILENT, order("Phesgo", "1200 mg", route=Route.SUBCUTANEOUS)),
    Row(ROUTE, "no route on the order", NOT_ASKED, KADCYLA),
    Row(
        ROUTE,
        "Kadcyla into the spinal canal",
        FIRES,
        msgspec.structs.replace(KADCYLA, route=Route.OTHER, route_written="Intrathecal"),
        indicator="critical",
        says=("intrathecal route", "intravenous use only"),
    ),
    Row(
        ROUTE,
        "Hylecta in the form of the powder for infusion",
        FIRES,
        msgspec.structs.replace(order("Herceptin Hylecta", "600 mg"), form="Lyophilized powder for infusion"),
        indicator="warning",
        says=("subcutaneous use", "Lyophilized powder for infusion"),
        fixes=("RemoveOrder",),
    ),
    Row(
        ROUTE,
        "Kadcyla in the form of a tablet",
        FIRES,
        msgspec.structs.replace(KADCYLA, form="Film-coated tablet", route=Route.INTRAVENOUS),
        indicator="warning",
    ),
    Row(
        ROUTE,
        "the form of the product",
        SILENT,
        msgspec.structs.replace(KADCYLA, form="Injection, powder, lyophilized, for solution"),
    ),
    Row(
        ROUTE,
        "a form that may be of any injection",
        NOT_ASKED,
        msgspec.structs.replace(order("Phesgo", "1200 mg"), form="Solution for injection"),
    ),
    Row(
        ROUTE,
        "a route that was not understood",
        CANNOT,
        msgspec.structs.replace(KADCYLA, route_written="per protocol"),
        missing=("route",),
    ),
    # diluent-incompatible
    Row(
        DILUENT,
        "Kadcyla in dextrose",
        FIRES,
        order("Kadcyla", "252 mg", diluents=(Diluent.DEXTROSE,)),
        indicator="critical",
        says=("dextrose", "0.9 % sodium chloride"),
        fixes=("RemoveOrder",),
    ),
    Row(
        DILUENT,
        "Enhertu in sodium chloride",
        FIRES,
        order("Enhertu", "378 mg", diluents=(Diluent.SODIUM_CHLORIDE,)),
        indicator="critical",
        says=("5 % dextrose",),
    ),
    Row(
        DILUENT,
        "trastuzumab in dextrose",
        FIRES,
        order("Herceptin", "420 mg", diluents=(Diluent.DEXTROSE,)),
    ),
    Row(DILUENT, "Perjeta in dextrose", FIRES, order("Perjeta", "420 mg", diluents=(Diluent.DEXTROSE,))),
    Row(DILUENT, "Perjeta in sodium chloride", SILENT, order("Perjeta", "420 mg", diluents=(Diluent.SODIUM_CHLORIDE,))),
    Row(DILUENT, "Kadcyla in sodium chloride", SILENT, order("Kadcyla", "252 mg", diluents=(Diluent.SODIUM_CHLORIDE,))),
    Row(DILUENT, "Enhertu in dextrose", SILENT, order("Enhertu", "378 mg", diluents=(Diluent.DEXTROSE,))),
    Row(DILUENT, "no diluent on the order", NOT_ASKED, KADCYLA),
    Row(
        DILUENT,
        "a bag of 100 mL for Kadcyla",
        FIRES,
        bag("100"),
        indicator="warning",
        says=("in 100 mL", "250 mL"),
        fixes=(),
    ),
    Row(DILUENT, "a bag of 250 mL", SILENT, bag("250")),
    Row(DILUENT, "the bag and the drug", SILENT, bag("262.6")),
    Row(DILUENT, "half a bag for half a dose", SILENT, msgspec.structs.replace(bag("125"), is_part=True)),
    Row(DILUENT, "no volume on the order", SILENT, order("Kadcyla", "252 mg", diluents=(Diluent.SODIUM_CHLORIDE,))),
    # her2-agents-combined
    Row(
        TOGETHER,
        "Kadcyla with trastuzumab in one session",
        FIRES,
        KADCYLA,
        others=(order("trastuzumab", "420 mg", identifier="order-0"),),
        indicator="critical",
        says=("Kadcyla", "Trastuzumab"),
        fixes=("RemoveOrder",),
    ),
    Row(
        TOGETHER,
        "the same is told once, on the other order",
        SILENT,
        KADCYLA,
        others=(order("trastuzumab", "420 mg", identifier="order-2"),),
    ),
    Row(TOGETHER, "Kadcyla while Enhertu is active", FIRES, KADCYLA, beside("enhertu"), says=("Enhertu is active",)),
    Row(
        TOGETHER,
        "a statement of Enhertu five days ago",
        CANNOT,
        KADCYLA,
        perhaps(5, product="enhertu"),
        missing=("possible-statement",),
    ),
    Row(TOGETHER, "a statement of Enhertu three weeks ago", SILENT, KADCYLA, perhaps(20, product="enhertu")),
    Row(TOGETHER, "a statement of what may go with it", SILENT, TRASTUZUMAB, perhaps(5, product="pertuzumab")),
    Row(
        TOGETHER,
        "a completed order of Enhertu five days ago, and no administration",
        FIRES,
        KADCYLA,
        chart(history=(given("enhertu", 5, state=TreatmentState.COMPLETED),)),
        indicator="warning",
    ),
    Row(TOGETHER, "Kadcyla with a biosimilar", FIRES, KADCYLA, others=(order("Ogivri", "420 mg", identifier="a"),)),
    Row(TOGETHER, "Enhertu while trastuzumab is active", FIRES, ENHERTU, beside("trastuzumab")),
    Row(
        TOGETHER,
        "Kadcyla with tucatinib, as in trials",
        FIRES,
        KADCYLA,
        beside("tucatinib"),
        indicator="warning",
    ),
    Row(TOGETHER, "Enhertu while tucatinib is active", FIRES, ENHERTU, beside("tucatinib"), indicator="warning"),
    Row(
        TOGETHER,
        "Margenza with pertuzumab",
        FIRES,
        order("Margenza", "1050 mg"),
        beside("pertuzumab"),
        indicator="warning",
    ),
    Row(
        TOGETHER,
        "trastuzumab planned three weeks after the last planned Enhertu",
        SILENT,
        on_days("trastuzumab", "560 mg", 84),
        others=(on_days("Enhertu", "378 mg", 0, 21, 42, 63, identifier="order-0"),),
    ),
    Row(
        TOGETHER,
        "trastuzumab planned for the day of the last planned Enhertu",
        FIRES,
        on_days("trastuzumab", "560 mg", 63),
        others=(on_days("Enhertu", "378 mg", 0, 21, 42, 63, identifier="order-0"),),
        indicator="critical",
    ),
    Row(
        TOGETHER,
        "trastuzumab planned in the course of Enhertu without an end",
        FIRES,
        on_days("trastuzumab", "560 mg", 84),
        others=(order("Enhertu", "378 mg", identifier="order-0"),),
    ),
    Row(TOGETHER, "trastuzumab with pertuzumab", SILENT, TRASTUZUMAB, beside("pertuzumab")),
    Row(TOGETHER, "Enhertu with pertuzumab", SILENT, ENHERTU, beside("pertuzumab")),
    Row(
        TOGETHER,
        "Enhertu three weeks after the last Kadcyla",
        SILENT,
        ENHERTU,
        after(21, "kadcyla", "3.6 mg/kg"),
    ),
    Row(TOGETHER, "its own active order", SILENT, KADCYLA, beside("kadcyla")),
    Row(
        TOGETHER,
        "Kadcyla a week after three-weekly trastuzumab",
        FIRES,
        KADCYLA,
        after(7, "trastuzumab", "6 mg/kg"),
        indicator="warning",
        says=("Trastuzumab was given 7 days before",),
        fixes=(),
    ),
    Row(TOGETHER, "18 days after it", FIRES, KADCYLA, after(18, "trastuzumab", "6 mg/kg")),
    Row(TOGETHER, "19 days after it, within the window", SILENT, KADCYLA, after(19, "trastuzumab", "6 mg/kg")),
    Row(TOGETHER, "a week after weekly trastuzumab", SILENT, KADCYLA, after(7, "trastuzumab", "2 mg/kg")),
    Row(TOGETHER, "two days after weekly trastuzumab", FIRES, KADCYLA, after(2, "trastuzumab", "2 mg/kg")),
    Row(
        TOGETHER,
        "two doses of a drug without a schedule on file for this cancer",
        FIRES,
        KADCYLA,
        chart(history=(given("ziihera", 1), given("ziihera", 2)), cancers=("gastric",)),
    ),
    Row(TOGETHER, "a week after it, amount not on record", SILENT, KADCYLA, after(7, "trastuzumab")),
    Row(TOGETHER, "Kadcyla a week after Perjeta", FIRES, KADCYLA, after(7, "pertuzumab", "420 mg")),
    Row(TOGETHER, "trastuzumab a week after Perjeta", SILENT, TRASTUZUMAB, after(7, "pertuzumab", "420 mg")),
    Row(
        TOGETHER,
        "what is active is graver than what was given",
        FIRES,
        KADCYLA,
        chart(history=(given("trastuzumab", 7, "6 mg/kg"), *beside("enhertu").treatments)),
        indicator="critical",
    ),
    # anthracycline-concurrent
    Row(
        ANTHRACYCLINE,
        "doxorubicin in the session",
        FIRES,
        TRASTUZUMAB,
        others=(order("DOXOrubicin 60 mg/m2 IV", "100 mg", identifier="order-2"),),
        indicator="warning",
        says=("DOXOrubicin",),
    ),
    Row(
        ANTHRACYCLINE,
        "doxorubicin in the session by its RxNorm code alone",
        FIRES,
        TRASTUZUMAB,
        others=(order(rxnorm=("3639",), identifier="order-2"),),
        says=("doxorubicin (RxNorm 3639)",),
    ),
    Row(
        ANTHRACYCLINE,
        "an order of another drug by code alone",
        SILENT,
        TRASTUZUMAB,
        others=(order(rxnorm=("6809",), identifier="order-2"),),
    ),
    Row(ANTHRACYCLINE, "epirubicin active", FIRES, PERJETA, beside("", "epirubicin")),
    Row(ANTHRACYCLINE, "epirubicin completed", SILENT, PERJETA, beside("", "epirubicin", TreatmentState.COMPLETED)),
    Row(ANTHRACYCLINE, "paclitaxel", SILENT, TRASTUZUMAB, beside("", "paclitaxel")),
    Row(
        ANTHRACYCLINE,
        "a plan of four doses that ends three weeks before",
        SILENT,
        on_days("trastuzumab", "560 mg", 63),
        others=(on_days("doxorubicin", "100 mg", 0, 14, 28, 42, identifier="order-2"),),
    ),
    Row(
        ANTHRACYCLINE,
        "a plan that ends as long before as its own rhythm",
        SILENT,
        on_days("trastuzumab", "560 mg", 56),
        others=(on_days("doxorubicin", "100 mg", 0, 14, 28, 42, identifier="order-2"),),
    ),
    Row(
        ANTHRACYCLINE,
        "a plan that ends a week before",
        FIRES,
        on_days("trastuzumab", "560 mg", 49),
        others=(on_days("doxorubicin", "100 mg", 0, 14, 28, 42, identifier="order-2"),),
    ),
    Row(
        ANTHRACYCLINE,
        "a single dose three weeks before",
        SILENT,
        on_days("trastuzumab", "560 mg", 21),
        others=(on_days("doxorubicin", "100 mg", 0, identifier="order-2"),),
    ),
    Row(
        ANTHRACYCLINE,
        "a plan that begins after the HER2 drug",
        FIRES,
        on_days("trastuzumab", "560 mg", 0),
        others=(on_days("doxorubicin", "100 mg", 21, 35, identifier="order-2"),),
    ),
    Row(
        ANTHRACYCLINE,
        "an order without an end, before a later dose",
        FIRES,
        on_days("trastuzumab", "560 mg", 63),
        others=(order("doxorubicin", "100 mg", identifier="order-2"),),
    ),
    # cyp3a4-inhibitor
    Row(
        CYP,
        "Kadcyla and ketoconazole",
        FIRES,
        KADCYLA,
        beside("", "ketoconazole 200 MG Oral Tablet"),
        indicator="warning",
        says=("ketoconazole",),
    ),
    Row(
        CYP,
        "Kadcyla and clarithromycin in the session",
        FIRES,
        KADCYLA,
        others=(order("clarithromycin", identifier="x"),),
    ),
    Row(CYP, "Kadcyla and amoxicillin", SILENT, KADCYLA, beside("", "amoxicillin")),
    Row(CYP, "Enhertu and ketoconazole: no change by label", SILENT, ENHERTU, beside("", "ketoconazole")),
    # duplicate-order
    Row(
        TWICE,
        "two orders of Kadcyla",
        FIRES,
        KADCYLA,
        others=(order("Kadcyla", "252 mg", identifier="order-0"),),
        indicator="critical",
        says=("2 orders", "504 mg (7.2 mg/kg)", "3.6 mg/kg"),
        fixes=("RemoveOrder",),
    ),
    Row(
        TWICE,
        "the same drug twice, one without a dose",
        FIRES,
        KADCYLA,
        others=(order("Kadcyla", identifier="order-0"),),
        indicator="warning",
        says=("2 orders for the same day",),
    ),
    Row(
        TWICE,
        "the same drug on another day",
        SILENT,
        KADCYLA,
        others=(order("Kadcyla", "252 mg", start=days_ago(-21), identifier="order-0"),),
    ),
    Row(
        TWICE,
        "the same drug twice for a later day",
        FIRES,
        order("Kadcyla", "252 mg", start=days_ago(-5)),
        others=(order("Kadcyla", "252 mg", start=days_ago(-5), identifier="order-0"),),
    ),
    Row(
        TWICE,
        "two orders that are a level together and none alone",
        SILENT,
        order("Kadcyla", "152 mg"),
        others=(order("Kadcyla", "100 mg", identifier="order-0"),),
    ),
    Row(
        TWICE,
        "two orders that are a level together, and one is a level alone",
        FIRES,
        order("Kadcyla", "210 mg"),
        others=(order("Kadcyla", "42 mg", identifier="order-0"),),
        indicator="warning",
    ),
    Row(
        TWICE,
        "bag 1 of 2 and bag 2 of 2",
        SILENT,
        part("84 mg"),
        others=(part("168 mg", identifier="order-0"),),
    ),
    Row(
        TWICE,
        "two bags that together are above the maximum",
        FIRES,
        part("252 mg"),
        others=(part("168 mg", identifier="order-0"),),
        indicator="critical",
        says=("2 parts", "420 mg (6 mg/kg)"),
    ),
    Row(
        TWICE,
        "two orders of one group",
        SILENT,
        grouped("84 mg"),
        others=(grouped("168 mg", identifier="order-0"),),
    ),
    Row(
        TWICE,
        "a combination by the dose of one antibody, twice",
        FIRES,
        order("Phesgo", "600 mg"),
        others=(order("Phesgo", "600 mg", identifier="order-0"),),
        indicator="warning",
    ),
    Row(
        TWICE,
        "a combination by the dose of one antibody, active already",
        FIRES,
        order("Phesgo", "600 mg"),
        active(drug="phesgo", dose="600 mg"),
        indicator="warning",
    ),
    Row(TWICE, "the same is told once", SILENT, KADCYLA, others=(order("Kadcyla", "252 mg", identifier="order-2"),)),
    Row(TWICE, "a brand and its generic name", FIRES, TRASTUZUMAB, others=(order("Ogivri", "420 mg", identifier="a"),)),
    Row(
        TWICE,
        "an active order in the chart names the same day",
        FIRES,
        KADCYLA,
        active(),
        indicator="critical",
        says=("already ordered for 2026-11-22", "504 mg (7.2 mg/kg)"),
        tells=("Active order in the chart: kadcyla, 252 mg, 2026-11-22", "Discontinue the active order"),
        fixes=("RemoveOrder",),
    ),
    Row(TWICE, "its dose is not known", FIRES, KADCYLA, active(dose=None), indicator="warning"),
    Row(TWICE, "it names another day", SILENT, KADCYLA, active(21)),
    Row(TWICE, "it names no day: the standing order of the plan", SILENT, KADCYLA, active(None)),
    Row(TWICE, "its period has ended", SILENT, KADCYLA, active(ended=days_ago(1))),
    Row(TWICE, "it is the same order, as the chart has it", SILENT, KADCYLA, active(origin=KADCYLA.origin)),
    Row(
        TWICE,
        "it is the order that this one replaces",
        SILENT,
        replacing("210 mg", "MedicationRequest/kadcyla-0"),
        active(origin=Origin("MedicationRequest/kadcyla-0", "")),
    ),
    Row(
        TWICE,
        "it carries out this order: the pharmacy's own",
        SILENT,
        KADCYLA,
        active(origin=Origin("MedicationRequest/kadcyla-0", ""), replaces=("MedicationRequest/order-1",)),
    ),
    Row(
        TWICE,
        "it carries out another order",
        FIRES,
        KADCYLA,
        active(origin=Origin("MedicationRequest/kadcyla-0", ""), replaces=("MedicationRequest/order-7",)),
    ),
    Row(
        TWICE,
        "this one replaces another order",
        FIRES,
        replacing("210 mg", "MedicationRequest/kadcyla-1"),
        active(origin=Origin("MedicationRequest/kadcyla-0", "")),
    ),
    Row(TWICE, "it is the other bag of the dose", SILENT, part("84 mg"), active(dose="168 mg")),
    Row(TWICE, "it is the other bag, and both are too much", FIRES, part("168 mg"), active(), indicator="critical"),
    Row(
        RAISED,
        "the sum with an active order is above an earlier reduction",
        FIRES,
        order("Kadcyla", "152 mg"),
        msgspec.structs.replace(
            after(21, dose="210 mg"),
            treatments=(*after(21, dose="210 mg").treatments, *active(dose="100 mg").treatments),
        ),
    ),
    Row(TWICE, "only the sum with it is a level", SILENT, order("Kadcyla", "152 mg"), active(dose="100 mg")),
    Row(TWICE, "it is of the same group", SILENT, grouped("84 mg"), active(dose="168 mg", group="g-7")),
    Row(TWICE, "it is of another product", SILENT, PERJETA, active(drug="trastuzumab")),
    Row(
        TWICE,
        "a second dose of Perjeta, which together is the loading dose",
        FIRES,
        PERJETA,
        active(drug="pertuzumab", dose="420 mg"),
        indicator="warning",
    ),
    Row(TWICE, "trastuzumab and pertuzumab", SILENT, TRASTUZUMAB, others=(order("Perjeta", "420 mg", identifier="a"),)),
]
