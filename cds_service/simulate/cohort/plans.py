"""Whole plans: a patient before or during a course, with all further doses signed at once.

Half of the plans are correct, half have one known error, in the orders or in the measurements before the next dose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from cds_service.simulate.cohort.courses import CODES, SUBCUTANEOUS, Ordered, clean_course, usual_dose
from cds_service.simulate.cohort.faults import WRONG_CODES
from cds_service.simulate.cohort.resources import ordered_at, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cds_service.simulate.cohort.courses import Course, Visit

Json = dict[str, Any]
RIGHT = ""
_LOOK_ALIKE = {"Kadcyla": Decimal("5.4"), "Enhertu": Decimal("3.6")}
_LIVER = ("ast", "alt", "bilirubin")
_WEEK = timedelta(days=7)
_MONTHS_OF_LVEF = 5
_PAST_CHILDBEARING = 1950


@dataclass(slots=True)
class Plan:
    """A course whose doses from a visit on are signed together, on the day of the first of them.

    ``as_one``: each drug is one order for all doses, instead of one order per dose. ``error`` names what is wrong.
    """

    course: Course
    begin: int
    as_one: bool = False
    error: str = RIGHT

    @property
    def next_visit(self) -> Visit:
        """The visit of the next dose."""
        return self.course.visits[self.begin]

    @property
    def orders(self) -> list[Ordered]:
        """The orders of the course's own drugs, from the next dose on."""
        planned = self.course.visits[self.begin :]
        return [ordered for visit in planned for ordered in visit.orders if ordered.drug in self.course.drugs]


def plans(count: int, seed: int, errors_percent: int) -> Iterator[Plan]:
    """Make the plans of a cohort; each depends only on the seed and its number."""
    for number in range(count):
        random = Random(f"plan {seed}/{number}")  # noqa: S311 - a cohort, no secret
        plan = _right_plan(f"plan{seed}-{number:07}", random)
        if random.randrange(100) < errors_percent:
            fitting = [name for name, (_, fits) in ERRORS.items() if fits(plan)]
            plan.error = random.choice(fitting)
            ERRORS[plan.error][0](plan, random)
        yield plan


def _right_plan(patient: str, random: Random) -> Plan:
    course = clean_course(patient, random)
    while not course.drugs:
        course = clean_course(patient, random)
    for visit in course.visits:
        visit.orders = [ordered for ordered in visit.orders if ordered.drug in course.drugs]
    begin = random.randrange(len(course.visits) - 1)
    # Every dose is based on the weight on the day of signing.
    weight = course.visits[begin].weight or course.kilograms
    for number, visit in enumerate(course.visits[begin:], begin):
        for ordered in visit.orders:
            ordered.dose = usual_dose(ordered.drug, weight, first=number == 0)
    # A loading dose and those after it cannot be one order.
    return Plan(course, begin, as_one=begin > 0 and random.random() < 0.25)  # noqa: PLR2004 - one in four


def plan_resources(plan: Plan) -> Iterator[tuple[Json, Ordered | None]]:
    """Yield the resources of a patient up to the signing, and the orders that are signed then, each for its day."""
    signed = plan.next_visit.day
    kept: dict[int, Json] = {}
    for resource, ordered in resources(plan.course, until=plan.begin):
        yield resource, ordered
    for number, visit in enumerate(plan.course.visits[plan.begin :], plan.begin):
        for place, ordered in enumerate(visit.orders):
            if plan.as_one and ordered.drug in plan.course.drugs and place in kept:
                kept[place]["dosageInstruction"][0]["timing"]["repeat"]["count"] += 1
                continue
            order = ordered_at(plan.course, number, place, signed, ordered)
            timing = order["dosageInstruction"][0]["timing"]
            if plan.as_one and ordered.drug in plan.course.drugs:
                timing["repeat"] |= {"count": 1, "boundsPeriod": {"start": str(visit.day)}}
                kept[place] = order
            else:
                order["dosageInstruction"][0]["timing"] = {"event": [str(visit.day)]}
            yield order, ordered


def _look_alike_in_all(plan: Plan, _: Random) -> None:
    for visit in plan.course.visits[plan.begin :]:
        _per_kg(plan, visit, _LOOK_ALIKE[plan.course.drug])


def _look_alike_in_one(plan: Plan, random: Random) -> None:
    _per_kg(plan, random.choice(plan.course.visits[plan.begin :]), _LOOK_ALIKE[plan.course.drug])


def _per_kg(plan: Plan, visit: Visit, per_kg: Decimal) -> None:
    weight = plan.next_visit.weight or plan.course.kilograms
    visit.orders[0].dose = (per_kg * weight).quantize(Decimal(1), ROUND_FLOOR)


def _per_kilogram_as_total(plan: Plan, _: Random) -> None:
    for visit in plan.course.visits[plan.begin :]:
        visit.orders[0].dose = Decimal("3.6")


def _no_dose(plan: Plan, random: Random) -> None:
    random.choice(plan.course.visits[plan.begin :]).orders[0].dose = None


def _wrong_code(plan: Plan, _: Random) -> None:
    for visit in plan.course.visits[plan.begin :]:
        visit.orders[0].code = WRONG_CODES.get(plan.course.drug, "J9354")


def _every_other_week(plan: Plan, _: Random) -> None:
    for number, visit in enumerate(plan.course.visits[plan.begin :]):
        visit.day -= number * _WEEK


def _twice(plan: Plan, random: Random) -> None:
    visit = random.choice(plan.course.visits[plan.begin :])
    visit.orders.append(Ordered(visit.orders[0].drug, visit.orders[0].dose, code=visit.orders[0].code))


