"""The meaning of codes and words in a chart."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.kinds import Cancer, Harm, Kind, Panel, Problem, Query, Route, Setting
from cards.knowledge.schema.monitoring import Band
from cards.knowledge.schema.reference_ranges import ReferenceRanges
from cards.knowledge.schema.sourced import Cited, KnowledgeRecord
from cards.knowledge.schema.units import Units


class CodeEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A code of a concept; its own source where it differs from the group's. ``tumor``: it names the organ."""

    code: str
    display: str
    tumor: Cancer | None = None
    by: Cited | None = None


class LocalCode(KnowledgeRecord, frozen=True, kw_only=True):
    """A code of a system of the site's, by the system's address."""

    system: str
    code: str


class ValueEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A coded result and its meaning."""

    means: str
    loinc_answers: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    by: Cited


class Concept(KnowledgeRecord, frozen=True, kw_only=True):
    """A measurement that rules use: its codes and the plausible range of its values.

    ``asked_by`` is its prefetch query; for a range of numbers, the end on the side of ``harm`` counts. ``unit`` is the
    canonical unit, ``units`` names the table of units that it may be reported in.
    """

    display: str
    order_display: str | None = None
    order_loinc: str | None = None
    kind: Kind = Kind.FINDING
    asked_by: Query | None = None
    panel: Panel | None = None
    harm: Harm | None = None
    unit: str | None = None
    units: str | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    loinc: tuple[CodeEntry, ...]
    snomed: tuple[CodeEntry, ...] = ()
    never: tuple[CodeEntry, ...] = ()
    local: tuple[LocalCode, ...] = ()
    by: Cited


class DiagnosisGroup(KnowledgeRecord, frozen=True, kw_only=True):
    """Codes of conditions that mean one cancer; ICD-10 entries are prefixes."""

    cancer: Cancer
    icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...] = ()
    texts: tuple[str, ...]
    by: Cited


class OtherCancers(KnowledgeRecord, frozen=True, kw_only=True):
    """The ranges of ICD-10 categories for primary cancers, and the exceptions."""

    icd10: tuple[tuple[str, str], ...]
    never_icd10: tuple[str, ...]
    by: Cited


class MetastasisCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """Codes and words for metastatic cancer, and those that look similar but do not mean it."""

    icd10: tuple[str, ...]
    regional_icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...]
    history_snomed: tuple[CodeEntry, ...]
    texts: tuple[str, ...]
    never_texts: tuple[str, ...]
    by: Cited


class StageWords(KnowledgeRecord, frozen=True, kw_only=True):
    """How a stage expresses the setting.

    ``groups`` stand alone or after the word "stage", with the letters of their subgroups; ``categories`` are those of
    distant metastasis, alone or inside a TNM formula; ``texts`` are parts of a written diagnosis.
    """

    setting: Setting
    groups: tuple[str, ...]
    categories: tuple[str, ...]
    texts: tuple[str, ...] = ()
    snomed: tuple[CodeEntry, ...]
    by: Cited


class ReceptorCode(KnowledgeRecord, frozen=True, kw_only=True):
    """The receptor statuses in a diagnosis code; unknown ones are left out."""

    icd10: str | None = None
    snomed: str | None = None
    estrogen: bool | None = None
    progesterone: bool | None = None
    hormone: bool | None = None
    her2: bool | None = None


class ReceptorCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """Diagnosis codes that state a receptor status: they support a result and never stand in for one.

    ``by`` is the source of the ICD-10-CM codes, ``by_snomed`` that of the others.
    """

    codes: tuple[ReceptorCode, ...]
    by: Cited
    by_snomed: Cited

    def source_of(self, code: str) -> Cited:
        """Return the source of one code."""
        return self.by_snomed if any(each.snomed == code for each in self.codes) else self.by


class DiagnosisHer2(KnowledgeRecord, frozen=True, kw_only=True):
    """How the text of a diagnosis names HER2 and its status.

    ``between`` may stand between the two, ``positive_alone`` and ``negative_alone`` need no name, ``unsure`` anywhere
    makes the text say nothing. Only a text with one of ``hints`` is read.
    """

    hints: tuple[str, ...]
    names: tuple[str, ...]
    between: tuple[str, ...]
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    positive_alone: tuple[str, ...]
    negative_alone: tuple[str, ...]
    unsure: tuple[str, ...]
    by: Cited


class NotTheDisease(KnowledgeRecord, frozen=True, kw_only=True):
    """Words that make a written diagnosis something else: a history, a suspicion, a screening.

    Those in ``before`` negate what follows them.
    """

    texts: tuple[str, ...]
    before: tuple[str, ...]
    by: Cited


class ProblemGroup(KnowledgeRecord, frozen=True, kw_only=True):
    """Codes and words of conditions that mean one problem; ICD-10 entries are prefixes, texts whole words.

    ``unless`` are words that make a text another problem. ``past_counts``: it is a permanent state.
    """

    problem: Problem
    icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...] = ()
    texts: tuple[str, ...]
    unless: tuple[str, ...] = ()
    past_counts: bool = False
    by: Cited


class ProblemWords(KnowledgeRecord, frozen=True, kw_only=True):
    """What may stand around the words of a problem: each list says what it makes of the problem.

    ``denied`` and ``past`` stand before it, ``denied_after`` and ``past_after`` behind it; what is ``unconfirmed`` is
    not there unless it was suspected. ``not_it`` makes it somebody else's, or care to find or prevent it.
    ``described`` changes nothing, ``causes`` make it the cause of what stands before, ``joins`` parts it from another
    diagnosis.
    """

    denied: tuple[str, ...]
    denied_after: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    doubted: tuple[str, ...]
    past: tuple[str, ...]
    past_after: tuple[str, ...]
    not_it: tuple[str, ...]
    described: tuple[str, ...]
    causes: tuple[str, ...]
    joins: tuple[str, ...]
    by: Cited


class DiagnosisCertainty(KnowledgeRecord, frozen=True, kw_only=True):
    """The additional signs by which ICD-10-GM says that a diagnosis is excluded, suspected or past."""

    excluded: str
    suspected: str
    past: str
    by: Cited


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


class StainedShare(KnowledgeRecord, frozen=True, kw_only=True):
    """The percentage of stained tumor cells up to which the cells are few."""

    few_up_to: Decimal
    by: Cited


class LvefInWords(KnowledgeRecord, frozen=True, kw_only=True):
    """The plausible numbers for an ejection fraction in a text, in percent.

    ``widest`` is the widest plausible range, ``narrow`` the widest that "normal" can describe; ``normal``, ``reduced``
    and ``severe`` are the values that fit such a description.
    """

    widest: Decimal
    narrow: Decimal
    normal: Band
    reduced: Band
    severe: Band
    by: Cited


class GeneCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """How a sequencing result refers to ERBB2: the gene's codes and names, and the codes of its components.

    ``copy_number`` is the component with copies, ``other_changes`` the kinds of change that are not mutations.
    """

    erbb2: tuple[str, ...]
    gene_studied: str
    variant_assessment: str
    erbb2_names: tuple[str, ...] = ()
    copy_number: str
    other_changes: tuple[str, ...]
    by: Cited
    by_changes: Cited


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
    problems: tuple[ProblemGroup, ...]
    ish_positive: PositiveRatio
    her2_copies: CopyLimits
    her2_stained: StainedShare
    hcg: HcgLimits
    lvef_in_words: LvefInWords
    genes: GeneCodes
    routes: tuple[RouteWords, ...]
    units: Units = Units(ignored=(), volumes=(), tables={})
    """In a separate file, like the words of reference ranges."""
    reference_ranges: ReferenceRanges = ReferenceRanges()
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
