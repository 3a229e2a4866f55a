"""What the codes and words of a chart mean."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.kinds import Cancer, Harm, Kind, Panel, Problem, Query, Route, Setting
from cards.knowledge.schema.monitoring import Band
from cards.knowledge.schema.reference_ranges import ReferenceRanges
from cards.knowledge.schema.sourced import Cited, KnowledgeRecord
from cards.knowledge.schema.units import Units


class CodeEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A code of a concept; its own source where it differs from the group's. ``tumour``: it names the organ."""

    code: str
    display: str
    tumour: Cancer | None = None
    by: Cited | None = None


class LocalCode(KnowledgeRecord, frozen=True, kw_only=True):
    """A code of a system of the site's, by the system's address."""

    system: str
    code: str


class ValueEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """A coded result and what it says."""

    means: str
    loinc_answers: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    by: Cited


class Concept(KnowledgeRecord, frozen=True, kw_only=True):
    """A measurement that rules use: the codes that mean it and the range in which a number can be believed.

    ``asked_by`` is the prefetch query that asks for it; of a range of numbers the end counts on which ``harm`` lies.
    ``unit`` is the one that rules judge in, ``units`` names the table of those that it may be reported in.
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
    """The ICD-10 categories, from one to another, that are a primary cancer of some kind, and those that are not."""

    icd10: tuple[tuple[str, str], ...]
    never_icd10: tuple[str, ...]
    by: Cited


class MetastasisCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """Codes and words that say the cancer has spread beyond its region, and those that look so and do not."""

    icd10: tuple[str, ...]
    regional_icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...]
    history_snomed: tuple[CodeEntry, ...]
    texts: tuple[str, ...]
    never_texts: tuple[str, ...]
    by: Cited


class StageWords(KnowledgeRecord, frozen=True, kw_only=True):
    """How a stage says which setting it means.

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
    """What a diagnosis code states of the receptors; what it leaves open is not named."""

    icd10: str | None = None
    snomed: str | None = None
    oestrogen: bool | None = None
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


class NotTheDisease(KnowledgeRecord, frozen=True, kw_only=True):
    """Words that make a written diagnosis something else: a history, a suspicion, a screening.

    Those of ``before`` deny what follows them.
    """

    texts: tuple[str, ...]
    before: tuple[str, ...]
    by: Cited


class ProblemGroup(KnowledgeRecord, frozen=True, kw_only=True):
    """Codes and words of conditions that mean one problem; ICD-10 entries are prefixes, texts whole words.

    ``unless`` are words that make a text another problem. ``past_counts``: it is a state that does not end.
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

    ``denied`` and ``past`` stand before it, ``denied_after`` and ``past_after`` behind it. ``not_it`` makes it somebody
    else's, or care to find or prevent it. ``described`` changes nothing, ``joins`` parts it
    from another diagnosis.
    """

    denied: tuple[str, ...]
    denied_after: tuple[str, ...]
    doubted: tuple[str, ...]
    past: tuple[str, ...]
    past_after: tuple[str, ...]
    not_it: tuple[str, ...]
    described: tuple[str, ...]
    joins: tuple[str, ...]
    by: Cited


class Nearness(KnowledgeRecord, frozen=True, kw_only=True):
    """How near a limit a number decides nothing."""

    number: Decimal
    by: Cited


class PositiveRatio(KnowledgeRecord, frozen=True, kw_only=True):
    """The HER2 to chromosome 17 ratio from which in situ hybridization is positive, and the highest one believed.

    A ratio that is worked out from two rounded counts decides nothing within ``worked_out_within`` of the limit.
    """

    at_least: Decimal
    believed_to: Decimal
    worked_out_within: Nearness
    by: Cited


class CopyLimits(KnowledgeRecord, frozen=True, kw_only=True):
    """The HER2 gene copies in a nucleus from which ISH is positive, and below which it is negative; between: open.

    A number above ``believed_to`` is a total over many cells, not an average per nucleus.
    """

    positive_at_least: Decimal
    negative_below: Decimal
    believed_to: Decimal
    by: Cited


class StainedShare(KnowledgeRecord, frozen=True, kw_only=True):
    """The share of stained tumour cells, in per cent, up to which the cells are few."""

    few_up_to: Decimal
    by: Cited


class LvefInWords(KnowledgeRecord, frozen=True, kw_only=True):
    """Which numbers a text may state as an ejection fraction, in per cent.

    ``widest`` is the widest range believed, ``narrow`` the widest that a word for the normal describes; ``normal``,
    ``reduced`` and ``severe`` are where the values lie that such a description goes with.
    """

    widest: Decimal
    narrow: Decimal
    normal: Band
    reduced: Band
    severe: Band
    by: Cited


class GeneCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """How a sequencing result says that it is about ERBB2: the gene's names, and the codes of the parts that say so.

    ``copy_number`` is the part that counts copies, ``other_changes`` the kinds of change that are no mutation.
    """

    erbb2: tuple[str, ...]
    gene_studied: str
    variant_assessment: str
    copy_number: str
    other_changes: tuple[str, ...]
    by: Cited
    by_changes: Cited


class RouteWords(KnowledgeRecord, frozen=True, kw_only=True):
    """The codes and words of a route: ``texts`` are whole, ``words`` mean it wherever they stand."""

    route: Route
    snomed: tuple[CodeEntry, ...]
    texts: tuple[str, ...]
    words: tuple[str, ...] = ()
    by: Cited


class Terminology(KnowledgeRecord, frozen=True, kw_only=True):
    """Everything that says what a code in a chart means."""

    concepts: dict[str, Concept]
    her2_values: tuple[ValueEntry, ...]
    diagnoses: tuple[DiagnosisGroup, ...]
    other_cancers: OtherCancers
    metastasis: MetastasisCodes
    stages: tuple[StageWords, ...]
    not_the_disease: NotTheDisease
    problem_words: ProblemWords
    receptor_codes: ReceptorCodes
    problems: tuple[ProblemGroup, ...]
    ish_positive: PositiveRatio
    her2_copies: CopyLimits
    her2_stained: StainedShare
    lvef_in_words: LvefInWords
    genes: GeneCodes
    routes: tuple[RouteWords, ...]
    units: Units = Units(ignored=(), volumes=(), tables={})
    """In a file of their own, as are the words of reference ranges."""
    reference_ranges: ReferenceRanges = ReferenceRanges()
    site_problems: tuple[str, ...] = ()
    """Codes of problems that only the rules of the site ask about, each "system|code"."""

    def of_kind(self, *kinds: Kind) -> tuple[str, ...]:
        """List the concepts of some kinds."""
        return tuple(name for name, concept in self.concepts.items() if concept.kind in kinds)

    def asked_by(self, query: Query) -> tuple[str, ...]:
        """List the concepts that a prefetch query asks for."""
        return tuple(name for name, concept in self.concepts.items() if concept.asked_by is query)

    def in_panel(self, panel: Panel) -> tuple[str, ...]:
        """List the laboratory tests of a panel."""
        return tuple(name for name, concept in self.concepts.items() if concept.panel is panel)

    @property
    def harmful_when_high(self) -> frozenset[str]:
        """The measurements for which a high value is harmful."""
        return frozenset(name for name, concept in self.concepts.items() if concept.harm is Harm.HIGH)
