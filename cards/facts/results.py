"""Results in the chart: weights, ejection fractions, laboratory values, HER2, receptors, tests and mutations.

Dates are calendar days as written in the chart.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from cards.facts.origins import Origin
from cards.knowledge.schema import Cancer
from cards.values.intervals import Bound, Interval
from cards.values.quantities import Kg, Percent

TIMES_LIMIT = "x ULN"
"""The unit of a result that is stated as a multiple of its upper limit of normal."""


class ResultTime(msgspec.Struct, frozen=True):
    """When a result was taken and released, as written; ``corrected``: it replaces another."""

    taken: str = ""
    issued: str = ""
    corrected: bool = False


class Weight(msgspec.Struct, frozen=True):
    """A body weight; ``stated`` if reported by the patient or estimated, not measured.

    Here and below: if a date is only a month or year, ``within`` is its first and last day and ``on`` the first.
    ``beside`` are other values of exactly the same time, so that it is unknown which is newest.
    """

    kg: Kg
    on: date | None
    origin: Origin
    stated: bool = False
    time: ResultTime | None = None
    within: tuple[date, date] | None = None
    beside: tuple[str, ...] = ()


class Lvef(msgspec.Struct, frozen=True):
    """A left ventricular ejection fraction; for a range, the lower end, with the other in ``upper``.

    ``bound`` says whether it is the value itself or a limit on it.
    """

    percent: Percent
    on: date | None
    origin: Origin
    as_reported: str
    lower_limit: Percent | None = None
    bound: Bound = Bound.EXACT
    time: ResultTime | None = None
    within: tuple[date, date] | None = None
    beside: tuple[str, ...] = ()
    upper: Percent | None = None

    @property
    def interval(self) -> Interval:
        """The possible range of the true value, in percent."""
        if self.upper is not None:
            return Interval(self.percent.value, self.upper.value)
        return Interval.of(self.percent.value, self.bound)

    @property
    def quoted(self) -> str:
        """The value as quoted in a summary: "45 %", "< 35 %", "57-62 %"."""
        if self.upper is not None:
            return f"{str(self.percent).removesuffix('%').strip()}-{self.upper}"
        return f"{self.bound.sign} {self.percent}".strip()


class LabResult(msgspec.Struct, frozen=True):
    """A laboratory result in its concept's canonical unit, with the upper limit of normal from the same result."""

    test: str
    value: Decimal
    unit: str
    on: date | None
    origin: Origin
    as_reported: str
    upper_limit: Decimal | None = None
    bound: Bound = Bound.EXACT
    time: ResultTime | None = None
    within: tuple[date, date] | None = None
    beside: tuple[str, ...] = ()
    limit_as_reported: Decimal | None = None
    """The upper limit in the unit of the report, if that is another one."""

    @property
    def interval(self) -> Interval:
        """The possible range of the true value, in its unit."""
        return Interval.of(self.value, self.bound)


class Preliminary(msgspec.Struct, frozen=True):
    """Results that are not final, each taken after every final one of its test; newest first.

    They never count, but may say what is coming.
    """

    labs: tuple[LabResult, ...] = ()
    lvefs: tuple[Lvef, ...] = ()
    pregnancy_tests: tuple[PregnancyTest, ...] = ()
    weights: tuple[Weight, ...] = ()


class SiteResult(msgspec.Struct, frozen=True):
    """A result that only site rules use, as written: a number with its unit, a code, or a text.

    ``says`` are the codes ("system|code"), displays and texts of the answer, folded to lower case.
    """

    test: str
    on: date | None
    origin: Origin
    as_reported: str
    value: Decimal | None = None
    unit: str = ""
    bound: Bound = Bound.EXACT
    says: tuple[str, ...] = ()
    within: tuple[date, date] | None = None
    time: ResultTime | None = None


class Her2Method(StrEnum):
    """How a HER2 status was determined."""

    IHC = "IHC"
    ISH = "ISH"
    INTERPRETATION = "interpretation"


class Her2Finding(StrEnum):
    """What a single HER2 result says."""

    IHC_0 = "ihc-0"
    IHC_1 = "ihc-1+"
    IHC_2 = "ihc-2+"
    IHC_3 = "ihc-3+"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    EQUIVOCAL = "equivocal"
    INDETERMINATE = "indeterminate"
    LOW = "low"
    ULTRALOW = "ultralow"
    NULL = "null"
    NOT_DONE = "not-done"
    WORK_UP = "work-up"
    """ISH group 2, 3 or 4, which requires a combined work-up with IHC; the numbers do not decide."""


class Her2Result(msgspec.Struct, frozen=True):
    """One tissue HER2 result that counts.

    ``conflict``: its code and display contradict each other. ``by_copies`` and ``by_ratio``: it was derived from a
    number of gene copies or from a ratio alone. ``tumor`` is set if its code names the organ.
    """

    method: Her2Method
    finding: Her2Finding
    on: date | None
    origin: Origin
    as_reported: str
    specimen: str | None = None
    conflict: bool = False
    by_copies: bool = False
    tumor: Cancer | None = msgspec.field(default=None, name="tumour")
    by_ratio: bool = False


class CodedHer2(msgspec.Struct, frozen=True):
    """A HER2 status in a diagnosis code, or in its words where ``code`` is empty.

    It is shown with the pathology and never replaces it.
    """

    positive: bool
    code: str
    origin: Origin
    display: str = ""

    @property
    def label(self) -> str:
        """The code with its description."""
        return f"{self.code} {self.display}".strip()


class Receptor(StrEnum):
    """The hormone receptor of a result."""

    ESTROGEN = "ER"
    PROGESTERONE = "PR"
    EITHER = "HR"
    """Stated for both together."""


class ReceptorResult(msgspec.Struct, frozen=True):
    """A hormone receptor result, positive or negative."""

    positive: bool
    on: date | None
    origin: Origin
    receptor: Receptor = Receptor.EITHER


def hormone_receptor_positive(results: Iterable[ReceptorResult]) -> bool | None:
    """Return whether a tumor is hormone receptor-positive, which it is if either receptor is.

    ``None`` if not known: a single negative receptor leaves the other open.
    """
    positive = {result.receptor for result in results if result.positive}
    negative = {result.receptor for result in results if not result.positive}
    if positive:
        return True
    if Receptor.EITHER in negative or {Receptor.ESTROGEN, Receptor.PROGESTERONE} <= negative:
        return False
    return None


class PregnancyTest(msgspec.Struct, frozen=True):
    """A pregnancy test; ``positive`` is ``None`` for an unclear answer, or an amount between the cut-offs.

    ``by_amount``: it is an amount of hormone, which a tumor may make as well.
    """

    positive: bool | None
    on: date | None
    origin: Origin
    as_reported: str
    time: ResultTime | None = None
    within: tuple[date, date] | None = None
    beside: tuple[str, ...] = ()
    by_amount: bool = False


class Mutation(msgspec.Struct, frozen=True):
    """An ERBB2 (HER2) sequencing result: whether a mutation was found.

    ``residues`` are the first amino acids of the protein changes that it names: 772 of "p.Y772_A775dup".
    """

    found: bool
    on: date | None
    origin: Origin
    as_reported: str
    time: ResultTime | None = None
    within: tuple[date, date] | None = None
    beside: tuple[str, ...] = ()
    residues: tuple[int, ...] = ()
