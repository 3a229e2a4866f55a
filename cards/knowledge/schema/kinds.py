"""The words that knowledge and facts share: cancers, settings, grades, routes, actions."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What the service does with orders of a product."""

    CHECKED = "checked"
    NEIGHBOUR = "neighbour"
    """Known only so that it is not taken for another."""


class Basis(StrEnum):
    """What a dose of the product is measured by."""

    WEIGHT = "weight"
    FIXED = "fixed"


class Route(StrEnum):
    """How the product is given."""

    INTRAVENOUS = "intravenous"
    SUBCUTANEOUS = "subcutaneous"
    ORAL = "oral"
    OTHER = "other"
    """A route by which no product here is given, such as into a muscle or the spinal canal."""


class Cancer(StrEnum):
    """The cancers that the labels tell apart."""

    BREAST = "breast"
    GASTRIC = "gastric"
    LUNG = "lung"
    BILIARY = "biliary"
    COLORECTAL = "colorectal"
    OTHER = "other"


class Setting(StrEnum):
    """Whether the cancer has spread."""

    METASTATIC = "metastatic"
    EARLY = "early"


class Tier(StrEnum):
    """HER2 status in the grades that the labels turn on."""

    POSITIVE = "positive"
    LOW = "low"
    ULTRALOW = "ultralow"
    NULL = "null"


class LevelRole(StrEnum):
    """What a dose level is for."""

    START = "start"
    LOADING = "loading"
    MAINTENANCE = "maintenance"
    STEP = "step"
    """A lower dose on the way up to the full one, or down from it."""
    REDUCTION = "reduction"
    ADJUSTED = "adjusted"
    """For an interaction or an impairment on record, and no level without it."""


class Diluent(StrEnum):
    """What an infusion is made up in."""

    DEXTROSE = "dextrose"
    SODIUM_CHLORIDE = "sodium chloride"


class Problem(StrEnum):
    """What a label stops treatment for, beside numbers, and what bears on that."""

    ILD = "ild"
    HEART_FAILURE = "heart-failure"
    PREGNANCY = "pregnancy"
    NODULAR_HYPERPLASIA = "nodular-hyperplasia"
    """Nodular regenerative hyperplasia of the liver."""
    GILBERT = "gilbert"
    """Gilbert syndrome: bilirubin is high and the liver is well. It stops nothing; a card says that it is there."""
    SEVERE_HEPATIC = "severe-hepatic-impairment"
    """Child-Pugh class C. It stops nothing by itself; some labels give a lower dose for it."""
    INFERTILE = "infertile"
    """After menopause or hysterectomy: no pregnancy test is asked for."""


class Action(StrEnum):
    """What a label says to do about a result, the mildest first."""

    CONTINUE = "continue"
    RECHECK = "recheck"
    HOLD = "hold"
    DISCONTINUE = "discontinue"

    @property
    def severity(self) -> int:
        """Rank the actions."""
        return _RANKS[self]


_RANKS = {action: rank for rank, action in enumerate(Action)}


class Kind(StrEnum):
    """What sort of result a concept has."""

    LABORATORY = "laboratory"
    """A number with a unit; the newest result counts."""
    MEASUREMENT = "measurement"
    """A number with a unit; all results count."""
    FINDING = "finding"
    """A code or a text."""
    SITE = "site"
    """Read for the rules of a site alone: a number, a code or a text, as it is written."""


class Query(StrEnum):
    """The prefetch queries of Observations, by their keys."""

    WEIGHT = "weight"
    TUMOR_MARKERS = "tumorMarkers"
    LVEF = "lvef"
    LABS = "labs"


class Panel(StrEnum):
    """The laboratory tests that one card speaks of."""

    LIVER = "liver"
    BLOOD_COUNT = "blood-count"


class Harm(StrEnum):
    """On which side of a measurement harm lies."""

    HIGH = "high"
    LOW = "low"


class MissingTestTopic(StrEnum):
    """The topics that ask for tests before a dose; topics of `cards.facts.topics`."""

    LIVER_TESTS = "liver-tests-missing"
    BLOOD_COUNT = "blood-count-missing"
