"""The enumerations that knowledge and facts share: cancers, settings, grades, routes, actions."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What the service does with orders of a product."""

    CHECKED = "checked"
    RECOGNIZED_ONLY = "recognized-only"
    """Known only so that it is not mistaken for a checked drug."""


class Basis(StrEnum):
    """Whether doses of the product are per kilogram or fixed."""

    WEIGHT = "weight"
    FIXED = "fixed"


class Route(StrEnum):
    """How the product is given."""

    INTRAVENOUS = "intravenous"
    SUBCUTANEOUS = "subcutaneous"
    ORAL = "oral"
    OTHER = "other"
    """A route that is wrong for every product here, such as intramuscular or intrathecal."""


class Cancer(StrEnum):
    """The cancers that the labels distinguish."""

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
    """HER2 status, in the grades that the labels use."""

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
    """Only for an interaction or an impairment on record."""


class Diluent(StrEnum):
    """The diluent of an infusion."""

    DEXTROSE = "dextrose"
    SODIUM_CHLORIDE = "sodium chloride"


class Problem(StrEnum):
    """Conditions other than results that stop or affect treatment."""

    ILD = "ild"
    HEART_FAILURE = "heart-failure"
    PREGNANCY = "pregnancy"
    NODULAR_HYPERPLASIA = "nodular-hyperplasia"
    """Nodular regenerative hyperplasia of the liver."""
    RADIATION_PNEUMONITIS = "radiation-pneumonitis"
    """Pneumonitis by radiation, for which the label of Kadcyla has another rule than for other lung disease."""
    GILBERT = "gilbert"
    """Gilbert syndrome: bilirubin is high in a healthy liver. It does not stop treatment; a card mentions it."""
    SEVERE_HEPATIC = "severe-hepatic-impairment"
    """Child-Pugh class C. It does not stop treatment by itself; some labels have a lower dose for it."""
    PREGNANCY_OVER = "pregnancy-over"
    """A delivery or a loss, which ends the pregnancies that began before."""
    MENSTRUATION = "last-menstruation"
    """The last menstrual period. With a negative test since then, earlier pregnancies have ended."""
    INFERTILE = "infertile"
    """After menopause or hysterectomy: no pregnancy test is needed."""


class Action(StrEnum):
    """What a label says to do about a result, mildest first."""

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
    """The kind of result of a concept."""

    LABORATORY = "laboratory"
    """A number with a unit; the newest result counts."""
    MEASUREMENT = "measurement"
    """A number with a unit; all results count."""
    FINDING = "finding"
    """A code or a text."""
    SITE = "site"
    """Only for site rules: a number, a code or a text, as written."""


class Query(StrEnum):
    """The prefetch queries of Observations, by their keys."""

    WEIGHT = "weight"
    TUMOR_MARKERS = "tumorMarkers"
    LVEF = "lvef"
    LABS = "labs"


class Panel(StrEnum):
    """Laboratory tests that share a card."""

    LIVER = "liver"
    BLOOD_COUNT = "blood-count"


class Harm(StrEnum):
    """Whether a high or a low value is harmful."""

    HIGH = "high"
    LOW = "low"


class MissingTestTopic(StrEnum):
    """The topics that ask for tests before a dose; topics of `cards.facts.topics`."""

    LIVER_TESTS = "liver-tests-missing"
    BLOOD_COUNT = "blood-count-missing"
