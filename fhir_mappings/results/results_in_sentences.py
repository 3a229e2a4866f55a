"""Finds the result of a laboratory test in a sentence of a report: "AST elevated at 400 U/L", "platelets of 38,000"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.knowledge.schema import Kind
from cards.values.caching import lazy
from fhir_mappings.results.amounts import in_thousands, read_amount
from fhir_mappings.results.result_notes import denial_of
from fhir_mappings.results.values_in_notes import NO_RESULT, cell_factor
from fhir_mappings.wire.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.schema import Terminology
    from fhir_mappings.results.measurement_units import UnitReader

# What may stand between the name and the number.
_BETWEEN = re.compile(
    r"(?:[ :=(-]|\b(?:of|is|are|was|were|at|to|now|today|only|again|count|counts|level|levels|value|result|total|serum"
    r"|currently|approximately|about|around|markedly|severely|significantly|mildly|moderately|critically|very"
    r"|elevated|increased|raised|high|low|decreased|reduced|critical|measured|reported|estimated|remains?"
    r"|bei|auf|erhoht|vermindert|betragt|elevad[oa]s?|bajas?|de|en|a)\b){0,8}",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(\d{1,6}(?:[.,]\d{1,3})?)(?![\d/-]|[.,]\d)( ?(?:x ?10\S{1,12}|[^\W\d]\S{0,15}|%|/\S{1,10}))?", re.IGNORECASE
)
# Behind a number these make it the amount of something else: "got 400 mg".
_OF_ELSE = re.compile(
    r" ?(?:mg|mcg|ug|g|ml|cc|units?|doses?|days?|weeks?|months?|years?|hours?|h|x|times|fold|%)\b(?!/)", re.IGNORECASE
)
_EARLIER = re.compile(
    r"\b(?:previous\w{0,2}|prior|earlier|yesterday|on \d+|(?:in )?(?:19|20)\d\d|vorher|zuvor|antes)\b"
)
# "Alt" is old in German, "Ast" a branch, and "got" is a verb.
_WORDS = frozenset({"alt", "ast", "got"})
_SHORT = 4


class SentenceReader:
    """Finds results in sentences; one reader serves every request."""

    def __init__(self, terminology: Terminology, units: UnitReader) -> None:
        """Keep the names of the tests."""
        self._terminology, self._units = terminology, units
        self._spares, self._labs = denial_of(terminology), tuple(terminology.of_kind(Kind.LABORATORY))

    @lazy
    def _names(self) -> dict[str, re.Pattern[str]]:
        """The names of each test; made when the first report is read."""
        return {test: _any_name(self._terminology.concepts[test].names) for test in self._labs}

    def find(self, sentence: str) -> tuple[str, Decimal] | None:
        """Return a test that a sentence names, and its number of today in the canonical unit; ``None`` without one."""
        folded = fold(sentence)
        if NO_RESULT.search(folded) or _EARLIER.search(folded):
            return None
        for concept, names in self._names.items():
            for found in names.finditer(sentence):
                name = found[0]
                is_name = len(name) >= _SHORT or name.isupper() or not (name.islower() or name.casefold() in _WORDS)
                if is_name and not self._spares(fold(sentence[: found.start()])):
                    value = self._value(concept, sentence[found.end() :])
                    if value is not None:
                        return concept, value
        return None

    def _value(self, concept: str, rest: str) -> Decimal | None:
        """Return the number that follows the name of a test, in its canonical unit."""
        between = _BETWEEN.match(rest)
        match = _AMOUNT.match(rest, between.end() if between is not None else 0)
        if match is None or _OF_ELSE.match(rest, match.end(1)):
            return None
        unit = (match[2] or "").strip(" .,;:()")
        read = read_amount(match[1]) or next(iter(in_thousands(match[1]) or ()), None)
        if read is None:
            return None
        factor = self._units.factor(concept, "", unit) if unit else None
        if factor is None:
            factor = cell_factor(self._terminology, self._units, concept, read.value, unit.casefold())
        return read.value * factor


def _any_name(names: Iterable[str]) -> re.Pattern[str]:
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.compile(rf"(?<![\w/-])(?:{listed})(?![\w/])", re.IGNORECASE)
