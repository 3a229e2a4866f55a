"""What the codes and words of a chart mean."""

from __future__ import annotations

from decimal import Decimal

from cards.records.kinds import Cancer, Problem, Route
from cards.records.sourced import Cited, Record


class CodeEntry(Record, frozen=True, kw_only=True):
    """A code of a concept; its own source where it differs from the group's."""

    code: str
    display: str
    by: Cited | None = None


class ValueEntry(Record, frozen=True, kw_only=True):
    """A coded or written result and what it says."""

    means: str
    loinc_answers: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    by: Cited


class Concept(Record, frozen=True, kw_only=True):
    """A measurement that rules use: the codes that mean it and the range in which a number can be believed."""

    display: str
    order_display: str | None = None
    order_loinc: str | None = None
    unit: str | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    loinc: tuple[CodeEntry, ...]
    snomed: tuple[CodeEntry, ...] = ()
    never: tuple[CodeEntry, ...] = ()
    by: Cited


class DiagnosisGroup(Record, frozen=True, kw_only=True):
    """Codes of conditions that mean one cancer; ICD-10 entries are prefixes."""

    cancer: Cancer
    icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...] = ()
    texts: tuple[str, ...]
    by: Cited


class MetastasisCodes(Record, frozen=True, kw_only=True):
    """Codes that say the cancer has spread beyond its region, and codes that look so and do not."""

    icd10: tuple[str, ...]
    regional_icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...]
    history_snomed: tuple[CodeEntry, ...]
    by: Cited


class ProblemGroup(Record, frozen=True, kw_only=True):
    """Codes and words of conditions that mean one problem; ICD-10 entries are prefixes."""

    problem: Problem
    icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...] = ()
    texts: tuple[str, ...]
    by: Cited


class PositiveRatio(Record, frozen=True, kw_only=True):
    """The HER2 to chromosome 17 ratio from which in situ hybridisation is positive."""

    at_least: Decimal
    by: Cited


class GeneCodes(Record, frozen=True, kw_only=True):
    """How a sequencing result says that it is about ERBB2: the gene's names, and the codes of the parts that say so."""

    erbb2: tuple[str, ...]
    gene_studied: str
    variant_assessment: str
    by: Cited


class RouteWords(Record, frozen=True, kw_only=True):
    """The codes and words of a route."""

    route: Route
    snomed: tuple[CodeEntry, ...]
    texts: tuple[str, ...]
    by: Cited


class Terminology(Record, frozen=True, kw_only=True):
    """Everything that says what a code in a chart means."""

    concepts: dict[str, Concept]
    her2_values: tuple[ValueEntry, ...]
    diagnoses: tuple[DiagnosisGroup, ...]
    metastasis: MetastasisCodes
    problems: tuple[ProblemGroup, ...]
    ish_positive: PositiveRatio
    genes: GeneCodes
    routes: tuple[RouteWords, ...]
