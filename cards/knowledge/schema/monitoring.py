"""The monitoring that a label requires, and what it says to do about the results."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cards.knowledge.schema.kinds import Action, MissingTestTopic, Problem, Setting
from cards.knowledge.schema.sourced import Cited, KnowledgeRecord

if TYPE_CHECKING:
    from cards.values.intervals import Interval

_LOWEST, _HIGHEST = Decimal("-Infinity"), Decimal("Infinity")


class LvefMonitoring(KnowledgeRecord, frozen=True, kw_only=True):
    """How often to measure the ejection fraction; without an interval the label names none."""

    interval_months: int | None = None
    by: Cited


class TestsBeforeDose(KnowledgeRecord, frozen=True, kw_only=True):
    """Tests that the label requires before each dose, and the topic of the card that asks for them.

    ``every_days``: the label's own interval, instead of the site's threshold. After ``later_after_days`` of treatment
    it is ``later_every_days``.
    """

    topic: MissingTestTopic
    tests: tuple[str, ...]
    every_days: int | None = None
    later_after_days: int | None = None
    later_every_days: int | None = None
    by: Cited


class Band(KnowledgeRecord, frozen=True, kw_only=True):
    """A range of numbers. ``above`` and ``below`` exclude their limit, ``at_least`` and ``at_most`` include it."""

    above: Decimal | None = None
    at_least: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None

    @property
    def lowest(self) -> Decimal:
        """The lower limit of the range."""
        return max((each for each in (self.above, self.at_least) if each is not None), default=_LOWEST)

    @property
    def highest(self) -> Decimal:
        """The upper limit of the range."""
        return min((each for each in (self.below, self.at_most) if each is not None), default=_HIGHEST)

    def holds(self, number: Decimal) -> bool:
        """Return whether a number is in the range."""
        return (
            (self.above is None or number > self.above)
            and (self.at_least is None or number >= self.at_least)
            and (self.below is None or number < self.below)
            and (self.at_most is None or number <= self.at_most)
        )

    @property
    def limits(self) -> tuple[Decimal, ...]:
        """The numbers at which the band begins or ends."""
        return tuple(each for each in (self.above, self.at_least, self.below, self.at_most) if each is not None)

    def answers(self, values: Interval) -> bool | None:
        """Return whether a result is in the band; ``None`` if only some of its possible values are."""
        if values.is_exact:
            return self.holds(values.low)
        found = {
            True if self.above is None else values.is_above(self.above),
            True if self.at_least is None else _denied(values.is_below(self.at_least)),
            True if self.below is None else values.is_below(self.below),
            True if self.at_most is None else _denied(values.is_above(self.at_most)),
        }
        return False if False in found else None if None in found else True


def _denied(answer: bool | None) -> bool | None:  # noqa: FBT001 - an answer
    return None if answer is None else not answer


class LabRow(KnowledgeRecord, frozen=True, kw_only=True):
    """A row of a label's table on a laboratory value: a multiple of its upper limit of normal, or an absolute value.

    Without ``settings`` the row is for every setting. ``then`` is what the label says comes next.
    """

    tests: tuple[str, ...]
    settings: tuple[Setting, ...] = ()
    times_uln: Band | None = None
    value: Band | None = None
    action: Action
    then: str
    by: Cited


class HepaticPair(KnowledgeRecord, frozen=True, kw_only=True):
    """A transaminase and a bilirubin that together end treatment (Hy's law), as multiples of their upper limits.

    ``limits_count``: the limits themselves are within the rule.
    """

    transaminases: tuple[str, ...]
    bilirubin: str
    transaminase_above: Decimal
    bilirubin_above: Decimal
    limits_count: bool = False
    within_days: int
    then: str
    by: Cited


class LvefRow(KnowledgeRecord, frozen=True, kw_only=True):
    """A row of a label's table on the ejection fraction, with the drop from baseline in percentage points.

    ``below_normal`` wants the value below the institution's lower limit of normal; ``normal_otherwise`` is the
    label's own limit for results that come without one. The first row that fits counts.
    """

    settings: tuple[Setting, ...] = ()
    lvef: Band = Band()
    drop: Band | None = None
    below_normal: bool = False
    normal_otherwise: Decimal | None = None
    action: Action
    then: str
    by: Cited


class Stop(KnowledgeRecord, frozen=True, kw_only=True):
    """A problem for which the label says not to give the product.

    ``grade_1``: what it says about a resolved grade 1 problem; without it, that is a permanent stop like any other.
    ``from_grade``: it stops from this CTCAE grade on; at the grade below, that depends on what the chart does not say.
    """

    problem: Problem
    then: str
    grade_1: str | None = None
    from_grade: int | None = None
    by: Cited


class Advice(KnowledgeRecord, frozen=True, kw_only=True):
    """A sentence of the label that a card repeats."""

    then: str
    by: Cited


class Monitoring(KnowledgeRecord, frozen=True, kw_only=True):
    """What the label wants watched, and what it says to do about the results."""

    lvef: LvefMonitoring | None = None
    before_each_dose: tuple[TestsBeforeDose, ...] = ()
    lab_rows: tuple[LabRow, ...] = ()
    hepatic_pair: HepaticPair | None = None
    lvef_rows: tuple[LvefRow, ...] = ()
    stops: tuple[Stop, ...] = ()
    pregnancy_test: Cited | None = None
    contraception: Advice | None = None
    """How long contraception is needed, told with the pregnancy test."""

    def stop(self, problem: Problem) -> Stop | None:
        """Return what the label says about a problem, if it is a reason to stop."""
        for stop in self.stops:
            if stop.problem is problem:
                return stop
        return None
