"""The meaning of codes and words in a chart."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.code_entries import CodeEntry, LocalCode, ValueEntry
from cards.knowledge.schema.diagnosis_terms import (
    DiagnosisCertainty,
    DiagnosisCodes,
    DiagnosisGroup,
    DiagnosisHer2,
    MetastasisCodes,
    NotTheDisease,
    OtherCancers,
    ProblemGroup,
    ProblemWords,
    ReceptorCodes,
    StageWords,
)
from cards.knowledge.schema.kinds import Harm, Kind, Panel, Query, Route
from cards.knowledge.schema.monitoring import Band
from cards.knowledge.schema.note_statements import NoteStatements
from cards.knowledge.schema.reference_ranges import ReferenceRanges
from cards.knowledge.schema.result_doubts import ResultDoubts
from cards.knowledge.schema.sourced import Cited, KnowledgeRecord
from cards.knowledge.schema.units import Units


class Concept(KnowledgeRecord, frozen=True, kw_only=True):
    """A measurement that rules use: its codes and the plausible range of its values.

    ``asked_by`` is its prefetch query; for a range of numbers, the end on the side of ``harm`` counts. ``unit`` is the
    canonical unit, ``plausible_limit`` the believable upper limits of normal. Both ranges are bounds of this service;
    no source states them. ``units`` names the table of units that it may be reported in. ``names`` are those of a
    result without a standard code, which is told and not read; ``names_with_unit`` are also those of others, and count
    with a unit of this one. ``button`` is the name on a button that orders the test, where ``display`` would order
    something else: "order platelets" is a transfusion.
    """

    display: str
    order_display: str | None = None
    button: str | None = None
    order_loinc: str | None = None
    kind: Kind = Kind.FINDING
    asked_by: Query | None = None
    panel: Panel | None = None
    harm: Harm | None = None
    unit: str | None = None
    units: str | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    plausible_limit: tuple[Decimal, Decimal] | None = None
    loinc: tuple[CodeEntry, ...]
    snomed: tuple[CodeEntry, ...] = ()
    never: tuple[CodeEntry, ...] = ()
    local: tuple[LocalCode, ...] = ()
    names: tuple[str, ...] = ()
    names_with_unit: tuple[str, ...] = ()
    by: Cited


class ResultNoteWords(KnowledgeRecord, frozen=True, kw_only=True):
    """What a note may say against a result: ``voids`` it, or a weight was ``stated``.

    So does one of ``stated_number`` before the number of a weight. Behind one of ``about_another`` in a sentence, or of
    ``denials`` in a part of it, none of them counts. One of ``corrects`` before another number than the value voids it,
    too. A word ends in "*" where any ending may follow.
    """

    voids: tuple[str, ...]
    stated: tuple[str, ...]
    stated_number: tuple[str, ...] = ()
    corrects: tuple[str, ...] = ()
    about_another: tuple[str, ...]
    denials: tuple[str, ...] = ()
    by: Cited


class OtherNames(KnowledgeRecord, frozen=True, kw_only=True):
    """Words in the name of a result of some concepts that say it is another measurement, without one of ``unless``.

    ``of_panels`` is false for names of other tests: a panel with the result may have them in its own name.
    """

    concepts: tuple[str, ...]
    words: tuple[str, ...]
    unless: tuple[str, ...] = ()
    of_panels: bool = True


class Nearness(KnowledgeRecord, frozen=True, kw_only=True):
    """The tolerance around a limit within which a number decides nothing."""

    number: Decimal
    by: Cited


class PositiveRatio(KnowledgeRecord, frozen=True, kw_only=True):
    """The HER2 to chromosome 17 ratio from which in situ hybridization is positive, and the highest plausible one.

    A ratio calculated from two rounded counts decides nothing within ``worked_out_within`` of the limit.
    """

    at_least: Decimal
    believed_to: Decimal
    worked_out_within: Nearness
    by: Cited


class CopyLimits(KnowledgeRecord, frozen=True, kw_only=True):
    """The HER2 gene copies per nucleus from which ISH is positive, and below which it is negative.

    Between the two it is undecided. A number above ``believed_to`` is a total over many cells, not an average per
    nucleus.
    """

    positive_at_least: Decimal
    negative_below: Decimal
    believed_to: Decimal
    by: Cited


class HcgLimits(KnowledgeRecord, frozen=True, kw_only=True):
    """The amounts of hCG, in mIU/mL, below which a pregnancy test is negative and from which it is positive."""

    negative_below: Decimal
    positive_at_least: Decimal
    by: Cited


class PregnancyStates(KnowledgeRecord, frozen=True, kw_only=True):
    """The codes and words by which an Observation says whether the patient is pregnant, and the days to term."""

    pregnant: tuple[str, ...] = ()
    not_pregnant: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    term_days: Decimal = Decimal(0)
    by: Cited | None = None


class StainedShare(KnowledgeRecord, frozen=True, kw_only=True):
    """The percentage of stained tumor cells up to which the cells are few."""

    few_up_to: Decimal
    by: Cited


class HoursBetween(KnowledgeRecord, frozen=True, kw_only=True):
    """The fewest and the most hours."""

    at_least: int
    at_most: int


class SpecimenHandling(KnowledgeRecord, frozen=True, kw_only=True):
    """How a specimen is handled before HER2 staining: at most so long without fixation, and so long in formalin."""

    ischemia_minutes: int
    fixation_hours: HoursBetween
    by: Cited


class LvefInWords(KnowledgeRecord, frozen=True, kw_only=True):
    """The plausible numbers for an ejection fraction in a text, in percent.

    ``widest`` is the widest plausible range, ``narrow`` the widest that "normal" can describe; ``normal``, ``reduced``
    and ``severe`` are the values that fit such a description. From a fall of ``told_from`` points on, a text with both
    values, or a report with the lower one, is told as it is written.
    """

    widest: Decimal
    narrow: Decimal
    told_from: Decimal
    normal: Band
    reduced: Band
    severe: Band
    by: Cited


class GeneCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """How a sequencing result refers to ERBB2: the gene's codes and names, and the codes of its components.

    ``copy_number`` is the component with copies. ``other_changes`` are the kinds of change that are not activating
    mutations, ``not_pathogenic`` the assessments of a variant that is not known to be one, ``significance`` the code
    of an assessment.
    """

    erbb2: tuple[str, ...]
    gene_studied: str
    variant_assessment: str
    erbb2_names: tuple[str, ...] = ()
    copy_number: str
    significance: str
    other_changes: tuple[str, ...]
    not_pathogenic: tuple[str, ...]
    by: Cited
    by_changes: Cited
    by_assessments: Cited


class RouteWords(KnowledgeRecord, frozen=True, kw_only=True):
    """The codes and words of a route: ``texts`` are complete texts, ``words`` count anywhere in a text."""

    route: Route
    snomed: tuple[CodeEntry, ...]
    texts: tuple[str, ...]
    words: tuple[str, ...] = ()
    by: Cited


class Terminology(KnowledgeRecord, frozen=True, kw_only=True):
    """The whole terminology."""

    concepts: dict[str, Concept]
    her2_values: tuple[ValueEntry, ...]
    diagnoses: tuple[DiagnosisGroup, ...]
    other_cancers: OtherCancers
    metastasis: MetastasisCodes
    stages: tuple[StageWords, ...]
    not_the_disease: NotTheDisease
    problem_words: ProblemWords
    diagnosis_certainty: DiagnosisCertainty
    receptor_codes: ReceptorCodes
    diagnosis_her2: DiagnosisHer2
    result_notes: ResultNoteWords
    names_another: tuple[OtherNames, ...] = ()
    times_normal: tuple[str, ...] = ()
    words_beside_tests: tuple[str, ...] = ()
    words_for_values: tuple[str, ...] = ()
    words_beside_weight: tuple[str, ...] = ()
    words_for_other_values: tuple[str, ...] = ()
    """The name of a part that says no more than that it is the value."""
    problems: tuple[ProblemGroup, ...]
    ish_positive: PositiveRatio
    her2_copies: CopyLimits
    her2_stained: StainedShare
    her2_handling: SpecimenHandling
    hcg: HcgLimits
    pregnancy_states: PregnancyStates = PregnancyStates()
    lvef_in_words: LvefInWords
    genes: GeneCodes
    routes: tuple[RouteWords, ...]
    units: Units = Units(ignored=(), volumes=(), tables={})
    """In a separate file, like the words of reference ranges, of doubts and of notes."""
    reference_ranges: ReferenceRanges = ReferenceRanges()
    result_doubts: ResultDoubts = ResultDoubts()
    note_statements: NoteStatements = NoteStatements()
    diagnosis_codes: DiagnosisCodes = DiagnosisCodes()
    """In a separate file."""
    site_problems: tuple[str, ...] = ()
    """Codes of problems that only site rules use, each "system|code"."""

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """List the concepts of some kinds."""
        return tuple(name for name, concept in self.concepts.items() if concept.kind in kinds)

    def asked_by(self, query: Query) -> tuple[str, ...]:
        """List the concepts of a prefetch query."""
        return tuple(name for name, concept in self.concepts.items() if concept.asked_by is query)

    def in_panel(self, panel: Panel) -> tuple[str, ...]:
        """List the laboratory tests of a panel."""
        return tuple(name for name, concept in self.concepts.items() if concept.panel is panel)

    @property
    def harmful_when_high(self) -> frozenset[str]:
        """The measurements for which a high value is harmful."""
        return frozenset(name for name, concept in self.concepts.items() if concept.harm is Harm.HIGH)
