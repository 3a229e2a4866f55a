"""Known errors, each inserted into a course by changing the orders or the measurements."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from cds_service.simulate.cohort.courses import CODES, Ordered, usual_dose

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from cds_service.simulate.cohort.courses import Course, Visit

WRONG_CODES = {"Kadcyla": "J9355", "Enhertu": "J9354", "Perjeta": "J9308"}
_MONTHS_OF_LVEF = 5
_PAST_CHILDBEARING = 1950


def _one(course: Course, random: Random, first: int = 1) -> Visit:
    return course.visits[random.randrange(min(first, len(course.visits) - 1), len(course.visits))]


def _look_alike_dose(course: Course, random: Random) -> None:
    """Order a dose that is a level of the look-alike."""
    visit = _one(course, random)
    per_kg, topic = {
        "Kadcyla": (Decimal("5.4"), "dose-above-maximum"),
        "Enhertu": (Decimal("3.6"), "dose-matches-other-drug"),
    }[course.drug]
    weight = visit.weight or course.kilograms
    visit.orders[0].dose = (per_kg * weight).quantize(Decimal(1), ROUND_FLOOR)
    visit.orders[0].expected.add(topic)


def _per_kilogram_as_total(course: Course, random: Random) -> None:
    """Order the milligrams for one kilogram as the whole dose."""
    ordered = _one(course, random).orders[0]
    ordered.dose = Decimal("3.6")
    ordered.expected.add("dose-implausible")


def _no_dose(course: Course, random: Random) -> None:
    ordered = _one(course, random).orders[0]
    ordered.dose = None
    ordered.expected.add("dose-cannot-verify")


def _wrong_code(course: Course, random: Random) -> None:
    """Bill for another drug."""
    ordered = _one(course, random, first=0).orders[0]
    ordered.code = WRONG_CODES.get(ordered.drug, "J9354")
    ordered.expected.add("hcpcs-mismatch")


def _too_soon(course: Course, random: Random) -> None:
    """Order a dose a week early; later visits move with it."""
    number = random.randrange(1, len(course.visits))
    for visit in course.visits[number:]:
        visit.day -= timedelta(days=7)
    for ordered in course.visits[number].orders:
        if ordered.drug in course.drugs:
            ordered.expected.add("interval-too-short")


def _no_tissue_test(course: Course, random: Random) -> None:
    del random
    course.tissue_tested = False
    course.expect("her2-missing")


def _equivocal(course: Course, random: Random) -> None:
    del random
    course.ihc = "2+"
    course.expect("her2-ish-missing")


def _no_lvef(course: Course, random: Random) -> None:
    del random
    for visit in course.visits:
        visit.lvef = None
    course.expect("lvef-missing")


def _lvef_overdue(course: Course, random: Random) -> None:
    """Measure the ejection fraction only once."""
    del random
    for visit in course.visits[1:]:
        visit.lvef = None
    course.expect("lvef-overdue", begin=_MONTHS_OF_LVEF)


def _old_weight(course: Course, random: Random) -> None:
    """Stop weighing the patient from a visit on."""
    number = random.randrange(1, len(course.visits))
    last = course.visits[number - 1].weight or course.kilograms
    for visit in course.visits[number:]:
        visit.weight = None
        visit.orders[0].dose = usual_dose(course.drug, last, first=False)
    course.expect("weight-stale", begin=number + 1, drug=course.drug)


def _no_liver_tests(course: Course, random: Random) -> None:
    visit = _one(course, random)
    for name in ("ast", "alt", "bilirubin"):
        del visit.bloods[name]
    visit.orders[0].expected.add("liver-tests-missing")


def _no_blood_count(course: Course, random: Random) -> None:
    visit = _one(course, random)
    del visit.bloods["platelets"]
    visit.orders[0].expected.add("blood-count-missing")


def _high_alt(course: Course, random: Random) -> None:
    visit = _one(course, random)
    visit.bloods["alt"] = Decimal(40 * 7)
    visit.orders[0].expected.add("liver-tests-hold")


def _low_platelets(course: Course, random: Random) -> None:
    visit = _one(course, random)
    visit.bloods["platelets"] = Decimal(32)
    visit.orders[0].expected.add("blood-count-hold")


def _lung_disease(course: Course, random: Random) -> None:
    """Record a pneumonitis before the last orders."""
    number = random.randrange(1, len(course.visits))
    course.visits[number].problem = "pneumonitis"
    course.expect("ild-active", begin=number)


def _agents_combined(course: Course, random: Random) -> None:
    """Order pertuzumab with Kadcyla; one card is expected, on the added order."""
    visit = _one(course, random)
    added = Ordered("Perjeta", usual_dose("Perjeta", course.kilograms, first=True), code=CODES["Perjeta"], given=False)
    added.expected.add("her2-agents-combined")
    # A first dose of another drug would want a pregnancy test of its own.
    course.born = course.born.replace(year=_PAST_CHILDBEARING)
    visit.orders.insert(1, added)


def _twice(course: Course, random: Random) -> None:
    """Order the same drug twice at once; the card is expected on the second."""
    visit = _one(course, random)
    first = visit.orders[0]
    visit.orders.insert(1, Ordered(first.drug, first.dose, code=first.code, given=False, expected={"duplicate-order"}))


Fault = tuple["Callable[[Course, Random], None]", int, "Callable[[Course], bool]"]


def _any(course: Course) -> bool:
    return bool(course.drug)


def _of(*drugs: str) -> Callable[[Course], bool]:
    return lambda course: course.drug in drugs


def _long(course: Course) -> bool:
    return course.drug not in ("", "Enhertu") and len(course.visits) > _MONTHS_OF_LVEF


FAULTS: tuple[Fault, ...] = (
    (_look_alike_dose, 3, _of("Kadcyla", "Enhertu")),
    (_per_kilogram_as_total, 1, _any),
    (_no_dose, 1, _any),
    (_wrong_code, 3, _any),
    (_too_soon, 2, _any),
    (_no_tissue_test, 2, _any),
    (_equivocal, 2, _of("Kadcyla")),
    (_no_lvef, 2, _any),
    (_lvef_overdue, 3, _long),
    (_old_weight, 2, _any),
    (_no_liver_tests, 2, _of("Kadcyla")),
    (_no_blood_count, 1, _of("Kadcyla", "Enhertu")),
    (_high_alt, 1, _of("Kadcyla")),
    (_low_platelets, 1, _of("Kadcyla")),
    (_lung_disease, 1, _of("Kadcyla", "Enhertu")),
    (_agents_combined, 1, _of("Kadcyla")),
    (_twice, 1, _any),
)


def put_in(course: Course, random: Random) -> None:
    """Insert one error that the course's drug can have."""
    fitting = [fault for fault in FAULTS if fault[2](course)]
    if fitting:
        change = random.choices([fault[0] for fault in fitting], [fault[1] for fault in fitting])[0]
        change(course, random)
