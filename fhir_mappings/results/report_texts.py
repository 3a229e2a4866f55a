"""What the conclusion of a report says against the results of the chart: another HER2 status, a newer and lower LVEF.

A conclusion is no result. Its sentences and codes are only compared, so that a result is not used in silence beside a
signed report that says otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.origins import Gap
from cards.facts.results import Her2Finding
from cards.knowledge.schema import About
from fhir_mappings.codings import codings
from fhir_mappings.results.her2_findings import SCORES, Stated, agree, findings_of
from fhir_mappings.results.her2_general import of_this_result
from fhir_mappings.results.her2_remarks import conclusion_of, contradicts
from fhir_mappings.results.her2_texts import Her2Limits, read_text
from fhir_mappings.results.lvef_notes import FUNCTION
from fhir_mappings.results.lvef_texts import LvefStated, is_called_reduced, named_descriptions_in, read_lvef_text
from fhir_mappings.results.named_lvef import LVEF_NAME
from fhir_mappings.results.own_dates import without_own_dates
from fhir_mappings.results.report_sentences import sentences_of
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects, text
from fhir_mappings.wire.note_statements import note_statement_reader
from fhir_mappings.wire.statuses import COUNTED
from fhir_mappings.wire.times import time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from decimal import Decimal

    from cards.facts.results import Her2Result, Lvef
    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

_COUNTS = COUNTED | {"appended"}
_SCORES = frozenset(SCORES.values())
_HER2 = re.compile(r"her-?2|erbb-?2")
_OPPOSITE: dict[Her2Finding | None, Her2Finding] = {
    Her2Finding.POSITIVE: Her2Finding.NEGATIVE,
    Her2Finding.NEGATIVE: Her2Finding.POSITIVE,
}
# Says how results are scored, what a drug is for, or how the controls stained.
_LEGEND = re.compile(
    r"\b(?:scor(?:ing|e range)|scale|criteria|defined|definition|guideline|reference|therap|treat|"
    r"(?:her-?2(?:/neu)?|positive|negative|external|internal) controls?\b)"
)
MENTIONS = (
    *(b"HER2", b"HER-2", b"Her2", b"her2", b"ERBB2", b"LVEF", b"EF ", b"EF:", b"FE ", b"FE:", b"FEVI", b"FEVG"),
    *(b"eje", b"Eje", b"EJE", b"eyec", b"Eyec", b"EYEC", b"iezion", b"uswurf", b"jectie", b"wyrzut", b"FEVE"),
    *(b"LV ", b"entric", b"systol", b"Systol"),
    *(b"conclusionCode", "ФВ".encode(), "выброса".encode()),
)
"""What a report must hold to be read at all."""
_DIGIT = re.compile(r"\d")
# "FE 38 %" in Romance languages; "Fe" is iron.
_SHORT_NAME = re.compile(r"\bFE ?(?:V[IGES] ?)?[:=]? ?(?:del? |di |à |al )?\d{2} ?%")
# "Fe" is iron.
_IN_CAPITALS = re.compile(r"\bFE\b")
# "Prior LVEF 38 % in 2024".
_EARLIER = re.compile(
    r"\W{0,4}(?:(?:the|an?) )?(?:prior|previous\w{0,2}|earlier|last|baseline|historical|former|vorherige\w?|fruhere\w?"
    r"|previ[oa]|anterieur\w?|precedente|eerder\w?) (?:\w{1,20} ){0,2}?(?:lv ?ef|ef|ejection fraction|fevi|fevg|feve)\b"
)
# "Decreased from 60 % to 42 %": the second is the one of today.
_FROM_TO = re.compile(r"\b(?:from|von|de|da) \d{2} ?%? (?:to|auf|a) (\d{2}) ?%")
_NOT_LEFT = re.compile(
    r"\b(?:rv|right|rechts\w{0,12}|derech[oa]|droite?|diastol\w{1,6}|atri\w{1,4}|biventricular|valv\w{1,4})\b"
)
_DENIAL = re.compile(r"\b(?:not|no|without|nicht|keine?|pas|sans|sin|non|nao|sem|niet|geen)\b")
_PERCENT = re.compile(r"(?<![\d.,-])(\d{2}) ?%")
# "HER2 negative on repeat biopsy", "repeat HER2 0": said of HER2 right behind its name.
_OPPOSITE_WORDS = {
    Her2Finding.NEGATIVE: re.compile(
        r"\b(?:her-?2(?:/neu)?|erbb-?2)(?: status| ihc)?[ :(=]{1,3}(?:neg(?:ative?|ativ[oa]?)?|0|1\+)(?!\w| control)"
    ),
    Her2Finding.POSITIVE: re.compile(
        r"\b(?:her-?2(?:/neu)?|erbb-?2)(?: status| ihc)?[ :(=]{1,3}(?:pos(?:itive?|itiv[oa]?)?|3\+)(?!\w| control)"
    ),
}


class ReportReader:
    """Compares reports with results; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Keep the limits and the words, and the diagnosis codes that state a HER2 status."""
        self._states = {
            (system, code.replace(".", "")): Her2Finding.POSITIVE if entry.her2 else Her2Finding.NEGATIVE
            for entry in terminology.receptor_codes.codes
            for system, code in (("snomed", entry.snomed), ("icd10", entry.icd10))
            if code is not None and entry.her2 is not None
        }
        self._limits = Her2Limits(terminology)
        self._lvef_words = terminology.lvef_in_words
        self._statements = note_statement_reader(terminology.note_statements)

    def against(self, report: Json, path: str, lvefs: Sequence[Lvef], her2: Sequence[Her2Result]) -> Iterator[Gap]:
        """Yield what a report of the patient says against the results, at most once for each."""
        if text(report.get("status")) not in _COUNTS:
            return
        on = time_of(report)[1]
        sentences = sentences_of(report)
        for about, said in (
            ("lvef", self._lvef(sentences, on, lvefs)),
            ("her2-interpretation", self._her2(sentences, her2) or self._coded(report, her2)),
        ):
            if said:
                yield Gap(about, path, "in-report", on, (("value", said[:60]),))

    def in_order(
        self, sentences: Iterable[str], path: str, on: date, lvefs: Sequence[Lvef], her2: Sequence[Her2Result]
    ) -> Iterator[Gap]:
        """Yield what the words of an order state against the results: a lower LVEF, or the opposite HER2 status.

        An order speaks of results in many ways, so that what is not plainly one is left out.
        """
        opposite = _opposite_of(her2)
        for each in sentences:
            plain = fold(each)
            is_named = LVEF_NAME.search(plain) or _IN_CAPITALS.search(each)
            if is_named and lvefs and self._is_lower(each, on, lvefs):
                yield Gap("lvef", path, "in-order", on, (("value", each[:60]),))
            if opposite is not None and _HER2.search(plain) and not _LEGEND.search(plain):
                reading = read_text(of_this_result(each), self._limits, "her2-interpretation")
                says_it = isinstance(reading, Stated) and conclusion_of(tuple(findings_of(reading))) is opposite
                if says_it or _OPPOSITE_WORDS[opposite].search(plain):
                    yield Gap("her2-interpretation", path, "in-order", on, (("value", each[:60]),))

    def _is_lower(self, sentence: str, on: date, lvefs: Sequence[Lvef]) -> bool:
        """Return whether a sentence states an LVEF that matters below the newest result."""
        stated = read_lvef_text(without_own_dates(sentence, (on, on)), self._lvef_words)
        last = max((each.on for each in lvefs if each.on is not None), default=None)
        if not isinstance(stated, LvefStated) and len(_PERCENT.findall(sentence)) == 1:
            # "EF down to 40 %": the only number is the fraction, whatever else is said of it.
            stated = read_lvef_text(f"LVEF {_PERCENT.findall(sentence)[0]} %", self._lvef_words)
        if last is None or on < last:
            return False
        lowest = min(each.interval.low for each in lvefs if each.on == last)
        if not isinstance(stated, LvefStated):
            return self._statements.says(fold(sentence), About.LVEF, value=lowest)
        high = stated.upper if stated.upper is not None else stated.value
        return high < lowest and self._may_matter(stated.value, lvefs)

    def _lvef(self, sentences: Iterable[str], on: date | None, lvefs: Sequence[Lvef]) -> str:
        """Return a sentence with an LVEF that matters below the newest result, or an unread one of a later day."""
        last = max((each.on for each in lvefs if each.on is not None), default=None)
        if last is None or on is None or on < last:
            return ""
        lowest = min(each.interval.low for each in lvefs if each.on == last)
        for each in sentences:
            folded = fold(each)
            is_named = LVEF_NAME.search(folded) or _SHORT_NAME.search(each)
            if not is_named and (not FUNCTION.search(folded) or _NOT_LEFT.search(folded) or _DIGIT.search(each)):
                continue
            if not _DIGIT.search(each):
                is_reduced = is_called_reduced(each) if is_named else self._is_function_reduced(each, folded)
                if is_reduced and lowest >= self._lvef_words.normal.lowest:
                    return each
                continue
            changed = _FROM_TO.search(folded)
            written = f"LVEF {changed[1]} %" if changed is not None else without_own_dates(each, (on, on))
            stated = read_lvef_text(written, self._lvef_words)
            if not isinstance(stated, LvefStated):
                if on == last or _EARLIER.match(folded):
                    # The report of the result itself in other words, or what was known before.
                    continue
                return each
            high = stated.upper if stated.upper is not None else stated.value
            if high < lowest and self._may_matter(stated.value, lvefs):
                return each
        return ""

    @staticmethod
    def _is_function_reduced(sentence: str, folded: str) -> bool:
        return not _DENIAL.search(folded) and bool(named_descriptions_in(sentence) - {"normal"})

    def _may_matter(self, reported: Decimal, lvefs: Sequence[Lvef]) -> bool:
        """Return whether a label may act on a value: it is not normal, or much lower than one on record."""
        fall = max(each.interval.low for each in lvefs) - reported
        return reported < self._lvef_words.normal.lowest or fall >= self._lvef_words.told_from

    def _coded(self, report: Json, her2: Sequence[Her2Result]) -> str:
        """Return a code of the conclusion that says the opposite of the results; where those disagree, none."""
        opposite = _opposite_of(her2)
        for _, concept in objects(report.get("conclusionCode")):
            for coding in codings(concept):
                if opposite is not None and self._states.get((coding.system, coding.code.replace(".", ""))) is opposite:
                    return coding.display or coding.code
        return ""

    def _her2(self, sentences: Iterable[str], her2: Sequence[Her2Result]) -> str:
        """Return a sentence with a HER2 status opposite to that of the results; where those disagree, none.

        A sentence that is not understood counts if it has another score or status, or calls the result wrong.
        """
        opposite = _opposite_of(her2)
        if opposite is None:
            return ""
        findings = tuple(each.finding for each in her2)
        for each in sentences:
            if not _HER2.search(fold(each)):
                continue
            reading = read_text(of_this_result(each), self._limits, "her2-interpretation")
            if isinstance(reading, Stated):
                if conclusion_of(tuple(findings_of(reading))) is opposite or _is_other_score(reading, findings):
                    return each
            elif not _LEGEND.search(fold(each)) and contradicts(each, findings, self._limits):
                return each
        return ""


def _is_other_score(reading: Stated, findings: tuple[Her2Finding, ...]) -> bool:
    """Return whether a report has a score that no counted result has: 2+ beside 3+."""
    scores = [each for each in findings if each in _SCORES]
    return reading.ihc in _SCORES and bool(scores) and not any(agree(reading.ihc, each) for each in scores)


def _opposite_of(her2: Sequence[Her2Result]) -> Her2Finding | None:
    """Return the opposite of what the results say; ``None`` where they disagree or say neither."""
    said = {conclusion_of((each.finding,)) for each in her2} & _OPPOSITE.keys()
    return _OPPOSITE[said.pop()] if len(said) == 1 else None
