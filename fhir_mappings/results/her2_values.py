"""What a HER2 result says, from LOINC answers, SNOMED qualifiers, numbers and the texts that laboratories write.

The code decides; its display is read only to notice that the two disagree. A grade is never guessed: what is not
clearly one of the known forms stays unread.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.results import Her2Finding, Her2Method
from fhir_mappings.codings import codings
from fhir_mappings.results.her2_texts import read_text
from fhir_mappings.wire.lenient import child, number, text

if TYPE_CHECKING:
    from cards.knowledge.schema import Terminology
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.wire.lenient import Json

# The "2+" of "HER2+" is part of the name.
_SCORE = re.compile(r"(?<![\d.+])(?<!her)(?<!her[ -])(?<!erbb)(?<!erbb[ -])([0-3])\s*\+")
_BARE_SCORE = re.compile(r"(?:ihc |score |ihc score )?([0-3])")
_OPEN = re.compile(r"\b(?:f|c|d|s)?ish\b|amplif|\bnot?\b|[0-3]\s*\+?\s*(?:[-/\u2013]|to|or)\s*[0-3]\s*\+")
"""What makes a text more than one score: another method, a negation, two scores to choose from."""
_SCORE_UNITS = frozenset({"", "1", "+", "score", "{score}"})
_RATIO = re.compile(
    r"(?P<word>less than|greater than|below|above|<=?|>=?|[\u2264\u2265])?\s*(?P<number>\d{1,3}(?:\.\d+)?)"
    r"(?:\s*ratio)?",
    re.IGNORECASE,
)
_BELOW, _AT_MOST = frozenset({"<", "less than", "below"}), frozenset({"<=", "\u2264"})
_ABOVE = frozenset({">", ">=", "\u2265", "greater than", "above"})
_MANY_COPIES = 100
_SCORES = {0: Her2Finding.IHC_0, 1: Her2Finding.IHC_1, 2: Her2Finding.IHC_2, 3: Her2Finding.IHC_3}
_UNKNOWN_MEANING = frozenset({"present", "absent"})
HER2_VALUES = ("valueCodeableConcept", "valueString", "valueInteger", "valueRatio", "valueQuantity")
"""The members of a result that say something of HER2."""
Reading = tuple[Her2Finding | None, bool, str]
"""What a value says, whether its code and its own text disagree, and the value as reported."""


class Her2Vocabulary:
    """The codes and texts of the knowledge, looked up."""

    def __init__(self, terminology: Terminology) -> None:
        """Index them."""
        self._positive = terminology.ish_positive.at_least
        self._copies = terminology.her2_copies
        self._codes: dict[tuple[str, str], Her2Finding] = {}
        self._texts: dict[str, Her2Finding] = {}
        for entry in terminology.her2_values:
            if entry.means in _UNKNOWN_MEANING:
                continue
            finding = Her2Finding(entry.means)
            self._codes.update({("loinc", code): finding for code in entry.loinc_answers})
            self._codes.update({("snomed", code): finding for code in entry.snomed})
            self._texts.update({_plain(written): finding for written in entry.texts})

    def read(self, concept: str, holder: Json, code_map: CodeMap) -> Reading:
        """Read the value of a HER2 result."""
        coded = holder.get("valueCodeableConcept")
        if isinstance(coded, dict):
            return self._coded(concept, coded, code_map)
        written = text(holder.get("valueString"))
        if written:
            return self._written(concept, written), False, written[:60]
        whole = number(holder.get("valueInteger"))
        if whole is not None and concept == "her2-ihc":
            return _SCORES.get(int(whole)), False, str(whole)
        if isinstance(holder.get("valueRatio"), dict):
            return _ratio(concept, holder["valueRatio"], self._positive)
        if concept == "her2-copy-number":
            return self._number_of_copies(child(holder, "valueQuantity"))
        return _quantity(concept, child(holder, "valueQuantity"), self._positive)

    def _number_of_copies(self, quantity: Json) -> Reading:
        """Read a count of copies in a nucleus; a bound on one is not placed."""
        value, comparator = number(quantity.get("value")), text(quantity.get("comparator"))
        as_reported = f"{comparator}{value if value is not None else '?'} copies"
        if value is None or comparator or not 0 < value < _MANY_COPIES:
            return None, False, as_reported
        return self.by_copies(value), False, as_reported

    def methods(self, concept: str, holder: Json, code_map: CodeMap) -> list[tuple[Her2Method | None, Reading]]:
        """Read the value of a HER2 result that may state two methods; ``None`` is the method of its own code.

        A text that states both gives both, and a coded score keeps the ISH that its text adds.
        """
        own = self.read(concept, holder, code_map)
        written = text(holder.get("valueString")) or text(child(holder, "valueCodeableConcept").get("text"))
        finding, conflict, as_reported = own
        if not written or conflict:
            return [(None, own)]
        stated = read_text(written, self._by_ratio, self.by_copies)
        both = stated.ihc is not None and stated.ish is not None
        is_coded = isinstance(holder.get("valueCodeableConcept"), dict)
        if (both and (finding is None or not is_coded or _agree(finding, stated.ihc or finding))) or (
            finding is None and stated.each()
        ):
            return [(method, (said, False, written[:60])) for method, said in stated.each()]
        return [(None, (finding, conflict, as_reported))]

    def by_copies(self, copies: Decimal) -> Her2Finding:
        """Place a number of gene copies; between the two limits it decides nothing."""
        if copies >= self._copies.positive_at_least:
            return Her2Finding.POSITIVE
        return Her2Finding.NEGATIVE if copies < self._copies.negative_below else Her2Finding.EQUIVOCAL

    def _by_ratio(self, ratio: Decimal, word: str) -> Her2Finding:
        return _by_ratio(ratio, word, self._positive)

    def _coded(self, concept: str, coded: Json, code_map: CodeMap) -> Reading:
        by_code: set[Her2Finding] = set()
        by_text: set[Her2Finding] = set()
        written = text(coded.get("text"))
        for coding in codings(coded, code_map):
            if (finding := self._codes.get((coding.system, coding.code))) is not None:
                by_code.add(finding)
            if coding.display:
                written = written or coding.display
                if (said := self._written(concept, _without_qualifier(coding.display))) is not None:
                    by_text.add(said)
        if text(coded.get("text")) and (said := self._written(concept, _without_qualifier(coded["text"]))) is not None:
            by_text.add(said)
        every = by_code | by_text
        if not every:
            return None, False, (written or "?")[:40]
        best = _most_precise(by_code or by_text)
        conflict = any(not _agree(best, other) for other in every)
        return best, conflict, (written or str(best))[:60]

    def _written(self, concept: str, written: str) -> Her2Finding | None:
        plain = _plain(written)
        if plain in self._texts:
            finding = self._texts[plain]
            is_ish = concept in ("her2-ish", "her2-ish-ratio")
            return None if is_ish and finding in _SCORES.values() else finding
        if concept in ("her2-ish", "her2-ish-ratio"):
            match = _RATIO.fullmatch(plain)
            return _by_ratio(Decimal(match["number"]), match["word"] or "", self._positive) if match else None
        if concept == "her2-ihc" and (bare := _BARE_SCORE.fullmatch(plain)) is not None:
            return _SCORES[int(bare[1])]
        scores = set(_SCORE.findall(plain))
        if len(scores) == 1 and not _OPEN.search(plain):
            return _SCORES[int(scores.pop())]
        return None


def _quantity(concept: str, quantity: Json, positive: Decimal) -> Reading:
    value, comparator = number(quantity.get("value")), text(quantity.get("comparator"))
    if value is None:
        return None, False, "?"
    unit = text(quantity.get("unit")) or text(quantity.get("code"))
    as_reported = f"{comparator}{value} {unit}".strip()
    if concept == "her2-ihc":
        is_score = value == int(value) and not comparator and unit.casefold() in _SCORE_UNITS
        return _SCORES.get(int(value)) if is_score else None, False, as_reported
    if concept == "her2-ish-ratio" or (concept == "her2-ish" and unit.casefold() in ("ratio", "{ratio}", "1")):
        return _by_ratio(value, comparator, positive), False, as_reported
    return None, False, as_reported


def _ratio(concept: str, ratio: Json, positive: Decimal) -> Reading:
    """Read copies of HER2 over copies of chromosome 17."""
    above, below = (number(child(ratio, name).get("value")) for name in ("numerator", "denominator"))
    if above is None or below is None:
        return None, False, "?"
    is_ish = concept in ("her2-ish", "her2-ish-ratio") and below > 0
    return _by_ratio(above / below, "", positive) if is_ish else None, False, f"{above}:{below}"


def _by_ratio(ratio: Decimal, word: str, positive: Decimal) -> Her2Finding:
    """Place a ratio, or a bound on one, against the one from which ISH is positive.

    A bound that leaves both sides open decides nothing.
    """
    said = word.casefold()
    if said in _BELOW | _AT_MOST:
        is_negative = ratio < positive or (ratio == positive and said in _BELOW)
        return Her2Finding.NEGATIVE if is_negative else Her2Finding.INDETERMINATE
    if said in _ABOVE:
        return Her2Finding.POSITIVE if ratio >= positive else Her2Finding.INDETERMINATE
    return Her2Finding.POSITIVE if ratio >= positive else Her2Finding.NEGATIVE


def _plain(written: str) -> str:
    return " ".join(written.casefold().split()).rstrip(".;, ")


def _without_qualifier(display: str) -> str:
    """Drop SNOMED's semantic tag: "Positive (qualifier value)"."""
    return re.sub(r"\s*\((?:qualifier value|finding|disorder)\)$", "", display.strip())


_PRECISION = dict.fromkeys((*_SCORES.values(), Her2Finding.LOW, Her2Finding.ULTRALOW, Her2Finding.NULL), 0)
_CONSISTENT = (
    frozenset({Her2Finding.POSITIVE, Her2Finding.IHC_3}),
    frozenset({Her2Finding.EQUIVOCAL, Her2Finding.IHC_2}),
    frozenset({Her2Finding.NEGATIVE, Her2Finding.IHC_1, Her2Finding.LOW}),
    frozenset({Her2Finding.NEGATIVE, Her2Finding.IHC_0, Her2Finding.ULTRALOW}),
    frozenset({Her2Finding.NEGATIVE, Her2Finding.IHC_0, Her2Finding.NULL}),
)


def _most_precise(findings: set[Her2Finding]) -> Her2Finding:
    """Prefer a grade to a bare positive or negative."""
    return min(sorted(findings), key=lambda finding: _PRECISION.get(finding, 1))


def _agree(one: Her2Finding, other: Her2Finding) -> bool:
    return one == other or any({one, other} <= group for group in _CONSISTENT)
