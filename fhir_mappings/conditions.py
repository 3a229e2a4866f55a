"""Conditions into cancers and their setting: what is recorded, never what it might imply.

"History of" is not current, and nodes alone (C77) do not make a cancer metastatic.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from cards.facts import Diagnosis, Origin, PresentProblem
from cards.records import Cancer, Problem, Setting
from fhir_mappings.codings import NO_CODE_MAP, Coding, codings, texts
from fhir_mappings.lenient import child, items, objects, text

if TYPE_CHECKING:
    from cards.records import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.lenient import Json

_REFUTED = frozenset({"refuted", "entered-in-error"})
_NOT_CERTAIN = _REFUTED | {"differential", "provisional", "unconfirmed"}
_PAST = frozenset({"inactive", "remission", "resolved"})
_NOT_THE_DISEASE = re.compile(
    r"family history|history of|\bno\b|screening|suspected|in situ|secondary|rule out", re.IGNORECASE
)
_METASTATIC_TEXT = re.compile(r"(?<!non-)(?<!non )\bmetastatic\b|\bmetastas[ei]s\b", re.IGNORECASE)
_NOT_METASTATIC = re.compile(r"\b(?:not|without|negative for)\b", re.IGNORECASE)
_STAGE_METASTATIC = re.compile(
    r"\bstage\s*(?:iv|4)[a-c]?\b|^\s*(?:iv|4)[a-c]?\s*$|(?:\b[cpyr]{0,2}|(?<=[\dxa-c]))m1[a-d]?\b", re.IGNORECASE
)
_STAGE_EARLY = re.compile(r"\bstage\s*(?:0|i{1,3}|[1-3])[a-c]?\b|^\s*(?:0|i{1,3}|[1-3])[a-c]?\s*$", re.IGNORECASE)
_CANCER_CHAPTER = re.compile(r"C(?:[0-6]\d|7[0-6]|8[1-9]|9[0-6])")
_SKIN = "C44"


class ConditionReader:
    """Reads the Conditions of one chart."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the diagnosis codes."""
        self.terminology = terminology
        self._groups = terminology.diagnoses
        self._code_map = code_map
        self._snomed = {entry.code: group.cancer for group in terminology.diagnoses for entry in group.snomed}
        metastasis = terminology.metastasis
        self._metastasis_snomed = {entry.code for entry in metastasis.snomed}
        self._history_snomed = {entry.code for entry in metastasis.history_snomed}
        self._metastasis_icd10 = tuple(metastasis.icd10)
        self._regional_icd10 = tuple(metastasis.regional_icd10)
        self._problems = tuple(
            (group, _plain_prefixes(group.icd10), frozenset(entry.code for entry in group.snomed))
            for group in terminology.problems
        )
        self._cancers = tuple((group.cancer, _plain_prefixes(group.icd10)) for group in terminology.diagnoses)
        # What a code means is asked anew for every problem of every chart.
        self._by_icd10 = lru_cache(maxsize=4096)(self._read_icd10)
        self._problem_by_code = lru_cache(maxsize=4096)(self._read_problem_code)

    def cancer_of(self, concept: Json) -> Cancer | None:
        """Give the cancer that a concept names, by code first, by an unmistakable text otherwise."""
        coded = list(codings(concept, self._code_map))
        for coding in coded:
            if coding.system == "snomed" and coding.code in self._snomed:
                return self._snomed[coding.code]
            if coding.system == "icd10" and (cancer := self._by_icd10(coding.code)) is not None:
                return cancer
        for written in texts(concept):
            folded = " ".join(written.casefold().split())
            if _NOT_THE_DISEASE.search(folded):
                continue
            for group in self._groups:
                if any(phrase in folded for phrase in group.texts):
                    return group.cancer
        return None

    def _read_icd10(self, code: str) -> Cancer | None:
        # Claims systems write the code without its dot.
        folded = code.upper().replace(".", "")
        for cancer, prefixes in self._cancers:
            if folded.startswith(prefixes):
                return cancer
        if _CANCER_CHAPTER.match(folded) and not folded.startswith(_SKIN):
            return Cancer.OTHER
        return None

    def diagnosis(self, condition: Json, origin: Origin) -> Diagnosis | None:
        """Read a Condition as a cancer on record; nothing when it is none or was refuted."""
        if _code_of(condition, "verificationStatus") in _REFUTED:
            return None
        concept = child(condition, "code")
        cancer = self.cancer_of(concept)
        return Diagnosis(cancer, label_of(concept), origin) if cancer is not None else None

    def problem(self, condition: Json, origin: Origin) -> PresentProblem | None:
        """Read a Condition as a present problem that a label stops treatment for."""
        if _code_of(condition, "verificationStatus") in _NOT_CERTAIN or self.is_past(condition):
            return None
        concept = child(condition, "code")
        for coding in codings(concept, self._code_map):
            if (found := self._problem_by_code(coding.system, coding.code)) is not None:
                return PresentProblem(found, label_of(concept), origin)
        written = " | ".join(texts(concept)).casefold()
        for group, _, _ in self._problems:
            if any(phrase in written for phrase in group.texts) and not _NOT_THE_DISEASE.search(written):
                return PresentProblem(group.problem, label_of(concept), origin)
        return None

    def _read_problem_code(self, system: str, code: str) -> Problem | None:
        plain = code.upper().replace(".", "")
        for group, prefixes, snomed in self._problems:
            if (system == "icd10" and plain.startswith(prefixes)) or (system == "snomed" and code in snomed):
                return group.problem
        return None

    def is_past(self, condition: Json) -> bool:
        """Tell whether the record says that the condition is over."""
        return _code_of(condition, "clinicalStatus") in _PAST

    def setting(self, condition: Json) -> Setting | None:
        """Read whether a Condition says that a cancer is metastatic or early; nothing when it says neither."""
        if _code_of(condition, "verificationStatus") in _REFUTED or self.is_past(condition):
            return None
        concept = child(condition, "code")
        coded = list(codings(concept, self._code_map))
        if any(coding.code in self._history_snomed for coding in coded):
            return None
        if any(self._is_metastasis(coding) for coding in coded):
            return Setting.METASTATIC
        # Kidney disease and pressure sores have stages, too.
        if self.cancer_of(concept) is None:
            return None
        stages = (*_stage_texts(condition), *texts(concept))
        if any(_says_metastatic(written) for written in texts(concept)) or any(map(_STAGE_METASTATIC.search, stages)):
            return Setting.METASTATIC
        return Setting.EARLY if any(map(_STAGE_EARLY.search, stages)) else None

    def _is_metastasis(self, coding: Coding) -> bool:
        if coding.system == "snomed":
            return coding.code in self._metastasis_snomed
        code = coding.code.upper()
        return (
            coding.system == "icd10"
            and code.startswith(self._metastasis_icd10)
            and not code.startswith(self._regional_icd10)
        )


def _plain_prefixes(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(prefix.replace(".", "") for prefix in prefixes)


def _says_metastatic(written: str) -> bool:
    if "metasta" not in written.casefold() or _METASTATIC_TEXT.search(written) is None:
        return False
    return not (_NOT_THE_DISEASE.search(written) or _NOT_METASTATIC.search(written))


def label_of(concept: Json) -> str:
    """Give the words by which a card names a concept: its text, a display, or its code."""
    words = next(iter(texts(concept)), "")
    return words or next((coding.code for coding in codings(concept) if coding.code), "")


def _stage_texts(condition: Json) -> list[str]:
    found = []
    for _, stage in objects(condition.get("stage")):
        for concept in items(stage.get("summary")):
            found += list(texts(concept))
    return found


def _code_of(condition: Json, name: str) -> str:
    """Give the first code of a status, which some clients send as a bare string."""
    value = condition.get(name)
    if isinstance(value, str):
        return text(value)
    return next((coding.code for coding in codings(value)), "")
