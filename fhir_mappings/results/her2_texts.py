"""HER2 results written as one text: "IHC 2+, FISH not amplified (ratio 1.3)".

Every word of the text must be accounted for. What is left over, or two statements of one method that differ, makes the
whole text unreadable: a grade is never guessed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.facts.results import Her2Finding, Her2Method

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT = 300
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_PROBE = r"(?:dual[- ]probe |dual[- ]|fluorescen(?:ce|t) |chromogenic |silver )?"
_ISH = rf"{_PROBE}(?:(?:f|c|d|s|si)?ish|in[- ]situ hybridi[sz]ation)"
_IHC = r"(?:ihc|immunohistochemistry|immunohistochemical(?:ly)?|immunostain(?:ing)?)"
_NO_AMPLIFICATION = r"no (?:gene )?amplification(?: detected)?|amplification not detected"
_NOT_AMPLIFIED = rf"(?:(?:gene )?(?:is |was )?not amplified|non[- ]?amplified|unamplified|{_NO_AMPLIFICATION})"
_AMPLIFIED = r"(?:(?:gene )?amplified|amplification detected)"
_NEGATIVE = rf"(?:{_NOT_AMPLIFIED}|negative|neg)"
_POSITIVE = rf"(?:{_AMPLIFIED}|positive|pos)"
_STATUS = rf"(?:(?P<negative>{_NEGATIVE})|(?P<positive>{_POSITIVE})|(?P<equivocal>equivocal))"
_LINK_WORDS = r"is|was|result|result is|result was|status|test|for her2"
_LINK = rf"(?:\s*[:=-]\s*|\s+(?:{_LINK_WORDS})\s*:?\s+|\s*\(\s*|\s+)"
_BOUND = r"(?P<bound><=?|>=?|[\u2264\u2265]|less than|greater than|below|above)?\s*"
_NUMBER = r"\s*(?:of|is|was|[:=])?\s*(?:BOUND)(?P<number>\d{1,2}(?:\.\d{1,3})?)(?!\.?\d|%)"
_GENE = r"(?:her-?2|erbb2)(?:/neu)?"

_RATIO = re.compile(
    rf"(?:{_GENE}\s*[/:]\s*(?:cep|chr|d17z1|cen)[- ]?(?:17)?\s*)?\bratio" + _NUMBER.replace("(?:BOUND)", _BOUND)
)
_COPIES = re.compile(
    rf"(?:\b(?:average|mean)\s+)?(?:\b{_GENE}\s+)?(?:gene )?\bcopy number"
    + _NUMBER.replace("(?:BOUND)", "")
    + r"(?:\s*(?:copies|signals)?\s*(?:/|per )\s*(?:cell|nucleus))?"
)
_ISH_STATUS = re.compile(rf"\b{_ISH}{_LINK}{_STATUS}\b")
_STATUS_BY_ISH = re.compile(rf"\b{_STATUS}\s+(?:by|on|with|per)\s+{_ISH}\b")
_ISH_SIGN = re.compile(rf"\b{_ISH}\s?(?:(?P<negative>-)|(?P<positive>\+))(?=\s*(?:[,;/().]|$))")
_AMPLIFICATION = re.compile(rf"\b(?:(?P<negative>{_NOT_AMPLIFIED})|(?P<positive>{_AMPLIFIED}))\b")
_GLOSS = r"(?:\s*[(,:-]?\s*(?P<gloss>positive|negative|equivocal|low)\b)?"
_OVERALL = r"(?:\b(?P<overall>positive|negative|equivocal|low)\s*\(\s*)?"
_SCORED = r"(?:of|is|was|[:=])?\s*"
# The "2+" of "HER2+" is part of the name.
_SCORE = re.compile(
    rf"{_OVERALL}(?:\b{_IHC}\s*(?:score)?\s*{_SCORED}(?P<named>[0-3])(?:\s?\+)?|(?<![\w.+-])(?P<plus>[0-3])\s?\+)"
    rf"(?!\.?\d|[%+]){_GLOSS}"
)
_FILLER = re.compile(
    rf"\b(?:{_ISH}|{_IHC}|her-?2(?:/neu)?(?!\s?[+-])|erbb2|score[ds]?|by|with|and|on|the|is|was|result|results|status|test|testing|reflex|"
    r"gene|protein|expression|tumou?r|tissue|breast|performed|reported|as|in|of|for|per|both|fish)\b"
)
_CONSISTENT = {"positive": "3", "equivocal": "2", "negative": "01", "low": "1"}


class Stated(NamedTuple):
    """What a text states of each method; ``None`` where it states nothing of it."""

    ihc: Her2Finding | None
    ish: Her2Finding | None

    def each(self) -> list[tuple[Her2Method, Her2Finding]]:
        """List the methods that are stated with what is said of them."""
        pairs = ((Her2Method.IHC, self.ihc), (Her2Method.ISH, self.ish))
        return [(method, finding) for method, finding in pairs if finding is not None]


_NOTHING = Stated(None, None)


class _Reader:
    """Takes statements out of a text one kind after another, and keeps what they say."""

    def __init__(self, written: str) -> None:
        self.rest = _DASHES.sub("-", " ".join(written[:_LIMIT].casefold().split()))
        self.ish: set[Her2Finding] = set()
        self.scores: set[str] = set()
        self.overall: set[str] = set()
        self.consistent = True

    def take(self, pattern: re.Pattern[str], note: Callable[[re.Match[str]], None]) -> None:
        """Note every match of a pattern and take it out of the text."""
        for match in pattern.finditer(self.rest):
            note(match)
        self.rest = pattern.sub(" | ", self.rest)

    def status(self, match: re.Match[str]) -> None:
        """Note what is said of ISH."""
        found = match.groupdict()
        self.ish.add(
            Her2Finding.NEGATIVE
            if found.get("negative")
            else Her2Finding.POSITIVE
            if found.get("positive")
            else Her2Finding.EQUIVOCAL
        )

    def score(self, match: re.Match[str]) -> None:
        """Note an IHC score, and whether the word beside it fits."""
        score = match["named"] or match["plus"]
        self.scores.add(score)
        gloss = match["gloss"]
        self.consistent = self.consistent and (gloss is None or score in _CONSISTENT[gloss])
        self.overall |= {match["overall"]} - {None}

    def agrees(self, ish: Her2Finding | None) -> bool:
        """Tell whether a word for the whole ("negative (IHC 1+, ISH not amplified)") fits what the methods say."""
        scores = "".join(self.scores)
        fitting = {word for word, fit in _CONSISTENT.items() if scores and scores in fit}
        if ish is Her2Finding.POSITIVE:
            fitting = {"positive"}
        elif ish is Her2Finding.NEGATIVE and scores != "3":
            fitting = {"negative", *(("low",) if scores in ("1", "2") else ())}
        # "Equivocal (2+)" glosses the score, whatever ISH decides.
        return self.overall <= (fitting | {"equivocal"} if scores == "2" else fitting)


def read_text(
    written: str, by_ratio: Callable[[Decimal, str], Her2Finding], by_copies: Callable[[Decimal], Her2Finding]
) -> Stated:
    """Read a text that may state both methods; nothing when any part of it is not understood."""
    reader = _Reader(written)
    copies: set[Her2Finding] = set()
    reader.take(_RATIO, lambda match: reader.ish.add(by_ratio(Decimal(match["number"]), match["bound"] or "")))
    reader.take(_COPIES, lambda match: copies.add(by_copies(Decimal(match["number"]))))
    reader.take(_ISH_STATUS, reader.status)
    reader.take(_STATUS_BY_ISH, reader.status)
    reader.take(_ISH_SIGN, reader.status)
    reader.take(_AMPLIFICATION, reader.status)
    reader.take(_SCORE, reader.score)
    rest = _FILLER.sub(" ", reader.rest)
    if re.search(r"[\w+%<>]", rest) or not reader.consistent or len(reader.scores) > 1:
        return _NOTHING
    ish = reader.ish or copies
    if len(ish) > 1 or (reader.ish and copies - {Her2Finding.EQUIVOCAL} - reader.ish):
        return _NOTHING
    said = ish.pop() if ish else None
    if not reader.agrees(said):
        return _NOTHING
    scores = {"0": Her2Finding.IHC_0, "1": Her2Finding.IHC_1, "2": Her2Finding.IHC_2, "3": Her2Finding.IHC_3}
    return Stated(scores[reader.scores.pop()] if reader.scores else None, said)
