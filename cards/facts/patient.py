"""The patient's chart, as far as it matters for HER2-targeted drugs. Lists of results are sorted newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

import msgspec

from cards.facts.origins import Gap, Origin
from cards.facts.results import (
    CodedHer2,
    Her2Result,
    LabResult,
    Lvef,
    Mutation,
    PregnancyTest,
    Preliminary,
    ReceptorResult,
    SiteResult,
    Weight,
    hormone_receptor_positive,
)
from cards.knowledge.schema import Cancer, Problem, Setting
from cards.values.quantities import Mg, MgPerKg


class TreatmentState(StrEnum):
    """The status of a treatment on record."""

    GIVEN = "given"
    COMPLETED = "completed"
    """A completed order, which counts as a dose where administrations are not recorded."""
    ACTIVE = "active"


class Treatment(msgspec.Struct, frozen=True):
    """A drug in the chart: an administered dose, or an order.

    ``product`` is empty for an unknown drug. ``on`` is its day; if only the month or year is known, ``within`` is the
    first and the last possible day. ``at`` is the time as written. ``stopped``: started but not completed. ``bags`` is
    the number of administrations added up; ``unread_dose`` is an unreadable amount, or a note that gives another;
    ``reduced_in_words`` is a note that calls the dose a reduced one.
    """

    product: str
    names: tuple[str, ...]
    on: date | None
    origin: Origin
    state: TreatmentState
    dose: Mg | MgPerKg | None = None
    within: tuple[date, date] | None = None
    at: str = ""
    stopped: bool = False
    bags: int = 1
    unread_dose: str = ""
    reduced_in_words: str = ""
    as_ordered: bool = False
    """Whether its dose is that of its order, because an administration has no amount of its own."""
    ended: date | None = None
    """The last day of an order or statement, by its own period."""
    classes: tuple[str, ...] = ()
    """The site's own drug classes that it belongs to by code."""
    days: tuple[date, ...] = ()
    """The days for which an active order names doses."""
    group: str = ""
    """The group of orders that an active order was placed with."""
    replaces: tuple[str, ...] = ()
    """The orders that an active order takes the place of or carries out, as ``MedicationRequest/id``."""
    alike: int = 1
    """The entries of this one amount on the day, not all with a time: one dose entered several times, or its parts."""

    def is_active(self, today: date) -> bool:
        """Return whether the drug is in use: not after the entry's period has ended, whatever its status says."""
        return self.state is TreatmentState.ACTIVE and (self.ended is None or self.ended >= today)


class PossibleKind(StrEnum):
    """Entries other than administrations that may record a dose; the most informative first."""

    PROCEDURE = "procedure"
    STATEMENT = "statement"
    DISPENSE = "dispense"
    ORDER = "order"


class PossibleDose(msgspec.Struct, frozen=True):
    """An entry that may be a dose given on a day; it is never counted as one. ``dose`` is the amount that it names."""

    product: str
    on: date
    origin: Origin
    kind: PossibleKind
    dose: Mg | MgPerKg | None = None


class PresentProblem(msgspec.Struct, frozen=True):
    """A problem in the chart that a rule uses; ``on`` is when it began, or was recorded.

    ``is_past``: the chart says that it is over; ``ended`` is its last day. ``is_onset``: ``on`` is the day on which it
    began, not just a day on which it was present. ``grade`` is the CTCAE grade, if stated.
    """

    problem: Problem
    label: str
    origin: Origin
    on: date | None = None
    is_past: bool = False
    ended: date | None = None
    is_onset: bool = True
    grade: int | None = None
    latest: date | None = None
    """The last day on which it may have begun, if its date is only a month or year; ``on`` is the first."""

    def is_present(self, today: date) -> bool:
        """Return whether it is present today, even with an end date in the future."""
        return _is_present(self, today)


class SiteProblem(msgspec.Struct, frozen=True):
    """A problem in the chart that only a site rule uses; ``code`` is as written in the rule."""

    code: str
    label: str
    origin: Origin
    on: date | None = None
    is_past: bool = False
    ended: date | None = None

    def is_present(self, today: date) -> bool:
        """Return whether it is present today."""
        return _is_present(self, today)


def _is_present(problem: PresentProblem | SiteProblem, today: date) -> bool:
    return not problem.is_past and (problem.ended is None or problem.ended >= today)


class Staging(msgspec.Struct, frozen=True):
    """A stage, a metastasis or a text that says whether a cancer is metastatic or early."""

    setting: Setting
    label: str
    on: date | None
    origin: Origin


def counting_preliminary(patient: Patient) -> Patient:
    """Return the chart as it would be if its preliminary results were final."""
    more, labs = patient.preliminary or Preliminary(), dict(patient.labs)
    for each in reversed(more.labs):
        labs[each.test] = (each, *labs.get(each.test, ()))
    return msgspec.structs.replace(
        patient,
        labs=labs,
        lvefs=(*more.lvefs, *patient.lvefs),
        pregnancy_tests=(*more.pregnancy_tests, *patient.pregnancy_tests),
        weights=(*more.weights, *patient.weights),
    )


def setting_of(stagings: Iterable[Staging]) -> Setting | None:
    """Return the setting: metastatic if anything says so, because a cancer does not revert to early."""
    settings = {staging.setting for staging in stagings}
    return Setting.METASTATIC if Setting.METASTATIC in settings else Setting.EARLY if settings else None


class Diagnosis(msgspec.Struct, frozen=True):
    """A cancer on record."""

    cancer: Cancer
    label: str
    origin: Origin


class Patient(msgspec.Struct, frozen=True):
    """The patient's chart, as far as it matters for HER2-targeted drugs."""

    weights: tuple[Weight, ...] = ()
    lvefs: tuple[Lvef, ...] = ()
    labs: Mapping[str, tuple[LabResult, ...]] = msgspec.field(default_factory=dict)
    her2: tuple[Her2Result, ...] = ()
    receptors: tuple[ReceptorResult, ...] = ()
    coded_her2: tuple[CodedHer2, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    problems: tuple[PresentProblem, ...] = ()
    pregnancy_tests: tuple[PregnancyTest, ...] = ()
    mutations: tuple[Mutation, ...] = ()
    sex: str = ""
    """The administrative sex."""
    birth_date: date | None = None
    treatments: tuple[Treatment, ...] = ()
    stagings: tuple[Staging, ...] = ()
    gaps: tuple[Gap, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    """The unavailable parts of the chart, by prefetch key, each with the reason."""
    site_results: tuple[SiteResult, ...] = ()
    """Results that only site rules use."""
    site_problems: tuple[SiteProblem, ...] = ()
    sex_at_birth: str = ""
    possible_doses: tuple[PossibleDose, ...] = ()
    """Statements, dispenses and procedures that may be doses given."""
    preliminary: Preliminary | None = None

    @property
    def setting(self) -> Setting | None:
        """Whether the cancer is metastatic or early, as far as the chart says."""
        return setting_of(self.stagings)

    @property
    def hormone_receptor_positive(self) -> bool | None:
        """Whether the tumor is hormone receptor-positive, as far as the chart says."""
        return hormone_receptor_positive(self.receptors)
