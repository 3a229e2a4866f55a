"""Doses as labels state them: levels, maximum, schedule, reload, number of cycles, preparation."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.kinds import Cancer, Diluent, LevelRole, Problem, Setting
from cards.knowledge.schema.sourced import Cited, KnowledgeError, KnowledgeRecord
from cards.values.caching import lazy
from cards.values.quantities import Mg, MgPerKg


class StatedDose(KnowledgeRecord, frozen=True, kw_only=True, dict=True):
    """A dose that a label states: per kilogram or fixed, never both."""

    mg_per_kg: Decimal | None = None
    mg: Decimal | None = None
    by: Cited

    @lazy
    def dose(self) -> Mg | MgPerKg:
        """The dose with its unit."""
        if self.mg_per_kg is not None:
            return MgPerKg(self.mg_per_kg)
        if self.mg is not None:
            return Mg(self.mg)
        msg = "a stated dose needs mg or mg_per_kg"
        raise KnowledgeError(msg)


class Level(StatedDose, frozen=True, kw_only=True):
    """A dose level and its role.

    ``times_a_day``: for tablets, if different from the regimen. ``beside`` and ``problem`` are the class of drugs, or
    the product, or the problem that an adjusted level is for.
    """

    role: LevelRole
    times_a_day: int | None = None
    beside: str | None = None
    problem: Problem | None = None


class Maximum(StatedDose, frozen=True, kw_only=True):
    """The maximum dose of one administration."""


class Regimen(KnowledgeRecord, frozen=True, kw_only=True):
    """The levels and the maximum of one schedule, for the cancers it is labeled in.

    For tablets, doses are per administration, and ``times_a_day`` is the frequency. ``beside`` is the class of the
    partner drug, if different partners mean different doses; ``from_kg`` and ``below_kg`` are the body weight limits.
    """

    name: str
    cancers: tuple[Cancer, ...]
    interval_days: int
    times_a_day: int | None = None
    beside: str | None = None
    from_kg: Decimal | None = None
    below_kg: Decimal | None = None
    levels: tuple[Level, ...]
    maximum: Maximum
    by: Cited

    def is_for(self, kg: Decimal) -> bool:
        """Return whether a body weight is within the regimen's limits."""
        return (self.from_kg is None or kg >= self.from_kg) and (self.below_kg is None or kg < self.below_kg)

    def times_at(self, level: Level) -> int | None:
        """Return how often a day a level is taken; ``None`` for an infusion."""
        return level.times_a_day or self.times_a_day


class Concentration(KnowledgeRecord, frozen=True, kw_only=True):
    """Milligrams of drug per milliliter of the vial's solution."""

    mg_per_ml: Decimal
    ready_to_use: bool
    by: Cited


class ForbiddenDiluent(KnowledgeRecord, frozen=True, kw_only=True):
    """A diluent that the label forbids, and the one it requires."""

    diluent: Diluent
    instead: str
    by: Cited


class DiluentVolume(KnowledgeRecord, frozen=True, kw_only=True):
    """The milliliters of diluent in the label, and the most percent that an order may differ without a card."""

    ml: Decimal
    tolerance_percent: Decimal
    by: Cited


class Reload(KnowledgeRecord, frozen=True, kw_only=True):
    """The days since the last dose from which the label requires a new loading dose, for one schedule.

    ``also_after`` are other products whose doses also count as the last dose.
    """

    interval_days: int
    after_days: int
    also_after: tuple[str, ...] = ()
    by: Cited


class CycleLimit(KnowledgeRecord, frozen=True, kw_only=True):
    """The number of doses, or weeks of treatment, after which a course ends in a setting and for some cancers.

    ``advised``: the label calls more "not recommended" and sets no limit.
    """

    setting: Setting
    cancers: tuple[Cancer, ...]
    cycles: int | None = None
    weeks: int | None = None
    advised: bool = False
    by: Cited


class InfusionStep(KnowledgeRecord, frozen=True, kw_only=True):
    """The minimum infusion time in minutes, from a given dose number on."""

    from_dose: int
    minutes: int


class InfusionTimes(KnowledgeRecord, frozen=True, kw_only=True):
    """The label's infusion times, from the first dose on; a shorter one is for those who tolerated the one before."""

    steps: tuple[InfusionStep, ...]
    by: Cited

    def minutes_at(self, dose: int) -> int:
        """Return the minimum minutes for a dose number, counted from one."""
        return next(step.minutes for step in reversed(self.steps) if step.from_dose <= dose)


class LabeledAge(KnowledgeRecord, frozen=True, kw_only=True):
    """The minimum age on a product's label."""

    years: int
    by: Cited
