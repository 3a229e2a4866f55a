"""Reads the code of a diagnosis: the problem that it means or may mean, and whether it needs words to be understood."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.knowledge.schema import Cancer
from fhir_mappings.codings import Coding
from fhir_mappings.wire.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Problem, Terminology

_CATEGORY = 3
_LONGEST = 200
# Latin and Cyrillic letters: a name in another script is on no list of words, and not understood.
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0400-\u04ff]{2}")
# With the signs that ICD-10-GM writes behind a code.
_ICD10 = re.compile(r"[A-Z]\d[0-9AB](?:\.?[0-9A-Z]{1,4})?(?:\.?-)?[ ]?[!*+†]?[ ]?[LRB]?[GVZA]?[LRB]?")
# "G2P2": as many births as pregnancies.
_BIRTHS = re.compile(r"G(\d{1,2})[ ,/]?P\1\d{0,3}", re.IGNORECASE)
_ICD10_ALONE = re.compile(r"[A-Z]\d[0-9AB]\.[0-9A-Z]{1,4}")
_ICD9 = re.compile(r"(?:\d{3}|V\d\d|E\d{3})(?:\.?\d{1,2})?")
_ICD = {"icd10": _ICD10, "icd9": _ICD9}

Prefixes = tuple[str, ...]


class DiagnosisCodeReader:
    """Looks up the codes of diagnoses; claims systems write those of ICD without the dot."""

    def __init__(self, terminology: Terminology) -> None:
        """Index the codes."""
        more = terminology.diagnosis_codes
        self._problems: list[tuple[str, Problem, Prefixes, Prefixes]] = [
            ("icd10", group.problem, plain(group.icd10), ()) for group in terminology.problems
        ]
        self._may_be: list[tuple[str, Problem, Prefixes]] = []
        for each in more.problems:
            excepted = plain(each.except_icd10)
            self._problems += [
                ("icd10", each.problem, plain(each.icd10), excepted),
                ("icd9", each.problem, plain(each.icd9), ()),
            ]
        for each in more.may_be:
            self._may_be += [("icd10", each.problem, plain(each.icd10)), ("icd9", each.problem, plain(each.icd9))]
        told = {each.problem for each in more.may_be}
        self._wider = [(system, problem, codes) for system, problem, codes, _ in self._problems if problem in told]
        self._wider += self._may_be
        self._snomed = {entry.code: group.problem for group in terminology.problems for entry in group.snomed}
        self._cancers = [
            *(("icd10", group.cancer, plain(group.icd10)) for group in terminology.diagnoses),
            *(("icd9", group.cancer, plain(group.icd9)) for group in more.cancers),
        ]
        self._other_cancers = {"icd10": terminology.other_cancers.icd10, "icd9": more.other_cancers_icd9}
        self._never = plain(terminology.other_cancers.never_icd10)
        self._known_snomed = frozenset(_snomed_codes(terminology))
        self._no_problem = frozenset(more.no_problem)
        self._placeholders = frozenset(map(fold, more.placeholders))

    def problem(self, system: str, code: str) -> Problem | None:
        """Return the problem that a code means."""
        if system == "snomed":
            return self._snomed.get(code)
        bare = _bare(code)
        for its, problem, prefixes, excepted in self._problems:
            if its == system and bare.startswith(prefixes) and not bare.startswith(excepted):
                return problem
        return None

    def may_be(self, system: str, code: str) -> Problem | None:
        """Return a problem that a code may mean: it has several meanings, or is a wider class."""
        if system not in _ICD:
            return None
        bare = _bare(code)
        for its, problem, prefixes in self._may_be:
            if its == system and bare.startswith(prefixes):
                return problem
        for its, problem, prefixes in self._wider:
            if its == system and len(bare) >= _CATEGORY and any(prefix.startswith(bare) for prefix in prefixes):
                return problem
        return None

    def cancer(self, system: str, code: str) -> Cancer | None:
        """Return the cancer that a code of ICD means."""
        if system not in _ICD:
            return None
        bare = _bare(code)
        for its, cancer, prefixes in self._cancers:
            if its == system and bare.startswith(prefixes):
                return cancer
        category = bare[:_CATEGORY]
        is_other = any(first <= category <= last for first, last in self._other_cancers[system])
        return Cancer.OTHER if is_other and not (system == "icd10" and bare.startswith(self._never)) else None

    def is_settled(self, system: str, code: str) -> bool:
        """Return whether a code without words says what it is about, or that no rule uses it."""
        if system == "snomed":
            return code in self._known_snomed
        if code in self._no_problem:
            return True
        shape = _ICD.get(system)
        return shape is not None and shape.fullmatch(code.strip().upper()) is not None

    def without_words(self, coded: Iterable[Coding], written: Iterable[str]) -> tuple[Coding, ...] | None:
        """Return the codes of a diagnosis that has no words that can be read; ``None`` if it has some.

        A text that is nothing but a code of ICD-10 is one of the codes; a name in a script that is not read is written
        as if it were one.
        """
        codes = {fold(each.code) for each in coded}
        found = [each for each in coded if each.code]
        for each in written:
            told = fold(each[:_LONGEST]).strip()
            if not told or told in codes or told in self._placeholders:
                continue
            if _ICD10_ALONE.fullmatch(each.strip().upper()):
                found.append(Coding("icd10", each.strip(), ""))
            elif _WORD.search(each[:_LONGEST]) or _BIRTHS.fullmatch(each.strip()):
                return None
            else:
                found.append(Coding("", each[:_LONGEST].strip(), ""))
        return tuple(found)


def with_system(coding: Coding) -> Coding:
    """Return a coding that has no known system as one of ICD-10 where it has the shape of one with its dot."""
    is_icd10 = not coding.system and _ICD10_ALONE.fullmatch(coding.code.strip().upper()) is not None
    return Coding("icd10", coding.code.strip(), coding.display) if is_icd10 else coding


def plain(prefixes: Iterable[str]) -> Prefixes:
    """Return prefixes of codes without their dots."""
    return tuple(prefix.replace(".", "") for prefix in prefixes)


def _bare(code: str) -> str:
    return code.upper().strip().replace(".", "").rstrip("-")


def _snomed_codes(terminology: Terminology) -> Iterator[str]:
    for problems in terminology.problems:
        yield from (entry.code for entry in problems.snomed)
    for cancers in terminology.diagnoses:
        yield from (entry.code for entry in cancers.snomed)
    yield from (entry.code for entry in terminology.metastasis.snomed)
    yield from (entry.code for entry in terminology.metastasis.history_snomed)
    yield from (entry.code for words in terminology.stages for entry in words.snomed)
    yield from (each.snomed for each in terminology.receptor_codes.codes if each.snomed is not None)
    yield from (entry.code for entry in terminology.diagnosis_codes.not_used_snomed)
