"""Results that answer yes or no: a pregnancy test, an ERBB2 mutation. What is no plain answer is kept as none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts import Mutation, Origin, PregnancyTest
from fhir_mappings.codings import codings, texts
from fhir_mappings.lenient import child, objects, text

if TYPE_CHECKING:
    from datetime import date

    from fhir_mappings.codings import CodeMap
    from fhir_mappings.lenient import Json

_YES = frozenset({"LA6576-8", "10828004", "LA9633-4", "52101004"})
_NO = frozenset({"LA6577-6", "260385009", "LA9634-2", "2667000"})
_YES_TEXT = re.compile(r"positive|pos|detected|present|pregnant", re.IGNORECASE)
_NO_TEXT = re.compile(r"negative|neg|not detected|none detected|absent|not pregnant", re.IGNORECASE)
_ERBB2 = frozenset({"HGNC:3430", "3430"})
_GENE_STUDIED = "48018-6"
_VARIANT_ASSESSMENT = "69548-6"
# Variants that pathologists report as not driving the tumour.
_NOT_ACTIVATING = re.compile(
    r"benign|uncertain significance|\bvus\b|wild[ -]?type|no (?:mutation|variant)", re.IGNORECASE
)
_NONE_FOUND = re.compile(r"\b(?:no|not|none|negative|absent|without)\b", re.IGNORECASE)
_NO_RESULT = re.compile(
    r"\b(?:pending|see|qns|insufficient|inadequate|failed|unable|cancell?ed|unknown|indeterminate|inconclusive|equivocal"
    r"|not (?:performed|done|tested|assessed|evaluable))\b",
    re.IGNORECASE,
)


def pregnancy_test(holder: Json, on: date | None, origin: Origin, code_map: CodeMap) -> PregnancyTest:
    """Read a pregnancy test; an amount of hormone is a test, and no answer."""
    answer, written = _answer(holder, code_map)
    if answer is None:
        quantity = child(holder, "valueQuantity")
        written = written or f"{quantity.get('value', '')} {text(quantity.get('unit'))}".strip() or "?"
    return PregnancyTest(answer, on, origin, written[:40])


def mutation(observation: Json, on: date | None, origin: Origin, code_map: CodeMap) -> Mutation | None:
    """Read an ERBB2 sequencing result; nothing when it is about another gene or says neither yes nor no.

    Any variant that is named counts as found, unless the report calls it benign or uncertain.
    """
    if _is_variant_assessment(observation) and not _is_about_erbb2(observation):
        return None
    answer, written = _answer(observation, code_map)
    if answer is None and written and not _is_variant_assessment(observation) and not _NO_RESULT.search(written):
        answer = not _NONE_FOUND.search(written)
    if answer is None:
        return None
    described = [written, *(label for _, part in objects(observation.get("component")) for label in _labels(part))]
    if answer and any(_NOT_ACTIVATING.search(label) for label in described):
        answer = False
    return Mutation(answer, on, origin, (written or "variant")[:60])


def _answer(holder: Json, code_map: CodeMap) -> tuple[bool | None, str]:
    concept = child(holder, "valueCodeableConcept")
    written = text(holder.get("valueString")) or next(texts(concept), "")
    codes = {coding.code for coding in codings(concept, code_map)}
    if codes & _YES or codes & _NO:
        if codes & _YES and codes & _NO:
            return None, written
        return bool(codes & _YES), written
    if _NO_TEXT.fullmatch(written):
        return False, written
    if _YES_TEXT.fullmatch(written):
        return True, written
    return None, written


def _is_variant_assessment(observation: Json) -> bool:
    return any(coding.code == _VARIANT_ASSESSMENT for coding in codings(observation.get("code")))


def _is_about_erbb2(observation: Json) -> bool:
    return any(
        coding.code in _ERBB2
        for _, part in objects(observation.get("component"))
        if any(code.code == _GENE_STUDIED for code in codings(part.get("code")))
        for coding in codings(part.get("valueCodeableConcept"))
    )


def _labels(part: Json) -> list[str]:
    return [text(part.get("valueString")), *texts(part.get("valueCodeableConcept"))]
