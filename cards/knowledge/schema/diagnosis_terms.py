"""Codes and words of diagnoses: cancers, metastases, stages, receptors and other problems."""

from __future__ import annotations

import msgspec

from cards.knowledge.schema.code_entries import CodeEntry
from cards.knowledge.schema.kinds import Cancer, Problem, Setting
from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


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
    """Diagnosis codes that state a receptor status: they support a result and never replace one.

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

    ``unless`` are words that make a text another problem, ``describes`` those that cast doubt on another problem and
    only describe this one. ``past_counts``: it is a permanent state.
    """

    problem: Problem
    icd10: tuple[str, ...]
    snomed: tuple[CodeEntry, ...] = ()
    texts: tuple[str, ...]
    unless: tuple[str, ...] = ()
    describes: tuple[str, ...] = ()
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


class ProblemCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """Prefixes of codes that mean a problem or may mean it; those in ``except_icd10`` do not.

    ``texts`` are words that may mean it, in folded text.
    """

    problem: Problem
    icd10: tuple[str, ...] = ()
    icd9: tuple[str, ...] = ()
    except_icd10: tuple[str, ...] = msgspec.field(default=(), name="except")
    texts: tuple[str, ...] = ()
    by: Cited


class CancerCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """Prefixes of codes of ICD-9-CM that mean one cancer."""

    cancer: Cancer
    icd9: tuple[str, ...]


class DiagnosisCodes(KnowledgeRecord, frozen=True, kw_only=True):
    """What the code of a diagnosis says without words.

    ``problems`` are read, ``may_be`` reported if the code has no text. ``not_used_snomed`` are problems that
    no rule uses, ``no_problem`` codes of any system for an empty list, ``placeholders`` texts that say nothing.
    """

    problems: tuple[ProblemCodes, ...] = ()
    may_be: tuple[ProblemCodes, ...] = ()
    cancers: tuple[CancerCodes, ...] = ()
    other_cancers_icd9: tuple[tuple[str, str], ...] = ()
    metastasis_icd9: tuple[str, ...] = ()
    not_used_snomed: tuple[CodeEntry, ...] = ()
    no_problem: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    by: Cited | None = None
    by_icd9: Cited | None = None
    by_snomed: Cited | None = None
