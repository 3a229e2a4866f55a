"""Conditions into cancers, their setting, receptor codes and problems: what is recorded, never what it might imply.

"History of" is not current, and nodes alone (C77) do not make a cancer metastatic.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cards.facts import CodedHer2, Diagnosis, Origin, PresentProblem, Receptor, ReceptorResult, Staging
from cards.records import Cancer, Problem, Setting
from fhir_mappings.codings import NO_CODE_MAP, Coding, codings, texts
from fhir_mappings.lenient import child, day, items, objects, text
from fhir_mappings.staging import StageReader, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cards.records import ReceptorCode, Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.lenient import Json

_REFUTED = frozenset({"refuted", "entered-in-error"})
_NOT_CERTAIN = _REFUTED | {"differential", "provisional", "unconfirmed"}
_PAST = frozenset({"inactive", "remission", "resolved"})
_CATEGORY = 3


class ConditionReader:
    """Reads the Conditions of one chart, and the concepts that orders give as their reason."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the codes and the words."""
        self.terminology = terminology
        self.stages = StageReader(terminology, code_map)
        self._groups = terminology.diagnoses
        self._code_map = code_map
        self._snomed = {entry.code: group.cancer for group in terminology.diagnoses for entry in group.snomed}
        metastasis = terminology.metastasis
        self._metastasis_snomed = {entry.code for entry in metastasis.snomed}
        self._history_snomed = {entry.code for entry in metastasis.history_snomed}
        self._metastasis_icd10 = _plain_prefixes(metastasis.icd10)
        self._regional_icd10 = _plain_prefixes(metastasis.regional_icd10)
        self._metastasis_words = words(metastasis.texts)
        self._no_metastasis_words = words(metastasis.never_texts)
        self._not_the_disease = words(terminology.not_the_disease.texts)
        # "Secondary malignant neoplasm" is no primary, and it is a metastasis.
        self._doubted = words(phrase for phrase in terminology.not_the_disease.texts if phrase != "secondary")
        self._denial = words(terminology.not_the_disease.before)
        self._problems = tuple(
            (
                group,
                _plain_prefixes(group.icd10),
                frozenset(entry.code for entry in group.snomed),
                words(group.unless),
            )
            for group in terminology.problems
        )
        self._cancers = tuple((group.cancer, _plain_prefixes(group.icd10)) for group in terminology.diagnoses)
        self._receptors = {
            (system, code.replace(".", "")): entry
            for entry in terminology.receptor_codes.codes
            for system, code in (("icd10", entry.icd10), ("snomed", entry.snomed))
            if code is not None
        }
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
            cancer = next((group.cancer for group in self._groups if self._states(folded, group.texts)), None)
            # Few texts name a cancer, and only those take the closer look.
            if cancer is not None and not self._not_the_disease.search(folded):
                return cancer
        return None

    def _read_icd10(self, code: str) -> Cancer | None:
        # Claims systems write the code without its dot.
        folded = code.upper().replace(".", "")
        for cancer, prefixes in self._cancers:
            if folded.startswith(prefixes):
                return cancer
        others = self.terminology.other_cancers
        category = folded[:_CATEGORY]
        is_other = any(first <= category <= last for first, last in others.icd10)
        return Cancer.OTHER if is_other and not folded.startswith(others.never_icd10) else None

    def diagnosis(self, condition: Json, origin: Origin) -> Diagnosis | None:
        """Read a Condition as a cancer on record; nothing when it is none or was refuted."""
        if self.is_refuted(condition):
            return None
        concept = child(condition, "code")
        cancer = self.cancer_of(concept)
        return Diagnosis(cancer, label_of(concept), origin) if cancer is not None else None

    def problem(self, condition: Json, origin: Origin) -> PresentProblem | None:
        """Read a Condition as a problem that a rule asks about; a past one only where its effect does not end."""
        if _code_of(condition, "verificationStatus") in _NOT_CERTAIN:
            return None
        concept = child(condition, "code")
        group = self._problem_group(concept, is_past=self.is_past(condition))
        return PresentProblem(group, label_of(concept), origin, _began(condition)) if group is not None else None

    def _problem_group(self, concept: Json, *, is_past: bool) -> Problem | None:
        for coding in codings(concept, self._code_map):
            found = self._problem_by_code(coding.system, coding.code)
            if found is not None and (found[1] or not is_past):
                return found[0]
        written = " | ".join(texts(concept)).casefold()
        for group, _, _, unless in self._problems:
            if not self._states(written, group.texts) or unless.search(written):
                continue
            if group.past_counts or not (is_past or self._not_the_disease.search(written)):
                return group.problem
        return None

    def _read_problem_code(self, system: str, code: str) -> tuple[Problem, bool] | None:
        plain = code.upper().replace(".", "")
        for group, prefixes, snomed, _ in self._problems:
            if (system == "icd10" and plain.startswith(prefixes)) or (system == "snomed" and code in snomed):
                return group.problem, group.past_counts
        return None

    def is_refuted(self, condition: Json) -> bool:
        """Tell whether the record says that the condition never was."""
        return _code_of(condition, "verificationStatus") in _REFUTED

    def is_past(self, condition: Json) -> bool:
        """Tell whether the record says that the condition is over."""
        return _code_of(condition, "clinicalStatus") in _PAST

    def staging(self, condition: Json, origin: Origin) -> Staging | None:
        """Read what a Condition says of the setting, with the words that say it; nothing when it says nothing."""
        setting = self.setting(condition)
        if setting is None:
            return None
        stage = next((written for each in _stages(condition) for written in texts(each)), "")
        label = ", ".join(dict.fromkeys(each for each in (label_of(child(condition, "code")), stage) if each))
        return Staging(setting, label[:80], _began(condition), origin)

    def setting(self, condition: Json) -> Setting | None:
        """Read whether a Condition says that a cancer is metastatic or early; nothing when it says neither."""
        if _code_of(condition, "verificationStatus") in _REFUTED or self.is_past(condition):
            return None
        concept = child(condition, "code")
        coded = list(codings(concept, self._code_map))
        if any(coding.code in self._history_snomed for coding in coded):
            return None
        if any(self._is_metastasis(coding) for coding in coded) or any(map(self._names_metastasis, texts(concept))):
            return Setting.METASTATIC
        # Kidney disease and pressure sores have stages, too.
        if self.cancer_of(concept) is None:
            return None
        found = {self.stages.of_stage(stage) for stage in _stages(condition)}
        found |= {self.stages.of_words(written) for written in texts(concept) if not self._is_doubted(written)}
        return Setting.METASTATIC if Setting.METASTATIC in found else Setting.EARLY if found - {None} else None

    def receptors(self, condition: Json, origin: Origin) -> Iterator[ReceptorResult | CodedHer2]:
        """Give what the codes of a Condition state of the receptors."""
        if _code_of(condition, "verificationStatus") in _NOT_CERTAIN:
            return
        yield from self.receptors_of(child(condition, "code"), origin, _began(condition))

    def receptors_of(self, concept: Json, origin: Origin, on: date | None) -> Iterator[ReceptorResult | CodedHer2]:
        """Give what the codes of a concept state of the receptors."""
        for coding in codings(concept, self._code_map):
            stated: ReceptorCode | None = self._receptors.get((coding.system, coding.code.upper().replace(".", "")))
            if stated is None:
                continue
            for receptor, positive in (
                (Receptor.OESTROGEN, stated.oestrogen),
                (Receptor.PROGESTERONE, stated.progesterone),
                (Receptor.EITHER, stated.hormone),
            ):
                if positive is not None:
                    yield ReceptorResult(positive, on, origin, receptor)
            if stated.her2 is not None:
                yield CodedHer2(stated.her2, coding.code, origin, coding.display[:60])

    def _is_metastasis(self, coding: Coding) -> bool:
        if coding.system == "snomed":
            return coding.code in self._metastasis_snomed
        code = coding.code.upper().replace(".", "")
        return (
            coding.system == "icd10"
            and code.startswith(self._metastasis_icd10)
            and not code.startswith(self._regional_icd10)
        )

    def _names_metastasis(self, written: str) -> bool:
        folded = " ".join(written.casefold().split())
        if not any(phrase in folded for phrase in self.terminology.metastasis.texts):
            return False
        found = self._metastasis_words.search(folded)
        return bool(
            found
            and not self._denial.search(folded[: found.start()])
            and not self._no_metastasis_words.search(folded)
            and not self._is_doubted(folded)
        )

    def _states(self, folded: str, phrases: tuple[str, ...]) -> bool:
        """Tell whether a text has one of some phrases, and no denial in front of it."""
        for phrase in phrases:  # noqa: SIM110 - asked of every text of every chart, where a generator costs twice
            if phrase in folded and not self._denial.search(folded[: folded.index(phrase)]):
                return True
        return False

    def _is_doubted(self, written: str) -> bool:
        return bool(self._doubted.search(written.casefold()))


def _plain_prefixes(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(prefix.replace(".", "") for prefix in prefixes)


def label_of(concept: Json) -> str:
    """Give the words by which a card names a concept: its text, a display, or its code."""
    named = next(iter(texts(concept)), "")
    return named or next((coding.code for coding in codings(concept) if coding.code), "")


def _stages(condition: Json) -> list[Json]:
    return [
        concept
        for _, stage in objects(condition.get("stage"))
        for concept in items(stage.get("summary"))
        if isinstance(concept, dict)
    ]


def _began(condition: Json) -> date | None:
    """Give the day on which a Condition began, else on which it was recorded."""
    period = child(condition, "onsetPeriod")
    candidates = (condition.get("onsetDateTime"), period.get("start"), condition.get("recordedDate"))
    return next((found for candidate in candidates if (found := day(candidate)) is not None), None)


def _code_of(condition: Json, name: str) -> str:
    """Give the first code of a status, which some clients send as a bare string."""
    value = condition.get(name)
    if isinstance(value, str):
        return text(value)
    return next((coding.code for coding in codings(value)), "")