def _no_tissue_test(plan: Plan, _: Random) -> None:
    plan.course.tissue_tested = False


def _equivocal(plan: Plan, _: Random) -> None:
    plan.course.ihc = "2+"


def _no_lvef(plan: Plan, _: Random) -> None:
    for visit in plan.course.visits:
        visit.lvef = None


def _lvef_overdue(plan: Plan, _: Random) -> None:
    for visit in plan.course.visits[1:]:
        visit.lvef = None


def _low_lvef(plan: Plan, _: Random) -> None:
    plan.next_visit.lvef = 35


def _old_weight(plan: Plan, _: Random) -> None:
    """Weigh the patient only before the first dose of the course."""
    first = plan.course.visits[0].weight or plan.course.kilograms
    for number, visit in enumerate(plan.course.visits[1:], 1):
        visit.weight = None
        if number >= plan.begin:
            visit.orders[0].dose = usual_dose(plan.course.drug, first, first=False)


def _no_weight(plan: Plan, _: Random) -> None:
    for visit in plan.course.visits:
        visit.weight = None


def _without(*tests: str) -> Callable[[Plan, Random], None]:
    def remove(plan: Plan, _: Random) -> None:
        for test in tests:
            plan.next_visit.bloods.pop(test, None)

    return remove


def _result(test: str, value: str) -> Callable[[Plan, Random], None]:
    def put(plan: Plan, _: Random) -> None:
        plan.next_visit.bloods[test] = Decimal(value)

    return put


def _liver_injury(plan: Plan, _: Random) -> None:
    plan.next_visit.bloods |= {"alt": Decimal(300), "bilirubin": Decimal("3.1")}


def _problem(name: str) -> Callable[[Plan, Random], None]:
    def put(plan: Plan, _: Random) -> None:
        plan.next_visit.problem = name

    return put


def _agents_combined(plan: Plan, _: Random) -> None:
    """Order another antibody with the drug in every cycle."""
    drug = "Perjeta" if plan.course.drug == "Kadcyla" else "Herceptin"
    # A first dose of another drug would want a pregnancy test of its own.
    plan.course.born = plan.course.born.replace(year=_PAST_CHILDBEARING)
    weight = plan.next_visit.weight or plan.course.kilograms
    for number, visit in enumerate(plan.course.visits[plan.begin :]):
        visit.orders.append(Ordered(drug, usual_dose(drug, weight, first=number == 0), code=CODES[drug]))


def _subcutaneous(plan: Plan, _: Random) -> None:
    for ordered in plan.orders:
        if ordered.drug == plan.course.drug:
            ordered.route = SUBCUTANEOUS


def _long_gap(plan: Plan, _: Random) -> None:
    """Continue with maintenance doses twelve weeks after the last one."""
    for number, visit in enumerate(plan.course.visits[plan.begin :], plan.begin):
        visit.day += 9 * _WEEK
        visit.lvef = 62 if number == plan.begin else visit.lvef


def _any(_: Plan) -> bool:
    return True


def _of(*drugs: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.course.drug in drugs


def _separate(plan: Plan) -> bool:
    return not plan.as_one


def _has_look_alike(plan: Plan) -> bool:
    return _separate(plan) and plan.course.drug in _LOOK_ALIKE


def _late(plan: Plan) -> bool:
    return plan.begin >= _MONTHS_OF_LVEF and plan.course.drug != "Enhertu"


ERRORS: dict[str, tuple[Callable[[Plan, Random], None], Callable[[Plan], bool]]] = {
    "look-alike dose in every cycle": (_look_alike_in_all, _of(*_LOOK_ALIKE)),
    "look-alike dose in one cycle": (_look_alike_in_one, _has_look_alike),
    "mg/kg as mg": (_per_kilogram_as_total, _of(*_LOOK_ALIKE)),
    "no dose in one cycle": (_no_dose, _separate),
    "code of another drug": (_wrong_code, _any),
    "every other week": (_every_other_week, _separate),
    "one dose twice": (_twice, _separate),
    "HER2 missing": (_no_tissue_test, _any),
    "HER2 equivocal": (_equivocal, _of("Kadcyla")),
    "LVEF missing": (_no_lvef, _any),
    "LVEF overdue": (_lvef_overdue, _late),
    "LVEF low": (_low_lvef, _any),
    "weight old": (_old_weight, lambda plan: plan.begin > 1 and not plan.as_one),
    "weight missing": (_no_weight, lambda plan: plan.course.drugs != ("Perjeta",)),
    "liver tests missing": (_without(*_LIVER), _of("Kadcyla")),
    "platelets missing": (_without("platelets"), _of("Kadcyla", "Enhertu")),
    "ALT high": (_result("alt", "280"), _of("Kadcyla")),
    "liver injury": (_liver_injury, _of("Kadcyla")),
    "platelets low": (_result("platelets", "32"), _of("Kadcyla")),
    "pneumonitis": (_problem("pneumonitis"), _of("Kadcyla", "Enhertu")),
    "heart failure": (_problem("heart failure"), _any),
    "pregnancy": (_problem("pregnancy"), _any),
    "agents combined": (_agents_combined, _has_look_alike),
    "subcutaneous": (_subcutaneous, _any),
    "gap without reload": (_long_gap, lambda plan: plan.begin > 0 and plan.course.drug not in ("Kadcyla", "Enhertu")),
}
"""The errors by name: how each is inserted into a plan, and which plans can have it."""
