"""Results that answer yes or no: a pregnancy test, an ERBB2 mutation. What is no plain answer is kept as none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.origins import Origin
from cards.facts.results import Mutation, PregnancyTest
from fhir_mappings.codings import NO_CODE_MAP, codings, texts
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from datetime import date

    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.wire.lenient import Json

_YES_TEXT = re.compile(r"positive|pos|detected|present|pregnant", re.IGNORECASE)
_NO_TEXT = re.compile(r"negative|neg|not detected|none detected|absent|not pregnant", re.IGNORECASE)
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


class FindingReader:
    """Reads results that answer yes or no."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the answers and the ways in which a result says that it is about ERBB2."""
        self._code_map = code_map
        self._genes = terminology.genes
        self._yes = _codes(terminology, "positive", "present")
        self._no = _codes(terminology, "negative", "absent")

    def pregnancy_test(self, holder: Json, on: date | None, origin: Origin) -> PregnancyTest:
        """Read a pregnancy test; an amount of hormone is a test, and no answer."""
        answer, written = self._answer(holder)
        if answer is None:
            quantity = child(holder, "valueQuantity")
            written = written or f"{quantity.get('value', '')} {text(quantity.get('unit'))}".strip() or "?"
        elif not written:
            # A code alone says it too.
            written = "positive" if answer else "negative"
        return PregnancyTest(answer, on, origin, written[:40])

    def mutation(self, observation: Json, on: date | None, origin: Origin) -> Mutation | None:
        """Read an ERBB2 sequencing result; nothing when it is about another gene or says neither yes nor no.

        Any variant that is named counts as found, unless the report calls it benign or uncertain.
        """
        if self._is_variant_assessment(observation) and not self._is_about_erbb2(observation):
            return None
        answer, written = self._answer(observation)
        if (
            answer is None
            and written
            and not self._is_variant_assessment(observation)
            and not _NO_RESULT.search(written)
        ):
            answer = not _NONE_FOUND.search(written)
        if answer is None:
            return None
        described = [written, *(label for _, part in objects(observation.get("component")) for label in _labels(part))]
        if answer and any(_NOT_ACTIVATING.search(label) for label in described):
            answer = False
        return Mutation(answer, on, origin, (written or "variant")[:60])

    def _answer(self, holder: Json) -> tuple[bool | None, str]:
        concept = child(holder, "valueCodeableConcept")
        written = text(holder.get("valueString")) or next(iter(texts(concept)), "")
        codes = {coding.code for coding in codings(concept, self._code_map)}
        if codes & self._yes or codes & self._no:
            if codes & self._yes and codes & self._no:
                return None, written
            return bool(codes & self._yes), written
        if _NO_TEXT.fullmatch(written):
            return False, written
        if _YES_TEXT.fullmatch(written):
            return True, written
        return None, written

    def _is_variant_assessment(self, observation: Json) -> bool:
        return any(coding.code == self._genes.variant_assessment for coding in codings(observation.get("code")))

    def _is_about_erbb2(self, observation: Json) -> bool:
        return any(
            coding.code in self._genes.erbb2
            for _, part in objects(observation.get("component"))
            if any(code.code == self._genes.gene_studied for code in codings(part.get("code")))
            for coding in codings(part.get("valueCodeableConcept"))
        )


def _labels(part: Json) -> list[str]:
    return [text(part.get("valueString")), *texts(part.get("valueCodeableConcept"))]


def _codes(terminology: Terminology, *meanings: str) -> frozenset[str]:
    return frozenset(
        code
        for entry in terminology.her2_values
        if entry.means in meanings
        for code in (*entry.loinc_answers, *entry.snomed)
    )
