"""Reads the codes and the text of a diagnosis, in a Condition or an order.

Diagnoses repeat, in a chart and between patients, and reading one takes many patterns, so results are cached by codes
and text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import Cancer, Problem, Setting
from cards.values.caching import lazy
from cards.values.text_cache import LENGTH, TEXTS, cached_by_key, cached_by_text
from fhir_mappings.codings import NO_CODE_MAP, codings, texts
from fhir_mappings.patient.diagnosis_codes import DiagnosisCodeReader, plain, with_system
from fhir_mappings.patient.diagnosis_her2 import DiagnosisHer2Reader
from fhir_mappings.patient.problem_texts import problem_texts
from fhir_mappings.patient.problem_tokens import Said
from fhir_mappings.patient.staging import StageReader, words
from fhir_mappings.wire.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.schema import ReceptorCode, Terminology
    from fhir_mappings.codings import CodeMap, Coding
    from fhir_mappings.wire.lenient import Json

# Longer than any diagnosis; what follows is a narrative.
_LONGEST = 1000
_CUE = 6
"""The letters of a long word that are looked for before it is read."""
# Codes and displays in addition to the text.
_LENGTH = 2 * LENGTH


class Meaning(NamedTuple):
    """The meaning of a concept; text is read with its negations and doubts.

    ``settings`` are those named in the text, ``past_problem`` is a problem that counts even if the entry is in the
    past.
    ``said`` is what the words make of the problem, ``her2`` the HER2 status that the text of a cancer names.
    ``may_be`` is a problem that the code may mean and ``not_understood`` are its codes, where no words say more;
    ``is_empty``: it has neither.
    """

    cancer: Cancer | None
    is_metastasis: bool
    is_history: bool
    settings: frozenset[Setting]
    problem: Problem | None
    past_problem: Problem | None
    receptors: tuple[tuple[ReceptorCode, Coding], ...]
    said: Said = Said.STATED
    her2: bool | None = None
    may_be: Problem | None = None
    not_understood: tuple[Coding, ...] = ()
    is_empty: bool = False


class ConceptReader:
    """Reads the concepts of diagnoses; one reader serves every request."""

    def __init__(self, terminology: Terminology, stages: StageReader, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the codes and the words."""
        self._terminology = terminology
        self._stages = stages
        self._code_map = code_map
        self._groups = terminology.diagnoses
        self._snomed = {entry.code: group.cancer for group in terminology.diagnoses for entry in group.snomed}
        metastasis = terminology.metastasis
        self._metastasis_snomed = {entry.code for entry in metastasis.snomed}
        self._history_snomed = {entry.code for entry in metastasis.history_snomed}
        self._metastasis = {
            "icd10": plain(metastasis.icd10),
            "icd9": plain(terminology.diagnosis_codes.metastasis_icd9),
        }
        self._regional_icd10 = plain(metastasis.regional_icd10)
        self._metastasis_words = words(metastasis.texts)
        self._no_metastasis_words = words(metastasis.never_texts)
        self._not_the_disease = words(terminology.not_the_disease.texts)
        # "Secondary malignant neoplasm" is a metastasis, not a primary tumor.
        self._doubted = words(phrase for phrase in terminology.not_the_disease.texts if phrase != "secondary")
        self._denial = words(terminology.not_the_disease.before)
        around = terminology.problem_words
        # What says at the beginning of a text that a disease is only looked for, whatever its code.
        self._suspected = words(set(terminology.not_the_disease.texts).intersection(around.doubted))
        self._of_care, self._denied_after = words(around.not_it), words(around.denied_after)
        self._codes = DiagnosisCodeReader(terminology)
        self._lasting = frozenset(group.problem for group in terminology.problems if group.past_counts)
        self._in_words = problem_texts(terminology.problems, terminology.problem_words)
        self._receptors = {
            (system, code.replace(".", "")): entry
            for entry in terminology.receptor_codes.codes
            for system, code in (("icd10", entry.icd10), ("snomed", entry.snomed))
            if code is not None
        }
        self._her2 = DiagnosisHer2Reader(terminology.diagnosis_her2)
        self._may_be_words = [
            (each.problem, words(each.texts)) for each in terminology.diagnosis_codes.may_be if each.texts
        ]
        self._remembered = cached_by_key(TEXTS)(self._read)
        self.may_name_stop = cached_by_text(self._may_name_stop)

    def meaning(self, concept: Json) -> Meaning:
        """Read a concept, from the cache if possible."""
        coded, written = tuple(codings(concept, self._code_map)), tuple(texts(concept))
        length = 0
        for coding in coded:
            length += len(coding.code) + len(coding.display)
        for each in written:
            length += len(each)
        return (self._remembered if length <= _LENGTH else self._read)(coded, written)

    def named_in(self, written: str) -> dict[Problem, Said]:
        """Return what a text says of each problem that it names."""
        return self._in_words.read((written,))

    def _may_name_stop(self, written: str) -> bool:
        """Return False quickly for a text that names no lung disease, heart failure or pregnancy, as most do."""
        plain = fold(written)
        return "hcg" in plain or self._cues_of_stops.search(plain) is not None

    @lazy
    def _cues_of_stops(self) -> re.Pattern[str]:
        """How the longest word of each of their phrases begins; a short word is one by itself."""
        stops = (Problem.ILD, Problem.HEART_FAILURE, Problem.PREGNANCY)
        phrases = (each for group in self._terminology.problems if group.problem in stops for each in group.texts)
        longest = (max(re.findall(r"\w+", fold(each)), key=len) for each in phrases)
        cues = {re.escape(word[:_CUE]) if len(word) > _CUE else rf"{re.escape(word)}\b" for word in longest}
        return re.compile(rf"\b(?:{'|'.join(sorted(cues))})")

    def denied_in(self, written: Iterable[str]) -> list[Problem]:
        """List the problems of which texts say nothing but that they are not there."""
        return [problem for problem, said in self._in_words.read(written).items() if said is Said.DENIED]

    def _read(self, coded: tuple[Coding, ...], written: tuple[str, ...]) -> Meaning:
        alone = self._codes.without_words(coded, written)
        if alone is not None:
            # What stands as text is a code, too.
            coded = tuple(map(with_system, alone))
        settings = {self._stages.of_words(each) for each in written if not self._is_doubted(each)} - {None}
        problem, said = self._problem(coded, written)
        cancer = self._cancer(coded, written)
        by_code = any(map(self._is_metastasis, coded)) and not any(map(self._is_suspicion, written))
        is_metastasis = by_code or any(map(self._names_metastasis, written))
        may_be = None
        if problem is None:
            may_be = self._may_be(coded) if alone is not None else self._may_be_in_words(written)
        is_settled = alone is None or problem is not None
        is_settled = is_settled or any(self._codes.is_settled(each.system, each.code) for each in coded)
        return Meaning(
            cancer=cancer,
            is_metastasis=is_metastasis,
            is_history=any(coding.code in self._history_snomed for coding in coded),
            settings=frozenset(each for each in settings if each is not None),
            problem=problem,
            past_problem=problem if problem in self._lasting else None,
            said=said,
            her2=self._her2.read(written) if cancer is not None or is_metastasis else None,
            may_be=may_be,
            not_understood=() if is_settled else coded,
            is_empty=alone == (),
            receptors=tuple(
                (stated, coding)
                for coding in coded
                if (stated := self._receptors.get((coding.system, coding.code.upper().replace(".", "")))) is not None
            ),
        )

    def _cancer(self, coded: tuple[Coding, ...], written: tuple[str, ...]) -> Cancer | None:
        """Return the cancer, by code first, otherwise by unambiguous text."""
        for coding in coded:
            if coding.system == "snomed" and coding.code in self._snomed:
                return self._snomed[coding.code]
            if (cancer := self._codes.cancer(coding.system, coding.code)) is not None:
                return cancer
        for each in written:
            folded = fold(each[:_LONGEST])
            cancer = next((group.cancer for group in self._groups if self._states(folded, group.texts)), None)
            # Few texts name a cancer, and only those are examined further.
            if cancer is not None and not self._not_the_disease.search(folded):
                return cancer
        return None

    def _may_be(self, coded: tuple[Coding, ...]) -> Problem | None:
        """Return a problem that one of the codes may mean."""
        found = [self._codes.may_be(each.system, each.code) for each in coded]
        return next((each for each in found if each is not None), None)

    def _may_be_in_words(self, written: tuple[str, ...]) -> Problem | None:
        """Return a problem that the words may mean and say nothing of: "dilated cardiomyopathy" of symptoms."""
        for each in written:
            folded = fold(each[:_LONGEST]).replace("-", " ")
            for problem, phrases in self._may_be_words:
                found = phrases.search(folded)
                if (
                    found is not None
                    and not self._is_elsewhere(folded[: found.start()], folded[found.end() :].strip())
                    and not self._not_the_disease.search(folded)
                    and problem not in self._in_words.read(written)
                ):
                    return problem
        return None

    def _is_elsewhere(self, before: str, after: str) -> bool:
        """Return whether the words around a problem deny it, or are of somebody else or of care to find it."""
        is_denied = self._denial.search(before) or self._denied_after.search(after)
        return bool(is_denied or self._of_care.search(before) or self._of_care.match(after))

    def _problem(self, coded: tuple[Coding, ...], written: tuple[str, ...]) -> tuple[Problem | None, Said]:
        """Return the problem that is named, by code first, and what is said of it; a lasting state may be past."""
        for coding in coded:
            found = self._codes.problem(coding.system, coding.code)
            if found is not None:
                return found, Said.STATED
        named = self._in_words.read(written)
        for wanted in (Said.STATED, Said.UNCLEAR, Said.SUSPECTED, Said.PAST):
            for problem, said in named.items():
                if said is not wanted:
                    continue
                if problem not in self._lasting:
                    return problem, said
                if said in (Said.STATED, Said.PAST):
                    return problem, Said.STATED
        return None, Said.STATED

    def _is_metastasis(self, coding: Coding) -> bool:
        if coding.system == "snomed":
            return coding.code in self._metastasis_snomed
        code = coding.code.upper().replace(".", "")
        is_regional = coding.system == "icd10" and code.startswith(self._regional_icd10)
        return code.startswith(self._metastasis.get(coding.system, ())) and not is_regional

    def _names_metastasis(self, written: str) -> bool:
        folded = fold(written[:_LONGEST])
        if not any(phrase in folded for phrase in self._terminology.metastasis.texts):
            return False
        found = self._metastasis_words.search(folded)
        return bool(
            found
            and not self._denial.search(folded[: found.start()])
            and not self._no_metastasis_words.search(folded)
            and not self._is_doubted(folded)
        )

    def _is_suspicion(self, written: str) -> bool:
        return self._suspected.match(fold(written[:_LONGEST])) is not None

    def _states(self, folded: str, phrases: tuple[str, ...]) -> bool:
        """Return whether a text has one of some phrases without a negation before it."""
        return any(phrase in folded and not self._denial.search(folded[: folded.index(phrase)]) for phrase in phrases)

    def _is_doubted(self, written: str) -> bool:
        return bool(self._doubted.search(fold(written[:_LONGEST])))
