"""Courses of treatment without errors: the patient, the drugs, and the visits with their results."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

SITES = ("north", "south", "harbour", "day-clinic")
_CYCLE = 21
_LVEF_EVERY = 3
_FIRST_DAY = date(2023, 1, 9)
WEEKS = 156
"""The default length of a cohort: three years. Courses begin throughout, and its last day cuts them short."""
_DAYS_OF_START = 700
_TRASTUZUMABS = ("Herceptin", "Ogivri", "Kanjinti", "Trazimera", "Ontruzant")
_REGIMENS = (
    ("kadcyla", 30),
    ("enhertu", 25),
    ("trastuzumab", 20),
    ("trastuzumab+pertuzumab", 15),
    ("other", 10),
)
OTHER_DRUGS = ("ondansetron 8 mg", "dexamethasone 8 mg", "letrozole 2.5 mg", "metoprolol 50 mg", "paracetamol 500 mg")
CODES = {"Kadcyla": "J9354", "Enhertu": "J9358", "Perjeta": "J9306", "Herceptin": "J9355"} | {
    "Ogivri": "Q5114",
    "Kanjinti": "Q5117",
    "Trazimera": "Q5116",
    "Ontruzant": "Q5112",
}
NAMES = {
    "Kadcyla": "ado-trastuzumab emtansine (Kadcyla)",
    "Enhertu": "fam-trastuzumab deruxtecan-nxki (Enhertu)",
    "Perjeta": "pertuzumab (Perjeta)",
    "Herceptin": "trastuzumab (Herceptin)",
    "Ogivri": "trastuzumab-dkst (Ogivri)",
    "Kanjinti": "trastuzumab-anns (Kanjinti)",
    "Trazimera": "trastuzumab-qyyp (Trazimera)",
    "Ontruzant": "trastuzumab-dttb (Ontruzant)",
}
RXNORM = {"Kadcyla": "1371041", "Enhertu": "2267576", "Perjeta": "1298944"} | dict.fromkeys(_TRASTUZUMABS, "224905")
_PER_KG = {"Kadcyla": (Decimal("3.6"),) * 2, "Enhertu": (Decimal("5.4"),) * 2} | dict.fromkeys(
    _TRASTUZUMABS, (Decimal(8), Decimal(6))
)
INTRAVENOUS, SUBCUTANEOUS = ("47625008", "Intravenous route"), ("34206005", "Subcutaneous route")
"""Routes: the SNOMED CT code and its words."""
_FIXED = {"Perjeta": (Decimal(840), Decimal(420))}
_BLOODS = {"Kadcyla": ("ast", "alt", "bilirubin", "platelets"), "Enhertu": ("neutrophils", "platelets")}


@dataclass(slots=True)
class Ordered:
    """One order; ``expected`` names the topics that an inserted error must trigger."""

    drug: str
    dose: Decimal | None
    unit: str = "mg"
    code: str = ""
    given: bool = True
    route: tuple[str, str] = INTRAVENOUS
    expected: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Visit:
    """A day on which drugs are ordered, with recent measurements; missing values were not measured."""

    day: date
    orders: list[Ordered]
    weight: Decimal | None
    bloods: dict[str, Decimal] = field(default_factory=dict)
    lvef: int | None = None
    problem: str = ""


@dataclass(slots=True)
class Course:
    """One patient from the first visit to the last."""

    patient: str
    born: date
    site: str
    kilograms: Decimal
    ihc: str = "3+"
    tissue_tested: bool = True
    pregnancy_tested: bool = True
    visits: list[Visit] = field(default_factory=list)
    drugs: tuple[str, ...] = ()

    @property
    def drug(self) -> str:
        """The drug of the course; empty for a course out of scope."""
        return self.drugs[0] if self.drugs else ""

    def expect(self, topic: str, begin: int = 0, drug: str = "") -> None:
        """Expect a topic on every order from a visit on, of one drug or of all."""
        for visit in self.visits[begin:]:
            for ordered in visit.orders:
                if ordered.drug in self.drugs and drug in ("", ordered.drug):
                    ordered.expected.add(topic)


def usual_dose(drug: str, kilograms: Decimal, *, first: bool) -> Decimal:
    """Return the labeled dose in whole milligrams, never above it."""
    if drug in _FIXED:
        return _FIXED[drug][0 if first else 1]
    return (_PER_KG[drug][0 if first else 1] * kilograms).quantize(Decimal(1), ROUND_FLOOR)


def clean_course(patient: str, random: Random, days: int = _DAYS_OF_START) -> Course:
    """Make a course without errors, which begins on a random one of so many days."""
    regimen = random.choices([name for name, _ in _REGIMENS], [share for _, share in _REGIMENS])[0]
    drugs = {
        "kadcyla": ("Kadcyla",),
        "enhertu": ("Enhertu",),
        "trastuzumab": (random.choice(_TRASTUZUMABS),),
        "trastuzumab+pertuzumab": (random.choice(_TRASTUZUMABS), "Perjeta"),
        "other": (),
    }[regimen]
    begin = _FIRST_DAY + timedelta(days=random.randrange(days))
    kilograms = Decimal(random.randrange(480, 960)) / 10
    born = date(random.randrange(1942, 1994), random.randrange(1, 13), random.randrange(1, 28))
    course = Course(patient, born, random.choice(SITES), kilograms, drugs=drugs)
    for number in range(random.randrange(4, 14)):
        day = begin + timedelta(days=number * _CYCLE)
        weight = (kilograms * (100 + Decimal(random.randrange(-15, 16)) / 10) / 100).quantize(Decimal("0.1"))
        orders = [Ordered(drug, usual_dose(drug, weight, first=number == 0), code=CODES[drug]) for drug in drugs] or [
            Ordered(random.choice(OTHER_DRUGS), None)
        ]
        if drugs and random.random() < 0.5:  # noqa: PLR2004 - as often as not
            orders.append(Ordered(random.choice(OTHER_DRUGS), None))
        visit = Visit(day, orders, weight, _bloods(course.drug, random))
        if number % _LVEF_EVERY == 0:
            visit.lvef = random.randrange(60, 67)
        course.visits.append(visit)
    return course


def cut_short(course: Course, weeks: int) -> None:
    """Drop the visits after the last day of a cohort, which an export would not have yet."""
    end = _FIRST_DAY + timedelta(weeks=weeks)
    course.visits = [visit for visit in course.visits if visit.day < end]


def _bloods(drug: str, random: Random) -> dict[str, Decimal]:
    usual = {
        "ast": Decimal(random.randrange(12, 36)),
        "alt": Decimal(random.randrange(10, 38)),
        "bilirubin": Decimal(random.randrange(3, 11)) / 10,
        "platelets": Decimal(random.randrange(155, 390)),
        "neutrophils": Decimal(random.randrange(22, 70)) / 10,
    }
    return {name: usual[name] for name in _BLOODS.get(drug, ())}
